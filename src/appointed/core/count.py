"""How many visits the resources of one role hold, and how many they hold still."""

from collections.abc import Iterator, Sequence

from appointed.core.inquiry import Inquiry
from appointed.core.plan import Need
from appointed.core.roster import Roster
from appointed.core.timeline import Picked, Timeline, counted


class Count:
    """Counts for so many needs that a resource has to serve like this one. Both questions are about starts, in order.

    Those are given twice, as a timeline and as the minutes picked from it, so that neither has to be made again.
    """

    def __init__(self, asked: Inquiry, need: Need, times: int) -> None:
        known = asked.rosters_of(need)
        self._asked = asked
        self._need = need
        self._times = times
        self._single = [roster for roster in known if roster.room.exclusive]
        self._pools = [roster for roster in known if not roster.room.exclusive]

    def capacity(self, starts: Timeline, picked: Picked) -> Sequence[int]:
        """The visits that fit in all, at each of the starts."""
        working = [self._asked.working(self._need, roster) for roster in self._single]
        values = summed(working, starts, picked)
        for place, roster, begins, ends, capacity in self._pooled(picked):
            values[place] += roster.room.capacity(begins, ends, capacity) // self._need.units
        return self._shared(values)

    def available(self, starts: Timeline, picked: Picked) -> Sequence[int]:
        """The visits that still fit, at each of the starts."""
        free = [self._asked.free(self._need, roster) for roster in self._single]
        values = summed(free, starts, picked)
        for place, roster, begins, ends, capacity in self._pooled(picked):
            values[place] += roster.room.left(begins, ends, capacity) // self._need.units
        return self._shared(values)

    def _shared(self, values: list[int]) -> list[int]:
        return values if self._times == 1 else [value // self._times for value in values]

    def _pooled(self, picked: Picked) -> Iterator[tuple[int, Roster, int, int, int | None]]:
        """For each pool the starts at which it is there, by their place, with its claim and the capacity it has."""
        need = self._need
        for roster in self._pools:
            there = picked.of(self._asked.working(need, roster))
            for place, (start, working) in enumerate(zip(picked.minutes, there, strict=True)):
                if working:
                    capacity = self._asked.capacity(need, start, roster.room)
                    yield place, roster, start + need.claims_from, start + need.claims_to, capacity


def summed(timelines: Sequence[Timeline], starts: Timeline, picked: Picked) -> list[int]:
    """In how many of the timelines each of the starts is."""
    always = 0
    varying: list[Timeline] = []
    for timeline in timelines:
        there = timeline & starts
        if there == starts:
            always += 1
        elif there:
            varying.append(there)
    values = [always] * len(picked.minutes)
    for place, digit in enumerate(counted(varying)):
        if digit:
            values = [value + (there << place) for value, there in zip(values, picked.of(digit), strict=True)]
    return values
