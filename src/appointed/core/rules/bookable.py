"""A service that is only listed is not given to anybody, nor is one that is retired or whose branch is."""

from appointed.core.rule import Facts
from appointed.core.timeline import NOTHING, Timeline

name = "bookable"
bypassable = False
steady = True


def blocked(facts: Facts) -> Timeline:
    """Every start of a service that is not bookable."""
    service = facts.service
    given = service.bookable and not service.retired and not facts.branch.retired
    return NOTHING if given else facts.axis.full
