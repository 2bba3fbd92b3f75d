"""Reservations: a time that is kept for a quarter of an hour, until it is confirmed or given back."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus
from types import NoneType
from uuid import UUID

import msgspec

from appointed.core.caller import Caller, Scope
from appointed.core.catalog import Catalog
from appointed.core.errors import (
    AnswerMissing,
    BranchNotFound,
    CatalogMoved,
    CustomerDiffers,
    CustomerLimitReached,
    HoldLapsed,
    PartyTooLarge,
    QuestionUnknown,
    RemoteNotOffered,
    ResourceChoiceMissing,
    ResourceNotFound,
    ServiceNotFound,
    SlotNotOffered,
    SlotTaken,
    StateForbids,
    VisitNotFound,
)
from appointed.core.ids import VisitId
from appointed.core.visit import Details, State, Visit
from appointed.dialects.qmatic.appointments import INTRODUCING, Appointment, confirmed, introduced
from appointed.dialects.qmatic.asking import UUID_SCHEMA, branch_of, on_clock, resource_of, service_of
from appointed.dialects.qmatic.bodies import ConfirmationBody, ReservationBody
from appointed.dialects.qmatic.languages import ACCEPT_LANGUAGE, told_language
from appointed.dialects.qmatic.timeslots import ServiceWant, Timeslot
from appointed.usecases import entries, holds, visits
from appointed.usecases.holds import Wish
from appointed.wire.identifiers import parse_id
from appointed.wire.request import Request
from appointed.wire.route import Answer, Credential, Link, Parameter, Route, Where

LIFETIME = timedelta(minutes=15)
HELD = frozenset({State.HELD})


class ReservedService(msgspec.Struct, rename="camel"):
    """One of several services, for so many."""

    service_id: UUID
    number_of_reservations: int


class Reservation(msgspec.Struct, rename="camel"):
    """A time that is kept, until `expiresAt`, on the clock of the branch. Once confirmed, it is the appointment of the
    same id. Several services are told by `services`, and `serviceId` is the first of them."""

    reservation_id: UUID
    service_id: UUID
    branch_id: UUID
    time_slot: Timeslot
    number_of_reservations: int
    notes: str | None
    expires_at: str | None
    services: list[ReservedService] | msgspec.UnsetType = msgspec.UNSET


async def create_reservation(request: Request) -> Answer:
    """Hold a time for a quarter of an hour."""
    caller, body = request.known_caller, request.body_as(ReservationBody)
    start, end = body.times()
    want = ServiceWant(
        service_of(body.service()),
        branch_of(body.branch_id),
        resource_of(body.requested_resource_id),
        body.number_of_reservations,
    )
    details = Details(told_language(request), body.number_of_reservations, notes=body.notes)
    return await reserved(request, caller, Wish(want.parts, start, (details,), end, LIFETIME, introduced_later=True))


async def reserved(request: Request, caller: Caller, wish: Wish) -> Answer:
    """Hold what is wished for."""
    visit = await holds.hold(request.context, caller, wish, request.once)
    catalog = await entries.at_hand(request.context, caller)
    where = ((b"location", f"reservations/{visit.id}".encode()),)
    return Answer(HTTPStatus.CREATED, _reservation(catalog, visit), where)


async def confirm_reservation(request: Request) -> Answer:
    """Make an appointment of a reservation, once or again."""
    caller, body = request.known_caller, request.body_as(ConfirmationBody)
    visit_id = _reservation_id(request)
    questions = await _questions(request, caller, visit_id) if body.bare else ()
    introduction = replace(await introduced(request, caller, body), answers=body.answers(questions))
    visit = await visits.confirm(request.context, caller, None, visit_id, request.once, introduced=introduction)
    return Answer(HTTPStatus.CREATED, await confirmed(request, caller, visit, introduction))


async def release_reservation(request: Request) -> Answer:
    """Give a time back that was not confirmed."""
    await visits.cancel(request.context, request.known_caller, None, _reservation_id(request), among=HELD)
    return Answer(HTTPStatus.NO_CONTENT)


async def _questions(request: Request, caller: Caller, visit_id: VisitId) -> Sequence[str]:
    """What the services of a reservation ask, in order, for answers that do not say what they are to."""
    visit = await visits.find_visit(request.context, caller, None, visit_id)
    catalog = await entries.at_hand(request.context, caller)
    services = [catalog.service(item.service_id) for item in visit.items]
    return [question.text.text for service in services for question in service.questions]


def _reservation_id(request: Request) -> VisitId:
    return VisitId(parse_id(request.path["reservationId"], VisitNotFound()))


def _reservation(catalog: Catalog, visit: Visit) -> Reservation:
    branch = catalog.branches[visit.branch_id]
    services = [
        ReservedService(catalog.service(item.service_id).family, item.party_size or visit.details.party_size)
        for item in visit.items
    ]
    return Reservation(
        visit.id,
        services[0].service_id,
        branch.id,
        Timeslot(on_clock(branch, visit.starts_at), on_clock(branch, visit.ends_at)),
        visit.details.party_size,
        visit.details.notes,
        None if visit.expires_at is None else on_clock(branch, visit.expires_at),
        services if len(services) > 1 else msgspec.UNSET,
    )


RESERVATION_ID = Parameter("reservationId", Where.PATH, "The reservation.", UUID_SCHEMA)
CLAIMING = (
    ServiceNotFound,
    BranchNotFound,
    ResourceNotFound,
    ResourceChoiceMissing,
    PartyTooLarge,
    RemoteNotOffered,
    SlotTaken,
    SlotNotOffered,
    CustomerLimitReached,
    CatalogMoved,
)
TO_RESERVATION = tuple(
    Link(name, "reservationId", "/reservationId") for name in ("confirmReservation", "releaseReservation")
)

ROUTES = (
    Route(
        method="POST",
        path="/reservations",
        name="createReservation",
        summary="Reserve a time",
        description="It is kept for 15 minutes and is free again then, unless it is confirmed.",
        handler=create_reservation,
        request_type=ReservationBody,
        responses={HTTPStatus.CREATED: Reservation},
        credential=Credential.REQUIRED,
        scope=Scope.BOOK,
        idempotent=True,
        parameters=(ACCEPT_LANGUAGE,),
        refusals=CLAIMING,
        links=TO_RESERVATION,
    ),
    Route(
        method="PUT",
        path="/reservations/{reservationId}",
        also=("/serviceCombination/reservations/{reservationId}",),
        name="confirmReservation",
        summary="Make an appointment of a reservation",
        description="It keeps its id. The same confirmation again is answered alike.",
        handler=confirm_reservation,
        request_type=ConfirmationBody,
        responses={HTTPStatus.CREATED: Appointment},
        credential=Credential.REQUIRED,
        scope=Scope.BOOK,
        idempotent=True,
        parameters=(RESERVATION_ID, ACCEPT_LANGUAGE),
        refusals=(*INTRODUCING, CustomerDiffers, AnswerMissing, QuestionUnknown, HoldLapsed),
        links=tuple(
            Link(name, "appointmentId", "/appointmentId")
            for name in ("readAppointment", "cancelAppointment", "changeAppointmentCustomer", "rescheduleAppointment")
        ),
    ),
    Route(
        method="DELETE",
        path="/reservations/{reservationId}",
        also=("/serviceCombination/reservations/{reservationId}",),
        name="releaseReservation",
        summary="Give a reservation back before it is confirmed",
        handler=release_reservation,
        responses={HTTPStatus.NO_CONTENT: NoneType},
        credential=Credential.REQUIRED,
        scope=Scope.BOOK,
        parameters=(RESERVATION_ID,),
        refusals=(VisitNotFound, StateForbids, HoldLapsed),
    ),
)
