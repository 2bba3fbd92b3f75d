"""Slots start every so many minutes, counted on the clock from each opening or from midnight.

Counted on the clock, the slots of a day stand at the same local times all year. A time that the clock skips is no
start, and one that it shows twice is a start the first time.
"""

from collections.abc import Iterable

from appointed.core.catalog import ANY_TIME, GridAnchor
from appointed.core.localtime import MINUTE, MINUTES_PER_DAY
from appointed.core.openings import Opening, anchoring, off_grid, openings
from appointed.core.rule import Facts
from appointed.core.timeline import NOTHING, Timeline

name = "slot_grid"
bypassable = False
steady = True


def blocked(facts: Facts) -> Timeline:
    """The starts that are not on the grid of any opening; none for a grid that is packed."""
    if facts.service.anchor is GridAnchor.PACKED:
        return NOTHING
    step = facts.service.grid // MINUTE
    on_grid = NOTHING
    for opening in _anchors(facts):
        midnight = opening.day * MINUTES_PER_DAY
        first = midnight + opening.hours.opens_minute
        count = -((opening.hours.opens_minute - opening.hours.closes_minute) // step)
        on_grid |= _shown(facts, opening, first, step, count)
    return off_grid(on_grid, facts.clock, facts.axis)


def _anchors(facts: Facts) -> Iterable[Opening]:
    """The openings from which the grid is counted; whole dates for one on the clock."""
    if facts.service.anchor is GridAnchor.CLOCK:
        return openings(ANY_TIME, facts.clock, facts.axis)
    return anchoring(facts.service.booking_hours, facts.branch.opening_hours, facts.clock, facts.axis)


def _shown(facts: Facts, opening: Opening, first: int, step: int, count: int) -> Timeline:
    """The instants in the opening at which the clock shows one of `count` local times, `step` apart."""
    found = NOTHING
    for stretch in facts.clock.stretches:
        if stretch.ends <= opening.starts * 60 or stretch.offset % 60:
            continue
        if stretch.starts >= opening.ends * 60:
            break
        offset = stretch.offset // 60
        starts = max(opening.starts, -(-stretch.starts // 60)) + offset
        ends = min(opening.ends, -(-stretch.ends // 60)) + offset
        if starts >= ends:
            continue
        skipped = max(0, -((first - starts) // step))
        within = min(count, -((first - ends) // step))
        found |= facts.axis.every(first + skipped * step - offset, step, within - skipped)
    return found
