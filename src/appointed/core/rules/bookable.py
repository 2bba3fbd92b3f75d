"""A service that is only listed is not given to anybody."""

from appointed.core.rule import Facts
from appointed.core.timeline import NOTHING, Timeline

name = "bookable"
bypassable = False
steady = True


def blocked(facts: Facts) -> Timeline:
    """Every start of a service that is not bookable."""
    return NOTHING if facts.service.bookable else facts.axis.full
