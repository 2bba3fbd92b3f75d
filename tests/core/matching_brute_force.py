"""Every assignment there is, one after the other, judged minute by minute from the rules of docs/availability.md."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from appointed.core.catalog import PoolScope, Resource, ResourceKind
from appointed.core.ids import ResourceId
from appointed.core.matching import Demand, Movable
from appointed.core.occupancy import Taken


@dataclass(frozen=True)
class World:
    """What there is: `claims` by resource, each live, the movable ones among them."""

    resources: Mapping[ResourceId, Resource]
    claims: Mapping[ResourceId, Sequence[Taken]]
    demands: Sequence[Demand]
    movables: Sequence[Movable] = ()


def solutions(world: World) -> Iterator[tuple[tuple[ResourceId, ...], dict[int, ResourceId]]]:
    """All assignments, those with the first options of the first demands first; where which movable goes, by number."""
    yield from _demands(world, (), len(world.movables))


def fewest_moves(world: World) -> int | None:
    """The moves of the assignment that has fewest, None where there is none."""
    most = range(len(world.movables) + 1)
    return next((moves for moves in most if next(_demands(world, (), moves), None) is not None), None)


def lawful(world: World, chosen: Sequence[ResourceId], moved: Mapping[int, ResourceId]) -> bool:
    """Whether everybody is where they may be and everything fits."""
    return (
        all(option in demand.options for demand, option in zip(world.demands, chosen, strict=True))
        and all(_may_move(world, number, option) for number, option in moved.items())
        and all(_fits(world, option, chosen, moved) for option in {*chosen, *moved.values()})
    )


def _demands(world, chosen, most):
    if len(chosen) == len(world.demands):
        for moved in _movables(world, chosen, 0, {}, most):
            yield chosen, moved
        return
    for option in world.demands[len(chosen)].options:
        everybody_gone = dict.fromkeys(range(len(world.movables)))
        if option in world.resources and _fits(world, option, (*chosen, option), everybody_gone):
            yield from _demands(world, (*chosen, option), most)


def _movables(world, chosen, number, moved, most):
    if number == len(world.movables):
        if lawful(world, chosen, moved):
            yield dict(moved)
        return
    gone_later = dict.fromkeys(range(number + 1, len(world.movables)))
    stays = world.movables[number].resource_id
    if stays not in chosen or _fits(world, stays, chosen, moved | gone_later):
        yield from _movables(world, chosen, number + 1, moved, most)
    for option in dict.fromkeys(world.movables[number].options if len(moved) < most else ()):
        further = moved | {number: option}
        if _may_move(world, number, option) and _fits(world, option, chosen, further | gone_later):
            yield from _movables(world, chosen, number + 1, further, most)


def _may_move(world, number, option):
    movable = world.movables[number]
    there = world.resources.get(option)
    return (
        option in movable.options
        and option != movable.resource_id
        and there is not None
        and there.kind is ResourceKind.EXCLUSIVE
    )


def _fits(world, resource_id, chosen, moved):
    """Whether all that is on a resource fits; `moved` says where a movable claim has gone, None for nowhere yet."""
    if resource_id not in world.resources:
        return False
    resource = world.resources[resource_id]
    gone = {world.movables[number].claim_id for number in moved}
    claims = [claim for claim in world.claims.get(resource_id, ()) if claim.claim_id not in gone]
    here = [demand for demand, option in zip(world.demands, chosen, strict=False) if option == resource_id]
    if resource.kind is ResourceKind.EXCLUSIVE:
        guests = [world.movables[number] for number, option in moved.items() if option == resource_id]
        taken = [minute for one in (*claims, *here, *guests) for minute in range(one.starts, one.ends)]
        return len(taken) == len(set(taken))
    return all(_pool_holds(resource, claims, here, demand) for demand in here)


def _pool_holds(resource, claims, here, demand):
    minutes = range(demand.starts, demand.ends)
    holds = [_capacity(resource, minute) if demand.capacity is None else demand.capacity for minute in minutes]
    if resource.scope is PoolScope.SAME_SLOT:
        same = [one for one in (*claims, *here) if (one.starts, one.ends) == (demand.starts, demand.ends)]
        return min(holds) >= sum(one.units for one in same)
    return all(
        held >= sum(one.units for one in (*claims, *here) if one.starts <= minute < one.ends)
        for held, minute in zip(holds, minutes, strict=True)
    )


def _capacity(resource, minute):
    instant = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    begun = [step for step in resource.capacity if step.starts_at <= instant]
    return max(begun, key=lambda step: step.starts_at).capacity if begun else 0
