"""Whoever was assigned without having been asked for makes room, at the same time of theirs, or not at all."""

import asyncio
from dataclasses import replace

import pytest

from appointed.core.catalog import Closure, Resource, Role, Schedule, Service
from appointed.core.errors import Refusal, SlotTaken, StateForbids
from appointed.core.preference import Preference
from appointed.core.visit import State, Visit
from appointed.usecases import visits
from appointed.usecases.inquiring import Wanted
from people import MORNING, set_clock
from salon import Salon, at, items, minutes


def anybody(salon: Salon, *clerks: Resource, length: int = 10) -> Service:
    """A service of whoever is free."""
    return salon.service(length, Role(tuple(each.id for each in clerks), interchangeable=True))


async def test_somebody_makes_room(salon: Salon) -> None:
    """The slot is there by moving alone; the other visit keeps its time, and its event says what became of it."""
    one, other = salon.clerks(2)
    common, special = anybody(salon, one, other), salon.service(20, [one])
    await salon.put(common, special, one, other)
    early = await salon.hold(common, start=10, lifetime=minutes(30))
    assert await salon.held_by(early) == [one.id]
    assert 0 in await salon.offered(special)
    assert await salon.why(special) == set()
    visit = await salon.hold(special)
    assert await salon.held_by(visit) == [one.id]
    (claim,) = await salon.claims(early)
    assert (claim["resource_id"], claim["mode"], claim["named"]) == (other.id, "exclusive", False)
    assert await salon.times(early) == items(early) == [(10, 20)]
    assert await salon.events(early) == ["held", "reassigned"]
    assert await salon.events(visit) == ["held"]
    assert 0 not in await salon.offered(special)
    caller = salon.person.caller
    confirmed = await visits.confirm(salon.context, caller, common.id, early.id)
    assert (confirmed.state, items(confirmed)) == (State.CONFIRMED, [(10, 20)])
    await set_clock(salon.context, salon.person, MORNING + minutes(40))
    assert await salon.held_by(early) == [other.id]
    assert await salon.problems(MORNING + minutes(40)) == []


async def test_who_lapses_does_so_wherever_the_claim_went(salon: Salon) -> None:
    one, other = salon.clerks(2)
    common, special = anybody(salon, one, other), salon.service(10, [one])
    await salon.put(common, special, one, other)
    await salon.hold(common, lifetime=minutes(5))
    await salon.hold(special)
    assert 0 not in await salon.offered(common)
    await set_clock(salon.context, salon.person, MORNING + minutes(5))
    assert (await salon.offered(common))[0] == 1
    assert await salon.held_by(await salon.hold(common)) == [other.id]
    assert await salon.problems(MORNING + minutes(5)) == []


async def test_nobody_moves_for_what_can_be_had_without(salon: Salon) -> None:
    one, other, third = salon.clerks(3)
    common, special = anybody(salon, one, other, third), salon.service(10, [one, third])
    await salon.put(common, special, one, other, third)
    early = await salon.hold(common)
    assert await salon.held_by(await salon.hold(special)) == [third.id]
    assert await salon.events(early) == ["held"]


async def test_a_row_of_them_makes_room(salon: Salon) -> None:
    one, other, third = salon.clerks(3)
    first, second, special = anybody(salon, one, other), anybody(salon, other, third), salon.service(10, [one])
    await salon.put(first, second, special, one, other, third)
    a, b = await salon.hold(first), await salon.hold(second)
    assert [await salon.held_by(visit) for visit in (a, b)] == [[one.id], [other.id]]
    visit = await salon.hold(special)
    assert [await salon.held_by(each) for each in (visit, a, b)] == [[one.id], [other.id], [third.id]]
    assert [await salon.events(each) for each in (a, b)] == [["held", "reassigned"]] * 2
    assert await salon.problems() == []


@pytest.mark.parametrize("named", [True, False])
async def test_who_was_asked_for_stays(salon: Salon, named: bool) -> None:
    """By name, or by traits: the reason is that visit."""
    clerks = salon.clerks(2, traits=frozenset({"polish"}))
    common, special = anybody(salon, *clerks), salon.service(10, clerks[:1])
    await salon.put(common, special, *clerks)
    asked = Preference(0, clerks[0].id) if named else Preference(0, traits=frozenset({"polish"}))
    early = await salon.hold(Wanted(common.id, preferences=(asked,)))
    assert 0 not in await salon.offered(special)
    with pytest.raises(SlotTaken):
        await salon.hold(special)
    (block,) = (await salon.explained(special)).blocks
    assert (block.rule, block.bypassable, block.visits) == ("claims", True, (early.id,))
    assert await salon.events(early) == ["held"]


async def test_of_two_the_one_who_was_asked_for_stays(salon: Salon) -> None:
    """A name is for one place of the role: whoever fills the other makes room."""
    one, other, third = salon.clerks(3)
    pair = salon.service(10, Role((one.id, other.id, third.id), count=2, interchangeable=True))
    first, second = salon.service(10, [one]), salon.service(10, [other])
    await salon.put(pair, first, second, one, other, third)
    early = await salon.hold(Wanted(pair.id, preferences=(Preference(0, other.id),)))
    assert {claim["resource_id"]: claim["named"] for claim in await salon.claims(early)} == {
        one.id: False,
        other.id: True,
    }
    with pytest.raises(SlotTaken):
        await salon.hold(second)
    await salon.hold(first)
    assert set(await salon.held_by(early)) == {other.id, third.id}
    moved = await salon.change(early, start=20)
    assert other.id in await salon.held_by(moved)
    assert await salon.problems() == []


async def test_nobody_moves_to_one_who_is_away(salon: Salon) -> None:
    one, other = salon.clerks(2)
    away = replace(other, schedule=Schedule(closures=(Closure(at(5), at(15)),)))
    common, special = anybody(salon, one, other), salon.service(10, [one])
    await salon.put(common, special, one, away)
    await salon.hold(common)
    assert 0 not in await salon.offered(special)
    with pytest.raises(SlotTaken):
        await salon.hold(special)
    await salon.put(other)
    await salon.hold(special)
    assert await salon.problems() == []


async def test_of_two_that_want_the_same_move_one_gets_it(salon: Salon) -> None:
    one, other = salon.clerks(2)
    common, special = anybody(salon, one, other), salon.service(10, [one])
    await salon.put(common, special, one, other)
    for start in range(0, 100, 10):
        early = await salon.hold(common, start=start)
        outcomes = await asyncio.gather(
            *(process.hold(special, start=start) for process in (salon, salon.elsewhere(), salon)),
            return_exceptions=True,
        )
        assert sorted(type(outcome).__name__ for outcome in outcomes) == ["SlotTaken", "SlotTaken", "Visit"]
        assert await salon.held_by(early) == [other.id]
        assert await salon.events(early) == ["held", "reassigned"]
    assert await salon.problems() == []


async def test_two_that_need_different_moves_both_get_them(salon: Salon) -> None:
    """Whoever comes second finds the world changed, and decides again."""
    clerks = salon.clerks(4)
    common = anybody(salon, *clerks)
    specials = [salon.service(10, [clerk]) for clerk in clerks[:2]]
    await salon.put(common, *specials, *clerks)
    for start in range(0, 100, 10):
        early = [await salon.hold(common, start=start) for _ in range(2)]
        assert [await salon.held_by(visit) for visit in early] == [[clerks[0].id], [clerks[1].id]]
        processes = (salon, salon.elsewhere())
        late = await asyncio.gather(
            *(process.hold(special, start=start) for process, special in zip(processes, specials, strict=True))
        )
        assert [await salon.held_by(visit) for visit in late] == [[clerks[0].id], [clerks[1].id]]
        held = [resource_id for visit in early for resource_id in await salon.held_by(visit)]
        assert set(held) == {clerk.id for clerk in clerks[2:]}
    assert await salon.problems() == []


@pytest.mark.parametrize("step", ["cancel", "confirm", "move"])
async def test_a_move_meets_a_step_of_the_one_who_is_to_move(salon: Salon, step: str) -> None:
    """In either order both are done, and the visit has its claim at its time or none."""
    one, other = salon.clerks(2)
    common, special = anybody(salon, one, other), salon.service(10, [one])
    await salon.put(common, special, one, other)
    caller, context = salon.person.caller, salon.elsewhere().context

    async def stepped(visit: Visit, start: int) -> Visit:
        if step == "cancel":
            return await visits.cancel(context, caller, common.id, visit.id)
        if step == "confirm":
            return await visits.confirm(context, caller, common.id, visit.id)
        times = at(start + 5), at(start + 15)
        return await visits.change(context, caller, common.id, visit.id, visits.Change(lambda d: d, lambda _: times))

    for start in range(0, 160, 20):
        early = await salon.hold(common, start=start)
        late, after = await asyncio.gather(salon.hold(special, start=start), stepped(early, start))
        assert await salon.held_by(late) == [one.id]
        assert await salon.held_by(after) == ([] if step == "cancel" else [other.id])
        moved = 5 if step == "move" else 0
        assert items(after) == [(start + moved, start + moved + 10)]
        if step != "cancel":
            assert await salon.times(after) == items(after)
    assert await salon.problems() == []


async def test_what_was_lost_for_a_move_leaves_nothing_behind(salon: Salon) -> None:
    """Where the second guest finds no room, the first moves nobody."""
    one, other = salon.clerks(2)
    common, special = anybody(salon, one, other), salon.service(10, [one])
    busy = salon.service(10, [other])
    await salon.put(common, special, busy, one, other)
    early = await salon.hold(common)
    with pytest.raises(Refusal):
        await salon.hold_all(special, Wanted(busy.id, guest=1))
    assert await salon.events(early) == ["held"]
    assert await salon.held_by(early) == [one.id]


async def test_a_visit_that_changes_its_time_makes_others_move(salon: Salon) -> None:
    one, other = salon.clerks(2)
    common, special = anybody(salon, one, other), salon.service(10, [one])
    await salon.put(common, special, one, other)
    early, late = await salon.hold(common), await salon.hold(special, start=30)
    change = visits.Change(lambda details: details, lambda _: (at(5), at(15)))
    moved = await visits.change(salon.context, salon.person.caller, special.id, late.id, change)
    assert items(moved) == await salon.times(late) == [(5, 15)]
    assert await salon.held_by(early) == [other.id]
    assert await salon.events(early) == ["held", "reassigned"]
    assert await salon.events(late) == ["held", "moved"]
    assert await salon.problems() == []


async def test_who_gave_it_back_is_in_nobodys_way(salon: Salon) -> None:
    """Neither is it moved for others, nor by itself."""
    one, other = salon.clerks(2)
    common, special = anybody(salon, one, other), salon.service(10, [one])
    await salon.put(common, special, one, other)
    early = await salon.hold(common)
    await visits.cancel(salon.context, salon.person.caller, common.id, early.id)
    await salon.hold(special)
    assert await salon.events(early) == ["held", "released"]
    change = visits.Change(lambda details: details, lambda _: (at(30), at(40)))
    with pytest.raises(StateForbids):
        await visits.change(salon.context, salon.person.caller, common.id, early.id, change)
