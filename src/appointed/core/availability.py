"""Facts and rules to slots: which starts a service offers, what is left of each, and whom a hold may take."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from appointed.core.catalog import Branch, PoolScope, Resource, ResourceKind, Role, Service
from appointed.core.errors import SlotNotOffered, SlotTaken
from appointed.core.ids import ResourceId
from appointed.core.intervals import INSTANT, Interval, IntervalSet, in_utc
from appointed.core.localtime import FIRST_INSTANT, LAST_INSTANT
from appointed.core.rule import gather
from appointed.core.rules import RULES, opening_hours, slot_grid


@dataclass(frozen=True, slots=True)
class Occupied:
    """A live claim of somebody, as far as it matters to others. One whose `expires_at` has come takes nothing."""

    resource_id: ResourceId
    starts_at: datetime
    ends_at: datetime
    units: int = 1
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Slot:
    """A start and end on offer, in UTC. `capacity` visits fit in all, and `available` of them still do."""

    starts_at: datetime
    ends_at: datetime
    capacity: int
    available: int


@dataclass(frozen=True, slots=True)
class Steps:
    """A whole number as a step function of time: `levels[n]` from `instants[n]` on, and nothing before the first."""

    instants: tuple[datetime, ...]
    levels: tuple[int, ...]

    @classmethod
    def summed(cls, changes: Iterable[tuple[datetime, int]]) -> "Steps":
        """The running sum of changes, each from its instant on."""
        by_instant: defaultdict[datetime, int] = defaultdict(int)
        for instant, change in changes:
            by_instant[in_utc(instant)] += change
        instants = tuple(sorted(by_instant))
        levels: list[int] = []
        level = 0
        for instant in instants:
            level += by_instant[instant]
            levels.append(level)
        return cls(instants, tuple(levels))

    def least(self, starts_at: datetime, ends_at: datetime) -> int:
        """The lowest level between two instants, the second excluded."""
        first = bisect_right(self.instants, starts_at) - 1
        beyond = bisect_left(self.instants, ends_at)
        if first < 0:
            return min((0, *self.levels[:beyond]))
        return self.levels[first] if beyond - first == 1 else min(self.levels[first:beyond])


@dataclass(frozen=True, slots=True)
class Room:
    """What a resource holds, in units: `free` is what overlapping claims leave, `taken` what those of one slot take."""

    capacity: Steps
    free: Steps
    taken: Mapping[tuple[datetime, datetime], int]
    counts_units: bool

    def units_left(self, starts_at: datetime, ends_at: datetime) -> int:
        """The units that one more claim may take."""
        return max(0, self.free.least(starts_at, ends_at) - self.taken.get((starts_at, ends_at), 0))

    def units_for(self, role: Role) -> int:
        """What the role takes of the resource; an exclusive one is taken whole."""
        return role.units if self.counts_units else 1


def slots(
    service: Service,
    branch: Branch,
    resources: Mapping[ResourceId, Resource],
    occupied: Sequence[Occupied],
    window: Interval,
    now: datetime,
) -> tuple[Slot, ...]:
    """All slots that start within `window`, in order, the full ones with nothing available among them.

    `occupied` holds the claims that overlap `window` made longer by the service's duration; more do no harm.
    """
    start, end = max(window.start, FIRST_INSTANT), min(window.end, LAST_INSTANT)
    if start >= end:
        return ()
    window = Interval(start, end)
    facts = gather(service, branch, window, now)
    starts = IntervalSet((window,))
    for rule in RULES:
        starts = starts.difference(rule.blocked(facts, window))
    rooms = _rooms(service, resources, occupied, now)
    shared = len(rooms) < sum(len(role.resource_ids) for role in service.roles)
    return tuple(_slot(service, rooms, single.start, shared) for single in starts.intervals)


def offered(service: Service, branch: Branch, starts_at: datetime, ends_at: datetime, now: datetime) -> None:
    """Raise SlotNotOffered unless the service has a slot with this start and end, taken or not.

    `reason` is the name of the first rule in RULES that blocks it.
    """
    if ends_at - starts_at != service.duration:
        raise SlotNotOffered(reason=slot_grid.name)
    if not FIRST_INSTANT <= starts_at < LAST_INSTANT:
        raise SlotNotOffered(reason=opening_hours.name)
    window = Interval(starts_at, starts_at + INSTANT)
    facts = gather(service, branch, window, now)
    for rule in RULES:
        if rule.blocked(facts, window):
            raise SlotNotOffered(reason=rule.name)


def needs_choice(service: Service) -> bool:
    """Whether `choose` looks at what is occupied."""
    return any(len(role.resource_ids) != 1 for role in service.roles)


def choose(
    service: Service,
    resources: Mapping[ResourceId, Resource],
    occupied: Sequence[Occupied],
    starts_at: datetime,
    ends_at: datetime,
    now: datetime,
) -> tuple[tuple[ResourceId, int], ...]:
    """A resource and its units for each role, in the order of the roles, the first of each that leaves a way.

    Where no role has a choice nothing is checked: then the claim itself finds out. Raises SlotTaken.
    """
    if service.roles and not needs_choice(service):
        return tuple((role.resource_ids[0], role.units) for role in service.roles)
    rooms = _rooms(service, resources, occupied, now)
    chosen = _assignment(service.roles, rooms, in_utc(starts_at), in_utc(ends_at))
    if chosen is None:
        raise SlotTaken
    return tuple((resource_id, role.units) for resource_id, role in zip(chosen, service.roles, strict=True))


def _rooms(
    service: Service, resources: Mapping[ResourceId, Resource], occupied: Sequence[Occupied], now: datetime
) -> dict[ResourceId, Room]:
    """The room of each known resource of the service; one that the tenant lacks has none."""
    claims: dict[ResourceId, list[Occupied]] = {
        resource_id: [] for role in service.roles for resource_id in role.resource_ids if resource_id in resources
    }
    for claim in occupied:
        if claim.resource_id in claims and (claim.expires_at is None or claim.expires_at > now):
            claims[claim.resource_id].append(claim)
    return {resource_id: _room(resources[resource_id], of_it) for resource_id, of_it in claims.items()}


def _room(resource: Resource, claims: Sequence[Occupied]) -> Room:
    if resource.kind is ResourceKind.EXCLUSIVE:
        changes = [(FIRST_INSTANT, 1)]
        busy = [(claim.starts_at, claim.ends_at, 1) for claim in claims]
    else:
        ordered = sorted(resource.capacity, key=lambda step: step.starts_at)
        levels = [0, *(step.capacity for step in ordered)]
        changes = [(step.starts_at, step.capacity - before) for step, before in zip(ordered, levels, strict=False)]
        busy = [(claim.starts_at, claim.ends_at, claim.units) for claim in claims]
    capacity = Steps.summed(changes)
    pool = resource.kind is ResourceKind.POOL
    if pool and resource.scope is PoolScope.SAME_SLOT:
        taken: defaultdict[tuple[datetime, datetime], int] = defaultdict(int)
        for starts_at, ends_at, units in busy:
            taken[in_utc(starts_at), in_utc(ends_at)] += units
        return Room(capacity, capacity, taken, counts_units=True)
    changes += [(starts_at, -units) for starts_at, _, units in busy]
    changes += [(ends_at, units) for _, ends_at, units in busy]
    return Room(capacity, Steps.summed(changes), {}, counts_units=pool)


def _slot(service: Service, rooms: Mapping[ResourceId, Room], starts_at: datetime, shared: bool) -> Slot:
    """The slot at a start. Where roles share resources, `available` may be too high, but is zero when it should be."""
    ends_at = starts_at + service.duration
    capacity: list[int] = []
    available: list[int] = []
    for role in service.roles:
        held = left = 0
        for resource_id in role.resource_ids:
            if (room := rooms.get(resource_id)) is not None:
                units = room.units_for(role)
                held += room.capacity.least(starts_at, ends_at) // units
                left += room.units_left(starts_at, ends_at) // units
        capacity.append(held)
        available.append(left)
    left = min(available, default=0)
    if shared and left > 0 and _assignment(service.roles, rooms, starts_at, ends_at) is None:
        left = 0
    return Slot(starts_at, ends_at, min(capacity, default=0), left)


def _assignment(
    roles: Sequence[Role], rooms: Mapping[ResourceId, Room], starts_at: datetime, ends_at: datetime
) -> tuple[ResourceId, ...] | None:
    """A resource for each role such that all fit together, or None. A service without roles has nothing to take."""
    left = {resource_id: room.units_left(starts_at, ends_at) for resource_id, room in rooms.items()}

    def place(rest: Sequence[Role]) -> tuple[ResourceId, ...] | None:
        if not rest:
            return ()
        for resource_id in rest[0].resource_ids:
            if resource_id in rooms and left[resource_id] >= (units := rooms[resource_id].units_for(rest[0])):
                left[resource_id] -= units
                if (others := place(rest[1:])) is not None:
                    return (resource_id, *others)
                left[resource_id] += units
        return None

    return place(roles) if roles else None
