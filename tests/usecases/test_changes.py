"""A visit that changes: its own old time is in nobody's way, least of all in its own."""

import asyncio

import pytest

from appointed.core.catalog import GridAnchor, PartyCount, PoolScope
from appointed.core.errors import CustomerLimitReached, PartyTooLarge, SlotNotOffered, SlotTaken
from appointed.core.visit import Contact, State
from appointed.usecases.inquiring import Wanted
from people import pool_resource
from salon import Salon, items, minutes


@pytest.mark.parametrize("confirmed", [False, True])
async def test_a_move_may_overlap_its_own_old_time(salon: Salon, confirmed: bool) -> None:
    """With a choice of clerks, all of whom are taken: one of them by the visit itself."""
    clerks = salon.clerks(2)
    service = salon.service(10, clerks)
    await salon.put(service, *clerks)
    visit, other = await salon.hold(service), await salon.hold(service)
    if confirmed:
        await salon.confirm(visit)
    moved = await salon.change(visit, 5)
    assert moved.state is (State.CONFIRMED if confirmed else State.HELD)
    assert items(moved) == await salon.times(visit) == [(5, 15)]
    assert await salon.held_by(visit) != await salon.held_by(other)
    # There and back, and to where it is.
    for start in (0, 0, 5):
        assert items(await salon.change(visit, start)) == [(start, start + 10)]
    with pytest.raises(SlotTaken):
        await salon.hold(service, start=5)
    assert await salon.problems() == []


async def test_a_move_that_finds_no_room_changes_nothing(salon: Salon) -> None:
    clerks = salon.clerks(2)
    service = salon.service(10, clerks)
    await salon.put(service, *clerks)
    visit = await salon.hold(service)
    for _ in range(2):
        await salon.hold(service, start=10)
    with pytest.raises(SlotTaken):
        await salon.change(visit, 5)
    assert await salon.times(visit) == [(0, 10)]
    assert await salon.events(visit) == ["held"]


async def test_two_that_change_places_with_a_third_at_once(salon: Salon) -> None:
    """Eight visits move to two places, over their own old times: two get there, whoever they are."""
    clerks = salon.clerks(2)
    service = salon.service(10, clerks)
    await salon.put(service, *clerks)
    held = [await salon.hold(service, start=start) for start in (0, 20, 30, 40) for _ in range(2)]
    outcomes = await asyncio.gather(*(salon.change(visit, 5) for visit in held), return_exceptions=True)
    assert sum(not isinstance(outcome, Exception) for outcome in outcomes) == 2
    assert {type(outcome) for outcome in outcomes if isinstance(outcome, Exception)} <= {SlotTaken}
    assert 5 not in await salon.offered(service)
    assert await salon.problems() == []


async def test_more_heads_take_more_places(salon: Salon) -> None:
    """At the same time, if there is room; fewer of them give places back."""
    room = pool_resource(salon.branch.id, 5, scope=PoolScope.OVERLAP)
    service = salon.service(10, [room], party_count=PartyCount.HEADS, party_limit=6)
    await salon.put(service, room)
    visit, _ = await salon.hold(service, people=2), await salon.hold(service, start=5, people=2)
    assert (await salon.change(visit, party_size=3)).details.party_size == 3
    assert [claim["units"] for claim in await salon.claims(visit)] == [3]
    assert 0 not in await salon.offered(service)
    with pytest.raises(SlotTaken):
        await salon.change(visit, party_size=4)
    with pytest.raises(PartyTooLarge):
        await salon.change(visit, party_size=7)
    assert [claim["units"] for claim in await salon.claims(visit)] == [3]
    await salon.change(visit, party_size=1)
    assert (await salon.offered(service))[0] == 2
    assert await salon.problems() == []


async def test_a_larger_party_stays_longer(salon: Salon) -> None:
    """Where nothing else is said it comes at the same time; an end that is given has to fit."""
    (clerk,) = salon.clerks(1)
    service = salon.service(10, [clerk], per_extra_person=minutes(10), party_limit=4)
    await salon.put(service, clerk)
    visit = await salon.hold(service)
    await salon.hold(service, start=30)
    assert items(await salon.change(visit, party_size=3)) == await salon.times(visit) == [(0, 30)]
    with pytest.raises(SlotTaken):
        await salon.change(visit, party_size=4)
    with pytest.raises(SlotNotOffered):
        await salon.change(visit, 40, 50)
    assert items(await salon.change(visit, 40, 70)) == await salon.times(visit) == [(40, 70)]
    assert items(await salon.change(visit, 0, 20, party_size=2)) == [(0, 20)]
    assert await salon.problems() == []


async def test_services_in_a_row_move_as_one(salon: Salon) -> None:
    """With the time between them, side by side or not, and over their own old times."""
    clerks = salon.clerks(3)
    wash, cut, dry = (salon.service(10, [clerk]) for clerk in clerks)
    await salon.put(wash, cut, dry, *clerks)
    row = wash, Wanted(cut.id, gap=minutes(5)), Wanted(dry.id, gap=minutes(5), beside=True)
    visit = await salon.hold(*row)
    before = [(0, 10), (15, 25), (20, 30)]
    assert items(visit) == before
    moved = await salon.change(visit, 5, 35)
    assert items(moved) == await salon.times(visit) == [(start + 5, end + 5) for start, end in before]
    assert [item.service_id for item in moved.items] == [wash.id, cut.id, dry.id]
    with pytest.raises(SlotNotOffered):
        await salon.change(visit, 40, 50)
    assert await salon.times(visit) == items(moved)
    assert await salon.problems() == []


async def test_what_is_side_by_side_stays_so_when_a_part_grows(salon: Salon) -> None:
    clerks = salon.clerks(2)
    longer = salon.service(10, clerks[:1], per_extra_person=minutes(10), party_limit=2)
    other = salon.service(10, clerks[1:])
    await salon.put(longer, other, *clerks)
    visit = await salon.hold(longer, Wanted(other.id, gap=minutes(5), beside=True))
    assert items(await salon.change(visit, party_size=2)) == await salon.times(visit) == [(0, 20), (5, 15)]


async def test_a_packed_grid_does_not_know_the_visit_that_moves(salon: Salon) -> None:
    """Without its own claim the day is as it was before it came."""
    (clerk,) = salon.clerks(1)
    service = salon.service(20, [clerk], anchor=GridAnchor.PACKED, grid=minutes(30))
    await salon.put(service, clerk)
    visit = await salon.hold(service)
    assert list(await salon.offered(service)) == [20, 50]
    with pytest.raises(SlotNotOffered):
        await salon.change(visit, 20, 40)
    assert items(await salon.change(visit, 30, 50)) == [(30, 50)]


async def test_a_customer_who_is_told_later_is_counted(salon: Salon) -> None:
    """And one who became another is that one: nobody slips past the limit of a day by telling who it is afterwards."""
    pool = pool_resource(salon.branch.id, 9)
    service = salon.service(10, [pool], customer_daily_limit=1)
    await salon.put(service, pool)
    first, nobody = await salon.hold(service, customer="+481"), await salon.hold(service)
    with pytest.raises(CustomerLimitReached):
        await salon.change(nobody, contact=Contact("phone", "+481"))
    await salon.change(nobody, contact=Contact("phone", "+482"))
    with pytest.raises(CustomerLimitReached):
        await salon.hold(service, customer="+482")
    with pytest.raises(CustomerLimitReached):
        await salon.change(first, contact=Contact("phone", "+482"))
    await salon.change(first, contact=Contact("phone", "+483"))
    await salon.hold(service, customer="+481")
    # Whoever stays who they are may change all else, and the limit counts them once.
    changed = await salon.change(first, 5, locale="pl", contact=Contact("phone", "+483", "a@b.co"))
    assert changed.details.locale == "pl"
    await salon.change(first, custom_data="{}")
    strangers = [await salon.hold(service) for _ in range(4)]
    outcomes = await asyncio.gather(
        *(salon.change(visit, contact=Contact("phone", "+484")) for visit in strangers), return_exceptions=True
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["CustomerLimitReached"] * 3 + ["Visit"]
