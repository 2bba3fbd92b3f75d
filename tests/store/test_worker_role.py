"""The worker's role learns who has something due, and nothing else of anybody."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID, uuid4  # noqa: TID251 - tests make identities too

import asyncpg
import pytest
import pytest_asyncio

from appointed.core.ids import TenantId
from appointed.store.lapses import Due, lapse, tenants_due
from appointed.store.pool import WORKER_ROLE, Pool, open_pool
from people import MORNING, new_owner, set_clock
from proofs.raw import HOUR, Ask, connect, new_world, outcome, perform, slot
from proofs.servers import Home
from test_claims import LAPSE, hold

# What it may read, column by column; a table that is not here is closed.
OPEN = {
    "visit": {"tenant_id", "state", "expires_at"},
    "idempotency": {"tenant_id", "expires_at"},
    "sandbox_clock": {"tenant_id", "instant", "running_since"},
    "event": {"tenant_id", "epoch", "xid", "ordinal"},
    "seal": {"tenant_id", "number", "at", "epoch", "xid", "ordinal"},
    "event_epoch": {"epoch"},
}
COLUMNS = """
SELECT c.relname AS name, a.attname AS attribute FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
 WHERE c.relnamespace = 'appointed'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
"""


@pytest_asyncio.fixture(loop_scope="session")
async def worker(home: Home) -> AsyncIterator[asyncpg.Connection]:
    """A connection of the worker's role."""
    connection = await connect(home.dsn, role=WORKER_ROLE)
    yield connection
    await connection.close()


@pytest_asyncio.fixture(loop_scope="session")
async def finder(home: Home) -> AsyncIterator[Pool]:
    """A pool of the worker's role."""
    pool = await open_pool(home.dsn, 1, role=WORKER_ROLE)
    yield pool
    await pool.close()


async def due(finder: Pool, *tenants: UUID, now=LAPSE) -> list[Due]:
    """What is due of these tenants, one page after the other."""
    found: list[Due] = []
    while page := await tenants_due(finder, now, found[-1].tenant if found else TenantId(UUID(int=0)), 3):
        found += page
    assert [each.tenant for each in found] == sorted({each.tenant for each in found})
    return [each for each in found if each.tenant in tenants]


async def test_it_has_no_power(worker) -> None:
    row = await worker.fetchrow("SELECT * FROM pg_roles WHERE rolname = current_user")
    assert row["rolname"] == WORKER_ROLE
    for power in ("rolsuper", "rolbypassrls", "rolcreaterole", "rolcreatedb", "rolcanlogin", "rolreplication"):
        assert row[power] is False, power


async def test_it_reads_what_is_due_and_no_other_column(owner, worker) -> None:
    for row in await owner.fetch(COLUMNS):
        name, attribute = row["name"], row["attribute"]
        may = await owner.fetchval("SELECT has_column_privilege($1, $2, $3, 'SELECT')", WORKER_ROLE, name, attribute)
        assert may == (attribute in OPEN.get(name, ())), (name, attribute)
        for verb in ("INSERT", "UPDATE"):
            sql = "SELECT has_column_privilege($1, $2, $3, $4)"
            assert not await owner.fetchval(sql, WORKER_ROLE, name, attribute, verb), (name, attribute, verb)
    for name in {row["name"] for row in await owner.fetch(COLUMNS)}:
        assert not await owner.fetchval("SELECT has_table_privilege($1, $2, 'DELETE')", WORKER_ROLE, name), name
    for statement in (
        "SELECT contact_address FROM visit",
        "SELECT outcome FROM idempotency",
        "SELECT name FROM tenant",
        "SELECT actor FROM event",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await worker.fetch(statement)


async def test_who_serves_may_not_ask_who_has_something_due(app) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await app.fetch("SELECT * FROM tenants_due(now(), $1, 1)", UUID(int=0))
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await app.fetch("SELECT * FROM tenants_unsealed(now(), $1, 1)", UUID(int=0))


async def test_a_hold_that_never_lapses_is_not_even_seen(home: Home, app, worker) -> None:
    mine = await new_world(home.context)
    await hold(app, mine, Ask(mine.exclusive[0], *slot(0)), expires_at=None)
    await hold(app, mine, Ask(mine.exclusive[0], *slot(1)), state="confirmed")
    assert await worker.fetch("SELECT tenant_id FROM visit WHERE tenant_id = $1", mine.tenant) == []
    await hold(app, mine, Ask(mine.exclusive[0], *slot(2)), expires_at=LAPSE)
    assert len(await worker.fetch("SELECT tenant_id FROM visit WHERE tenant_id = $1", mine.tenant)) == 1


async def test_a_tenant_is_due_by_its_own_clock(home: Home, app, finder: Pool) -> None:
    """A sandbox by its clock, standing or running, a real one by the server's; one without a lapse never."""
    sandbox, running, real, never = [await new_world(home.context) for _ in range(4)]
    await set_clock(home.context, sandbox.person, LAPSE - timedelta(seconds=1))
    async with home.context.pool.transaction(running.tenant) as tx:
        await tx.execute("UPDATE sandbox_clock SET instant = $1, running_since = $2", LAPSE - HOUR, LAPSE)
    async with home.context.pool.transaction(real.tenant) as tx:
        await tx.execute("DELETE FROM sandbox_clock")
    for world in (sandbox, running, real, never):
        await hold(app, world, Ask(world.exclusive[0], *slot(0)), expires_at=None if world is never else LAPSE)
    all_four = [world.tenant for world in (sandbox, running, real, never)]
    assert await due(finder, *all_four, now=LAPSE - timedelta(microseconds=1)) == []
    assert await due(finder, *all_four) == [Due(real.tenant, LAPSE)]
    assert {each.tenant for each in await due(finder, *all_four, now=LAPSE + HOUR)} == {real.tenant, running.tenant}
    await set_clock(home.context, sandbox.person, LAPSE)
    later = {each.tenant: each.at for each in await due(finder, *all_four, now=LAPSE + HOUR)}
    assert later == {sandbox.tenant: LAPSE, running.tenant: LAPSE, real.tenant: LAPSE + HOUR}


async def test_old_outcomes_are_due_too_and_what_is_tidied_is_due_no_more(home: Home, app, owner, finder: Pool) -> None:
    world = await new_world(home.context)
    args = world.hold(Ask(world.exclusive[0], *slot(0)))
    assert outcome(await perform(app, world.tenant, MORNING, "hold", args, uuid4(), uuid4())) == "held"
    assert await due(finder, world.tenant, now=MORNING + HOUR) == []
    await set_clock(home.context, world.person, MORNING + timedelta(days=1))
    (found,) = await due(finder, world.tenant)
    assert await lapse(home.context.pool, found, 10) == 0
    assert await owner.fetchval("SELECT count(*) FROM idempotency WHERE tenant_id = $1", world.tenant) == 0
    assert await due(finder, world.tenant) == []


async def test_finding_reads_what_is_due_and_not_what_is_not(home: Home, worker, finder: Pool) -> None:
    """Thousands of confirmed visits and of holds without end cost nothing."""
    person = await new_owner(home.context)
    async with home.context.pool.transaction(person.tenant) as tx:
        await tx.execute(
            "INSERT INTO visit (tenant_id, visit_id, branch_id, state, origin, created_at, locale, party_size, claims)"
            " SELECT $1, gen_random_uuid(), gen_random_uuid(), (ARRAY['held', 'confirmed']::visit_state[])[1 + n % 2],"
            " 'booking', $2, 'en', 1, 0 FROM generate_series(1, 5000) AS n",
            person.tenant,
            MORNING,
        )
    await worker.execute("SET enable_seqscan = off")
    plan = await worker.fetch(
        "EXPLAIN (ANALYZE, FORMAT TEXT) SELECT v.tenant_id FROM visit v WHERE v.tenant_id > $1 AND v.state = 'held'"
        " AND v.expires_at IS NOT NULL ORDER BY v.tenant_id LIMIT 1",
        UUID(int=0),
    )
    text = "\n".join(row[0] for row in plan)
    assert "visit_due_to_lapse" in text
    assert person.tenant not in {each.tenant for each in await due(finder, person.tenant, now=LAPSE + 9999 * HOUR)}
