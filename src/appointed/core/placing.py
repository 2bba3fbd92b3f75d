"""Demands and the resources that serve them as things stand, without moving anybody. Minutes of UTC since 1970.

Demands that all overlap and want exclusive resources are a bipartite graph: all are served exactly when any of them,
taken together, can choose among at least as many resources (Hall, On representatives of subsets, 1935), and augmenting
paths settle it (Berge 1957, Kuhn 1955). Demands that overlap partly are a list colouring of an interval graph, which is
NP-complete (Arkin and Silverberg, Scheduling jobs with fixed start and end times, 1987; Biró, Hujter and Tuza,
Precoloring extension I, 1992). As Arkin and Silverberg do, the search goes through the demands in order of their starts
and remembers which resources those hold that have not ended: n demands of which at most w overlap cost at most
n * options ** w, and never more than MOST_STATES. What is not found within that is not offered.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

from appointed.core.ids import ResourceId
from appointed.core.room import Room

MOST_STATES = 10_000

Rooms: TypeAlias = Mapping[ResourceId, Room]


@dataclass(frozen=True, slots=True)
class Demand:
    """One claim to be made, on one of `options`, the first rather than the last.

    Nothing but claims may be in the way of any option. Of a pool it takes `units`, and `capacity` stands in for what
    the pool holds; `with_steps` for no more than the least that it holds itself during the claim.
    """

    starts: int
    ends: int
    options: tuple[ResourceId, ...]
    units: int = 1
    capacity: int | None = None
    with_steps: bool = False

    def overlaps(self, other: "Demand") -> bool:
        return self.starts < other.ends and other.starts < self.ends

    def served_by(self, room: Room) -> bool:
        """Whether the room has enough left for this demand alone."""
        return room.left(self.starts, self.ends, self.limit(room)) >= (1 if room.exclusive else self.units)

    def limit(self, room: Room) -> int | None:
        """What stands in for what the room holds, over the whole claim."""
        return room.limit(self.starts, self.ends, self.capacity, with_steps=self.with_steps)


def fits(demand: Demand, room: Room, beside: Iterable[Demand]) -> bool:
    """Whether a demand that the room would serve alone can be served there beside others.

    Where they have different capacities of a pool, all of them are kept.
    """
    if room.by_slot:
        near = [other for other in beside if (other.starts, other.ends) == (demand.starts, demand.ends)]
    else:
        near = [other for other in beside if demand.overlaps(other)]
    if room.exclusive or not near:
        return not near
    edges = {demand.starts, demand.ends}
    if not room.by_slot:
        within = (edge for other in near for edge in (other.starts, other.ends))
        edges.update(edge for edge in within if demand.starts < edge < demand.ends)
    for starts, ends in pairwise(sorted(edges)):
        there = [demand, *(other for other in near if other.starts <= starts < other.ends)]
        units = sum(other.units for other in there)
        if any(room.left(starts, ends, other.limit(room)) < units for other in there):
            return False
    return True


def place(demands: Sequence[Demand], rooms: Rooms) -> tuple[ResourceId, ...] | None:
    """A resource for each demand such that all fit together, or None.

    The first demand gets the first of its options that leaves a way for the others, then the second, and so on.
    """
    options = _served(demands, rooms)
    if (chosen := _first(demands, options, rooms)) is not None:
        return chosen
    best: dict[int, ResourceId] = {}
    for group in _groups(demands, options):
        if (found := _preferred(group, demands, options, rooms)) is None:
            return None
        best.update(zip(group, found, strict=True))
    return tuple(best[n] for n in range(len(demands)))


def placeable(demands: Sequence[Demand], rooms: Rooms) -> bool:
    """Whether `place` finds anything, without looking for the best."""
    options = _served(demands, rooms)
    return _first(demands, options, rooms) is not None or all(
        _any([demands[n] for n in group], [options[n] for n in group], rooms) is not None
        for group in _groups(demands, options)
    )


def augment(
    who: int,
    options: Callable[[int], Iterable[ResourceId]],
    holders: dict[ResourceId, int],
    held: dict[int, ResourceId],
) -> int | None:
    """Give `who` a resource, by the shortest chain of others that each take another one; how many, or None.

    `holders` and `held` say who has what, each in one direction, and change when there is a chain.
    """
    wanted_by: dict[ResourceId, int] = {}
    queue = deque((who,))
    while queue:
        seeker = queue.popleft()
        for option in options(seeker):
            if option in wanted_by:
                continue
            wanted_by[option] = seeker
            if option in holders:
                queue.append(holders[option])
                continue
            others = -1
            free: ResourceId | None = option
            while free is not None:
                taker = wanted_by[free]
                holders[free], held[taker], free = taker, free, held.get(taker)
                others += 1
            return others
    return None


def _served(demands: Sequence[Demand], rooms: Rooms) -> list[list[ResourceId]]:
    return [
        [option for option in demand.options if option in rooms and demand.served_by(rooms[option])]
        for demand in demands
    ]


def _first(
    demands: Sequence[Demand], options: Sequence[Sequence[ResourceId]], rooms: Rooms
) -> tuple[ResourceId, ...] | None:
    """The first option of each that is left by those before it; the best there is, unless somebody gets none."""
    placed: defaultdict[ResourceId, list[Demand]] = defaultdict(list)
    chosen: list[ResourceId] = []
    for demand, choices in zip(demands, options, strict=True):
        for option in choices:
            if fits(demand, rooms[option], placed[option]):
                placed[option].append(demand)
                chosen.append(option)
                break
        else:
            return None
    return tuple(chosen)


def _groups(demands: Sequence[Demand], options: Sequence[Collection[ResourceId]]) -> list[list[int]]:
    """The demands by number, apart where they never meet: not at any time, or on no resource."""
    wanted = [frozenset(choices) for choices in options]
    return joined(len(demands), lambda a, b: demands[a].overlaps(demands[b]) and not wanted[a].isdisjoint(wanted[b]))


def joined(count: int, meet: Callable[[int, int], bool]) -> list[list[int]]:
    """The numbers below `count` in groups, two of them in one when they meet, directly or through others."""
    groups: list[list[int]] = []
    for number in range(count):
        mine = [group for group in groups if any(meet(other, number) for other in group)]
        groups = [group for group in groups if group not in mine]
        groups.append(sorted([number, *(other for group in mine for other in group)]))
    return sorted(groups)


def _preferred(
    group: Sequence[int], demands: Sequence[Demand], options: Sequence[Sequence[ResourceId]], rooms: Rooms
) -> list[ResourceId] | None:
    """The best for a group: each demand in turn is bound to the first option with which the rest still goes."""
    bound = [options[n] for n in group]
    wanted = [demands[n] for n in group]
    best = _any(wanted, bound, rooms)
    if best is None:
        return None
    for n, choices in enumerate(bound):
        for option in choices[: choices.index(best[n])]:
            bound[n] = [option]
            if (better := _any(wanted, bound, rooms)) is not None:
                best = better
                break
        bound[n] = [best[n]]
    return best


def _any(demands: Sequence[Demand], options: Sequence[Sequence[ResourceId]], rooms: Rooms) -> list[ResourceId] | None:
    """Any assignment of a group."""
    whole = [all(rooms[option].exclusive for option in choices) for choices in options]
    if all(whole) and max(demand.starts for demand in demands) < min(demand.ends for demand in demands):
        return _matched(options)
    for demand in demands:
        there = [n for n, other in enumerate(demands) if whole[n] and other.starts <= demand.starts < other.ends]
        if _matched([options[n] for n in there]) is None:
            return None
    return _swept(demands, options, rooms)


def _matched(options: Sequence[Sequence[ResourceId]]) -> list[ResourceId] | None:
    """A resource for each such that no two have the same, or None."""
    holders: dict[ResourceId, int] = {}
    held: dict[int, ResourceId] = {}
    if any(augment(n, options.__getitem__, holders, held) is None for n in range(len(options))):
        return None
    return [held[n] for n in range(len(options))]


def _swept(demands: Sequence[Demand], options: Sequence[Sequence[ResourceId]], rooms: Rooms) -> list[ResourceId] | None:
    """An assignment found in order of the starts. A state, who of those still there holds what, is tried once."""
    by_start = sorted(range(len(demands)), key=lambda n: demands[n].starts)
    wanted = [demands[n] for n in by_start]
    choices = [options[n] for n in by_start]
    near = [[b for b in range(a) if wanted[b].ends > wanted[a].starts] for a in range(len(by_start))]
    twins = [
        next((b for b in reversed(near[a]) if wanted[b] == wanted[a] and choices[b] == choices[a]), None)
        for a in range(len(by_start))
    ]
    failed: set[tuple[int, ...]] = set()
    picks: list[int] = []
    following = 0
    while len(picks) < len(by_start):
        at = len(picks)
        state = at, *(picks[b] for b in near[at])
        twin = twins[at]
        if twin is not None:
            # Two that want the same may change places: only one of the two ways is tried.
            following = max(following, picks[twin])
        pick = len(choices[at])
        if state not in failed:
            for n in range(following, pick):
                option = choices[at][n]
                beside = [wanted[b] for b in near[at] if choices[b][picks[b]] == option]
                if fits(wanted[at], rooms[option], beside):
                    pick = n
                    break
        if pick < len(choices[at]):
            picks.append(pick)
            following = 0
            continue
        failed.add(state)
        if not picks or len(failed) > MOST_STATES:
            return None
        following = picks.pop() + 1
    found = {by_start[at]: choices[at][pick] for at, pick in enumerate(picks)}
    return [found[n] for n in range(len(by_start))]
