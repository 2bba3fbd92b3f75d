"""64 clients in separate processes want the same; the database alone decides who gets it."""

from collections import Counter
from uuid import uuid4  # noqa: TID251 - tests make identities too

import asyncpg
import pytest

from appointed.core.catalog import CapacityStep
from appointed.usecases.context import Context
from people import LONG_AGO, MORNING
from proofs.conftest import CLIENTS, PROCESSES
from proofs.racers import Racers, perform_call
from proofs.raw import FIVE, HOUR, MINUTE, Ask, World, connect, new_world, outcome, perform, problems, slot

ALL = PROCESSES * CLIENTS
ROUNDS, SOME = 200, 40


@pytest.mark.parametrize(
    ("kind", "places", "rounds"),
    [
        ("exclusive", 1, ROUNDS),
        ("slotted", 1, ROUNDS),
        ("pools", 3, SOME),
        ("slotted", 3, SOME),
        pytest.param("pools", 3, ROUNDS, marks=pytest.mark.exhaustive),
        pytest.param("slotted", 3, ROUNDS, marks=pytest.mark.exhaustive),
    ],
)
async def test_one_slot_has_as_many_winners_as_places(
    context: Context, dsn: str, racers: Racers, kind: str, places: int, rounds: int
) -> None:
    """By the SQL function alone: no check in Python can be what saves the slot."""
    world = await new_world(context, steps=(CapacityStep(LONG_AGO, places),))
    resource = getattr(world, kind)[0]
    deadlocks = await racers.deadlocks()
    for number in range(rounds):
        calls = [perform_call(world, "hold", world.hold(Ask(resource, *slot(number)))) for _ in range(ALL)]
        assert Counter(await racers.race(calls)) == {"held": places, "slot_taken": ALL - places}
    assert await problems(dsn, MORNING, world.tenant) == []
    assert await racers.deadlocks() == deadlocks


@pytest.mark.parametrize(
    ("kind", "rounds"),
    [("exclusive", SOME), ("slotted", ROUNDS), pytest.param("exclusive", ROUNDS, marks=pytest.mark.exhaustive)],
)
async def test_one_slot_has_one_winner_through_the_use_case(
    context: Context, dsn: str, racers: Racers, kind: str, rounds: int
) -> None:
    """As the dialects call it; every loser is told SlotTaken."""
    counts = {"exclusive": 0, "pools": 0, "slotted": 0, kind: 1}
    world = await new_world(context, **counts, steps=(CapacityStep(LONG_AGO, 1),))
    deadlocks = await racers.deadlocks()
    for number in range(rounds):
        starts_at, ends_at = slot(number)
        call = {
            "kind": "book",
            "tenant": world.tenant,
            "service_id": world.service.id,
            "starts_at": starts_at,
            "ends_at": ends_at,
        }
        assert Counter(await racers.race([call] * ALL)) == {"confirmed": 1, "slot_taken": ALL - 1}
    assert await problems(dsn, MORNING, world.tenant) == []
    assert await racers.deadlocks() == deadlocks


async def test_the_capacity_of_a_pool_changes_during_the_day(context: Context, dsn: str, racers: Racers, rng) -> None:
    """Claims of many lengths over a pool whose capacity steps up, down and to nothing; whoever lost does not fit."""
    levels = (2, 5, 1, 0, 4, 3)
    steps = tuple(CapacityStep(MORNING + n * HOUR, level) for n, level in enumerate(levels))
    world = await new_world(context, steps=steps)
    deadlocks = await racers.deadlocks()
    lost = []
    for _ in range(20):
        calls = []
        for _ in range(ALL):
            starts_at = MORNING + rng.randrange(-30, 330) * MINUTE
            ask = Ask(world.pools[0], starts_at, starts_at + rng.randrange(1, 120) * MINUTE, rng.choice((1, 1, 2)))
            calls.append(perform_call(world, "hold", world.hold(ask)))
        lost += await losers(racers, calls)
    assert await problems(dsn, MORNING, world.tenant) == []
    await none_fits(dsn, world, lost)
    assert await racers.deadlocks() == deadlocks


async def test_a_pool_counted_by_slot_takes_the_least_capacity_of_the_slot(
    context: Context, dsn: str, racers: Racers
) -> None:
    """Slots that overlap do not meet; one that runs into an hour with less room has that much."""
    steps = tuple(CapacityStep(MORNING + n * HOUR, level) for n, level in enumerate((3, 1, 2)))
    world = await new_world(context, steps=steps)
    wide = (MORNING + 30 * MINUTE, MORNING + 90 * MINUTE)
    early = (MORNING, MORNING + HOUR)
    late = (MORNING + 2 * HOUR, MORNING + 3 * HOUR)
    calls = [
        perform_call(world, "hold", world.hold(Ask(world.slotted[0], *(wide, early, late)[n % 3]))) for n in range(ALL)
    ]
    ended = await racers.race(calls)
    assert [Counter(ended[n::3])["held"] for n in range(3)] == [1, 3, 2]
    assert await problems(dsn, MORNING, world.tenant) == []


async def test_visits_of_several_claims_take_all_or_nothing(context: Context, dsn: str, racers: Racers, rng) -> None:
    """Three people and three pools, asked for in every order; whoever lost does not fit, and nobody waits in a ring."""
    world = await new_world(context, exclusive=3, pools=2, slotted=1)
    deadlocks = await racers.deadlocks()
    lost = []
    for number in range(40):
        starts_at, _ = slot(number)
        calls = []
        for _ in range(ALL):
            some = rng.sample((*world.exclusive, *world.pools, *world.slotted), rng.randrange(2, 5))
            calls.append(
                perform_call(world, "hold", world.hold(*(Ask(each, starts_at, starts_at + FIVE) for each in some)))
            )
        lost += await losers(racers, calls)
    assert await problems(dsn, MORNING, world.tenant) == []
    await none_fits(dsn, world, lost)
    assert await racers.deadlocks() == deadlocks


async def test_one_request_sent_by_everybody_has_one_effect(context: Context, dsn: str, racers: Racers) -> None:
    world = await new_world(context)
    for number in range(10):
        keys = {"request": uuid4(), "fingerprint": uuid4()}
        calls = [
            perform_call(world, "hold", world.hold(Ask(world.exclusive[0], *slot(number))), **keys) for _ in range(ALL)
        ]
        assert Counter(await racers.race(calls)) == {"held": ALL}
    owner = await connect(dsn, role=None)
    try:
        assert await owner.fetchval("SELECT count(*) FROM visit WHERE tenant_id = $1", world.tenant) == 10
    finally:
        await owner.close()


async def losers(racers: Racers, calls) -> list:
    """The arguments of those who were told slot_taken; everybody else won."""
    ended = await racers.race(calls)
    assert set(ended) <= {"held", "slot_taken"}, Counter(ended)
    return [call["args"] for call, how in zip(calls, ended, strict=True) if how == "slot_taken"]


async def none_fits(dsn: str, world: World, lost: list) -> None:
    """Nothing was given back during the race, so whoever lost finds no room afterwards either."""
    connection: asyncpg.Connection = await connect(dsn)
    try:
        for args in lost:
            assert outcome(await perform(connection, world.tenant, MORNING, "hold", args)) == "slot_taken"
    finally:
        await connection.close()
