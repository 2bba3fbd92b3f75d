"""A step of one visit: read it, decide, write, and once more where it moved in between."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from appointed.core.caller import Caller
from appointed.core.catalog import Service
from appointed.core.errors import VisitNotFound
from appointed.core.ids import ServiceId, VisitId
from appointed.core.localtime import WallClock, clock_between, zone
from appointed.core.once import Once
from appointed.core.versions import Expected, check_version
from appointed.core.visit import State, Visit
from appointed.store.visits import Changes
from appointed.usecases.context import Context
from appointed.usecases.deciding import Deciding, Decision
from appointed.usecases.reading import Reading, read

Among: TypeAlias = "frozenset[State] | None"
"""The states in which a visit is what the caller means by one; in any other there is none. None for all states."""


async def settle(
    context: Context,
    caller: Caller,
    visit_id: VisitId,
    decide: Callable[[Reading, Changes], Decision],
    once: Once | None,
) -> Visit:
    """Carry out what is decided about a visit. Raises what `decide` and the database do."""

    async def look() -> Reading:
        return await read(context, caller, visit=visit_id)

    (visit,) = await Deciding(look, lambda reading: reading.now, decide).settle(context, caller, once)
    return visit


def visit_of(reading: Reading, service_id: ServiceId | None, among: Among = None) -> Visit:
    """The visit, which has to be of the service where one is named. Raises ServiceNotFound, VisitNotFound."""
    if service_id is not None:
        reading.catalog.service(service_id)
    visit = reading.visit
    if visit is None or (service_id is not None and all(item.service_id != service_id for item in visit.items)):
        raise VisitNotFound
    if among is not None and visit.state_at(reading.now) not in among:
        raise VisitNotFound
    return visit


def expected_visit(
    reading: Reading, service_id: ServiceId | None, expected: Expected, among: Among = None
) -> tuple[Visit, int | None]:
    """The visit, and the version that it has to be of still when it is changed. Raises VersionStale."""
    visit = visit_of(reading, service_id, among)
    check_version(expected, visit.version)
    return visit, None if expected is None else visit.version


def services_of(reading: Reading, visit: Visit) -> list[Service]:
    """The services of a visit, in the order of its items. Raises ServiceNotFound."""
    return [reading.catalog.service(item.service_id) for item in visit.items]


def clock_of(reading: Reading, visit: Visit) -> WallClock:
    """The clock of the visit's branch, around the visit."""
    branch = reading.catalog.branches[visit.branch_id]
    starts = [item.starts_at for item in visit.items]
    return clock_between(zone(branch.time_zone), min(starts), max(starts))


async def one(made: Awaitable[Visit]) -> tuple[Visit, ...]:
    """The visit that was made, as all of them."""
    return (await made,)
