"""A slot that has started is not offered, unless the service allows it."""

from appointed.core.localtime import minute_of
from appointed.core.rule import Facts
from appointed.core.timeline import NOTHING, Timeline

name = "past_slots"
bypassable = False
steady = False


def blocked(facts: Facts) -> Timeline:
    """The starts up to and with now."""
    if facts.service.past_slots_allowed:
        return NOTHING
    return facts.axis.span(facts.axis.starts, minute_of(facts.now) + 1)
