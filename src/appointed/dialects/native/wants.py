"""What is wanted, as our own API is told: parts, whom one would like, and questions in a query."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec

from appointed.core.catalog import Catalog, Service
from appointed.core.errors import FieldInvalid, FieldMissing
from appointed.core.intervals import Interval
from appointed.core.plan import PARTS_AT_MOST, Preference
from appointed.usecases.inquiring import Want, Wanted, check_size
from appointed.usecases.naming import resource_named, service_named
from appointed.usecases.slots import CalendarDay, Span
from appointed.wire.decode import encode
from appointed.wire.instants import parse_date, parse_query_instant
from appointed.wire.json_text import member
from appointed.wire.request import Query, Request
from appointed.wire.route import Parameter, Where

PEOPLE_AT_MOST = 10_000
SPAN_AT_MOST = timedelta(days=92)
_GAP_AT_MOST = 24 * 60

Asked = Query | Request
"""Whatever has a query; a function that takes only that may be kept with it (`Query.made`)."""

PartySize = Annotated[int, msgspec.Meta(ge=1, le=PEOPLE_AT_MOST)]
Place = Annotated[int, msgspec.Meta(ge=0, le=99)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Traits = Annotated[list[Name], msgspec.Meta(max_length=20)]

SERVICE = Parameter(
    "service",
    Where.QUERY,
    "The id or slug of a service; several with commas between them are wanted in order.",
    required=True,
)
PARTY_SIZE = Parameter(
    "party_size",
    Where.QUERY,
    "How many people come; 1 without it.",
    {"type": "integer", "minimum": 1, "maximum": PEOPLE_AT_MOST},
)
RESOURCE = Parameter("resource", Where.QUERY, "The id or slug of somebody, or something, that is asked for.")
SPAN = (
    Parameter("from", Where.QUERY, "The first instant, ISO 8601 with an offset.", {"type": "string"}),
    Parameter("to", Where.QUERY, "The end, at most 92 days later; goes with `from`.", {"type": "string"}),
    Parameter(
        "date",
        Where.QUERY,
        "Instead of both: a day on the clock of the branch. Without any of them it is today there.",
        {"type": "string", "format": "date"},
    ),
)


class PreferenceShape(msgspec.Struct, forbid_unknown_fields=True):
    """Whom the customer asks for in one of the service's roles: a resource by its id or slug, or one with traits.

    Without `role` it is the first one that has the resource.
    """

    role: Place | None = None
    resource: Name | None = None
    traits: Traits = []

    def preference(self, catalog: Catalog, service: Service, path: str) -> Preference:
        """The same as the core has it. Raises FieldInvalid."""
        resource = None
        if self.resource is not None:
            resource = resource_named(catalog, self.resource, member(path, "resource")).id
        role = self.role
        if role is None:
            having = (place for place, each in enumerate(service.roles) if resource in each.resource_ids)
            role = 0 if resource is None else next(having, None)
            if role is None:
                raise FieldInvalid(field=member(path, "resource"), expected="known_resource")
        if role >= len(service.roles):
            raise FieldInvalid(field=member(path, "role"), expected="known_role")
        return Preference(role, resource, frozenset(self.traits))


Preferences = Annotated[list[PreferenceShape], msgspec.Meta(max_length=20)]


class PartShape(msgspec.Struct, forbid_unknown_fields=True):
    """One service for one guest.

    It starts `gap_minutes` after the guest's part before it has ended, or, with `beside`, after that one has started.
    A guest's first part counts from the start of all; the very first part is that start, and has no gap. With
    `continues` whoever serves the guest's part before it goes on with it, where the branch combines the services.
    `party_size` is how many people the part is for, without it as many as all parts.
    """

    service: Name
    guest: Annotated[int, msgspec.Meta(ge=0, lt=PARTS_AT_MOST)] = 0
    gap_minutes: Annotated[int, msgspec.Meta(ge=0, le=_GAP_AT_MOST)] = 0
    beside: bool = False
    preferences: Preferences = []
    continues: bool = False
    party_size: PartySize | None = None

    def wanted(self, catalog: Catalog, path: str) -> Wanted:
        """The same as use cases have it. Raises ServiceNotFound, FieldInvalid."""
        service = service_named(catalog, self.service)
        return Wanted(
            service.id,
            self.guest,
            timedelta(minutes=self.gap_minutes),
            self.beside,
            preferences_of(self.preferences, catalog, service, path),
            self.continues,
            self.party_size,
        )


Parts = Annotated[list[PartShape], msgspec.Meta(min_length=1, max_length=PARTS_AT_MOST)]


class WantShape(msgspec.Struct, forbid_unknown_fields=True):
    """Parts that start together, for so many people each."""

    parts: Parts
    party_size: PartySize = 1

    def naming(self, path: str) -> "BodyWant":
        """The same as use cases have it. Raises FieldInvalid."""
        check_parts(self.parts, path)
        return BodyWant(encode(self), path, self)


@dataclass(frozen=True, slots=True)
class BodyWant:
    """What a body wants, in names; two of the same `text` mean the same."""

    text: bytes
    path: str
    shape: WantShape = field(compare=False)

    def __call__(self, catalog: Catalog) -> Want:
        """What it means by a catalogue. Raises ServiceNotFound, FieldInvalid."""
        return Want(wanted_of(self.shape.parts, catalog, self.path), self.shape.party_size)


@dataclass(frozen=True, slots=True)
class QueryWant:
    """Services in order, separated by commas, for one guest; `resource` is asked for in each role that has it."""

    services: str
    resource: str | None
    party_size: int

    def __call__(self, catalog: Catalog) -> Want:
        """What it means by a catalogue. Raises ServiceNotFound, FieldInvalid."""
        return query_want(self.services, self.resource, self.party_size, catalog)


def check_parts(parts: Sequence[PartShape], path: str = "") -> None:
    """Raise FieldInvalid where the very first part is to begin after the start, or one cannot continue another."""
    of_parts = member(path, "parts")
    if parts[0].gap_minutes:
        raise FieldInvalid(field=f"{of_parts}[0].gap_minutes", expected="smaller")
    begun: set[int] = set()
    for place, part in enumerate(parts):
        if part.continues and part.guest not in begun:
            raise FieldInvalid(field=f"{of_parts}[{place}].continues", expected="false_for_the_first")
        if part.continues and part.beside:
            raise FieldInvalid(field=f"{of_parts}[{place}].beside", expected="absent")
        if part.continues and part.preferences:
            raise FieldInvalid(field=f"{of_parts}[{place}].preferences", expected="absent")
        begun.add(part.guest)


def wanted_of(parts: Sequence[PartShape], catalog: Catalog, path: str = "") -> tuple[Wanted, ...]:
    """What is wanted together. Raises ServiceNotFound, FieldInvalid."""
    of_parts = member(path, "parts")
    found = tuple(part.wanted(catalog, f"{of_parts}[{place}]") for place, part in enumerate(parts))
    check_size(found, catalog, of_parts)
    return found


def preferences_of(
    shapes: Sequence[PreferenceShape], catalog: Catalog, service: Service, path: str
) -> tuple[Preference, ...]:
    """Whom one customer asks for, one preference for a role at most. Raises FieldInvalid."""
    of_preferences = member(path, "preferences")
    found: dict[int, Preference] = {}
    for place, shape in enumerate(shapes):
        here = f"{of_preferences}[{place}]"
        preference = shape.preference(catalog, service, here)
        if preference.role in found:
            raise FieldInvalid(field=member(here, "role"), expected="one_value")
        found[preference.role] = preference
    return tuple(found.values())


def query_want(services: str, resource: str | None, party_size: int, catalog: Catalog) -> Want:
    """Services in order, separated by commas, for one guest. Raises ServiceNotFound, FieldInvalid."""
    names = services.split(",", PARTS_AT_MOST)
    if len(names) > PARTS_AT_MOST:
        raise FieldInvalid(field="service", expected="shorter")
    known = [service_named(catalog, each) for each in names]
    parts = tuple(Wanted(service.id, preferences=_asked_for(service, resource, catalog)) for service in known)
    check_size(parts, catalog, "service")
    if resource is not None and not any(part.preferences for part in parts):
        raise FieldInvalid(field="resource", expected="known_resource")
    return Want(parts, party_size)


def _asked_for(service: Service, resource: str | None, catalog: Catalog) -> tuple[Preference, ...]:
    """A resource in each role that has it."""
    if resource is None:
        return ()
    wanted = resource_named(catalog, resource, "resource").id
    return tuple(Preference(place, wanted) for place, role in enumerate(service.roles) if wanted in role.resource_ids)


def query_people(asked: Asked) -> int:
    """The party size of a query. Raises FieldInvalid."""
    return query_number(asked, "party_size", 1, PEOPLE_AT_MOST)


def query_number(asked: Asked, name: str, without: int, most: int) -> int:
    """A number from 1 on in a query. Raises FieldInvalid."""
    text = asked.query_value(name)
    if text is None:
        return without
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(most)) and 1 <= int(text) <= most):
        expected = "smaller" if text.isascii() and text.isdigit() and text.strip("0") else "positive_integer"
        raise FieldInvalid(field=name, expected=expected)
    return int(text)


def query_contact(asked: Asked) -> str | None:
    """The address of a query. The plus sign of a number that was not encoded arrives as a space."""
    text = asked.query_value("contact")
    return f"+{text[1:]}" if text and text.startswith(" ") else text


def query_flag(asked: Asked, name: str) -> bool:
    """A yes or no in a query; no without it. Raises FieldInvalid."""
    text = asked.query_value(name)
    if text not in (None, "true", "false"):
        raise FieldInvalid(field=name, expected="boolean")
    return text == "true"


def query_span(asked: Asked) -> Span:
    """The time that a query asks about. Raises FieldMissing, FieldInvalid."""
    start, end, date = (asked.query_value(name) for name in ("from", "to", "date"))
    if date is not None:
        if start is not None or end is not None:
            raise FieldInvalid(field="date", expected="one_value")
        return CalendarDay(parse_date(date, "date"))
    if start is None and end is None:
        return CalendarDay(None)
    if start is None:
        raise FieldMissing(field="from")
    if end is None:
        raise FieldMissing(field="to")
    return span_of(parse_query_instant(start, "from"), parse_query_instant(end, "to"))


def instant_of(given: datetime, field: str) -> datetime:
    """An instant of a body, in UTC. Raises FieldInvalid for one without an offset, or beyond all calendars."""
    try:
        if given.tzinfo is not None:
            return given.astimezone(UTC)
    except OverflowError:
        pass
    raise FieldInvalid(field=field, expected="instant")


def span_of(start: datetime, end: datetime) -> Interval:
    """The time between two instants. Raises FieldInvalid."""
    if not timedelta() < end - start <= SPAN_AT_MOST:
        raise FieldInvalid(field="to", expected="within_92_days")
    return Interval(start, end)
