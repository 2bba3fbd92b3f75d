"""More time for a hold, and steps that are meant for one version."""

from datetime import timedelta

import pytest

from appointed.core.errors import HoldLapsed, StateForbids, VisitMoved, VisitNotFound
from appointed.core.ids import VisitId
from appointed.core.visit import State
from appointed.store.visits import Changes
from people import MORNING
from proofs.raw import FIVE, HOUR, Ask, World, confirm, outcome, perform, problems, slot
from proofs.servers import Home

HELD = [State.HELD]
ENDS = {State.HELD: State.RELEASED}
LATER = MORNING + HOUR
CLAIMS = "SELECT expires_at FROM claim WHERE tenant_id = $1 AND visit_id = $2 AND live"


def changes(home: Home, world: World, now=MORNING) -> Changes:
    return Changes(home.context.pool, world.tenant, "tester", now, None)


async def held(app, world: World, *asks: Ask) -> VisitId:
    args = world.hold(*(asks or [Ask(world.exclusive[0], *slot(0))]), expires_at=MORNING + FIVE)
    assert outcome(await perform(app, world.tenant, MORNING, "hold", args)) == "held"
    return VisitId(args["visit_id"])


async def test_visit_and_claims_lapse_together(home: Home, app, owner, world: World) -> None:
    visit_id = await held(app, world, Ask(world.exclusive[0], *slot(0)), Ask(world.pools[0], *slot(0)))
    extended = await changes(home, world).extend(visit_id, LATER)
    assert (extended.expires_at, extended.version, extended.as_of) == (LATER, 2, MORNING)
    assert [row["expires_at"] for row in await owner.fetch(CLAIMS, world.tenant, visit_id)] == [LATER] * 2
    assert await app.fetchval("SELECT lapse($1, $2, 100)", world.tenant, MORNING + FIVE) == 0
    assert await app.fetchval("SELECT lapse($1, $2, 100)", world.tenant, LATER) == 1
    assert await problems(home.dsn, LATER, world.tenant) == []


async def test_without_an_end_it_stays(home: Home, app, world: World) -> None:
    visit_id = await held(app, world)
    assert (await changes(home, world).extend(visit_id, None)).expires_at is None
    assert await app.fetchval("SELECT lapse($1, $2, 100)", world.tenant, MORNING + timedelta(days=999)) == 0


async def test_nothing_is_extended_that_is_over_or_would_be(home: Home, app, owner, world: World) -> None:
    visit_id = await held(app, world)
    with pytest.raises(HoldLapsed):
        await changes(home, world, MORNING + FIVE).extend(visit_id, LATER)
    for over in (MORNING, MORNING - FIVE):
        with pytest.raises(HoldLapsed):
            await changes(home, world).extend(visit_id, over)
    assert await owner.fetchval(CLAIMS, world.tenant, visit_id) == MORNING + FIVE
    await owner.execute("UPDATE claim SET live = false WHERE visit_id = $1", visit_id)
    with pytest.raises(HoldLapsed):
        await changes(home, world).extend(visit_id, LATER)
    with pytest.raises(VisitNotFound):
        await changes(home, world).extend(VisitId(world.service.id), LATER)


async def test_only_a_hold_is_extended(home: Home, app, world: World) -> None:
    visit_id = await held(app, world)
    assert outcome(await perform(app, world.tenant, MORNING, "confirm", confirm({"visit_id": visit_id}))) == "confirmed"
    with pytest.raises(StateForbids):
        await changes(home, world).extend(visit_id, LATER)


async def test_a_step_for_another_version_is_not_taken(home: Home, app, world: World) -> None:
    visit_id = await held(app, world)
    extended = await changes(home, world).extend(visit_id, LATER, 1)
    with pytest.raises(VisitMoved):
        await changes(home, world).extend(visit_id, LATER, 1)
    with pytest.raises(VisitMoved):
        await changes(home, world).confirm(extended, HELD, None, 1)
    with pytest.raises(VisitMoved):
        await changes(home, world).end(visit_id, ENDS, State.RELEASED, 1)
    released = await changes(home, world).end(visit_id, ENDS, State.RELEASED, 2)
    assert (released.state, released.version) == (State.RELEASED, 3)
