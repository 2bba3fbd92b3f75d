"""A resource is taken within its hours, buffers included."""

from appointed.core.openings import outside_openings
from appointed.core.rule import ResourceFacts
from appointed.core.timeline import Timeline

name = "working_hours"
bypassable = False
by_start = False
of_room = False


def blocked(facts: ResourceFacts) -> Timeline:
    """The minutes outside its hours."""
    return outside_openings(facts.resource.schedule, facts.clock, facts.axis)
