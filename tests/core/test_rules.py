"""Each rule by itself: exactly which minutes it blocks."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from appointed.core.catalog import (
    ANY_TIME,
    NEVER,
    Branch,
    CapacityStep,
    Closure,
    Days,
    GridAnchor,
    Hours,
    PartyCount,
    PoolScope,
    Resource,
    ResourceKind,
    Role,
    Schedule,
    Service,
    SpecialDay,
    WeeklyHours,
)
from appointed.core.ids import BranchId, ResourceId, ServiceId
from appointed.core.localtime import clock_between, minute_of, zone
from appointed.core.occupancy import Taken
from appointed.core.plan import Plan
from appointed.core.preference import Preference
from appointed.core.room import Room
from appointed.core.rule import Facts, ResourceFacts, ResourceRule, Rule
from appointed.core.rules import (
    RESOURCE_RULES,
    RULES,
    booking_hours,
    breaks,
    capacity,
    claims,
    closures,
    customer_limit,
    horizon,
    lead_time,
    opening_hours,
    packed_grid,
    party_size,
    past_slots,
    preference,
    same_slot,
    skills,
    slot_grid,
    special_days,
    time_off,
    working_hours,
)
from appointed.core.timeline import Axis

MINUTE = timedelta(minutes=1)
MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)
FIRST = minute_of(MIDNIGHT)
AXIS = Axis(FIRST, FIRST + 240)
# Midnight is not where the axis begins or ends.
LONG = Axis(FIRST - 60, FIRST + 2 * 1440 + 60)
RESOURCE = ResourceId(UUID(int=3))
HOURS = Schedule((WeeklyHours(0, 60, 90), WeeklyHours(0, 90, 180)))
BRANCH = Branch(BranchId(UUID(int=1)), "b", "UTC", HOURS)
SERVICE = Service(
    ServiceId(UUID(int=2)), BRANCH.id, "s", 30 * MINUTE, 40 * MINUTE, (Role((RESOURCE,)),), past_slots_allowed=True
)
ADA = Resource(RESOURCE, BRANCH.id, "Ada", ResourceKind.EXCLUSIVE)
POOL = replace(ADA, kind=ResourceKind.POOL, capacity=(CapacityStep(MIDNIGHT, 3),))


def at(minute: float) -> datetime:
    return MIDNIGHT + minute * MINUTE


def spans(timeline: int, axis: Axis) -> list[tuple[int, int]]:
    """What is left of an axis, in minutes after midnight."""
    assert 0 <= timeline <= axis.full, "a rule speaks of its axis alone"
    found: list[list[int]] = []
    for minute in axis.minutes(axis.full & ~timeline):
        if found and found[-1][1] == minute - FIRST:
            found[-1][1] += 1
        else:
            found.append([minute - FIRST, minute - FIRST + 1])
    return [(starts, ends) for starts, ends in found]


def allowed(rule: Rule, axis: Axis = AXIS, *, visits=(), room: Room | None = None, party=1, now=MIDNIGHT, **changes):
    """The starts that a rule leaves; changes are those of the service, `hours` those of the branch."""
    branch = replace(
        BRANCH, opening_hours=changes.pop("hours", HOURS), time_zone=changes.pop("time_zone", BRANCH.time_zone)
    )
    service = replace(SERVICE, **changes)
    facts = Facts(
        branch=branch,
        service=service,
        party_size=party,
        length=service.length(party) // MINUTE,
        axis=axis,
        clock=clock_between(zone(branch.time_zone), MIDNIGHT, MIDNIGHT + timedelta(days=1200)),
        now=now,
        customer_starts=[FIRST + visit for visit in visits],
        rooms={RESOURCE: room} if room else {},
    )
    return spans(rule.blocked(facts), axis)


def test_opening_hours_leave_the_starts_from_which_a_slot_fits():
    assert allowed(opening_hours) == [(60, 151)]
    apart = Schedule((WeeklyHours(0, 60, 90), WeeklyHours(0, 91, 180)))
    assert allowed(opening_hours, hours=apart) == [(60, 61), (91, 151)]
    assert allowed(opening_hours, hours=apart, duration=31 * MINUTE) == [(91, 150)]
    assert allowed(opening_hours, hours=replace(apart, breaks=(WeeklyHours(0, 100, 110),))) == [(60, 61), (110, 151)]
    assert allowed(opening_hours, hours=NEVER) == []


def test_a_party_that_takes_longer_has_to_fit():
    assert allowed(opening_hours, party=3, per_extra_person=20 * MINUTE) == [(60, 111)]


def test_special_days_speak_of_their_dates_and_opening_hours_of_all_others():
    special = SpecialDay(date(2026, 3, 3), (Hours(600, 660),))
    hours = Schedule(tuple(WeeklyHours(weekday, 0, 1440) for weekday in range(7)), special_days=(special,))
    tuesday = (1440, 2880)
    assert allowed(opening_hours, LONG, hours=hours) == [(-60, 1411), (1440, 2940)]
    assert allowed(special_days, LONG, hours=hours) == [(-60, 1440), (2040, 2071), (2880, 2940)]
    assert allowed(special_days, LONG) == [(-60, 2940)]
    closed = replace(hours, special_days=(replace(special, hours=()),))
    assert allowed(special_days, LONG, hours=closed) == [(-60, 1440), (2880, 2940)]
    assert allowed(opening_hours, LONG, hours=replace(NEVER, special_days=(special,))) == [tuesday]


def test_booking_hours_are_those_of_the_service():
    own = Schedule((WeeklyHours(0, 100, 200),), breaks=(WeeklyHours(0, 150, 160),))
    assert allowed(booking_hours) == [(0, 240)]
    assert allowed(booking_hours, booking_hours=own) == [(100, 121), (160, 171)]
    day_off = replace(own, special_days=(SpecialDay(date(2026, 3, 2), (Hours(0, 90),)),))
    assert allowed(booking_hours, booking_hours=day_off) == [(0, 61)]


@pytest.mark.parametrize(
    ("closure", "expected"),
    [
        (Closure(at(100), at(110)), [(0, 71), (110, 240)]),
        (Closure(at(99.5), at(110.5)), [(0, 70), (111, 240)]),
        (Closure(at(100)), [(0, 71)]),
        (Closure(at(-50), at(0)), [(0, 240)]),
    ],
)
def test_closures_of_branch_and_service(closure: Closure, expected: list[tuple[int, int]]):
    assert allowed(closures, hours=replace(HOURS, closures=(closure,))) == expected
    assert allowed(closures, booking_hours=Schedule(closures=(closure,))) == expected


def on_grid(axis: Axis = AXIS, rule: Rule = slot_grid, **rest) -> list[int]:
    found = allowed(rule, axis, **rest)
    return [minute for starts, ends in found for minute in range(starts, ends)]


def test_the_grid_leaves_single_minutes():
    assert on_grid() == [60, 90, 130, 170]
    assert on_grid(hours=Schedule((WeeklyHours(0, 60, 140),))) == [60, 100]
    assert on_grid(hours=Schedule((WeeklyHours(0, 60, 141),))) == [60, 100, 140]
    assert on_grid(booking_hours=Schedule((WeeklyHours(0, 70, 120),))) == [70, 110]
    assert on_grid(anchor=GridAnchor.CLOCK) == [0, 40, 80, 120, 160, 200]
    assert on_grid(anchor=GridAnchor.CLOCK, time_zone="Asia/Kathmandu") == [15, 55, 95, 135, 175, 215]


def test_breaks_and_closures_leave_the_grid_where_it_is():
    shut = replace(HOURS, breaks=(WeeklyHours(0, 60, 70),), closures=(Closure(at(0)),))
    assert on_grid(hours=shut) == on_grid()


@pytest.mark.parametrize("length", [1, 2, 60])
@pytest.mark.parametrize("before", [1, 0, -1])
def test_the_grid_of_the_shortest_axes(length: int, before: int):
    axis = Axis(FIRST + 130 - before, FIRST + 130 - before + length)
    assert (130 in on_grid(axis)) == (axis.starts <= FIRST + 130 < axis.ends)
    assert on_grid(axis) == [each for each in on_grid() if axis.starts <= FIRST + each < axis.ends]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        # The clock of Amsterdam goes from 2:00 to 3:00, and back from 3:00 to 2:00.
        (datetime(2026, 3, 29, 1, tzinfo=UTC), [-40, 20, 60]),
        (datetime(2026, 10, 25, 1, tzinfo=UTC), [-20, 80]),
    ],
)
def test_the_clock_grid_keeps_its_times_and_never_starts_twice(change: datetime, expected: list[int]):
    axis = Axis(minute_of(change) - 59, minute_of(change) + 90)
    found = on_grid(axis, anchor=GridAnchor.CLOCK, time_zone="Europe/Amsterdam")
    assert [FIRST + each - minute_of(change) for each in found] == expected


def packed(*taken: tuple[int, int], resource: Resource = ADA, units=1, **rest) -> list[int]:
    room = Room(resource, [Taken(FIRST + starts, FIRST + ends, units) for starts, ends in taken])
    return on_grid(rule=packed_grid, anchor=GridAnchor.PACKED, room=room, **rest)


def test_a_packed_grid_begins_where_something_is_free():
    one = Schedule((WeeklyHours(0, 60, 180),))
    assert packed(hours=one) == [60, 100, 140]
    assert packed((70, 95), hours=one) == [60, 95, 135, 175]
    assert packed((70, 95), hours=one, buffer_before=5 * MINUTE) == [60, 100, 140]
    assert packed((60, 95), hours=one) == [95, 135, 175]
    assert packed((30, 60), hours=one, buffer_before=5 * MINUTE) == [60, 100, 140]
    assert packed((50, 70), (65, 95), (95, 100), hours=one) == [100, 140]
    assert packed((170, 200), hours=one) == [60, 100, 140]
    assert packed((0, 240), hours=one) == []
    assert packed() == [60, 90, 130, 170]


def test_a_packed_grid_of_a_pool_begins_where_enough_is_free():
    one = Schedule((WeeklyHours(0, 60, 180),))
    assert packed((70, 95), resource=POOL, units=2, hours=one) == [60, 100, 140]
    assert packed((70, 95), resource=POOL, units=3, hours=one) == [60, 95, 135, 175]
    heads = {"party_count": PartyCount.HEADS, "party": 2}
    assert packed((70, 95), resource=POOL, units=2, hours=one, **heads) == [60, 95, 135, 175]
    by_slot = replace(POOL, scope=PoolScope.SAME_SLOT)
    assert packed((70, 95), resource=by_slot, units=3, hours=one) == [60, 100, 140]


@pytest.mark.parametrize(("rule", "anchor"), [(slot_grid, GridAnchor.PACKED), (packed_grid, GridAnchor.CLOCK)])
def test_one_of_the_two_grids_leaves_all_to_the_other(rule: Rule, anchor: GridAnchor):
    assert rule.name == "slot_grid"
    assert allowed(rule, anchor=anchor) == [(0, 240)]


def test_the_past_blocks_up_to_and_with_now():
    past = {"past_slots_allowed": False}
    assert allowed(past_slots, now=at(100), **past) == [(101, 240)]
    assert allowed(past_slots, now=at(100.5), **past) == [(101, 240)]
    assert allowed(past_slots, now=at(-1), **past) == [(0, 240)]
    assert allowed(past_slots, now=at(240), **past) == []
    assert allowed(past_slots, now=at(100)) == [(0, 240)]


def test_lead_time_is_elapsed_time_or_days():
    assert allowed(lead_time, now=at(50)) == [(0, 240)]
    assert allowed(lead_time, now=at(50), lead_time=30 * MINUTE) == [(80, 240)]
    assert allowed(lead_time, now=at(49.5), lead_time=30 * MINUTE) == [(80, 240)]
    assert allowed(lead_time, LONG, lead_days=Days(1)) == [(1440, 2940)]
    assert allowed(lead_time, LONG, lead_days=Days(0)) == [(0, 2940)]
    assert allowed(lead_time, LONG, lead_days=Days(1), lead_time=timedelta(hours=30)) == [(1800, 2940)]
    tuesdays = Schedule((WeeklyHours(1, 0, 60),))
    assert allowed(lead_time, LONG, lead_days=Days(1, business=True), hours=tuesdays) == [(1440, 2940)]
    assert allowed(lead_time, LONG, lead_days=Days(1, business=True), hours=NEVER) == []


def test_the_horizon_is_days_ahead_or_fixed_dates():
    whole = [(-60, 2940)]
    assert allowed(horizon, LONG) == whole
    assert allowed(horizon, LONG, horizon=Days(1)) == [(-60, 2880)]
    assert allowed(horizon, LONG, horizon=Days(0)) == [(-60, 1440)]
    assert allowed(horizon, LONG, horizon=Days(1, business=True), hours=NEVER) == whole
    assert allowed(horizon, LONG, bookable_from=date(2026, 3, 3)) == [(1440, 2940)]
    assert allowed(horizon, LONG, bookable_until=date(2026, 3, 3)) == [(-60, 2880)]
    assert allowed(horizon, LONG, bookable_until=date(2026, 3, 3), horizon=Days(0)) == [(-60, 1440)]
    assert allowed(horizon, LONG, bookable_until=date(2026, 3, 2), horizon=Days(1)) == [(-60, 1440)]


@pytest.mark.parametrize(("limit", "fits"), [(None, True), (3, True), (2, False)])
def test_party_size(limit: int | None, fits: bool):
    assert allowed(party_size, party=3, party_limit=limit) == ([(0, 240)] if fits else [])


def test_limits_of_a_customer_count_by_date():
    assert allowed(customer_limit, LONG, visits=[10, 20]) == [(-60, 2940)]
    assert allowed(customer_limit, LONG, visits=[10, 1500], customer_daily_limit=2) == [(-60, 2940)]
    assert allowed(customer_limit, LONG, visits=[10, 20], customer_daily_limit=2) == [(-60, 0), (1440, 2940)]
    assert allowed(customer_limit, LONG, visits=[10, 20, 30], customer_daily_limit=2) == [(-60, 0), (1440, 2940)]
    assert allowed(customer_limit, LONG, visits=[-10, 1439], customer_daily_limit=1) == [(1440, 2940)]
    assert allowed(customer_limit, LONG, customer_daily_limit=0) == []


def taking(rule: ResourceRule, resource: Resource = ADA, *, taken=(), held: int | None = None, role=None, wish=None):
    """What a rule leaves of a resource to a claim of 40 minutes."""
    service = replace(SERVICE, roles=(role or Role((RESOURCE,)),), buffer_after=10 * MINUTE)
    (need,) = Plan.single(service, 1, [wish] if wish else []).needs
    room = Room(resource, [Taken(FIRST + starts, FIRST + ends, units) for starts, ends, units in taken])
    clock = clock_between(zone("UTC"), MIDNIGHT, MIDNIGHT)
    return spans(rule.blocked(ResourceFacts(resource, room, need, held, AXIS, clock)), AXIS)


WHOLE = [(0, 240)]


def test_a_resource_has_hours_breaks_and_time_off():
    schedule = replace(HOURS, breaks=(WeeklyHours(0, 70, 80),), closures=(Closure(at(99.5), at(101)),))
    found = [taking(rule, replace(ADA, schedule=schedule)) for rule in (working_hours, breaks, time_off)]
    assert found == [[(60, 180)], [(0, 70), (80, 240)], [(0, 99), (101, 240)]]
    assert [taking(rule, replace(ADA, schedule=ANY_TIME)) for rule in (working_hours, breaks, time_off)] == [WHOLE] * 3


@pytest.mark.parametrize(("has", "fits"), [((), False), (("cut",), False), (("cut", "colour", "nails"), True)])
def test_skills_are_all_there(has: tuple[str, ...], fits: bool):
    role = Role((RESOURCE,), skills=frozenset({"cut", "colour"}))
    assert taking(skills, replace(ADA, skills=frozenset(has)), role=role) == (WHOLE if fits else [])


@pytest.mark.parametrize(
    ("wish", "fits"),
    [
        (Preference(0), True),
        (Preference(0, RESOURCE), True),
        (Preference(0, ResourceId(UUID(int=4))), False),
        (Preference(0, traits=frozenset({"woman"})), True),
        (Preference(0, traits=frozenset({"woman", "left-handed"})), False),
        (Preference(0, RESOURCE, frozenset({"left-handed"})), False),
        # The service has no such role.
        (Preference(1, ResourceId(UUID(int=4))), True),
    ],
)
def test_preference(wish: Preference, fits: bool):
    assert taking(preference, replace(ADA, traits=frozenset({"woman"})), wish=wish) == (WHOLE if fits else [])


@pytest.mark.parametrize(
    ("held", "needed", "of_capacity", "of_claims"),
    [
        (None, 1, WHOLE, [(0, 60), (70, 240)]),
        (None, 2, WHOLE, [(0, 50), (70, 240)]),
        (None, 3, WHOLE, [(0, 50), (70, 240)]),
        (None, 4, [], WHOLE),
        (5, 3, WHOLE, [(0, 60), (70, 240)]),
        (5, 5, WHOLE, [(0, 50), (70, 240)]),
        (5, 6, [], WHOLE),
        (0, 1, [], WHOLE),
    ],
)
def test_a_pool_lacks_units_or_has_given_them_away(held: int | None, needed: int, of_capacity: list, of_claims: list):
    """Two are taken for ten minutes, then three."""
    taken = [(50, 60, 2), (60, 70, 3)]
    role = Role((RESOURCE,), units=needed)
    assert taking(capacity, POOL, taken=taken, held=held, role=role) == of_capacity
    assert taking(claims, POOL, taken=taken, held=held, role=role) == of_claims


def test_a_pool_holds_nothing_before_its_first_step():
    late = replace(POOL, capacity=(CapacityStep(at(100), 1), CapacityStep(at(150.5), 0), CapacityStep(at(200.5), 1)))
    assert taking(capacity, late) == [(100, 150), (201, 240)]


def test_claims_on_an_exclusive_resource_take_all_of_it():
    assert taking(claims, taken=[(50, 60, 1), (60, 70, 1), (80, 90, 1)]) == [(0, 50), (70, 80), (90, 240)]
    assert taking(capacity) == WHOLE
    assert taking(same_slot, taken=[(50, 90, 1)]) == WHOLE


@pytest.mark.parametrize(("units", "full"), [(1, True), (2, True), (3, False)])
def test_a_pool_counted_by_slot_is_short_of_slots(units: int, full: bool):
    """Three are held, two claims have units of just this slot; others do not matter. Four would never be had."""
    by_slot = replace(POOL, scope=PoolScope.SAME_SLOT)
    taken = [(50, 90, 1), (50, 90, 4 - units), (60, 90, 3), (51, 90, 3)]
    expected = [(0, 50), (51, 240)] if full and units < 3 else WHOLE
    role = Role((RESOURCE,), units=1 if full else 4)
    assert taking(same_slot, by_slot, taken=taken, role=role) == expected
    assert taking(claims, by_slot, taken=taken, role=role) == WHOLE


def test_rules_are_known_by_the_names_that_refusals_carry():
    """The order is that in which reasons are named."""
    assert list(dict.fromkeys(rule.name for rule in RULES)) == [
        "bookable",
        "closures",
        "special_days",
        "opening_hours",
        "booking_hours",
        "slot_grid",
        "past_slots",
        "lead_time",
        "horizon",
        "party_size",
        "customer_limit",
    ]
    assert list(dict.fromkeys(rule.name for rule in RESOURCE_RULES)) == [
        "skills",
        "preference",
        "working_hours",
        "breaks",
        "time_off",
        "capacity",
        "claims",
    ]


def test_only_claims_may_be_passed():
    assert {rule.name for rule in (*RULES, *RESOURCE_RULES) if rule.bypassable} == {"claims"}
