"""Who serves which demand, and who has to make room for it. Times are minutes of UTC since 1970.

A movable claim that is in the way is placed anew, and may itself find others in its way. In an assignment with as few
moves as possible every moved claim stood in the way of a demand or of another moved one: else it could have stayed. So
the search begins with the demands and follows what is in their way, most constrained first, allowing one more move each
time (iterative deepening, Korf 1985).

Before that, Hall's condition (see `placing`) is asked at the instants within each demand at which somebody starts:
where it fails at one, there is no way at all, and the shortest chain of moves at one instant is a lower bound of all.
Where it holds at each of them there may still be no way, and the search can take long to find out: it ends once it has
looked at MOST_STEPS ways to place somebody, and what it has not found by then is not offered.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from appointed.core.ids import ClaimId, ResourceId, VisitId
from appointed.core.placing import Demand, Rooms, augment, fits, joined, place

MOST_STEPS = 20_000


@dataclass(frozen=True, slots=True)
class Movable:
    """A live claim of somebody else on an exclusive resource, that may go to another of `options` at its own time."""

    claim_id: ClaimId
    visit_id: VisitId
    resource_id: ResourceId
    starts: int
    ends: int
    options: tuple[ResourceId, ...]


@dataclass(frozen=True, slots=True)
class Move:
    """A claim goes to another resource."""

    movable: Movable
    resource_id: ResourceId


@dataclass(frozen=True, slots=True)
class Assignment:
    """A resource for each demand, in their order, once all `moves` are made."""

    chosen: tuple[ResourceId, ...]
    moves: tuple[Move, ...] = ()


@dataclass(slots=True)
class Budget:
    """How many more steps a search may take; what it has not found by then is not found."""

    left: int


def assign(demands: Sequence[Demand], rooms: Rooms) -> Assignment | None:
    """An assignment without moves, or None; `rooms` has the room of each option that counts.

    Demands get the first of their options that leaves a way for the rest, the first demand first.
    """
    chosen = place(demands, rooms)
    return None if chosen is None else Assignment(chosen)


def make_room(
    demands: Sequence[Demand], rooms: Rooms, movables: Sequence[Movable], budget: Budget | None = None
) -> Assignment | None:
    """An assignment with as few moves as possible, or None, for demands that cannot all be placed without any.

    Those that need no moves are placed as `assign` does it. A movable claim counts where it is among the claims of the
    room of its resource.
    """
    search = _Search(demands, rooms, movables, Budget(MOST_STEPS) if budget is None else budget)
    for group in search.groups():
        found = place([demands[n] for n in group], rooms)
        if found is not None:
            search.placed.update(zip(group, found, strict=True))
        elif not search.solve(group):
            return None
    return search.assignment()


class _Search:
    """Demands and movable claims as tasks, by number: the demands come first. Sets of tasks are bits of an integer."""

    def __init__(self, demands: Sequence[Demand], rooms: Rooms, movables: Sequence[Movable], budget: Budget) -> None:
        self.placed: dict[int, ResourceId] = {}
        self._rooms = rooms
        self._movables = movables
        self._first = len(demands)
        self._tasks = list(demands)
        self._numbers: dict[tuple[ResourceId, ClaimId | None], int] = {}
        for movable in movables:
            self._numbers[movable.resource_id, movable.claim_id] = len(self._tasks)
            others = tuple(option for option in movable.options if option != movable.resource_id)
            self._tasks.append(Demand(movable.starts, movable.ends, others))
        self._ways: dict[int, list[tuple[ResourceId, int]]] = {}
        self._there: defaultdict[ResourceId, list[int]] = defaultdict(list)
        self._budget = budget
        self._beyond: int | None = None

    def assignment(self) -> Assignment:
        """What has been placed."""
        moves = (
            Move(movable, self.placed[number])
            for number, movable in enumerate(self._movables, self._first)
            if number in self.placed
        )
        return Assignment(tuple(self.placed[n] for n in range(self._first)), tuple(moves))

    def groups(self) -> list[list[int]]:
        """The demands apart where neither they nor any that may have to move for them ever meet."""
        if self._first == 1:
            return [[0]]
        reach = [self._reach(n) for n in range(self._first)]

        def meet(a: int, b: int) -> bool:
            (wanted, starts, ends), (others, begins, finishes) = reach[a], reach[b]
            return starts < finishes and begins < ends and not wanted.isdisjoint(others)

        return joined(self._first, meet)

    def solve(self, group: Sequence[int]) -> bool:
        """Place the demands of a group, and all that have to move for them."""
        allowed = self._least_moves(group)
        while allowed is not None:
            self._beyond = None
            if self._go_on(tuple(group), 0, allowed, allowed):
                return True
            allowed = self._beyond if self._budget.left > 0 else None
        return False

    def _ways_of(self, number: int) -> list[tuple[ResourceId, int]]:
        """Where a task can go once the movable claims that are in the way have gone, and which they are."""
        if (ways := self._ways.get(number)) is not None:
            return ways
        ways = self._ways[number] = []
        task = self._tasks[number]
        for option in task.options:
            room = self._rooms.get(option)
            if room is None:
                continue
            if not room.exclusive:
                if number < self._first and task.served_by(room):
                    ways.append((option, 0))
                continue
            hits = 0
            for claim in room.overlapping(task.starts, task.ends):
                other = self._numbers.get((option, claim.claim_id))
                if other is None:
                    break
                hits |= 1 << other
            else:
                ways.append((option, hits))
        return ways

    def _reach(self, number: int) -> tuple[set[ResourceId], int, int]:
        """The resources that a demand, and all that may have to move for it, can go to; and from when until when."""
        seen = pending = 1 << number
        resources: set[ResourceId] = set()
        starts, ends = self._tasks[number].starts, self._tasks[number].ends
        while pending:
            task = pending.bit_length() - 1
            pending ^= 1 << task
            starts, ends = min(starts, self._tasks[task].starts), max(ends, self._tasks[task].ends)
            for option, hits in self._ways_of(task):
                resources.add(option)
                pending |= hits & ~seen
                seen |= hits
        return resources, starts, ends

    def _least_moves(self, group: Sequence[int]) -> int | None:
        """A lower bound of the moves that a group needs; None where at some instant there are too few resources.

        Demands that may go to a pool are left out, which only makes the bound lower.
        """
        whole = [n for n in group if all(self._rooms[option].exclusive for option, _ in self._ways_of(n))]
        least = 1
        for number in whole:
            task = self._tasks[number]
            near = [
                (claim.starts, claim.ends, option, other)
                for option, room in self._rooms.items()
                if room.exclusive
                for claim in room.overlapping(task.starts, task.ends)
                if (other := self._numbers.get((option, claim.claim_id))) is not None
            ]
            others = [n for n in whole if n != number and self._tasks[n].overlaps(task)]
            begins = {starts for starts, *_ in near} | {self._tasks[n].starts for n in others}
            for minute in {task.starts, *(minute for minute in begins if minute > task.starts)}:
                holders = {option: other for starts, ends, option, other in near if starts <= minute < ends}
                there = [n for n in others if self._tasks[n].starts <= minute < self._tasks[n].ends]
                held = {other: option for option, other in holders.items()}
                moves = augment(number, self._options, holders, held)
                if moves is None or any(augment(n, self._options, holders, held) is None for n in there):
                    return None
                least = max(least, moves)
        return least

    def _options(self, number: int) -> Iterable[ResourceId]:
        return (option for option, _ in self._ways_of(number))

    def _go_on(self, pending: tuple[int, ...], moved: int, allowed: int, spare: int) -> bool:
        """Place all that is pending, moving at most `spare` more than the `moved`."""
        if not pending:
            return True
        if self._budget.left <= 0:
            return False
        number, ways = self._most_constrained(pending, moved, allowed, spare)
        rest = tuple(other for other in pending if other != number)
        for more, option, hits in ways:
            self.placed[number] = option
            self._there[option].append(number)
            if self._go_on((*rest, *_members(hits)), moved | hits, allowed, spare - more):
                return True
            self._there[option].pop()
            del self.placed[number]
        return False

    def _most_constrained(
        self, pending: Sequence[int], moved: int, allowed: int, spare: int
    ) -> tuple[int, list[tuple[int, ResourceId, int]]]:
        """The task with the fewest ways left, and those, the ones with the fewest new moves first.

        None are left where tasks that have nobody in their way in common need more new moves than there are to spare.
        `_beyond` becomes the least number of moves in all that would leave more than there is now.
        """
        chosen, best = pending[0], None
        counted = needed = 0
        for number in pending:
            ways = self._ways_left(number, moved)
            within = [way for way in ways if way[0] <= spare]
            if len(within) < len(ways):
                self._note(allowed - spare + min(way[0] for way in ways if way[0] > spare))
            if best is None or len(within) < len(best):
                chosen, best = number, within
            if not within:
                return number, []
            touched = 0
            for _, _, hits in within:
                touched |= hits
            if not touched & counted:
                counted |= touched
                needed += min(way[0] for way in within)
        if needed > spare:
            self._note(allowed - spare + needed)
            return chosen, []
        return chosen, sorted(best or [], key=lambda way: way[0])

    def _ways_left(self, number: int, moved: int) -> list[tuple[int, ResourceId, int]]:
        """How many more have to move, where the task can go then, and who they are."""
        ways: list[tuple[int, ResourceId, int]] = []
        for option, hits in self._ways_of(number):
            self._budget.left -= 1
            there = self._there[option]
            if not there or fits(self._tasks[number], self._rooms[option], [self._tasks[n] for n in there]):
                uprooted = hits & ~moved
                ways.append((uprooted.bit_count(), option, uprooted))
        return ways

    def _note(self, moves: int) -> None:
        if self._beyond is None or self._beyond > moves:
            self._beyond = moves


def _members(tasks: int) -> Iterator[int]:
    """The tasks in a set, in order."""
    while tasks:
        lowest = tasks & -tasks
        yield lowest.bit_length() - 1
        tasks ^= lowest
