"""What a claim takes, what stands in its way, and when it is free again."""

from datetime import timedelta

import asyncpg
import pytest

from appointed.core.catalog import CapacityStep
from people import MORNING
from proofs.raw import FIVE, HOUR, MINUTE, Ask, World, confirm, end, new_world, outcome, perform, problems, slot
from proofs.servers import Home

LAPSE = MORNING + FIVE
KINDS = ("exclusive", "pools", "slotted")
LIVE = "SELECT mode FROM claim WHERE tenant_id = $1 AND visit_id = $2 AND live ORDER BY mode"


async def hold(app, world: World, *asks: Ask, now=MORNING, **changes) -> tuple[str, dict]:
    """How a hold ended, and its arguments."""
    args = world.hold(*asks, **changes)
    return outcome(await perform(app, world.tenant, now, "hold", args)), args


async def modes(owner, world: World, args) -> list[str]:
    """How the live claims of a visit stand."""
    return [row["mode"] for row in await owner.fetch(LIVE, world.tenant, args["visit_id"])]


async def rows(owner, world: World) -> dict[str, list]:
    """All there is of a tenant's visits."""
    tables = ("visit", "item", "claim", "event", "resource_version")
    return {
        table: [
            tuple(row)
            for row in await owner.fetch(f"SELECT * FROM {table} WHERE tenant_id = $1 ORDER BY 2, 3", world.tenant)
        ]
        for table in tables
    }


async def test_the_constraint_is_spelt_as_the_server_can(home: Home, owner) -> None:
    spelling = await owner.fetchval(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'claim_exclusive'"
    )
    assert ("uuidrange" in spelling) is not home.btree_gist


async def test_the_constraint_alone_keeps_two_apart(app, world: World) -> None:
    """A plain INSERT of the application's role, which no function looked at."""
    ask = Ask(world.exclusive[0], *slot(0))
    _, args = await hold(app, world, ask)
    async with app.transaction():
        await app.execute("SELECT set_config('appointed.tenant', $1, true)", str(world.tenant))
        with pytest.raises(asyncpg.ExclusionViolationError):
            async with app.transaction():
                await app.execute(
                    "INSERT INTO claim (tenant_id, visit_id, claim_id, item_id, resource_id, starts_at, ends_at, mode)"
                    " SELECT tenant_id, visit_id, gen_random_uuid(), item_id, resource_id, ends_at - interval '1 min',"
                    " ends_at + interval '1 hour', mode FROM claim WHERE visit_id = $1",
                    args["visit_id"],
                )


@pytest.mark.parametrize("kind", KINDS)
async def test_claims_that_touch_do_not_meet(app, world: World, kind: str) -> None:
    resource = getattr(world, kind)[0]
    for number in range(3):
        starts_at = MORNING + number * FIVE
        assert (await hold(app, world, Ask(resource, starts_at, starts_at + FIVE)))[0] == "held"


async def test_pools_count_units_by_overlap_or_by_slot(app, world: World) -> None:
    starts_at, ends_at = slot(0)
    later = (starts_at + MINUTE, ends_at + MINUTE)
    for resource, third in ((world.pools[0], "slot_taken"), (world.slotted[0], "held")):
        assert (await hold(app, world, Ask(resource, starts_at, ends_at, 2)))[0] == "held"
        assert (await hold(app, world, Ask(resource, starts_at, ends_at)))[0] == "slot_taken"
        assert (await hold(app, world, Ask(resource, *later)))[0] == third
        assert (await hold(app, world, Ask(resource, *slot(1), 3)))[0] == "slot_taken"


async def test_usage_that_ends_before_it_rises_again_is_not_added_up(app, world: World) -> None:
    """Two claims one after the other take one place of a pool, not two."""
    pool = world.pools[0]
    for first, last in ((0, 10), (10, 20), (5, 15)):
        assert (await hold(app, world, Ask(pool, MORNING + first * MINUTE, MORNING + last * MINUTE)))[0] == "held"
    assert (await hold(app, world, Ask(pool, MORNING, MORNING + 5 * MINUTE)))[0] == "held"
    assert (await hold(app, world, Ask(pool, MORNING + 4 * MINUTE, MORNING + 6 * MINUTE)))[0] == "slot_taken"


async def test_the_capacity_of_a_pool_is_a_step_function(home: Home, app) -> None:
    """Before the first step there is nothing, a step down inside a claim counts, and one at its end does not."""
    steps = (CapacityStep(MORNING, 2), CapacityStep(MORNING + HOUR, 1), CapacityStep(MORNING + 2 * HOUR, 0))
    world = await new_world(home.context, steps=steps)
    for resource in (world.pools[0], world.slotted[0]):
        for first, last, units, expected in (
            (-1, 59, 1, "slot_taken"),
            (0, 60, 2, "held"),
            (59, 61, 1, "slot_taken" if resource in world.pools else "held"),
            (59, 62, 2, "slot_taken"),
            (60, 120, 1, "held"),
            (119, 121, 1, "slot_taken"),
            (120, 125, 1, "slot_taken"),
        ):
            ask = Ask(resource, MORNING + first * MINUTE, MORNING + last * MINUTE, units)
            assert (await hold(app, world, ask))[0] == expected, (first, last)
    assert await problems(home.dsn, MORNING, world.tenant) == []


@pytest.mark.parametrize("missing", ["unknown", "taken"])
async def test_a_visit_of_several_claims_takes_all_or_nothing(
    home: Home, app, owner, world: World, missing: str
) -> None:
    times = slot(0)
    other = await new_world(home.context)
    if missing == "taken":
        await hold(app, world, Ask(world.exclusive[0], *times))
    before = await rows(owner, world)
    short = other.exclusive[0] if missing == "unknown" else world.exclusive[0]
    asks = [Ask(resource, *times) for resource in (world.slotted[0], short, world.pools[0])]
    assert (await hold(app, world, *asks))[0] == "slot_taken"
    assert await rows(owner, world) == before


async def test_a_claim_longer_than_a_day_is_refused(app, owner, world: World) -> None:
    """Every read by time trusts that none is."""
    before = await rows(owner, world)
    for kind in KINDS:
        resource = getattr(world, kind)[0]
        with pytest.raises(asyncpg.CheckViolationError):
            await hold(app, world, Ask(resource, MORNING, MORNING + timedelta(hours=24, seconds=1)))
    assert await rows(owner, world) == before
    assert (await hold(app, world, Ask(world.exclusive[0], MORNING, MORNING + timedelta(hours=24))))[0] == "held"
    late = MORNING + timedelta(hours=23, minutes=59)
    assert (await hold(app, world, Ask(world.exclusive[0], late, late + FIVE)))[0] == "slot_taken"


@pytest.mark.parametrize("kind", KINDS)
async def test_a_hold_is_free_from_the_instant_it_lapses(home: Home, app, owner, world: World, kind: str) -> None:
    """Nobody has to tidy up first; whoever takes the place ends the hold, and the late confirmation is refused."""
    ask = Ask(getattr(world, kind)[0], *slot(0), 1 if kind == "exclusive" else 2)
    _, old = await hold(app, world, ask, expires_at=LAPSE)
    assert (await hold(app, world, ask, now=LAPSE - timedelta(microseconds=1)))[0] == "slot_taken"
    assert (await hold(app, world, ask, now=LAPSE))[0] == "held"
    assert outcome(await perform(app, world.tenant, LAPSE, "confirm", confirm(old))) == "hold_lapsed"
    state = "SELECT state FROM visit WHERE tenant_id = $1 AND visit_id = $2"
    assert await owner.fetchval(state, world.tenant, old["visit_id"]) == "expired"
    assert await problems(home.dsn, LAPSE, world.tenant) == []


async def test_a_lapse_met_on_the_way_ends_the_whole_visit(app, owner, world: World) -> None:
    times = slot(0)
    _, old = await hold(
        app, world, *(Ask(each, *times) for each in (world.exclusive[0], world.pools[0])), expires_at=LAPSE
    )
    assert (await hold(app, world, Ask(world.exclusive[0], *times), now=LAPSE))[0] == "held"
    assert await modes(owner, world, old) == []
    assert (await hold(app, world, Ask(world.pools[0], *times, 2), now=LAPSE))[0] == "held"


async def test_a_confirmation_comes_before_the_lapse_or_not_at_all(app, world: World) -> None:
    ask = Ask(world.exclusive[0], *slot(0))
    _, late = await hold(app, world, ask, expires_at=LAPSE)
    assert outcome(await perform(app, world.tenant, LAPSE, "confirm", confirm(late))) == "hold_lapsed"
    _, timely = await hold(app, world, Ask(world.exclusive[0], *slot(1)), expires_at=LAPSE)
    before = LAPSE - timedelta(microseconds=1)
    assert outcome(await perform(app, world.tenant, before, "confirm", confirm(timely))) == "confirmed"
    much_later = LAPSE + 1000 * HOUR
    assert outcome(await perform(app, world.tenant, much_later, "confirm", confirm(timely))) == "confirmed"
    assert (await hold(app, world, Ask(world.exclusive[0], *slot(1)), now=much_later))[0] == "slot_taken"


async def test_lapse_tidies_what_lapsed_and_nothing_else(app, owner, world: World) -> None:
    """A hold without a lifetime is never touched."""
    held = [
        (await hold(app, world, Ask(world.exclusive[0], *slot(number)), expires_at=expires_at))[1]
        for number, expires_at in enumerate((LAPSE, None, LAPSE + MINUTE, LAPSE))
    ]
    sql = "SELECT lapse($1, $2, 100)"
    assert [await app.fetchval(sql, world.tenant, LAPSE) for _ in range(2)] == [2, 0]
    assert [await modes(owner, world, args) for args in held] == [[], ["exclusive"], ["exclusive"], []]
    assert await app.fetchval(sql, world.tenant, LAPSE + 100_000 * HOUR) == 1
    assert await modes(owner, world, held[1]) == ["exclusive"]


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_given_back_is_free_at_once(app, world: World, kind: str) -> None:
    ask = Ask(getattr(world, kind)[0], *slot(0), 1 if kind == "exclusive" else 2)
    for step in (None, "confirm"):
        how, args = await hold(app, world, ask)
        assert how == "held"
        if step:
            await perform(app, world.tenant, MORNING, step, confirm(args))
        ended = outcome(await perform(app, world.tenant, MORNING, "end", end(args)))
        assert ended == ("cancelled" if step else "released")


@pytest.mark.parametrize("kind", KINDS)
async def test_a_move_may_overlap_its_own_old_time(home: Home, app, world: World, kind: str) -> None:
    units = 1 if kind == "exclusive" else 2
    resource = getattr(world, kind)[0]
    _, args = await hold(app, world, Ask(resource, MORNING, MORNING + HOUR, units), expires_at=LAPSE)
    for minutes in (0, 1, 30, -20):
        start = MORNING + minutes * MINUTE
        moved = world.move(args, Ask(resource, start, start + HOUR, units))
        assert outcome(await perform(app, world.tenant, MORNING, "move", moved)) == "held"
    assert (await hold(app, world, Ask(resource, MORNING + 40 * MINUTE, MORNING + 45 * MINUTE, units)))[0] == "held"
    assert await problems(home.dsn, MORNING, world.tenant) == []


@pytest.mark.parametrize("kind", KINDS)
async def test_a_move_to_a_full_slot_changes_nothing(app, owner, world: World, kind: str) -> None:
    units = 1 if kind == "exclusive" else 2
    resource = getattr(world, kind)[0]
    _, args = await hold(app, world, Ask(resource, *slot(0), units))
    await hold(app, world, Ask(resource, *slot(1), units))
    before = await rows(owner, world)
    moved = world.move(args, Ask(resource, *slot(1), units))
    assert outcome(await perform(app, world.tenant, MORNING, "move", moved)) == "slot_taken"
    assert await rows(owner, world) == before


async def test_a_move_takes_the_place_of_a_lapsed_hold(home: Home, app, world: World) -> None:
    await hold(app, world, Ask(world.exclusive[0], *slot(1)), expires_at=LAPSE)
    _, args = await hold(app, world, Ask(world.exclusive[0], *slot(0)))
    moved = world.move(args, Ask(world.exclusive[0], *slot(1)))
    assert outcome(await perform(app, world.tenant, MORNING, "move", moved)) == "slot_taken"
    assert outcome(await perform(app, world.tenant, LAPSE, "move", moved)) == "held"
    assert await problems(home.dsn, LAPSE, world.tenant) == []


async def test_an_old_decision_is_not_carried_out(app, world: World) -> None:
    """Neither on another version of the catalogue nor on another version of the visit."""
    ask = Ask(world.exclusive[0], *slot(0))
    assert (await hold(app, world, ask, catalog_version=world.version - 1))[0] == "catalog_moved"
    _, args = await hold(app, world, ask)
    stale = world.move(args, Ask(world.exclusive[0], *slot(1)), version=2)
    assert outcome(await perform(app, world.tenant, MORNING, "move", stale)) == "visit_moved"


async def test_every_change_moves_the_version_of_its_resources(app, owner, world: World) -> None:
    resource = world.exclusive[0]

    async def version() -> int:
        sql = "SELECT sum(version) FROM resource_version WHERE tenant_id = $1 AND resource_id = $2"
        return await owner.fetchval(sql, world.tenant, resource) or 0

    seen = [await version()]
    _, args = await hold(app, world, Ask(resource, *slot(0)))
    seen.append(await version())
    await perform(app, world.tenant, MORNING, "move", world.move(args, Ask(resource, *slot(1))))
    seen.append(await version())
    await perform(app, world.tenant, MORNING, "end", end(args))
    seen.append(await version())
    await hold(app, world, Ask(resource, *slot(2)), expires_at=LAPSE)
    seen.append(await version())
    await app.fetchval("SELECT lapse($1, $2, 100)", world.tenant, LAPSE)
    seen.append(await version())
    assert seen == sorted(set(seen))
