"""Appointments of Easy!Appointments as visits, and the times at which somebody is away as closures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from appointed.core.catalog import Closure, Resource, Service
from appointed.core.visit import Details
from appointed.importers import values
from appointed.importers.easyappointments_tables import Tables
from appointed.importers.identities import Identities
from appointed.importers.imported import ImportedVisit, Left, Reason
from appointed.importers.sql_dump import Row
from appointed.importers.visits import Booking
from appointed.importers.working_plan import WorkingPlan

# The names of its translations, where these are not two letters.
_LANGUAGES = {
    "arabic": "ar",
    "dutch": "nl",
    "english": "en",
    "finnish": "fi",
    "french": "fr",
    "german": "de",
    "italian": "it",
    "polish": "pl",
    "portuguese": "pt",
    "portuguese-br": "pt-BR",
    "spanish": "es",
    "swedish": "sv",
}
_CANCELLED = ("cancelled", "canceled")


@dataclass(frozen=True, slots=True)
class Provider:
    """A resource, the zone of its clock, and when it works."""

    resource: Resource
    where: ZoneInfo
    plan: WorkingPlan


@dataclass(frozen=True, slots=True)
class Known:
    """What appointments refer to, by the source's own ids; `left` is added to."""

    identities: Identities
    now: datetime
    providers: Mapping[str, Provider]
    services: Mapping[str, Service]
    left: list[Left]


def closures_of(
    kind: str, rows: Sequence[Row], where: ZoneInfo, now: datetime, left: list[Left]
) -> tuple[Closure, ...]:
    """Rows that tell from when until when nothing goes, by the clock there, as closures in their order."""
    found: set[Closure] = set()
    for row in rows:
        source_id = values.text(row, "id")
        try:
            starts = values.edge_there(where, values.key(row, "start_datetime"))
            ends = values.edge_there(where, values.key(row, "end_datetime"))
        except ValueError as error:
            left.append(Left(kind, source_id, Reason.UNREADABLE, detail=str(error)))
            continue
        if ends <= now:
            left.append(Left(kind, source_id, Reason.OVER))
        elif starts >= ends:
            left.append(Left(kind, source_id, Reason.UNREADABLE, detail="it ends before it starts"))
        else:
            found.add(Closure(starts, ends))
    return tuple(sorted(found, key=lambda each: (each.starts_at, each.ends_at)))


def read_visits(tables: Tables, known: Known) -> tuple[ImportedVisit, ...]:
    """The appointments as visits."""
    customers = {values.text(row, "id"): row for row in tables.rows("users")}
    found: list[ImportedVisit] = []
    for row in tables.rows("appointments"):
        source_id = values.text(row, "id")
        if Tables.is_time_off(row):
            if values.text(row, "id_users_provider") not in known.providers:
                known.left.append(Left("unavailability", source_id, Reason.NO_RESOURCE))
            continue
        try:
            booking = _booking(source_id, row, customers, known)
        except ValueError as error:
            known.left.append(Left("appointment", source_id, Reason.UNREADABLE, detail=str(error)))
            continue
        if isinstance(booking, Reason):
            known.left.append(Left("appointment", source_id, booking))
        elif not booking.fits_a_day:
            known.left.append(Left("appointment", source_id, Reason.TOO_LONG))
        else:
            found.append(booking.visit(known.identities))
    return tuple(found)


def _booking(source_id: str, row: Row, customers: Mapping[str, Row], known: Known) -> Booking | Reason:
    if values.text(row, "status").lower() in _CANCELLED:
        return Reason.CANCELLED
    service = known.services.get(values.text(row, "id_services"))
    provider = known.providers.get(values.text(row, "id_users_provider"))
    if service is None:
        return Reason.NO_SERVICE
    if provider is None:
        return Reason.NO_RESOURCE
    starts = values.start_there(provider.where, values.key(row, "start_datetime"))
    if starts is None:
        return Reason.NO_SUCH_TIME
    ends = values.edge_there(provider.where, values.key(row, "end_datetime"))
    if ends <= starts:
        raise ValueError("it ends before it starts")
    customer = customers.get(values.text(row, "id_users_customer"))
    if customer is None:
        known.left.append(Left("appointment", source_id, Reason.NO_CUSTOMER, "customer"))
    made = values.text(row, "book_datetime")
    return Booking(
        source_id=source_id,
        service=service,
        starts_at=starts,
        ends_at=ends,
        created_at=min(values.edge_there(provider.where, made), known.now) if made else known.now,
        details=_details(source_id, row, customer or {}),
        taken=((0, provider.resource),),
        named=True,
    )


def _details(source_id: str, row: Row, customer: Row) -> Details:
    name = f"{values.text(customer, 'first_name')} {values.text(customer, 'last_name')}".strip()
    phone = values.text(customer, "mobile_number") or values.text(customer, "phone_number")
    told = {
        "imported_from": "easyappointments",
        "id": source_id,
        "notes": values.text(row, "notes"),
        "location": values.text(row, "location"),
        "status": values.text(row, "status"),
        "phone": "" if values.phone_of(phone) else phone,
    }
    language = values.text(customer, "language").lower()
    return Details(
        locale=_LANGUAGES.get(language, language if len(language) == 2 else "en"),
        contact=values.contact_of(values.text(customer, "email"), phone),
        customer_info=(name,) if name else None,
        custom_data=values.kept(told),
    )
