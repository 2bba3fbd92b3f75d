"""Visits in a list, page by page, and what happened to one of them."""

from datetime import datetime
from http import HTTPStatus
from weakref import WeakKeyDictionary

import msgspec

from appointed.core.caller import Scope
from appointed.core.catalog import Catalog
from appointed.core.errors import FieldInvalid, ServiceNotFound, VisitNotFound
from appointed.core.ids import GroupId, VisitId
from appointed.core.visit import State
from appointed.core.visit_filter import Place, VisitFilter
from appointed.dialects.native.paging import PAGING, cursor_text, query_cursor, query_limit
from appointed.dialects.native.shapes import VisitShape, listed_shape
from appointed.dialects.native.visits import VISIT, visit_id_of
from appointed.dialects.native.wants import query_contact
from appointed.usecases import visit_list
from appointed.usecases.naming import branch_named, named, resource_named, service_named
from appointed.wire.decode import encode
from appointed.wire.identifiers import parse_id
from appointed.wire.instants import parse_query_instant
from appointed.wire.request import Request
from appointed.wire.route import Answer, Credential, Parameter, Route, Where

# What was made of a page, for as long as somebody who asked for it is yet to be answered.
_LISTED: WeakKeyDictionary[visit_list.Page, bytes] = WeakKeyDictionary()
_NAMES = ("branch", "service", "resource")
_FILTERS = (*_NAMES, "state", "from", "to", "group")


class EventShape(msgspec.Struct):
    """One thing that happened: `kind` is the state it led to, or moved, changed, extended or reassigned."""

    kind: str
    at: datetime
    actor: str
    data: msgspec.Raw | None


class EventsShape(msgspec.Struct):
    """All that happened to a visit, in order."""

    events: list[EventShape]


class VisitPage(msgspec.Struct):
    """Visits in the order of their starts; `next` is the cursor of the page after, null where this is the last."""

    visits: list[VisitShape]
    next: str | None


async def list_visit_events(request: Request) -> Answer:
    """What happened to a visit."""
    events = await visit_list.list_events(request.context, request.known_caller, visit_id_of(request))
    return Answer(
        HTTPStatus.OK,
        EventsShape(
            [
                EventShape(
                    event.kind, event.at, event.actor, None if event.data is None else msgspec.Raw(event.data.encode())
                )
                for event in events
            ]
        ),
    )


async def list_visits(request: Request) -> Answer:
    """A page of visits."""
    caller, limit = request.known_caller, query_limit(request)
    after = _after(request)
    if any(request.query_value(name) for name in _NAMES):
        wanted = await named(request.context, caller, lambda catalog: _filter(request, catalog))
    else:
        wanted = _filter(request, Catalog(0))
    page = await visit_list.list_visits(request.context, caller, wanted, after, limit)
    body = _LISTED.get(page)
    if body is None:
        following = None if page.after is None else cursor_text(page.after.starts_at, page.after.visit_id)
        body = encode(VisitPage([listed_shape(visit, page.now) for visit in page.visits], following))
        _LISTED[page] = body
    return Answer(HTTPStatus.OK, body)


def _filter(request: Request, catalog: Catalog) -> VisitFilter:
    """What the query asks for. Raises ServiceNotFound, FieldInvalid."""
    branch, service, resource, state, start, end, group = map(request.query_value, _FILTERS)
    return VisitFilter(
        branch_id=None if branch is None else branch_named(catalog, branch, "branch").id,
        service_id=None if service is None else service_named(catalog, service).id,
        resource_id=None if resource is None else resource_named(catalog, resource, "resource").id,
        states=None if state is None else _states(state),
        starts_from=None if start is None else parse_query_instant(start, "from"),
        starts_before=None if end is None else parse_query_instant(end, "to"),
        contact=query_contact(request),
        group_id=None if group is None else GroupId(parse_id(group, FieldInvalid(field="group", expected="uuid"))),
    )


def _states(text: str) -> tuple[State, ...]:
    try:
        return tuple(State(each) for each in text.split(","))
    except ValueError:
        raise FieldInvalid(field="state", expected="visit_state") from None


def _after(request: Request) -> Place | None:
    """The place that the list goes on from. Raises FieldInvalid."""
    found = query_cursor(request)
    return None if found is None else Place(found[0], VisitId(found[1]))


_LISTING = (
    Parameter("branch", Where.QUERY, "The id or slug of a branch."),
    Parameter("service", Where.QUERY, "The id or slug of a service that the visit has."),
    Parameter("resource", Where.QUERY, "The id or slug of a resource that the visit has or had a claim on."),
    Parameter("state", Where.QUERY, "A state, or several with commas between them."),
    Parameter("from", Where.QUERY, "The first start, ISO 8601 with an offset.", {"type": "string"}),
    Parameter("to", Where.QUERY, "The start before which they are.", {"type": "string"}),
    Parameter("contact", Where.QUERY, "The customer's address, whatever its case."),
    Parameter("group", Where.QUERY, "The id of visits that were held together.", {"type": "string", "format": "uuid"}),
    *PAGING,
)

ROUTES = (
    Route(
        method="GET",
        path="/v1/visits",
        name="list_visits",
        summary="List visits",
        description="In the order of their starts, page by page.",
        handler=list_visits,
        responses={HTTPStatus.OK: VisitPage},
        credential=Credential.REQUIRED,
        scope=Scope.READ,
        parameters=_LISTING,
        refusals=(ServiceNotFound, FieldInvalid),
        tags=("visits",),
    ),
    Route(
        method="GET",
        path="/v1/visits/{visit}/events",
        name="list_visit_events",
        summary="Tell what happened to a visit",
        handler=list_visit_events,
        responses={HTTPStatus.OK: EventsShape},
        credential=Credential.REQUIRED,
        scope=Scope.READ,
        parameters=(VISIT,),
        refusals=(VisitNotFound,),
        tags=("visits",),
    ),
)
