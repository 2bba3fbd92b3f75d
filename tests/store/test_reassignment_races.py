"""Claims that move while others want them, or want to be where they go."""

import asyncio
import random
from collections import Counter
from typing import Any

import pytest

from people import MORNING
from proofs.racers import perform_call, started
from proofs.raw import FIVE, HOUR, Ask, World, confirm, end, new_world, outcome, perform, problems, slot
from proofs.servers import Home
from test_claims import hold
from test_overbooked_under_locks import connections, meet, until_it_waits

__all__ = ["meet"]

LAPSE = MORNING + FIVE
LIVE = "SELECT resource_id, expires_at FROM claim WHERE tenant_id = $1 AND visit_id = $2 AND live"


@pytest.fixture
async def world(home: Home) -> World:
    """Three who serve one at a time."""
    return await new_world(home.context, exclusive=3)


def away(args: dict[str, Any], to) -> dict[str, Any]:
    """The first claim of what was held, to go to another resource."""
    claim = args["claims"][0]
    return {
        "visit_id": args["visit_id"],
        "claim_id": claim["claim_id"],
        "from_resource": claim["resource_id"],
        "to_resource": to,
    }


async def places(owner, world: World, args: dict[str, Any]) -> list[tuple]:
    return [tuple(row) for row in await owner.fetch(LIVE, world.tenant, args["visit_id"])]


async def test_a_visit_that_leaves_meanwhile_does_not_come_back(home: Home, app, owner, world: World, meet) -> None:
    one, other, _ = world.exclusive
    ask = Ask(one, *slot(0))
    _, old = await hold(app, world, ask)
    new = world.hold(ask, moves=[away(old, other)])
    assert await meet(world, ("end", end(old)), ("hold", new)) == ["released", "slot_taken"]
    assert await places(owner, world, old) == []
    assert await problems(home.dsn, MORNING, world.tenant) == []
    assert (await hold(app, world, ask))[0] == "held"


@pytest.mark.parametrize("confirmed_first", [True, False])
async def test_who_confirms_meanwhile_keeps_a_place(
    home: Home, app, owner, world: World, meet, confirmed_first: bool
) -> None:
    """The copy does not lapse with the hold that was confirmed, on whichever side of the move."""
    one, other, _ = world.exclusive
    _, old = await hold(app, world, Ask(one, *slot(0)), expires_at=LAPSE)
    steps = [("confirm", confirm(old)), ("hold", world.hold(Ask(one, *slot(0)), moves=[away(old, other)]))]
    assert set(await meet(world, *(steps if confirmed_first else steps[::-1]))) == {"confirmed", "held"}
    assert await places(owner, world, old) == [(other, None)]
    assert await problems(home.dsn, LAPSE, world.tenant) == []


async def test_a_claim_goes_to_one_place_only(home: Home, app, owner, world: World, meet) -> None:
    """Two move the same claim; who comes later is told that it is taken, and may look again."""
    one, other, third = world.exclusive
    _, old = await hold(app, world, Ask(one, *slot(0)))
    first, second = (world.hold(Ask(one, *slot(0)), moves=[away(old, to)]) for to in (other, third))
    assert await meet(world, ("hold", first), ("hold", second)) == ["held", "slot_taken"]
    assert await places(owner, world, old) == [(other, None)]
    assert await problems(home.dsn, MORNING, world.tenant) == []


async def test_the_place_it_goes_to_is_fought_for_like_any_other(home: Home, app, owner, world: World, meet) -> None:
    one, other, _ = world.exclusive
    for number, first in enumerate(("moves", "holds")):
        _, old = await hold(app, world, Ask(one, *slot(number)))
        steps = [
            ("hold", world.hold(Ask(one, *slot(number)), moves=[away(old, other)])),
            ("hold", world.hold(Ask(other, *slot(number)))),
        ]
        ended = await meet(world, *(steps if first == "moves" else steps[::-1]))
        assert ended == ["held", "slot_taken"]
        assert await places(owner, world, old) == [(other if first == "moves" else one, None)]
    assert await problems(home.dsn, MORNING, world.tenant) == []


async def test_who_makes_room_waits_without_keeping_others_waiting(home: Home, app, owner) -> None:
    """A claim is freed no sooner than everything on earlier resources is taken, or this would be a ring.

    The late one has the first resource and is kept waiting for the second while somebody settles on the third. Who then
    makes room there waits for the first resource, and must not have freed what the late one is about to meet.
    """
    world = await new_world(home.context, exclusive=4)
    first, second, third, fourth = world.exclusive
    async with connections(home.dsn, 2) as (late, moving):
        blocking = app.transaction()
        await blocking.start()
        assert (await hold(app, world, Ask(second, *slot(0))))[0] == "held"
        wants_all = world.hold(*(Ask(each, *slot(0)) for each in (first, second, third)))
        lost = asyncio.create_task(perform(late, world.tenant, MORNING, "hold", wants_all))
        await until_it_waits(owner, late)
        settled = world.hold(Ask(third, *slot(0)))
        assert outcome(await perform(moving, world.tenant, MORNING, "hold", settled)) == "held"
        makes_room = world.hold(*(Ask(each, *slot(0)) for each in (first, third)), moves=[away(settled, fourth)])
        won = asyncio.create_task(perform(moving, world.tenant, MORNING, "hold", makes_room))
        await until_it_waits(owner, moving)
        await blocking.rollback()
        assert [outcome(await lost), outcome(await won)] == ["slot_taken", "held"]
    assert await places(owner, world, settled) == [(fourth, None)]
    assert await problems(home.dsn, MORNING, world.tenant) == []


CLIENTS, ROUNDS, STANDING = 32, 12, 4


async def test_crossing_reassignments_do_not_deadlock(home: Home, owner) -> None:
    """Everybody at once wants some of those who stand out of the way, to all sides; no call is made again."""
    world = await new_world(home.context, exclusive=STANDING + 2)
    chance = random.Random(3)
    ended: Counter[str] = Counter()
    async with started(home.dsn, 4, CLIENTS // 4) as racers:
        for number in range(ROUNDS):
            start = MORNING + (1 + number) * HOUR
            standing = [world.hold(Ask(each, start, start + 2 * FIVE)) for each in world.exclusive[:STANDING]]
            calls = [perform_call(world, "hold", args) for args in standing]
            assert set(await racers.race(calls)) == {"held"}
            ended.update(
                await racers.race([perform_call(world, "hold", plan(world, standing, chance)) for _ in range(CLIENTS)])
            )
            assert await problems(home.dsn, MORNING, world.tenant) == []
    assert set(ended) == {"held", "slot_taken"}
    assert ended["held"] >= ROUNDS
    reassigned = "SELECT count(*) FROM event WHERE tenant_id = $1 AND kind = 'reassigned'"
    assert await owner.fetchval(reassigned, world.tenant) >= ROUNDS // 2


def plan(world: World, standing: list[dict[str, Any]], chance: random.Random) -> dict[str, Any]:
    """A visit on some resources, and for each of those who stand there another one, which may be another's."""
    wanted = chance.sample(world.exclusive, chance.randrange(1, 4))
    moving = [args for args in standing if args["claims"][0]["resource_id"] in wanted]
    others = [each for each in world.exclusive if each not in wanted]
    chance.shuffle(others)
    start = standing[0]["items"][0]["starts_at"] + chance.randrange(-1, 3) * FIVE
    asks = [Ask(each, start, start + FIVE) for each in wanted]
    staying = {args["claims"][0]["resource_id"] for args in standing if args not in moving}
    targets = sorted(others, key=lambda each: each in staying)
    further = [args for args in standing if args["claims"][0]["resource_id"] in targets[: len(moving)]]
    last = targets[len(moving) :] + wanted
    moves = [away(args, to) for args, to in zip(moving, targets, strict=False)]
    moves += [away(args, to) for args, to in zip(further, last, strict=False)]
    return world.hold(*asks, moves=moves)


async def test_a_refused_plan_leaves_no_trace(home: Home, app, owner, world: World) -> None:
    """Half of it carried out would be seen in the version of a resource."""
    one, other, third = world.exclusive
    _, old = await hold(app, world, Ask(one, *slot(0)))
    await hold(app, world, Ask(third, *slot(0)))
    versions = "SELECT resource_id, stripe, version FROM resource_version WHERE tenant_id = $1 ORDER BY 1, 2"
    before = await owner.fetch(versions, world.tenant)
    new = world.hold(Ask(one, *slot(0)), Ask(third, *slot(0)), moves=[away(old, other)])
    assert outcome(await perform(app, world.tenant, MORNING, "hold", new)) == "slot_taken"
    assert await owner.fetch(versions, world.tenant) == before
    assert await places(owner, world, old) == [(one, None)]
