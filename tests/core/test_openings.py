"""Schedules on an axis, by the clock of a branch. Dates are days since 1970."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appointed.core.catalog import (
    ANY_TIME,
    NEVER,
    Branch,
    Catalog,
    Closure,
    Days,
    Hours,
    Schedule,
    SpecialDay,
    WeeklyHours,
)
from appointed.core.localtime import MINUTE, WallClock, clock_between, days_of, instant_of, minute_of, zone
from appointed.core.openings import anchoring, breaks, closed, days_ahead, hours_of, in_openings, openings
from appointed.core.plan import Plan
from appointed.core.timeline import Axis
from availability_worlds import BRANCH, moments, schedules
from drawn_world import Drawn, as_oracle
from oracle import schedules as oracle

DAY = 1440
MONDAY = date(2026, 3, 2)
MIDNIGHT = minute_of(datetime(2026, 3, 2, tzinfo=UTC))
WEEK = Axis(MIDNIGHT, MIDNIGHT + 7 * DAY)


def clock(name: str, at: datetime | None = None) -> WallClock:
    near = at or instant_of(MIDNIGHT)
    return clock_between(zone(name), near, near + timedelta(days=1200))


UTC_CLOCK = clock("UTC")
EVERY_DAY = tuple(WeeklyHours(weekday, 540, 1020) for weekday in range(7))


def stretches(timeline: int, axis: Axis = WEEK) -> list[tuple[int, int]]:
    """From when until when, in minutes after the axis begins."""
    found: list[list[int]] = []
    for minute in axis.minutes(timeline):
        if found and found[-1][1] == minute - axis.starts:
            found[-1][1] += 1
        else:
            found.append([minute - axis.starts, minute - axis.starts + 1])
    return [(starts, ends) for starts, ends in found]


def test_hours_of_a_date():
    special = SpecialDay(MONDAY, (Hours(600, 660),))
    schedule = Schedule(EVERY_DAY, special_days=(special, SpecialDay(MONDAY + timedelta(days=1))))
    first = days_of(MONDAY)
    assert hours_of(schedule, first) == special.hours
    assert hours_of(schedule, first + 1) == ()
    assert list(hours_of(schedule, first + 2)) == [EVERY_DAY[2]]
    assert list(hours_of(NEVER, first)) == []
    assert list(hours_of(ANY_TIME, first)) == [Hours(0, DAY)]


def test_openings_come_by_date_and_in_the_order_of_the_schedule():
    schedule = Schedule((WeeklyHours(0, 780, 840), WeeklyHours(0, 540, 600), WeeklyHours(2, 0, 2880)))
    found = [(each.day - days_of(MONDAY), each.starts, each.ends) for each in openings(schedule, UTC_CLOCK, WEEK)]
    at = MIDNIGHT
    assert found == [(0, at + 780, at + 840), (0, at + 540, at + 600), (2, at + 2 * DAY, at + 4 * DAY)]


def test_openings_that_only_reach_onto_the_axis():
    """From days before, and until after it; not those that end where it begins, or begin where it ends."""
    schedule = Schedule((WeeklyHours(6, 1000, 2880), WeeklyHours(0, 60, 120), WeeklyHours(0, 50, 60)))
    axis = Axis(MIDNIGHT + 60, MIDNIGHT + 61)
    assert [(each.starts, each.ends) for each in openings(schedule, UTC_CLOCK, axis)] == [
        (MIDNIGHT - DAY + 1000, MIDNIGHT + DAY),
        (MIDNIGHT + 60, MIDNIGHT + 120),
    ]
    late = Schedule((WeeklyHours(0, 61, 120),))
    assert list(openings(late, UTC_CLOCK, axis)) == []


def test_open_time_is_a_union_of_openings():
    week = (WeeklyHours(0, 780, 840), WeeklyHours(0, 540, 600), WeeklyHours(0, 600, 610), WeeklyHours(0, 800, 900))
    assert stretches(in_openings(Schedule(week), UTC_CLOCK, WEEK)) == [(540, 610), (780, 900)]
    assert in_openings(ANY_TIME, UTC_CLOCK, WEEK) == WEEK.full
    assert in_openings(NEVER, UTC_CLOCK, WEEK) == 0


def test_a_special_day_replaces_hours_and_breaks_of_its_date():
    lunch = tuple(WeeklyHours(weekday, 720, 780) for weekday in range(7))
    special = SpecialDay(MONDAY, (Hours(600, 1500),))
    schedule = Schedule(EVERY_DAY[:2], lunch[:2], (special,))
    assert stretches(in_openings(schedule, UTC_CLOCK, WEEK)) == [(600, 1500), (DAY + 540, DAY + 1020)]
    assert stretches(breaks(schedule, UTC_CLOCK, WEEK)) == [(DAY + 720, DAY + 780)]


def test_a_special_day_closes_a_branch_that_is_always_open():
    schedule = Schedule(special_days=(SpecialDay(MONDAY + timedelta(days=1)),))
    assert stretches(in_openings(schedule, UTC_CLOCK, WEEK)) == [(0, DAY), (2 * DAY, 7 * DAY)]


@pytest.mark.parametrize(
    ("city", "near", "hours", "elapsed"),
    [
        ("Europe/Amsterdam", "2026-03-28", (1320, 1800), 420),
        ("Europe/Amsterdam", "2026-10-24", (1320, 1800), 540),
        ("Europe/Amsterdam", "2026-03-29", (130, 170), 0),
        ("Africa/Cairo", "2026-04-23", (1320, 1440), 120),
        ("Africa/Cairo", "2026-10-29", (1320, 1440), 180),
        ("Pacific/Apia", "2011-12-30", (540, 1020), 0),
        ("Pacific/Apia", "2011-12-29", (1320, 1800), 120),
        ("Pacific/Apia", "2011-12-30", (1320, 1800), 360),
    ],
)
def test_hours_on_the_days_of_a_change(city: str, near: str, hours: tuple[int, int], elapsed: int):
    day = date.fromisoformat(near)
    at = datetime(day.year, day.month, day.day, tzinfo=UTC)
    axis = Axis(minute_of(at) - 2 * DAY, minute_of(at) + 3 * DAY)
    schedule = Schedule((), special_days=(SpecialDay(day, (Hours(*hours),)),))
    laid = list(openings(schedule, clock(city, at), axis))
    assert [each.ends - each.starts for each in laid] == ([elapsed] if elapsed else [])


def at(minutes: float) -> datetime:
    return instant_of(MIDNIGHT) + minutes * MINUTE


@pytest.mark.parametrize(
    ("closures", "expected"),
    [
        ([(60, 120)], [(60, 120)]),
        ([(60.5, 120.5)], [(60, 121)]),
        ([(60.5, 60.75)], [(60, 61)]),
        ([(100, None)], [(100, 7 * DAY)]),
        ([(100, 200), (50, 100), (60, 110)], [(50, 200)]),
        ([(-100, 10)], [(0, 10)]),
        ([(-100, 0)], []),
        ([(7 * DAY, None)], []),
        ([(8 * DAY, None)], []),
        ([(8 * DAY, 9 * DAY), (10 * DAY, None)], []),
    ],
)
def test_closures_take_every_minute_that_they_touch(closures: list, expected: list[tuple[int, int]]):
    made = [Closure(at(starts), None if ends is None else at(ends)) for starts, ends in closures]
    assert stretches(closed(made, WEEK)) == expected


def test_the_grid_hangs_on_hours_of_its_own_where_there_are_any():
    own_day = SpecialDay(MONDAY, (Hours(60, 120),))
    around = Schedule(tuple(WeeklyHours(weekday, 540, 600) for weekday in range(2)))

    def anchors(own: Schedule) -> list[tuple[int, int]]:
        found = anchoring(own, around, UTC_CLOCK, Axis(MIDNIGHT, MIDNIGHT + 2 * DAY))
        return [(each.starts - MIDNIGHT, each.ends - MIDNIGHT) for each in found]

    assert anchors(ANY_TIME) == [(540, 600), (DAY + 540, DAY + 600)]
    assert anchors(Schedule(special_days=(own_day,))) == [(60, 120), (DAY + 540, DAY + 600)]
    assert anchors(Schedule((WeeklyHours(0, 0, 30),))) == [(0, 30)]
    assert anchors(NEVER) == []


WEEKDAYS = Schedule(EVERY_DAY[:5])


@pytest.mark.parametrize(
    ("days", "schedule", "expected"),
    [
        (Days(0), NEVER, 0),
        (Days(6), WEEKDAYS, 6),
        (Days(0, business=True), NEVER, 0),
        (Days(1, business=True), WEEKDAYS, 1),
        (Days(4, business=True), WEEKDAYS, 4),
        (Days(5, business=True), WEEKDAYS, 7),
        (Days(10, business=True), WEEKDAYS, 14),
        (Days(1, business=True), Schedule(EVERY_DAY, special_days=(SpecialDay(MONDAY + timedelta(days=1)),)), 2),
        (Days(1, business=True), Schedule(closures=(Closure(at(0)),)), 1),
        (Days(1, business=True), NEVER, None),
        (Days(1, business=True), Schedule((), special_days=(SpecialDay(MONDAY, (Hours(0, 9),)),)), None),
        (Days(1100, business=True), ANY_TIME, 1100),
        (Days(1101, business=True), ANY_TIME, None),
    ],
)
@pytest.mark.parametrize("late", [0, 1439])
def test_days_ahead(days: Days, schedule: Schedule, expected: int | None, late: int):
    found = days_ahead(days, schedule, UTC_CLOCK, at(late))
    assert found == (None if expected is None else days_of(MONDAY) + expected)


def test_today_is_that_of_the_branch():
    assert days_ahead(Days(0), ANY_TIME, clock("Pacific/Auckland"), at(12 * 60)) == days_of(MONDAY) + 1
    assert days_ahead(Days(0), ANY_TIME, clock("America/New_York"), at(4 * 60)) == days_of(MONDAY) - 1


def test_a_date_that_a_zone_skipped_is_no_day_of_business():
    now = datetime(2011, 12, 29, 12, tzinfo=UTC)
    found = days_ahead(Days(1, business=True), Schedule(EVERY_DAY), clock("Pacific/Apia", now), now)
    assert found == days_of(date(2011, 12, 31))


@st.composite
def laid(draw: st.DrawFn) -> tuple[str, int, Schedule]:
    name, near = draw(moments())
    return name, near, draw(schedules(name, near))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(laid(), st.integers(-DAY, DAY), st.integers(1, 300))
def test_schedules_are_those_of_the_oracle(drawn: tuple[str, int, Schedule], offset: int, length: int):
    name, near, schedule = drawn
    axis = Axis(near + offset, near + offset + length)
    world, theirs = in_the_words_of_the_oracle(name, schedule)
    on_the_wall = clock(name, instant_of(near))
    minutes = range(axis.starts, axis.ends)
    assert set(axis.minutes(in_openings(schedule, on_the_wall, axis))) == {
        minute for minute in minutes if oracle.in_openings(world, theirs, minute)
    }
    assert set(axis.minutes(breaks(schedule, on_the_wall, axis))) == {
        minute for minute in minutes if oracle.in_break(world, theirs, minute)
    }
    assert set(axis.minutes(closed(schedule.closures, axis))) == {
        minute for minute in minutes if oracle.is_closed(theirs, minute, minute + 1)
    }


def in_the_words_of_the_oracle(name: str, schedule: Schedule):
    branch = Branch(BRANCH, "b", name, schedule)
    world, _ = as_oracle(Drawn(Catalog(1), branch, Plan((), 1), {}, instant_of(0), (0, 1)))
    return world, world.branch
