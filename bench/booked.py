"""A branch that is open from nine to five, what is booked there, and a slow count of what that leaves.

The count goes through every start and every resource in plain Python, and shares nothing with the engine but the values
of the catalogue: what is measured has to answer as many slots as it says.
"""

import random
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import combinations, product
from typing import TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg

from appointed.core.catalog import Branch, Resource, ResourceKind, Role, Schedule, Service, WeeklyHours
from appointed.core.ids import BranchId, ResourceId, ServiceId, TenantId

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
OPENS, CLOSES = 9 * 60, 17 * 60
BRANCH = BranchId(UUID("be000000-0000-4000-8004-000000000001"))
TIME_ZONE = "Europe/Amsterdam"
STRIPES = 8
"""Of the version of each resource: as many as there are after months of bookings over changing connections."""

Busy: TypeAlias = Mapping[ResourceId, Sequence[tuple[datetime, datetime]]]
"""The intervals in which each resource is taken, in order."""

_BOOKED = """
WITH wanted AS MATERIALIZED (
    SELECT gen_random_uuid() AS id, resource_id, starts_at, ends_at
      FROM unnest($4::uuid[], $5::timestamptz[], $6::timestamptz[]) AS w (resource_id, starts_at, ends_at)
), visits AS (
    INSERT INTO visit (tenant_id, visit_id, branch_id, state, origin, created_at, locale, party_size, claims)
    SELECT $1, id, $2, 'confirmed', 'booking', now(), 'en', 1, 1 FROM wanted
), items AS (
    INSERT INTO item (tenant_id, visit_id, item_id, sequence, service_id, starts_at, ends_at)
    SELECT $1, id, id, 1, $3, starts_at, ends_at FROM wanted
)
INSERT INTO claim (tenant_id, visit_id, claim_id, item_id, resource_id, starts_at, ends_at, mode)
SELECT $1, id, id, id, resource_id, starts_at, ends_at, 'exclusive' FROM wanted
"""

_VERSIONS = """
INSERT INTO resource_version (tenant_id, resource_id, stripe, version)
SELECT $1, resource_id, stripe, 1 FROM unnest($2::uuid[]) AS resource_id, generate_series(0, $3::integer - 1) AS stripe
"""


def branch() -> Branch:
    """Open from nine to five on all days."""
    hours = Schedule(tuple(WeeklyHours(weekday, OPENS, CLOSES) for weekday in range(7)))
    return Branch(BRANCH, "from nine to five", TIME_ZONE, hours)


def resource_id(number: int) -> ResourceId:
    """The id of the resource with this number."""
    return ResourceId(UUID(f"be000000-0000-4000-8005-{number:012}"))


def resources(numbers: Iterable[int]) -> dict[ResourceId, Resource]:
    """Resources that one visit takes at a time, and that work whenever they are wanted."""
    ids = [resource_id(number) for number in numbers]
    return {each: Resource(each, BRANCH, str(each), ResourceKind.EXCLUSIVE) for each in ids}


def role(numbers: Iterable[int]) -> Role:
    """One of the resources with these numbers."""
    return Role(tuple(resource_id(number) for number in numbers))


def service(number: int, minutes: int, grid: int, roles: Sequence[Role], buffer: int = 0) -> Service:
    """A service of the branch; minutes that it lasts, between its starts, and of the buffer before and after it."""
    service_id = ServiceId(UUID(f"be000000-0000-4000-8006-{number:012}"))
    around = buffer * MINUTE
    return Service(
        service_id,
        BRANCH,
        f"service {number}",
        minutes * MINUTE,
        grid * MINUTE,
        tuple(roles),
        buffer_before=around,
        buffer_after=around,
    )


def opening(day: date) -> datetime:
    """When the branch opens."""
    return (datetime.combine(day, time(), ZoneInfo(TIME_ZONE)) + OPENS * MINUTE).astimezone(UTC)


def busy(numbers: Iterable[int], first: date, days: int, seed: int = 3) -> Busy:
    """Some 40 % of the opening hours of each resource, in pieces of 25 to 80 minutes, the same for the same seed."""
    found: dict[ResourceId, list[tuple[datetime, datetime]]] = {}
    for number in numbers:
        chance = random.Random(f"{seed} {number}")
        taken = found[resource_id(number)] = []
        for ahead in range(days):
            opens = opening(first + ahead * DAY)
            reached = chance.randrange(0, 145, 5)
            while reached < CLOSES - OPENS:
                ends = min(reached + chance.randrange(25, 85, 5), CLOSES - OPENS)
                taken.append((opens + reached * MINUTE, opens + ends * MINUTE))
                reached = ends + chance.randrange(0, 145, 5)
    return found


async def book(connection: "asyncpg.Connection[asyncpg.Record]", tenant: TenantId, of: ServiceId, taken: Busy) -> None:
    """Write a visit with one claim for each interval, and the versions of the resources."""
    rows = [(each, *interval) for each, intervals in taken.items() for interval in intervals]
    columns = [list(column) for column in zip(*rows, strict=True)]
    await connection.execute(_BOOKED, tenant, BRANCH, of, *columns)
    await connection.execute(_VERSIONS, tenant, list(taken), STRIPES)


def count(services: Sequence[Service], taken: Busy, first: datetime, last: datetime) -> int:
    """The starts from `first` to before `last` from which all services, one after the other, can be served."""
    grid = services[0].grid
    length = sum((each.duration for each in services), timedelta())
    found = 0
    day = first.astimezone(ZoneInfo(TIME_ZONE)).date() - DAY
    while day <= last.astimezone(ZoneInfo(TIME_ZONE)).date():
        opens = opening(day)
        for number in range((CLOSES - OPENS) * MINUTE // grid):
            start = opens + number * grid
            if first <= start < last and start + length <= opens + (CLOSES - OPENS) * MINUTE:
                found += _served(services, taken, start)
        day += DAY
    return found


def _served(services: Sequence[Service], taken: Busy, start: datetime) -> bool:
    needs: list[tuple[datetime, datetime, list[ResourceId]]] = []
    for each in services:
        claim = start - each.buffer_before, start + each.duration + each.buffer_after
        start += each.duration
        for wanted in each.roles:
            free = [one for one in wanted.resource_ids if _free(taken.get(one, ()), *claim)]
            needs.append((*claim, free))
    return any(
        all(
            choice[a] != choice[b] or needs[a][1] <= needs[b][0] or needs[b][1] <= needs[a][0]
            for a, b in combinations(range(len(needs)), 2)
        )
        for choice in product(*(free for _, _, free in needs))
    )


def _free(intervals: Sequence[tuple[datetime, datetime]], starts: datetime, ends: datetime) -> bool:
    """Whether the last of the intervals that begin before the end is over at the start."""
    before = bisect_left(intervals, (ends, ends))
    return before == 0 or intervals[before - 1][1] <= starts
