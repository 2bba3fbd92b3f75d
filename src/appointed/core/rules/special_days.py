"""On a special day of the branch, its hours hold in place of the week's."""

from appointed.core.localtime import days_of
from appointed.core.openings import breaks, shut_time
from appointed.core.rule import Facts
from appointed.core.timeline import NOTHING, Timeline, touching

name = "special_days"
bypassable = False
steady = True


def blocked(facts: Facts) -> Timeline:
    """The starts on special days from which the item does not lie within the branch's open time."""
    schedule, clock, axis = facts.branch.opening_hours, facts.clock, facts.axis
    special = NOTHING
    for day in (days_of(each.day) for each in schedule.special_days):
        special |= axis.spans(clock.before(day + 1)) & ~axis.spans(clock.before(day))
    if not special:
        return NOTHING
    shut = shut_time(schedule, clock, axis) | breaks(schedule, clock, axis)
    return touching(shut, facts.length) & special
