"""The oracle's rules about a resource, its assignments and what it has left, one at a time."""

from datetime import timedelta

import pytest

from oracle.assignments import assignments, destinations, fewest_moves, is_assignment, reassignments
from oracle.resource_rules import needs, resource_reasons
from oracle.slots import explain, nearest, offered, slots
from oracle.values import Hours, Part, Plan, Resource, Role, Schedule
from small_days import ANN, LONG_AGO, SERVICE, at, claim, every_day, one, pool, service, utc, weekly, world

TEN = at("2026-03-04T10:00")
BUFFERED = service(before=10, after=20)
ASKED_FOR_BOB = one(SERVICE, 1, (0, "bob", frozenset()))
ASKED_FOR_QUIET = one(SERVICE, 1, (0, None, frozenset({"quiet"})))
STEP = ((LONG_AGO, 2), (utc("2026-03-04T10:40"), 0))


def role(*keys, **rest):
    return Role(keys, **rest)


def away_from(instant):
    return Resource("ann", schedule=Schedule(closures=((utc(instant), None),)))


@pytest.mark.parametrize(
    ("resource", "plan", "claims", "expected"),
    [
        (ANN, one(BUFFERED), (), set()),
        (ANN, one(service(roles=(role("ann", skills=frozenset("x")),))), (), {"skills"}),
        (Resource("ann", skills=frozenset("xy")), one(service(roles=(role("ann", skills=frozenset("x")),))), (), set()),
        (ANN, ASKED_FOR_BOB, (), {"preference"}),
        (ANN, ASKED_FOR_QUIET, (), {"preference"}),
        (Resource("ann", traits=frozenset({"quiet"})), ASKED_FOR_QUIET, (), set()),
        (ANN, one(SERVICE, 1, (1, "bob", frozenset())), (), set()),
        (Resource("ann", schedule=weekly("09:50-10:50")), one(BUFFERED), (), set()),
        (Resource("ann", schedule=weekly("09:51-10:50")), one(BUFFERED), (), {"working_hours"}),
        (Resource("ann", schedule=weekly("09:50-10:49")), one(BUFFERED), (), {"working_hours"}),
        (Resource("ann", schedule=Schedule(breaks=every_day("10:49-11:00"))), one(BUFFERED), (), {"breaks"}),
        (Resource("ann", schedule=Schedule(breaks=every_day("10:50-11:00"))), one(BUFFERED), (), set()),
        (away_from("2026-03-04T10:49:59"), one(BUFFERED), (), {"time_off"}),
        (away_from("2026-03-04T10:50:00"), one(BUFFERED), (), set()),
        (ANN, one(BUFFERED), (claim("ann", "10:29", "11:00"),), {"claims"}),
        (ANN, one(BUFFERED), (claim("ann", "10:30", "11:00"),), {"buffers"}),
        (ANN, one(BUFFERED), (claim("ann", "10:50", "11:00"), claim("ann", "09:00", "09:50")), set()),
        (ANN, one(BUFFERED), (claim("ann", "10:00", "11:00", expires=LONG_AGO),), set()),
        (ANN, one(BUFFERED), (claim("bob", "10:00", "11:00"),), set()),
        (pool("ann", 1), one(service(roles=(role("ann", units=2),))), (claim("ann", "10:00", "11:00"),), {"capacity"}),
        (pool("ann", 3), one(service(roles=(role("ann", units=2),))), (claim("ann", "10:00", "11:00"),), set()),
        (pool("ann", 3), one(service(roles=(role("ann", units=2),))), (claim("ann", "10:00", "11:00", 2),), {"claims"}),
        (pool("ann", 3), one(BUFFERED), (claim("ann", "10:40", "11:00", 3),), {"buffers"}),
        (pool("ann", 3), one(service(heads=True), 3), (), set()),
        (pool("ann", 3), one(service(heads=True), 4), (), {"capacity"}),
        (Resource("ann", exclusive=False, steps=STEP), one(SERVICE), (), set()),
        (Resource("ann", exclusive=False, steps=STEP), one(BUFFERED), (), {"capacity"}),
        (Resource("ann", exclusive=False, steps=STEP[1:]), one(SERVICE), (), {"capacity"}),
        (pool("ann", 1, by_slot=True), one(SERVICE), (claim("ann", "10:00", "10:30"),), {"claims"}),
        (pool("ann", 1, by_slot=True), one(SERVICE), (claim("ann", "10:00", "10:31"),), set()),
        (pool("ann", 1, by_slot=True), one(service(heads=True), 2), (claim("ann", "10:00", "10:30"),), {"capacity"}),
        (pool("ann", 1, by_slot=True), one(BUFFERED), (claim("ann", "10:00", "10:30"),), set()),
        (pool("ann", 1, by_slot=True), one(BUFFERED), (claim("ann", "09:50", "10:50"),), {"claims"}),
    ],
)  # fmt: skip
def test_a_rule_about_a_resource(resource, plan, claims, expected):
    where = world(resource, claims=claims)
    (need,) = needs(plan, TEN)
    assert resource_reasons(where, need, "ann") == expected


def test_booking_hours_say_what_a_pool_holds_for_a_whole_item():
    hours = tuple((2, each) for each in (Hours(540, 610, 2), Hours(610, 720, None), Hours(600, 900, 1)))
    asked = service(schedule=Schedule(hours), roles=(role("ann", units=2),), grid=10)
    where = world(pool("ann", 9))
    found = [resource_reasons(where, needs(one(asked), TEN + minutes)[0], "ann") for minutes in (0, 10)]
    assert found == [set(), {"capacity"}]


TWO = service(roles=(role("ann", "bob"), role("ann")))


def test_an_assignment_is_a_matching():
    where = world(ANN, Resource("bob"))
    assert list(assignments(where, one(TWO), TEN)) == [("bob", "ann")]
    assert offered(where, one(TWO), TEN)
    assert list(assignments(world(ANN), one(TWO), TEN)) == []


def test_two_of_a_role_are_two_people_or_two_places():
    both = one(service(roles=(role("ann", "bob", "desks", count=2),)))
    assert set(assignments(world(ANN, Resource("bob")), both, TEN)) == {("ann", "bob"), ("bob", "ann")}
    assert list(assignments(world(pool("desks", 2)), both, TEN)) == [("desks", "desks")]
    assert list(assignments(world(pool("desks", 1)), both, TEN)) == []
    assert list(assignments(world(pool("desks", 1, by_slot=True)), both, TEN)) == []
    assert list(assignments(world(pool("desks", 2), claims=(claim("desks", "10:20", "10:40"),)), both, TEN)) == []


def test_a_name_is_for_one_of_two_and_traits_are_for_both():
    pair = service(roles=(role("ann", "bob", "cyd", count=2),))
    three = ANN, Resource("bob", traits=frozenset({"quiet"})), Resource("cyd", traits=frozenset({"quiet"}))
    named, quiet = one(pair, 1, (0, "cyd", frozenset())), one(pair, 1, (0, None, frozenset({"quiet"})))
    assert list(assignments(world(*three), named, TEN)) == [("cyd", "ann"), ("cyd", "bob")]
    assert list(assignments(world(*three), quiet, TEN)) == [("bob", "cyd"), ("cyd", "bob")]
    five = *three, Resource("dan"), Resource("eve")
    pairs = service(roles=(role("ann", "bob", "cyd", "dan", "eve", count=2),))
    assert left(world(*five), one(pairs)) == (2, 2)
    assert left(world(*five), one(pairs, 1, (0, "cyd", frozenset()))) == (1, 1)


def test_the_buffers_of_a_plan_keep_its_own_parts_apart():
    close, apart = (Plan((Part(BUFFERED), Part(BUFFERED, gap=gap))) for gap in (29, 30))
    assert list(assignments(world(), close, TEN)) == []
    assert list(assignments(world(), apart, TEN)) == [("ann", "ann")]


GO = service(key="go", roles=(role("ann", "bob", "desks", "cyd", interchangeable=True),))
STAY = service(key="stay", roles=(role("ann", "bob"),))
ALL = (ANN, Resource("bob"), Resource("cyd", schedule=weekly("12:00-13:00")), pool("desks", 9))
FOR_ANN = one(SERVICE)


def jam(*claims):
    return world(*ALL, services={"go": GO, "stay": STAY}, claims=claims)


def going(resource, starts, ends, **rest):
    return claim(resource, starts, ends, **{"service": "go", "named": False, **rest})


@pytest.mark.parametrize(
    ("claims", "fewest"),
    [
        ((), 0),
        ((going("ann", "10:00", "11:00"),), 1),
        ((going("ann", "10:00", "11:00", named=True),), None),
        ((claim("ann", "10:00", "11:00"),), None),
        ((going("ann", "10:00", "11:00", service="stay"),), None),
        ((going("ann", "10:00", "11:00"), claim("bob", "10:50", "11:00")), None),
        ((going("ann", "10:00", "11:00"), claim("bob", "11:00", "12:00")), 1),
        ((going("ann", "10:00", "10:10"), going("ann", "10:10", "10:20")), 2),
        # Two that exchange their places, or one that goes to Cyd, who is there at noon, for the other.
        ((going("ann", "10:20", "12:30"), going("bob", "11:50", "12:40")), 2),
        ((going("ann", "10:20", "12:30"), going("bob", "12:00", "12:40")), 2),
        ((going("ann", "10:20", "12:30"), going("bob", "11:50", "12:40", named=True)), None),
        ((going("bob", "10:00", "11:00"),), 0),
    ],
)
def test_as_few_move_as_can(claims, fewest):
    where = jam(*claims)
    assert fewest_moves(where, FOR_ANN, TEN) == fewest
    found = list(reassignments(where, FOR_ANN, TEN))
    assert bool(found) == (fewest is not None)
    assert all(len(moves) == fewest and is_assignment(where, FOR_ANN, TEN, chosen, moves) for chosen, moves in found)
    assert offered(where, FOR_ANN, TEN) == (fewest is not None)


def test_what_is_no_assignment():
    where = jam(going("ann", "10:00", "11:00"), going("bob", "13:00", "14:00"))
    assert is_assignment(where, FOR_ANN, TEN, ("ann",), {"ann 10:00": "bob"})
    assert not is_assignment(where, FOR_ANN, TEN, ("ann",), {})
    assert not is_assignment(where, FOR_ANN, TEN, ("bob",), {"ann 10:00": "bob"})
    assert not is_assignment(where, FOR_ANN, TEN, ("ann",), {"ann 10:00": "cyd"})
    assert not is_assignment(where, FOR_ANN, TEN, ("ann",), {"ann 10:00": "desks"})
    assert not is_assignment(where, FOR_ANN, TEN, (), {"ann 10:00": "bob"})
    assert destinations(where, where.claims[0]) == ["bob"]


def left(where, plan):
    ((_, _, capacity, available),) = slots(where, plan, (TEN, TEN + 1))
    return capacity, available


def test_what_is_left():
    desks = service(roles=(role("desks", "more", units=2),))
    both = pool("desks", 5), pool("more", 3)
    assert left(world(*both), one(desks)) == (3, 3)
    assert left(world(*both, claims=(claim("desks", "10:10", "10:20", 2),)), one(desks)) == (3, 2)
    nearly_all = claim("desks", "10:10", "10:20", 4), claim("more", "10:00", "11:00", 3)
    assert left(world(*both, claims=nearly_all), one(desks)) == (3, 0)
    assert left(world(pool("desks", 5, by_slot=True)), one(desks)) == (2, 2)
    assert left(world(ANN, *both), Plan((Part(desks), Part(SERVICE, guest=1)))) == (1, 1)
    pairs = service(roles=(role("ann", "bob", "cyd", count=2),))
    three = ANN, Resource("bob"), Resource("cyd", schedule=weekly("09:00-10:00"))
    assert left(world(*three), one(pairs)) == (1, 1)
    assert slots(world(*three[1:]), one(pairs), (TEN, TEN + 1)) == []


def test_a_start_that_needs_others_to_move_has_one_left():
    assert left(jam(going("ann", "10:00", "11:00")), FOR_ANN) == (1, 1)


def test_a_start_that_cannot_be_put_together_is_full():
    assert left(world(), one(service(roles=(role("ann"), role("ann"))))) == (1, 0)


def test_an_explanation_names_who_is_in_the_way():
    where = world(ANN, Resource("bob"), claims=(claim("ann", "10:20", "11:00"), claim("bob", "10:30", "10:40")))
    plan = one(service(after=5, roles=(role("ann", "bob"),)))
    found = {
        (each.rule, each.resource, *each.claims, each.bypassed_by_overbooking) for each in explain(where, plan, TEN)
    }
    assert found == {("claims", "ann", "ann 10:20", True), ("buffers", "bob", "bob 10:30", True)}
    alone = explain(world(), one(service(roles=(role("ann"), role("ann")))), TEN)
    assert [(each.rule, each.bypassed_by_overbooking) for each in alone] == [("assignment", False)]
    assert [each.rule for each in explain(world(), FOR_ANN, TEN + 1)] == ["slot_grid"]
    assert explain(jam(going("ann", "10:00", "11:00")), FOR_ANN, TEN) == []


def test_the_nearest_starts():
    where = world(claims=(claim("ann", "09:50", "11:10"),))
    assert nearest(where, FOR_ANN, TEN, 120) == (at("2026-03-04T09:00"), at("2026-03-04T11:30"))
    assert nearest(where, FOR_ANN, TEN, 60) == (at("2026-03-04T09:00"), None)


def test_a_claim_lapses_at_the_instant_it_says():
    lapsing = claim("ann", "10:00", "11:00", expires=utc("2026-03-04T09:00"))
    tick = timedelta(microseconds=1)
    assert not offered(world(claims=(lapsing,), now=utc("2026-03-04T09:00") - tick), FOR_ANN, TEN)
    assert offered(world(claims=(lapsing,), now=utc("2026-03-04T09:00")), FOR_ANN, TEN)
