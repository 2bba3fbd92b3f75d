"""A slot lies within one opening of the branch, from its start to its end."""

from appointed.core.intervals import INSTANT, Interval, IntervalSet
from appointed.core.rule import Facts

name = "opening_hours"
bypassable = False


def blocked(facts: Facts, window: Interval) -> IntervalSet:
    """The instants of `window` from which the service's duration does not fit into an opening."""
    duration = facts.service.duration
    fitting = [
        Interval(opening.interval.start, opening.interval.end - duration + INSTANT)
        for opening in facts.openings
        if opening.interval.length >= duration
    ]
    return IntervalSet((window,)).difference(IntervalSet.of(fitting))
