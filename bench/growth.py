"""How the cost of a list of slots grows with days, resources and tenants.

Measured in this process and against the database, one question after the other: HTTP would add the same to each and
its noise besides. `again` asks the same question, whose answer is kept; `warm` has the masks and no answer; `cold` has
neither.
"""

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from statistics import median
from time import perf_counter
from typing import Any
from uuid import UUID

import asyncpg
from rich import box
from rich.table import Table

from appointed.core.caller import Caller, Scope
from appointed.core.catalog import Catalog, Service
from appointed.core.ids import CredentialId, TenantId
from appointed.core.intervals import Interval
from appointed.store import catalog, tenants
from appointed.store.migrate import migrate
from appointed.store.pool import open_pool
from appointed.usecases.clock import new_id, system_clock
from appointed.usecases.context import Context
from appointed.usecases.inquiring import Want, Wanted
from appointed.usecases.offers import Offers
from appointed.usecases.slots import find_slots
from bench import booked, offered, states

LARGE = TenantId(UUID("be000000-0000-4000-8000-0000000000aa"))
SMALL = TenantId(UUID("be000000-0000-4000-8000-0000000000bb"))
DAYS, RESOURCES, TENANTS = (1, 7, 30, 90), (1, 10, 100, 1_000), (1, 100, 1_000)
CROWD = range(100, 1_100)
CROWDS = {
    count: booked.service(100 + place, 60, 15, [booked.role(CROWD[:count])]) for place, count in enumerate(RESOURCES)
}
MEASURED_AT_LEAST = 3

# All that a tenant has, in an order that the foreign keys allow. Identities are unique within a tenant.
COPIED = (
    "branch",
    "resource",
    "capacity_step",
    "service",
    "service_role",
    "service_resource",
    "visit",
    "item",
    "claim",
    "resource_version",
)

States = Mapping[str, Callable[[Context, TenantId], Context]]
MODES: States = {
    "again": states.warm,
    "warm": lambda context, _: replace(context, offers=Offers()),
    "cold": states.cold,
}


@dataclass(frozen=True, slots=True)
class Point:
    """One question: what is asked for, of whom, for how long, and how many free slots there are."""

    series: str
    size: int
    service: Service
    tenants: Sequence[TenantId]
    span: Interval
    free: int


@dataclass(frozen=True, slots=True)
class World:
    """The prepared database; `tomorrow` is a midnight in UTC."""

    dsn: str
    tomorrow: datetime
    small: Sequence[TenantId]


async def prepare(server: str) -> World:
    """Make a database with one large tenant, and many small ones that are all alike."""
    admin = await asyncpg.connect(server)
    try:
        await admin.execute("CREATE DATABASE growth")
    finally:
        await admin.close()
    now = system_clock()
    tomorrow = datetime(now.year, now.month, now.day, tzinfo=UTC) + timedelta(days=1)
    others = [TenantId(new_id()) for _ in range(max(TENANTS) - 1)]
    world = World(server.replace("/postgres?", "/growth?"), tomorrow, [SMALL, *others])
    await migrate(world.dsn)
    await _offer(world, now)
    connection = await asyncpg.connect(world.dsn, server_settings={"search_path": "appointed", "timezone": "UTC"})
    try:
        first = tomorrow.date()
        await booked.book(connection, LARGE, offered.MONTH.id, booked.busy(offered.ALL, first, max(DAYS) + 2))
        await booked.book(connection, LARGE, offered.MONTH.id, booked.busy(CROWD, first, 2))
        await booked.book(connection, SMALL, offered.HALF_HOURS.id, booked.busy(offered.FEW_STAFF, first, 2))
        await _copy(connection, others, now)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()
    return world


async def _offer(world: World, now: datetime) -> None:
    branches = {booked.BRANCH: booked.branch()}
    large = Catalog(
        version=0,
        branches=branches,
        resources=booked.resources((*offered.ALL, *CROWD)),
        services={each.id: each for each in (offered.MONTH, *CROWDS.values())},
    )
    small = Catalog(
        version=0,
        branches=branches,
        resources=booked.resources(offered.FEW_STAFF),
        services={offered.HALF_HOURS.id: offered.HALF_HOURS},
    )
    pool = await open_pool(world.dsn, 1)
    try:
        for tenant, offer in ((LARGE, large), (SMALL, small)):
            async with pool.transaction(tenant) as tx:
                await tenants.add_tenant(tx, tenants.Tenant(tenant, "growth"), now)
                await catalog.put(tx, tenant, offer, now)
    finally:
        await pool.close()


async def _copy(connection: "asyncpg.Connection[asyncpg.Record]", others: Sequence[TenantId], now: datetime) -> None:
    """Give other tenants all that the small one has."""
    await connection.execute(
        "INSERT INTO tenant (tenant_id, name, created_at, catalog_version)"
        " SELECT other, t.name, $3, t.catalog_version FROM tenant t, unnest($2::uuid[]) AS other"
        " WHERE t.tenant_id = $1",
        SMALL,
        others,
        now,
    )
    for table in COPIED:
        columns: str = await connection.fetchval(
            "SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute"
            " WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''"
            " AND attname <> 'tenant_id'",
            table,
        )
        await connection.execute(
            f"INSERT INTO {table} (tenant_id, {columns})"
            f" SELECT other, {columns} FROM {table}, unnest($2::uuid[]) AS other WHERE tenant_id = $1",
            SMALL,
            others,
        )


def points(world: World) -> list[Point]:
    """All that is asked, by series and size."""
    first = world.tomorrow
    month, crowd, few = (
        booked.busy(numbers, first.date(), days)
        for numbers, days in ((offered.ALL, max(DAYS) + 2), (CROWD, 2), (offered.FEW_STAFF, 2))
    )

    def point(
        series: str, size: int, service: Service, taken: booked.Busy, days: int = 1, of: Sequence[TenantId] = (LARGE,)
    ) -> Point:
        last = first + timedelta(days=days)
        return Point(series, size, service, of, Interval(first, last), booked.count([service], taken, first, last))

    return [
        *(point("days", days, offered.MONTH, month, days) for days in DAYS),
        *(point("resources", count, CROWDS[count], crowd) for count in RESOURCES),
        *(point("tenants", count, offered.HALF_HOURS, few, of=world.small[:count]) for count in TENANTS),
    ]


async def measure(world: World, rounds: int, seconds: float) -> list[dict[str, Any]]:
    """The milliseconds of one question for each point and mode: the median within a round, then that of the rounds.

    Raises RuntimeError for an answer with another number of free slots than there are.
    """
    pool = await open_pool(world.dsn, 2)
    context = Context(pool, system_clock)
    found: dict[tuple[str, int, str], list[float]] = {}
    asked = points(world)
    try:
        for point in asked:
            for tenant in point.tenants:
                await _ask(context, point, tenant)
        for _ in range(rounds):
            for point in asked:
                for mode in MODES:
                    waits = await _repeat(context, point, mode, seconds)
                    found.setdefault((point.series, point.size, mode), []).append(median(waits))
    finally:
        await pool.close()
    return [
        {"series": series, "size": size, "mode": mode, "ms": median(rounds_ms), "rounds_ms": rounds_ms}
        for (series, size, mode), rounds_ms in found.items()
    ]


async def _repeat(context: Context, point: Point, mode: str, seconds: float) -> list[float]:
    waits: list[float] = []
    last = perf_counter() + seconds
    while len(waits) < MEASURED_AT_LEAST or perf_counter() < last:
        tenant = random.choice(point.tenants)
        prepared = MODES[mode](context, tenant)
        began = perf_counter()
        await _ask(prepared, point, tenant)
        waits.append(1000 * (perf_counter() - began))
    return waits


async def _ask(context: Context, point: Point, tenant: TenantId) -> None:
    caller = Caller(tenant, CredentialId(tenant), "growth", frozenset(Scope))
    offer = await find_slots(context, caller, Want((Wanted(point.service.id),)), point.span)
    if sum(slot.available > 0 for slot in offer.slots) != point.free:
        raise RuntimeError(f"{point.series} {point.size}: not {point.free} free slots")


def run(server: str, rounds: int, seconds: float) -> list[dict[str, Any]]:
    """Prepare and measure."""
    world = asyncio.run(prepare(server))
    return asyncio.run(measure(world, rounds, seconds))


def table(rows: Sequence[Mapping[str, Any]], markdown: bool) -> Table:
    """Milliseconds, and in brackets how many times those of the first point of the series."""
    shown = Table(box=box.MARKDOWN if markdown else box.HEAVY_HEAD)
    shown.add_column("growth with")
    for heading in ("", *MODES):
        shown.add_column(heading, justify="right")
    by_place = {(row["series"], row["size"], row["mode"]): row["ms"] for row in rows}
    for series, sizes in (("days", DAYS), ("resources", RESOURCES), ("tenants", TENANTS)):
        firsts = {mode: by_place[series, sizes[0], mode] for mode in MODES}
        for size in sizes:
            waits = {mode: by_place[series, size, mode] for mode in MODES}
            cells = (f"{ms:.2f} ({ms / firsts[mode]:.1f})" for mode, ms in waits.items())
            shown.add_row(series, f"{size:,}", *cells)
    return shown
