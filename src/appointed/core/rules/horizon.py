"""A slot can be booked until so many days ahead, and within fixed dates."""

from appointed.core.localtime import days_of
from appointed.core.openings import days_ahead
from appointed.core.rule import Facts
from appointed.core.timeline import NOTHING, Timeline

name = "horizon"
bypassable = False
steady = False


def blocked(facts: Facts) -> Timeline:
    """The starts on dates that cannot be booked yet, or any more."""
    service, axis, clock = facts.service, facts.axis, facts.clock
    last = None
    if service.horizon is not None:
        last = days_ahead(service.horizon, facts.branch.opening_hours, clock, facts.now)
    if service.bookable_until is not None:
        until = days_of(service.bookable_until)
        last = until if last is None else min(last, until)
    blocked = NOTHING if last is None else axis.full & ~axis.spans(clock.before(last + 1))
    if service.bookable_from is not None:
        blocked |= axis.spans(clock.before(days_of(service.bookable_from)))
    return blocked
