"""What a change of the catalogue does to those who have booked: shown before, and carried out with their say."""

import asyncio
from dataclasses import replace

import pytest

from appointed.core.caller import Scope
from appointed.core.catalog import CapacityStep, Catalog, Closure, Schedule
from appointed.core.difference import Kind
from appointed.core.errors import (
    ChoiceMissing,
    ImpactMoved,
    ResourceInUse,
    ScopeMissing,
    SlotNotOffered,
    SlotTaken,
    VisitsInTheWay,
)
from appointed.core.impact import RETIRED
from appointed.core.plan import Preference
from appointed.core.visit import State
from appointed.store.within import Within
from appointed.usecases import entries, impact
from appointed.usecases.context import Context
from appointed.usecases.impact import Choice, Fate, carry_out, preview
from appointed.usecases.inquiring import Wanted
from people import ALWAYS, LONG_AGO, MORNING, pool_resource, set_clock
from proofs.raw import MINUTE
from salon import NINE, Salon, at, items

KEEP, CANCEL = Choice(Fate.KEEP), Choice(Fate.CANCEL)


def move(minutes: int) -> Choice:
    return Choice(Fate.MOVE, at(minutes))


def closing(salon: Salon, first: int, last: int):
    """A closure of the branch, in minutes past nine."""
    closure = Closure(at(first), at(last))
    return lambda before: entries.closed(before, Kind.BRANCH, str(salon.branch.id), closure)


def retiring(resource):
    return lambda before: entries.retired(before, Kind.RESOURCE, str(resource.id))


async def shown(salon: Salon, change):
    """By visit: the rules in its way, and the times proposed, in minutes past nine."""
    found = await preview(salon.context, salon.person.caller, change)
    return found, {
        hit.visit.id: (
            [reason.rule for reason in hit.reasons],
            *(slot and (slot.starts_at - NINE).total_seconds() // 60 for slot in (hit.before, hit.after)),
        )
        for hit in found.visits
    }


async def carried(salon: Salon, change, choices, stamp=None):
    stamp = stamp or (await preview(salon.context, salon.person.caller, change)).stamp
    return await carry_out(salon.context, salon.person.caller, change, stamp, choices)


async def test_nearest_times_are_proposed_once_and_only_the_hit_are_told(salon):
    (anna,) = clerks = salon.clerks(1)
    cut = salon.service(30, clerks, grid=salon.service(30, clerks).duration)
    await salon.put(anna, cut)
    first, second, third = [await salon.hold(cut, start=start) for start in (60, 90, 180)]
    found, told = await shown(salon, closing(salon, 60, 120))
    assert told == {
        first.id: (["closures"], 30, 120),
        second.id: (["closures"], 0, 150),
    }
    assert third.id not in told
    assert await salon.offered(cut, minutes=240) == {0: 1, 30: 1, 120: 1, 150: 1, 210: 1}
    assert found.version == (await entries.current(salon.context, salon.person.caller)).version


async def test_a_visit_may_go_where_it_stands_itself_but_for_the_closure(salon):
    clerks = salon.clerks(1)
    cut = salon.service(60, clerks)
    await salon.put(*clerks, cut)
    visit = await salon.hold(cut, start=60)
    _, told = await shown(salon, closing(salon, 60, 75))
    assert told == {visit.id: (["closures"], 0, 75)}


async def test_all_of_it_is_done_together(salon):
    clerks = salon.clerks(1)
    cut = salon.service(30, clerks)
    await salon.put(*clerks, cut)
    first, second, third = [await salon.hold(cut, start=start) for start in (60, 90, 120)]
    change = closing(salon, 60, 150)
    choices = {first.id: move(0), second.id: KEEP, third.id: CANCEL}
    done = await carried(salon, change, choices)
    states = {visit.id: (visit.state, items(visit)) for visit in done.visits}
    assert states == {
        first.id: (State.HELD, [(0, 30)]),
        second.id: (State.HELD, [(90, 120)]),
        third.id: (State.RELEASED, [(120, 150)]),
    }
    assert [await salon.times(visit) for visit in (first, second, third)] == [[(0, 30)], [(90, 120)], []]
    catalog = await entries.current(salon.context, salon.person.caller)
    assert catalog.version == done.version
    assert catalog.branches[salon.branch.id].opening_hours.closures == (Closure(at(60), at(150)),)
    assert await salon.problems() == []
    with pytest.raises(SlotNotOffered):
        await salon.hold(cut, start=130)


async def test_what_cannot_be_done_whole_is_not_done(salon):
    clerks = salon.clerks(1)
    cut = salon.service(30, clerks)
    await salon.put(*clerks, cut)
    first, second, other = [await salon.hold(cut, start=start) for start in (60, 90, 200)]
    before = await entries.current(salon.context, salon.person.caller)
    change = closing(salon, 60, 150)
    for start, refusal in ((200, SlotTaken), (100, SlotNotOffered), (0, SlotTaken)):
        with pytest.raises(refusal):
            await carried(salon, change, {first.id: move(0), second.id: move(start)})
        assert [await salon.times(visit) for visit in (first, second, other)] == [[(60, 90)], [(90, 120)], [(200, 230)]]
        assert await entries.current(salon.context, salon.person.caller) == before
    assert await salon.events(first) == ["held"]


async def test_every_visit_that_is_hit_needs_a_choice(salon):
    clerks = salon.clerks(1)
    cut = salon.service(30, clerks)
    await salon.put(*clerks, cut)
    first, second = [await salon.hold(cut, start=start) for start in (60, 90)]
    with pytest.raises(ChoiceMissing) as refused:
        await carried(salon, closing(salon, 60, 150), {first.id: CANCEL})
    assert refused.value.visit == str(second.id)
    assert await salon.times(first) == [(60, 90)]


async def test_a_token_holds_for_what_was_shown_and_nothing_else(salon):
    clerks = salon.clerks(2)
    cut = salon.service(30, clerks)
    await salon.put(*clerks, cut)
    first = await salon.hold(cut, start=60)
    change = closing(salon, 60, 150)

    async def stamp() -> str:
        return (await preview(salon.context, salon.person.caller, change)).stamp

    shown_once = await stamp()
    assert await stamp() == shown_once
    second = await salon.hold(cut, start=90)
    everything = {first.id: KEEP, second.id: KEEP}
    with pytest.raises(ImpactMoved):
        await carried(salon, change, everything, shown_once)
    shown_once = await stamp()
    await salon.confirm(first)
    with pytest.raises(ImpactMoved):
        await carried(salon, change, everything, shown_once)
    shown_once = await stamp()
    await salon.put(replace(cut, name="trim"))
    with pytest.raises(ImpactMoved):
        await carried(salon, change, everything, shown_once)
    await carried(salon, change, everything, await stamp())
    assert (await preview(salon.context, salon.person.caller, change)).visits == ()


async def test_who_was_asked_for_is_asked_for_again_unless_gone_for_good(salon):
    anna, ben = clerks = salon.clerks(2)
    cut = salon.service(30, clerks)
    await salon.put(anna, ben, cut)
    asked_for = Wanted(cut.id, preferences=(Preference(0, anna.id),))
    visit = await salon.hold(asked_for, start=60)

    def away(before: Catalog) -> Catalog:
        return entries.closed(before, Kind.RESOURCE, str(anna.id), Closure(at(60), at(120)))

    _, told = await shown(salon, away)
    assert told == {visit.id: (["time_off"], 30, 120)}
    _, told = await shown(salon, retiring(anna))
    assert told == {visit.id: ([RETIRED], 30, 60)}
    await carried(salon, retiring(anna), {visit.id: move(60)})
    assert await salon.held_by(visit) == [ben.id]
    assert await salon.times(visit) == [(60, 90)]


async def test_a_pool_becomes_smaller_once_everybody_has_left_it(salon):
    places = pool_resource(salon.branch.id, 2)
    table = salon.service(30, [places])
    await salon.put(places, table)
    first = await salon.hold(table, start=60)
    await set_clock(salon.context, salon.person, MORNING + MINUTE)
    second = await salon.hold(table, start=60)

    def smaller(before: Catalog) -> Catalog:
        changed = replace(before.resources[places.id], capacity=(CapacityStep(LONG_AGO, 1),))
        return entries.with_thing(before, changed)

    found, told = await shown(salon, smaller)
    assert told == {second.id: (["capacity"], 55, 65)}
    with pytest.raises(ResourceInUse):
        await carried(salon, smaller, {second.id: KEEP})
    done = await carried(salon, smaller, {second.id: move(90)})
    assert await salon.times(second) == [(90, 120)]
    assert await salon.times(first) == [(60, 90)]
    assert done.version == found.version + 1
    assert (await entries.current(salon.context, salon.person.caller)).resources[places.id].capacity[0].capacity == 1
    assert set(await salon.offered(table, first=60, minutes=31)) == {65, 70, 75, 80, 85}


async def test_a_change_that_hits_visits_is_refused_unless_forced(salon):
    clerks = salon.clerks(1)
    cut = salon.service(30, clerks)
    await salon.put(*clerks, cut)
    visit = await salon.hold(cut, start=60)
    with pytest.raises(VisitsInTheWay) as refused:
        await entries.edit(salon.context, salon.person.caller, closing(salon, 60, 150))
    assert (refused.value.count, refused.value.visits) == (1, str(visit.id))
    await entries.edit(salon.context, salon.person.caller, closing(salon, 60, 150), force=True)
    assert await salon.times(visit) == [(60, 90)]
    assert await salon.offered(cut, first=60, minutes=90) == {}


async def test_a_hold_right_after_a_change_obeys_it(salon):
    """Though this process kept the catalogue, the slots and who is free."""
    clerks = salon.clerks(1)
    cut = salon.service(30, clerks)
    await salon.put(*clerks, cut)
    elsewhere = salon.elsewhere()
    for each in (salon, elsewhere):
        assert 60 in await each.offered(cut, minutes=120)
    await entries.edit(salon.context, salon.person.caller, closing(salon, 60, 150))
    for each in (salon, elsewhere):
        with pytest.raises(SlotNotOffered):
            await each.hold(cut, start=60)
        assert 60 not in await each.offered(cut, minutes=120)


async def test_a_visit_that_cannot_be_anywhere_gets_no_proposal(salon):
    clerks = salon.clerks(1)
    cut = salon.service(30, clerks)
    await salon.put(*clerks, cut)
    visit = await salon.hold(cut, start=60)

    def shut(before: Catalog) -> Catalog:
        return entries.with_thing(before, replace(before.branches[salon.branch.id], opening_hours=Schedule(week=())))

    _, told = await shown(salon, shut)
    assert told == {visit.id: (["opening_hours"], None, None)}
    _, told = await shown(salon, lambda before: entries.retired(before, Kind.SERVICE, str(cut.id)))
    assert told == {visit.id: (["bookable"], None, None)}


async def test_nothing_in_the_past_is_proposed(salon):
    clerks = salon.clerks(1)
    cut = salon.service(30, clerks, past_slots_allowed=True)
    await salon.put(*clerks, cut)
    visit = await salon.hold(cut, start=-50)
    _, told = await shown(salon, closing(salon, -60, 0))
    assert told == {visit.id: (["closures"], None, 0)}


async def test_only_who_configures_may_look_and_only_who_books_may_move(salon):
    clerks = salon.clerks(1)
    cut = salon.service(30, clerks)
    await salon.put(*clerks, cut)
    visit = await salon.hold(cut, start=60)
    change = closing(salon, 60, 150)
    caller = replace(salon.person.caller, scopes=frozenset({Scope.CONFIGURE}))
    stamp = (await preview(salon.context, caller, change)).stamp
    for choice in (move(0), CANCEL):
        with pytest.raises(ScopeMissing):
            await carry_out(salon.context, caller, change, stamp, {visit.id: choice})
    await carry_out(salon.context, caller, change, stamp, {visit.id: KEEP})
    nobody = replace(caller, scopes=frozenset(Scope) - {Scope.CONFIGURE})
    with pytest.raises(ScopeMissing):
        await preview(salon.context, nobody, change)
    with pytest.raises(ScopeMissing):
        await carry_out(salon.context, nobody, change, stamp, {})


def test_a_move_needs_a_time_and_nothing_else_has_one():
    with pytest.raises(ValueError, match="needs a time"):
        Choice(Fate.MOVE)
    with pytest.raises(ValueError, match="nobody else"):
        Choice(Fate.KEEP, NINE)


async def test_many_visits_are_told_and_only_the_first_get_proposals(salon, monkeypatch):
    clerks = salon.clerks(1)
    cut = salon.service(5, clerks)
    await salon.put(*clerks, cut)
    for number in range(4):
        await salon.hold(cut, start=60 + 5 * number)
    monkeypatch.setattr(impact, "PROPOSED_AT_MOST", 2)
    _, told = await shown(salon, closing(salon, 60, 150))
    assert [after for _, _, after in told.values()] == [150, 155, None, None]
    assert salon.branch.opening_hours == ALWAYS


async def test_others_who_change_the_same_visits_meanwhile_wait_or_come_first(salon):
    """Nobody is broken off, and every visit ends as one of them left it."""
    clerks = salon.clerks(3)
    cut = salon.service(5, clerks)
    await salon.put(*clerks, cut)
    for turn in range(5):
        held = [await salon.hold(cut, start=600 * turn + 60 + 5 * (number // 3)) for number in range(12)]
        change = closing(salon, 600 * turn + 60, 600 * turn + 120)
        stamp = (await preview(salon.context, salon.person.caller, change)).stamp
        choices = {visit.id: move(600 * turn + 200 + 5 * (number // 3)) for number, visit in enumerate(held)}
        done = await asyncio.gather(
            carry_out(salon.context, salon.person.caller, change, stamp, choices),
            *(salon.confirm(visit) for visit in reversed(held)),
            return_exceptions=True,
        )
        assert not [each for each in done[1:] if isinstance(each, BaseException)]
        moved = not isinstance(done[0], BaseException)
        assert moved or isinstance(done[0], ImpactMoved), done[0]
        times = [await salon.times(visit) for visit in held]
        base = 600 * turn + (200 if moved else 60)
        assert times == [[(base + 5 * (number // 3), base + 5 * (number // 3) + 5)] for number in range(12)]
    assert await salon.problems() == []


async def test_who_books_meanwhile_comes_first_or_finds_it_closed(salon):
    clerks = salon.clerks(1)
    cut = salon.service(5, clerks)
    await salon.put(*clerks, cut)
    for turn in range(6):
        base = 600 * turn
        visit = await salon.hold(cut, start=base + 60)
        change = closing(salon, base + 60, base + 120)
        stamp = (await preview(salon.context, salon.person.caller, change)).stamp
        done, *holds = await asyncio.gather(
            carry_out(salon.context, salon.person.caller, change, stamp, {visit.id: move(base + 200)}),
            *(salon.hold(cut, start=base + 65 + 5 * number) for number in range(8)),
            return_exceptions=True,
        )
        taken = [each for each in holds if not isinstance(each, BaseException)]
        refused = [each for each in holds if isinstance(each, BaseException)]
        if isinstance(done, BaseException):
            assert isinstance(done, ImpactMoved), done
            assert taken
        else:
            assert taken == []
        assert all(isinstance(each, SlotNotOffered) for each in refused), refused


WAITING = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


async def test_a_visit_that_is_being_made_is_waited_for_and_seen(salon):
    clerks = salon.clerks(1)
    cut = salon.service(30, clerks)
    await salon.put(*clerks, cut)
    change = closing(salon, 60, 120)
    stamp = (await preview(salon.context, salon.person.caller, change)).stamp
    async with salon.context.pool.transaction(salon.person.tenant) as tx:
        within = replace(salon, context=Context(Within(tx, salon.person.tenant), salon.context.clock))
        await tx.execute("SELECT catalog_share($1)", salon.person.tenant)
        carrying = asyncio.create_task(carry_out(salon.context, salon.person.caller, change, stamp, {}))
        async with asyncio.timeout(20):
            while not carrying.done() and await tx.fetchval(WAITING) == 0:
                await asyncio.sleep(0)
        visit = await within.hold(cut, start=60)
    with pytest.raises(ImpactMoved):
        await carrying
    assert await salon.times(visit) == [(60, 90)]
    assert (await entries.current(salon.context, salon.person.caller)).branches[salon.branch.id] == salon.branch
