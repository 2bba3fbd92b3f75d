"""Slots worked out minute by minute, slowly and plainly, to hold against the product's. Uses its values alone.

Everything is in whole minutes; an hour's edge is the first minute at which the clock shows that time or a later one.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import product
from zoneinfo import ZoneInfo

from appointed.core.availability import Occupied, Slot
from appointed.core.catalog import Branch, PoolScope, Resource, ResourceKind, Service
from appointed.core.ids import ResourceId
from appointed.core.intervals import Interval

MINUTE = timedelta(minutes=1)


def clock(branch: Branch, instant: datetime) -> datetime:
    return instant.astimezone(ZoneInfo(branch.time_zone)).replace(tzinfo=None)


def first_showing(branch: Branch, day: date, minute: int) -> datetime:
    wanted = datetime.combine(day, time()) + minute * MINUTE
    instant = wanted.replace(tzinfo=UTC) - timedelta(hours=15)
    while clock(branch, instant) < wanted:
        instant += MINUTE
    return instant


def openings(branch: Branch, window: Interval) -> list[tuple[date, int, datetime, datetime]]:
    found = []
    day = window.start.date() - timedelta(days=3)
    while day <= window.end.date() + timedelta(days=2):
        for hours in branch.opening_hours:
            if hours.weekday == day.weekday():
                opens = first_showing(branch, day, hours.opens_minute)
                closes = first_showing(branch, day, hours.closes_minute)
                found.append((day, hours.opens_minute, opens, closes))
        day += timedelta(days=1)
    return found


def reason(service: Service, branch: Branch, hours: list, start: datetime, now: datetime) -> str | None:
    """Why the service does not start at `start`, or None. `hours` is what `openings` returns."""
    if not any(opens <= start and start + service.duration <= closes for _, _, opens, closes in hours):
        return "opening_hours"
    shown = clock(branch, start)
    before = [start - n * MINUTE for n in range(1, 181)]
    on_grid = any(
        opens <= start < closes
        and (shown - datetime.combine(day, time()) - opens_minute * MINUTE) % service.grid == timedelta()
        for day, opens_minute, opens, closes in hours
    )
    if not on_grid or shown in [clock(branch, instant) for instant in before]:
        return "slot_grid"
    if start <= now and not service.past_slots_allowed:
        return "past_slots"
    return None


def units(resource: Resource, minute: datetime) -> int:
    if resource.kind is ResourceKind.EXCLUSIVE:
        return 1
    reached = [step for step in resource.capacity if step.starts_at <= minute]
    return max(reached, key=lambda step: step.starts_at).capacity if reached else 0


def used(resource: Resource, claims: Sequence[Occupied], minute: datetime, slot: tuple[datetime, datetime]) -> int:
    if resource.kind is ResourceKind.POOL and resource.scope is PoolScope.SAME_SLOT:
        return sum(claim.units for claim in claims if (claim.starts_at, claim.ends_at) == slot)
    covering = [claim for claim in claims if claim.starts_at <= minute < claim.ends_at]
    return len(covering) if resource.kind is ResourceKind.EXCLUSIVE else sum(claim.units for claim in covering)


def left(resource: Resource, occupied: Sequence[Occupied], start: datetime, end: datetime, now: datetime) -> int:
    live = [c for c in occupied if c.resource_id == resource.id and (c.expires_at is None or now < c.expires_at)]
    minutes = [start + n * MINUTE for n in range((end - start) // MINUTE)]
    if resource.scope is PoolScope.SAME_SLOT and resource.kind is ResourceKind.POOL:
        held = min(units(resource, minute) for minute in minutes)
        return max(0, held - used(resource, live, start, (start, end)))
    return max(0, min(units(resource, minute) - used(resource, live, minute, (start, end)) for minute in minutes))


def takes(resource: Resource, role_units: int) -> int:
    return role_units if resource.kind is ResourceKind.POOL else 1


def slots(
    service: Service,
    branch: Branch,
    resources: Mapping[ResourceId, Resource],
    occupied: Sequence[Occupied],
    window: Interval,
    now: datetime,
) -> tuple[Slot, ...]:
    """For services whose roles share no resource."""
    found = []
    hours = openings(branch, window)
    start = window.start
    while start < window.end:
        if reason(service, branch, hours, start, now) is None:
            end = start + service.duration
            capacity, available = [], []
            for role in service.roles:
                every = [resources[one] for one in role.resource_ids]
                capacity.append(sum(left(one, [], start, end, now) // takes(one, role.units) for one in every))
                available.append(sum(left(one, occupied, start, end, now) // takes(one, role.units) for one in every))
            found.append(Slot(start, end, min(capacity), min(available)))
        start += MINUTE
    return tuple(found)


def choices(
    service: Service,
    resources: Mapping[ResourceId, Resource],
    occupied: Sequence[Occupied],
    start: datetime,
    end: datetime,
    now: datetime,
) -> list[tuple[ResourceId, ...]]:
    """Every complete assignment of resources to the service's roles, in the order of the roles' preferences."""
    found = []
    for chosen in product(*(role.resource_ids for role in service.roles)):
        asked = dict.fromkeys(chosen, 0)
        for one, role in zip(chosen, service.roles, strict=True):
            asked[one] += takes(resources[one], role.units)
        if all(left(resources[one], occupied, start, end, now) >= much for one, much in asked.items()):
            found.append(chosen)
    return found
