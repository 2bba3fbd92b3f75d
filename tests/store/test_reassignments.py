"""Claims of others that go elsewhere to make room: in the same step, or not at all."""

from dataclasses import replace
from uuid import uuid4  # noqa: TID251 - tests make identities too

import pytest

from appointed.core.errors import SlotTaken
from appointed.core.ids import ClaimId, ResourceId, VisitId
from appointed.core.once import Once
from appointed.core.visit import State
from asking import Store, Wanted, wanted
from people import MORNING
from proofs.raw import FIVE, HOUR, MINUTE, Ask, World, new_world, problems, slot
from proofs.servers import Home
from test_claims import rows

LAPSE = MORNING + HOUR
LIVE = """
SELECT claim_id, item_id, resource_id, starts_at, ends_at, units, role, named, expires_at, mode::text
  FROM claim WHERE tenant_id = $1 AND visit_id = $2 AND live
"""


@pytest.fixture
async def world(home: Home) -> World:
    """Three who serve one at a time, and a pool."""
    return await new_world(home.context, exclusive=3)


@pytest.fixture
def store(home: Home, world: World) -> Store:
    return Store(home, world)


async def version(owner, world: World, resource: ResourceId) -> int:
    sql = "SELECT coalesce(sum(version), 0) FROM resource_version WHERE tenant_id = $1 AND resource_id = $2"
    return await owner.fetchval(sql, world.tenant, resource)


async def test_a_claim_goes_and_another_takes_its_place(home: Home, owner, world: World, store: Store) -> None:
    """The copy is what the claim was, on another resource; the event says from where to where."""
    one, other, _ = world.exclusive
    old = wanted(world, Ask(one, *slot(0)), role=3, expires_at=LAPSE)
    await store.hold(old)
    before = [await version(owner, world, each) for each in (one, other)]
    new = wanted(world, Ask(one, *slot(0)))
    await store.hold(new, moves=[old.reassigned(other)])
    (copy,) = await owner.fetch(LIVE, world.tenant, old.visit.id)
    claim = old.claims[0]
    assert copy["claim_id"] != claim.id
    assert tuple(copy)[1:] == (claim.item_id, other, *slot(0), 1, 3, False, LAPSE, "exclusive")
    assert [row["resource_id"] for row in await owner.fetch(LIVE, world.tenant, new.visit.id)] == [one]
    events = "SELECT kind, data::jsonb::text, actor FROM event WHERE tenant_id = $1 AND visit_id = $2 ORDER BY xid DESC"
    event = await owner.fetchrow(events, world.tenant, old.visit.id)
    assert tuple(event) == ("reassigned", f'{{"to": "{other}", "from": "{one}"}}', "tester")
    after = [await version(owner, world, each) for each in (one, other)]
    assert all(now > then for now, then in zip(after, before, strict=True))
    await store.changes().confirm(old.visit, [State.HELD], None)
    assert await problems(home.dsn, MORNING, world.tenant) == []


async def test_several_go_in_a_ring(home: Home, world: World, store: Store) -> None:
    """Two claims may change places, and a third makes room at the end of the row."""
    one, other, third = world.exclusive
    first, second = wanted(world, Ask(one, *slot(0))), wanted(world, Ask(other, *slot(0)))
    await store.hold(first)
    await store.hold(second)
    new = wanted(world, Ask(one, *slot(0)))
    await store.hold(new, moves=[first.reassigned(other), second.reassigned(third)])
    with pytest.raises(SlotTaken):
        await store.hold(wanted(world, Ask(third, *slot(0))))
    longer = wanted(world, Ask(third, slot(1)[0], slot(1)[0] + 3 * HOUR))
    early = wanted(world, Ask(other, *slot(1)))
    for each in (longer, early):
        await store.hold(each)
    pool = wanted(world, Ask(world.pools[0], *slot(1)))
    await store.hold(pool, moves=[longer.reassigned(other), early.reassigned(third)])
    assert await problems(home.dsn, MORNING, world.tenant) == []


async def held(world: World, store: Store, resource: ResourceId, **changes) -> Wanted:
    one = wanted(world, Ask(resource, *slot(0)), **changes)
    await store.hold(one)
    return one


@pytest.mark.parametrize(
    "why",
    ["named", "gone", "elsewhere", "lapsed", "unknown claim", "unknown visit", "target taken", "a pool", "from a pool"],
)
async def test_what_may_not_move_refuses_the_hold(owner, world: World, store: Store, why: str) -> None:
    """Nothing stays of such a call, and what stood still stands."""
    one, other, third = world.exclusive
    expires_at = LAPSE if why == "lapsed" else None
    old = await held(world, store, one, named=why == "named", expires_at=expires_at)
    move = old.reassigned(other)
    if why == "gone":
        await store.changes().end(old.visit.id, {State.HELD: State.RELEASED})
        await held(world, store, one)
    elif why == "elsewhere":
        move = replace(move, from_resource=third)
    elif why == "unknown claim":
        move = replace(move, claim_id=ClaimId(uuid4()))
    elif why == "unknown visit":
        move = replace(move, visit_id=VisitId(uuid4()))
    elif why == "target taken":
        await held(world, store, other)
    elif why == "a pool":
        move = replace(move, to_resource=world.pools[0])
    elif why == "from a pool":
        move = (await held(world, store, world.pools[0])).reassigned(other)
    before = await rows(owner, world)
    now = LAPSE if why == "lapsed" else MORNING
    once = Once(uuid4(), uuid4())
    for _ in range(2):
        with pytest.raises(SlotTaken):
            await store.hold(
                wanted(world, Ask(third, *slot(0))), moves=[move], now=now, once=once, choice=True, overbook=True
            )
    assert await rows(owner, world) == before
    assert await owner.fetchval("SELECT count(*) FROM idempotency WHERE tenant_id = $1", world.tenant) == 0


async def test_a_move_makes_room_for_itself(home: Home, owner, world: World, store: Store) -> None:
    """A visit goes where another one stood, and that one where the first was."""
    one, other, _ = world.exclusive
    first, second = wanted(world, Ask(one, *slot(0))), wanted(world, Ask(other, *slot(0)))
    await store.hold(first)
    await store.hold(second)
    to = first.moved(Ask(other, slot(0)[0], slot(0)[1] + MINUTE), role=1, named=True)
    await store.move(to, moves=[second.reassigned(one)])
    places = [await owner.fetch(LIVE, world.tenant, each.visit.id) for each in (first, second)]
    assert [(row["resource_id"], row["role"], row["named"]) for (row,) in places] == [
        (other, 1, True),
        (one, 0, False),
    ]
    with pytest.raises(SlotTaken):
        await store.move(first.moved(Ask(one, *slot(0))), version=2, moves=[to.reassigned(one)])
    assert await problems(home.dsn, MORNING, world.tenant) == []


async def test_who_was_overbooked_beside_it_is_taken_in(home: Home, owner, world: World, store: Store) -> None:
    """Where a claim went away from, there is room for more than the one who asked."""
    one, other, _ = world.exclusive
    start = slot(0)[0]
    old = wanted(world, Ask(one, start, start + HOUR))
    await store.hold(old)
    beside = wanted(world, Ask(one, start + 30 * MINUTE, start + HOUR))
    await store.hold(beside, overbook=True)
    await store.hold(wanted(world, Ask(one, start, start + FIVE)), moves=[old.reassigned(other)])
    assert [row["mode"] for row in await owner.fetch(LIVE, world.tenant, beside.visit.id)] == ["exclusive"]
    assert await problems(home.dsn, MORNING, world.tenant) == []


async def test_a_visit_does_not_make_room_by_itself(owner, world: World, store: Store) -> None:
    """What it had leaves with the move, and cannot go elsewhere as well."""
    one, other, third = world.exclusive
    mine = await held(world, store, one)
    before = await rows(owner, world)
    with pytest.raises(SlotTaken):
        await store.move(mine.moved(Ask(third, *slot(1))), moves=[mine.reassigned(other)])
    assert await rows(owner, world) == before
