"""What a rule is: facts in, blocked starts out.

A rule judges starts, so that every rule can be asked about a month, a day or one instant in the same words; what is
offered, what is refused and why then come from one place and cannot disagree.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from appointed.core.catalog import Branch, OpeningHours, Service
from appointed.core.intervals import Interval, IntervalSet
from appointed.core.localtime import edge, to_local, zone


@dataclass(frozen=True, slots=True)
class Opening:
    """Opening hours on one date, and what they come to: a clock change makes `interval` longer or shorter."""

    day: date
    hours: OpeningHours
    interval: Interval


@dataclass(frozen=True, slots=True)
class Facts:
    """What rules may know. `openings` are those that share an instant with the window asked about."""

    service: Service
    where: ZoneInfo
    openings: tuple[Opening, ...]
    now: datetime


class Rule(Protocol):
    """`name` stands in refusals and explanations. A caller with the right to may pass a rule that is `bypassable`."""

    @property
    def name(self) -> str: ...

    @property
    def bypassable(self) -> bool: ...

    def blocked(self, facts: Facts, window: Interval) -> IntervalSet:
        """The instants of `window` at which the service may not start."""
        ...


def gather(service: Service, branch: Branch, window: Interval, now: datetime) -> Facts:
    """The facts about `window`. It has to lie between FIRST_INSTANT and LAST_INSTANT of local time."""
    where = zone(branch.time_zone)
    # Hours that began on the day before may reach into the window.
    day = to_local(where, window.start).day - timedelta(days=1)
    last = to_local(where, window.end).day
    found: list[Opening] = []
    while day <= last:
        weekday = day.weekday()
        for hours in branch.opening_hours:
            if hours.weekday == weekday:
                opens, closes = edge(where, day, hours.opens_minute), edge(where, day, hours.closes_minute)
                # Hours inside the gap of a clock change open and close at the same instant: there are none.
                if opens < closes and opens < window.end and window.start < closes:
                    found.append(Opening(day, hours, Interval(opens, closes)))
        day += timedelta(days=1)
    return Facts(service, where, tuple(found), now)
