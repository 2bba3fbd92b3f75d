"""A slot lies within the opening hours of the branch, from its start to its end."""

from appointed.core.localtime import days_of
from appointed.core.openings import breaks, shut_time
from appointed.core.rule import Facts
from appointed.core.timeline import Timeline, touching

name = "opening_hours"
bypassable = False
steady = True


def blocked(facts: Facts) -> Timeline:
    """The starts, on all but special days, from which the item does not lie within the branch's open time."""
    schedule, clock, axis = facts.branch.opening_hours, facts.clock, facts.axis
    shut = shut_time(schedule, clock, axis) | breaks(schedule, clock, axis)
    blocked = touching(shut, facts.length)
    for day in (days_of(each.day) for each in schedule.special_days):
        blocked &= axis.spans(clock.before(day)) | ~axis.spans(clock.before(day + 1))
    return blocked
