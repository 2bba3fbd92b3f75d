"""The databases that are measured: a tenant, what it offers, and in one of them a long past."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg

from appointed.core.caller import Scope
from appointed.core.catalog import (
    Branch,
    CapacityStep,
    Catalog,
    PoolScope,
    Resource,
    ResourceKind,
    Role,
    Schedule,
    Service,
    WeeklyHours,
)
from appointed.core.ids import BranchId, CredentialId, ResourceId, ServiceId, TenantId
from appointed.store import catalog, tenants
from appointed.store.migrate import migrate
from appointed.store.pool import Pool, open_pool
from appointed.usecases.clock import system_clock
from bench import booked, offered

SLOT = timedelta(minutes=5)
RESOURCES = range(10, 60)
"""Two digits each, which end the id of an exclusive resource and that of a pool."""

FEW = range(10, 14)
OLD_CLAIMS = 20_000
PREPARED_ITEMS = range(10_000, 30_000)
LISTED_FROM, LISTED = datetime(2020, 1, 1, tzinfo=UTC), 1_000
"""The visits that are listed: before all others, five minutes apart, with all that is known of a customer."""
DAY_CLAIMS = 100

TENANT = TenantId(UUID("be000000-0000-4000-8000-000000000001"))
CREDENTIAL = CredentialId(UUID("00000000-0000-4000-8000-00000000c0de"))
BRANCH = BranchId(UUID("be000000-0000-4000-8000-000000000002"))
QUEUE = ServiceId(UUID("be000000-0000-4000-8000-000000000003"))
BUSY = ServiceId(UUID("be000000-0000-4000-8000-000000000004"))
DAY = ServiceId(UUID("be000000-0000-4000-8000-000000000005"))
EXCLUSIVE = "be000000-0000-4000-8001-0000000000"
POOLED = "be000000-0000-4000-8002-0000000000"
PREPARED = "be000000-0000-4000-8003-0000000"
SERVICES = {QUEUE: 90, BUSY: 91, DAY: 92}
"""The services that are asked for over HTTP, each with a pool of its own."""

_BASELINES = """
CREATE SCHEMA bench;
GRANT USAGE ON SCHEMA bench TO appointed_app;
CREATE TABLE bench.row (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), number integer NOT NULL);
GRANT INSERT, SELECT ON bench.row TO appointed_app;
CREATE FUNCTION bench.perform_nothing(uuid, timestamptz, text, text, json, uuid, uuid) RETURNS json
LANGUAGE plpgsql AS $$
BEGIN
    RETURN NULL;
END
$$;
"""

_ITEMS = """
WITH added AS (
    INSERT INTO visit (tenant_id, visit_id, branch_id, state, origin, created_at, locale, party_size, claims)
    SELECT $1, ($3 || n)::uuid, $2, 'confirmed', 'booking', now(), 'en', 1, 1
      FROM generate_series($4::integer, $5) AS n
)
INSERT INTO item (tenant_id, visit_id, item_id, sequence, service_id, starts_at, ends_at)
SELECT $1, ($3 || n)::uuid, ($3 || n)::uuid, 1, $6, now(), now() + interval '5 minutes'
  FROM generate_series($4::integer, $5) AS n
"""

_LISTED = """
WITH wanted AS MATERIALIZED (
    SELECT gen_random_uuid() AS id, n, $4::timestamptz + n * interval '5 minutes' AS starts_at
      FROM generate_series(0, $5::integer - 1) AS n
), visits AS (
    INSERT INTO visit (tenant_id, visit_id, branch_id, state, origin, created_at, locale, party_size, claims,
                       contact_channel, contact_address, customer_info, custom_data)
    SELECT $1, id, $2, 'confirmed', 'booking', starts_at, 'en', 1, 1,
           'phone', '+48' || (500000000 + n), ARRAY['Firstname Lastname'], json_build_object('number', n) FROM wanted
)
INSERT INTO item (tenant_id, visit_id, item_id, sequence, service_id, starts_at, ends_at)
SELECT $1, id, id, 1, $3, starts_at, starts_at + interval '5 minutes' FROM wanted
"""

_CLAIMED = """
WITH wanted AS MATERIALIZED (
    SELECT gen_random_uuid() AS id, $6::timestamptz + n * $8::interval AS starts_at
      FROM generate_series(0, $7::integer - 1) AS n
), visits AS (
    INSERT INTO visit (tenant_id, visit_id, branch_id, state, origin, created_at, locale, party_size, claims)
    SELECT $1, id, $2, 'confirmed', 'booking', starts_at, 'en', 1, 1 FROM wanted
), items AS (
    INSERT INTO item (tenant_id, visit_id, item_id, sequence, service_id, starts_at, ends_at)
    SELECT $1, id, id, 1, $3, starts_at, starts_at + interval '5 minutes' FROM wanted
), claims AS (
    INSERT INTO claim (tenant_id, visit_id, claim_id, item_id, resource_id, starts_at, ends_at, mode)
    SELECT $1, id, id, id, $4, starts_at, starts_at + interval '5 minutes', $5 FROM wanted ON CONFLICT DO NOTHING
)
INSERT INTO event (tenant_id, epoch, xid, ordinal, visit_id, kind, at, actor, position, hash)
SELECT $1, 1, pg_current_xact_id(), row_number() OVER (), id, 'confirmed', starts_at, 'bench', 0, '' FROM wanted
"""


@dataclass(frozen=True, slots=True)
class World:
    """A prepared database and the key to its tenant.

    `tomorrow` is a midnight in UTC; all slots asked for lie after it.
    """

    dsn: str
    key: str
    tomorrow: datetime


async def prepare(server: str, name: str, *, old: bool) -> World:
    """Make the database `name` on a server; with a past of OLD_CLAIMS on each of a few resources where `old`."""
    admin = await asyncpg.connect(server)
    try:
        await admin.execute(f"CREATE DATABASE {name}")
    finally:
        await admin.close()
    dsn = server.replace("/postgres?", f"/{name}?")
    await migrate(dsn)
    now = system_clock()
    world = World(
        dsn, secrets.token_urlsafe(32), datetime(now.year, now.month, now.day, tzinfo=UTC) + timedelta(days=1)
    )
    pool = await open_pool(dsn, 1)
    try:
        await _offer(pool, world, now)
    finally:
        await pool.close()
    await _fill(world, old=old)
    return world


def _catalog() -> Catalog:
    always = Schedule(tuple(WeeklyHours(weekday, 0, 1440) for weekday in range(7)))
    one = (CapacityStep(datetime(2000, 1, 1, tzinfo=UTC), 1),)
    exclusive = [
        Resource(ResourceId(UUID(f"{EXCLUSIVE}{n}")), BRANCH, f"{n}", ResourceKind.EXCLUSIVE) for n in RESOURCES
    ]
    pools = [
        Resource(pool_id(n), BRANCH, f"{n}", ResourceKind.POOL, PoolScope.SAME_SLOT, one)
        for n in (*RESOURCES, *SERVICES.values())
    ]
    return Catalog(
        version=0,
        branches={BRANCH: Branch(BRANCH, "a branch that never closes", "UTC", always), booked.BRANCH: booked.branch()},
        resources={resource.id: resource for resource in (*exclusive, *pools)} | offered.resources(),
        services={
            service: Service(service, BRANCH, "a queue", SLOT, SLOT, (Role((pool_id(n),)),))
            for service, n in SERVICES.items()
        }
        | {service.id: service for service in offered.SERVICES},
    )


def pool_id(number: int) -> ResourceId:
    """The pool of this number."""
    return ResourceId(UUID(f"{POOLED}{number}"))


async def _offer(pool: Pool, world: World, now: datetime) -> None:
    async with pool.transaction(TENANT) as tx:
        await tenants.add_tenant(tx, tenants.Tenant(TENANT, "bench"), now)
        await tenants.add_credential(tx, TENANT, CREDENTIAL, world.key, "bench", frozenset(Scope), now)
        await catalog.put(tx, TENANT, _catalog(), system_clock())


async def _fill(world: World, *, old: bool) -> None:
    connection = await asyncpg.connect(world.dsn, server_settings={"search_path": "appointed", "timezone": "UTC"})
    try:
        await connection.execute(_BASELINES)
        prepared = PREPARED_ITEMS
        await connection.execute(_ITEMS, TENANT, BRANCH, PREPARED, prepared.start, prepared.stop - 1, QUEUE)

        await connection.execute(_LISTED, TENANT, BRANCH, QUEUE, LISTED_FROM, LISTED)

        async def claim(resource: UUID, mode: str, first: datetime, count: int, step: timedelta) -> None:
            await connection.execute(_CLAIMED, TENANT, BRANCH, QUEUE, resource, mode, first, count, step)

        await booked.book(connection, TENANT, offered.MONTH.id, offered.taken(world.tomorrow))
        await claim(pool_id(SERVICES[DAY]), "pooled", world.tomorrow, DAY_CLAIMS, 2 * SLOT)
        if old:
            first = world.tomorrow - timedelta(days=1) - OLD_CLAIMS * SLOT
            for number in FEW:
                await claim(UUID(f"{EXCLUSIVE}{number}"), "exclusive", first, OLD_CLAIMS, SLOT)
            await claim(pool_id(SERVICES[QUEUE]), "pooled", first, OLD_CLAIMS, SLOT)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()
