"""Timelines: sets of minutes as bits of one integer, so that a month is a few machine words to combine.

Bit n stands for the minute `axis.starts + n`. Union, intersection and difference are the operators of the integer;
what fits somewhere comes from shifts. A timeline means nothing without its axis.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import TypeAlias

Timeline: TypeAlias = int

NOTHING: Timeline = 0

# What a builder keeps in hand before it writes the lower part down: short integers are cheap to change.
_PAGE = 1440
_PAGE_MASK = (1 << _PAGE) - 1


@dataclass(frozen=True, slots=True)
class Axis:
    """The minutes of UTC since 1970 from `starts` to `ends`, the second excluded."""

    starts: int
    ends: int

    @property
    def full(self) -> Timeline:
        """Every minute."""
        return _ones(self.ends - self.starts)

    def span(self, starts: int, ends: int) -> Timeline:
        """The minutes from one to another that are on the axis."""
        first, beyond = max(starts, self.starts), min(ends, self.ends)
        return ((1 << (beyond - first)) - 1) << (first - self.starts) if first < beyond else NOTHING

    def spans(self, pairs: Iterable[tuple[int, int]]) -> Timeline:
        """The union of spans that come in the order of their starts; they may overlap, and reach beyond the axis."""
        pages: list[bytes] = []
        base, last, bits = self.starts, self.ends, NOTHING
        for starts, ends in pairs:
            if starts >= last:
                break
            first = starts - base
            if first < 0:
                # Before the axis: a page is written down only when all that begins on it is there.
                bits |= (1 << max(min(ends, last) - base, 0)) - 1
                continue
            while first >= _PAGE:
                pages.append((bits & _PAGE_MASK).to_bytes(_PAGE // 8, "little"))
                bits >>= _PAGE
                first -= _PAGE
            base = starts - first
            length = ends - starts if ends < last else last - starts
            bits |= (1 << length) - 1 << first
        return int.from_bytes(b"".join(pages), "little") | bits << base - self.starts

    def every(self, first: int, step: int, count: int) -> Timeline:
        """`count` minutes, `step` apart, beginning with `first`; those that are on the axis."""
        if first < self.starts:
            skipped = -((first - self.starts) // step)
            first, count = first + skipped * step, count - skipped
        count = min(count, -((first - self.ends) // step))
        return _comb(step, count) << (first - self.starts) if count > 0 else NOTHING

    def part(self, timeline: Timeline, of: "Axis") -> Timeline:
        """A timeline of the axis `of`, as far as it is on this one."""
        moved = shift(timeline, of.starts - self.starts)
        return moved & self.full if of.ends > self.ends else moved

    def minutes(self, timeline: Timeline) -> Iterator[int]:
        """The minutes of a timeline, in order."""
        text = f"{timeline:b}"
        # The text has the last minute first.
        last = len(text) - 1
        place = text.rfind("1")
        while place >= 0:
            yield self.starts + last - place
            place = text.rfind("1", 0, place)

    def has(self, timeline: Timeline, minute: int) -> bool:
        """Whether a minute is in the timeline; one that is not on the axis is in none."""
        return self.starts <= minute < self.ends and bool(timeline >> (minute - self.starts) & 1)


@lru_cache(maxsize=256)
def _ones(count: int) -> Timeline:
    return (1 << count) - 1


@lru_cache(maxsize=4096)
def _comb(step: int, count: int) -> Timeline:
    return ((1 << step * count) - 1) // ((1 << step) - 1)


class Picked:
    """Some minutes of an axis, about which many timelines are asked."""

    __slots__ = ("_bytes", "_pick", "_places", "minutes")

    def __init__(self, axis: Axis, minutes: Sequence[int]) -> None:
        self.minutes = minutes
        self._bytes = (axis.ends - axis.starts) // 8 + 1
        self._places = [minute - axis.starts & 7 for minute in minutes]
        wanted = [minute - axis.starts >> 3 for minute in minutes]
        # The first twice, since a single one would come bare.
        self._pick = itemgetter(*wanted, *wanted[:1]) if wanted else None

    def of(self, timeline: Timeline) -> Sequence[int]:
        """For each of the minutes 1 where the timeline holds it, else 0."""
        if self._pick is None:
            return ()
        # One more than there are places, see above.
        picked: tuple[int, ...] = self._pick(timeline.to_bytes(self._bytes, "little"))
        return [byte >> place & 1 for byte, place in zip(picked, self._places, strict=False)]


def shift(timeline: Timeline, minutes: int) -> Timeline:
    """The timeline moved to later minutes, or to earlier ones where `minutes` is negative. What leaves is lost."""
    return timeline << minutes if minutes >= 0 else timeline >> -minutes


def fitting(free: Timeline, length: int) -> Timeline:
    """The minutes with which `length` free ones begin that follow each other without a gap; by doubling shifts."""
    done = 1
    while done < length:
        step = min(done, length - done)
        free &= free >> step
        done += step
    return free


def touching(taken: Timeline, length: int) -> Timeline:
    """The minutes with which `length` minutes begin of which one is taken. Those before the axis are lost."""
    done = 1
    while done < length:
        step = min(done, length - done)
        taken |= taken >> step
        done += step
    return taken


def counted(timelines: Iterable[Timeline]) -> tuple[Timeline, ...]:
    """In how many of the timelines each minute is, as binary digits: the n-th answer holds the digit worth 2 ** n."""
    digits: list[Timeline] = []
    for timeline in timelines:
        carry = timeline
        for place, digit in enumerate(digits):
            digits[place], carry = digit ^ carry, digit & carry
            if not carry:
                break
        else:
            if carry:
                digits.append(carry)
    return tuple(digits)


def at_least(digits: tuple[Timeline, ...], number: int, full: Timeline) -> Timeline:
    """The minutes at which the digits of `counted` say `number` or more."""
    if number >> len(digits):
        return NOTHING
    equal, more = full, NOTHING
    for place in range(len(digits) - 1, -1, -1):
        if number >> place & 1:
            equal &= digits[place]
        else:
            more |= equal & digits[place]
            equal &= ~digits[place]
    return more | equal
