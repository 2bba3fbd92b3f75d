"""Services of a guest that are given in one go: whoever gives the first goes on with the others."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appointed.core import availability
from appointed.core.catalog import CapacityStep, Catalog, PartyCount, PoolScope, Resource, Role, Service
from appointed.core.errors import SlotNotOffered
from appointed.core.explain import explain
from appointed.core.ids import ServiceId
from appointed.core.localtime import MINUTE
from appointed.core.occupancy import Taken
from appointed.core.plan import Part, Plan
from appointed.core.preference import Preference
from appointed.usecases.inquiring import Wanted
from drawn_world import Drawn
from inquiries import inquiry
from small_branch import BRANCH, CHAIR, DESK, LONG_AGO, ROOM, START, minute_of, pool, weekly

HERE = replace(BRANCH, opening_hours=weekly((0, 1440)))
ANYBODY = Role((ROOM.id, CHAIR.id, DESK.id))
START_MINUTE = minute_of(START)


def service(number: int, duration: int, role: Role = ANYBODY, **rest) -> Service:
    return Service(ServiceId(UUID(int=number)), BRANCH.id, f"s{number}", duration * MINUTE, 5 * MINUTE, (role,), **rest)


WASH = service(51, 20)
CUT = service(52, 30, added_duration=10 * MINUTE)
DRY = service(53, 15, per_extra_person=5 * MINUTE)


def asking(parts: list[Part], *known, party: int = 1, claims=(), window: int = 1):
    """An inquiry for so many minutes from START on, at a branch that never closes."""
    resources = known or (ROOM, CHAIR, DESK)
    catalog = Catalog(
        1,
        {HERE.id: HERE},
        {part.service.id: part.service for part in parts},
        {each.id: each for each in resources},
    )
    taken: dict = {}
    for resource, starts, ends in claims:
        taken[resource.id] = (*taken.get(resource.id, ()), Taken(START_MINUTE + starts, START_MINUTE + ends))
    asked = START_MINUTE, START_MINUTE + window
    return inquiry(Drawn(catalog, HERE, Plan(tuple(parts), party), taken, LONG_AGO, asked))


@pytest.mark.parametrize(
    ("parts", "party", "lengths"),
    [
        # Without a time of its own for it, what is added lasts as long as by itself.
        ([Part(WASH), Part(DRY, continues=True)], 1, (20, 15)),
        ([Part(WASH), Part(CUT, continues=True)], 1, (20, 10)),
        ([Part(CUT), Part(WASH, continues=True)], 1, (30, 20)),
        # Each of those that it is for adds as much.
        ([Part(WASH), Part(CUT, continues=True)], 3, (20, 30)),
        ([Part(WASH), Part(CUT, continues=True, party_size=2)], 3, (20, 20)),
        ([Part(DRY, party_size=2), Part(CUT, continues=True, party_size=4)], 1, (20, 40)),
        ([Part(WASH), Part(DRY, continues=True, party_size=3)], 1, (20, 25)),
        ([Part(WASH), Part(CUT, continues=True), Part(DRY, continues=True)], 1, (20, 10, 15)),
        ([Part(DRY, party_size=2), Part(DRY, party_size=1)], 5, (20, 15)),
    ],
)
def test_each_lasts_as_long_as_its_own_people_take(parts: list[Part], party: int, lengths: tuple[int, ...]):
    plan = Plan(tuple(parts), party)
    assert plan.lengths == lengths
    assert plan.length == sum(lengths)


def test_no_party_takes_longer_than_the_largest_that_may_come():
    limited = service(54, 30, added_duration=10 * MINUTE, party_limit=2)
    assert Plan((Part(WASH), Part(limited, continues=True)), 9).lengths == (20, 20)


def test_the_first_need_lasts_as_long_as_all():
    plan = Plan((Part(WASH), Part(CUT, continues=True), Part(DRY), Part(WASH, continues=True)))
    first, second = plan.needs
    assert (first.part, first.starts, first.ends) == (0, 0, 30)
    assert (second.part, second.starts, second.ends) == (2, 30, 65)
    assert plan.added == {0: [1], 2: [3]}


def test_the_claim_reaches_as_far_as_any_of_them_would():
    before = service(55, 20, buffer_before=5 * MINUTE, buffer_after=60 * MINUTE)
    after = service(56, 20, buffer_before=30 * MINUTE, buffer_after=10 * MINUTE)
    (need,) = Plan((Part(before), Part(after, continues=True))).needs
    assert (need.starts, need.ends, need.claims_from, need.claims_to) == (0, 40, -10, 80)


def test_guests_go_on_each_for_themselves():
    plan = Plan((Part(WASH), Part(WASH, guest=1), Part(CUT, continues=True), Part(DRY, guest=1, continues=True)))
    assert [(need.part, need.ends) for need in plan.needs] == [(0, 30), (1, 35)]


def test_it_takes_as_much_as_the_part_that_takes_most():
    seats = pool(60, PoolScope.OVERLAP, (LONG_AGO, 20))
    heads = [service(57 + n, 20, Role((seats.id,), units=2), party_count=PartyCount.HEADS) for n in (0, 1)]
    (need,) = Plan((Part(heads[0], party_size=2), Part(heads[1], continues=True, party_size=5))).needs
    assert need.units == 10


@pytest.mark.parametrize("parts", [[Part(WASH, continues=True)], [Part(WASH), Part(CUT, guest=1, continues=True)]])
def test_the_first_part_of_a_guest_continues_nothing(parts: list[Part]):
    with pytest.raises(ValueError, match="first part"):
        assert Plan(tuple(parts)).needs


def test_who_is_asked_for_gives_all_of_it():
    asked = Preference(0, CHAIR.id)
    parts = [Part(WASH, preferences=(asked,)), Part(DRY, continues=True)]
    assert availability.assignment(asking(parts)).chosen == (CHAIR.id,)
    taken = asking(parts, claims=[(CHAIR, 30, 60)])
    assert [slot.available for slot in availability.slots(taken)] == [0]


def test_each_part_keeps_its_own_rules_at_its_own_time():
    """Of a service that can be booked until half past, what is added at a quarter past is over in time, or is not."""
    minute = START.hour * 60 + 60
    hours = weekly((minute, minute + 30))
    short, long = (
        service(number, 60, added_duration=added * MINUTE, booking_hours=hours)
        for number, added in ((58, 10), (59, 11))
    )
    assert availability.slots(asking([Part(WASH), Part(short, continues=True)]))
    assert not availability.slots(asking([Part(WASH), Part(long, continues=True)]))
    (block,) = explain(asking([Part(WASH), Part(long, continues=True)]))
    assert (block.rule, block.service_id) == ("booking_hours", long.id)


def test_a_service_may_be_added_and_stand_by_itself_in_one_plan():
    """What was worked out for the ten minutes that it adds does not tell of the hour that it takes alone."""
    minute = START.hour * 60 + 60
    twice = service(62, 60, added_duration=10 * MINUTE, booking_hours=weekly((minute, minute + 45)))
    assert availability.slots(asking([Part(WASH), Part(twice, continues=True)]))
    (block,) = explain(asking([Part(WASH), Part(twice, continues=True), Part(twice)]))
    assert (block.rule, block.service_id) == ("booking_hours", twice.id)
    assert not availability.slots(asking([Part(WASH), Part(twice, continues=True), Part(twice)]))


SEATS = pool(63, PoolScope.OVERLAP, (LONG_AGO, 3))
SLOTS = pool(64, PoolScope.SAME_SLOT, (LONG_AGO, 3))


def limited(number: int, where: Resource, capacity: int | None, from_minute: int = 0) -> Service:
    """A service of fifteen minutes; the numbers of its hours hold from so many minutes after START on."""
    minute = START.hour * 60 + 60 + from_minute
    hours = weekly((0, minute), (minute, 1440, capacity))
    return service(number, 15, Role((where.id,)), booking_hours=hours)


def left(parts: list[Part], where: Resource) -> list[int]:
    """How many the engine lists, which are as many as it counts and gives one after another."""
    asked = asking(parts, where)
    for slot in (slots := availability.slots(asked)):
        need = asked.plan.needs[0]
        capacity = asked.capacity(need, slot.starts, asked.rooms[where.id])
        assert slot.capacity == asked.rooms[where.id].capacity(slot.starts, slot.ends, capacity)
    return [slot.available for slot in slots]


@pytest.mark.parametrize("where", [SEATS, SLOTS], ids=["overlap", "same slot"])
def test_what_its_hours_say_of_a_pool_holds_for_a_service_that_is_added(where: Resource):
    """The numbers of the second hold at the time at which the second starts; the least of them is that of the claim."""
    plain = service(65, 15, Role((where.id,)))
    few, none_yet = limited(66, where, 1), limited(67, where, 1, from_minute=20)
    assert left([Part(plain)], where) == left([Part(plain), Part(none_yet, continues=True)], where) == [3]
    assert left([Part(plain), Part(few, continues=True)], where) == [1]
    assert left([Part(few), Part(plain, continues=True)], where) == [1]
    later = limited(68, where, 1, from_minute=15)
    assert left([Part(plain), Part(later, continues=True)], where) == [1]
    assert left([Part(later), Part(plain, continues=True)], where) == [3]
    two = limited(69, where, 2)
    assert left([Part(two), Part(few, continues=True)], where) == [1]
    assert left([Part(few), Part(two, continues=True)], where) == [1]
    assert left([Part(two), Part(limited(70, where, 0), continues=True)], where) == []


@pytest.mark.parametrize("where", [SEATS, SLOTS], ids=["overlap", "same slot"])
def test_a_larger_number_of_one_service_does_not_overfill_the_pool_under_the_other(where: Resource):
    plain, many = service(65, 15, Role((where.id,))), limited(66, where, 5)
    assert left([Part(many)], where) == [5]
    assert left([Part(many), Part(plain, continues=True)], where) == [3]
    assert left([Part(plain), Part(many, continues=True)], where) == [3]
    assert left([Part(many), Part(limited(67, where, 4), continues=True)], where) == [4]
    fewer_soon = replace(where, capacity=(*where.capacity, CapacityStep(START + 29 * MINUTE, 2)))
    assert left([Part(many), Part(plain, continues=True)], fewer_soon) == [2]
    assert left([Part(many), Part(limited(67, where, 4), continues=True)], fewer_soon) == [4]


def test_nobody_gives_two_services_at_once():
    with pytest.raises(ValueError, match="beside"):
        assert Plan((Part(WASH), Part(CUT, continues=True, beside=True))).needs
    with pytest.raises(ValueError, match="at once"):
        Wanted(CUT.id, continues=True, beside=True)


def test_a_party_is_as_large_as_the_part_may_be_for():
    few = service(61, 20, party_limit=2)
    assert availability.slots(asking([Part(WASH, party_size=5), Part(few, continues=True, party_size=2)]))
    refused = asking([Part(WASH, party_size=2), Part(few, continues=True, party_size=3)])
    with pytest.raises(SlotNotOffered) as raised:
        availability.assignment(refused)
    assert raised.value.reason == "party_size"


CLAIMS = st.lists(
    st.tuples(st.sampled_from((ROOM, CHAIR, DESK)), st.integers(-60, 240), st.integers(5, 60)), max_size=9
)
PARTIES = st.one_of(st.none(), st.integers(1, 3))


@given(
    CLAIMS, st.lists(st.tuples(st.sampled_from((WASH, CUT, DRY)), PARTIES), min_size=2, max_size=4), st.integers(1, 3)
)
def test_it_is_offered_where_one_is_free_for_all_of_it(claims, added, party):
    """Told minute by minute: whoever is free from the first minute to the last, and nobody else, can give it."""
    parts = [Part(what, continues=place > 0, party_size=people) for place, (what, people) in enumerate(added)]
    taken: dict = {each: set() for each in (ROOM, CHAIR, DESK)}
    kept = []
    for resource, starts, minutes in claims:
        if taken[resource].isdisjoint(range(starts, starts + minutes)):
            taken[resource] |= {*range(starts, starts + minutes)}
            kept.append((resource, starts, starts + minutes))
    length = 0
    for place, (what, people) in enumerate(added):
        heads = people or party
        if place and what.added_duration is not None:
            length += sum([what.added_duration // MINUTE] * heads)
        else:
            length += what.duration // MINUTE + what.per_extra_person // MINUTE * (heads - 1)
    window = 120
    found = availability.slots(asking(parts, party=party, claims=kept, window=window))
    expected = {
        start: sum(busy.isdisjoint(range(start, start + length)) for busy in taken.values())
        for start in range(0, window, 5)
    }
    assert {slot.starts - START_MINUTE: slot.available for slot in found} == expected
    assert {slot.ends_at - slot.starts_at for slot in found} == {timedelta(minutes=length)}
    first = next((start for start, left in expected.items() if left), None)
    if first is not None:
        at = replace(asking(parts, party=party, claims=kept, window=window), window=(START_MINUTE + first,) * 2)
        (chosen,) = availability.assignment(at).chosen
        assert taken[next(each for each in taken if each.id == chosen)].isdisjoint(range(first, first + length))
