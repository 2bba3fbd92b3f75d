"""What one resource holds over time, given what others have taken of it. All times are minutes of UTC since 1970."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice, pairwise, repeat
from operator import gt, itemgetter

from appointed.core.catalog import CapacityStep, PoolScope, Resource, ResourceKind
from appointed.core.localtime import instant_of, minute_of
from appointed.core.occupancy import NO_CLAIMS, Plain, Taken

# Before every instant that there is, so that each list of steps has one to begin with.
EVER = -(10**12)


class Steps:
    """A whole number as a step function of time: `levels[n]` from `minutes[n]` on, and nothing before the first."""

    __slots__ = ("levels", "minutes")

    def __init__(self, levels: Mapping[int, int]) -> None:
        self.minutes = [EVER, *sorted(levels)]
        self.levels = [0, *(levels[minute] for minute in self.minutes[1:])]

    @classmethod
    def summed(cls, changes: Mapping[int, int]) -> "Steps":
        """The running sum of changes, each from its minute on."""
        levels: dict[int, int] = {}
        level = 0
        for minute in sorted(changes):
            level += changes[minute]
            levels[minute] = level
        return cls(levels)

    def least(self, starts: int, ends: int) -> int:
        """The lowest level in the minutes from `starts` to before `ends`."""
        minutes = self.minutes
        first = bisect_right(minutes, starts) - 1
        beyond = bisect_left(minutes, ends, first + 1)
        return self.levels[first] if beyond == first + 1 else min(self.levels[first:beyond])

    def most(self, starts: int, ends: int) -> int:
        """The highest level in the minutes from `starts` to before `ends`."""
        minutes = self.minutes
        first = bisect_right(minutes, starts) - 1
        beyond = bisect_left(minutes, ends, first + 1)
        return self.levels[first] if beyond == first + 1 else max(self.levels[first:beyond])

    def above(self, level: int) -> Iterator[tuple[int, int]]:
        """The stretches, as minutes from and to, in which the level is higher."""
        for n, (starts, ends) in enumerate(pairwise((*self.minutes, -EVER))):
            if self.levels[n] > level:
                yield starts, ends

    def below(self, level: int) -> Iterator[tuple[int, int]]:
        """The stretches, as minutes from and to, in which the level is lower."""
        for n, (starts, ends) in enumerate(pairwise((*self.minutes, -EVER))):
            if self.levels[n] < level:
                yield starts, ends

    def changes(self) -> dict[int, int]:
        """By how much the level changes, and when."""
        return {
            self.minutes[n]: self.levels[n] - self.levels[n - 1]
            for n in range(1, len(self.minutes))
            if self.levels[n] != self.levels[n - 1]
        }


class Room:
    """The units that a resource holds, and those that its claims leave.

    Built in O(n log n) for n claims. A question costs O(log n) for an exclusive resource or a pool counted by slot, and
    as much more for a pool of overlapping claims as its level changes within the interval asked for. All the claims
    that it is made of count.
    """

    __slots__ = (
        "_begins",
        "_claims",
        "_finishes",
        "_free",
        "_held",
        "_listed",
        "_plain",
        "_slots",
        "_taken",
        "by_slot",
        "exclusive",
    )

    def __init__(self, resource: Resource, listed: Iterable[Taken], plain: Plain = NO_CLAIMS) -> None:
        self.exclusive = resource.kind is ResourceKind.EXCLUSIVE
        self.by_slot = not self.exclusive and resource.scope is PoolScope.SAME_SLOT
        self._listed, self._plain = tuple(listed), plain
        self._claims: list[Taken] | None = None
        self._begins: list[int] = []
        self._finishes: list[int] = []
        self._slots: dict[tuple[int, int], int] = {}
        self._held = self._free = self._taken = _NOTHING
        if self.exclusive:
            self._begins, self._finishes = _merged(
                sorted((*plain.starts, *map(_STARTS, self._listed))), sorted((*plain.ends, *map(_ENDS, self._listed)))
            )
            return
        self._held = _capacity(resource.capacity)
        if self.by_slot:
            for starts, ends, units in self._amounts():
                self._slots[starts, ends] = self._slots.get((starts, ends), 0) + units
            return
        taken: defaultdict[int, int] = defaultdict(int)
        for starts, ends, units in self._amounts():
            taken[starts] += units
            taken[ends] -= units
        self._taken = Steps.summed(taken)
        free = defaultdict(int, self._held.changes())
        for minute, change in taken.items():
            free[minute] -= change
        self._free = Steps.summed(free)

    def _amounts(self) -> Iterator[tuple[int, int, int]]:
        """Each claim's start, end and units."""
        return chain(map(_AMOUNT, self._listed), zip(self._plain.starts, self._plain.ends, repeat(1)))

    @property
    def claims(self) -> Sequence[Taken]:
        """The claims, in order of their starts."""
        if self._claims is None:
            self._claims = sorted(chain(self._listed, self._plain.claims()), key=_WHEN)
        return self._claims

    def left(self, starts: int, ends: int, capacity: int | None = None) -> int:
        """The units that one more claim from `starts` to `ends` may take; of an exclusive resource 1 or 0.

        `capacity` is what a pool holds over the whole claim, in place of its own steps.
        """
        if self.exclusive:
            following = bisect_right(self._finishes, starts)
            return 1 if following == len(self._begins) or self._begins[following] >= ends else 0
        if self.by_slot:
            held = self._held.least(starts, ends) if capacity is None else capacity
            units = held - self._slots.get((starts, ends), 0)
        elif capacity is None:
            units = self._free.least(starts, ends)
        else:
            units = capacity - self._taken.most(starts, ends)
        return max(units, 0)

    def capacity(self, starts: int, ends: int, capacity: int | None = None) -> int:
        """The units that it holds from `starts` to `ends` without any claims; of an exclusive resource 1."""
        if self.exclusive:
            return 1
        return max(self._held.least(starts, ends) if capacity is None else capacity, 0)

    def limit(self, starts: int, ends: int, capacity: int | None, *, with_steps: bool) -> int | None:
        """What holds for one claim in place of a pool's own steps: `capacity`, `with_steps` no more than these give."""
        if capacity is None or not with_steps or self.exclusive:
            return capacity
        return min(capacity, self._held.least(starts, ends))

    @property
    def levels(self) -> frozenset[int]:
        """All that the steps of a pool ever give it."""
        return frozenset(self._held.levels)

    def short(self, units: int, capacity: int | None = None) -> Iterable[tuple[int, int]]:
        """The stretches, in order, in which claims leave less than `units`, whatever it held without them.

        Nothing for a pool counted by slot: there it depends on the slot.
        """
        if self.exclusive:
            return zip(self._begins, self._finishes, strict=True)
        if self.by_slot:
            return ()
        return self._free.below(units) if capacity is None else self._taken.above(capacity - units)

    def unfree(self, units: int) -> Iterable[tuple[int, int]]:
        """The stretches, in order, in which there is less than `units` to have; of a pool counted by slot none."""
        if self.exclusive:
            return zip(self._begins, self._finishes, strict=True)
        return () if self.by_slot else self._free.below(units)

    def lacking(self, units: int, capacity: int | None = None) -> Iterable[tuple[int, int]]:
        """The stretches, in order, in which a pool holds less than `units` even without claims."""
        if self.exclusive or (capacity is not None and capacity >= units):
            return ()
        return self._held.below(units) if capacity is None else ((EVER, -EVER),)

    def full_slots(self, length: int, units: int, capacity: int | None = None) -> Iterator[int]:
        """The starts of the slots of so many minutes whose claims leave less than `units`, though it holds as many.

        Nothing but for a pool counted by slot.
        """
        for starts, ends in self._slots:
            if ends - starts == length and self.left(starts, ends, capacity) < units <= self.capacity(
                starts, ends, capacity
            ):
                yield starts

    def overlapping(self, starts: int, ends: int) -> list[Taken]:
        """The claims that overlap the minutes from `starts` to `ends`, in order of their starts."""
        longest = max((claim.ends - claim.starts for claim in self.claims), default=0)
        first = bisect_right(self.claims, starts - longest, key=_STARTS)
        beyond = bisect_left(self.claims, ends, first, key=_STARTS)
        return [claim for claim in self.claims[first:beyond] if claim.ends > starts]


def room(resource: Resource, listed: Iterable[Taken], now_us: int, plain: Plain = NO_CLAIMS) -> Room:
    """The room of a resource, where claims that have expired by `now_us`, microseconds since 1970, take nothing."""
    return Room(resource, [claim for claim in listed if claim.expires is None or claim.expires > now_us], plain)


def _merged(begins: list[int], finishes: list[int]) -> tuple[list[int], list[int]]:
    """The stretches that claims take, in order and without overlap, by where these begin and where they end.

    Both come in order, so that nothing tells any more which end belongs to which beginning. Nor does it matter: between
    two stretches as many claims have ended as have begun.
    """
    if not any(map(gt, finishes, islice(begins, 1, None))):
        return begins, finishes
    apart = [n for n in range(1, len(begins)) if finishes[n - 1] < begins[n]]
    return [begins[n] for n in (0, *apart)], [*(finishes[n - 1] for n in apart), finishes[-1]]


def _capacity(steps: Iterable[CapacityStep]) -> Steps:
    """The steps of a pool, by the minute: one within which the capacity changes has the least of it."""
    levels: dict[int, int] = {}
    current = 0
    for step in sorted(steps, key=lambda step: step.starts_at):
        minute = minute_of(step.starts_at)
        if instant_of(minute) < step.starts_at:
            levels[minute] = min(levels.get(minute, current), step.capacity)
            minute += 1
        levels[minute] = current = step.capacity
    return Steps(levels)


_NOTHING = Steps({})
_STARTS, _ENDS, _WHEN, _AMOUNT = itemgetter(0), itemgetter(1), itemgetter(0, 1), itemgetter(0, 1, 2)
