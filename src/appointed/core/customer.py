"""A customer: a person with ways to be reached, and with ties to others."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from appointed.core.ids import CustomerId
from appointed.core.localtime import FIRST_INSTANT
from appointed.core.visit import Contact


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

    `relations` has those from the customer and those to the customer; only the former are the customer's to change.
    """

    id: CustomerId
    name: PersonName
    created_at: datetime
    contacts: tuple[Contact, ...] = ()
    locale: str | None = None
    custom_data: str | None = None
    relations: tuple[Relation, ...] = ()
    version: int = 1

    @property
    def ties(self) -> frozenset[Relation]:
        """The relations that start from the customer."""
        return frozenset(relation for relation in self.relations if relation.from_id == self.id)


@dataclass(frozen=True, slots=True)
class Entry:
    """A place in the list of customers, the oldest first: behind one who is known since an instant."""

    created_at: datetime
    customer_id: CustomerId


FIRST_ENTRY = Entry(FIRST_INSTANT, CustomerId(UUID(int=0)))

CustomerChange = Callable[[Customer], Customer]
"""Makes the new customer of the old one."""
