"""Two transactions that want the same things, one of them still open while the other comes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest

from people import MORNING
from proofs.raw import FIVE, HOUR, Ask, World, confirm, connect, end, outcome, perform, problems, slot
from proofs.servers import Home
from test_claims import hold, modes

LAPSE = MORNING + FIVE
STRIPES = 32
WAITS = "SELECT cardinality(pg_blocking_pids($1)) > 0"


async def until_it_waits(owner: asyncpg.Connection, connection: asyncpg.Connection) -> None:
    """Return once the connection's statement waits for somebody's lock."""
    async with asyncio.timeout(20):
        while not await owner.fetchval(WAITS, connection.get_server_pid()):
            pass


@asynccontextmanager
async def connections(dsn: str, count: int) -> AsyncIterator[list[asyncpg.Connection]]:
    """Connections of the application's role; what is still running on them is cut off afterwards."""
    made: list[asyncpg.Connection] = []
    try:
        while len(made) < count:
            made += [await connect(dsn)]
        yield made
    finally:
        for connection in made:
            connection.terminate()


@pytest.fixture
def meet(home: Home, owner):
    """Take two steps of a world, the second while the transaction of the first is open, and tell how they ended.

    The first commits once the second waits, or has ended without waiting.
    """

    async def steps(world: World, first: tuple[str, dict], second: tuple[str, dict], now=MORNING) -> list[str]:
        async with connections(home.dsn, 2) as (early, late):
            transaction = early.transaction()
            await transaction.start()
            ended = [outcome(await perform(early, world.tenant, now, *first))]
            task = asyncio.create_task(perform(late, world.tenant, now, *second))
            waiting = asyncio.create_task(until_it_waits(owner, late))
            await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            await transaction.commit()
            return [*ended, outcome(await task)]

    return steps


@pytest.fixture
def two(app, world: World):
    """Somebody who has a place, and somebody who was overbooked on it."""

    async def make(**changes: Any) -> tuple[Ask, dict, dict]:
        ask = Ask(world.exclusive[0], *slot(0))
        _, first = await hold(app, world, ask)
        _, second = await hold(app, world, ask, overbook=True, **changes)
        return ask, first, second

    return make


@pytest.mark.parametrize("overbooked_first", [True, False])
async def test_both_cancel_and_the_place_is_free(
    home: Home, app, owner, world: World, meet, two, overbooked_first: bool
) -> None:
    """Who was overbooked and leaves is not brought back by the other's leaving."""
    ask, first, second = await two()
    order = (second, first) if overbooked_first else (first, second)
    assert await meet(world, *(("end", end(args)) for args in order)) == ["released", "released"]
    assert await modes(owner, world, first) == await modes(owner, world, second) == []
    assert await problems(home.dsn, MORNING, world.tenant) == []
    assert (await hold(app, world, ask))[0] == "held"


@pytest.mark.parametrize("confirmed_first", [True, False])
async def test_who_confirms_and_is_taken_in_keeps_the_place(
    home: Home, app, owner, world: World, meet, two, confirmed_first: bool
) -> None:
    """The claim that takes the overbooked one's place does not lapse with the hold that was confirmed meanwhile."""
    ask, first, second = await two(expires_at=LAPSE)
    steps = [("confirm", confirm(second)), ("end", end(first))]
    assert sorted(await meet(world, *(steps if confirmed_first else steps[::-1]))) == ["confirmed", "released"]
    assert await modes(owner, world, second) == ["exclusive"]
    assert await problems(home.dsn, MORNING, world.tenant) == []
    assert (await hold(app, world, ask, now=LAPSE + HOUR))[0] == "slot_taken"


@pytest.mark.parametrize("moved_first", [True, False])
async def test_who_moves_away_leaves_nothing_behind(
    home: Home, app, owner, world: World, meet, two, moved_first: bool
) -> None:
    ask, first, second = await two()
    away = world.move(second, Ask(world.exclusive[0], *slot(3)))
    steps = [("move", away), ("end", end(first))]
    assert sorted(await meet(world, *(steps if moved_first else steps[::-1]))) == ["held", "released"]
    assert await modes(owner, world, second) == ["exclusive"]
    assert await problems(home.dsn, MORNING, world.tenant) == []
    assert (await hold(app, world, ask))[0] == "held"


async def test_a_lapse_met_on_the_way_brings_nobody_back(home: Home, app, owner, world: World, meet) -> None:
    """A hold ends a lapsed one while the overbooked one beside it is being cancelled."""
    ask = Ask(world.exclusive[0], *slot(0))
    _, lapsed = await hold(app, world, ask, expires_at=LAPSE)
    _, beside = await hold(app, world, ask, overbook=True)
    new = world.hold(ask)
    assert await meet(world, ("end", end(beside)), ("hold", new), LAPSE) == ["released", "held"]
    assert await modes(owner, world, new) == ["exclusive"]
    assert await modes(owner, world, lapsed) == await modes(owner, world, beside) == []
    assert await problems(home.dsn, LAPSE, world.tenant) == []


async def of_one_stripe(dsn: str, leave: Callable[[Awaitable[None]], None]) -> tuple[Any, Any]:
    """Two connections that write the same row of a resource's version."""
    by_stripe: dict[int, asyncpg.Connection] = {}
    for _ in range(STRIPES + 1):
        connection = await connect(dsn)
        leave(connection)
        stripe = connection.get_server_pid() % STRIPES
        if stripe in by_stripe:
            return by_stripe[stripe], connection
        by_stripe[stripe] = connection
    raise AssertionError("thirty-three processes, and every remainder another")


@pytest.mark.parametrize("same_stripe", [True, False])
@pytest.mark.parametrize("kind", ["pools", "slotted"])
async def test_lapsing_and_claiming_do_not_deadlock(
    home: Home, app, owner, world: World, same_stripe: bool, kind: str
) -> None:
    """One ends a lapsed hold and then wants a pool; the other has the pool and then writes the hold's resource.

    The other is kept waiting, with the pool in its hands, by a third whose claim on the resource is not committed.
    """
    alone, pool = world.exclusive[0], getattr(world, kind)[0]
    _, lapsed = await hold(app, world, Ask(alone, *slot(0)), expires_at=LAPSE)
    made: list[asyncpg.Connection] = []
    try:
        if same_stripe:
            lapsing, claiming = await of_one_stripe(home.dsn, made.append)
        else:
            made += [await connect(home.dsn), await connect(home.dsn)]
            lapsing, claiming = made
        blocking = app.transaction()
        await blocking.start()
        assert (await hold(app, world, Ask(alone, *slot(5)), now=LAPSE))[0] == "held"
        with_pool = world.hold(Ask(pool, *slot(3)), Ask(alone, *slot(5)))
        claimed = asyncio.create_task(perform(claiming, world.tenant, LAPSE, "hold", with_pool))
        await until_it_waits(owner, claiming)
        freeing = world.hold(Ask(pool, *slot(3)), Ask(alone, *slot(0)))
        freed = asyncio.create_task(perform(lapsing, world.tenant, LAPSE, "hold", freeing))
        await until_it_waits(owner, lapsing)
        await blocking.rollback()
        assert [outcome(await task) for task in (claimed, freed)] == ["held", "held"]
    finally:
        for connection in made:
            connection.terminate()
    assert await modes(owner, world, lapsed) == []
    assert await problems(home.dsn, LAPSE, world.tenant) == []
