"""A customer: a person with ways to be reached, and with ties to others."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from appointed.core.ids import CustomerId
from appointed.core.localtime import FIRST_INSTANT
from appointed.core.questions import CustomerFact
from appointed.core.visit import Answer, Contact


class Tie(StrEnum):
    """What one customer is to another."""

    PARENT = "parent"
    CHILD = "child"
    PARTNER = "partner"
    GUARDIAN = "guardian"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Relation:
    """`from_id` is a parent, a child, ... of `to_id`."""

    from_id: CustomerId
    kind: Tie
    to_id: CustomerId


@dataclass(frozen=True, slots=True)
class PersonName:
    """The parts of a name; empty what is not known."""

    given: str = ""
    family: str = ""
    middle: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class Customer:
    """What is known of a customer. `locale` is a language tag, `custom_data` a JSON object as text.

    `reference` is the tenant's own key for the customer, of nobody else among those who are not erased. `relations` has
    those from the customer and those to the customer; only the former are the customer's to change.
    """

    id: CustomerId
    name: PersonName
    created_at: datetime
    contacts: tuple[Contact, ...] = ()
    locale: str | None = None
    custom_data: str | None = None
    relations: tuple[Relation, ...] = ()
    version: int = 1
    reference: str | None = None
    birth_date: date | None = None

    @property
    def ties(self) -> frozenset[Relation]:
        """The relations that start from the customer."""
        return frozenset(relation for relation in self.relations if relation.from_id == self.id)


@dataclass(frozen=True, slots=True)
class Introduction:
    """Who comes, told after the place was held: the customer whom the tenant knows by `reference`, as they are now.

    `answers` are to what the services of the visit ask.
    """

    reference: str
    name: PersonName
    email: str | None
    phone: str | None
    birth_date: date | None = None
    answers: tuple[Answer, ...] = ()

    @property
    def facts(self) -> frozenset[CustomerFact]:
        """What is known of the customer."""
        return frozenset() if self.birth_date is None else frozenset({CustomerFact.BIRTH_DATE})

    @property
    def contacts(self) -> tuple[Contact, ...]:
        """The ways in which the customer is reached."""
        told = ("email", self.email), ("phone", self.phone)
        return tuple(Contact(channel, address) for channel, address in told if address)

    def contact(self, channel: str | None) -> Contact | None:
        """How the customer is reached about a visit: over `channel` if they can be, the other way as the alternate."""
        ways = sorted(self.contacts, key=lambda way: way.channel != channel)
        return Contact(ways[0].channel, ways[0].address, ways[1].address if len(ways) > 1 else None) if ways else None


@dataclass(frozen=True, slots=True)
class Entry:
    """A place in the list of customers, the oldest first: behind one who is known since an instant."""

    created_at: datetime
    customer_id: CustomerId


FIRST_ENTRY = Entry(FIRST_INSTANT, CustomerId(UUID(int=0)))

CustomerChange = Callable[[Customer], Customer]
"""Makes the new customer of the old one."""
