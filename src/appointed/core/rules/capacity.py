"""A pool that holds less than is needed has no place for it, taken or not."""

from appointed.core.rule import ResourceFacts
from appointed.core.timeline import Timeline

name = "capacity"
bypassable = False
by_start = False
of_room = True


def blocked(facts: ResourceFacts) -> Timeline:
    """The minutes in which the pool holds too little."""
    return facts.axis.spans(facts.room.lacking(facts.need.units, facts.capacity))
