"""Visits in a list, page by page, and what happened to one of them."""

from datetime import datetime
from http import HTTPStatus
from weakref import WeakKeyDictionary

import msgspec

from appointed.core.caller import Scope
from appointed.core.catalog import Catalog
from appointed.core.errors import FieldInvalid, ServiceNotFound, VisitNotFound
from appointed.core.ids import CustomerId, GroupId, VisitId
from appointed.core.visit import State
from appointed.core.visit_filter import Place, VisitFilter
from appointed.dialects.native.paging import PAGING, cursor_text, query_cursor, query_limit
from appointed.dialects.native.shapes import VisitShape, listed_shape, with_resources
from appointed.dialects.native.visits import VISIT, WITH_RESOURCES, visit_id_of
from appointed.dialects.native.wants import query_contact, query_flag
from appointed.usecases import visit_list
from appointed.usecases.naming import branch_named, named, resource_named, service_named
from appointed.usecases.serving import find_servers
from appointed.wire.decode import encode
from appointed.wire.identifiers import parse_id
from appointed.wire.instants import parse_query_instant
from appointed.wire.request import Query, Request
from appointed.wire.route import Answer, Credential, Parameter, Route, Where

# What was made of a page, for as long as somebody who asked for it is yet to be answered.
_LISTED: WeakKeyDictionary[visit_list.Page, Answer] = WeakKeyDictionary()
_NAMES = ("branch", "service", "resource")
_FILTERS = (*_NAMES, "state", "from", "to", "group", "customer")


class EventShape(msgspec.Struct):
    """One thing that happened: `kind` is the state it led to, or moved, changed, extended or reassigned.

    `data` tells where it went: `from` and `to` are the starts of a visit that moved, in UTC, and the resources of one
    that was reassigned.
    """

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
    caller, query = request.known_caller, request.query
    limit, after, with_servers, wanted = query.made(_asked)
    if wanted is None:
        wanted = await named(request.context, caller, lambda catalog: _filter(query, catalog))
    page = await visit_list.list_visits(request.context, caller, wanted, after, limit)
    if with_servers:
        servers = await find_servers(request.context, caller, page.visits)
        return Answer(HTTPStatus.OK, _page(page, [with_resources(each, servers) for each in _shapes(page)]))
    answer = _LISTED.get(page)
    if answer is None:
        answer = _LISTED[page] = Answer(HTTPStatus.OK, encode(_page(page, _shapes(page))))
    return answer


def _asked(query: Query) -> tuple[int, Place | None, bool, VisitFilter | None]:
    """How many are asked for, after which, whether with their resources, and which visits: None where it takes the
    catalogue to tell. Raises FieldInvalid."""
    limit, after, with_servers = query_limit(query), _after(query), query_flag(query, WITH_RESOURCES.name)
    wanted = None if any(map(query.query_value, _NAMES)) else _filter(query, Catalog(0))
    return limit, after, with_servers, wanted


def _shapes(page: visit_list.Page) -> list[VisitShape]:
    return [listed_shape(visit, page.now) for visit in page.visits]


def _page(page: visit_list.Page, shapes: list[VisitShape]) -> VisitPage:
    return VisitPage(shapes, None if page.after is None else cursor_text(page.after.starts_at, page.after.visit_id))


def _filter(query: Query, catalog: Catalog) -> VisitFilter:
    """What the query asks for. Raises ServiceNotFound, FieldInvalid."""
    branch, service, resource, state, start, end, group, customer = map(query.query_value, _FILTERS)
    return VisitFilter(
        branch_id=None if branch is None else branch_named(catalog, branch, "branch").id,
        service_id=None if service is None else service_named(catalog, service).id,
        resource_id=None if resource is None else resource_named(catalog, resource, "resource").id,
        states=None if state is None else _states(state),
        starts_from=None if start is None else parse_query_instant(start, "from"),
        starts_before=None if end is None else parse_query_instant(end, "to"),
        contact=query_contact(query),
        group_id=None if group is None else GroupId(parse_id(group, FieldInvalid(field="group", expected="uuid"))),
        customer_id=None
        if customer is None
        else CustomerId(parse_id(customer, FieldInvalid(field="customer", expected="uuid"))),
        customer_reference=query.query_value("reference"),
    )


def _states(text: str) -> tuple[State, ...]:
    try:
        return tuple(State(each) for each in text.split(","))
    except ValueError:
        raise FieldInvalid(field="state", expected="visit_state") from None


def _after(query: Query) -> Place | None:
    """The place that the list goes on from. Raises FieldInvalid."""
    found = query_cursor(query)
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
    Parameter("customer", Where.QUERY, "The id of a customer.", {"type": "string", "format": "uuid"}),
    Parameter("reference", Where.QUERY, "The reference by which a customer is known."),
    WITH_RESOURCES,
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
