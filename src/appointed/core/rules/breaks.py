"""A resource has its breaks."""

from appointed.core import openings
from appointed.core.rule import ResourceFacts
from appointed.core.timeline import Timeline

name = "breaks"
bypassable = False
by_start = False
of_room = False


def blocked(facts: ResourceFacts) -> Timeline:
    """The minutes of its breaks."""
    return openings.breaks(facts.resource.schedule, facts.clock, facts.axis)
