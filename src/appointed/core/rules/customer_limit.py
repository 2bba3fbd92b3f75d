"""One customer has only so many visits of a service on one date."""

from collections import Counter

from appointed.core.localtime import MINUTES_PER_DAY
from appointed.core.openings import on_dates
from appointed.core.rule import Facts
from appointed.core.timeline import NOTHING, Timeline

name = "customer_limit"
bypassable = False
steady = False


def blocked(facts: Facts) -> Timeline:
    """The starts on dates on which the customer has all the visits there may be."""
    limit = facts.service.customer_daily_limit
    if limit is None:
        return NOTHING
    if limit == 0:
        return facts.axis.full
    visits = Counter(facts.clock.shows(starts) // MINUTES_PER_DAY for starts in facts.customer_starts)
    return on_dates((day for day, number in visits.items() if number >= limit), facts.clock, facts.axis)
