"""What others have taken is taken: all of an exclusive resource, and its units of a pool of overlapping claims.

Buffers are part of a claim. Where nothing but a buffer meets a claim, the reason goes by the name of `buffers`.
"""

from appointed.core.rule import ResourceFacts
from appointed.core.timeline import Timeline

name = "claims"
bypassable = True
by_start = False
of_room = True


def blocked(facts: ResourceFacts) -> Timeline:
    """The minutes in which claims leave less than is needed, though there would be enough without them."""
    room, units = facts.room, facts.need.units
    taken = facts.axis.spans(room.short(units, facts.capacity))
    return taken if room.exclusive else taken & ~facts.axis.spans(room.lacking(units, facts.capacity))
