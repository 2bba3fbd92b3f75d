"""Who serves has every skill that the role asks for."""

from appointed.core.rule import ResourceFacts
from appointed.core.timeline import NOTHING, Timeline

name = "skills"
bypassable = False
by_start = False
of_room = False


def blocked(facts: ResourceFacts) -> Timeline:
    """All time of a resource that lacks a skill."""
    return NOTHING if facts.need.role.skills <= facts.resource.skills else facts.axis.full
