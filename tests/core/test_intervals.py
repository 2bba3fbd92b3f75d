from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appointed.core.intervals import Interval, IntervalSet

ORIGIN = datetime(2026, 3, 2, 9, tzinfo=UTC)


def at(minute: int) -> datetime:
    return ORIGIN + timedelta(minutes=minute)


def span(start: int, end: int) -> Interval:
    return Interval(at(start), at(end))


MINUTES = range(-2, 32)
spans = st.tuples(st.integers(0, 29), st.integers(1, 30)).filter(lambda pair: pair[0] < pair[1]).map(lambda p: span(*p))
sets = st.lists(spans, max_size=6).map(IntervalSet.of)


def members(some: IntervalSet) -> set[int]:
    """The minutes whose instants the set holds, asked of each interval by hand."""
    return {m for m in MINUTES for one in some.intervals if one.start <= at(m) < one.end}


@pytest.mark.parametrize(("start", "end"), [(5, 5), (6, 5)])
def test_an_interval_has_a_length(start: int, end: int):
    with pytest.raises(ValueError, match="empty interval"):
        span(start, end)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (datetime(2026, 3, 2, 9), at(5)),  # noqa: DTZ001  the naive one is what is refused
        (at(0), datetime(2026, 3, 2, 10)),  # noqa: DTZ001
    ],
)
def test_a_naive_instant_is_refused(start: datetime, end: datetime):
    with pytest.raises(ValueError, match="naive datetime"):
        Interval(start, end)


def test_instants_are_kept_in_utc():
    tokyo = timezone(timedelta(hours=9))
    interval = Interval(at(0).astimezone(tokyo), at(5).astimezone(tokyo))
    assert interval == span(0, 5)
    assert interval.start.tzinfo is UTC


def test_an_hour_that_the_clock_shows_twice_has_its_length():
    """By the clock alone the second instant would lie before the first."""
    amsterdam = ZoneInfo("Europe/Amsterdam")
    first = datetime(2026, 10, 25, 2, 45, tzinfo=amsterdam)
    second = datetime(2026, 10, 25, 2, 15, fold=1, tzinfo=amsterdam)
    assert Interval(first, second).length == timedelta(minutes=30)


def test_the_end_is_outside():
    interval = span(0, 5)
    assert interval.contains(at(0))
    assert not interval.contains(at(5))
    assert not interval.overlaps(span(5, 6))
    assert interval.overlaps(span(4, 6))
    assert interval.covers(span(0, 5))
    assert not interval.covers(span(4, 6))


@pytest.mark.parametrize("spans_given", [[(0, 5), (5, 6)], [(0, 5), (4, 6)], [(5, 6), (0, 1)]])
def test_a_set_that_is_not_in_normal_form_is_refused(spans_given: list[tuple[int, int]]):
    with pytest.raises(ValueError, match="touch or are out of order"):
        IntervalSet(tuple(span(*one) for one in spans_given))


@given(st.lists(spans, max_size=6))
def test_of_holds_what_its_intervals_hold(some: list[Interval]):
    assert members(IntervalSet.of(some)) == {m for m in MINUTES if any(one.contains(at(m)) for one in some)}


@given(sets)
def test_contains(a: IntervalSet):
    assert {m for m in MINUTES if a.contains(at(m))} == members(a)
    assert bool(a) == bool(members(a))


@given(sets, sets)
def test_operations_are_those_of_sets(a: IntervalSet, b: IntervalSet):
    assert members(a.union(b)) == members(a) | members(b)
    assert members(a.intersection(b)) == members(a) & members(b)
    assert members(a.difference(b)) == members(a) - members(b)


@given(sets, sets)
def test_equal_sets_are_written_in_one_way(a: IntervalSet, b: IntervalSet):
    assert (members(a) == members(b)) == (a == b)


@given(sets, sets)
def test_commutativity(a: IntervalSet, b: IntervalSet):
    assert a.union(b) == b.union(a)
    assert a.intersection(b) == b.intersection(a)


@given(sets)
def test_idempotence(a: IntervalSet):
    assert a.union(a) == a.intersection(a) == IntervalSet.of(a.intervals) == a
    assert not a.difference(a)


@given(sets, sets)
def test_difference_and_intersection_part_a_set(a: IntervalSet, b: IntervalSet):
    left, common = a.difference(b), a.intersection(b)
    assert left.union(common) == a
    assert not left.intersection(common)


@given(sets, sets, sets)
def test_distribution(a: IntervalSet, b: IntervalSet, c: IntervalSet):
    assert a.intersection(b.union(c)) == a.intersection(b).union(a.intersection(c))
    assert a.difference(b.union(c)) == a.difference(b).difference(c)


@given(sets, sets, st.integers(-60, 60))
def test_shift_commutes_with_the_rest(a: IntervalSet, b: IntervalSet, minutes: int):
    by = timedelta(minutes=minutes)
    assert a.shift(by).shift(-by) == a
    assert a.union(b).shift(by) == a.shift(by).union(b.shift(by))
    assert a.difference(b).shift(by) == a.shift(by).difference(b.shift(by))
    assert a.intersection(b).shift(by) == a.shift(by).intersection(b.shift(by))
