"""Bookings of Cal.com as visits: one for each booking, and of those with seats one for each seat that is taken."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from appointed.core.catalog import Resource, Service
from appointed.core.visit import Details
from appointed.importers import values
from appointed.importers.cal_com_tables import Tables
from appointed.importers.identities import Identities
from appointed.importers.imported import ImportedVisit, Left, Reason
from appointed.importers.sql_dump import Row
from appointed.importers.visits import Booking

_LEFT = {
    "cancelled": Reason.CANCELLED,
    "rejected": Reason.CANCELLED,
    "pending": Reason.PENDING,
    "awaiting_host": Reason.PENDING,
}


@dataclass(frozen=True, slots=True)
class EventType:
    """A service, and how many are seated at one of its slots."""

    service: Service
    seats: int


@dataclass(frozen=True, slots=True)
class Known:
    """What bookings refer to, by the source's own ids; `emails` tell who is who, and `left` is added to."""

    identities: Identities
    now: datetime
    event_types: Mapping[str, EventType]
    resources: Mapping[str, Resource]
    emails: Mapping[str, str]
    left: list[Left]


def read_visits(tables: Tables, known: Known) -> tuple[ImportedVisit, ...]:
    """The bookings as visits."""
    attendees = tables.by("Attendee", "bookingId")
    found: list[ImportedVisit] = []
    for row in tables.rows("Booking"):
        source_id = values.text(row, "id")
        try:
            bookings = list(_bookings(source_id, row, attendees.get(source_id, []), known))
        except ValueError as error:
            known.left.append(Left("booking", source_id, Reason.UNREADABLE, detail=str(error)))
            continue
        for booking in bookings:
            if booking.fits_a_day:
                found.append(booking.visit(known.identities))
            else:
                known.left.append(Left("booking", booking.source_id, Reason.TOO_LONG))
    return tuple(found)


def _bookings(source_id: str, row: Row, attendees: Sequence[Row], known: Known) -> Iterator[Booking]:
    event_type = known.event_types.get(values.text(row, "eventTypeId"))
    host = known.resources.get(values.text(row, "userId"))
    reason = _LEFT.get(values.text(row, "status").lower())
    if reason is None and event_type is None:
        reason = Reason.NO_SERVICE
    if reason is None and host is None:
        reason = Reason.NO_RESOURCE
    if reason is not None or event_type is None or host is None:
        known.left.append(Left("booking", source_id, reason or Reason.NO_SERVICE))
        return
    starts, ends = (values.utc_instant(values.key(row, column)) for column in ("startTime", "endTime"))
    if ends <= starts:
        raise ValueError("it ends before it starts")
    made = values.text(row, "createdAt")
    guests = [each for each in attendees if values.text(each, "email").lower() not in known.emails] or list(attendees)
    if not guests:
        known.left.append(Left("booking", source_id, Reason.NO_CUSTOMER, "attendee"))
    taken = _taken(source_id, event_type.service, host, attendees, known)
    apart = event_type.seats > 1
    nobody: list[Row] = [{}]
    for guest in (guests or nobody) if apart else (guests or nobody)[:1]:
        yield Booking(
            source_id=f"{source_id}:{values.text(guest, 'id')}" if apart else source_id,
            service=event_type.service,
            starts_at=starts,
            ends_at=ends,
            created_at=min(values.utc_instant(made), known.now) if made else known.now,
            details=_details(source_id, row, guest, [] if apart else guests[1:]),
            taken=taken,
        )


def _taken(
    source_id: str, service: Service, host: Resource, attendees: Sequence[Row], known: Known
) -> tuple[tuple[int, Resource], ...]:
    """Who takes part: whoever has to, and of those who take turns the host or the one that was invited as well."""
    by_id = {resource.id: resource for resource in known.resources.values()}
    invited = [known.emails.get(values.text(each, "email").lower(), "") for each in attendees]
    present = [host, *(known.resources[person] for person in invited if person in known.resources)]
    found: list[tuple[int, Resource]] = []
    for place, role in enumerate(service.roles):
        if len(role.resource_ids) == 1:
            found.append((place, by_id[role.resource_ids[0]]))
            continue
        turn = next((each for each in present if each.id in role.resource_ids), None)
        if turn is not None:
            found.append((place, turn))
        else:
            known.left.append(Left("booking", source_id, Reason.NO_RESOURCE, "host"))
    if all(resource is not host for _, resource in found):
        # A host who gives the event type no more still comes to what was agreed.
        if len(service.roles) == 1:
            return ((0, host),)
        found.append((0, host))
    return tuple(found)


def _details(source_id: str, row: Row, guest: Row, others: Sequence[Row]) -> Details:
    name, phone = values.text(guest, "name"), values.text(guest, "phoneNumber")
    told = {
        "imported_from": "calcom",
        "id": source_id,
        "uid": values.text(row, "uid"),
        "title": values.text(row, "title"),
        "notes": values.text(row, "description"),
        "location": values.text(row, "location"),
        "phone": "" if values.phone_of(phone) else phone,
        "guests": ", ".join(values.text(each, "email") for each in others),
    }
    return Details(
        locale=values.text(guest, "locale") or "en",
        party_size=1 + len(others),
        contact=values.contact_of(values.text(guest, "email"), phone),
        customer_info=(name,) if name else None,
        custom_data=values.kept(told),
    )
