"""Schedules laid on an axis: when something is open, by the clock of its branch."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from appointed.core.catalog import Closure, Days, Hours, Schedule, WeeklyHours
from appointed.core.localtime import MINUTES_PER_DAY, WallClock, days_of, minute_of, minutes_until, weekday_of
from appointed.core.timeline import NOTHING, Axis, Timeline

WHOLE_DAY = (Hours(0, MINUTES_PER_DAY),)

# Hours may end on the day after, and a clock that leaves out a date shows one that is two ahead.
_DAYS_BEFORE = 2

# How far ahead days of business are looked for.
_SEARCHED_DAYS = 1_100


class Opening(NamedTuple):
    """Hours on one date (days since 1970), and the minutes of UTC that they come to."""

    day: int
    hours: Hours | WeeklyHours
    starts: int
    ends: int


def hours_of(schedule: Schedule, day: int) -> Sequence[Hours | WeeklyHours]:
    """The hours of a date: those of its special day, else of its weekday, else all of it."""
    for special in schedule.special_days:
        if days_of(special.day) == day:
            return special.hours
    if schedule.week is None:
        return WHOLE_DAY
    weekday = weekday_of(day)
    return [hours for hours in schedule.week if hours.weekday == weekday]


def openings(schedule: Schedule, clock: WallClock, axis: Axis) -> Iterator[Opening]:
    """The openings that share a minute with the axis, by date and in the order of the schedule."""
    for day in days_on(clock, axis):
        yield from _laid(hours_of(schedule, day), day, clock, axis)


def anchoring(own: Schedule, around: Schedule, clock: WallClock, axis: Axis) -> Iterator[Opening]:
    """The openings of a schedule that has hours of its own on the date, else those of the one around it."""
    special = {days_of(each.day) for each in own.special_days}
    for day in days_on(clock, axis):
        chosen = own if own.week is not None or day in special else around
        yield from _laid(hours_of(chosen, day), day, clock, axis)


def days_ahead(days: Days, schedule: Schedule, clock: WallClock, now: datetime) -> int | None:
    """The date so many days after today, in days since 1970; None where no more days of business are found."""
    today = clock.shows(minute_of(now)) // MINUTES_PER_DAY
    if not days.business or days.count == 0:
        return today + days.count
    left = days.count
    for day in range(today + 1, today + _SEARCHED_DAYS + 1):
        left -= _opens(schedule, day, clock)
        if left == 0:
            return day
    return None


def _opens(schedule: Schedule, day: int, clock: WallClock) -> bool:
    midnight = day * MINUTES_PER_DAY
    return any(
        clock.edge(midnight + hours.opens_minute) < clock.edge(midnight + hours.closes_minute)
        for hours in hours_of(schedule, day)
    )


def days_on(clock: WallClock, axis: Axis) -> range:
    """The dates, in days since 1970, whose hours may reach onto the axis."""
    first = clock.shows(axis.starts) // MINUTES_PER_DAY - _DAYS_BEFORE
    return range(first, clock.shows(axis.ends) // MINUTES_PER_DAY + 2)


def outside_openings(schedule: Schedule, clock: WallClock, axis: Axis) -> Timeline:
    """The minutes outside all openings."""
    if schedule.week is None and not schedule.special_days:
        return NOTHING
    return axis.full & ~in_openings(schedule, clock, axis)


def not_open(schedule: Schedule, clock: WallClock, axis: Axis) -> Timeline:
    """The minutes outside all openings, or within a break: all but the open time of the schedule, closures aside."""
    return outside_openings(schedule, clock, axis) | breaks(schedule, clock, axis)


def in_openings(schedule: Schedule, clock: WallClock, axis: Axis) -> Timeline:
    """The minutes within any opening; breaks are not taken out, nor are closures."""
    if schedule.week is None and not schedule.special_days:
        return axis.full
    return _union(((opening.starts, opening.ends) for opening in openings(schedule, clock, axis)), axis)


def breaks(schedule: Schedule, clock: WallClock, axis: Axis) -> Timeline:
    """The minutes within any break; a special day has none."""
    if not schedule.breaks:
        return NOTHING
    special = {days_of(each.day) for each in schedule.special_days}
    laid = (
        opening
        for day in days_on(clock, axis)
        if day not in special
        for opening in _laid([each for each in schedule.breaks if each.weekday == weekday_of(day)], day, clock, axis)
    )
    return _union(((opening.starts, opening.ends) for opening in laid), axis)


def on_dates(days: Iterable[int], clock: WallClock, axis: Axis) -> Timeline:
    """The minutes at which the clock shows one of these dates, in days since 1970."""
    found = NOTHING
    for day in days:
        found |= axis.spans(clock.before(day + 1)) & ~axis.spans(clock.before(day))
    return found


def on_special_days(schedule: Schedule, clock: WallClock, axis: Axis) -> Timeline:
    """The minutes of the special days."""
    return on_dates((days_of(each.day) for each in schedule.special_days), clock, axis)


def off_grid(on_grid: Timeline, clock: WallClock, axis: Axis) -> Timeline:
    """The minutes that are no starts: those not on the grid, and those that the clock shows for the second time."""
    return axis.full & ~(on_grid & ~axis.spans(clock.repeats()))


def closed(closures: Iterable[Closure], axis: Axis) -> Timeline:
    """The minutes of which any part lies within a closure."""
    spans = (
        (minute_of(each.starts_at), axis.ends if each.ends_at is None else minutes_until(each.ends_at))
        for each in closures
    )
    return _union(spans, axis)


def _laid(ranges: Iterable[Hours | WeeklyHours], day: int, clock: WallClock, axis: Axis) -> Iterator[Opening]:
    midnight = day * MINUTES_PER_DAY
    for hours in ranges:
        starts, ends = clock.edge(midnight + hours.opens_minute), clock.edge(midnight + hours.closes_minute)
        # Hours inside the gap of a clock change open and close at the same instant: there are none.
        if starts < ends and starts < axis.ends and axis.starts < ends:
            yield Opening(day, hours, starts, ends)


def _union(spans: Iterable[tuple[int, int]], axis: Axis) -> Timeline:
    ordered = sorted(spans)
    return axis.spans(ordered) if ordered else NOTHING
