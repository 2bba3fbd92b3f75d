"""At which starts all needs of a plan can be served at once, nobody moving: for whole timelines where that can be told.

Needs that all overlap and want exclusive resources are served at a start exactly when any of them, taken together, have
as many free as they are (Hall, see `placing`); where a plan has no others, and few different ones, nothing else is
asked. Elsewhere that still tells, for those that overlap, at which starts they are not served. And a start is served
for sure where each need has more resources free than there are needs before it that it meets, in the order in which
their claims begin: each can take the first that is left; or where one pool has room for all of them. What neither tells
is searched, start by start.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import combinations
from typing import TypeAlias

from appointed.core.ids import ResourceId
from appointed.core.inquiry import Inquiry
from appointed.core.placing import joined, placeable
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
    often = Counter(needs)
    different = list(free)
    for group in joined(len(different), lambda a, b: different[a].meets(different[b])):
        starts &= _served(asked, Counter({different[n]: often[different[n]] for n in group}), free, starts)
    return starts


def _served(asked: Inquiry, needs: Counter[Need], free: Free, starts: Timeline) -> Timeline:
    """Those of the starts at which the needs are served, each of which is served alone at all of them."""
    single = Counter({need: times for need, times in needs.items() if _wants_one(asked, free[need])})
    if len(single) == len(needs) <= MOST_ASKED_BY_SETS and _all_overlap(needs):
        return _not_too_few(asked, [needs], free, starts)
    sure = starts & (_enough_for_each(asked, needs, free) | _in_one_pool(asked, needs, free))
    unsure = NOTHING if _only_one_pool(asked, needs, free) else starts & ~sure
    if unsure:
        unsure = _not_too_few(asked, _overlapping(single), free, unsure)
    return sure | (_searched(asked, needs, free, unsure) if unsure else unsure)


def _wants_one(asked: Inquiry, options: Iterable[ResourceId]) -> bool:
    """Whether all that a need can have are exclusive."""
    return all(asked.rooms[each].exclusive for each in options)


def _enough_for_each(asked: Inquiry, needs: Counter[Need], free: Free) -> Timeline:
    """The starts at which each need has more free than needs before it that it meets, equal ones included."""
    found = asked.axis.full
    before: list[Need] = []
    for need in sorted(needs, key=_claims_from):
        met = needs[need] - 1 + sum(needs[each] for each in before if need.meets(each))
        if met:
            found &= at_least(counted(free[need].values()), met + 1, asked.axis.full)
        before.append(need)
    return found


def _in_one_pool(asked: Inquiry, needs: Counter[Need], free: Free) -> Timeline:
    """The starts at which one pool has room for all of the needs at once, even if they were all at one time."""
    units = sum(need.units * times for need, times in needs.items())
    found = NOTHING
    for each in dict.fromkeys(each for need in needs for each in free[need]):
        if not asked.rooms[each].exclusive and all(each in free[need] for need in needs):
            served = asked.axis.full
            for need in needs:
                served &= asked.free(replace(need, units=units), asked.rosters[each])
            found |= served
    return found


def _only_one_pool(asked: Inquiry, needs: Counter[Need], free: Free) -> bool:
    """Whether needs of one part, at one time, have no other way than to be served by one pool."""
    if len({(need.part, need.claims_from, need.claims_to) for need in needs}) > 1:
        return False
    options = {each for need in needs for each in free[need]}
    return len(options) == 1 and not any(asked.rooms[each].exclusive for each in options)


def _not_too_few(asked: Inquiry, overlapping: Iterable[Counter[Need]], free: Free, starts: Timeline) -> Timeline:
    """Those of the starts at which no set of needs that overlap has fewer resources free than it has needs."""
    seen: set[tuple[Need, ...]] = set()
    for there in overlapping:
        for some in _sets(there):
            if starts and some not in seen:
                seen.add(some)
                starts &= at_least(counted(_united(free, some)), sum(there[need] for need in some), asked.axis.full)
    return starts


def _overlapping(needs: Counter[Need]) -> Iterator[Counter[Need]]:
    """The needs that there are where one begins, and how often: whichever all overlap are together in one."""
    for minute in sorted({*map(_claims_from, needs)}):
        yield Counter({need: times for need, times in needs.items() if need.claims_from <= minute < need.claims_to})


def _all_overlap(needs: Iterable[Need]) -> bool:
    return max(map(_claims_from, needs)) < min(need.claims_to for need in needs)


def _sets(needs: Counter[Need]) -> Iterator[tuple[Need, ...]]:
    """The sets of needs about which there is something to ask."""
    if len(needs) <= MOST_ASKED_BY_SETS:
        for size in range(1, len(needs) + 1):
            yield from (some for some in combinations(needs, size) if size > 1 or needs[some[0]] > 1)


def _united(free: Free, needs: Iterable[Need]) -> Iterator[Timeline]:
    """For each resource the starts at which it is free for one of the needs or another."""
    options = dict.fromkeys(each for need in needs for each in free[need])
    return (_any_of(free[need][each] for need in needs if each in free[need]) for each in options)


def _searched(asked: Inquiry, needs: Counter[Need], free: Free, starts: Timeline) -> Timeline:
    picked = Picked(asked.axis, list(asked.axis.minutes(starts)))
    served = {need: [(each, picked.of(there)) for each, there in free[need].items()] for need in needs}
    by_start = sorted(needs.elements(), key=_claims_from)
    found: list[int] = []
    for place, start in enumerate(picked.minutes):
        demands = [
            asked.demand(need, start, tuple(each for each, there in served[need] if there[place])) for need in by_start
        ]
        if placeable(demands, asked.rooms):
            found.append(start)
    return asked.axis.spans((start, start + 1) for start in found)


def _claims_from(need: Need) -> int:
    return need.claims_from


def _any_of(timelines: Iterable[Timeline]) -> Timeline:
    found = NOTHING
    for timeline in timelines:
        found |= timeline
    return found
