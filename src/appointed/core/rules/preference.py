"""Who serves is whom the customer asked for: by name, or by traits."""

from appointed.core.rule import ResourceFacts
from appointed.core.timeline import NOTHING, Timeline

name = "preference"
bypassable = False
by_start = False
of_room = False


def blocked(facts: ResourceFacts) -> Timeline:
    """All time of a resource that was not asked for."""
    wished = facts.need.preference
    if wished is None or (wished.resource_id in (None, facts.resource.id) and wished.traits <= facts.resource.traits):
        return NOTHING
    return facts.axis.full
