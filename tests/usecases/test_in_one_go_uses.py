"""Services that are booked as one: held, confirmed, moved, and lost to somebody else."""

import asyncio
from dataclasses import replace

import pytest

from appointed.core.catalog import Branch, Catalog, PoolScope, Resource, Schedule, Service, WeeklyHours
from appointed.core.errors import (
    CombinationsOff,
    FieldInvalid,
    NotCombined,
    PartyTooLarge,
    Refusal,
    SlotTaken,
)
from appointed.core.options import Options
from appointed.core.preference import Preference
from appointed.core.visit import State, Visit
from appointed.store import catalog as store
from appointed.usecases import visits
from appointed.usecases.inquiring import Wanted
from appointed.usecases.visits import Change
from people import MORNING, pool_resource
from salon import Salon, at, items, minutes

WASH, CUT, DRY = 20, 30, 15


async def put(salon: Salon, *known: Branch | Service | Resource, on: bool = True) -> None:
    """Add it all to the catalogue, in which services may be booked as one."""
    branches = {each.id: each for each in (salon.branch, *known) if isinstance(each, Branch)}
    services = {each.id: each for each in known if isinstance(each, Service)}
    resources = {each.id: each for each in known if isinstance(each, Resource)}
    async with salon.context.pool.transaction(salon.person.tenant) as tx:
        catalog = Catalog(0, branches, services, resources, options=Options(combinations=on))
        await store.put(tx, salon.person.tenant, catalog, MORNING)


async def furnished(salon: Salon, count: int = 1) -> tuple[Salon, tuple[Service, Service, Service], tuple]:
    """Wash, cut and dry, of which the first two are combined. A cut that is added takes ten minutes for each."""
    clerks = salon.clerks(count)
    wash, dry = salon.service(WASH, clerks), salon.service(DRY, clerks)
    cut = salon.service(CUT, clerks, added_duration=minutes(10), party_limit=2)
    branch = replace(salon.branch, combinations=(frozenset({wash.id, cut.id}),))
    salon = replace(salon, branch=branch)
    await put(salon, wash, cut, dry, *clerks)
    return salon, (wash, cut, dry), clerks


def after(service: Service, **rest) -> Wanted:
    return Wanted(service.id, continues=True, **rest)


async def read_again(salon: Salon, visit: Visit) -> Visit:
    return await visits.find_visit(salon.context, salon.person.caller, None, visit.id)


async def test_one_claim_for_the_whole_from_the_hold_to_the_move(salon: Salon) -> None:
    salon, (wash, cut, _), (clerk,) = await furnished(salon)
    parts = Wanted(wash.id, party_size=1), after(cut, party_size=2)
    assert min(await salon.offered(*parts)) == 0
    visit = await salon.hold(*parts, ends_at=at(40))
    assert visit.details.party_size == 3
    assert items(visit) == [(0, 20), (20, 40)]
    assert [(item.party_size, item.continues) for item in visit.items] == [(1, False), (2, True)]
    assert await salon.times(visit) == [(0, 40)]
    assert await salon.held_by(visit) == [clerk.id]
    assert min(await salon.offered(wash)) == 40
    confirmed = await salon.confirm(visit)
    assert confirmed.items == visit.items == (await read_again(salon, visit)).items
    # It may overlap its own old time.
    moved = await salon.change(confirmed, 5, 45)
    assert items(moved) == [(5, 25), (25, 45)]
    assert [(item.party_size, item.continues) for item in moved.items] == [(1, False), (2, True)]
    assert await salon.times(moved) == [(5, 45)]
    assert min(await salon.offered(wash)) == 45
    assert await read_again(salon, visit) == moved
    await salon.cancel(moved)
    assert min(await salon.offered(*parts)) == 0
    assert await salon.problems() == []


async def test_whoever_takes_the_first_has_time_for_all(salon: Salon) -> None:
    """One is free for the wash alone: the other gives both, or nobody does."""
    salon, (wash, cut, dry), (first, second) = await furnished(salon, 2)
    await salon.hold(Wanted(dry.id, preferences=(Preference(0, first.id),)), start=25)
    assert (await salon.offered(wash))[0] == 2
    assert (await salon.offered(wash, after(cut)))[0] == 1
    visit = await salon.hold(wash, after(cut))
    assert await salon.held_by(visit) == [second.id]
    assert 0 in await salon.offered(wash)
    assert 0 not in await salon.offered(wash, after(cut))
    with pytest.raises(SlotTaken):
        await salon.hold(wash, after(cut))
    # Each with somebody of their own is another matter.
    await salon.cancel(visit)
    await salon.hold(Wanted(dry.id, preferences=(Preference(0, second.id),)), start=0)
    assert 0 in await salon.offered(wash, cut)
    assert 0 not in await salon.offered(wash, after(cut))
    assert await salon.problems() == []


async def test_of_those_that_race_for_the_last_place_one_has_it(salon: Salon) -> None:
    salon, (wash, cut, _), _ = await furnished(salon)
    outcomes = await asyncio.gather(
        *(salon.hold(wash, after(cut), start=start) for start in (0, 5, 10, 15, 20, 25)), return_exceptions=True
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["SlotTaken"] * 5 + ["Visit"]
    assert await salon.problems() == []


async def test_what_is_offered_can_be_held_and_nothing_else(salon: Salon) -> None:
    salon, (wash, cut, dry), _ = await furnished(salon, 2)
    for start in (10, 15, 60):
        await salon.hold(dry, start=start)
    parts = Wanted(wash.id, party_size=1), after(cut, party_size=2)
    offered = await salon.offered(*parts, minutes=90)
    assert offered
    assert len(offered) < 18
    for start in range(0, 90, 5):
        try:
            visit = await salon.hold(*parts, start=start)
        except SlotTaken:
            assert start not in offered
        else:
            assert start in offered
            await salon.cancel(visit)


async def refusal(salon: Salon, *parts: Service | Wanted, people: int = 1) -> Refusal:
    """Why a hold is refused; a list is too, in the same way."""
    with pytest.raises(Refusal) as listed:
        await salon.offered(*parts, people=people)
    with pytest.raises(Refusal) as held:
        await salon.hold(*parts, people=people)
    assert listed.value.facts() == held.value.facts()
    assert type(listed.value) is type(held.value)
    return held.value


async def test_only_what_is_combined_is_booked_as_one(salon: Salon) -> None:
    salon, (wash, cut, dry), clerks = await furnished(salon)
    refused = await refusal(salon, wash, after(cut), after(dry))
    assert (type(refused), refused.facts()) == (NotCombined, {"service": str(dry.id)})
    # In a row, without any of it continuing, they go as they always did.
    assert items(await salon.hold(wash, cut, dry)) == [(0, 20), (20, 50), (50, 65)]
    await put(salon, wash, cut, dry, *clerks, on=False)
    assert isinstance(await refusal(salon, wash, after(cut)), CombinationsOff)


async def test_a_claim_lasts_a_day_at_most(salon: Salon) -> None:
    clerks = salon.clerks(1)
    long = [salon.service(13 * 60, clerks) for _ in range(2)]
    salon = replace(salon, branch=replace(salon.branch, combinations=(frozenset(each.id for each in long),)))
    await put(salon, *long, *clerks)
    refused = await refusal(salon, long[0], after(long[1]))
    assert (type(refused), refused.facts()) == (FieldInvalid, {"field": "parts", "expected": "shorter"})


async def test_each_is_for_no_more_than_it_may_be_for(salon: Salon) -> None:
    salon, (wash, cut, _), _ = await furnished(salon)
    with pytest.raises(PartyTooLarge) as refused:
        await salon.hold(Wanted(wash.id, party_size=1), after(cut, party_size=3))
    assert refused.value.limit == 2
    visit = await salon.hold(Wanted(wash.id, party_size=4), after(cut, party_size=2))
    assert visit.details.party_size == 6


def for_people(count: int) -> Change:
    return Change(lambda details: replace(details, party_size=count))


async def test_another_party_takes_another_time(salon: Salon) -> None:
    """Where all are for the same people, these may be more; where each has its own, who would tell whose are more?"""
    salon, (wash, cut, _), _ = await furnished(salon)
    caller = salon.person.caller
    visit = await salon.hold(wash, after(cut))
    assert [item.party_size for item in visit.items] == [None, None]
    more = await visits.change(salon.context, caller, None, visit.id, for_people(2))
    assert (items(more), await salon.times(more)) == ([(0, 20), (20, 40)], [(0, 40)])
    await salon.cancel(more)
    apart = await salon.hold(Wanted(wash.id, party_size=1), after(cut, party_size=1))
    with pytest.raises(FieldInvalid) as refused:
        await visits.change(salon.context, caller, None, apart.id, for_people(3))
    assert refused.value.expected == "sum_of_parts"
    assert await visits.change(salon.context, caller, None, apart.id, for_people(2)) == await read_again(salon, apart)


@pytest.mark.parametrize("on", [True, False])
async def test_what_was_booked_as_one_moves_as_one_as_long_as_somebody_can_give_it(salon: Salon, on: bool) -> None:
    """It stays together when nobody could book it any more, but not when nobody could give it."""
    salon, (wash, cut, dry), clerks = await furnished(salon)
    visit = await salon.confirm(await salon.hold(wash, after(cut)))
    salon = replace(salon, branch=replace(salon.branch, combinations=()))
    await put(salon, wash, cut, dry, *clerks, on=on)
    moved = await salon.change(visit, 30, 60)
    assert await salon.times(moved) == [(30, 60)]
    (other,) = salon.clerks(1)
    await put(salon, other, replace(cut, roles=(replace(cut.roles[0], resource_ids=(other.id,)),)), on=on)
    with pytest.raises(NotCombined):
        await salon.change(moved, 60, 90)
    assert await salon.times(moved) == [(30, 60)]
    await salon.cancel(moved)


@pytest.mark.parametrize(("capacity", "first", "places"), [(1, "plain", 1), (5, "numbered", 3), (5, "plain", 3)])
async def test_together_they_take_no_more_of_a_pool_than_any_of_them_may(
    salon: Salon, capacity: int, first: str, places: int
) -> None:
    """Whether the hours that have a number of their own are those of the first or of the second."""
    seats = pool_resource(salon.branch.id, 3, scope=PoolScope.OVERLAP)
    plain, numbered = salon.service(15, (seats,)), salon.service(15, (seats,))
    hours = tuple(WeeklyHours(weekday, 0, 1440, capacity) for weekday in range(7))
    numbered = replace(numbered, booking_hours=Schedule(hours))
    branch = replace(salon.branch, combinations=(frozenset({plain.id, numbered.id}),))
    salon = replace(salon, branch=branch)
    await put(salon, plain, numbered, seats)
    parts = (plain, after(numbered)) if first == "plain" else (numbered, after(plain))
    assert (await salon.offered(*parts))[0] == places
    outcomes = await asyncio.gather(*(salon.hold(*parts) for _ in range(6)), return_exceptions=True)
    assert sorted(type(each).__name__ for each in outcomes) == ["SlotTaken"] * (6 - places) + ["Visit"] * places
    assert 0 not in await salon.offered(*parts)
    assert await salon.problems() == []


async def test_a_promise_goes_over_to_a_place_held_for_all_of_it(salon: Salon) -> None:
    salon, (wash, cut, _), _ = await furnished(salon)
    parts = Wanted(wash.id, party_size=1), after(cut, party_size=1)
    visit = await salon.confirm(await salon.hold(*parts))
    later = await salon.hold(Wanted(wash.id, party_size=1), after(cut, party_size=2), start=60)
    moved = await visits.absorb(salon.context, salon.person.caller, visit.id, later.id)
    assert (moved.id, moved.details.party_size, items(moved)) == (visit.id, 3, [(60, 80), (80, 100)])
    assert [(item.party_size, item.continues) for item in moved.items] == [(1, False), (2, True)]
    assert await salon.times(moved) == [(60, 100)]
    assert (await read_again(salon, later)).state is State.ABSORBED
    assert await salon.problems() == []
