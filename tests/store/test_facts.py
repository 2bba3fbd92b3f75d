"""What a reader is told of what is taken, and when it is told again."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4  # noqa: TID251 - tests make identities too

import pytest

from appointed.core.ids import ResourceId, ServiceId, TenantId
from appointed.core.occupancy import Occupancy, Plain, Taken
from appointed.core.visit import State
from appointed.store import tenants
from appointed.store.facts import Facts, read_facts
from asking import Store, Wanted, wanted
from people import MORNING, set_clock
from proofs.raw import FIVE, HOUR, MINUTE, Ask, World, new_world, slot
from proofs.servers import Home

ZERO = int(MORNING.timestamp()) // 60
SPAN = (ZERO, ZERO + 600)
LAPSE = MORNING + HOUR


def micros(instant) -> int:
    return int(instant.timestamp()) * 1_000_000


@pytest.fixture
def look(home: Home, world: World):
    """Read what is occupied of some resources, all of them where none is named."""

    async def read(*resources: ResourceId, known: dict | None = None, span=SPAN, now=MORNING, **more) -> Facts:
        asked = known or dict.fromkeys(resources or (*world.exclusive, *world.pools, *world.slotted))
        return await read_facts(home.context.pool, world.tenant, now, resources=asked, span=span, **more)

    return read


def all_of(occupancy: Occupancy) -> tuple[Taken, ...]:
    """Its claims, the plain ones too."""
    return (*occupancy.listed, *occupancy.plain.claims())


@pytest.fixture
def store(home: Home, world: World) -> Store:
    return Store(home, world)


async def test_claims_are_minutes_rounded_outwards(world: World, store: Store, look) -> None:
    second = timedelta(seconds=1)
    times = [(60, 65, 0), (100, 105, 1)]
    for first, last, late in times:
        ask = Ask(world.pools[0], MORNING + first * MINUTE + late * second, MORNING + last * MINUTE + late * second)
        await store.hold(wanted(world, ask))
    await store.hold(wanted(world, Ask(world.pools[0], MORNING + 2 * HOUR, MORNING + 3 * HOUR, 2), expires_at=LAPSE))
    facts = await look(world.pools[0])
    occupancy = facts.occupied[world.pools[0]]
    assert (occupancy.starts, occupancy.ends) == SPAN
    assert sorted(all_of(occupancy)) == [
        Taken(ZERO + 60, ZERO + 65),
        Taken(ZERO + 100, ZERO + 106),
        Taken(ZERO + 120, ZERO + 180, 2, micros(LAPSE)),
    ]


async def test_what_is_usual_comes_packed(world: World, store: Store, look) -> None:
    """Of one unit, for good, and nobody asked whose: of the others everything is told."""
    resource = world.pools[0]
    await store.hold(wanted(world, Ask(resource, *slot(0))))
    await store.hold(wanted(world, Ask(resource, *slot(1), 2)))
    await store.hold(wanted(world, Ask(resource, *slot(2)), expires_at=LAPSE))
    found = (await look(resource)).occupied[resource]
    assert found.plain == Plain((ZERO + 60,), (ZERO + 65,))
    assert sorted(claim.starts for claim in found.listed) == [ZERO + 70, ZERO + 80]
    known = (await look(resource, detail=True)).occupied[resource]
    assert known.plain == Plain()
    assert len(known.listed) == 3


async def test_claims_of_another_century_are_minutes_too(world: World, store: Store, look) -> None:
    """Minutes before 1970 are negative, and the last there are fit as well."""
    resource, first = world.exclusive[0], datetime(1900, 1, 2, tzinfo=UTC)
    last = datetime(2399, 12, 30, tzinfo=UTC)
    for day in (first, last):
        await store.hold(wanted(world, Ask(resource, day, day + HOUR)))
        minute = int(day.timestamp()) // 60
        occupancy = (await look(resource, span=(minute, minute + 60))).occupied[resource]
        assert occupancy.plain == Plain((minute,), (minute + 60,))


async def test_claims_that_touch_the_span_are_left_out(world: World, store: Store, look) -> None:
    """One as long as a claim can be reaches into the span with its last minute, or out of it."""
    resource = world.pools[0]
    day = timedelta(days=1)
    inside = [(MORNING - day + MINUTE, MORNING + MINUTE), (MORNING + 599 * MINUTE, MORNING + 599 * MINUTE + day)]
    outside = [(MORNING - HOUR, MORNING), (MORNING + 600 * MINUTE, MORNING + 660 * MINUTE)]
    for times in (*inside, *outside):
        await store.hold(wanted(world, Ask(resource, *times)))
    claims = all_of((await look(resource)).occupied[resource])
    assert sorted(claims) == [Taken(ZERO - 1439, ZERO + 1), Taken(ZERO + 599, ZERO + 599 + 1440)]


async def test_what_takes_nothing_is_left_out(world: World, store: Store, look) -> None:
    """Freed, lapsed at the tenant's time, and overbooked."""
    resource = world.exclusive[0]
    freed, lapsed = wanted(world, Ask(resource, *slot(0))), wanted(world, Ask(resource, *slot(1)), expires_at=LAPSE)
    await store.hold(freed)
    await store.changes().end(freed.visit.id, {State.HELD: State.RELEASED})
    await store.hold(lapsed)
    await store.hold(wanted(world, Ask(resource, *slot(2))))
    await store.hold(wanted(world, Ask(resource, *slot(2))), overbook=True)
    starts = sorted(claim.starts for claim in all_of((await look(resource)).occupied[resource]))
    assert starts == [ZERO + 70, ZERO + 80]


async def test_the_clock_is_the_tenants(home: Home, world: World, store: Store, look) -> None:
    resource = world.exclusive[0]
    await store.hold(wanted(world, Ask(resource, *slot(0)), expires_at=LAPSE))
    await set_clock(home.context, world.person, LAPSE - MINUTE)
    long_after = LAPSE + 1000 * HOUR
    facts = await look(resource, now=long_after)
    assert facts.now == LAPSE - MINUTE
    assert len(all_of(facts.occupied[resource])) == 1
    await set_clock(home.context, world.person, LAPSE)
    assert all_of((await look(resource, now=long_after)).occupied[resource]) == ()


async def test_detail_says_whose_they_are(world: World, store: Store, look) -> None:
    resource = world.exclusive[0]
    one = wanted(world, Ask(resource, *slot(0)), role=2, named=True)
    other = wanted(world, Ask(resource, *slot(1)), expires_at=LAPSE)
    for each in (one, other):
        await store.hold(each)
    claims = sorted(all_of((await look(resource, detail=True)).occupied[resource]))
    ids = [(each.visit.id, each.claims[0].id, world.service.id) for each in (one, other)]
    assert claims == [
        Taken(ZERO + 60, ZERO + 65, 1, None, *ids[0], 2, True),
        Taken(ZERO + 70, ZERO + 75, 1, micros(LAPSE), *ids[1], 0, False),
    ]


async def test_what_is_known_is_not_told_again(home: Home, store: Store, look) -> None:
    """Only what moved comes, and nothing where nothing did."""
    world = await new_world(home.context, exclusive=3)
    store = Store(home, world)
    asked = world.exclusive

    async def read(known) -> Facts:
        return await read_facts(home.context.pool, world.tenant, MORNING, resources=known, span=SPAN)

    first = (await read(dict.fromkeys(asked))).occupied
    known = {resource: first[resource].version for resource in asked}
    assert list(known.values()) == [0, 0, 0]
    assert (await read(known)).occupied == {}
    await store.hold(wanted(world, Ask(asked[1], *slot(0))))
    moved = (await read(known)).occupied
    assert list(moved) == [asked[1]]
    assert moved[asked[1]].version > 0
    assert len(all_of(moved[asked[1]])) == 1
    known[asked[1]] = moved[asked[1]].version
    assert (await read(known)).occupied == {}
    assert set((await read({**known, asked[0]: None})).occupied) == {asked[0]}


async def every_change(world: World, store: Store):
    """One change after another that a reader of a resource has to notice."""
    resource, times = world.exclusive[0], slot(0)
    held = wanted(world, Ask(resource, *times), expires_at=LAPSE)
    yield await store.hold(held)
    yield await store.changes().confirm(held.visit, [State.HELD], None)
    moved = held.moved(Ask(resource, *slot(1)))
    yield await store.move(moved, version=2)
    yield await store.changes().end(held.visit.id, {State.CONFIRMED: State.CANCELLED})
    many = [wanted(world, Ask(resource, *slot(number)), expires_at=LAPSE) for number in (2, 3)]
    yield await store.hold(*many)
    visits = [each.visit for each in many]
    yield await store.changes().confirm_group(visits, [State.HELD], [None, None])


async def test_every_change_moves_the_version(world: World, store: Store, look) -> None:
    """To be confirmed is one: a claim that would have lapsed no longer does."""
    resource = world.exclusive[0]
    seen = [(await look(resource)).occupied[resource]]
    seen += [(await look(resource)).occupied[resource] async for _ in every_change(world, store)]
    versions = [each.version for each in seen]
    assert versions == sorted(set(versions))
    assert len({all_of(each) for each in seen}) > 4


async def test_a_reset_moves_the_version(home: Home, world: World, store: Store, look) -> None:
    resource = world.exclusive[0]
    await store.hold(wanted(world, Ask(resource, *slot(0))))
    before = (await look(resource)).occupied[resource]
    async with home.context.pool.transaction(world.person.tenant) as tx:
        await tenants.reset_sandbox(tx, world.person.tenant, MORNING)
    after = (await look(resource, known={resource: before.version})).occupied[resource]
    assert after.version > before.version
    assert all_of(after) == ()


async def test_equal_versions_have_equal_claims(home: Home, world: World, look) -> None:
    """Read while others write: versions only rise, and claims never change under one."""
    resource = world.pools[0]
    store = Store(home, world)
    done = asyncio.Event()
    seen: list = []

    async def watch() -> None:
        while not done.is_set():
            seen.append((await look(resource)).occupied[resource])

    async def come_and_go(number: int) -> None:
        for round_ in range(6):
            one: Wanted = wanted(world, Ask(resource, *slot(8 * round_ + number)), expires_at=LAPSE)
            await store.hold(one)
            await store.changes().confirm(one.visit, [State.HELD], None)
            if round_ % 2:
                await store.changes().end(one.visit.id, {State.CONFIRMED: State.CANCELLED})

    watching = [asyncio.create_task(watch()) for _ in range(2)]
    await asyncio.gather(*(come_and_go(number) for number in range(6)))
    done.set()
    await asyncio.gather(*watching)
    by_version: dict = {}
    for occupancy in seen:
        assert by_version.setdefault(occupancy.version, set(all_of(occupancy))) == set(all_of(occupancy))
    assert len(by_version) > 5
    assert (await look(resource)).occupied[resource].version >= max(by_version)


async def test_a_customers_starts_are_those_of_visits_that_stand(home: Home, world: World, store: Store) -> None:
    """Of the named services, on the dates around the span, and not the visit that is asked about."""
    pool, me, whole = world.pools[0], "+48111", (MORNING - 900 * HOUR, MORNING + 900 * HOUR)

    async def come(at, customer=me, **changes) -> Wanted:
        one = wanted(world, Ask(pool, at, at + FIVE), customer=customer, **changes)
        await store.hold(one, limits=[one.limit(99, *whole)])
        return one

    await come(MORNING + HOUR)
    mine = await come(MORNING + 2 * HOUR)
    await come(MORNING + 3 * HOUR, "+48222")
    await come(MORNING + 4 * HOUR, expires_at=MORNING + MINUTE)
    gone = await come(MORNING + 5 * HOUR)
    await store.changes().end(gone.visit.id, {State.HELD: State.RELEASED})
    await come(MORNING + 11 * HOUR)
    await come(MORNING + 90 * HOUR)
    await store.hold(wanted(world, Ask(pool, MORNING + 6 * HOUR, MORNING + 7 * HOUR), customer=me))

    async def starts(**more) -> dict:
        facts = await read_facts(
            home.context.pool,
            TenantId(world.tenant),
            MORNING,
            span=SPAN,
            customer=me,
            services=[world.service.id, other],
            **more,
        )
        return dict(facts.customer_starts)

    other = ServiceId(uuid4())
    await set_clock(home.context, world.person, MORNING + MINUTE)
    of_service = [ZERO + 60, ZERO + 120, ZERO + 660]
    found = await starts()
    assert (sorted(found[world.service.id]), found[other]) == (of_service, ())
    of_service.remove(ZERO + 120)
    assert sorted((await starts(visit=mine.visit.id))[world.service.id]) == of_service


async def test_a_tenant_that_is_not_there_has_nothing(home: Home) -> None:
    facts = await read_facts(
        home.context.pool, TenantId(uuid4()), MORNING, resources={ResourceId(uuid4()): None}, span=SPAN
    )
    assert (facts.now, facts.version, facts.catalog, facts.visit) == (MORNING, 0, None, None)
    assert [all_of(occupancy) for occupancy in facts.occupied.values()] == [()]


async def test_claims_are_not_looked_for_without_a_span(home: Home, world: World) -> None:
    with pytest.raises(ValueError, match="span"):
        await read_facts(home.context.pool, world.tenant, MORNING, resources={world.pools[0]: None})
