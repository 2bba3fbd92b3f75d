"""In a pool counted by slot, claims with just the same start and end share the places."""

from appointed.core.rule import ResourceFacts
from appointed.core.timeline import Timeline

name = "claims"
bypassable = True
by_start = True
of_room = True


def blocked(facts: ResourceFacts) -> Timeline:
    """The starts of slots whose claims leave less than is needed."""
    need = facts.need
    starts = facts.room.full_slots(need.length, need.units, facts.capacity)
    return facts.axis.spans((start, start + 1) for start in sorted(starts))
