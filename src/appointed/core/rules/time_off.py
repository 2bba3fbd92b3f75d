"""A resource that is away is not there for anybody."""

from appointed.core.openings import closed
from appointed.core.rule import ResourceFacts
from appointed.core.timeline import Timeline

name = "time_off"
bypassable = False
by_start = False
of_room = False


def blocked(facts: ResourceFacts) -> Timeline:
    """The minutes in which it is away."""
    return closed(facts.resource.schedule.closures, facts.axis)
