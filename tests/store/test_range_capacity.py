"""A booking range's capacity stands in for the pool's own, over the whole of a claim."""

from dataclasses import replace

import pytest

from appointed.core.catalog import CapacityStep, PoolScope
from appointed.core.errors import ResourceInUse, SlotTaken
from asking import Store, wanted
from people import LONG_AGO, MORNING, new_branch, new_owner, new_service, offer, pool_resource
from proofs.raw import FIVE, HOUR, MINUTE, Ask, World, new_world, slot
from proofs.servers import Home

KINDS = pytest.mark.parametrize("kind", ["pools", "slotted"])


@KINDS
@pytest.mark.parametrize("capacity", [0, 1, 2, 5])
async def test_it_may_be_more_or_less_than_the_pools_own(home: Home, world: World, kind: str, capacity: int) -> None:
    store, resource = Store(home, world), getattr(world, kind)[0]
    for _ in range(capacity):
        await store.hold(wanted(world, Ask(resource, *slot(0)), capacity=capacity))
    with pytest.raises(SlotTaken):
        await store.hold(wanted(world, Ask(resource, *slot(0)), capacity=capacity))
    if capacity < 2:
        await store.hold(wanted(world, Ask(resource, *slot(0))))


@KINDS
async def test_the_pools_steps_do_not_matter_then(home: Home, kind: str) -> None:
    """Neither before the first of them, nor where one within the claim leaves nothing."""
    steps = (CapacityStep(MORNING + HOUR, 1), CapacityStep(MORNING + HOUR + MINUTE, 0))
    world = await new_world(home.context, steps=steps)
    store, resource = Store(home, world), getattr(world, kind)[0]
    for start in (MORNING, MORNING + HOUR):
        ask = Ask(resource, start, start + FIVE, 2)
        with pytest.raises(SlotTaken):
            await store.hold(wanted(world, ask))
        await store.hold(wanted(world, ask, capacity=2))


async def test_it_is_counted_where_most_overlap(home: Home, world: World) -> None:
    """Two that follow each other are one at a time."""
    store, pool = Store(home, world), world.pools[0]
    for first, last in ((0, 10), (10, 20)):
        await store.hold(wanted(world, Ask(pool, MORNING + first * MINUTE, MORNING + last * MINUTE)))
    whole = Ask(pool, MORNING, MORNING + 20 * MINUTE, 3)
    with pytest.raises(SlotTaken):
        await store.hold(wanted(world, whole, capacity=3))
    await store.hold(wanted(world, whole, capacity=4))


async def test_a_move_has_it_too(home: Home, world: World) -> None:
    store, pool = Store(home, world), world.pools[0]
    one = wanted(world, Ask(pool, *slot(0)))
    await store.hold(one)
    with pytest.raises(SlotTaken):
        await store.move(one.moved(Ask(pool, *slot(1), 4), capacity=3))
    await store.move(one.moved(Ask(pool, *slot(1), 4), capacity=4))


@pytest.mark.parametrize(
    ("steps", "fits"),
    [
        ((1,), True),
        ((2,), True),
        ((9,), True),
        ((0,), False),
    ],
)
async def test_the_catalogue_may_change_that_does_not_take_room_away(home: Home, steps, fits: bool) -> None:
    """Five stand where the pool itself holds one: nothing is wrong with that until it holds less."""
    person = await new_owner(home.context)
    branch = new_branch()
    pool = pool_resource(branch.id, 1, scope=PoolScope.OVERLAP)
    service = new_service(branch, pool)
    await offer(home.context, person, branch, service, pool)
    world = World(person, service, 2, (), (pool.id,), ())
    store = Store(home, world)
    await store.hold(wanted(world, Ask(pool.id, *slot(0), 5), capacity=5))
    changed = replace(pool, name="another", capacity=tuple(CapacityStep(LONG_AGO, each) for each in steps))
    if fits:
        await offer(home.context, person, branch, service, changed)
        return
    with pytest.raises(ResourceInUse):
        await offer(home.context, person, branch, service, changed)
