"""Slots start every so many minutes of the branch's clock, counted from each opening.

Counted on the clock, the slots of a day stand at the same local times all year. A time that the clock skips is no
start, and one that it shows twice is a start the first time.
"""

from collections.abc import Sequence
from datetime import timedelta

from appointed.core.intervals import INSTANT, Interval, IntervalSet
from appointed.core.localtime import MINUTES_PER_DAY, to_instant, to_local
from appointed.core.rule import Facts, Opening

name = "slot_grid"
bypassable = False


def blocked(facts: Facts, window: Interval) -> IntervalSet:
    """The instants of `window` that are on the grid of no opening."""
    starts = {
        start
        for opening in facts.openings
        for minute in _minutes(facts, opening, window)
        if (start := to_instant(facts.where, opening.day, minute)) is not None and window.contains(start)
    }
    return IntervalSet((window,)).difference(
        IntervalSet(tuple(Interval(start, start + INSTANT) for start in sorted(starts)))
    )


def _minutes(facts: Facts, opening: Opening, window: Interval) -> Sequence[int]:
    """The minutes of the grid that may lie in `window`, past midnight of the opening's date."""
    grid = range(opening.hours.opens_minute, opening.hours.closes_minute, facts.service.grid // timedelta(minutes=1))
    if window.length > INSTANT:
        return grid
    # A hold asks about one instant, and must not pay for a day.
    local = to_local(facts.where, window.start)
    minute = local.minute + (local.day - opening.day).days * MINUTES_PER_DAY
    return (minute,) if minute in grid else ()
