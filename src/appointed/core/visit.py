"""A visit: one coming of a party, planned or not, with one id from hold to done."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from appointed.core.ids import BranchId, ClaimId, CustomerId, GroupId, ItemId, ResourceId, ServiceId, VisitId
from appointed.core.preference import Preference


class State(StrEnum):
    """Where a visit is in its life."""

    HELD = "held"
    CONFIRMED = "confirmed"
    RELEASED = "released"
    EXPIRED = "expired"
    ABSORBED = "absorbed"
    WAITING = "waiting"
    PARKED = "parked"
    CALLED = "called"
    SERVING = "serving"
    DONE = "done"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"


class Origin(StrEnum):
    """How a visit came to be."""

    BOOKING = "booking"
    WALK_IN = "walk_in"
    STAFF = "staff"


@dataclass(frozen=True, slots=True)
class Contact:
    """How the customer wants to be reached: `channel` is phone or email, `address` belongs to it.

    `alternate` is a second address that came along, kept as it was given.
    """

    channel: str
    address: str
    alternate: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the customer answered to a question of the service, told in one text or several."""

    question: str
    texts: tuple[str, ...]

    @property
    def given(self) -> bool:
        """Whether anything was said."""
        return any(text.strip() for text in self.texts)


@dataclass(frozen=True, slots=True)
class Item:
    """One service for one guest inside a visit. The interval is without buffers; claims carry those.

    `preferences` are what the customer asked for, which a change of the visit asks for again. `party_size` is how many
    people it is for, None where it is for all that the visit stands for. One that `continues` has no claims of its own:
    whoever serves the item before it goes on with it.
    """

    id: ItemId
    service_id: ServiceId
    sequence: int
    starts_at: datetime
    ends_at: datetime
    preferences: tuple[Preference, ...] = ()
    party_size: int | None = None
    continues: bool = False


@dataclass(frozen=True, slots=True)
class Claim:
    """`units` of one resource for one closed-open interval of instants, taken by an item of a visit.

    `role` is the place among the service's roles for which it was taken, and `named` tells that the customer asked for
    just this resource or for its traits: such a claim may not be moved. `capacity` is the limit of the booking range
    that stands in for a pool's own over the whole claim; it counts when the claim is taken and is not kept.
    """

    id: ClaimId
    item_id: ItemId
    resource_id: ResourceId
    starts_at: datetime
    ends_at: datetime
    units: int = 1
    role: int = 0
    named: bool = False
    capacity: int | None = None


@dataclass(frozen=True, slots=True)
class Reassigned:
    """A claim of somebody else's visit that goes, at its own time, from one exclusive resource to another."""

    visit_id: VisitId
    claim_id: ClaimId
    from_resource: ResourceId
    to_resource: ResourceId


@dataclass(frozen=True, slots=True)
class DailyLimit:
    """The customer of the visit has at most `limit` live visits of the service that start in the interval.

    Who the customer is, the visit's contact address tells; of somebody without one nothing can be counted.
    """

    visit_id: VisitId
    service_id: ServiceId
    starts_at: datetime
    ends_at: datetime
    limit: int


@dataclass(frozen=True, slots=True)
class Details:
    """What the customer told about the visit; none of it takes capacity but `party_size`, where a service counts heads.

    `custom_data` is a JSON object as text, kept to the letter. `customer_id` says whose visit it is; a change of the
    visit leaves that alone. `notes` are for those who serve, `answers` to what the services ask.
    """

    locale: str
    party_size: int = 1
    contact: Contact | None = None
    customer_info: tuple[str, ...] | None = None
    custom_data: str | None = None
    remote: bool | None = None
    customer_id: CustomerId | None = None
    notes: str | None = None
    answers: tuple[Answer, ...] = ()

    @property
    def address(self) -> str | None:
        """Where the customer is reached: two visits with the same address are of one customer."""
        return None if self.contact is None else self.contact.address


@dataclass(frozen=True, slots=True)
class Visit:
    """The aggregate as the store has it, instants in UTC. A hold without `expires_at` never lapses.

    `as_of` is the tenant's time at which it was so, where that was told. `repeated` says that it was confirmed already
    when it was to be confirmed.
    """

    id: VisitId
    branch_id: BranchId
    state: State
    origin: Origin
    details: Details
    created_at: datetime
    version: int
    items: tuple[Item, ...]
    expires_at: datetime | None = None
    group_id: GroupId | None = None
    reminder_at: datetime | None = None
    as_of: datetime | None = field(default=None, compare=False)
    repeated: bool = field(default=False, compare=False)

    @property
    def starts_at(self) -> datetime:
        """When its first item starts."""
        return self.items[0].starts_at

    @property
    def ends_at(self) -> datetime:
        """When the last of its items has ended."""
        return max(item.ends_at for item in self.items)

    def state_at(self, now: datetime) -> State:
        """Where it is by `now` on the tenant's clock: a hold that has lapsed by then has expired."""
        lapsed = self.state is State.HELD and self.expires_at is not None and self.expires_at <= now
        return State.EXPIRED if lapsed else self.state
