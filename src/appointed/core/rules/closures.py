"""Nothing takes place while the branch or the service is closed."""

from appointed.core.openings import closed
from appointed.core.rule import Facts
from appointed.core.timeline import Timeline, touching

name = "closures"
bypassable = False
steady = True


def blocked(facts: Facts) -> Timeline:
    """The starts from which the item would run into a closure."""
    closures = (*facts.branch.opening_hours.closures, *facts.service.booking_hours.closures)
    return touching(closed(closures, facts.axis), facts.length)
