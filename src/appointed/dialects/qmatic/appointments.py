"""Appointments: what becomes of a reservation that was confirmed."""

from collections.abc import Mapping
from datetime import date
from http import HTTPStatus
from types import NoneType
from uuid import UUID

import msgspec

from appointed.core.caller import Caller, Scope
from appointed.core.catalog import Catalog
from appointed.core.customer import Customer, Introduction, PersonName
from appointed.core.errors import (
    AnswerMissing,
    BirthDateAhead,
    CatalogMoved,
    ContactMissing,
    CustomerFactMissing,
    CustomerLimitReached,
    FieldInvalid,
    FieldMissing,
    HoldLapsed,
    ServiceDiffers,
    StateForbids,
    VisitMoved,
    VisitNotFound,
)
from appointed.core.ids import CustomerId, VisitId
from appointed.core.visit import Item, State, Visit
from appointed.dialects.qmatic.asking import UUID_SCHEMA, in_language, on_clock
from appointed.dialects.qmatic.bodies import CustomerBody, RescheduleBody, SearchBody, needs_hyphens, reference_of
from appointed.dialects.qmatic.languages import ACCEPT_LANGUAGE, language_of
from appointed.dialects.qmatic.shapes import BranchShape, ServiceShape, branch_shape, service_shape
from appointed.dialects.qmatic.timeslots import Timeslot
from appointed.usecases import customers, entries, visits
from appointed.usecases.visit_list import visits_of_reference
from appointed.wire.identifiers import parse_id
from appointed.wire.request import Request
from appointed.wire.route import Answer, Credential, Parameter, Route, Where

_STANDING = (State.CONFIRMED, State.WAITING, State.PARKED, State.CALLED, State.SERVING, State.DONE)
STANDING = frozenset(_STANDING)
"""A visit in any other state is no appointment: not yet, or not any more."""

INTRODUCING = (
    VisitNotFound,
    CustomerFactMissing,
    BirthDateAhead,
    CustomerLimitReached,
    ContactMissing,
    StateForbids,
    VisitMoved,
)


class AppointmentCustomer(msgspec.Struct, rename="camel"):
    """Who comes, as far as it is known."""

    first_name: str
    last_name: str
    phone_number: str | None
    email: str | None
    date_of_birth: str | None


class AppointedService(ServiceShape, rename="camel"):
    """One of several services, for so many."""

    number_of_reservations: int


class Appointment(msgspec.Struct, rename="camel"):
    """A confirmed time, on the clock of its branch. Its id is that of the reservation it was. Several services are told
    by `services`, and `service` is the first of them."""

    appointment_id: UUID
    time_slot: Timeslot
    customer: AppointmentCustomer | None
    service: ServiceShape
    branch: BranchShape
    number_of_reservations: int
    support_notes: str | None
    services: list[AppointedService] | msgspec.UnsetType = msgspec.UNSET


async def search_appointments(request: Request) -> Answer:
    """The appointments of one customer."""
    caller = request.known_caller
    reference = await _reference(request, caller)
    found = await visits_of_reference(request.context, caller, reference, _STANDING)
    return await _told(request, caller, found)


async def read_appointment(request: Request) -> Answer:
    """One appointment."""
    caller = request.known_caller
    visit = await visits.find_visit(request.context, caller, None, _appointment_id(request), among=STANDING)
    return await _told(request, caller, (visit,), one=True)


async def cancel_appointment(request: Request) -> Answer:
    """Give the time back."""
    await visits.cancel(request.context, request.known_caller, None, _appointment_id(request), among=STANDING)
    return Answer(HTTPStatus.NO_CONTENT)


async def change_customer(request: Request) -> Answer:
    """Other details of who comes."""
    caller, visit_id = request.known_caller, _appointment_id(request)
    introduction = await introduced(request, caller, request.body_as(CustomerBody))
    await visits.introduce(request.context, caller, visit_id, introduction, among=STANDING)
    return Answer(HTTPStatus.NO_CONTENT)


async def reschedule_appointment(request: Request) -> Answer:
    """Give the appointment the time of a reservation."""
    caller, visit_id = request.known_caller, _appointment_id(request)
    hold_id = VisitId(parse_id(request.body_as(RescheduleBody).reservation_id, VisitNotFound()))
    await visits.absorb(request.context, caller, visit_id, hold_id, among=STANDING)
    return Answer(HTTPStatus.NO_CONTENT)


async def introduced(request: Request, caller: Caller, body: CustomerBody) -> Introduction:
    """Who comes, by a body. Raises FieldInvalid, FieldMissing."""
    hyphens = await _hyphens(request, caller, body.personal_identifier)
    return body.introduction(hyphens=hyphens)


async def confirmed(request: Request, caller: Caller, visit: Visit, introduction: Introduction) -> Appointment:
    """A visit that is confirmed, as an appointment of whoever comes; asked again with its key, the same as before."""
    catalog = await entries.at_hand(request.context, caller)
    customer = None
    if request.once is None or visit.repeated:
        # What was told before stands. Whoever was erased since is answered what the request itself tells.
        customer = _customer(visit, await customers.who_come(request.context, caller, (visit,)))
    customer = customer or _introduced(introduction)
    return _appointment(catalog, visit, customer, language_of(request, catalog.options, lenient=True))


async def _told(request: Request, caller: Caller, found: tuple[Visit, ...], *, one: bool = False) -> Answer:
    catalog = await entries.current(request.context, caller)
    language = language_of(request, catalog.options, lenient=True)
    people = await customers.who_come(request.context, caller, found)
    told = [_appointment(catalog, each, _customer(each, people), language) for each in found]
    return in_language(told[0] if one else told, language)


def _appointment(
    catalog: Catalog, visit: Visit, customer: AppointmentCustomer | None, language: str | None
) -> Appointment:
    branch = catalog.branches[visit.branch_id]
    services = [_appointed(catalog, visit, item, language) for item in visit.items]
    return Appointment(
        visit.id,
        Timeslot(on_clock(branch, visit.starts_at), on_clock(branch, visit.ends_at)),
        customer,
        service_shape(catalog.service(visit.items[0].service_id), language),
        branch_shape(branch, language),
        visit.details.party_size,
        visit.details.notes,
        services if len(services) > 1 else msgspec.UNSET,
    )


def _appointed(catalog: Catalog, visit: Visit, item: Item, language: str | None) -> AppointedService:
    service = service_shape(catalog.service(item.service_id), language)
    return AppointedService(service.id, service.name, service.config, item.party_size or visit.details.party_size)


def _customer(visit: Visit, people: Mapping[CustomerId, Customer]) -> AppointmentCustomer | None:
    customer = None if visit.details.customer_id is None else people.get(visit.details.customer_id)
    return None if customer is None else _known(customer)


def _known(customer: Customer) -> AppointmentCustomer:
    reached = {contact.channel: contact.address for contact in reversed(customer.contacts)}
    return _shown(customer.name, reached.get("phone"), reached.get("email"), customer.birth_date)


def _introduced(introduction: Introduction) -> AppointmentCustomer:
    return _shown(introduction.name, introduction.phone, introduction.email, introduction.birth_date)


def _shown(name: PersonName, phone: str | None, email: str | None, born: date | None) -> AppointmentCustomer:
    return AppointmentCustomer(name.given, name.family, phone, email, None if born is None else born.isoformat())


async def _reference(request: Request, caller: Caller) -> str:
    """Whose appointments are wanted, as the body says, or the query. Raises FieldMissing, FieldInvalid."""
    body = request.optional_body(SearchBody) or SearchBody()
    inside = None if body.customer is None else body.customer.personal_identifier
    text = inside or body.personal_identifier or request.query_value("personalIdentifier")
    if not text:
        raise FieldMissing(field="customer.personalIdentifier")
    hyphens = await _hyphens(request, caller, text)
    return reference_of(text, "customer.personalIdentifier", hyphens=hyphens)


async def _hyphens(request: Request, caller: Caller, reference: str) -> bool:
    """Whether an id may have hyphens, which is asked of the tenant only where it has."""
    if not needs_hyphens(reference):
        return False
    return (await entries.current(request.context, caller)).options.hyphens_in_references


def _appointment_id(request: Request) -> VisitId:
    return VisitId(parse_id(request.path["appointmentId"], VisitNotFound()))


APPOINTMENT_ID = Parameter("appointmentId", Where.PATH, "The appointment.", UUID_SCHEMA)
PERSONAL_IDENTIFIER = Parameter(
    "personalIdentifier", Where.QUERY, "The client's id of the customer, where the body does not have it."
)

ROUTES = (
    *(
        Route(
            method=method,
            path="/appointments/search",
            also=("/serviceCombination/appointments/search",),
            name=name,
            summary="List the appointments of a customer",
            description="Those that stand, in the order of their times. The customer's id is in the body or the query.",
            handler=search_appointments,
            request_type=SearchBody,
            body_optional=True,
            responses={HTTPStatus.OK: list[Appointment]},
            credential=Credential.REQUIRED,
            scope=Scope.READ,
            changes=False,
            parameters=(PERSONAL_IDENTIFIER, ACCEPT_LANGUAGE),
            refusals=(FieldMissing, FieldInvalid),
        )
        for method, name in (("POST", "searchAppointments"), ("GET", "searchAppointmentsByGet"))
    ),
    Route(
        method="GET",
        path="/appointments/{appointmentId}",
        also=("/serviceCombination/appointments/{appointmentId}",),
        name="readAppointment",
        summary="Read an appointment",
        handler=read_appointment,
        responses={HTTPStatus.OK: Appointment},
        credential=Credential.REQUIRED,
        scope=Scope.READ,
        parameters=(APPOINTMENT_ID, ACCEPT_LANGUAGE),
        refusals=(VisitNotFound,),
    ),
    Route(
        method="DELETE",
        path="/appointments/{appointmentId}",
        name="cancelAppointment",
        summary="Cancel an appointment",
        description="Its time is free at once.",
        handler=cancel_appointment,
        responses={HTTPStatus.NO_CONTENT: NoneType},
        credential=Credential.REQUIRED,
        scope=Scope.CANCEL,
        parameters=(APPOINTMENT_ID,),
        refusals=(VisitNotFound, StateForbids),
    ),
    Route(
        method="PUT",
        path="/appointments/{appointmentId}/customer",
        name="changeAppointmentCustomer",
        summary="Change what is known of the customer of an appointment",
        handler=change_customer,
        request_type=CustomerBody,
        responses={HTTPStatus.NO_CONTENT: NoneType},
        credential=Credential.REQUIRED,
        scope=Scope.BOOK,
        parameters=(APPOINTMENT_ID,),
        refusals=INTRODUCING,
    ),
    *(
        Route(
            method="PUT",
            path=f"/appointments/{{appointmentId}}{verb}",
            also=(f"/serviceCombination/appointments/{{appointmentId}}{verb}",),
            name=name,
            summary="Give an appointment the time of a reservation",
            description="The reservation is of the same service, and is used up; the old time is free. All of it, or "
            "nothing.",
            handler=reschedule_appointment,
            request_type=RescheduleBody,
            responses={HTTPStatus.NO_CONTENT: NoneType},
            credential=Credential.REQUIRED,
            scope=Scope.RESCHEDULE,
            parameters=(APPOINTMENT_ID,),
            refusals=(
                VisitNotFound,
                ServiceDiffers,
                ContactMissing,
                AnswerMissing,
                CustomerFactMissing,
                CustomerLimitReached,
                HoldLapsed,
                StateForbids,
                CatalogMoved,
                VisitMoved,
            ),
        )
        for verb, name in (("", "rescheduleAppointment"), ("/reschedule", "rescheduleAppointmentByVerb"))
    ),
)
