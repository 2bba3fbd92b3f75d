"""Ombori's operations: the paths beneath the mount are the vendor's own."""

from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from weakref import WeakKeyDictionary

from appointed.core.caller import Caller, Scope
from appointed.core.errors import (
    CatalogMoved,
    ContactMissing,
    CustomerLimitReached,
    FieldInvalid,
    FieldMissing,
    HoldLapsed,
    PartyTooLarge,
    PathUnknown,
    RemoteNotOffered,
    ResourceChoiceMissing,
    ServiceNotFound,
    SlotNotOffered,
    SlotTaken,
    StateForbids,
    VisitMoved,
    VisitNotFound,
)
from appointed.core.ids import ServiceId, TenantId, VisitId
from appointed.core.intervals import Interval
from appointed.core.visit import Details
from appointed.dialects.ombori.bodies import PEOPLE_AT_MOST, ReservationBody, ReservationPatch
from appointed.dialects.ombori.positions import (
    FullPosition,
    OfferedSlot,
    Position,
    full_position,
    offered_slot,
    position,
)
from appointed.usecases import holds, visits
from appointed.usecases.holds import Wish
from appointed.usecases.offers import Offer
from appointed.usecases.slots import CalendarDay, Span, find_slots, single
from appointed.wire.decode import encode
from appointed.wire.identifiers import parse_id
from appointed.wire.instants import parse_date, parse_query_instant
from appointed.wire.request import Query, Request
from appointed.wire.route import Answer, Credential, Parameter, Route, Where

REGIONS = ("eu", "us", "in", "au", "uae")
QUEUE = "/regions/{region}/queues/v1/organizations/{organizationId}/queues/{queueId}"
SPAN_AT_MOST = timedelta(days=31)
SPAN_WITHOUT_END = timedelta(days=1)
LATEST = datetime.max.replace(tzinfo=UTC)

# What was listed last, for as long as the offer stays the same one.
_LISTED: WeakKeyDictionary[Offer, bytes] = WeakKeyDictionary()

_UUID = {"type": "string", "format": "uuid"}
_IN_QUEUE = (
    Parameter("region", Where.PATH, "The vendor's region; all are served alike.", {"type": "string", "enum": REGIONS}),
    Parameter("organizationId", Where.PATH, "The organization that owns the queue.", _UUID),
    Parameter("queueId", Where.PATH, "The queue.", _UUID),
)
_RESERVATION = (*_IN_QUEUE, Parameter("reservationId", Where.PATH, "The id of the reservation.", _UUID))
_POSITION = (*_IN_QUEUE, Parameter("positionId", Where.PATH, "The id of the position.", _UUID))
_TIMES = (
    Parameter("from", Where.QUERY, "The first instant, ISO 8601 with an offset.", {"type": "string"}),
    Parameter("to", Where.QUERY, "The end, at most 31 days later; without it a day later.", {"type": "string"}),
    Parameter(
        "date", Where.QUERY, "Instead of both: a day on the clock of the queue.", {"type": "string", "format": "date"}
    ),
    Parameter("numberOfPeople", Where.QUERY, "The size of the party; 1 without it.", {"type": "integer", "minimum": 1}),
)


def _caller(request: Request) -> Caller:
    """The caller; without a key the public, who may look and book where the path says."""
    if request.path["region"] not in REGIONS:
        raise PathUnknown
    tenant = TenantId(parse_id(request.path["organizationId"], ServiceNotFound()))
    caller = request.caller
    if caller is None:
        return Caller(tenant, None, "public", frozenset({Scope.READ, Scope.BOOK}))
    if caller.tenant != tenant:
        raise ServiceNotFound
    return caller


def _queue(request: Request) -> ServiceId:
    return ServiceId(parse_id(request.path["queueId"], ServiceNotFound()))


def _visit(request: Request, name: str) -> VisitId:
    return VisitId(parse_id(request.path[name], VisitNotFound()))


def _wish(request: Request) -> Wish:
    body = request.body_as(ReservationBody)
    start, end = body.booking.times()
    return Wish.single(_queue(request), start, end, body.details(Details(locale="")))


async def list_timeslots(request: Request) -> Answer:
    """The slots with a place left for the party."""
    caller, queue = _caller(request), _queue(request)
    people, span = request.query.made(_asked)
    offer = await find_slots(request.context, caller, single(queue, people), span, full=False)
    body = _LISTED.get(offer)
    if body is None:
        body = _LISTED[offer] = encode([offered_slot(slot) for slot in offer.slots])
    return Answer(HTTPStatus.OK, body)


def _asked(query: Query) -> tuple[int, Span]:
    """For how many, and when. Raises FieldMissing, FieldInvalid."""
    return _people(query), _span(query)


def _people(query: Query) -> int:
    text = query.query_value("numberOfPeople")
    if text is None:
        return 1
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= PEOPLE_AT_MOST and len(text) <= 9):
        raise FieldInvalid(field="numberOfPeople", expected="positive_integer")
    return int(text)


def _span(query: Query) -> Span:
    start, end, date = (query.query_value(name) for name in ("from", "to", "date"))
    if date is not None:
        return CalendarDay(parse_date(date, "date"))
    if start is None:
        if end is not None:
            raise FieldMissing(field="from")
        return CalendarDay(None)
    first = parse_query_instant(start, "from")
    beyond = first + min(SPAN_WITHOUT_END, LATEST - first) if end is None else parse_query_instant(end, "to")
    if not timedelta() < beyond - first <= SPAN_AT_MOST:
        raise FieldInvalid(field="to", expected="within_31_days")
    return Interval(first, beyond)


async def create_reservation(request: Request) -> Answer:
    """Hold a slot. Nothing but a confirmation or a cancellation ends the hold."""
    visit = await holds.hold(request.context, _caller(request), _wish(request), request.once)
    return Answer(HTTPStatus.CREATED, position(visit))


async def create_booking(request: Request) -> Answer:
    """Hold and confirm in one step."""
    visit = await holds.book(request.context, _caller(request), _wish(request), request.once)
    return Answer(HTTPStatus.CREATED, position(visit))


async def update_reservation(request: Request) -> Answer:
    """Change a reservation; where its new slot is full the old one stays."""
    change = request.body_as(ReservationPatch).change()
    visit = await visits.change(
        request.context, _caller(request), _queue(request), _visit(request, "reservationId"), change, request.once
    )
    return Answer(HTTPStatus.OK, position(visit))


async def confirm_reservation(request: Request) -> Answer:
    """Make a booking of a reservation, once or again."""
    visit = await visits.confirm(
        request.context, _caller(request), _queue(request), _visit(request, "reservationId"), request.once
    )
    return Answer(HTTPStatus.OK, position(visit))


async def get_position(request: Request) -> Answer:
    """A position as staff see it."""
    visit = await visits.find_visit(request.context, _caller(request), _queue(request), _visit(request, "positionId"))
    return Answer(HTTPStatus.OK, full_position(visit))


async def cancel_position(request: Request) -> Answer:
    """Give the place back, once or again."""
    visit = await visits.cancel(
        request.context, _caller(request), _queue(request), _visit(request, "positionId"), request.once
    )
    return Answer(HTTPStatus.OK, position(visit))


_CLAIMING = (
    ServiceNotFound,
    SlotTaken,
    SlotNotOffered,
    ContactMissing,
    PartyTooLarge,
    RemoteNotOffered,
    ResourceChoiceMissing,
    CustomerLimitReached,
    CatalogMoved,
)
_STEPPING = (ServiceNotFound, VisitNotFound, StateForbids, HoldLapsed)

ROUTES: tuple[Route, ...] = (
    *(
        Route(
            method="GET",
            path=QUEUE + path,
            name=name,
            summary="List the time slots of a queue that have a place left",
            description="Without parameters: the day that it is on the clock of the queue.",
            handler=list_timeslots,
            responses={HTTPStatus.OK: list[OfferedSlot]},
            credential=Credential.OPTIONAL,
            scope=Scope.READ,
            parameters=(*_IN_QUEUE, *_TIMES),
            refusals=(ServiceNotFound, FieldInvalid, FieldMissing),
        )
        for path, name in (
            ("/timeslots", "listTimeslots"),
            ("/time-slots", "listTimeSlots"),
            ("/bookings/timeslots", "listBookingTimeslots"),
        )
    ),
    Route(
        method="POST",
        path=QUEUE + "/reservations",
        name="createReservation",
        summary="Hold a time slot",
        description="The hold never lapses: it takes the place until it is confirmed or cancelled.",
        handler=create_reservation,
        request_type=ReservationBody,
        responses={HTTPStatus.CREATED: Position},
        credential=Credential.REQUIRED,
        scope=Scope.BOOK,
        idempotent=True,
        parameters=_IN_QUEUE,
        refusals=_CLAIMING,
    ),
    Route(
        method="PATCH",
        path=QUEUE + "/reservations/{reservationId}",
        name="updateReservation",
        summary="Change a reservation, its time slot too",
        handler=update_reservation,
        request_type=ReservationPatch,
        responses={HTTPStatus.OK: Position},
        credential=Credential.REQUIRED,
        scope=Scope.BOOK,
        other_scopes=(Scope.RESCHEDULE,),
        parameters=_RESERVATION,
        refusals=(*_CLAIMING, VisitNotFound, VisitMoved, StateForbids, HoldLapsed),
    ),
    Route(
        method="POST",
        path=QUEUE + "/reservations/{reservationId}/confirm",
        name="confirmReservation",
        summary="Make a booking of a reservation",
        handler=confirm_reservation,
        responses={HTTPStatus.OK: Position},
        credential=Credential.REQUIRED,
        scope=Scope.BOOK,
        idempotent=True,
        parameters=_RESERVATION,
        refusals=_STEPPING,
    ),
    Route(
        method="POST",
        path=QUEUE + "/bookings",
        name="createBooking",
        summary="Book a time slot in one step",
        handler=create_booking,
        request_type=ReservationBody,
        responses={HTTPStatus.CREATED: Position},
        credential=Credential.OPTIONAL,
        scope=Scope.BOOK,
        idempotent=True,
        parameters=_IN_QUEUE,
        refusals=_CLAIMING,
    ),
    Route(
        method="GET",
        path=QUEUE + "/positions/{positionId}",
        name="getPosition",
        summary="Read a position",
        handler=get_position,
        responses={HTTPStatus.OK: FullPosition},
        credential=Credential.REQUIRED,
        scope=Scope.READ,
        parameters=_POSITION,
        refusals=(ServiceNotFound, VisitNotFound),
    ),
    Route(
        method="PUT",
        path=QUEUE + "/positions/{positionId}/cancel-position",
        name="cancelPosition",
        summary="Cancel a reservation or a booking",
        handler=cancel_position,
        responses={HTTPStatus.OK: Position},
        credential=Credential.REQUIRED,
        scope=Scope.CANCEL,
        other_scopes=(Scope.BOOK,),
        parameters=_POSITION,
        refusals=_STEPPING,
    ),
)
