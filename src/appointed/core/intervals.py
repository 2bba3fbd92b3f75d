"""Closed-open intervals of instants, and sets of them. What breaks the rules cannot be constructed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

# The shortest interval there is: [t, t + INSTANT) holds t and nothing else.
INSTANT = timedelta.resolution


def in_utc(instant: datetime) -> datetime:
    """The same instant in UTC. Two instants of one zone compare by their clocks, so all sums here are made in UTC.

    Raises ValueError where the instant is naive.
    """
    if instant.tzinfo is UTC:
        return instant
    if instant.utcoffset() is None:
        raise ValueError(f"naive datetime: {instant!r}")
    return instant.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Interval:
    """From `start` on, until before `end`. Aware instants of any zone go in and are kept in UTC.

    Raises ValueError where an instant is naive or the interval would be empty.
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is not UTC or self.end.tzinfo is not UTC:
            object.__setattr__(self, "start", in_utc(self.start))
            object.__setattr__(self, "end", in_utc(self.end))
        if self.start >= self.end:
            raise ValueError(f"empty interval: {self.start.isoformat()} to {self.end.isoformat()}")

    @property
    def length(self) -> timedelta:
        return self.end - self.start

    def contains(self, instant: datetime) -> bool:
        return self.start <= instant < self.end

    def covers(self, other: "Interval") -> bool:
        return self.start <= other.start and other.end <= self.end

    def overlaps(self, other: "Interval") -> bool:
        return self.start < other.end and other.start < self.end

    def shift(self, by: timedelta) -> "Interval":
        """The interval moved by elapsed time."""
        return Interval(self.start + by, self.end + by)


@dataclass(frozen=True, slots=True)
class IntervalSet:
    """A set of instants, written in the one normal way: in order, with a gap between any two intervals.

    `of` brings intervals into that form; the constructor raises ValueError where they are not in it.
    """

    intervals: tuple[Interval, ...] = ()

    def __post_init__(self) -> None:
        for before, after in pairwise(self.intervals):
            if before.end >= after.start:
                raise ValueError(f"intervals touch or are out of order: {before}, {after}")

    @classmethod
    def of(cls, intervals: Iterable[Interval]) -> "IntervalSet":
        """The union of intervals that come in any order and may overlap."""
        merged: list[Interval] = []
        for interval in sorted(intervals, key=lambda interval: interval.start):
            if merged and interval.start <= merged[-1].end:
                if interval.end > merged[-1].end:
                    merged[-1] = Interval(merged[-1].start, interval.end)
            else:
                merged.append(interval)
        return cls(tuple(merged))

    def __bool__(self) -> bool:
        return bool(self.intervals)

    def contains(self, instant: datetime) -> bool:
        return any(interval.contains(instant) for interval in self.intervals)

    def union(self, other: "IntervalSet") -> "IntervalSet":
        return IntervalSet.of(self.intervals + other.intervals)

    def intersection(self, other: "IntervalSet") -> "IntervalSet":
        common: list[Interval] = []
        mine, theirs = iter(self.intervals), iter(other.intervals)
        a, b = next(mine, None), next(theirs, None)
        while a is not None and b is not None:
            if a.overlaps(b):
                common.append(Interval(max(a.start, b.start), min(a.end, b.end)))
            if a.end <= b.end:
                a = next(mine, None)
            else:
                b = next(theirs, None)
        return IntervalSet(tuple(common))

    def difference(self, other: "IntervalSet") -> "IntervalSet":
        left: list[Interval] = []
        taken = other.intervals
        at = 0
        for interval in self.intervals:
            start = interval.start
            while at < len(taken) and taken[at].end <= start:
                at += 1
            ahead = at
            while ahead < len(taken) and taken[ahead].start < interval.end:
                if start < taken[ahead].start:
                    left.append(Interval(start, taken[ahead].start))
                start = taken[ahead].end
                ahead += 1
            if start < interval.end:
                left.append(Interval(start, interval.end))
        return IntervalSet(tuple(left))

    def shift(self, by: timedelta) -> "IntervalSet":
        """The set moved by elapsed time."""
        return IntervalSet(tuple(interval.shift(by) for interval in self.intervals))
