"""What is on offer, what is left of it, and why a start is not."""

from collections.abc import Iterator
from dataclasses import dataclass

from oracle.assignments import fewest_moves, options
from oracle.resource_rules import (
    ABSENCE,
    BYPASSED,
    Need,
    blocked_by,
    holds,
    in_the_way,
    least_held,
    needs,
    resource_reasons,
    used_at,
    used_in_slot,
)
from oracle.start_rules import can_start, lasts, start_reasons, starts_of
from oracle.values import Key, Plan, Resource, World

Slot = tuple[int, int, int, int]


def offered(world: World, plan: Plan, at: int) -> bool:
    return can_start(world, plan, at) and fewest_moves(world, plan, at) is not None


def slots(world: World, plan: Plan, window: tuple[int, int]) -> list[Slot]:
    """Start, end, capacity and what is available, of every slot of a plan that starts in the window, full ones too."""
    return list(_slots(world, plan, window))


def _slots(world: World, plan: Plan, window: tuple[int, int]) -> Iterator[Slot]:
    for at in range(*window):
        if can_start(world, plan, at):
            capacity = _visits(world, plan, at, claimed=False)
            if capacity > 0:
                free = fewest_moves(world, plan, at) is not None
                yield at, end_of(plan, at), capacity, max(1, _visits(world, plan, at, claimed=True)) if free else 0


def end_of(plan: Plan, at: int) -> int:
    """When the last of its items is over."""
    return max(s + lasts(plan, number) for number, s in enumerate(starts_of(plan, at)))


def _visits(world: World, plan: Plan, at: int, *, claimed: bool) -> int:
    """How many such visits the role that has least holds, with or without what is claimed."""
    return min(_visits_of_need(world, need, claimed=claimed) for need in needs(plan, at))


def _visits_of_need(world: World, need: Need, *, claimed: bool) -> int:
    present = [
        world.resources[key]
        for key in need.wanted.resources
        if key in world.resources and not blocked_by(world, need, key, ABSENCE)
    ]
    return sum(_visits_of(world, need, resource, claimed=claimed) for resource in present) // (need.number + 1)


def _visits_of(world: World, need: Need, resource: Resource, *, claimed: bool) -> int:
    claims = world.live(resource.key) if claimed else []
    minutes = range(need.claim_starts, need.claim_ends)
    if resource.exclusive:
        return 0 if any(used_at(claims, minute) for minute in minutes) else 1
    if resource.by_slot:
        return max(0, least_held(world, need, resource) - used_in_slot(claims, need)) // need.units
    left = min(holds(world, need, resource, minute) - used_at(claims, minute) for minute in minutes)
    return max(0, left) // need.units


@dataclass(frozen=True)
class Reason:
    """Why not: a rule about the start of a part, a rule about a resource for a role of a part, or `assignment`.

    `number` tells the needs of one role apart. `claims` are the keys of those in the way.
    """

    rule: str
    part: int | None = None
    role: int | None = None
    number: int | None = None
    resource: Key = None
    claims: frozenset[Key] = frozenset()

    @property
    def bypassed_by_overbooking(self) -> bool:
        return self.rule in BYPASSED


def explain(world: World, plan: Plan, at: int) -> list[Reason]:
    """All that speaks against a start; nothing does just when it is offered."""
    found = [
        Reason(rule, number)
        for number, s in enumerate(starts_of(plan, at))
        for rule in sorted(start_reasons(world, plan, number, s))
    ]
    return found if fewest_moves(world, plan, at) is not None else found + list(_why_no_assignment(world, plan, at))


def _why_no_assignment(world: World, plan: Plan, at: int) -> Iterator[Reason]:
    wanted = needs(plan, at)
    for need in wanted:
        for key in need.wanted.resources:
            if key in world.resources:
                for rule in sorted(resource_reasons(world, need, key)):
                    claims = _claims_behind(world, need, key, rule)
                    yield Reason(rule, need.part, need.role, need.number, key, claims)
    if all(options(world, need) for need in wanted):
        yield Reason("assignment")


def _claims_behind(world: World, need: Need, key: Key, rule: str) -> frozenset[Key]:
    if rule not in BYPASSED:
        return frozenset()
    item = rule == "claims"
    starts, ends = (need.starts, need.ends) if item else (need.claim_starts, need.claim_ends)
    return frozenset(claim.key for claim in in_the_way(world, need, world.resources[key], starts, ends))


def nearest(world: World, plan: Plan, at: int, reach: int) -> tuple[int | None, int | None]:
    """The offered starts closest to a minute, before and after it, no farther than `reach` minutes."""
    before = next((minute for minute in range(at - 1, at - reach - 1, -1) if offered(world, plan, minute)), None)
    after = next((minute for minute in range(at + 1, at + reach + 1) if offered(world, plan, minute)), None)
    return before, after
