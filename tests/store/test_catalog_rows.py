"""What the catalogue's rows may become, and when they may go."""

from dataclasses import replace

import asyncpg
import pytest

from appointed.core.catalog import CapacityStep, PoolScope, ResourceKind
from appointed.core.errors import ResourceInUse, TimeZoneUnknown
from people import LONG_AGO, MORNING, exclusive_resource, new_branch, new_owner, new_service, offer, pool_resource
from proofs.raw import FIVE, HOUR, Ask, World, end, outcome, perform, slot
from proofs.servers import Home
from test_claims import hold

LAPSE = MORNING + FIVE
TABLES = ("branch", "service", "resource")


@pytest.fixture
def by(app: asyncpg.Connection, owner: asyncpg.Connection) -> dict[str, asyncpg.Connection]:
    """Who changes the rows."""
    return {"app": app, "owner": owner}


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("role", ["app", "owner"])
async def test_rows_without_visits_can_go(home: Home, by, table: str, role: str) -> None:
    connection = by[role]
    person = await new_owner(home.context)
    branch = new_branch()
    places = pool_resource(branch.id)
    await offer(home.context, person, branch, new_service(branch, places), places)
    async with connection.transaction():
        await connection.execute("SELECT set_config('appointed.tenant', $1, true)", str(person.tenant))
        assert await connection.execute(f"DELETE FROM {table} WHERE tenant_id = $1", person.tenant) == "DELETE 1"


@pytest.mark.parametrize("ended", [False, True])
@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("role", ["app", "owner"])
async def test_rows_with_visits_stay(
    app: asyncpg.Connection, world: World, by, table: str, role: str, ended: bool
) -> None:
    """Visits that are over count as well: they say where somebody was."""
    _, held = await hold(app, world, Ask(world.exclusive[0], *slot(0)))
    if ended:
        assert outcome(await perform(app, world.tenant, MORNING, "end", end(held))) == "released"
    used = {"branch": world.service.branch_id, "service": world.service.id, "resource": world.exclusive[0]}[table]
    connection = by[role]
    async with connection.transaction():
        await connection.execute("SELECT set_config('appointed.tenant', $1, true)", str(world.tenant))
        with pytest.raises(asyncpg.ForeignKeyViolationError, match=f"a {table} with visits stays"):
            async with connection.transaction():
                await connection.execute(
                    f"DELETE FROM {table} WHERE tenant_id = $1 AND {table}_id = $2", world.tenant, used
                )


async def queue(home: Home, capacity: int = 2, **changes):
    """A pool in a catalogue, and what changes it there."""
    person = await new_owner(home.context)
    branch = new_branch()
    pool = pool_resource(branch.id, capacity, **changes)
    service = new_service(branch, pool)
    await offer(home.context, person, branch, service, pool)

    async def change(**now) -> None:
        await offer(home.context, person, branch, service, replace(pool, **now))

    async with home.context.pool.transaction(person.tenant) as tx:
        version = await tx.fetchval("SELECT catalog_version FROM tenant")
    return World(person, service, version, (), (), (pool.id,)), change


EXCLUSIVE = {"kind": ResourceKind.EXCLUSIVE}
OVERLAP = {"scope": PoolScope.OVERLAP}
FEWER = {"capacity": (CapacityStep(LONG_AGO, 1),)}
FEWER_MEANWHILE = {"capacity": (CapacityStep(LONG_AGO, 2), CapacityStep(slot(0)[0], 1), CapacityStep(slot(1)[0], 2))}
REFUSED = pytest.mark.parametrize(
    "change", [EXCLUSIVE, OVERLAP, FEWER, FEWER_MEANWHILE], ids=["kind", "scope", "capacity", "capacity of an hour"]
)


@REFUSED
async def test_what_visits_stand_on_stays_fit_to_carry_them(home: Home, app, change: dict) -> None:
    world, put = await queue(home)
    for _ in range(2):
        assert (await hold(app, world, Ask(world.slotted[0], *slot(0))))[0] == "held"
    with pytest.raises(ResourceInUse) as refused:
        await put(**change)
    assert refused.value.resource == str(world.slotted[0])
    async with home.context.pool.transaction(world.tenant) as tx:
        assert await tx.fetchval("SELECT catalog_version FROM tenant") == world.version
    assert (await hold(app, world, Ask(world.slotted[0], *slot(1), 2)))[0] == "held"


@REFUSED
@pytest.mark.parametrize("how", ["over", "lapsed", "freed"])
async def test_what_is_over_lapsed_or_freed_hinders_nothing(home: Home, app, change: dict, how: str) -> None:
    """`offer` writes by the sandbox's clock, which stands at MORNING."""
    world, put = await queue(home)
    times = (MORNING - HOUR, MORNING - HOUR + FIVE) if how == "over" else slot(0)
    for _ in range(2):
        now = MORNING - 2 * HOUR
        expires_at = MORNING if how == "lapsed" else None
        result, args = await hold(app, world, Ask(world.slotted[0], *times), now=now, expires_at=expires_at)
        assert result == "held"
        if how == "freed":
            await perform(app, world.tenant, MORNING, "end", end(args))
    await put(**change)


async def test_an_exclusive_resource_in_use_does_not_become_a_pool(home: Home, app, world: World) -> None:
    assert (await hold(app, world, Ask(world.exclusive[0], *slot(0))))[0] == "held"
    branch = new_branch(id=world.service.branch_id)
    pool = pool_resource(branch.id, 5, id=world.exclusive[0], scope=PoolScope.OVERLAP)
    with pytest.raises(ResourceInUse):
        await offer(home.context, world.person, branch, world.service, pool)


async def test_what_visits_do_not_need_may_change(home: Home, app) -> None:
    world, put = await queue(home)
    assert (await hold(app, world, Ask(world.slotted[0], *slot(0))))[0] == "held"
    await put(name="another name", **FEWER)
    await put(capacity=(CapacityStep(LONG_AGO, 0), CapacityStep(slot(0)[0], 1), CapacityStep(slot(1)[0], 0)))


@pytest.mark.parametrize(
    "name", ["Mars/Base", "", "Europe", "../Europe/Warsaw", "/etc/passwd", "Europe/\0", "x" * 5000]
)
async def test_a_time_zone_that_is_none_is_refused(home: Home, name: str) -> None:
    person = await new_owner(home.context)
    branch = new_branch(time_zone=name)
    somebody = exclusive_resource(branch.id)
    with pytest.raises(TimeZoneUnknown) as refused:
        await offer(home.context, person, branch, new_service(branch, somebody), somebody)
    assert refused.value.name == name
