"""A slot lies within the opening hours of the branch, from its start to its end."""

from appointed.core.openings import not_open, on_special_days
from appointed.core.rule import Facts
from appointed.core.timeline import Timeline, touching

name = "opening_hours"
bypassable = False
steady = True


def blocked(facts: Facts) -> Timeline:
    """The starts, on all but special days, from which the item does not lie within the branch's open time."""
    schedule, clock, axis = facts.branch.opening_hours, facts.clock, facts.axis
    return touching(not_open(schedule, clock, axis), facts.length) & ~on_special_days(schedule, clock, axis)
