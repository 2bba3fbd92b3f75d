"""One thing of the catalogue after the other: found by its slug or id, made, changed and retired."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from appointed.core.caller import Caller, Scope
from appointed.core.catalog import Branch, Catalog, Closure, Resource, Schedule, Service, ServiceGroup
from appointed.core.difference import Kind, Thing, things
from appointed.core.errors import (
    BranchNotFound,
    ClosureNotFound,
    Refusal,
    ResourceNotFound,
    ServiceGroupNotFound,
    ServiceNotFound,
)
from appointed.core.versions import Expected
from appointed.usecases.catalog import Edit, apply
from appointed.usecases.context import Context
from appointed.usecases.naming import thing_called
from appointed.usecases.reading import read

NOT_FOUND: Mapping[Kind, type[Refusal]] = {
    Kind.BRANCH: BranchNotFound,
    Kind.RESOURCE: ResourceNotFound,
    Kind.SERVICE: ServiceNotFound,
    Kind.GROUP: ServiceGroupNotFound,
}


async def current(context: Context, caller: Caller) -> Catalog:
    """The catalogue as it is now. Raises ScopeMissing."""
    caller.require(Scope.READ)
    return (await read(context, caller)).catalog


async def at_hand(context: Context, caller: Caller) -> Catalog:
    """The catalogue as it was when it was last needed for the tenant: good for the names of what somebody just got."""
    kept = context.catalogs.get(caller.tenant)
    return (await read(context, caller)).catalog if kept is None else kept


async def edit(
    context: Context, caller: Caller, change: Edit, *, force: bool = False, expected: Expected = None
) -> Catalog:
    """Change the catalogue, and answer it as it is then. `expected` are the versions for which this is meant.

    Changes wait for each other. Raises what `change` raises, and what `apply` does: VisitsInTheWay unless forced.
    """
    made: list[Catalog] = []

    def changed(before: Catalog) -> Catalog:
        made.append(change(before))
        return made[-1]

    applied = await apply(context, caller, changed, force=force, expected=expected)
    return replace(made[-1], version=applied.version)


def thing_named(catalog: Catalog, kind: Kind, name: str) -> Thing:
    """The thing of this kind with this slug or id, retired or not. Raises the refusal of its kind."""
    found: Thing | None = thing_called(things(catalog, kind), name)
    if found is None:
        raise NOT_FOUND[kind]
    return found


def with_thing(catalog: Catalog, thing: Thing) -> Catalog:
    """The catalogue with this thing in place of the one with its id, or beside the others."""
    match thing:
        case Branch():
            return replace(catalog, branches={**catalog.branches, thing.id: thing})
        case Resource():
            return replace(catalog, resources={**catalog.resources, thing.id: thing})
        case Service():
            return replace(catalog, services={**catalog.services, thing.id: thing})
        case ServiceGroup():
            return replace(catalog, groups={**catalog.groups, thing.id: thing})


def retired(catalog: Catalog, kind: Kind, name: str) -> Catalog:
    """The catalogue in which a thing is kept for what it was, and not offered any more. Raises as `thing_named`."""
    thing: Any = thing_named(catalog, kind, name)
    return with_thing(catalog, replace(thing, retired=True))


def closed(catalog: Catalog, kind: Kind, name: str, closure: Closure) -> Catalog:
    """The catalogue in which a thing is closed then; one that starts then already has the new end.

    Raises as `thing_named`.
    """
    thing = thing_named(catalog, kind, name)
    schedule = schedule_of(thing)
    others = [each for each in schedule.closures if each.starts_at != closure.starts_at]
    kept = sorted([*others, closure], key=lambda each: each.starts_at)
    return with_thing(catalog, _with_schedule(thing, replace(schedule, closures=tuple(kept))))


def opened(catalog: Catalog, kind: Kind, name: str, starts_at: datetime) -> Catalog:
    """The catalogue without the closure of a thing that starts at an instant.

    Raises as `thing_named`, and ClosureNotFound.
    """
    thing = thing_named(catalog, kind, name)
    schedule = schedule_of(thing)
    kept = tuple(each for each in schedule.closures if each.starts_at != starts_at)
    if len(kept) == len(schedule.closures):
        raise ClosureNotFound
    return with_thing(catalog, _with_schedule(thing, replace(schedule, closures=kept)))


def schedule_of(thing: Thing) -> Schedule:
    """When a thing is open, can be booked or is there. Raises TypeError for a group, which has no time."""
    match thing:
        case Branch():
            return thing.opening_hours
        case Service():
            return thing.booking_hours
        case Resource():
            return thing.schedule
        case ServiceGroup():
            raise TypeError("a service group has no schedule")


def _with_schedule(thing: Thing, schedule: Schedule) -> Thing:
    match thing:
        case Branch():
            return replace(thing, opening_hours=schedule)
        case Service():
            return replace(thing, booking_hours=schedule)
        case Resource():
            return replace(thing, schedule=schedule)
        case ServiceGroup():
            raise TypeError("a service group has no schedule")
