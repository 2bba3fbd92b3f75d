"""The rules about a resource for a need, each judged on its own but `buffers`, which leaves to `claims` what is its."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import takewhile

from oracle.pools import capacity, capacity_by_hours, capacity_by_steps
from oracle.schedules import in_break, in_openings, is_closed
from oracle.start_rules import lasts, party_of, starts_of
from oracle.values import Claim, Key, Part, Plan, Resource, Role, Service, World


@dataclass(frozen=True, eq=False)
class Need:
    """One of the resources that a role of a part asks for. Item and claim are minutes; `units` are those of a pool.

    `given` are the services that it is for, and when each of them starts.
    """

    part: int
    role: int
    number: int
    service: Service
    asked: tuple[tuple[Key | None, frozenset[str]], ...]
    starts: int
    ends: int
    claim_starts: int
    claim_ends: int
    units: int
    given: tuple[tuple[Service, int], ...] = ()

    @property
    def wanted(self) -> Role:
        return self.service.roles[self.role]


def needs(plan: Plan, at: int) -> list[Need]:
    """All that a plan needs when it starts at a minute: part by part, role by role."""
    return [
        _need(plan, number, part, role, one, at)
        for number, part in enumerate(plan.parts)
        if not part.goes_on
        for role in range(len(part.service.roles))
        for one in range(part.service.roles[role].count)
    ]


def _in_one_go(plan: Plan, number: int) -> list[int]:
    """A part and those of its guest that follow it, up to the first that does not go on."""
    of_guest = [n for n in range(number, len(plan.parts)) if plan.parts[n].guest == plan.parts[number].guest]
    return [number, *takewhile(lambda n: plan.parts[n].goes_on, of_guest[1:])]


def _need(plan: Plan, number: int, part: Part, role: int, one: int, at: int) -> Need:
    service, starts = part.service, starts_of(plan, at)
    # From the first minute that any of them takes until the last one.
    items = [(starts[n], starts[n] + lasts(plan, n)) for n in _in_one_go(plan, number)]
    others = [plan.parts[n].service for n in _in_one_go(plan, number)]
    heads = [party_of(plan, n) for n in _in_one_go(plan, number) if plan.parts[n].service.heads]
    return Need(
        part=number,
        role=role,
        number=one,
        service=service,
        # A name is asked of the first alone.
        asked=tuple((None if one else resource, traits) for place, resource, traits in part.asked if place == role),
        starts=min(s for s, _ in items),
        ends=max(e for _, e in items),
        claim_starts=min(s - other.before for other, (s, _) in zip(others, items, strict=True)),
        claim_ends=max(e + other.after for other, (_, e) in zip(others, items, strict=True)),
        units=service.roles[role].units * max([1, *heads]),
        given=tuple(zip(others, (s for s, _ in items), strict=True)),
    )


def holds(world: World, need: Need, resource: Resource, minute: int) -> int:
    """What a pool holds in a minute for all that a need is for: the least that any of these services has of it."""
    if len(need.given) < 2:
        return capacity(world, need.service, need.starts, resource, minute)
    by_hours = [capacity_by_hours(world, service, s) for service, s in need.given]
    if all(number is None for number in by_hours):
        return capacity_by_steps(resource, minute)
    numbers = [number for number in by_hours if number is not None]
    if None in by_hours:
        # A claim that is counted by hours has one number from its beginning to its end.
        numbers.append(least_of_steps(world, need, resource))
    return min(numbers)


def least_of_steps(world: World, need: Need, resource: Resource) -> int:
    """The least that a pool has of its own all through a claim."""
    key = (resource.key, need.claim_starts, need.claim_ends, "steps")
    if key not in world.notes:
        minutes = range(need.claim_starts, need.claim_ends)
        world.notes[key] = min(capacity_by_steps(resource, minute) for minute in minutes)
    return world.notes[key]


def least_held(world: World, need: Need, resource: Resource) -> int:
    """What a pool holds all through the claim."""
    return min(holds(world, need, resource, minute) for minute in range(need.claim_starts, need.claim_ends))


def used_at(claims: list[Claim], minute: int) -> int:
    return sum(claim.units for claim in claims if claim.starts <= minute < claim.ends)


def used_in_slot(claims: list[Claim], need: Need) -> int:
    """The units of the claims with the need's own start and end, buffers included."""
    return sum(claim.units for claim in claims if (claim.starts, claim.ends) == (need.claim_starts, need.claim_ends))


def _skills(world: World, need: Need, resource: Resource) -> bool:
    return not need.wanted.skills <= resource.skills


def _preference(world: World, need: Need, resource: Resource) -> bool:
    return any(
        (wanted is not None and wanted != resource.key) or not traits <= resource.traits
        for wanted, traits in need.asked
    )


def _working_hours(world: World, need: Need, resource: Resource) -> bool:
    minutes = range(need.claim_starts, need.claim_ends)
    return not all(in_openings(world, resource.schedule, minute) for minute in minutes)


def _breaks(world: World, need: Need, resource: Resource) -> bool:
    return any(in_break(world, resource.schedule, minute) for minute in range(need.claim_starts, need.claim_ends))


def _time_off(world: World, need: Need, resource: Resource) -> bool:
    return is_closed(resource.schedule, need.claim_starts, need.claim_ends)


def _capacity(world: World, need: Need, resource: Resource) -> bool:
    return not resource.exclusive and least_held(world, need, resource) < need.units


def in_the_way(world: World, need: Need, resource: Resource, starts: int, ends: int) -> list[Claim]:
    """The claims that leave too little of a resource to an item of these minutes, although the capacity would do."""
    claims = world.live(resource.key)
    if resource.exclusive:
        return [claim for claim in claims if claim.starts < ends and starts < claim.ends]
    if resource.by_slot:
        least = least_held(world, need, resource)
        if not least - used_in_slot(claims, need) < need.units <= least:
            return []
        return [claim for claim in claims if used_in_slot([claim], need)]
    short = [minute for minute in range(starts, ends) if _claims_are_short(world, need, resource, claims, minute)]
    return [claim for claim in claims if any(claim.starts <= minute < claim.ends for minute in short)]


def _claims_are_short(world: World, need: Need, resource: Resource, claims: list[Claim], minute: int) -> bool:
    holding = holds(world, need, resource, minute)
    return holding - used_at(claims, minute) < need.units <= holding


def _claims(world: World, need: Need, resource: Resource) -> bool:
    return bool(in_the_way(world, need, resource, need.starts, need.ends))


def _buffers(world: World, need: Need, resource: Resource) -> bool:
    if _claims(world, need, resource):
        return False
    return bool(in_the_way(world, need, resource, need.claim_starts, need.claim_ends))


RESOURCE_RULES: dict[str, Callable[[World, Need, Resource], bool]] = {
    "skills": _skills,
    "preference": _preference,
    "working_hours": _working_hours,
    "breaks": _breaks,
    "time_off": _time_off,
    "capacity": _capacity,
    "claims": _claims,
    "buffers": _buffers,
}
BYPASSED = frozenset({"claims", "buffers"})
# What keeps a resource out of what a slot could hold, and a claim from moving to it.
ABSENCE = frozenset({"skills", "preference", "working_hours", "breaks", "time_off"})


def resource_reasons(world: World, need: Need, key: Key) -> set[str]:
    """The rules that block a resource, which the tenant has, for a need."""
    return {name for name, blocks in RESOURCE_RULES.items() if blocks(world, need, world.resources[key])}


def blocked_by(world: World, need: Need, key: Key, rules: frozenset[str]) -> bool:
    """Whether any of these rules blocks a resource for a need."""
    return any(RESOURCE_RULES[name](world, need, world.resources[key]) for name in RESOURCE_RULES if name in rules)
