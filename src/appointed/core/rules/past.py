"""A slot that has started is not offered, unless the service allows it."""

from appointed.core.intervals import INSTANT, Interval, IntervalSet
from appointed.core.rule import Facts

name = "past_slots"
bypassable = False


def blocked(facts: Facts, window: Interval) -> IntervalSet:
    """The instants of `window` up to and with now."""
    if facts.service.past_slots_allowed or facts.now < window.start:
        return IntervalSet()
    return IntervalSet((Interval(window.start, min(window.end, facts.now + INSTANT)),))
