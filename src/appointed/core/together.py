"""At which starts all needs of a plan can be served at once, nobody moving: for whole timelines where that can be told.

Two theorems tell it for most starts. Where each need, in the order of their starts, has more resources that are free
for it than there are needs before it that it meets, each may take the first that is left: every start of those does.
And where some needs that all overlap want exclusive resources, together they have to have as many free as they are
(Hall, see `placing`): no other start does, and where all that meet are such needs, every start that is left does. What
neither tells is searched, start by start.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import TypeAlias

from appointed.core.ids import ResourceId
from appointed.core.inquiry import Inquiry
from appointed.core.placing import Demand, joined, placeable
from appointed.core.plan import Need
from appointed.core.timeline import NOTHING, Picked, Timeline, at_least, counted

# Of so many different needs that overlap, all sets are asked for Hall's condition: there are 2 ** n of them.
MOST_ASKED_BY_SETS = 6

Free: TypeAlias = Mapping[Need, Mapping[ResourceId, Timeline]]


def served_at_once(asked: Inquiry, starts: Timeline) -> Timeline:
    """Those of the starts of the plan at which all its needs are served by what is free."""
    needs = asked.plan.needs
    free: Free = {
        need: {roster.resource.id: asked.free(need, roster) for roster in asked.rosters_of(need)}
        for need in dict.fromkeys(needs)
    }
    for options in free.values():
        starts &= _any_of(options.values())
    if len(needs) == 1 or not starts:
        return starts
    different = list(free)
    for group in joined(len(different), lambda a, b: different[a].meets(different[b])):
        members = {different[n] for n in group}
        starts &= _served(asked, [need for need in needs if need in members], free, starts)
    return starts


def _served(asked: Inquiry, needs: Sequence[Need], free: Free, starts: Timeline) -> Timeline:
    """Those of the starts at which the needs are served, each of which is served alone at all of them."""
    needs = sorted(needs, key=lambda need: need.claims_from)
    full = asked.axis.full
    sure = starts
    for number, need in enumerate(needs):
        if before := sum(map(need.meets, needs[:number])):
            sure &= at_least(counted(free[need].values()), before + 1, full)
    unsure = starts & ~sure
    if not unsure:
        return starts
    single = [need for need in needs if all(asked.rooms[each].exclusive for each in free[need])]
    for overlapping in _overlapping(single):
        for some in _sets(overlapping):
            unsure &= at_least(counted(_united(free, some)), sum(overlapping[need] for need in some), full)
    told = len(single) == len(needs) and _all_overlap(needs) and len(set(needs)) <= MOST_ASKED_BY_SETS
    return sure | (unsure if told else _searched(asked, needs, free, unsure))


def _overlapping(needs: Sequence[Need]) -> Iterator[Counter[Need]]:
    """The needs that there are at the beginning of each, and how often: whichever overlap are together in one."""
    for minute in sorted({need.claims_from for need in needs}):
        yield Counter(need for need in needs if need.claims_from <= minute < need.claims_to)


def _all_overlap(needs: Sequence[Need]) -> bool:
    return max(need.claims_from for need in needs) < min(need.claims_to for need in needs)


def _sets(needs: Counter[Need]) -> Iterator[tuple[Need, ...]]:
    """The sets of needs about which there is something to ask."""
    if len(needs) <= MOST_ASKED_BY_SETS:
        for size in range(1, len(needs) + 1):
            yield from (some for some in combinations(needs, size) if size > 1 or needs[some[0]] > 1)


def _united(free: Free, needs: Sequence[Need]) -> Iterator[Timeline]:
    """For each resource the starts at which it is free for one of the needs or another."""
    options = dict.fromkeys(each for need in needs for each in free[need])
    return (_any_of(free[need][each] for need in needs if each in free[need]) for each in options)


def _searched(asked: Inquiry, needs: Sequence[Need], free: Free, starts: Timeline) -> Timeline:
    picked = Picked(asked.axis, list(asked.axis.minutes(starts)))
    served = [[(each, picked.of(there)) for each, there in free[need].items()] for need in needs]
    found: list[int] = []
    for place, start in enumerate(picked.minutes):
        demands = [
            demand(asked, need, start, tuple(each for each, there in options if there[place]))
            for need, options in zip(needs, served, strict=True)
        ]
        if placeable(demands, asked.rooms):
            found.append(start)
    return asked.axis.spans((start, start + 1) for start in found)


def demand(asked: Inquiry, need: Need, start: int, options: tuple[ResourceId, ...]) -> Demand:
    """The claim that a need makes at a start of the plan."""
    begins, ends = start + need.claims_from, start + need.claims_to
    return Demand(begins, ends, options, need.units, asked.capacity(need, start))


def _any_of(timelines: Iterable[Timeline]) -> Timeline:
    found = NOTHING
    for timeline in timelines:
        found |= timeline
    return found
