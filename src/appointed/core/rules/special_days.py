"""On a special day of the branch, its hours hold in place of the week's."""

from appointed.core.openings import not_open, on_special_days
from appointed.core.rule import Facts
from appointed.core.timeline import NOTHING, Timeline, touching

name = "special_days"
bypassable = False
steady = True


def blocked(facts: Facts) -> Timeline:
    """The starts on special days from which the item does not lie within the branch's open time."""
    schedule, clock, axis = facts.branch.opening_hours, facts.clock, facts.axis
    special = on_special_days(schedule, clock, axis)
    if not special:
        return NOTHING
    return touching(not_open(schedule, clock, axis), facts.length) & special
