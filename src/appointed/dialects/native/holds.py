"""Taking a place: held for a while, or booked at once, for one guest or for several that come together."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated

import msgspec

from appointed.core.caller import Caller, Scope
from appointed.core.catalog import Catalog
from appointed.core.errors import (
    AnswerMissing,
    BranchesDiffer,
    CatalogMoved,
    CombinationsOff,
    ContactMissing,
    CustomerFactMissing,
    CustomerLimitReached,
    CustomerNotFound,
    FieldInvalid,
    HoldLapsed,
    NotCombined,
    PartyTooLarge,
    QuestionUnknown,
    RemoteNotOffered,
    ResourceChoiceMissing,
    ServiceNotFound,
    SlotNotOffered,
    SlotTaken,
    StateForbids,
    VisitMoved,
    VisitNotFound,
)
from appointed.core.ids import CustomerId, GroupId
from appointed.core.once import Once
from appointed.core.plan import PARTS_AT_MOST
from appointed.core.questions import QUESTIONS_AT_MOST
from appointed.core.visit import Contact, Details, Visit
from appointed.dialects.native.shapes import AnswerShape, ContactShape, VisitsShape, answers_of, visit_shape
from appointed.dialects.native.wants import Name, Parts, PartySize, check_parts, instant_of, wanted_of
from appointed.usecases.context import Context
from appointed.usecases.groups import confirm_group as confirm_visits
from appointed.usecases.holds import Wish, book_together, hold_together
from appointed.usecases.inquiring import Wanted
from appointed.wire import contacts
from appointed.wire.decode import encode
from appointed.wire.identifiers import parse_id
from appointed.wire.json_text import member
from appointed.wire.request import Request
from appointed.wire.route import Answer, Credential, Link, Parameter, Route, Where

Take = Callable[[Context, Caller, Wish, Once | None], Awaitable[tuple[Visit, ...]]]

LARGEST_TEXT_BYTES = 65_536
LIFETIME_SECONDS, LIFETIME_SECONDS_AT_MOST = 600, 86_400

Lifetime = Annotated[int, msgspec.Meta(ge=1, le=LIFETIME_SECONDS_AT_MOST)]
Locale = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
CustomData = Annotated[
    dict[str, object],
    msgspec.Meta(description="An object of the caller's own, kept as it is: at most 64 KiB as JSON text."),
]
Names = Annotated[list[Name], msgspec.Meta(max_length=20)]
Notes = Annotated[str, msgspec.Meta(max_length=4096)]
Answers = Annotated[list[AnswerShape], msgspec.Meta(max_length=QUESTIONS_AT_MOST * PARTS_AT_MOST)]


class GuestShape(msgspec.Struct, forbid_unknown_fields=True):
    """Somebody who comes, alone or for a party, and what is known of them. Without `locale` it is the service's.

    `customer` is the id of the customer whose visit it is. `notes` are for those who serve.
    """

    names: Names | None = None
    contact: ContactShape | None = None
    locale: Locale | None = None
    party_size: PartySize = 1
    custom_data: CustomData | None = None
    remote: bool | None = None
    customer: CustomerId | None = None
    notes: Notes | None = None
    answers: Answers = []

    def details(self, path: str) -> Details:
        """The same as the core has it. Raises FieldInvalid."""
        return Details(
            locale=self.locale or "",
            party_size=self.party_size,
            contact=None if self.contact is None else contact_of(self.contact, member(path, "contact")),
            customer_info=None if self.names is None else tuple(self.names),
            custom_data=None if self.custom_data is None else text_of(self.custom_data, member(path, "custom_data")),
            remote=self.remote,
            customer_id=self.customer,
            notes=self.notes,
            answers=answers_of(self.answers),
        )


Guests = Annotated[list[GuestShape], msgspec.Meta(min_length=1, max_length=20)]


class BookingBody(msgspec.Struct, forbid_unknown_fields=True):
    """Services that start together at an instant, and the guests that the parts count from 0.

    All guests are parties of one size; one whose parts are for so many people each comes with all of these. With
    `overbook` what is taken is taken beside it, by callers with that scope.
    """

    parts: Parts
    starts_at: datetime
    guests: Guests = msgspec.field(default_factory=lambda: [GuestShape()])
    overbook: bool = False

    def wish(self, lifetime: timedelta | None) -> Wish:
        """The same as use cases have it, with its names. Raises FieldInvalid."""
        check_parts(self.parts)
        guests = tuple(guest.details(f"guests[{place}]") for place, guest in enumerate(self.guests))
        for place, part in enumerate(self.parts):
            if part.guest >= len(guests):
                raise FieldInvalid(field=f"parts[{place}].guest", expected="known_guest")
        served = {part.guest for part in self.parts}
        for place, guest in enumerate(guests):
            if place not in served:
                raise FieldInvalid(field=f"guests[{place}]", expected="wanted_guest")
            if guest.party_size != guests[0].party_size:
                raise FieldInvalid(field=f"guests[{place}].party_size", expected="one_value")
        starts_at = instant_of(self.starts_at, "starts_at")
        return Wish(self._wanted, starts_at, guests, lifetime=lifetime, overbook=self.overbook)

    def _wanted(self, catalog: Catalog) -> tuple[Wanted, ...]:
        """What the names mean by a catalogue. Raises ServiceNotFound, FieldInvalid."""
        return wanted_of(self.parts, catalog)


class HoldBody(BookingBody, forbid_unknown_fields=True):
    """A booking that is not confirmed yet: after `lifetime_seconds` it lapses, and never where that is null."""

    lifetime_seconds: Lifetime | None = LIFETIME_SECONDS


def contact_of(shape: ContactShape, path: str) -> Contact:
    """An address, checked for its form. Raises FieldInvalid."""
    field = member(path, "address")
    match shape.channel:
        case "phone":
            return Contact("phone", contacts.phone(shape.address, field))
        case "email":
            return Contact("email", contacts.email(shape.address, field))
        case _:
            raise FieldInvalid(field=member(path, "channel"), expected="listed_value")


def text_of(value: dict[str, object], field: str) -> str:
    """An object of the caller's own as it is kept. Raises FieldInvalid for one that is too long."""
    text = encode(value)
    if len(text) > LARGEST_TEXT_BYTES:
        raise FieldInvalid(field=field, expected="shorter")
    return text.decode()


async def create_hold(request: Request) -> Answer:
    """Hold a start for all guests, or for none."""
    body = request.body_as(HoldBody)
    lifetime = None if body.lifetime_seconds is None else timedelta(seconds=body.lifetime_seconds)
    return await _taken(request, body, lifetime, hold_together)


async def create_visit(request: Request) -> Answer:
    """Hold and confirm in one step."""
    return await _taken(request, request.body_as(BookingBody), None, book_together)


async def confirm_group(request: Request) -> Answer:
    """Make promises of all holds of a group, or of none."""
    group = GroupId(parse_id(request.path["group"], VisitNotFound()))
    visits = await confirm_visits(request.context, request.known_caller, group, request.once)
    return Answer(HTTPStatus.OK, _together(visits))


async def _taken(request: Request, body: BookingBody, lifetime: timedelta | None, take: Take) -> Answer:
    visits = await take(request.context, request.known_caller, body.wish(lifetime), request.once)
    shape = _together(visits)
    where = f"/v1/visits/{visits[0].id}" if shape.group_id is None else f"/v1/visits?group={shape.group_id}"
    return Answer(HTTPStatus.CREATED, shape, ((b"location", where.encode()),))


def _together(visits: tuple[Visit, ...]) -> VisitsShape:
    return VisitsShape(visits[0].group_id, [visit_shape(visit) for visit in visits])


UNTOLD = (ContactMissing, AnswerMissing, QuestionUnknown, CustomerFactMissing)
"""What may be missing still when a promise is to be made of a hold."""

_CLAIMING = (
    ServiceNotFound,
    BranchesDiffer,
    CombinationsOff,
    NotCombined,
    SlotTaken,
    SlotNotOffered,
    ContactMissing,
    AnswerMissing,
    QuestionUnknown,
    PartyTooLarge,
    RemoteNotOffered,
    ResourceChoiceMissing,
    CustomerLimitReached,
    CustomerNotFound,
    CatalogMoved,
)

_FIRST = "/visits/0/id"
_ANY_VISIT = ("read_visit", "change_visit", "move_visit", "cancel_visit", "list_visit_events")
_TO_VISITS = tuple(Link(name, "visit", _FIRST) for name in _ANY_VISIT)
_TO_HOLDS = (
    *(Link(name, "visit", _FIRST) for name in ("confirm_visit", "extend_visit", "release_visit")),
    Link("confirm_group", "group", "/group_id"),
)

ROUTES = (
    Route(
        method="POST",
        path="/v1/holds",
        name="create_hold",
        summary="Hold a start for a while",
        description="A visit for each guest, all of them or none. A hold has its place until it is confirmed, is "
        "released, or lapses.",
        handler=create_hold,
        request_type=HoldBody,
        responses={HTTPStatus.CREATED: VisitsShape},
        credential=Credential.REQUIRED,
        scope=Scope.BOOK,
        idempotent=True,
        refusals=_CLAIMING,
        links=(*_TO_HOLDS, *_TO_VISITS),
        tags=("visits",),
    ),
    Route(
        method="POST",
        path="/v1/visits",
        name="create_visit",
        summary="Book in one step",
        description="As a hold that is confirmed at once.",
        handler=create_visit,
        request_type=BookingBody,
        responses={HTTPStatus.CREATED: VisitsShape},
        credential=Credential.REQUIRED,
        scope=Scope.BOOK,
        idempotent=True,
        refusals=(*_CLAIMING, CustomerFactMissing),
        links=_TO_VISITS,
        tags=("visits",),
    ),
    Route(
        method="POST",
        path="/v1/groups/{group}/confirm",
        name="confirm_group",
        summary="Confirm visits that were held together",
        description="All of them or none.",
        handler=confirm_group,
        responses={HTTPStatus.OK: VisitsShape},
        credential=Credential.REQUIRED,
        scope=Scope.BOOK,
        idempotent=True,
        parameters=(Parameter("group", Where.PATH, "The group's id.", {"type": "string", "format": "uuid"}),),
        refusals=(VisitNotFound, StateForbids, HoldLapsed, VisitMoved, *UNTOLD),
        tags=("visits",),
    ),
)
