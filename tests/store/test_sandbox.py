"""A sandbox's clock and its reset, and what the serving role may not take away anywhere."""

from datetime import timedelta
from uuid import UUID, uuid4  # noqa: TID251 - tests make identities too

import asyncpg
import pytest

from appointed.core.errors import ClockGoesForward, NotASandbox
from appointed.core.ids import TenantId
from appointed.store import tenants
from people import MORNING, new_owner, set_clock
from proofs.raw import FIVE, HOUR, Ask, World, end, new_world, outcome, perform, slot
from proofs.servers import Home
from test_claims import hold, rows

NEVER_EMPTIED = ("tenant", "visit", "visit_group", "item", "claim", "event")


async def test_the_clock_goes_forward_only(home: Home, world: World) -> None:
    await set_clock(home.context, world.person, MORNING + HOUR)
    await set_clock(home.context, world.person, MORNING + HOUR)
    with pytest.raises(ClockGoesForward):
        await set_clock(home.context, world.person, MORNING + HOUR - timedelta(microseconds=1))
    async with home.context.pool.transaction(world.tenant) as tx:
        assert await tx.fetchval("SELECT instant FROM sandbox_clock") == MORNING + HOUR


async def test_a_reset_leaves_no_visit_event_or_outcome(home: Home, app, owner, world: World) -> None:
    """And nothing of the neighbour's goes with it."""
    neighbour = await new_world(home.context)
    for each in (world, neighbour):
        args = each.hold(Ask(each.exclusive[0], *slot(0)), Ask(each.pools[0], *slot(0)))
        assert outcome(await perform(app, each.tenant, MORNING, "hold", args, uuid4(), uuid4())) == "held"
        await perform(app, each.tenant, MORNING, "end", end(args))
        await hold(app, each, Ask(each.exclusive[0], *slot(0)))
    kept = await rows(owner, neighbour)
    await set_clock(home.context, world.person, MORNING + HOUR)
    versions = (await rows(owner, world))["resource_version"]
    async with home.context.pool.transaction(world.tenant) as tx:
        await tenants.reset_sandbox(tx, world.tenant, MORNING)
        assert await tx.fetchval("SELECT instant FROM sandbox_clock") == MORNING
    left = await rows(owner, world)
    assert [left[table] for table in ("visit", "item", "claim", "event")] == [[]] * 4
    assert await owner.fetchval("SELECT count(*) FROM idempotency WHERE tenant_id = $1", world.tenant) == 0
    assert sum(row[-1] for row in left["resource_version"]) > sum(row[-1] for row in versions)
    assert await rows(owner, neighbour) == kept
    assert await owner.fetchval("SELECT count(*) FROM idempotency WHERE tenant_id = $1", neighbour.tenant) == 1
    assert (await hold(app, world, Ask(world.exclusive[0], *slot(0))))[0] == "held"


async def reset(home: Home, as_tenant: TenantId | None, whose: UUID) -> None:
    async with home.context.pool.transaction(as_tenant or TenantId(uuid4())) as tx:
        await tenants.reset_sandbox(tx, TenantId(whose), MORNING)


@pytest.mark.parametrize("who", ["a real tenant", "another's sandbox", "nobody's"])
async def test_only_ones_own_sandbox_is_reset(home: Home, app, owner, world: World, who: str) -> None:
    assert (await hold(app, world, Ask(world.exclusive[0], *slot(0))))[0] == "held"
    before = await rows(owner, world)
    mine = await new_owner(home.context, sandbox_at=None if who == "a real tenant" else MORNING)
    whose = {"a real tenant": mine.tenant, "another's sandbox": world.tenant, "nobody's": uuid4()}[who]
    with pytest.raises(NotASandbox):
        await reset(home, mine.tenant, whose)
    assert await rows(owner, world) == before


async def test_a_forgotten_tenant_resets_nothing(app, world: World) -> None:
    with pytest.raises(asyncpg.PostgresError, match="not_a_sandbox"):
        await app.execute("SELECT sandbox_reset($1, $2)", world.tenant, MORNING)


@pytest.mark.parametrize("table", NEVER_EMPTIED)
@pytest.mark.parametrize("verb", ["DELETE FROM", "TRUNCATE"])
async def test_who_serves_takes_no_history_away(app, world: World, verb: str, table: str) -> None:
    await hold(app, world, Ask(world.exclusive[0], *slot(0)), now=MORNING + FIVE)
    async with app.transaction():
        await app.execute("SELECT set_config('appointed.tenant', $1, true)", str(world.tenant))
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with app.transaction():
                await app.execute(f"{verb} {table}")


async def test_who_serves_changes_no_event(app, world: World) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await app.execute("UPDATE event SET actor = 'nobody'")
