"""How often one customer comes in a day, whoever asks and however many ask at once."""

import asyncio
from dataclasses import replace
from uuid import uuid4  # noqa: TID251 - tests make identities too

import pytest

from appointed.core.errors import CustomerLimitReached
from appointed.core.ids import ServiceId
from appointed.core.once import Once
from appointed.core.visit import Contact, State
from asking import Store, Wanted, wanted
from people import MORNING
from proofs.raw import FIVE, HOUR, Ask, World, new_world, problems
from proofs.servers import Home
from test_claims import rows

ME = "+48111"
DAY = (MORNING, MORNING + 12 * HOUR)
LAPSE = MORNING + FIVE


@pytest.fixture
def store(home: Home, world: World) -> Store:
    return Store(home, world)


def coming(world: World, hours: float, customer: str | None = ME, **changes) -> Wanted:
    at = MORNING + hours * HOUR
    return wanted(world, Ask(world.pools[0], at, at + FIVE), customer=customer, **changes)


async def come(store: Store, *several: Wanted, most: int = 2, day=DAY, **changes) -> None:
    await store.hold(*several, limits=[each.limit(most, *day) for each in several], **changes)


async def test_the_limit_is_the_last_that_is_taken(owner, world: World, store: Store) -> None:
    for hours in (1, 2):
        await come(store, coming(world, hours))
    before = await rows(owner, world)
    once = Once(uuid4(), uuid4())
    for _ in range(2):
        with pytest.raises(CustomerLimitReached) as refused:
            await come(store, coming(world, 3), once=once)
        assert refused.value.limit == 2
    assert await rows(owner, world) == before
    await come(store, coming(world, 3, "+48222"))
    await come(store, coming(world, 4), most=3)


async def test_only_what_starts_in_the_interval_counts(world: World, store: Store) -> None:
    """From the first instant on, up to the second, whatever the claims take beside it."""
    first, last = DAY
    await come(store, coming(world, 1))
    for outside in (Ask(world.pools[0], first - FIVE, first), Ask(world.pools[0], last, last + FIVE)):
        await come(store, wanted(world, outside, customer=ME))
    await come(store, coming(world, 0))
    with pytest.raises(CustomerLimitReached):
        await come(store, coming(world, 2))


async def test_what_no_longer_stands_does_not_count(world: World, store: Store) -> None:
    await come(store, coming(world, 1, expires_at=LAPSE), most=1)
    with pytest.raises(CustomerLimitReached):
        await come(store, coming(world, 2), most=1)
    gone = coming(world, 2)
    await come(store, gone, most=1, now=LAPSE)
    with pytest.raises(CustomerLimitReached):
        await come(store, coming(world, 3), most=1, now=LAPSE)
    await store.changes().end(gone.visit.id, {State.HELD: State.RELEASED})
    await come(store, coming(world, 3), most=1, now=LAPSE)


async def test_another_service_has_a_count_of_its_own(world: World, store: Store) -> None:
    await come(store, coming(world, 1), most=1)
    other = coming(world, 2)
    limit = replace(other.limit(1, *DAY), service_id=ServiceId(uuid4()))
    await store.hold(other, limits=[limit])


async def test_who_cannot_be_reached_is_not_counted(owner, world: World, store: Store) -> None:
    for hours in range(1, 4):
        await come(store, coming(world, hours, None), most=1)
    keys = "SELECT count(customer_key) FROM visit WHERE tenant_id = $1"
    assert await owner.fetchval(keys, world.tenant) == 0
    await store.hold(coming(world, 5))
    assert await owner.fetchval(keys, world.tenant) == 0


async def test_guests_of_one_customer_count_each_other(owner, world: World, store: Store) -> None:
    with pytest.raises(CustomerLimitReached):
        await come(store, *(coming(world, hours) for hours in (1, 2, 3)))
    assert await owner.fetchval("SELECT count(*) FROM visit WHERE tenant_id = $1", world.tenant) == 0
    await come(store, *(coming(world, hours) for hours in (1, 2)))


async def test_a_customer_is_one_whatever_the_case_of_the_address(world: World, store: Store) -> None:
    """Also where the address is changed by nobody who counts."""
    first = coming(world, 1, "Lim@x.example")
    await come(store, first, most=1)
    for spelt in ("lim@X.example", "Lim@x.example"):
        with pytest.raises(CustomerLimitReached):
            await come(store, coming(world, 2, spelt), most=1)
    theirs = replace(first.visit, details=replace(first.visit.details, contact=Contact("email", "Bob@x.example")))
    await store.changes().change(theirs, [State.HELD], None, world.version, False)
    await come(store, coming(world, 3, "lim@x.example"), most=1)
    with pytest.raises(CustomerLimitReached):
        await come(store, coming(world, 4, "BOB@x.example"), most=1)


async def test_a_move_counts_the_day_it_goes_to(world: World, store: Store) -> None:
    """Not itself where it stays on a day, and as whoever it is for afterwards."""
    tomorrow = (DAY[0] + 24 * HOUR, DAY[1] + 24 * HOUR)
    mine = coming(world, 1)
    await come(store, mine, most=1)
    at = MORNING + 2 * HOUR
    to = mine.moved(Ask(world.pools[0], at, at + FIVE))
    await store.move(to, limits=[to.limit(1, *DAY)])
    await come(store, coming(world, 25), most=1, day=tomorrow)
    to = mine.moved(Ask(world.pools[0], at + 24 * HOUR, at + 24 * HOUR + FIVE))
    with pytest.raises(CustomerLimitReached):
        await store.move(to, version=2, limits=[to.limit(1, *tomorrow)])
    theirs = replace(to.visit, details=replace(to.visit.details, contact=Contact("phone", "+48222")))
    to = replace(to, visit=theirs)
    await store.move(to, version=2, limits=[to.limit(1, *tomorrow)])
    with pytest.raises(CustomerLimitReached):
        await come(store, coming(world, 26, "+48222"), most=1, day=tomorrow)
    await come(store, coming(world, 3), most=1)


@pytest.mark.parametrize("counted", [True, False])
async def test_a_visit_is_counted_as_whoever_it_is_for(world: World, store: Store, counted: bool) -> None:
    """Also where nothing but the address changes."""
    mine = coming(world, 1)
    await come(store, mine, most=1)
    await come(store, coming(world, 2, "+48222"), most=1)
    theirs = replace(mine.visit, details=replace(mine.visit.details, contact=Contact("phone", "+48222")))
    limits = [mine.limit(1, *DAY)] if counted else []
    change = store.changes().change(theirs, [State.HELD], None, world.version, False, limits=limits)
    if counted:
        with pytest.raises(CustomerLimitReached):
            await change
        return
    await change
    await come(store, coming(world, 3), most=1)
    with pytest.raises(CustomerLimitReached):
        await come(store, coming(world, 4, "+48222"), most=2)


async def test_everybody_at_once_gets_no_more(home: Home) -> None:
    """Over resources that have room for all; some ask for guests of two customers at once, in either order."""
    world = await new_world(home.context, exclusive=0, pools=1)
    store = Store(home, world)
    customers = ("+481", "+482")

    async def ask(number: int, *who: str) -> int:
        several = [coming(world, number + 1, customer) for customer in who]
        try:
            await come(store, *several, most=3, day=(MORNING, MORNING + 99 * HOUR))
        except CustomerLimitReached:
            return 0
        return len(several)

    orders = [customers, customers[::-1], customers[:1], customers[1:]]
    got = await asyncio.gather(*(ask(number, *orders[number % 4]) for number in range(32)))
    assert sum(got) == 6
    assert await problems(home.dsn, MORNING, world.tenant) == []
