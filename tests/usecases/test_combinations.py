"""What is held together: services in a row and side by side, guests, roles, buffers, skills and wishes."""

import asyncio
from dataclasses import replace

import pytest

from appointed.core.catalog import GridAnchor, PartyCount, PoolScope, Role
from appointed.core.errors import BranchesDiffer, SlotNotOffered, SlotTaken
from appointed.core.preference import Preference
from appointed.core.visit import State
from appointed.usecases.holds import Wish, book, hold
from appointed.usecases.inquiring import Wanted
from people import OFFICE_HOURS, new_branch, pool_resource
from salon import Salon, at, items, minutes, wish


async def visits_made(salon: Salon) -> int:
    (row,) = await salon.rows("SELECT count(*) AS visits FROM visit")
    return row["visits"]


async def test_services_in_a_row_are_one_visit(salon: Salon) -> None:
    """Each with its own clerk, and with the time between them that was asked for."""
    first, second = salon.clerks(2)
    wash, cut = salon.service(10, [first]), salon.service(20, [second])
    await salon.put(wash, cut, first, second)
    parts = wash, Wanted(cut.id, gap=minutes(5))
    assert 0 in await salon.offered(*parts)
    visit = await salon.hold(*parts, ends_at=at(35))
    assert items(visit) == await salon.times(visit) == [(0, 10), (15, 35)]
    assert [item.service_id for item in visit.items] == [wash.id, cut.id]
    assert await salon.held_by(visit) == [first.id, second.id]
    # Ten minutes later the first is free, and the second is not where it would be needed.
    found = await salon.offered(*parts)
    assert min(found) == 20
    assert 10 in await salon.offered(wash, Wanted(cut.id, gap=minutes(15)))
    with pytest.raises(SlotTaken):
        await salon.hold(*parts, start=10)
    (block,) = (await salon.explained(*parts, start=10)).blocks
    assert (block.rule, block.service_id, block.resource_id, block.visits) == ("claims", cut.id, second.id, (visit.id,))
    assert await salon.problems() == []


async def test_services_side_by_side_take_somebody_each(salon: Salon) -> None:
    clerks = salon.clerks(2)
    nails, hair = salon.service(20, clerks), salon.service(30, clerks)
    await salon.put(nails, hair, *clerks)
    parts = nails, Wanted(hair.id, gap=minutes(5), beside=True)
    visit = await salon.hold(*parts, ends_at=at(35))
    assert items(visit) == [(0, 20), (5, 35)]
    assert set(await salon.held_by(visit)) == {clerk.id for clerk in clerks}
    assert min(await salon.offered(*parts)) == 30
    with pytest.raises(SlotTaken):
        await salon.hold(*parts, start=25)
    assert await salon.why(*parts, start=25) == {"claims", "assignment"}


async def test_an_end_that_was_given_has_to_be_the_end(salon: Salon) -> None:
    (clerk,) = salon.clerks(1)
    service = salon.service(10, [clerk], per_extra_person=minutes(10), party_limit=3)
    await salon.put(service, clerk)
    with pytest.raises(SlotNotOffered) as refused:
        await salon.hold(service, people=3, ends_at=at(10))
    assert refused.value.reason == "slot_grid"
    assert items(await salon.hold(service, people=3, ends_at=at(30))) == [(0, 30)]
    assert min(await salon.offered(service)) == 30


async def test_guests_have_visits_of_their_own_in_one_group(salon: Salon) -> None:
    """Held together, each with somebody; from then on they live alone."""
    clerks = salon.clerks(2)
    service = salon.service(10, clerks)
    await salon.put(service, *clerks)
    couple = service, Wanted(service.id, guest=1)
    one, other = await salon.hold_all(*couple)
    assert one.group_id is not None
    assert one.group_id == other.group_id
    assert one.id != other.id
    assert {one.state, other.state} == {State.HELD}
    assert [items(visit) for visit in (one, other)] == [[(0, 10)], [(0, 10)]]
    assert {*await salon.held_by(one), *await salon.held_by(other)} == {clerk.id for clerk in clerks}
    assert (await salon.hold(service, start=10)).group_id is None
    assert 10 not in await salon.offered(*couple)
    assert await salon.problems() == []


@pytest.mark.parametrize("apart", [False, True])
async def test_guests_come_together_or_not_at_all(salon: Salon, apart: bool) -> None:
    """The second one's clerk is taken, be it one of the same or another: nothing is left of the first."""
    clerks = salon.clerks(2)
    theirs = clerks[1:] if apart else clerks
    first, second = salon.service(10, clerks[:1]), salon.service(20, theirs)
    blocker = salon.service(10, clerks[1:])
    await salon.put(first, second, blocker, *clerks)
    await salon.hold(blocker, start=10)
    couple = first, Wanted(second.id, guest=1)
    before = await visits_made(salon)
    for start in (0, 5, 10):
        assert start not in await salon.offered(*couple)
        with pytest.raises(SlotTaken):
            await salon.hold_all(*couple, start=start)
    assert await visits_made(salon) == before
    assert min(await salon.offered(*couple)) == 20
    assert len(await salon.hold_all(*couple, start=20)) == 2


async def test_of_couples_that_race_as_many_come_as_there_is_room_for(salon: Salon) -> None:
    clerks = salon.clerks(5)
    service = salon.service(10, clerks)
    await salon.put(service, *clerks)
    couple = service, Wanted(service.id, guest=1)
    outcomes = await asyncio.gather(*(salon.hold_all(*couple) for _ in range(8)), return_exceptions=True)
    assert sum(isinstance(outcome, tuple) for outcome in outcomes) == 2
    assert {type(outcome) for outcome in outcomes} == {tuple, SlotTaken}
    assert await visits_made(salon) == 4
    assert await salon.offered(service, minutes=5) == {0: 1}
    assert await salon.problems() == []


async def test_buffers_are_claimed(salon: Salon) -> None:
    (clerk,) = salon.clerks(1)
    service = salon.service(10, [clerk], buffer_before=minutes(5), buffer_after=minutes(10))
    bare = salon.service(10, [clerk])
    await salon.put(service, bare, clerk)
    visit = await salon.hold(service)
    assert (items(visit), await salon.times(visit)) == ([(0, 10)], [(-5, 20)])
    assert min(await salon.offered(service)) == 25
    assert min(await salon.offered(bare)) == 20
    for start, rule in ((20, "buffers"), (15, "claims")):
        assert await salon.why(service, start=start) == {rule}
        with pytest.raises(SlotTaken):
            await salon.hold(service, start=start)
    await salon.hold(service, start=25)
    assert await salon.problems() == []


async def test_a_role_may_want_two_at_once(salon: Salon) -> None:
    clerks = salon.clerks(3)
    pair = salon.service(10, Role(tuple(each.id for each in clerks), count=2))
    single = salon.service(10, clerks)
    await salon.put(pair, single, *clerks)
    assert (await salon.offered(pair))[0] == 1
    visit = await salon.hold(pair)
    assert sorted(await salon.held_by(visit)) == sorted(each.id for each in clerks[:2])
    assert 0 not in await salon.offered(pair)
    with pytest.raises(SlotTaken):
        await salon.hold(pair)
    assert await salon.held_by(await salon.hold(single)) == [clerks[2].id]
    outcomes = await asyncio.gather(*(salon.hold(pair, start=10) for _ in range(4)), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["SlotTaken"] * 3 + ["Visit"]
    assert await salon.problems() == []


async def test_skills_choose(salon: Salon) -> None:
    plain, skilled = salon.clerks(2)
    skilled = replace(skilled, skills=frozenset({"colour", "cut"}))
    service = salon.service(10, Role((plain.id, skilled.id), skills=frozenset({"colour"})))
    await salon.put(service, plain, skilled)
    assert await salon.held_by(await salon.hold(service)) == [skilled.id]
    with pytest.raises(SlotTaken):
        await salon.hold(service)
    found = {(block.rule, block.resource_id) for block in (await salon.explained(service)).blocks}
    assert found == {("skills", plain.id), ("claims", skilled.id)}
    await salon.put(replace(skilled, skills=frozenset()))
    with pytest.raises(SlotNotOffered) as refused:
        await salon.hold(service, start=10)
    assert refused.value.reason == "skills"


async def test_who_was_asked_for_serves(salon: Salon) -> None:
    """By name or by traits, and nobody in their place."""
    clerks = [
        replace(clerk, traits=traits)
        for clerk, traits in zip(salon.clerks(3), ({"male"}, {"female"}, {"female", "polish"}), strict=True)
    ]
    service = salon.service(10, clerks)
    await salon.put(service, *clerks)

    def asking(**preference) -> Wanted:
        return Wanted(service.id, preferences=(Preference(0, **preference),))

    by_name, by_trait = asking(resource_id=clerks[1].id), asking(traits=frozenset({"female"}))
    for part, clerk in ((by_trait, 1), (by_trait, 2), (service, 0)):
        visit = await salon.hold(part)
        (claim,) = await salon.claims(visit)
        assert claim["resource_id"] == clerks[clerk].id
        assert claim["named"] is (part is not service)
    assert await salon.held_by(await salon.hold(by_name, start=10)) == [clerks[1].id]
    assert (await salon.offered(service))[10] == 2
    for part in (by_name, by_trait):
        assert (10 in await salon.offered(part)) is (part is by_trait)
    with pytest.raises(SlotTaken):
        await salon.hold(by_name, start=10)
    nobody = asking(traits=frozenset({"male", "polish"}))
    assert await salon.offered(nobody) == {}
    with pytest.raises(SlotNotOffered) as refused:
        await salon.hold(nobody, start=30)
    assert refused.value.reason == "preference"


async def test_heads_share_a_pool_over_time(salon: Salon) -> None:
    """Two services of one room with six places: at no instant are there more than six heads."""
    room = pool_resource(salon.branch.id, 6, scope=PoolScope.OVERLAP)
    short = salon.service(10, [room], party_count=PartyCount.HEADS)
    long = salon.service(30, [room], party_count=PartyCount.HEADS)
    await salon.put(short, long, room)
    visit = await salon.hold(short, people=4)
    assert [claim["units"] for claim in await salon.claims(visit)] == [4]
    assert (await salon.offered(short))[0] == 2
    assert (await salon.offered(long, people=2))[5] == 1
    assert 5 not in await salon.offered(long, people=3)
    with pytest.raises(SlotTaken):
        await salon.hold(long, start=5, people=3)
    await salon.hold(long, start=5, people=2)
    assert 5 not in await salon.offered(short)
    outcomes = await asyncio.gather(*(salon.hold(short, start=10, people=2) for _ in range(5)), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["SlotTaken"] * 3 + ["Visit"] * 2
    assert await salon.problems() == []


async def test_a_packed_grid_follows_what_is_booked(salon: Salon) -> None:
    salon = replace(salon, branch=new_branch(time_zone="UTC", opening_hours=OFFICE_HOURS))
    (clerk,) = salon.clerks(1)
    service = salon.service(20, [clerk], anchor=GridAnchor.PACKED, grid=minutes(30), buffer_before=minutes(5))
    await salon.put(service, replace(clerk, schedule=OFFICE_HOURS))
    # Before it opens nobody is there for the buffer.
    assert list(await salon.offered(service, minutes=120)) == [30, 60, 90]
    await salon.hold(service, start=30)
    assert list(await salon.offered(service, minutes=120)) == [55, 85, 115]
    with pytest.raises(SlotNotOffered) as refused:
        await salon.hold(service, start=60)
    assert refused.value.reason == "slot_grid"
    assert await salon.why(service, start=60) == {"slot_grid"}
    await salon.hold(service, start=55)
    assert list(await salon.offered(service, minutes=120)) == [80, 110]


async def test_what_starts_together_belongs_to_one_branch(salon: Salon) -> None:
    elsewhere = new_branch()
    (clerk,) = salon.clerks(1)
    here, there = salon.service(10, [clerk]), replace(salon.service(10, [clerk]), branch_id=elsewhere.id)
    await salon.put(here, there, elsewhere, clerk)
    with pytest.raises(BranchesDiffer):
        await salon.hold(here, there)
    with pytest.raises(BranchesDiffer):
        await salon.offered(here, there)


@pytest.mark.parametrize("use", [hold, book])
async def test_one_guest_is_held_and_booked_alike(salon: Salon, use) -> None:
    """What is booked is reminded of; what is held is not yet."""
    (clerk,) = salon.clerks(1)
    service = salon.service(10, [clerk], reminder=minutes(30))
    await salon.put(service, clerk)
    asked: Wish = wish(service, Wanted(service.id, gap=minutes(5)))
    visit = await use(salon.context, salon.person.caller, asked)
    assert (visit.state, visit.reminder_at) == ((State.HELD, None) if use is hold else (State.CONFIRMED, at(-30)))
    assert items(visit) == [(0, 10), (15, 25)]
