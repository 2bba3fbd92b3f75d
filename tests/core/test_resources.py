"""What is left of a slot, and whom a hold takes."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from appointed.core import availability
from appointed.core.catalog import (
    ANY_TIME,
    CapacityStep,
    GridAnchor,
    PartyCount,
    PoolScope,
    Resource,
    Role,
    Schedule,
    Service,
    WeeklyHours,
)
from appointed.core.errors import SlotNotOffered, SlotTaken
from appointed.core.ids import ClaimId, VisitId
from appointed.core.localtime import EPOCH, MINUTE, minute_of
from appointed.core.occupancy import Taken
from appointed.core.plan import Part, Plan
from appointed.core.preference import Preference
from small_branch import ADVICE, BRANCH, CHAIR, DESK, LONG_AGO, ROOM, START, asking, exclusive, pool, service

WINDOW = START, START + MINUTE
AT = minute_of(START)


def claim(resource: Resource, start: int, end: int, units: int = 1, expires: int | None = None, **rest):
    """Minutes after the slot's start; those until it expires are counted from now."""
    lapses = None if expires is None else (LONG_AGO + expires * MINUTE - EPOCH) // timedelta(microseconds=1)
    return resource, Taken(AT + start, AT + end, units, lapses, **rest)


def room_left(what: Service, *resources: Resource, **rest) -> tuple[int, int] | None:
    found = availability.slots(asking(what, WINDOW, *resources, **rest))
    return (found[0].capacity, found[0].available) if found else None


FIVE = pool(21, PoolScope.OVERLAP, (LONG_AGO, 5))
SWINGING = pool(22, PoolScope.OVERLAP, (LONG_AGO, 5), (START + 10 * MINUTE, 2), (START + 20 * MINUTE, 4))
THREE_PER_SLOT = pool(23, PoolScope.SAME_SLOT, (LONG_AGO, 3))
LATE = pool(24, PoolScope.OVERLAP, (START + MINUTE, 5))


@pytest.mark.parametrize(
    ("resource", "claims", "expected"),
    [
        (ROOM, [], (1, 1)),
        (ROOM, [claim(ROOM, 10, 20)], (1, 0)),
        (ROOM, [claim(ROOM, -30, 60)], (1, 0)),
        (ROOM, [claim(ROOM, -30, 0), claim(ROOM, 30, 60)], (1, 1)),
        (ROOM, [claim(CHAIR, 0, 30)], (1, 1)),
        (ROOM, [claim(ROOM, 0, 30, expires=0)], (1, 1)),
        (ROOM, [claim(ROOM, 0, 30, expires=1)], (1, 0)),
        (FIVE, [claim(FIVE, 0, 10, 2), claim(FIVE, 10, 20, 3)], (5, 2)),
        (FIVE, [claim(FIVE, 0, 11, 2), claim(FIVE, 10, 20, 3)], (5, 0)),
        (FIVE, [claim(FIVE, 0, 30, 9)], (5, 0)),
        (FIVE, [claim(FIVE, 0, 30, 9, expires=0)], (5, 5)),
        (SWINGING, [], (2, 2)),
        (SWINGING, [claim(SWINGING, 0, 10, 4)], (2, 1)),
        (SWINGING, [claim(SWINGING, 12, 14)], (2, 1)),
        (LATE, [], None),
        (THREE_PER_SLOT, [claim(THREE_PER_SLOT, 0, 30, 2)], (3, 1)),
        (THREE_PER_SLOT, [claim(THREE_PER_SLOT, 0, 29, 2), claim(THREE_PER_SLOT, 1, 30, 2)], (3, 3)),
        (THREE_PER_SLOT, [claim(THREE_PER_SLOT, 0, 30, 2, expires=0)], (3, 3)),
    ],
)
def test_what_is_left(resource: Resource, claims: list, expected: tuple[int, int] | None):
    """Full slots are told too; a slot that nothing could hold is none."""
    known = (resource, CHAIR) if resource is ROOM else (resource,)
    assert room_left(service(30, 30, Role((resource.id,))), *known, claims=claims) == expected


def test_a_role_takes_its_units_and_an_exclusive_resource_whole():
    assert room_left(service(30, 30, Role((FIVE.id,), 2)), FIVE) == (2, 2)
    assert room_left(service(30, 30, Role((ROOM.id,), 2)), ROOM) == (1, 1)


def test_a_role_takes_as_many_resources_as_it_counts():
    what = service(30, 30, Role((ROOM.id, CHAIR.id, DESK.id), count=2))
    assert room_left(what, ROOM, CHAIR, DESK) == (1, 1)
    assert room_left(what, ROOM, CHAIR, DESK, claims=[claim(CHAIR, 0, 30)]) == (1, 1)
    assert room_left(what, ROOM, CHAIR, DESK, claims=[claim(CHAIR, 0, 30), claim(DESK, 0, 30)]) == (1, 0)


@pytest.mark.parametrize(("counts", "expected"), [(PartyCount.TICKETS, (5, 5)), (PartyCount.HEADS, (1, 1))])
def test_a_party_counts_as_one_or_by_heads(counts: PartyCount, expected: tuple[int, int]):
    what = service(30, 30, Role((FIVE.id,)), party_count=counts)
    assert room_left(what, FIVE, plan=Plan.single(what, 3)) == expected


def test_the_scarcest_role_decides():
    what = service(30, 30, Role((FIVE.id,)), Role((ROOM.id, CHAIR.id)))
    assert room_left(what, FIVE, ROOM, CHAIR, claims=[claim(ROOM, 0, 30)]) == (2, 1)


def test_roles_that_share_a_resource_cannot_both_have_it():
    what = service(30, 30, Role((ROOM.id, CHAIR.id)), Role((ROOM.id,)))
    assert room_left(what, ROOM, CHAIR) == (1, 1)
    assert room_left(what, ROOM, CHAIR, claims=[claim(CHAIR, 0, 30)]) == (1, 0)


def test_nothing_to_take_is_nothing_to_offer():
    assert room_left(service(30, 30)) is None
    assert room_left(ADVICE) is None


def test_booking_hours_set_what_a_pool_holds():
    """Today's rather than yesterday's, the first of today's, and the pool's own outside of them all."""

    def left(*hours: WeeklyHours) -> tuple[int, int] | None:
        what = service(30, 30, Role((FIVE.id,)), booking_hours=Schedule(hours))
        return room_left(what, FIVE, claims=[claim(FIVE, 0, 1)])

    assert left(WeeklyHours(0, 0, 1440, 3)) == (3, 2)
    assert left(WeeklyHours(0, 0, 1440)) == (5, 4)
    assert left(WeeklyHours(0, 0, 1440, 9)) == (9, 8)
    assert left(WeeklyHours(0, 0, 1440, 0)) is None
    assert left(WeeklyHours(0, 0, 1440, 3), WeeklyHours(0, 0, 1440, 2)) == (3, 2)
    assert left(WeeklyHours(6, 1200, 2400, 2), WeeklyHours(0, 0, 1440, 3)) == (3, 2)
    assert left(WeeklyHours(6, 1200, 2400, 2), WeeklyHours(0, 0, 1440)) == (2, 1)
    assert left(WeeklyHours(0, 0, 540, 3), WeeklyHours(0, 540, 1440)) == (5, 4)


def test_buffers_are_taken_before_and_after():
    what = service(30, 30, Role((ROOM.id,)), buffer_before=10 * MINUTE, buffer_after=20 * MINUTE)
    assert room_left(what, ROOM, claims=[claim(ROOM, -30, -10), claim(ROOM, 50, 60)]) == (1, 1)
    assert room_left(what, ROOM, claims=[claim(ROOM, -30, -9)]) == (1, 0)
    assert room_left(what, ROOM, claims=[claim(ROOM, 49, 60)]) == (1, 0)


def choose(what: Service, *resources: Resource, **rest) -> tuple:
    found = availability.assignment(asking(what, WINDOW, *resources, **rest))
    assert found.moves == ()
    return found.chosen


def needs_claims(what: Service, *resources: Resource) -> bool:
    asked = asking(what, WINDOW, *resources)
    return availability.needs_claims(asked.plan, asked.catalog)


@pytest.mark.parametrize(
    ("what", "needed"),
    [
        (ADVICE, False),
        (service(30, 30, Role((ROOM.id,)), Role((FIVE.id,))), False),
        (service(30, 30, Role((ROOM.id, CHAIR.id))), True),
        (service(30, 30, Role((FIVE.id,), count=2)), True),
        (service(30, 30, Role((ROOM.id,)), anchor=GridAnchor.PACKED), True),
        (service(30, 30, Role((ROOM.id,), interchangeable=True)), True),
    ],
)
def test_claims_are_read_where_there_is_a_choice(what: Service, needed: bool):
    assert needs_claims(what, ROOM, CHAIR, FIVE) is needed


def test_the_only_resource_is_taken_without_a_look_at_claims():
    assert choose(ADVICE, ROOM) == (ROOM.id,)


def test_the_first_resource_that_is_free():
    what = service(30, 30, Role((ROOM.id, CHAIR.id)), Role((FIVE.id,), 3))
    assert choose(what, ROOM, CHAIR, FIVE) == (ROOM.id, FIVE.id)
    assert choose(what, ROOM, CHAIR, FIVE, claims=[claim(ROOM, 0, 1)]) == (CHAIR.id, FIVE.id)
    assert choose(what, ROOM, CHAIR, FIVE, claims=[claim(ROOM, 0, 1, expires=0)]) == (ROOM.id, FIVE.id)


def test_the_first_gives_way_where_the_whole_would_fail():
    what = service(30, 30, Role((ROOM.id, CHAIR.id)), Role((ROOM.id, DESK.id)))
    assert choose(what, ROOM, CHAIR, DESK, claims=[claim(DESK, 0, 30)]) == (CHAIR.id, ROOM.id)


def test_who_was_asked_for():
    what = service(30, 30, Role((ROOM.id, CHAIR.id)))
    assert choose(what, ROOM, CHAIR, plan=Plan.single(what, 1, [Preference(0, CHAIR.id)])) == (CHAIR.id,)
    bright = replace(CHAIR, traits=frozenset({"bright"}))
    plan = Plan.single(what, 1, [Preference(0, traits=frozenset({"bright"}))])
    assert choose(what, ROOM, bright, plan=plan) == (CHAIR.id,)
    with pytest.raises(SlotTaken):
        choose(what, ROOM, bright, plan=plan, claims=[claim(CHAIR, 0, 30)])


def test_who_was_asked_for_is_one_of_several():
    what = service(30, 30, Role((ROOM.id, CHAIR.id, DESK.id), count=2))
    plan = Plan.single(what, 1, [Preference(0, DESK.id)])
    everybody = ROOM, CHAIR, DESK
    assert choose(what, *everybody, plan=plan) == (DESK.id, ROOM.id)
    assert choose(what, *everybody, plan=plan, claims=[claim(ROOM, 0, 30)]) == (DESK.id, CHAIR.id)
    assert room_left(what, *everybody, plan=plan) == (1, 1)
    for taken in ([claim(DESK, 0, 30)], [claim(ROOM, 0, 30), claim(CHAIR, 0, 30)]):
        assert room_left(what, *everybody, plan=plan, claims=taken) == (1, 0)
        with pytest.raises(SlotTaken):
            choose(what, *everybody, plan=plan, claims=taken)


def test_traits_are_asked_of_all_of_several():
    what = service(30, 30, Role((ROOM.id, CHAIR.id, DESK.id), count=2))
    plan = Plan.single(what, 1, [Preference(0, traits=frozenset({"bright"}))])
    desk, chair = (replace(each, traits=frozenset({"bright"})) for each in (DESK, CHAIR))
    assert choose(what, ROOM, chair, desk, plan=plan) == (CHAIR.id, DESK.id)
    assert room_left(what, ROOM, CHAIR, desk, plan=plan) is None


def test_of_those_who_are_counted_the_one_asked_for_serves_once():
    """However many pairs the others would make."""
    everybody = tuple(exclusive(number) for number in range(31, 36))
    what = service(30, 30, Role(tuple(each.id for each in everybody), count=2))
    assert room_left(what, *everybody) == (2, 2)
    assert room_left(what, *everybody, plan=Plan.single(what, 1, [Preference(0, everybody[0].id)])) == (1, 1)


@pytest.mark.parametrize("roles", [(), (Role((ROOM.id, CHAIR.id)),)])
def test_nothing_free_is_taken(roles: tuple[Role, ...]):
    with pytest.raises(SlotTaken):
        choose(service(30, 30, *roles), ROOM, CHAIR, claims=[claim(ROOM, 0, 30), claim(CHAIR, 29, 31)])


def test_nothing_is_given_to_who_needs_nothing():
    nothing = asking(service(30, 30), WINDOW, ROOM)
    for give in (availability.assignment, availability.overbooked):
        with pytest.raises(SlotTaken):
            give(nothing)


def test_whoever_may_overbook_takes_what_is_taken():
    """But not whoever is not there."""
    what = service(30, 30, Role((ROOM.id, CHAIR.id)))
    away = replace(ROOM, schedule=Schedule(()))
    taken = [claim(ROOM, 0, 30), claim(CHAIR, 0, 30)]
    assert availability.overbooked(asking(what, WINDOW, ROOM, CHAIR, claims=taken)).chosen == (ROOM.id,)
    assert availability.overbooked(asking(what, WINDOW, away, CHAIR, claims=taken)).chosen == (CHAIR.id,)
    with pytest.raises(SlotTaken):
        availability.overbooked(asking(what, WINDOW, away, claims=taken))


def test_parts_that_follow_each_other_may_have_the_same_resource():
    what = service(30, 30, Role((ROOM.id,)))
    follow, beside = Plan((Part(what), Part(what)), 1), Plan((Part(what), Part(what, guest=1)), 1)
    assert choose(what, ROOM, plan=follow) == (ROOM.id, ROOM.id)
    with pytest.raises(SlotTaken):
        choose(what, ROOM, plan=beside)
    buffered = replace(what, buffer_after=MINUTE)
    with pytest.raises(SlotTaken):
        choose(buffered, ROOM, plan=Plan((Part(buffered), Part(buffered)), 1))
    apart = Plan((Part(buffered), Part(buffered, gap=MINUTE)), 1)
    assert choose(buffered, ROOM, plan=apart) == (ROOM.id, ROOM.id)


@pytest.mark.parametrize(("named", "interchangeable"), [(False, True), (True, True), (False, False)])
def test_somebody_moves_whom_nobody_asked_for(named: bool, interchangeable: bool):
    what = service(30, 30, Role((ROOM.id, CHAIR.id), interchangeable=interchangeable))
    plan = Plan.single(what, 1, [Preference(0, ROOM.id)])
    details = {
        "visit_id": VisitId(UUID(int=31)),
        "claim_id": ClaimId(UUID(int=32)),
        "service_id": what.id,
        "role": 0,
        "named": named,
    }
    claims = [claim(ROOM, 0, 30, **details)]
    asked = asking(what, WINDOW, ROOM, CHAIR, plan=plan, claims=claims)
    if named or not interchangeable:
        with pytest.raises(SlotTaken):
            availability.assignment(asked)
        return
    found = availability.assignment(asked)
    assert found.chosen == (ROOM.id,)
    assert [(move.movable.claim_id, move.resource_id) for move in found.moves] == [(details["claim_id"], CHAIR.id)]
    assert [slot.available for slot in availability.slots(asked)] == [1]


def test_a_list_in_which_others_have_to_move_for_every_start_comes_to_an_end():
    """So many starts are tried as the steps of a list allow; each later one can be had all the same."""
    what = service(30, 1, Role((ROOM.id, CHAIR.id), interchangeable=True))
    plan = Plan.single(what, 1, [Preference(0, ROOM.id)])
    whose = {"visit_id": VisitId(UUID(int=31)), "claim_id": ClaimId(UUID(int=32)), "service_id": what.id}
    taken = claim(ROOM, -60, 900, **whose, named=False)

    def found(first: int, last: int) -> list[int]:
        window = START + first * MINUTE, START + last * MINUTE
        always = replace(BRANCH, opening_hours=ANY_TIME)
        asked = asking(what, window, ROOM, CHAIR, branch=always, plan=plan, claims=[taken])
        return [slot.starts - AT for slot in availability.slots(asked) if slot.available]

    most = availability.MOST_STEPS_OF_A_LIST // availability.STEPS_TO_BEGIN
    assert found(0, 100) == list(range(100))
    tried = found(0, 700)
    assert tried == list(range(len(tried)))
    assert most // 2 < len(tried) <= most
    assert found(690, 691) == [690]


def test_a_branch_that_is_closed_is_no_taken_slot():
    closed = replace(BRANCH, opening_hours=Schedule(()))
    with pytest.raises(SlotNotOffered):
        choose(ADVICE, ROOM, branch=closed)


def test_resources_that_the_tenant_does_not_have_are_nobody():
    what = service(30, 30, Role((exclusive(99).id, CHAIR.id)))
    assert choose(what, CHAIR) == (CHAIR.id,)
    assert room_left(what, CHAIR) == (1, 1)


def test_steps_of_a_pool_within_a_slot():
    steps = (CapacityStep(LONG_AGO, 5), CapacityStep(START + 29 * MINUTE + MINUTE / 2, 1))
    assert room_left(service(30, 30, Role((FIVE.id,))), replace(FIVE, capacity=steps)) == (1, 1)
    assert room_left(service(29, 30, Role((FIVE.id,))), replace(FIVE, capacity=steps)) == (5, 5)
