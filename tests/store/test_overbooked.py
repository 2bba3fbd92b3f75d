"""A claim that stands outside the constraint, until there is room under it."""

import pytest

from people import MORNING
from proofs.raw import FIVE, HOUR, MINUTE, Ask, World, end, outcome, perform, problems, slot
from proofs.servers import Home
from test_claims import hold, modes

LAPSE = MORNING + FIVE


async def test_it_is_marked_only_on_conflict(app, owner, world: World) -> None:
    ask = Ask(world.exclusive[0], *slot(0))
    _, first = await hold(app, world, ask, overbook=True)
    _, second = await hold(app, world, ask, overbook=True)
    assert await modes(owner, world, first) == ["exclusive"]
    assert await modes(owner, world, second) == ["overbooked"]
    assert (await hold(app, world, ask))[0] == "slot_taken"


@pytest.mark.parametrize("how", ["end", "lapse", "move"])
async def test_it_takes_the_place_that_is_freed(home: Home, app, owner, world: World, how: str) -> None:
    """In the same call, and nobody else gets in between."""
    ask = Ask(world.exclusive[0], *slot(0))
    _, first = await hold(app, world, ask, expires_at=LAPSE)
    _, second = await hold(app, world, ask, overbook=True)
    now = LAPSE if how == "lapse" else MORNING
    if how == "end":
        await perform(app, world.tenant, now, "end", end(first))
    elif how == "lapse":
        await app.fetchval("SELECT lapse($1, $2, 100)", world.tenant, now)
    else:
        away = world.move(first, Ask(world.exclusive[0], *slot(1)))
        assert outcome(await perform(app, world.tenant, now, "move", away)) == "held"
    assert await modes(owner, world, second) == ["exclusive"]
    assert (await hold(app, world, ask, now=now))[0] == "slot_taken"
    assert await problems(home.dsn, now, world.tenant) == []


async def test_the_oldest_that_fits_comes_first(app, owner, world: World) -> None:
    resource, day = world.exclusive[0], MORNING
    _, blocking = await hold(app, world, Ask(resource, day, day + HOUR))
    waiting = []
    for minutes in range(3):
        now = MORNING + minutes * FIVE
        ask = Ask(resource, day + minutes * 6 * FIVE, day + HOUR + minutes * 6 * FIVE)
        waiting.append((await hold(app, world, ask, now=now, overbook=True))[1])
    await perform(app, world.tenant, MORNING, "end", end(blocking))
    assert [await modes(owner, world, args) for args in waiting] == [["exclusive"], ["overbooked"], ["exclusive"]]


@pytest.mark.parametrize("kind", ["pools", "slotted"])
async def test_a_pool_takes_it_in_when_there_is_room(home: Home, app, owner, world: World, kind: str) -> None:
    ask = Ask(getattr(world, kind)[0], *slot(0), 2)
    _, first = await hold(app, world, ask)
    _, second = await hold(app, world, ask, overbook=True)
    assert await modes(owner, world, second) == ["overbooked"]
    await perform(app, world.tenant, MORNING, "end", end(first))
    assert await modes(owner, world, second) == ["pooled"]
    assert (await hold(app, world, ask))[0] == "slot_taken"
    assert await problems(home.dsn, MORNING, world.tenant) == []


async def test_freeing_both_kinds_at_once_mixes_nothing_up(home: Home, app, owner, world: World) -> None:
    times = slot(0)
    both = Ask(world.exclusive[0], *times), Ask(world.pools[0], *times, 2)
    _, first = await hold(app, world, *both)
    _, second = await hold(app, world, *both, overbook=True)
    assert await modes(owner, world, second) == ["overbooked"] * 2
    await perform(app, world.tenant, MORNING, "end", end(first))
    assert await problems(home.dsn, MORNING, world.tenant) == []
    assert await modes(owner, world, second) == ["exclusive", "pooled"]


async def test_it_does_not_take_the_time_that_a_move_keeps(app, world: World) -> None:
    """A visit moves within its own old time, whoever stands in its shadow."""
    resource = world.exclusive[0]
    _, first = await hold(app, world, Ask(resource, MORNING, MORNING + HOUR))
    await hold(app, world, Ask(resource, MORNING, MORNING + HOUR), overbook=True)
    moved = world.move(first, Ask(resource, MORNING + FIVE, MORNING + HOUR + FIVE))
    assert outcome(await perform(app, world.tenant, MORNING, "move", moved)) == "held"


async def test_an_unknown_resource_is_not_overbooked(app, world: World) -> None:
    unknown = Ask(world.tenant, *slot(0))
    assert (await hold(app, world, unknown, overbook=True))[0] == "slot_taken"


async def test_a_lapsed_one_takes_no_place(app, owner, world: World) -> None:
    """It is passed over for one that still lives."""
    ask = Ask(world.exclusive[0], *slot(0))
    _, first = await hold(app, world, ask)
    _, lapsed = await hold(app, world, ask, overbook=True, expires_at=LAPSE)
    _, later = await hold(app, world, ask, overbook=True, now=MORNING + MINUTE)
    await perform(app, world.tenant, LAPSE, "end", end(first))
    assert await modes(owner, world, later) == ["exclusive"]
    assert "exclusive" not in await modes(owner, world, lapsed)
