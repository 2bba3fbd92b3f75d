"""The database's part of it: who is introduced, and a hold that is absorbed, with others at work at the same moment."""

import asyncio
import random
from dataclasses import replace
from uuid import uuid4  # noqa: TID251 - tests make identities too

import pytest

from appointed.core.customer import Introduction, PersonName
from appointed.core.errors import CustomerDiffers, HoldLapsed, Refusal, StateForbids, StoreUnavailable, VisitMoved
from appointed.core.ids import CustomerId
from appointed.core.visit import Answer, Contact, State, Visit
from asking import Store, Wanted, wanted
from people import MORNING
from proofs.raw import FIVE, MINUTE, Ask, World, new_world, problems, slot
from proofs.servers import Home

HELD, CONFIRMED = (State.HELD,), (State.CONFIRMED,)
LAPSE = MORNING + FIVE
ENDS = {State.HELD: State.RELEASED, State.CONFIRMED: State.CANCELLED}
ADA = Introduction("ada0000001", PersonName("Ada"), "ada@example.com", None, answers=(Answer("Why?", ("so",)),))
CUSTOMERS = "SELECT customer_id, given_name, version FROM customer WHERE tenant_id = $1 AND reference = $2"
VERSIONS = "SELECT sum(version) FROM resource_version WHERE tenant_id = $1 AND resource_id = $2"


@pytest.fixture
def store(home: Home, world: World) -> Store:
    return Store(home, world)


async def held(store: Store, want: Wanted, **changes) -> Visit:
    (visit,) = await store.hold(want, **changes)
    return visit


async def promised(store: Store, want: Wanted) -> Visit:
    visit = await held(store, want)
    return await store.changes().confirm(visit, HELD, None)


async def absorb(store: Store, world: World, visit: Visit, hold: Visit, now=MORNING) -> Visit:
    return await store.changes(now).absorb(visit, hold, CONFIRMED, None, world.version)


async def introduced(store: Store, visit: Visit, who: Introduction | None = ADA, *, anew: bool = True) -> Visit:
    told = replace(visit, details=replace(visit.details, contact=Contact("email", "ada@example.com")))
    customer_id = CustomerId(uuid4()) if anew else None
    return await store.changes().confirm_introduced(told, HELD, who or ADA, customer_id)


async def code(made) -> str:
    """The state of the visit that was made, or the code of the refusal. Nothing is broken off."""
    try:
        return (await made).state.value
    except StoreUnavailable:
        raise
    except Refusal as refused:
        return refused.code


async def test_a_customer_is_written_anew_only_with_a_visit_that_is_confirmed_by_it(
    owner, world: World, store: Store
) -> None:
    """Whoever read the visit before somebody else confirmed it reads once more."""
    visit = await held(store, wanted(world, Ask(world.exclusive[0], *slot(0))))
    with pytest.raises(VisitMoved):
        await introduced(store, visit, anew=False)
    first = await introduced(store, visit)
    for who in (replace(ADA, name=PersonName("Somebody")), replace(ADA, reference="bob0000001")):
        with pytest.raises(VisitMoved):
            await introduced(store, visit, who)
    assert (await introduced(store, visit, replace(ADA, name=PersonName("Somebody")), anew=False)).version == 2
    with pytest.raises(CustomerDiffers):
        await introduced(store, visit, replace(ADA, reference="bob0000001"), anew=False)
    rows = await owner.fetch(CUSTOMERS, world.tenant, ADA.reference)
    assert [tuple(row) for row in rows] == [(first.details.customer_id, "Ada", 1)]
    assert await owner.fetch(CUSTOMERS, world.tenant, "bob0000001") == []
    assert first.details.answers == ADA.answers


async def test_a_reference_of_another_tenant_is_somebody_else(home: Home, owner, world: World, store: Store) -> None:
    other = await new_world(home.context)
    theirs = Store(home, other)
    mine = await introduced(store, await held(store, wanted(world, Ask(world.exclusive[0], *slot(0)))))
    bobs = replace(ADA, name=PersonName("Bob"))
    visit = await introduced(theirs, await held(theirs, wanted(other, Ask(other.exclusive[0], *slot(0)))), bobs)
    assert visit.details.customer_id != mine.details.customer_id
    assert [row["given_name"] for row in await owner.fetch(CUSTOMERS, world.tenant, ADA.reference)] == ["Ada"]


async def test_claims_go_over_as_they_are(home: Home, owner, world: World, store: Store) -> None:
    """Also the units of a pool whose capacity for just this time was larger than its own."""
    visit = await promised(store, wanted(world, Ask(world.exclusive[0], *slot(0)), Ask(world.slotted[0], *slot(0))))
    asks = Ask(world.exclusive[0], *slot(1)), Ask(world.pools[0], *slot(1), units=3)
    hold = await held(store, wanted(world, *asks, expires_at=LAPSE, capacity=5, role=1, named=True))
    sql = "SELECT claim_id, resource_id, starts_at, units, mode, role, named FROM claim WHERE live AND visit_id = $1"
    before = await owner.fetch(sql + " ORDER BY resource_id", hold.id)
    versions = [await owner.fetchval(VERSIONS, world.tenant, each.resource) for each in asks]
    moved = await absorb(store, world, visit, hold)
    assert (moved.starts_at, moved.expires_at, moved.items[0].id) == (slot(1)[0], None, visit.items[0].id)
    assert await owner.fetch(sql + " ORDER BY resource_id", visit.id) == before
    lapsing = "SELECT count(*) FROM claim WHERE tenant_id = $1 AND live AND expires_at IS NOT NULL"
    assert await owner.fetchval(lapsing, world.tenant) == 0
    after = [await owner.fetchval(VERSIONS, world.tenant, each.resource) for each in asks]
    assert all(new > old for new, old in zip(after, versions, strict=True))
    assert await owner.fetchval("SELECT claims FROM visit WHERE visit_id = $1", visit.id) == 2
    found = await problems(home.dsn, LAPSE, world.tenant)
    assert [problem[:2] for problem in found] == [("a pool is overrun", world.pools[0])]


async def test_nothing_is_absorbed_that_moved_since_it_was_read(world: World, store: Store) -> None:
    visit = await promised(store, wanted(world, Ask(world.exclusive[0], *slot(0))))
    hold = await held(store, wanted(world, Ask(world.exclusive[0], *slot(1))))
    with pytest.raises(VisitMoved):
        await absorb(store, world, replace(visit, version=1), hold)
    with pytest.raises(VisitMoved):
        await absorb(store, world, visit, replace(hold, version=2))
    with pytest.raises(StateForbids) as refused:
        await absorb(store, world, hold, visit)
    assert (refused.value.state, refused.value.step) == ("held", "moved")
    with pytest.raises(StateForbids) as refused:
        await absorb(store, world, visit, visit)
    assert (refused.value.state, refused.value.step) == ("confirmed", "absorbed")


async def test_the_instant_of_the_lapse_decides(world: World, store: Store) -> None:
    visit = await promised(store, wanted(world, Ask(world.exclusive[0], *slot(0))))
    hold = await held(store, wanted(world, Ask(world.exclusive[0], *slot(1)), expires_at=LAPSE))
    with pytest.raises(HoldLapsed):
        await absorb(store, world, visit, hold, LAPSE)
    assert (await absorb(store, world, visit, hold, LAPSE - MINUTE / 60)).starts_at == slot(1)[0]


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_happens_at_once_every_claim_is_somebodys_and_nothing_is_broken_off(
    home: Home, world: World, store: Store, seed: int
) -> None:
    """Absorbing, confirming, cancelling, overbooking and tidying on the same few resources."""
    chance = random.Random(seed)

    def want(number: int, **changes) -> Wanted:
        return wanted(world, *(Ask(each, *slot(number)) for each in (world.exclusive[0], world.pools[0])), **changes)

    for _ in range(6):
        visits = [await promised(store, want(number)) for number in range(2)]
        holds = [await held(store, want(number, expires_at=LAPSE)) for number in range(2, 5)]
        acts = [
            *(absorb(store, world, visit, hold) for visit in visits for hold in chance.sample(holds, 2)),
            *(introduced(store, hold) for hold in holds),
            *(store.changes().end(each.id, ENDS) for each in chance.sample([*visits, *holds], 2)),
            held(store, want(chance.randrange(5)), overbook=True),
            held(store, want(chance.randrange(5)), now=LAPSE),
        ]
        chance.shuffle(acts)
        answers = await asyncio.gather(*map(code, acts))
        assert set(answers) <= {
            *(state.value for state in State),
            *("state_forbids", "visit_moved", "slot_taken", "hold_lapsed"),
        }
        assert await problems(home.dsn, MORNING, world.tenant) == []
        await _ended(store, world, home)


async def _ended(store: Store, world: World, home: Home) -> None:
    """Give all places back."""
    async with home.context.pool.transaction(world.tenant) as tx:
        rows = await tx.fetch("SELECT visit_id, state FROM visit WHERE state IN ('held', 'confirmed')")
        live = await tx.fetch("SELECT visit_id FROM claim WHERE live")
    assert {row["visit_id"] for row in live} == {row["visit_id"] for row in rows}
    for row in rows:
        await store.changes().end(row["visit_id"], ENDS)
