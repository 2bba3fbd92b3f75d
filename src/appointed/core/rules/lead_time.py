"""A slot is booked some time ahead: so much elapsed time, or so many days of the branch's calendar."""

from appointed.core.localtime import minutes_until
from appointed.core.openings import days_ahead
from appointed.core.rule import Facts
from appointed.core.timeline import NOTHING, Timeline

name = "lead_time"
bypassable = False
steady = False


def blocked(facts: Facts) -> Timeline:
    """The starts that are too soon."""
    service, axis = facts.service, facts.axis
    soon = NOTHING
    if service.lead_time:
        soon = axis.span(axis.starts, minutes_until(facts.now + service.lead_time))
    if service.lead_days is None:
        return soon
    first = days_ahead(service.lead_days, facts.branch.opening_hours, facts.clock, facts.now)
    return axis.full if first is None else soon | axis.spans(facts.clock.before(first))
