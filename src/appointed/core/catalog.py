"""What a tenant offers: branches, services, resources. Frozen values, read whole and versioned as one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from appointed.core.errors import ServiceNotFound
from appointed.core.ids import BranchId, ResourceId, ServiceGroupId, ServiceId

NO_TIME = timedelta()


@dataclass(frozen=True, slots=True)
class Hours:
    """One range of a date on the branch's wall clock.

    Minutes count from midnight on the clock, so that 540 is nine o'clock on every day; a range that ends on the next
    day has `closes_minute` above 1440. `capacity` counts only among a service's booking hours.
    """

    opens_minute: int
    closes_minute: int
    capacity: int | None = None


@dataclass(frozen=True, slots=True)
class WeeklyHours:
    """One range of a weekday, otherwise as `Hours`. `weekday` is 0 for Monday."""

    weekday: int
    opens_minute: int
    closes_minute: int
    capacity: int | None = None


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """The hours of one date in place of its weekday's, breaks included; without hours a day off."""

    day: date
    hours: tuple[Hours, ...] = ()


@dataclass(frozen=True, slots=True)
class Closure:
    """Closed from one instant until another; until further notice where `ends_at` is None."""

    starts_at: datetime
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a branch is open, a service can be booked or a resource works, on the branch's wall clock.

    `week` None sets no limit, an empty one never opens. Breaks are taken out of the week's hours.
    """

    week: tuple[WeeklyHours, ...] | None = None
    breaks: tuple[WeeklyHours, ...] = ()
    special_days: tuple[SpecialDay, ...] = ()
    closures: tuple[Closure, ...] = ()


NEVER = Schedule(week=())
ANY_TIME = Schedule()


class Translation(NamedTuple):
    """A name in another language; `language` is a BCP 47 tag."""

    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Branch:
    """A place. `time_zone` is an IANA name.

    Like all in a catalogue it has a `slug`, by which files and people know it: one word, unique among its kind, and
    empty for what was never named so. One that is `retired` is kept for the visits it had, and listed no more.
    """

    id: BranchId
    name: str
    time_zone: str
    opening_hours: Schedule = NEVER
    slug: str = ""
    names: tuple[Translation, ...] = ()
    address: str | None = None
    retired: bool = False


class ResourceKind(StrEnum):
    """EXCLUSIVE is taken by one visit at a time, POOL by as many as its capacity."""

    EXCLUSIVE = "exclusive"
    POOL = "pool"


class PoolScope(StrEnum):
    """Which claims share a pool's capacity: those that OVERLAP, or those of the SAME_SLOT."""

    OVERLAP = "overlap"
    SAME_SLOT = "same_slot"


@dataclass(frozen=True, slots=True)
class CapacityStep:
    """From `starts_at` on the pool holds `capacity` units, until the next step."""

    starts_at: datetime
    capacity: int


@dataclass(frozen=True, slots=True)
class Resource:
    """Who or what is occupied. A pool has at least one capacity step; before its first it holds nothing.

    `skills` are what services ask for, `traits` what a customer may prefer; both are words of the tenant's own.
    """

    id: ResourceId
    branch_id: BranchId
    name: str
    kind: ResourceKind
    scope: PoolScope = PoolScope.OVERLAP
    capacity: tuple[CapacityStep, ...] = ()
    schedule: Schedule = ANY_TIME
    skills: frozenset[str] = frozenset()
    traits: frozenset[str] = frozenset()
    slug: str = ""
    retired: bool = False


@dataclass(frozen=True, slots=True)
class Role:
    """A service needs `count` of these resources that have all `skills`, the first ones rather than the last.

    Of a pool each takes `units`. With `interchangeable`, whoever was assigned without having been asked for may be
    replaced by another of the role when that makes room for somebody else.
    """

    resource_ids: tuple[ResourceId, ...]
    units: int = 1
    count: int = 1
    skills: frozenset[str] = frozenset()
    interchangeable: bool = False


class GridAnchor(StrEnum):
    """What the grid of slots counts from: each OPENING, midnight on the CLOCK, or PACKED against what is booked."""

    OPENING = "opening"
    CLOCK = "clock"
    PACKED = "packed"


class PartyCount(StrEnum):
    """What a visit takes of a pool: one ticket's units whoever comes (TICKETS), or as many for each head (HEADS)."""

    TICKETS = "tickets"
    HEADS = "heads"


@dataclass(frozen=True, slots=True)
class Days:
    """So many days after today on the branch's calendar; `business` counts only days on which the branch opens."""

    count: int
    business: bool = False


@dataclass(frozen=True, slots=True)
class Service:
    """What is booked: how long it lasts, when it may start, and what it takes.

    It lasts `duration`, and `per_extra_person` longer for each of the party after the first. Its claims begin
    `buffer_before` earlier and end `buffer_after` later. Slots start every `grid` from `anchor`. It is booked at least
    `lead_time` ahead (elapsed time) and not before `lead_days`, at most `horizon` ahead, and only on the dates from
    `bookable_from` to `bookable_until`, both included. One customer has at most `customer_daily_limit` live visits of
    it on one date. One that is not `bookable` is only listed.
    """

    id: ServiceId
    branch_id: BranchId
    name: str
    duration: timedelta
    grid: timedelta
    roles: tuple[Role, ...]
    locale: str = "en"
    required_contact: str | None = None
    party_limit: int | None = None
    reminder: timedelta | None = None
    past_slots_allowed: bool = False
    anchor: GridAnchor = GridAnchor.OPENING
    per_extra_person: timedelta = NO_TIME
    party_count: PartyCount = PartyCount.TICKETS
    buffer_before: timedelta = NO_TIME
    buffer_after: timedelta = NO_TIME
    booking_hours: Schedule = ANY_TIME
    lead_time: timedelta = NO_TIME
    lead_days: Days | None = None
    horizon: Days | None = None
    bookable_from: date | None = None
    bookable_until: date | None = None
    customer_daily_limit: int | None = None
    remote_allowed: bool = True
    bookable: bool = True
    slug: str = ""
    names: tuple[Translation, ...] = ()
    retired: bool = False

    def length(self, party_size: int) -> timedelta:
        """How long it lasts for a party; for one that is too large, as for the largest that may come."""
        party_size = party_size if self.party_limit is None else min(party_size, self.party_limit)
        return self.duration + (party_size - 1) * self.per_extra_person

    @property
    def fits_a_day(self) -> bool:
        """Whether its claims stay within a day. One that grows with the party does only where the party has a limit."""
        if self.per_extra_person and self.party_limit is None:
            return False
        return self.length(self.party_limit or 1) + self.buffer_before + self.buffer_after <= timedelta(days=1)

    def tickets(self, party_size: int) -> int:
        """How many times over a party takes the units of a role: once, or for each head."""
        return party_size if self.party_count is PartyCount.HEADS else 1

    def sizes_matter(self, before: int, after: int) -> bool:
        """Whether a party of another size takes another place."""
        return before != after and (self.party_count is PartyCount.HEADS or bool(self.per_extra_person))


@dataclass(frozen=True, slots=True)
class ServiceGroup:
    """Services that are shown together, in this order; they may be of several branches."""

    id: ServiceGroupId
    name: str
    service_ids: tuple[ServiceId, ...] = ()
    slug: str = ""
    names: tuple[Translation, ...] = ()
    retired: bool = False


@dataclass(frozen=True)
class Catalog:
    """All that one tenant offers, at one version."""

    version: int
    branches: Mapping[BranchId, Branch] = field(default_factory=dict[BranchId, Branch])
    services: Mapping[ServiceId, Service] = field(default_factory=dict[ServiceId, Service])
    resources: Mapping[ResourceId, Resource] = field(default_factory=dict[ResourceId, Resource])
    groups: Mapping[ServiceGroupId, ServiceGroup] = field(default_factory=dict[ServiceGroupId, ServiceGroup])

    @cached_property
    def interchangeable(self) -> tuple[Role, ...]:
        """The roles whose resources may be exchanged for one another."""
        return tuple(role for service in self.services.values() for role in service.roles if role.interchangeable)

    def service(self, service_id: ServiceId) -> Service:
        """The service with this id. Raises ServiceNotFound."""
        service = self.services.get(service_id)
        if service is None:
            raise ServiceNotFound
        return service
