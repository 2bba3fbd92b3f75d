"""What is offered can be held, and what is confirmed is whole."""

import asyncpg
import pytest
import pytest_asyncio

from appointed.core.errors import HoldLapsed
from appointed.core.ids import VisitId
from appointed.core.intervals import Interval
from appointed.core.visit import Details, State
from appointed.usecases import holds, visits
from appointed.usecases.context import Context
from appointed.usecases.holds import Wish
from appointed.usecases.slots import find_slots, single
from people import MORNING, set_clock
from proofs.raw import FIVE, Ask, World, connect, new_world, outcome, perform, problems, slot

LAPSE = MORNING + FIVE


@pytest_asyncio.fixture(loop_scope="session")
async def world(context: Context) -> World:
    """A service that needs the exclusive resource, beside pools that it does not."""
    return await new_world(context)


@pytest_asyncio.fixture(loop_scope="session")
async def app(dsn: str):
    """A connection of the application's role."""
    connection = await connect(dsn)
    yield connection
    await connection.close()


async def offered(context: Context, world: World) -> int:
    (found,) = (await find_slots(context, world.person.caller, single(world.service.id), Interval(*slot(0)))).slots
    return found.available


async def test_a_slot_beside_an_overbooked_visit_can_be_held_when_it_is_offered(
    context: Context, dsn: str, app: asyncpg.Connection, world: World
) -> None:
    """The hold that lapsed leaves its place to who asks; the overbooked one stays what it was."""
    ask = Ask(world.exclusive[0], *slot(0))
    for args in (world.hold(ask, expires_at=LAPSE), world.hold(ask, overbook=True)):
        assert outcome(await perform(app, world.tenant, MORNING, "hold", args)) == "held"
    assert await offered(context, world) == 0
    await set_clock(context, world.person, LAPSE)
    assert await offered(context, world) == 1
    wish = Wish.single(world.service.id, *slot(0), Details(""))
    assert (await holds.hold(context, world.person.caller, wish)).state is State.HELD
    assert await offered(context, world) == 0
    assert await problems(dsn, LAPSE, world.tenant) == []


@pytest.mark.parametrize("dead", [0, 1])
async def test_a_hold_that_lost_one_of_its_claims_is_not_confirmed(
    context: Context, dsn: str, app: asyncpg.Connection, world: World, dead: int
) -> None:
    args = world.hold(Ask(world.exclusive[0], *slot(0)), Ask(world.pools[0], *slot(0)))
    assert outcome(await perform(app, world.tenant, MORNING, "hold", args)) == "held"
    owner = await connect(dsn, role=None)
    try:
        kill = "UPDATE claim SET live = false WHERE tenant_id = $1 AND visit_id = $2 AND resource_id = $3"
        resource = args["claims"][dead]["resource_id"]
        assert await owner.execute(kill, world.tenant, args["visit_id"], resource) == "UPDATE 1"
    finally:
        await owner.close()
    caller, visit_id = world.person.caller, VisitId(args["visit_id"])
    with pytest.raises(HoldLapsed):
        await visits.confirm(context, caller, world.service.id, visit_id)
    assert (await visits.find_visit(context, caller, world.service.id, visit_id)).state is State.HELD
