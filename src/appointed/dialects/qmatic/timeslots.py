"""The times at which a service can be had."""

from dataclasses import dataclass
from datetime import date, timedelta
from http import HTTPStatus
from weakref import WeakKeyDictionary

import msgspec

from appointed.core.acceptance import check_party
from appointed.core.caller import Scope
from appointed.core.catalog import Catalog
from appointed.core.choice import asked_for
from appointed.core.errors import (
    BranchNotFound,
    CatalogMoved,
    FieldInvalid,
    FieldMissing,
    PartyTooLarge,
    ResourceNotFound,
    ServiceNotFound,
)
from appointed.core.ids import BranchId, ResourceId, ServiceId
from appointed.core.localtime import zone
from appointed.dialects.qmatic.asking import UUID_SCHEMA, branch_of, resource_of, service_of
from appointed.dialects.qmatic.services import SERVICE_ID
from appointed.dialects.qmatic.shapes import MOST_PEOPLE
from appointed.usecases.inquiring import Want, Wanted
from appointed.usecases.offers import Offer
from appointed.usecases.slots import CalendarDay, Span, find_slots
from appointed.wire.decode import encode
from appointed.wire.instants import parse_date
from appointed.wire.request import Query, Request
from appointed.wire.route import Answer, Credential, Parameter, Route, Where
from appointed.wire.wall_times import texts_between

DAYS, DAYS_AT_MOST = 31, 92
_DATE = {"type": "string", "format": "date"}

# What was listed last, for as long as the offer stays the same one.
_LISTED: WeakKeyDictionary[Offer, bytes] = WeakKeyDictionary()


class Timeslot(msgspec.Struct, rename="camel"):
    """A start and an end on the clock of the branch, each with the offset that holds then."""

    start_time: str
    end_time: str


@dataclass(frozen=True, slots=True)
class ServiceWant:
    """A service at a branch for so many people, and who is asked for."""

    service_id: ServiceId
    branch_id: BranchId
    resource_id: ResourceId | None
    people: int

    def __call__(self, catalog: Catalog) -> Want:
        """What it means by a catalogue. Raises ServiceNotFound, BranchNotFound, ResourceNotFound, PartyTooLarge."""
        service = catalog.of_family(self.service_id, self.branch_id)
        check_party(service, self.people)
        return Want(self.parts(catalog), self.people)

    def parts(self, catalog: Catalog) -> tuple[Wanted, ...]:
        """The same without the people. Raises ServiceNotFound, BranchNotFound, ResourceNotFound."""
        service = catalog.of_family(self.service_id, self.branch_id)
        return (Wanted(service.id, preferences=asked_for(catalog, service, self.resource_id)),)


async def list_timeslots(request: Request) -> Answer:
    """The times with a place left."""
    caller, service_id = request.known_caller, service_of(request.path["serviceId"])
    branch_id, resource_id, people, span = request.query.made(_asked)
    want = ServiceWant(service_id, branch_id, resource_id, people)
    return timeslots(await find_slots(request.context, caller, want, span, full=False))


def _asked(query: Query) -> tuple[BranchId, ResourceId | None, int, Span]:
    """Where, of whom, for how many and when. Raises FieldMissing, FieldInvalid, BranchNotFound, ResourceNotFound."""
    return (
        branch_of(query.required_query_value("branchId")),
        resource_of(query.query_value("requestedResourceId")),
        query_people(query),
        query_span(query),
    )


def timeslots(offer: Offer) -> Answer:
    """The slots of an offer on the clock of its branch."""
    body = _LISTED.get(offer)
    if body is None:
        body = _LISTED[offer] = encode(_shapes(offer))
    return Answer(HTTPStatus.OK, body)


def _shapes(offer: Offer) -> list[Timeslot]:
    if not offer.slots:
        return []
    shown = texts_between(zone(offer.branch.time_zone), offer.slots[0].starts, offer.slots[-1].ends)
    return [Timeslot(shown(slot.starts), shown(slot.ends)) for slot in offer.slots]


def query_people(query: Query) -> int:
    """The number of reservations, which is that of those who come. Raises FieldInvalid."""
    text = query.query_value("numberOfReservations")
    return 1 if text is None else whole_number(text, "numberOfReservations")


def whole_number(text: str, field: str) -> int:
    """A number of people, at least one. Raises FieldInvalid."""
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(MOST_PEOPLE)) and 1 <= int(text) <= MOST_PEOPLE):
        expected = "smaller" if text.isascii() and text.isdigit() and text.strip("0") else "positive_integer"
        raise FieldInvalid(field=field, expected=expected)
    return int(text)


def query_span(query: Query) -> Span:
    """The dates that are asked about, on the clock of the branch. Raises FieldMissing, FieldInvalid."""
    first, last = _query_date(query, "startDate"), _query_date(query, "endDate")
    if last is None:
        return CalendarDay(first, DAYS)
    if first is None:
        raise FieldMissing(field="startDate")
    if not timedelta() <= last - first < timedelta(days=DAYS_AT_MOST):
        raise FieldInvalid(field="endDate", expected="within_92_days")
    return CalendarDay(first, (last - first).days + 1)


def _query_date(query: Query, name: str) -> date | None:
    text = query.query_value(name)
    return None if text is None else parse_date(text, name)


PEOPLE = Parameter(
    "numberOfReservations",
    Where.QUERY,
    "How many people come; 1 without it.",
    {"type": "integer", "minimum": 1, "maximum": MOST_PEOPLE},
)
BRANCH_ID = Parameter("branchId", Where.QUERY, "The branch.", UUID_SCHEMA, required=True)
DATES = (
    Parameter("startDate", Where.QUERY, "The first date on the clock of the branch; today without it.", _DATE),
    Parameter(
        "endDate",
        Where.QUERY,
        f"The last date; goes with startDate, and is less than {DAYS_AT_MOST} days later. Without it there are {DAYS} "
        "days.",
        _DATE,
    ),
)
RESOURCE_ID = Parameter("requestedResourceId", Where.QUERY, "Who is asked for.", UUID_SCHEMA)
ASKING = (
    ServiceNotFound,
    BranchNotFound,
    ResourceNotFound,
    PartyTooLarge,
    CatalogMoved,
    FieldMissing,
    FieldInvalid,
)

ROUTES = (
    Route(
        method="GET",
        path="/services/{serviceId}/timeslots",
        name="listTimeslots",
        summary="List the times of a service at a branch",
        description="Those that have a place left, in order. Each can be reserved as it is.",
        handler=list_timeslots,
        responses={HTTPStatus.OK: list[Timeslot]},
        credential=Credential.REQUIRED,
        scope=Scope.READ,
        parameters=(SERVICE_ID, BRANCH_ID, PEOPLE, RESOURCE_ID, *DATES),
        refusals=ASKING,
    ),
)
