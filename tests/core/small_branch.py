"""A branch that opens on the mornings of weekdays, a few resources, and inquiries about a service of theirs."""

from datetime import UTC, datetime
from uuid import UUID

from appointed.core.catalog import (
    Branch,
    CapacityStep,
    Catalog,
    PoolScope,
    Resource,
    ResourceKind,
    Role,
    Schedule,
    Service,
    WeeklyHours,
)
from appointed.core.ids import BranchId, ResourceId, ServiceId
from appointed.core.inquiry import Inquiry
from appointed.core.localtime import MINUTE, minute_of
from appointed.core.occupancy import Taken
from appointed.core.plan import Plan
from drawn_world import Drawn
from inquiries import inquiry

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def weekly(*hours: tuple[int, ...], weekdays=range(7)) -> Schedule:
    return Schedule(tuple(WeeklyHours(weekday, *each) for weekday in weekdays for each in hours))


BRANCH = Branch(BranchId(UUID(int=1)), "Old Street", "Europe/Amsterdam", weekly((540, 720), weekdays=range(5)))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def pool(number: int, scope: PoolScope, *steps: tuple[datetime, int]) -> Resource:
    held = tuple(CapacityStep(*step) for step in steps)
    return Resource(ResourceId(UUID(int=number)), BRANCH.id, "pool", ResourceKind.POOL, scope, held)


def exclusive(number: int, **rest) -> Resource:
    return Resource(ResourceId(UUID(int=number)), BRANCH.id, "room", ResourceKind.EXCLUSIVE, **rest)


def service(duration: int, grid: int, *roles: Role, **rest) -> Service:
    return Service(ServiceId(UUID(int=2)), BRANCH.id, "advice", duration * MINUTE, grid * MINUTE, roles, **rest)


ROOM, CHAIR, DESK = exclusive(11), exclusive(12), exclusive(13)
ADVICE = service(30, 30, Role((ROOM.id,)))
START = utc("2026-03-02T08:00")


def asking(
    what: Service, window, *resources: Resource, branch=BRANCH, claims=(), now=LONG_AGO, visits=(), plan=None
) -> Inquiry:
    catalog = Catalog(1, {BRANCH.id: branch}, {what.id: what}, {each.id: each for each in resources})
    taken: dict[ResourceId, tuple[Taken, ...]] = {}
    for resource, claim in claims:
        taken[resource.id] = (*taken.get(resource.id, ()), claim)
    minutes = minute_of(window[0]), minute_of(window[1])
    started = tuple((what.id, minute_of(visit)) for visit in visits)
    return inquiry(Drawn(catalog, branch, plan or Plan.single(what, 1), taken, now, minutes, started))
