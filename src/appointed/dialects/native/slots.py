"""What can be booked: slots, the next free ones, and why a start is none of them."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from types import NoneType
from typing import Annotated
from weakref import WeakKeyDictionary

import msgspec

from appointed.core.availability import Slot
from appointed.core.caller import Scope
from appointed.core.catalog import Branch, Resource
from appointed.core.errors import (
    BranchesDiffer,
    CatalogMoved,
    CombinationsOff,
    FieldInvalid,
    FieldMissing,
    NotCombined,
    ServiceNotFound,
    SlotNotOffered,
)
from appointed.core.explain import Block
from appointed.core.ids import ResourceId, ServiceId, VisitId
from appointed.core.intervals import Interval
from appointed.dialects.native.shapes import (
    BranchName,
    OfferShape,
    ResourceName,
    SlotShape,
    branch_name,
    offer_shape,
    slot_shapes,
)
from appointed.dialects.native.wants import (
    PARTY_SIZE,
    RESOURCE,
    SERVICE,
    SPAN,
    Asked,
    QueryWant,
    WantShape,
    instant_of,
    query_flag,
    query_number,
    query_people,
    query_span,
    span_of,
)
from appointed.usecases.offers import Offer
from appointed.usecases.slots import Span, explain, find_next, find_slots
from appointed.wire.decode import encode
from appointed.wire.etags import IF_NONE_MATCH, digest_tag, is_known, not_modified, tagged
from appointed.wire.instants import parse_query_instant
from appointed.wire.request import Query, Request
from appointed.wire.route import Answer, Credential, Parameter, Route, Where

WITHIN_DAYS, WITHIN_DAYS_AT_MOST = 92, 366
_WANTS_AT_MOST = 20
_MINUTE = timedelta(minutes=1)

# What was listed last and its tag, for as long as the offer stays the same one.
_LISTED: WeakKeyDictionary[Offer, tuple[str, Answer]] = WeakKeyDictionary()


class SearchBody(msgspec.Struct, forbid_unknown_fields=True):
    """Several wants, of any branches, and the time in which they may start; with `full` slots that are full as well."""

    wants: Annotated[list[WantShape], msgspec.Meta(min_length=1, max_length=_WANTS_AT_MOST)]
    start: datetime = msgspec.field(name="from")
    end: datetime = msgspec.field(name="to")
    full: bool = False


class SearchShape(msgspec.Struct):
    """An answer for each want, in their order."""

    answers: list[OfferShape]


class NextSlot(msgspec.Struct):
    """The first free slot of one want: `services` are those that it is for."""

    services: list[ServiceId]
    branch: BranchName
    time_zone: str
    slot: SlotShape


class NextShape(msgspec.Struct):
    """The earliest first; a want that has none is absent."""

    next: list[NextSlot]


class BlockShape(msgspec.Struct):
    """One reason why a start is not on offer. `rule` is its code.

    `resource` is null where the reason is not about one, `service_id` where it is about all services. A caller with the
    scope in `who` may pass it; null is nobody. `visits` are those in the way, for callers who may book.
    """

    rule: str
    bypassable: bool
    who: Scope | None
    service_id: ServiceId | None
    resource: ResourceName | None
    visits: list[VisitId] | None


class ExplanationShape(msgspec.Struct):
    """Every reason against a start, none where it is on offer, and the nearest free slots within a month."""

    offered: bool
    branch: BranchName
    time_zone: str
    blocks: list[BlockShape]
    before: SlotShape | None
    after: SlotShape | None


async def list_slots(request: Request) -> Answer:
    """The slots of a span."""
    want, span, full = request.query.made(_listing)
    offer = await find_slots(request.context, request.known_caller, want, span, full=full)
    kept = _LISTED.get(offer)
    if kept is None:
        body = encode(_offer_shape(offer))
        tag = digest_tag(body)
        kept = _LISTED[offer] = tag, Answer(HTTPStatus.OK, body, (tagged(tag),))
    tag, answer = kept
    return not_modified(tag) if is_known(request, tag) else answer


async def search_slots(request: Request) -> Answer:
    """The slots of several wants in one answer."""
    body, caller = request.body_as(SearchBody), request.known_caller
    span = _body_span(body)
    wants = [want.naming(f"wants[{place}]") for place, want in enumerate(body.wants)]
    offers = [await find_slots(request.context, caller, want, span, full=body.full) for want in wants]
    return Answer(HTTPStatus.OK, SearchShape([_offer_shape(offer) for offer in offers]))


async def find_next_slots(request: Request) -> Answer:
    """The first free slot of each of several wants."""
    caller = request.known_caller
    wants = [_query_want(request, each) for each in _services(request).split(";", _WANTS_AT_MOST)]
    if len(wants) > _WANTS_AT_MOST:
        raise FieldInvalid(field="service", expected="shorter")
    start = request.query_value("from")
    first = None if start is None else parse_query_instant(start, "from")
    within = timedelta(days=query_number(request, "within_days", WITHIN_DAYS, WITHIN_DAYS_AT_MOST))
    found = await find_next(request.context, caller, wants, first, within=within)
    answer: list[NextSlot] = []
    for each in found:
        branch = each.branch
        services = [part.service_id for part in each.want.parts]
        (slot,) = slot_shapes(branch, (each.slot,))
        answer.append(NextSlot(services, branch_name(branch), branch.time_zone, slot))
    return Answer(HTTPStatus.OK, NextShape(answer))


async def explain_start(request: Request) -> Answer:
    """Why a start is not on offer."""
    caller = request.known_caller
    starts_at = parse_query_instant(request.required_query_value("starts_at"), "starts_at")
    if (starts_at - datetime.min.replace(tzinfo=UTC)) % _MINUTE:
        raise FieldInvalid(field="starts_at", expected="whole_minute")
    found = await explain(request.context, caller, _query_want(request, _services(request)), starts_at)
    branch, resources = found.branch, found.resources
    told = Scope.BOOK in caller.scopes
    blocks = [_block(block, resources, told=told) for block in found.blocks]
    return Answer(
        HTTPStatus.OK,
        ExplanationShape(
            offered=not blocks,
            branch=branch_name(branch),
            time_zone=branch.time_zone,
            blocks=blocks,
            before=_slot(branch, found.before),
            after=_slot(branch, found.after),
        ),
    )


def _listing(query: Query) -> tuple[QueryWant, Span, bool]:
    """What a list is of, the time it is of, and whether it has full slots too. Raises FieldMissing, FieldInvalid."""
    span, full = query_span(query), query_flag(query, "full")
    return _query_want(query, _services(query)), span, full


def _services(asked: Asked) -> str:
    return asked.required_query_value("service")


def _query_want(asked: Asked, services: str) -> QueryWant:
    return QueryWant(services, asked.query_value("resource"), query_people(asked))


def _body_span(body: SearchBody) -> Interval:
    return span_of(instant_of(body.start, "from"), instant_of(body.end, "to"))


def _offer_shape(offer: Offer) -> OfferShape:
    return offer_shape(offer.branch, offer.slots)


def _slot(branch: Branch, slot: Slot | None) -> SlotShape | None:
    return None if slot is None else slot_shapes(branch, (slot,))[0]


def _block(block: Block, resources: Mapping[ResourceId, Resource], *, told: bool) -> BlockShape:
    resource = None if block.resource_id is None else resources.get(block.resource_id)
    return BlockShape(
        rule=block.rule,
        bypassable=block.bypassable,
        who=Scope.OVERBOOK if block.bypassable else None,
        service_id=block.service_id,
        resource=None if resource is None else ResourceName(resource.id, resource.slug, resource.name),
        visits=list(block.visits) if told else None,
    )


_ASKING = (ServiceNotFound, BranchesDiffer, CombinationsOff, NotCombined, CatalogMoved, FieldMissing, FieldInvalid)
_FULL = Parameter("full", Where.QUERY, "With `true` also slots that have nothing left.", {"type": "boolean"})
_STARTS_AT = Parameter(
    "starts_at", Where.QUERY, "The start in question, ISO 8601 with an offset.", {"type": "string"}, required=True
)
_FROM = Parameter("from", Where.QUERY, "Where to begin, ISO 8601 with an offset; without it now.", {"type": "string"})
_WITHIN_DAYS = Parameter(
    "within_days",
    Where.QUERY,
    f"How far to look; {WITHIN_DAYS} days without it.",
    {"type": "integer", "minimum": 1, "maximum": WITHIN_DAYS_AT_MOST},
)
_ANY_SERVICE = Parameter(
    "service",
    Where.QUERY,
    "The id or slug of a service; several with commas between them are wanted in order. What stands between semicolons "
    "is asked about apart, and may be of different branches.",
    required=True,
)

ROUTES = (
    Route(
        method="GET",
        path="/v1/slots",
        name="list_slots",
        summary="List slots",
        description="The slots of a service, or of several in order, with what is left of them.",
        handler=list_slots,
        responses={HTTPStatus.OK: OfferShape, HTTPStatus.NOT_MODIFIED: NoneType},
        credential=Credential.REQUIRED,
        scope=Scope.READ,
        parameters=(SERVICE, *SPAN, PARTY_SIZE, RESOURCE, _FULL, IF_NONE_MATCH),
        refusals=_ASKING,
        tags=("slots",),
    ),
    Route(
        method="POST",
        path="/v1/slots/search",
        name="search_slots",
        summary="List slots for several wants",
        description="Wants may be of different branches; each gets an answer of its own.",
        handler=search_slots,
        request_type=SearchBody,
        changes=False,
        responses={HTTPStatus.OK: SearchShape},
        credential=Credential.REQUIRED,
        scope=Scope.READ,
        refusals=_ASKING,
        tags=("slots",),
    ),
    Route(
        method="GET",
        path="/v1/slots/next",
        name="find_next_slots",
        summary="Find the next free slot",
        description="Of each of several services or combinations the first slot that is free, the earliest first.",
        handler=find_next_slots,
        responses={HTTPStatus.OK: NextShape},
        credential=Credential.REQUIRED,
        scope=Scope.READ,
        parameters=(_ANY_SERVICE, _FROM, _WITHIN_DAYS, PARTY_SIZE, RESOURCE),
        refusals=_ASKING,
        tags=("slots",),
    ),
    Route(
        method="GET",
        path="/v1/explain",
        name="explain_start",
        summary="Say why a start is not on offer",
        description="Every rule and every claim in the way, from the rules that also make the slots.",
        handler=explain_start,
        responses={HTTPStatus.OK: ExplanationShape},
        credential=Credential.REQUIRED,
        scope=Scope.READ,
        parameters=(SERVICE, _STARTS_AT, PARTY_SIZE, RESOURCE),
        refusals=(*_ASKING, SlotNotOffered),
        tags=("slots",),
    ),
)
