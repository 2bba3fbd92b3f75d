"""A party is no larger than the service takes."""

from appointed.core.rule import Facts
from appointed.core.timeline import NOTHING, Timeline

name = "party_size"
bypassable = False
steady = True


def blocked(facts: Facts) -> Timeline:
    """Every start for a party that is too large."""
    limit = facts.service.party_limit
    return NOTHING if limit is None or facts.party_size <= limit else facts.axis.full
