"""A request that is made again under its key is done once and answered alike."""

import asyncio
from datetime import timedelta
from uuid import uuid4  # noqa: TID251 - tests make identities too

import pytest

from appointed.core.errors import KeyReused, Refusal, SlotNotOffered, SlotTaken
from appointed.core.once import Once
from appointed.core.visit import Details
from appointed.usecases.holds import Wish, book, hold
from appointed.usecases.visits import cancel
from people import MORNING, new_owner, new_queue
from proofs.raw import FIVE, HOUR, Ask, World, confirm, connect, end, outcome, perform, slot
from proofs.servers import Home

DAY = timedelta(hours=24)


def new_once() -> Once:
    return Once(uuid4(), uuid4())


async def test_sixteen_copies_at_once_have_one_effect(home: Home, owner) -> None:
    """Through the use case, each over a connection of its own; one place is enough for all of them."""
    person, service = await new_bank(home)
    wish = Wish.single(service.id, MORNING + HOUR, MORNING + HOUR + FIVE, Details("en"))
    for _ in range(10):
        once = new_once()
        wish = Wish.single(service.id, wish.ends_at, wish.ends_at + FIVE, wish.guests[0])
        visits = await asyncio.gather(*(book(home.context, person.caller, wish, once) for _ in range(16)))
        assert len(set(map(repr, visits))) == 1
    for table in ("visit", "claim", "event", "idempotency"):
        assert await owner.fetchval(f"SELECT count(*) FROM {table} WHERE tenant_id = $1", person.tenant) == 10


async def new_bank(home: Home):
    """Somebody, and a queue of theirs with one place for each slot."""
    person = await new_owner(home.context)
    return person, await new_queue(home.context, person)


async def test_a_replay_answers_what_was_answered_then(app, world: World) -> None:
    """The visit has moved on since; the answer has not."""
    keys = (uuid4(), uuid4())
    args = world.hold(Ask(world.exclusive[0], *slot(0)))
    first = await perform(app, world.tenant, MORNING, "hold", args, *keys)
    await perform(app, world.tenant, MORNING, "confirm", confirm(args))
    await perform(app, world.tenant, MORNING, "end", end(args))
    for _ in range(2):
        another = world.hold(Ask(world.exclusive[0], *slot(0)))
        assert await perform(app, world.tenant, MORNING + HOUR, "hold", another, *keys) == first


async def test_a_refusal_is_kept_too(app, world: World) -> None:
    """What was refused stays refused for this request, though there is room by now."""
    ask = Ask(world.exclusive[0], *slot(0))
    blocking = world.hold(ask)
    await perform(app, world.tenant, MORNING, "hold", blocking)
    keys = (uuid4(), uuid4())
    refused = await perform(app, world.tenant, MORNING, "hold", world.hold(ask), *keys)
    assert outcome(refused) == "slot_taken"
    await perform(app, world.tenant, MORNING, "end", end(blocking))
    assert await perform(app, world.tenant, MORNING, "hold", world.hold(ask), *keys) == refused
    assert outcome(await perform(app, world.tenant, MORNING, "hold", world.hold(ask), uuid4(), uuid4())) == "held"


async def test_a_refusal_leaves_nothing_but_itself(app, owner, world: World) -> None:
    """What a refused call did before it was refused is undone, a lapse on the way too."""
    times = slot(0)
    old = world.hold(Ask(world.exclusive[0], *times), expires_at=MORNING + FIVE)
    await perform(app, world.tenant, MORNING, "hold", old)
    unknown = Ask(uuid4(), *times)
    wanted = world.hold(Ask(world.exclusive[0], *times), unknown)
    assert outcome(await perform(app, world.tenant, MORNING + HOUR, "hold", wanted, uuid4(), uuid4())) == "slot_taken"
    assert await owner.fetchval("SELECT count(*) FROM visit WHERE tenant_id = $1", world.tenant) == 1
    assert await owner.fetchval("SELECT state::text FROM visit WHERE tenant_id = $1", world.tenant) == "held"


async def test_what_only_says_that_facts_were_old_is_not_kept(app, world: World) -> None:
    """Else the retry on fresh facts would be answered with the refusal."""
    keys = (uuid4(), uuid4())
    ask = Ask(world.exclusive[0], *slot(0))
    stale = world.hold(ask, catalog_version=world.version - 1)
    assert outcome(await perform(app, world.tenant, MORNING, "hold", stale, *keys)) == "catalog_moved"
    held = world.hold(ask)
    assert outcome(await perform(app, world.tenant, MORNING, "hold", held, *keys)) == "held"
    keys = (uuid4(), uuid4())
    stale = world.move(held, Ask(world.exclusive[0], *slot(1)), version=7)
    assert outcome(await perform(app, world.tenant, MORNING, "move", stale, *keys)) == "visit_moved"
    fresh = world.move(held, Ask(world.exclusive[0], *slot(1)), version=1)
    assert outcome(await perform(app, world.tenant, MORNING, "move", fresh, *keys)) == "held"


async def test_another_body_under_the_same_key_is_refused(app, owner, world: World) -> None:
    request = uuid4()
    args = world.hold(Ask(world.exclusive[0], *slot(0)))
    await perform(app, world.tenant, MORNING, "hold", args, request, uuid4())
    other = world.hold(Ask(world.exclusive[0], *slot(1)))
    assert outcome(await perform(app, world.tenant, MORNING, "hold", other, request, uuid4())) == "key_reused"
    assert await owner.fetchval("SELECT count(*) FROM visit WHERE tenant_id = $1", world.tenant) == 1


async def test_a_key_lives_for_a_day_by_the_given_now(app, world: World) -> None:
    keys = (uuid4(), uuid4())
    first = await perform(app, world.tenant, MORNING, "hold", world.hold(Ask(world.exclusive[0], *slot(0))), *keys)
    again = world.hold(Ask(world.exclusive[0], *slot(1)))
    last = MORNING + DAY - timedelta(microseconds=1)
    assert await perform(app, world.tenant, last, "hold", again, *keys) == first
    late = await perform(app, world.tenant, MORNING + DAY, "hold", again, keys[0], uuid4())
    assert late["visit"]["id"] == str(again["visit_id"])
    assert await perform(app, world.tenant, MORNING + DAY, "hold", again, *keys) == {
        "refusal": {"code": "key_reused", "facts": {}}
    }


async def test_two_tenants_may_use_the_same_key(home: Home, app, world: World) -> None:
    other, service = await new_bank(home)
    once = new_once()
    wish = Wish.single(service.id, MORNING + HOUR, MORNING + HOUR + FIVE, Details("en"))
    visit = await hold(home.context, other.caller, wish, once)
    args = world.hold(Ask(world.exclusive[0], *slot(0)))
    answer = await perform(app, world.tenant, MORNING, "hold", args, once.request, once.fingerprint)
    assert answer["visit"]["id"] == str(args["visit_id"]) != str(visit.id)


async def test_what_the_core_refuses_is_kept_as_well(home: Home) -> None:
    """The order in which two copies arrive decides for both, whoever refuses."""
    person, service = await new_bank(home)
    once = new_once()
    late = Wish.single(service.id, MORNING - HOUR, MORNING - HOUR + FIVE, Details("en"))
    for _ in range(2):
        with pytest.raises(SlotNotOffered) as caught:
            await book(home.context, person.caller, late, once)
        assert caught.value.reason == "past_slots"
    good = Wish.single(service.id, MORNING + HOUR, MORNING + HOUR + FIVE, Details("en"))
    with pytest.raises(SlotNotOffered):
        await book(home.context, person.caller, good, once)
    with pytest.raises(KeyReused):
        await book(home.context, person.caller, good, Once(once.request, uuid4()))


async def test_copies_of_every_step_at_once_answer_alike(home: Home) -> None:
    """Sixteen cancellations and sixteen losers each get one answer."""
    person, service = await new_bank(home)
    wish = Wish.single(service.id, MORNING + HOUR, MORNING + HOUR + FIVE, Details("en"))
    visit = await hold(home.context, person.caller, wish)
    once = new_once()
    lost = await asyncio.gather(
        *(hold(home.context, person.caller, wish, once) for _ in range(16)), return_exceptions=True
    )
    assert {type(each) for each in lost} == {SlotTaken}
    once = new_once()
    ended = await asyncio.gather(
        *(cancel(home.context, person.caller, service.id, visit.id, once) for _ in range(16)), return_exceptions=True
    )
    assert not [each for each in ended if isinstance(each, Refusal)]
    assert {each.version for each in ended} == {2}


async def test_a_copy_waits_for_the_first(home: Home, app, world: World) -> None:
    """The second copy gets the first one's answer, even when it comes before that has ended."""
    keys = (uuid4(), uuid4())
    first, second = (world.hold(Ask(world.exclusive[0], *slot(n))) for n in range(2))
    slow = await connect(home.dsn)
    try:
        transaction = slow.transaction()
        await transaction.start()
        answer = await perform(slow, world.tenant, MORNING, "hold", first, *keys)
        copy = asyncio.ensure_future(perform(app, world.tenant, MORNING, "hold", second, *keys))
        waiting = "SELECT count(*) FROM pg_locks WHERE pid = $1 AND NOT granted"
        while not await slow.fetchval(waiting, app.get_server_pid()):
            pass
        await transaction.commit()
        assert await copy == answer
    finally:
        await slow.close()
