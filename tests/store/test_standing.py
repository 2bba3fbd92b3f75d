"""The visits that a change of the catalogue could hit, as they are read."""

from datetime import timedelta

from appointed.core.ids import TenantId
from appointed.core.impact import Standing
from appointed.store.standing import read_standing
from people import MORNING, new_owner
from proofs.plans import Plans
from proofs.raw import FIVE, HOUR, Ask, World, confirm, connect, end, new_world, outcome, perform, slot
from proofs.servers import Home

OLD = 3_000
HISTORY = """
WITH numbers AS (
    SELECT gen_random_uuid() AS visit_id, gen_random_uuid() AS item_id,
           $2::timestamptz - n * interval '10 minutes' AS at
      FROM generate_series(1, $4::integer) AS n
), visits AS (
    INSERT INTO visit (tenant_id, visit_id, branch_id, state, origin, created_at, locale, party_size, claims)
    SELECT $1, n.visit_id, $1, 'confirmed', 'booking', n.at, 'en', 1, 1 FROM numbers n
), items AS (
    INSERT INTO item (tenant_id, visit_id, item_id, sequence, service_id, starts_at, ends_at)
    SELECT $1, n.visit_id, n.item_id, 1, $1, n.at, n.at + interval '5 minutes' FROM numbers n
)
INSERT INTO claim (tenant_id, visit_id, claim_id, item_id, resource_id, starts_at, ends_at, mode)
SELECT $1, n.visit_id, n.visit_id, n.item_id, $3, n.at, n.at + interval '5 minutes', 'exclusive' FROM numbers n
"""


async def standing(home: Home, world: World, *resources, now=MORNING, tenant=None) -> tuple[Standing, ...]:
    whose = TenantId(tenant or world.tenant)
    async with home.context.pool.transaction(whose) as tx:
        return await read_standing(tx, whose, now, resources)


async def held(app, world: World, *asks: Ask, **changes) -> dict:
    args = world.hold(*asks, **changes)
    assert outcome(await perform(app, world.tenant, MORNING, "hold", args)) == "held"
    return args


async def test_a_visit_comes_with_all_that_it_stands_on(home: Home, app, world: World) -> None:
    room, places = world.exclusive[0], world.pools[0]
    args = await held(app, world, Ask(room, *slot(0)), Ask(places, *slot(0), 2))
    assert outcome(await perform(app, world.tenant, MORNING, "confirm", confirm(args))) == "confirmed"
    for asked in (room, places):
        (found,) = await standing(home, world, asked)
        assert (found.visit.id, found.visit.version, found.visit.state) == (args["visit_id"], 2, "confirmed")
        (item,) = found.visit.items
        assert {claim.item_id for claim in found.claims} == {item.id}
        assert {(claim.resource_id, claim.units, claim.starts_at, claim.ends_at) for claim in found.claims} == {
            (room, 1, *slot(0)),
            (places, 2, *slot(0)),
        }
        assert found.beside == ()
    assert await standing(home, world, world.slotted[0]) == ()
    assert await standing(home, world) == ()


async def test_what_was_taken_without_room_stands_beside(home: Home, app, world: World) -> None:
    ask = Ask(world.exclusive[0], *slot(0))
    first = await held(app, world, ask)
    second = await held(app, world, ask, overbook=True)
    found = {each.visit.id: each for each in await standing(home, world, ask.resource)}
    assert [len(found[each["visit_id"]].claims) for each in (first, second)] == [1, 0]
    assert [len(found[each["visit_id"]].beside) for each in (first, second)] == [0, 1]


async def test_what_is_over_stands_no_more(home: Home, app, owner, world: World) -> None:
    room = world.exclusive[0]
    past, lapsing, gone, done, ahead = [
        await held(app, world, Ask(room, *slot(number)), expires_at=MORNING + FIVE if number == 1 else None)
        for number in range(5)
    ]
    assert outcome(await perform(app, world.tenant, MORNING, "end", end(gone))) == "released"
    await owner.execute("UPDATE visit SET state = 'done' WHERE visit_id = $1", done["visit_id"])

    async def at(now) -> set:
        return {each.visit.id for each in await standing(home, world, room, now=now)}

    early = {each["visit_id"] for each in (past, lapsing, ahead)}
    assert await at(MORNING) == early
    assert await at(MORNING + FIVE - timedelta(microseconds=1)) == early
    assert await at(MORNING + FIVE) == early - {lapsing["visit_id"]}
    assert await at(slot(0)[1]) == {ahead["visit_id"]}
    assert await at(MORNING + 24 * HOUR) == set()


async def test_another_tenant_sees_none_of_it(home: Home, app, world: World) -> None:
    await held(app, world, Ask(world.exclusive[0], *slot(0)))
    stranger = await new_owner(home.context)
    assert await standing(home, world, world.exclusive[0], tenant=stranger.tenant) == ()
    async with home.context.pool.transaction(stranger.tenant) as tx:
        assert await read_standing(tx, TenantId(world.tenant), MORNING, world.exclusive) == ()


async def test_what_is_over_is_not_read(home: Home, owner) -> None:
    world = await new_world(home.context)
    room = world.exclusive[0]
    await owner.execute(HISTORY, world.tenant, MORNING - HOUR, room, OLD)
    app = await connect(home.dsn)
    try:
        await held(app, world, Ask(room, *slot(0)))
        for mode in ("force_generic_plan", "force_custom_plan"):
            plans = Plans(app)
            await plans.watch(mode)
            async with app.transaction():
                await app.execute("SELECT set_config('appointed.tenant', $1, true)", str(world.tenant))
                rows = await app.fetch("SELECT standing($1, $2, $3)", world.tenant, MORNING, [room])
            scans = [scan for scan in await plans.scans() if scan.how != "BITMAPHEAPSCAN"]
            assert len(rows) == 1
            claims = {(scan.index, *scan.bound) for scan in scans if scan.table == "claim"}
            assert claims == {("claim_by_time", 1, 2, 3), ("claim_pkey", 1, 2)}
            assert {scan.index for scan in scans if scan.table == "visit"} == {"visit_pkey"}
            assert {scan.index for scan in scans if scan.table == "item"} == {"item_pkey"}
            await app.execute("DISCARD PLANS")
    finally:
        await app.close()
