"""Whom a change of the catalogue hits."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appointed.core import impact
from appointed.core.catalog import (
    ANY_TIME,
    CapacityStep,
    Catalog,
    Closure,
    Hours,
    PoolScope,
    ResourceKind,
    Role,
    Schedule,
    SpecialDay,
    WeeklyHours,
)
from appointed.core.errors import TimeZoneUnknown
from appointed.core.explain import explain, resource_blocks
from appointed.core.ids import ServiceId
from appointed.core.impact import RETIRED, ROLE, Reason, affected, touched
from appointed.core.localtime import EPOCH, MINUTE, instant_of
from appointed.core.plan import Plan
from availability_worlds import worlds
from inquiries import inquiry
from small_branch import BRANCH, CHAIR, LONG_AGO, ROOM, exclusive, pool, service, utc, weekly
from standing_visits import standing, visit_of

# A Monday; the branch opens from nine until noon, in winter an hour ahead of UTC.
NINE, HALF_PAST, TEN, ELEVEN = (utc(f"2026-03-02T{time}") for time in ("08:00", "08:30", "09:00", "10:00"))
NOW = utc("2026-03-01T12:00")
ADVICE = service(30, 30, Role((ROOM.id,)))
PLACES = pool(21, PoolScope.OVERLAP, (LONG_AGO, 3))
TABLES = service(30, 30, Role((PLACES.id,)))


def catalog(*services, resources=(ROOM, CHAIR, PLACES), branch=BRANCH, version=1) -> Catalog:
    return Catalog(
        version,
        {branch.id: branch},
        {each.id: each for each in services or (ADVICE,)},
        {each.id: each for each in resources},
    )


def opening(**changes):
    return replace(BRANCH, opening_hours=replace(BRANCH.opening_hours, **changes))


def hits(before, after, *visits, now=NOW):
    return [(hit.visit.id.int, [reason.rule for reason in hit.reasons]) for hit in affected(before, after, visits, now)]


BEFORE = catalog()


@pytest.mark.parametrize(
    ("branch", "rules"),
    [
        (opening(closures=(Closure(HALF_PAST, TEN),)), ["closures"]),
        (opening(closures=(Closure(NINE, HALF_PAST),)), []),
        (opening(special_days=(SpecialDay(HALF_PAST.date(), (Hours(600, 720),)),)), ["special_days"]),
        (opening(breaks=(WeeklyHours(0, 570, 580),)), ["opening_hours"]),
        (opening(week=(WeeklyHours(0, 600, 720),)), ["opening_hours"]),
        (replace(BRANCH, time_zone="UTC"), ["opening_hours"]),
        (replace(BRANCH, retired=True), ["bookable"]),
        (replace(BRANCH, name="elsewhere", slug="e", address="a street"), []),
    ],
)
def test_a_branch_that_is_not_open_hits_the_visit(branch, rules):
    assert hits(BEFORE, catalog(branch=branch), standing(1, ADVICE, HALF_PAST, ROOM)) == ([(1, rules)] if rules else [])


@pytest.mark.parametrize(
    ("changed", "rules"),
    [
        (replace(ADVICE, booking_hours=weekly((600, 660))), ["booking_hours"]),
        (replace(ADVICE, booking_hours=Schedule(closures=(Closure(LONG_AGO),))), ["closures"]),
        (replace(ADVICE, retired=True), ["bookable"]),
        (replace(ADVICE, roles=(Role((CHAIR.id,)),)), [ROLE]),
        (replace(ADVICE, roles=(Role((CHAIR.id,)), Role((ROOM.id,)))), []),
        (replace(ADVICE, roles=(Role((ROOM.id,), skills=frozenset({"signing"})),)), ["skills"]),
    ],
)
def test_a_service_that_is_not_given_like_this_hits_the_visit(changed, rules):
    assert hits(BEFORE, catalog(changed), standing(1, ADVICE, HALF_PAST, ROOM)) == ([(1, rules)] if rules else [])


@pytest.mark.parametrize(
    "changes",
    [
        {"bookable": False},
        {"grid": timedelta(hours=1)},
        {"duration": timedelta(hours=2)},
        {"horizon": None, "lead_time": timedelta(days=90), "bookable_until": LONG_AGO.date()},
        {"party_limit": 1, "customer_daily_limit": 1, "buffer_before": timedelta(hours=9)},
    ],
)
def test_how_it_is_booked_from_now_on_hits_nobody(changes):
    assert hits(BEFORE, catalog(replace(ADVICE, **changes)), standing(1, ADVICE, HALF_PAST, ROOM)) == []


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        (replace(ROOM, schedule=Schedule(closures=(Closure(HALF_PAST, TEN),))), "time_off"),
        (replace(ROOM, schedule=weekly((600, 720))), "working_hours"),
        (replace(ROOM, schedule=Schedule(breaks=(WeeklyHours(0, 570, 580),))), "breaks"),
        (replace(ROOM, retired=True), RETIRED),
    ],
)
def test_a_resource_that_is_not_there_hits_the_visit_and_is_named(changed, rule):
    after = catalog(resources=(changed, CHAIR))
    (hit,) = affected(BEFORE, after, [standing(1, ADVICE, HALF_PAST, ROOM), standing(2, ADVICE, TEN, CHAIR)], NOW)
    assert hit.visit.id.int == 1
    assert hit.reasons == (Reason(rule, ADVICE.id, ROOM.id),)


def test_a_resource_or_a_service_that_is_gone_hits_the_visit():
    visit = standing(1, ADVICE, HALF_PAST, ROOM)
    assert hits(BEFORE, catalog(resources=(CHAIR,)), visit) == [(1, [RETIRED])]
    assert hits(BEFORE, replace(BEFORE, services={}), visit) == [(1, ["bookable"])]


def test_buffers_belong_to_the_claim_and_not_to_the_item():
    buffered = replace(ADVICE, buffer_after=30 * MINUTE)
    before = catalog(buffered)
    closed = Closure(TEN, TEN + 30 * MINUTE)
    visit = standing(1, buffered, HALF_PAST, ROOM)
    assert hits(before, catalog(buffered, branch=opening(closures=(closed,))), visit) == []
    away = replace(ROOM, schedule=Schedule(closures=(closed,)))
    assert hits(before, catalog(buffered, resources=(away, CHAIR)), visit) == [(1, ["time_off"])]


def test_what_was_in_the_way_before_hits_nobody_again():
    closed = catalog(branch=opening(closures=(Closure(NINE, ELEVEN),)))
    longer = catalog(branch=opening(closures=(Closure(NINE, ELEVEN + timedelta(hours=1)),)))
    assert hits(closed, longer, standing(1, ADVICE, HALF_PAST, ROOM), standing(2, ADVICE, ELEVEN, ROOM)) == [
        (2, ["closures"])
    ]
    away = replace(closed, resources={ROOM.id: replace(ROOM, retired=True)})
    assert hits(closed, away, standing(1, ADVICE, HALF_PAST, ROOM)) == [(1, [RETIRED])]


def test_what_has_ended_is_not_hit():
    visit = visit_of(1, [(ADVICE, NINE, [ROOM]), (ADVICE, TEN, [CHAIR])])
    after = catalog(resources=(replace(ROOM, retired=True), CHAIR))
    before = replace(BEFORE, services={ADVICE.id: replace(ADVICE, roles=(Role((ROOM.id, CHAIR.id)),))})
    after = replace(after, services=before.services)
    assert hits(before, after, visit, now=HALF_PAST - MINUTE) == [(1, [RETIRED])]
    assert hits(before, after, visit, now=HALF_PAST) == []


def test_they_come_in_the_order_of_their_starts():
    after = catalog(branch=replace(BRANCH, opening_hours=Schedule(week=())))
    visits = [standing(number, ADVICE, at, ROOM) for number, at in ((1, TEN), (2, NINE), (3, HALF_PAST))]
    assert [number for number, _ in hits(BEFORE, after, *visits)] == [2, 3, 1]


def test_a_time_zone_that_nobody_knows_is_refused():
    with pytest.raises(TimeZoneUnknown):
        affected(BEFORE, catalog(branch=replace(BRANCH, time_zone="Mars/Base")), [standing(1, ADVICE, NINE, ROOM)], NOW)


def holding(places, what=TABLES):
    return catalog(what, resources=(replace(PLACES, capacity=(CapacityStep(LONG_AGO, places),)),))


def test_of_a_pool_that_becomes_smaller_those_made_last_are_hit():
    visits = [standing(number, TABLES, NINE, PLACES, made=10 - number) for number in (1, 2, 3)]
    before = holding(3)
    assert hits(before, holding(3), *visits) == []
    assert hits(before, holding(2), *visits) == [(1, ["capacity"])]
    assert hits(before, holding(0), *visits) == [(number, ["capacity"]) for number in (1, 2, 3)]


def test_a_smaller_pool_hits_only_those_who_meet():
    before, after = holding(3), holding(1)
    visits = [
        standing(1, TABLES, NINE, PLACES),
        standing(2, TABLES, HALF_PAST, PLACES),
        standing(3, TABLES, HALF_PAST, PLACES, units=2),
    ]
    assert hits(before, after, *visits) == [(3, ["capacity"])]


def test_a_pool_counted_by_slot_is_counted_by_slot():
    slots = pool(21, PoolScope.SAME_SLOT, (LONG_AGO, 2))
    before = catalog(TABLES, resources=(slots,))
    after = catalog(TABLES, resources=(replace(slots, capacity=(CapacityStep(LONG_AGO, 1),)),))
    longer = replace(TABLES, duration=60 * MINUTE)
    visits = [
        standing(1, TABLES, NINE, slots),
        standing(2, longer, NINE, slots),
        standing(3, TABLES, NINE, slots),
    ]
    assert hits(before, after, *visits) == [(3, ["capacity"])]


def test_booking_hours_with_a_capacity_stand_in_for_the_pool():
    def hours(capacity):
        return replace(TABLES, booking_hours=Schedule((WeeklyHours(0, 540, 720, capacity),)))

    visits = [standing(number, TABLES, NINE, PLACES) for number in (1, 2)]
    assert hits(holding(0, hours(2)), holding(0, hours(1)), *visits) == [(2, ["capacity"])]
    assert hits(holding(3, hours(2)), holding(0, hours(2)), *visits) == []


def test_who_had_no_room_before_is_not_hit():
    visits = [standing(number, TABLES, NINE, PLACES) for number in (1, 2, 3)]
    assert hits(holding(2), holding(1), *visits) == [(2, ["capacity"])]


# Timelines are cut where a Thursday begins in UTC.
WEDNESDAY_NIGHT = utc("2026-03-04T23:45")


def test_a_visit_over_the_edge_of_what_is_worked_out_at_once():
    nights = replace(BRANCH, opening_hours=ANY_TIME, time_zone="UTC")
    before = catalog(branch=nights)
    visit = standing(1, ADVICE, WEDNESDAY_NIGHT, ROOM)
    for minutes, hit in ((0, True), (14, True), (29, True), (30, False), (-1, False)):
        at = WEDNESDAY_NIGHT + minutes * MINUTE
        closures = (Closure(at, at + MINUTE),)
        after = catalog(branch=replace(nights, opening_hours=Schedule(closures=closures)))
        assert hits(before, after, visit) == ([(1, ["closures"])] if hit else [])
        away = replace(ROOM, schedule=Schedule(closures=closures))
        assert hits(before, catalog(branch=nights, resources=(away,)), visit) == ([(1, ["time_off"])] if hit else [])


def test_visits_of_two_dates_meet_in_a_pool():
    visits = [standing(1, TABLES, WEDNESDAY_NIGHT, PLACES), standing(2, TABLES, WEDNESDAY_NIGHT + 20 * MINUTE, PLACES)]
    always = [
        replace(each, branches={BRANCH.id: replace(BRANCH, opening_hours=ANY_TIME)})
        for each in (holding(2), holding(1))
    ]
    assert hits(*always, *visits) == [(2, ["capacity"])]
    assert hits(
        *always,
        *(replace(each, visit=replace(each.visit, created_at=EPOCH - each.visit.id.int * MINUTE)) for each in visits),
    ) == [(1, ["capacity"])]


def test_only_what_tells_the_time_is_touched():
    others = {ROOM.id: replace(ROOM, name="another", traits=frozenset({"quiet"}), slug="room"), CHAIR.id: CHAIR}
    assert touched(BEFORE, replace(BEFORE, resources={**others, PLACES.id: PLACES})) == set()
    assert touched(BEFORE, catalog(replace(ADVICE, name="talk", duration=60 * MINUTE))) == set()
    assert touched(BEFORE, catalog(resources=(ROOM, replace(CHAIR, retired=True), PLACES))) == {CHAIR.id}
    assert touched(BEFORE, catalog(resources=(ROOM, PLACES))) == {CHAIR.id}
    assert touched(BEFORE, catalog(replace(ADVICE, retired=True))) == {ROOM.id}
    far = replace(exclusive(77), branch_id=type(BRANCH.id)(int=78))
    beyond = catalog(replace(ADVICE, roles=(Role((far.id,)),)))
    assert touched(beyond, replace(beyond, branches={BRANCH.id: replace(BRANCH, retired=True)})) == {
        ROOM.id,
        CHAIR.id,
        PLACES.id,
        far.id,
    }


def relaxed(after: Catalog) -> Catalog:
    """The same catalogue where everything is open, everybody there, and room for all."""
    wide = (CapacityStep(EPOCH - timedelta(days=36_500), 1_000),)
    return replace(
        after,
        branches={key: replace(each, opening_hours=ANY_TIME) for key, each in after.branches.items()},
        services={key: replace(each, booking_hours=ANY_TIME) for key, each in after.services.items()},
        resources={
            key: replace(
                each,
                schedule=ANY_TIME,
                skills=frozenset({"a", "b"}),
                capacity=wide if each.kind is ResourceKind.POOL else (),
            )
            for key, each in after.resources.items()
        },
    )


@given(st.data())
def test_what_is_hit_is_what_a_hold_would_be_refused_for(data):
    """The reasons are those that explain gives for the same start, the same resources and nothing booked."""
    drawn = data.draw(worlds(crowded=False))
    known = {key: replace(each, bookable=True) for key, each in drawn.catalog.services.items()}
    part = drawn.plan.parts[0]
    plan = Plan.single(known[part.service.id])
    catalog = replace(drawn.catalog, services=known)
    start = data.draw(st.integers(drawn.window[0], drawn.window[1] - 1))
    asked = inquiry(
        replace(drawn, catalog=catalog, plan=plan, claims={}, visits=(), window=(start, start + 1)), (start, start + 1)
    )
    needs = list(dict.fromkeys(plan.needs))
    chosen = [
        data.draw(st.sampled_from([each for each in need.role.resource_ids if each in catalog.resources] or [None]))
        for need in needs
    ]
    if None in chosen:
        return
    visit = standing(1, plan.parts[0].service, instant_of(start), *(catalog.resources[each] for each in chosen))
    found = affected(relaxed(catalog), catalog, [visit], instant_of(start) - MINUTE)
    reasons = {(reason.rule, reason.resource_id) for hit in found for reason in hit.reasons}

    explained = explain(asked)
    of_time = {rule.name for rule in impact.RULES_OF_TIME}
    assert {each for each in reasons if each[1] is None} == {
        (block.rule, None) for block in explained if block.resource_id is None and block.rule in of_time
    }
    of_presence = {rule.name for rule in impact.RULES_OF_PRESENCE}
    assert {each for each in reasons if each[0] in of_presence} == {
        (block.rule, block.resource_id)
        for need, resource_id in zip(needs, chosen, strict=True)
        for block in resource_blocks(asked, need, asked.rosters[resource_id], start)
        if block.rule in of_presence
    }
    lacking = {
        ("capacity", resource_id)
        for need, resource_id in zip(needs, chosen, strict=True)
        for block in resource_blocks(asked, replace(need, units=1), asked.rosters[resource_id], start)
        if block.rule == "capacity"
    }
    assert lacking <= reasons
    if not reasons:
        assert not {block.rule for block in explained} & of_time


def test_who_goes_on_with_a_service_that_others_are_to_give_is_hit():
    """What continues an item has its claims, and its own service says whether these still serve it."""
    added = replace(ADVICE, id=ServiceId(UUID(int=3)), roles=ADVICE.roles)
    visit = visit_of(1, [(ADVICE, NINE, [ROOM]), (added, HALF_PAST, [])])
    first, second = visit.visit.items
    visit = replace(visit, visit=replace(visit.visit, items=(first, replace(second, continues=True))))
    before = catalog(ADVICE, added)
    after = catalog(ADVICE, replace(added, roles=(Role((CHAIR.id,)),)))
    (hit,) = affected(before, after, [visit], NOW)
    assert hit.reasons == (Reason(ROLE, added.id, ROOM.id),)
    assert not affected(before, after, [visit_of(1, [(ADVICE, NINE, [ROOM]), (added, HALF_PAST, [])])], NOW)


def test_in_one_go_no_more_have_room_than_for_any_of_them():
    """Two come for both, in a pool of three: what the hours of the second say counts, and the steps under the first."""
    added = replace(TABLES, id=ServiceId(UUID(int=3)))

    def saying(number, places=3):
        hours = Schedule((WeeklyHours(0, 570, 720, number),))
        known = replace(PLACES, capacity=(CapacityStep(LONG_AGO, places),))
        return catalog(TABLES, replace(added, booking_hours=hours), resources=(known,))

    def both(number):
        made = visit_of(number, [(TABLES, NINE, [PLACES]), (added, HALF_PAST, [])])
        (first, second), (claim,) = made.visit.items, made.claims
        items = first, replace(second, continues=True)
        return replace(made, visit=replace(made.visit, items=items), claims=(replace(claim, ends_at=second.ends_at),))

    visits = [both(1), both(2)]
    before = catalog(TABLES, added, resources=(PLACES,))
    assert hits(before, saying(2), *visits) == hits(before, saying(5), *visits) == []
    assert hits(before, saying(1), *visits) == [(2, ["capacity"])]
    assert hits(before, saying(5, places=1), *visits) == [(2, ["capacity"])]


@given(st.data())
def test_change_by_change_nobody_is_forgotten(data):
    """Who is hit by a change is hit by one of the steps that lead to it, unless a step before was in the way."""
    drawn = data.draw(worlds(crowded=False))
    after = drawn.catalog
    first = relaxed(after)
    steps = [
        first,
        replace(first, branches=after.branches),
        replace(first, branches=after.branches, services=after.services),
        after,
    ]
    part = drawn.plan.parts[0]
    resources = [after.resources[each] for each in part.service.roles[0].resource_ids if each in after.resources]
    if not resources:
        return
    start = data.draw(st.integers(*drawn.window))
    visit = standing(1, part.service, instant_of(start), data.draw(st.sampled_from(resources)))
    at = instant_of(start) - MINUTE
    whole = bool(affected(first, after, [visit], at))
    assert whole == any(affected(before, then, [visit], at) for before, then in pairwise(steps))
