"""Timelines against plain sets of minutes."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from appointed.core.timeline import NOTHING, Axis, Picked, at_least, counted, fitting, shift, touching

PAGE = 1440
FIRST = 27_000_000

# A short axis, to see much, and one of some pages.
axes = st.tuples(st.integers(FIRST - 5, FIRST + 5), st.one_of(st.integers(0, 24), st.integers(PAGE - 2, 3 * PAGE))).map(
    lambda at: Axis(at[0], at[0] + at[1])
)
small = st.integers(0, 30).map(lambda length: Axis(FIRST, FIRST + length))
lengths = st.integers(1, 12)


@st.composite
def axes_with(draw: st.DrawFn, number: int, over: st.SearchStrategy[Axis] = small) -> tuple[Axis, list[int]]:
    axis = draw(over)
    return axis, [draw(st.integers(0, axis.full)) for _ in range(number)]


@st.composite
def axes_with_spans(draw: st.DrawFn) -> tuple[Axis, list[tuple[int, int]]]:
    """Spans in the order of their starts, some of them over the ends of the axis, some of no length."""
    axis = draw(axes)
    beginning = st.integers(axis.starts - 40, axis.ends + 40)
    lasting = st.one_of(st.integers(0, 40), st.integers(0, 4 * PAGE))
    found = draw(st.lists(st.tuples(beginning, lasting), max_size=6))
    return axis, sorted((starts, starts + length) for starts, length in found)


def members(axis: Axis, timeline: int) -> set[int]:
    assert 0 <= timeline <= axis.full, "a timeline has no minutes beyond its axis"
    return {minute for minute in range(axis.starts, axis.ends) if timeline >> (minute - axis.starts) & 1}


def on(axis: Axis) -> set[int]:
    return set(range(axis.starts, axis.ends))


@given(axes)
def test_all_minutes_of_an_axis(axis: Axis):
    assert members(axis, axis.full) == on(axis)


@given(axes_with(2))
def test_a_timeline_and_another_part_the_axis(drawn):
    axis, (one, other) = drawn
    left, common = one & ~other, one & other
    assert left | common == one
    assert left & common == NOTHING
    rest = axis.full & ~one
    assert one | rest == axis.full
    assert one & rest == NOTHING
    assert members(axis, rest) == on(axis) - members(axis, one)


@given(axes_with(2))
def test_operators_are_those_of_sets(drawn):
    axis, (one, other) = drawn
    a, b = members(axis, one), members(axis, other)
    assert members(axis, one | other) == members(axis, other | one) == a | b
    assert members(axis, one & other) == members(axis, other & one) == a & b
    assert members(axis, one & ~other) == a - b


@given(axes_with(2), st.integers(-40, 40))
def test_a_shift_moves_every_minute(drawn, by: int):
    axis, (one, other) = drawn
    later = Axis(axis.starts, axis.ends + 40)
    moved = {minute + by for minute in members(axis, one)}
    assert members(later, shift(one, by)) == {minute for minute in moved if minute >= axis.starts}
    assert shift(one | other, by) == shift(one, by) | shift(other, by)
    assert shift(one & other, by) == shift(one, by) & shift(other, by)
    assert shift(shift(one, abs(by)), -abs(by)) == one


@given(axes, st.integers(FIRST - 50, FIRST + 4 * PAGE), st.integers(-3, 4 * PAGE))
def test_a_span(axis: Axis, starts: int, length: int):
    assert members(axis, axis.span(starts, starts + length)) == on(axis) & set(range(starts, starts + length))


@given(axes_with(2))
def test_minutes_are_picked_from_a_timeline(drawn):
    axis, (timeline, wanted) = drawn
    picked = Picked(axis, list(axis.minutes(wanted)))
    assert list(picked.of(timeline)) == [int(axis.has(timeline, minute)) for minute in picked.minutes]


@given(axes_with_spans())
@example((Axis(FIRST, FIRST + 3 * PAGE), [(FIRST - 5, FIRST + 1), (FIRST + PAGE, FIRST + PAGE + 1)]))
@example(
    (Axis(FIRST, FIRST + 3 * PAGE), [(FIRST, FIRST + 2 * PAGE), (FIRST + 1, FIRST + 2), (FIRST + PAGE, FIRST + PAGE)])
)
@example(
    (Axis(FIRST, FIRST + 3 * PAGE), [(FIRST + PAGE - 1, FIRST + PAGE + 1), (FIRST + 3 * PAGE - 1, FIRST + 5 * PAGE)])
)
def test_spans_are_the_union_of_each(drawn):
    axis, pairs = drawn
    found = axis.spans(iter(pairs))
    assert members(axis, found) == on(axis) & {minute for pair in pairs for minute in range(*pair)}
    union = NOTHING
    for starts, ends in pairs:
        union |= axis.span(starts, ends)
    assert found == union


@given(axes, st.integers(-50, 50), st.integers(1, 45), st.integers(-2, 120))
@example(Axis(FIRST, FIRST + 10), -7, 7, 2)
@example(Axis(FIRST, FIRST + 10), -8, 7, 1)
@example(Axis(FIRST, FIRST + 10), 3, 7, 2)
def test_every_so_many_minutes(axis: Axis, offset: int, step: int, count: int):
    first = axis.starts + offset
    combed = {first + n * step for n in range(count)}
    assert members(axis, axis.every(first, step, count)) == on(axis) & combed


@given(axes_with(1), st.integers(-40, 40), st.integers(0, 40))
def test_a_part_is_what_two_axes_share(drawn, offset: int, length: int):
    of, (timeline,) = drawn
    axis = Axis(of.starts + offset, of.starts + offset + length)
    assert members(axis, axis.part(timeline, of)) == on(axis) & members(of, timeline)


@given(axes_with(1, axes))
def test_minutes_come_in_order(drawn):
    axis, (timeline,) = drawn
    assert list(axis.minutes(timeline)) == sorted(members(axis, timeline))


@given(axes_with(1), st.integers(-10, 45))
def test_has(drawn, offset: int):
    axis, (timeline,) = drawn
    minute = axis.starts + offset
    assert axis.has(timeline, minute) is (minute in members(axis, timeline))


@given(axes_with(1), lengths)
def test_what_fits(drawn, length: int):
    axis, (free,) = drawn
    have = members(axis, free)
    expected = {minute for minute in on(axis) if all(minute + n in have for n in range(length))}
    assert members(axis, fitting(free, length)) == expected


@given(axes_with(1), lengths)
def test_what_touches(drawn, length: int):
    axis, (taken,) = drawn
    have = members(axis, taken)
    expected = {minute for minute in on(axis) if any(minute + n in have for n in range(length))}
    assert members(axis, touching(taken, length)) == expected


@given(axes_with(1), lengths)
def test_what_fits_touches_nothing_that_is_taken(drawn, length: int):
    """One is the other's complement, as far as the axis knows what follows."""
    axis, (free,) = drawn
    known = axis.span(axis.starts, axis.ends - length + 1)
    assert fitting(free, length) & ~known == NOTHING
    assert touching(axis.full & ~free, length) & known == known & ~fitting(free, length)


@given(axes_with(1), lengths, lengths)
def test_what_fits_twice_fits_as_one(drawn, one: int, other: int):
    _, (timeline,) = drawn
    assert fitting(fitting(timeline, one), other) == fitting(timeline, one + other - 1)
    assert touching(touching(timeline, one), other) == touching(timeline, one + other - 1)


@st.composite
def many(draw: st.DrawFn) -> tuple[Axis, list[int]]:
    return draw(axes_with(draw(st.integers(0, 9))))


@given(many(), st.integers(0, 12))
def test_counting(drawn, number: int):
    axis, timelines = drawn
    times = {minute: sum(axis.has(each, minute) for each in timelines) for minute in on(axis)}
    digits = counted(timelines)
    assert all(digits[-1:]), "no digit without a use"
    assert {minute: sum(axis.has(d, minute) << n for n, d in enumerate(digits)) for minute in times} == times
    assert members(axis, at_least(digits, number, axis.full)) == {m for m, count in times.items() if count >= number}


@pytest.mark.parametrize("number", [0, 1, 2])
def test_counting_nothing(number: int):
    axis = Axis(FIRST, FIRST + 5)
    assert counted([]) == ()
    assert at_least((), number, axis.full) == (NOTHING if number else axis.full)
