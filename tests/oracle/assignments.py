"""Who could do it: every way to give each need a resource, and every way to move others out of the way."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations

from oracle.resource_rules import (
    ABSENCE,
    RESOURCE_RULES,
    Need,
    blocked_by,
    holds,
    least_held,
    needs,
    used_at,
    used_in_slot,
)
from oracle.values import Claim, Key, Plan, Resource, Role, World

Chosen = tuple[Key, ...]
ALL_RULES = frozenset(RESOURCE_RULES)


def options(world: World, need: Need) -> list[Key]:
    """The resources of a need's role that nothing blocks for it, in the role's order."""
    listed = [key for key in need.wanted.resources if key in world.resources]
    return [key for key in listed if not blocked_by(world, need, key, ALL_RULES)]


def fit_together(world: World, taken: Sequence[tuple[Need, Key]]) -> bool:
    return all(
        _fits(world, world.resources[key], [need for need, other in taken if other == key])
        for key in {key for _, key in taken}
    )


def _fits(world: World, resource: Resource, mine: list[Need]) -> bool:
    claims = world.live(resource.key)
    if resource.exclusive:
        return not any(
            one.claim_starts < other.claim_ends and other.claim_starts < one.claim_ends
            for one, other in combinations(mine, 2)
        )
    as_claims = [Claim(None, resource.key, need.claim_starts, need.claim_ends, need.units) for need in mine]
    if resource.by_slot:
        return all(used_in_slot(claims + as_claims, need) <= least_held(world, need, resource) for need in mine)
    return all(
        used_at(claims + as_claims, minute) <= holds(world, need, resource, minute)
        for need in mine
        for minute in range(need.claim_starts, need.claim_ends)
    )


def assignments(world: World, plan: Plan, at: int) -> Iterator[Chosen]:
    """Every complete assignment, without moving anybody: one resource for each of `needs(plan, at)`."""
    wanted = needs(plan, at)
    yield from _completed(world, wanted, [options(world, need) for need in wanted], ())


def _completed(world: World, wanted: list[Need], choices: list[list[Key]], chosen: Chosen) -> Iterator[Chosen]:
    # What does not fit together will not when more is added.
    if not fit_together(world, list(zip(wanted, chosen, strict=False))):
        return
    if len(chosen) == len(wanted):
        yield chosen
        return
    for key in choices[len(chosen)]:
        yield from _completed(world, wanted, choices, (*chosen, key))


def can_be_assigned(world: World, plan: Plan, at: int) -> bool:
    return any(True for _ in assignments(world, plan, at))


def role_of(world: World, claim: Claim) -> Role | None:
    service = world.services.get(claim.service)
    return service.roles[claim.role] if service is not None and claim.role < len(service.roles) else None


def is_movable(world: World, claim: Claim) -> bool:
    role = role_of(world, claim)
    if role is None or claim.resource not in world.resources:
        return False
    return (
        role.interchangeable
        and claim.resource in role.resources
        and not claim.named
        and world.resources[claim.resource].exclusive
    )


def destinations(world: World, claim: Claim) -> list[Key]:
    """Where a movable claim could go if nobody else had claims there."""
    role = role_of(world, claim)
    assert role is not None
    as_need = Need(
        part=0,
        role=claim.role,
        number=0,
        service=world.services[claim.service],
        asked=(),
        starts=claim.starts,
        ends=claim.ends,
        claim_starts=claim.starts,
        claim_ends=claim.ends,
        units=claim.units,
    )
    return [
        key
        for key in role.resources
        if key != claim.resource
        and key in world.resources
        and world.resources[key].exclusive
        and not blocked_by(world, as_need, key, ABSENCE)
    ]


def after_moves(world: World, moves: Mapping[Key, Key]) -> World:
    """The world with claims, by their keys, on other resources."""
    moved = tuple(replace(claim, resource=moves[claim.key]) if claim.key in moves else claim for claim in world.claims)
    new = replace(world, claims=moved)
    new.notes.update(world.notes)
    return new


def _involved(world: World, plan: Plan, at: int) -> list[Claim]:
    """The movable claims at the time of the plan's, or at the time of such a claim, and so on: no other can matter."""
    live = [claim for key in world.resources for claim in world.live(key) if is_movable(world, claim)]
    times = [(need.claim_starts, need.claim_ends) for need in needs(plan, at)]
    found: list[Claim] = []
    while more := [
        claim
        for claim in live
        if claim not in found and any(claim.starts < ends and starts < claim.ends for starts, ends in times)
    ]:
        found += more
        times += [(claim.starts, claim.ends) for claim in more]
    return found


def _keeps_apart(world: World, moves: Mapping[Key, Key]) -> bool:
    """Whether none of the claims that move meets another on its new resource."""
    new = after_moves(world, moves)
    moved = [claim for key in set(moves.values()) for claim in new.live(key) if claim.key in moves]
    return not any(
        claim is not other and claim.starts < other.ends and other.starts < claim.ends
        for claim in moved
        for other in new.live(claim.resource)
    )


def all_moves(world: World, plan: Plan, at: int, number: int) -> Iterator[dict[Key, Key]]:
    """Every way to move just so many claims that could matter to a plan: keys of claims to keys of resources."""
    for claims in combinations(_involved(world, plan, at), number):
        yield from _moved(world, list(claims), {})


def _moved(world: World, claims: list[Claim], moves: dict[Key, Key]) -> Iterator[dict[Key, Key]]:
    if not claims:
        if _keeps_apart(world, moves):
            yield moves
        return
    for key in destinations(world, claims[0]):
        yield from _moved(world, claims[1:], {**moves, claims[0].key: key})


def fewest_moves(world: World, plan: Plan, at: int) -> int | None:
    """How many claims have to move for a complete assignment: 0 where none has to, None where no moves help."""
    for number in range(len(_involved(world, plan, at)) + 1):
        for moves in all_moves(world, plan, at, number):
            if can_be_assigned(after_moves(world, moves), plan, at):
                return number
    return None


def reassignments(world: World, plan: Plan, at: int) -> Iterator[tuple[Chosen, dict[Key, Key]]]:
    """Every complete assignment that moves as few claims as it can, with those moves."""
    number = fewest_moves(world, plan, at)
    for moves in all_moves(world, plan, at, number) if number is not None else ():
        for chosen in assignments(after_moves(world, moves), plan, at):
            yield chosen, moves


def is_assignment(world: World, plan: Plan, at: int, chosen: Chosen, moves: Mapping[Key, Key]) -> bool:
    """Whether this gives each need a resource that it can have, all fit together, and the moves are allowed."""
    known = {claim.key: claim for key in world.resources for claim in world.live(key)}
    if not all(
        key in known and is_movable(world, known[key]) and to in destinations(world, known[key])
        for key, to in moves.items()
    ):
        return False
    new, wanted = after_moves(world, moves), needs(plan, at)
    return (
        _keeps_apart(world, moves)
        and len(chosen) == len(wanted)
        and all(key in options(new, need) for need, key in zip(wanted, chosen, strict=True))
        and fit_together(new, list(zip(wanted, chosen, strict=True)))
    )
