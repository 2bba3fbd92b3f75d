"""Routes that answer slots as Ombori's do, from a process in a chosen state: what it knows, and what has moved."""

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from http import HTTPStatus
from weakref import WeakKeyDictionary

from appointed.core.caller import Scope
from appointed.core.errors import FieldMissing, PathUnknown, ServiceNotFound
from appointed.core.ids import ResourceId, ServiceId, TenantId
from appointed.core.intervals import Interval
from appointed.core.timeline import Axis
from appointed.dialects.ombori.positions import OfferedSlot, offered_slot
from appointed.dialects.ombori.routes import REGIONS, list_timeslots
from appointed.usecases.context import Catalogs, Context
from appointed.usecases.inquiring import Want, Wanted
from appointed.usecases.offers import Offer, Offers
from appointed.usecases.rosters import Kept, Rosters
from appointed.usecases.sharing import Sharing
from appointed.usecases.slots import find_slots
from appointed.wire.decode import encode
from appointed.wire.identifiers import parse_id
from appointed.wire.instants import parse_query_instant
from appointed.wire.request import Request
from appointed.wire.route import Answer, Credential, Parameter, Route, Where
from bench import offered

_LISTED: WeakKeyDictionary[Offer, bytes] = WeakKeyDictionary()


class _Moved(Rosters):
    """Rosters of which one, of those of the month, is found a version behind, as if another process had booked it."""

    def __init__(self, rosters: Rosters) -> None:
        super().__init__()
        self._rosters = rosters
        self._left = random.randrange(len(offered.ALL))

    def find(self, tenant: TenantId, resource_id: ResourceId, axis: Axis, *, detail: bool) -> Kept | None:
        kept = self._rosters.find(tenant, resource_id, axis, detail=detail)
        self._left -= 1
        if kept is None or self._left != -1:
            return kept
        return replace(kept, occupancy=replace(kept.occupancy, version=kept.occupancy.version - 1))

    def span(self, tenant: TenantId, resources: Iterable[ResourceId], axis: Axis) -> tuple[int, int]:
        return self._rosters.span(tenant, resources, axis)

    def keep(self, tenant: TenantId, resource_id: ResourceId, made: Kept) -> None:
        self._rosters.keep(tenant, resource_id, made)


def warm(context: Context, _: TenantId) -> Context:
    """As it is."""
    return context


def cold(context: Context, tenant: TenantId) -> Context:
    """Knows the catalogue, and nothing that was worked out of it or of claims."""
    known = context.catalogs.get(tenant)
    if known is None:
        # The first of them all learns the catalogue for those that follow.
        return replace(context, rosters=Rosters(), offers=Offers(), sharing=Sharing())
    catalogs = Catalogs()
    catalogs.put(tenant, known)
    return replace(context, catalogs=catalogs, rosters=Rosters(), offers=Offers(), sharing=Sharing())


def first(context: Context, _: TenantId) -> Context:
    """Knows who calls, and no more."""
    return replace(context, catalogs=Catalogs(), rosters=Rosters(), offers=Offers(), sharing=Sharing())


def moved(context: Context, _: TenantId) -> Context:
    """Finds that one resource has moved."""
    return replace(context, rosters=_Moved(context.rosters), sharing=Sharing())


STATES: Mapping[str, Callable[[Context, TenantId], Context]] = {
    "warm": warm,
    "cold": cold,
    "first": first,
    "moved": moved,
}


async def list_slots(request: Request) -> Answer:
    """Ombori's list of the slots of one service; of several in sequence, for which it has no words, the same."""
    if request.path["state"] not in STATES:
        raise PathUnknown
    caller = request.known_caller
    request.context = STATES[request.path["state"]](request.context, caller.tenant)
    services = request.path["services"].split(",")
    if len(services) == 1:
        request.path = {"region": REGIONS[0], "organizationId": str(caller.tenant), "queueId": services[0]}
        return await list_timeslots(request)
    want = Want(tuple(Wanted(ServiceId(parse_id(each, ServiceNotFound()))) for each in services))
    offer = await find_slots(request.context, caller, want, _span(request))
    body = _LISTED.get(offer)
    if body is None:
        body = _LISTED[offer] = encode([offered_slot(slot) for slot in offer.slots])
    return Answer(HTTPStatus.OK, body)


def _span(request: Request) -> Interval:
    first_text, last_text = request.query_value("from"), request.query_value("to")
    if first_text is None or last_text is None:
        raise FieldMissing(field="from")
    return Interval(parse_query_instant(first_text, "from"), parse_query_instant(last_text, "to"))


ROUTE = Route(
    method="GET",
    path="/{state}/services/{services}/slots",
    name="listSlots",
    summary="Slots in a state of the process",
    handler=list_slots,
    responses={HTTPStatus.OK: list[OfferedSlot]},
    credential=Credential.REQUIRED,
    scope=Scope.READ,
    parameters=(
        Parameter("state", Where.PATH, "What the process knows."),
        Parameter("services", Where.PATH, "Services in sequence, separated by commas."),
    ),
    refusals=(ServiceNotFound, FieldMissing),
)
