"""What a tenant offers: branches, services, resources. Frozen values, read whole and versioned as one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cached_property

from appointed.core.errors import BranchNotFound, ServiceNotFound
from appointed.core.ids import BranchId, ResourceId, ServiceGroupId, ServiceId
from appointed.core.language import Text, Translation
from appointed.core.options import Options
from appointed.core.places import Address, GeoPoint
from appointed.core.questions import CustomerFact, Question, ResourceChoice, ScreeningQuestion

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


@dataclass(frozen=True, slots=True)
class Branch:
    """A place. `time_zone` is an IANA name.

    Like all in a catalogue it has a `slug`, by which files and people know it: one word, unique among its kind, and
    empty for what was never named so. One that is `retired` is kept for the visits it had, and listed no more.
    Each of the `combinations` is a set of its services that may be booked together.
    """

    id: BranchId
    name: str
    time_zone: str
    opening_hours: Schedule = NEVER
    slug: str = ""
    names: tuple[Translation, ...] = ()
    address: Address | None = None
    retired: bool = False
    geo: GeoPoint | None = None
    combinations: tuple[frozenset[ServiceId], ...] = ()


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

    Where several branches have the same service, their services have one `family_id`, by which it is asked for whatever
    the branch. Each occurrence that is added to another service in a combination lasts `added_duration`, or as long as
    by itself where that is None. Lists are ordered by `index`, then by name.
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
    family_id: ServiceId | None = None
    description: Text | None = None
    questions: tuple[Question, ...] = ()
    screening: tuple[ScreeningQuestion, ...] = ()
    resource_choice: ResourceChoice = ResourceChoice.OPEN
    required_facts: frozenset[CustomerFact] = frozenset()
    added_duration: timedelta | None = None
    index: int = 0

    @property
    def family(self) -> ServiceId:
        """The id by which it is asked for whatever the branch; alone, it is a family of its own."""
        return self.family_id or self.id

    def length(self, party_size: int) -> timedelta:
        """How long it lasts for a party; for one that is too large, as for the largest that may come."""
        party_size = party_size if self.party_limit is None else min(party_size, self.party_limit)
        return self.duration + (party_size - 1) * self.per_extra_person

    def added_length(self, party_size: int) -> timedelta:
        """How long it lasts where it is added to another service, for a party; otherwise as `length`."""
        if self.added_duration is None:
            return self.length(party_size)
        return self.added_duration * (party_size if self.party_limit is None else min(party_size, self.party_limit))

    @property
    def fits_a_day(self) -> bool:
        """Whether its claims stay within a day. One that grows with the party does only where the party has a limit."""
        if self.per_extra_person and self.party_limit is None:
            return False
        people = self.party_limit or 1
        longest = max(self.length(people), people * (self.added_duration or NO_TIME))
        return longest + self.buffer_before + self.buffer_after <= timedelta(days=1)

    def tickets(self, party_size: int) -> int:
        """How many times over a party takes the units of a role: once, or for each head."""
        return party_size if self.party_count is PartyCount.HEADS else 1

    def sizes_matter(self, before: int, after: int, *, added: bool = False) -> bool:
        """Whether a party of another size takes another place; `added` where the service is added to another."""
        longer = self.added_duration if added and self.added_duration is not None else self.per_extra_person
        return before != after and (self.party_count is PartyCount.HEADS or bool(longer))


@dataclass(frozen=True, slots=True)
class ServiceGroup:
    """Services that are shown together, in this order; they may be of several branches.

    Groups are ordered by `index`, then by name.
    """

    id: ServiceGroupId
    name: str
    service_ids: tuple[ServiceId, ...] = ()
    slug: str = ""
    names: tuple[Translation, ...] = ()
    retired: bool = False
    index: int = 0


@dataclass(frozen=True)
class Catalog:
    """All that one tenant offers, at one version."""

    version: int
    branches: Mapping[BranchId, Branch] = field(default_factory=dict[BranchId, Branch])
    services: Mapping[ServiceId, Service] = field(default_factory=dict[ServiceId, Service])
    resources: Mapping[ResourceId, Resource] = field(default_factory=dict[ResourceId, Resource])
    groups: Mapping[ServiceGroupId, ServiceGroup] = field(default_factory=dict[ServiceGroupId, ServiceGroup])
    options: Options = field(default_factory=Options)

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

    def family(self, service_id: ServiceId) -> tuple[Service, ...]:
        """The services of this family that are not retired, at branches that are not. Raises ServiceNotFound."""
        found = self._families.get(service_id)
        if found is None:
            raise ServiceNotFound
        return found

    def of_family(self, service_id: ServiceId, branch_id: BranchId) -> Service:
        """The service of this family at a branch.

        Raises ServiceNotFound for a family that is not there, and BranchNotFound for a branch that is not, that is
        retired, or that does not have the service.
        """
        for service in self.family(service_id):
            if service.branch_id == branch_id:
                return service
        raise BranchNotFound

    @cached_property
    def _families(self) -> Mapping[ServiceId, tuple[Service, ...]]:
        found: dict[ServiceId, tuple[Service, ...]] = {}
        for service in self.services.values():
            branch = self.branches.get(service.branch_id)
            if not service.retired and branch is not None and not branch.retired:
                found[service.family] = (*found.get(service.family, ()), service)
        return found
