"""Holds that lapse, are confirmed, moved and given back while others want their place."""

from collections import Counter
from datetime import timedelta

import pytest

from appointed.core.catalog import CapacityStep
from appointed.usecases.context import Context
from people import LONG_AGO, MORNING
from proofs.conftest import CLIENTS, PROCESSES
from proofs.racers import Racers, perform_call
from proofs.raw import FIVE, Ask, World, confirm, connect, end, new_world, outcome, perform, problems, slot

ALL = PROCESSES * CLIENTS
LAPSE = MORNING + FIVE
BEFORE = LAPSE - timedelta(seconds=1)


@pytest.fixture
async def app(dsn: str):
    """A connection of the application's role."""
    connection = await connect(dsn)
    yield connection
    await connection.close()


@pytest.mark.parametrize("kind", ["exclusive", "pools", "slotted"])
async def test_a_hold_that_lapses_is_confirmed_or_free_and_never_both(
    context: Context, dsn: str, racers: Racers, app, kind: str
) -> None:
    """Some clocks say that it lapsed, some that it may be confirmed: one party gets the place."""
    world = await new_world(context, steps=(CapacityStep(LONG_AGO, 1),))
    deadlocks = await racers.deadlocks()
    confirmed = 0
    for number in range(50):
        ask = Ask(getattr(world, kind)[0], *slot(number))
        old = world.hold(ask, expires_at=LAPSE)
        assert outcome(await perform(app, world.tenant, MORNING, "hold", old)) == "held"
        calls = [perform_call(world, "confirm", confirm(old), BEFORE) for _ in range(4)]
        calls += [perform_call(world, "hold", world.hold(ask), LAPSE) for _ in range(ALL - 6)]
        calls += [{"kind": "lapse", "tenant": world.tenant, "now": LAPSE} for _ in range(2)]
        ended = await racers.race(calls)
        assert set(ended[:4]) in ({"confirmed"}, {"hold_lapsed"}), ended[:4]
        won = ended[0] == "confirmed"
        assert Counter(ended[4:-2]) == ({"slot_taken": ALL - 6} if won else {"slot_taken": ALL - 7, "held": 1})
        confirmed += won
    assert await problems(dsn, LAPSE, world.tenant) == []
    assert await racers.deadlocks() == deadlocks


@pytest.mark.parametrize("who_moves", ["the lasting", "everybody"])
async def test_everything_at_once_leaves_no_trace_of_a_race(
    context: Context, dsn: str, racers: Racers, app, rng, who_moves: str
) -> None:
    """Visits of several claims lapse, are held, confirmed, moved and given back in any order.

    Not one call is broken off for a ring of waiting.
    """
    world = await new_world(context, exclusive=3, pools=2, slotted=2, steps=(CapacityStep(LONG_AGO, 3),))
    deadlocks = await racers.deadlocks()
    seen = Counter()
    for number in range(40):
        starts = [slot(2 * number + n)[0] for n in range(2)]
        old = []
        for _ in range(24):
            args = wanted(world, rng, starts, expires_at=rng.choice((LAPSE, LAPSE, None)))
            if outcome(await perform(app, world.tenant, MORNING, "hold", args)) == "held":
                old.append(args)
        ended = await racers.race([any_call(world, rng, starts, old, who_moves) for _ in range(ALL)])
        seen.update(ended)
    allowed = {"held", "confirmed", "released", "cancelled", "slot_taken", "hold_lapsed", "state_forbids", "lapsed"}
    assert set(seen) == allowed, set(seen) ^ allowed
    assert await problems(dsn, LAPSE, world.tenant) == []
    assert await racers.deadlocks() == deadlocks


def wanted(world: World, rng, starts, **changes):
    some = rng.sample((*world.exclusive, *world.pools, *world.slotted), rng.randrange(1, 4))
    starts_at = rng.choice(starts)
    return world.hold(*(Ask(each, starts_at, starts_at + rng.choice((1, 2)) * FIVE) for each in some), **changes)


def any_call(world: World, rng, starts, old, who_moves: str):
    """One of all that can happen; of the clocks some stand before the lapse and some at it."""
    what = rng.choice(("hold", "hold", "hold", "confirm", "end", "move", "move", "lapse"))
    now = rng.choice((BEFORE, LAPSE, LAPSE))
    if what == "lapse":
        return {"kind": "lapse", "tenant": world.tenant, "now": LAPSE}
    if what == "hold":
        return perform_call(world, "hold", wanted(world, rng, starts), now)
    args = rng.choice(old)
    lasting = [each for each in old if each["expires_at"] is None]
    if what == "move" and who_moves == "the lasting" and lasting:
        args = rng.choice(lasting)
    if what == "move":
        some = rng.sample((*world.exclusive, *world.pools, *world.slotted), rng.randrange(1, 4))
        starts_at = rng.choice(starts)
        return perform_call(
            world, "move", world.move(args, *(Ask(each, starts_at, starts_at + FIVE) for each in some)), now
        )
    return perform_call(world, what, (confirm if what == "confirm" else end)(args), now)


async def test_whoever_is_taken_in_is_so_as_the_visit_then_is(context: Context, dsn: str, racers: Racers, app) -> None:
    """An overbooked visit is confirmed or given back just when the place that it waits for becomes free."""
    world = await new_world(context)
    deadlocks = await racers.deadlocks()
    for number in range(30):
        calls = []
        for pair in range(ALL // 2):
            ask = Ask(world.exclusive[0], *slot(number * ALL + pair))
            first, second = world.hold(ask), world.hold(ask, expires_at=LAPSE, overbook=True)
            for args in (first, second):
                assert outcome(await perform(app, world.tenant, MORNING, "hold", args)) == "held"
            step = ("confirm", confirm(second)) if pair % 2 else ("end", end(second))
            calls += [perform_call(world, "end", end(first)), perform_call(world, *step)]
        assert set(await racers.race(calls)) == {"released", "confirmed"}
    assert await problems(dsn, MORNING, world.tenant) == []
    assert await racers.deadlocks() == deadlocks
