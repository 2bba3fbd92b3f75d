"""Several visits of one call: all of them, or none."""

import asyncio
from uuid import uuid4  # noqa: TID251 - tests make identities too

import pytest

from appointed.core.errors import HoldLapsed, SlotTaken, StateForbids
from appointed.core.ids import GroupId
from appointed.core.once import Once
from appointed.core.visit import State
from asking import Store, Wanted, wanted
from people import MORNING
from proofs.raw import FIVE, HOUR, Ask, World, new_world, problems, slot
from proofs.servers import Home
from test_claims import rows

LAPSE = MORNING + HOUR
HELD = [State.HELD]


@pytest.fixture
def store(home: Home, world: World) -> Store:
    return Store(home, world)


def two(world: World, number: int = 0, **changes) -> tuple[Wanted, Wanted]:
    """Two guests at the same time, one alone and one in a pool."""
    return (
        wanted(world, Ask(world.exclusive[0], *slot(number)), **changes),
        wanted(world, Ask(world.pools[0], *slot(number)), Ask(world.slotted[0], *slot(number), 2), **changes),
    )


async def test_guests_are_held_together_and_tied(home: Home, owner, world: World, store: Store) -> None:
    """Each has a visit of its own, which is answered as it is read later."""
    group = GroupId(uuid4())
    several = two(world)
    held = await store.hold(*several, group_id=group)
    assert [visit.id for visit in held] == [each.visit.id for each in several]
    assert {visit.group_id for visit in held} == {group}
    assert [visit.items for visit in held] == [each.visit.items for each in several]
    claims = "SELECT v.claims FROM visit v WHERE v.tenant_id = $1 AND v.visit_id = $2"
    assert [await owner.fetchval(claims, world.tenant, visit.id) for visit in held] == [1, 2]
    again = [await store.changes().confirm(visit, HELD, None) for visit in held]
    assert {visit.group_id for visit in again} == {group}
    assert await problems(home.dsn, MORNING, world.tenant) == []


async def test_a_group_without_an_id_gets_one(world: World, store: Store) -> None:
    one, other = await store.hold(*two(world))
    assert one.group_id is not None
    assert one.group_id == other.group_id
    (alone,) = await store.hold(two(world, 1)[0])
    assert alone.group_id is None


@pytest.mark.parametrize("short", [0, 1])
async def test_one_that_finds_no_place_leaves_nothing_of_any(owner, world: World, store: Store, short: int) -> None:
    several = two(world)
    blocking = [wanted(world, Ask(world.exclusive[0], *slot(0))), wanted(world, Ask(world.slotted[0], *slot(0)))]
    await store.hold(blocking[short])
    before = await rows(owner, world)
    with pytest.raises(SlotTaken):
        await store.hold(*several)
    assert await rows(owner, world) == before
    assert await owner.fetchval("SELECT count(*) FROM visit_group WHERE tenant_id = $1", world.tenant) == 0


async def test_guests_do_not_take_the_same_place(world: World, store: Store) -> None:
    ask = Ask(world.exclusive[0], *slot(0))
    with pytest.raises(SlotTaken):
        await store.hold(wanted(world, ask), wanted(world, ask))
    three = [wanted(world, Ask(world.pools[0], *slot(0))) for _ in range(3)]
    with pytest.raises(SlotTaken):
        await store.hold(*three)
    await store.hold(*three[:2])


async def test_each_lapses_by_itself(home: Home, owner, world: World, store: Store) -> None:
    """A claim lapses with its own visit, not with the first of the call."""
    one, other = two(world)[0], two(world, expires_at=LAPSE)[1]
    await store.hold(one, other)
    assert await problems(home.dsn, MORNING, world.tenant) == []
    await store.hold(wanted(world, Ask(world.slotted[0], *slot(0), 2)), now=LAPSE)
    states = "SELECT state FROM visit WHERE tenant_id = $1 AND visit_id = $2"
    assert [await owner.fetchval(states, world.tenant, each.visit.id) for each in (one, other)] == ["held", "expired"]


async def test_a_group_ends_lapsed_holds_in_its_way(home: Home, world: World, store: Store) -> None:
    await store.hold(*two(world, expires_at=LAPSE))
    with pytest.raises(SlotTaken):
        await store.hold(*two(world))
    assert len(await store.hold(*two(world), now=LAPSE)) == 2
    assert await problems(home.dsn, LAPSE, world.tenant) == []


async def test_a_replay_of_a_group_answers_all_of_it(world: World, store: Store, owner) -> None:
    once = Once(uuid4(), uuid4())
    first = await store.hold(*two(world), once=once)
    assert await store.hold(*two(world, 1), once=once) == first
    assert await store.changes(once=once).refuse(SlotTaken()) == first
    assert await owner.fetchval("SELECT count(*) FROM visit WHERE tenant_id = $1", world.tenant) == 2
    lost = Once(uuid4(), uuid4())
    for choice in (True, False):
        with pytest.raises(SlotTaken):
            await store.hold(*two(world), once=lost, choice=choice)
    with pytest.raises(SlotTaken):
        await store.hold(*two(world, 2), once=lost)


async def test_a_group_is_confirmed_whole_or_not_at_all(home: Home, owner, world: World, store: Store) -> None:
    one, other = two(world, expires_at=LAPSE)
    held = await store.hold(one, two(world, expires_at=LAPSE + HOUR)[1])
    before = await rows(owner, world)
    with pytest.raises(HoldLapsed):
        await store.changes(LAPSE).confirm_group(held, HELD, [None, None])
    assert await rows(owner, world) == before
    remind = [MORNING + FIVE, None]
    confirmed = await store.changes().confirm_group(held, HELD, remind)
    assert [(visit.state, visit.expires_at, visit.reminder_at) for visit in confirmed] == [
        (State.CONFIRMED, None, at) for at in remind
    ]
    again = await store.changes(LAPSE).confirm_group(held[::-1], HELD, [None, None])
    assert again == confirmed[::-1]
    await store.changes().end(held[0].id, {State.CONFIRMED: State.CANCELLED})
    with pytest.raises(StateForbids):
        await store.changes().confirm_group(held, HELD, [None, None])
    assert other.visit.id != held[1].id
    assert await problems(home.dsn, LAPSE, world.tenant) == []


async def test_groups_that_want_the_same_do_not_deadlock(home: Home) -> None:
    """Guests in every order over the same few resources, and confirmations of them beside it; no call is made again."""
    world = await new_world(home.context, exclusive=4, pools=1)
    store = Store(home, world)

    async def book(number: int, order) -> str:
        several = [wanted(world, Ask(each, *slot(number)), expires_at=LAPSE) for each in order]
        try:
            held = await store.hold(*several)
            none = [None] * len(held)
            changes = store.changes()
            await asyncio.gather(*(changes.confirm_group(some, HELD, none) for some in (held, held[::-1])))
        except SlotTaken:
            return "slot_taken"
        return "held"

    for number in range(10):
        alone = world.exclusive
        orders = [alone, alone[::-1], alone[1:] + alone[:1], (*world.pools, *alone[2:]), (*alone[:2], *world.pools)]
        ended = await asyncio.gather(*(book(number, order) for order in orders * 4))
        assert "held" in ended
    assert await problems(home.dsn, MORNING, world.tenant) == []
