"""A calendar as RFC 5545 has it: its events as visits of one service, or as time off of one resource."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from appointed.core.catalog import Catalog, Closure, Resource, Service
from appointed.core.difference import Kind, Thing, things
from appointed.core.visit import Details
from appointed.importers import values
from appointed.importers.ics_events import Event, Occurrence, events_of
from appointed.importers.ics_text import Component, read_calendars
from appointed.importers.identities import Identities
from appointed.importers.imported import Asked, Imported, ImportedVisit, Left, Reason, Source, SourceInvalid
from appointed.importers.visits import Booking

HORIZON = timedelta(days=365)


def read_ics(sources: Sequence[Source], asked: Asked) -> Imported:
    """What calendars have, for one resource. Raises SourceInvalid where one is no calendar, or that is not clear."""
    service = None if asked.closures else _service(asked)
    resource = _resource(asked, service)
    role = 0 if service is None else _role(service, resource)
    branch = asked.catalog.branches.get(resource.branch_id)
    where = None if branch is None else values.named_zone(branch.time_zone)
    if where is None:
        raise SourceInvalid(f"the time zone of {resource.name} is not known")
    reading = _Reading(asked, where, asked.until or asked.now + HORIZON)
    for source in sources:
        for calendar in read_calendars(source):
            reading.read(calendar)
    if service is None:
        return reading.closures(resource)
    return reading.visits(service, resource, role)


@dataclass(frozen=True, slots=True)
class _Happening:
    """One time of an event, with what tells about it."""

    event: Event
    occurrence: Occurrence

    @property
    def source_id(self) -> str:
        return self.occurrence.named(self.event.uid)


class _Reading:
    def __init__(self, asked: Asked, where: ZoneInfo, until: datetime) -> None:
        self._asked = asked
        self._where = where
        self._until = until
        self._left: list[Left] = []
        self._found: list[_Happening] = []

    def read(self, calendar: Component) -> None:
        for event in events_of(calendar, self._where, self._left):
            try:
                for occurrence in event.occurrences(self._until, self._left):
                    self._found.append(_Happening(event.of(occurrence), occurrence))
            except (ValueError, OverflowError) as error:
                self._left.append(Left("event", event.uid, Reason.UNREADABLE, detail=str(error)))

    def closures(self, resource: Resource) -> Imported:
        """The resource with time off whenever something of the calendars takes place."""
        found = set(resource.schedule.closures)
        for each in self._found:
            if each.occurrence.ends_at <= self._asked.now:
                self._left.append(Left("event", each.source_id, Reason.OVER))
            else:
                found.add(Closure(each.occurrence.starts_at, each.occurrence.ends_at))
        closures = tuple(sorted(found, key=lambda each: (each.starts_at, each.ends_at or self._until)))
        if found == set(resource.schedule.closures):
            return Imported(Catalog(0), (), tuple(self._left))
        away = replace(resource, schedule=replace(resource.schedule, closures=closures))
        return Imported(Catalog(0, resources={away.id: away}), (), tuple(self._left))

    def visits(self, service: Service, resource: Resource, role: int) -> Imported:
        """A visit of the service, taken by the resource, for each time of an event."""
        identities = Identities("ics", self._asked)
        found: dict[str, ImportedVisit] = {}
        for each in self._found:
            made = each.event.created_at
            booking = Booking(
                source_id=each.source_id,
                service=service,
                starts_at=each.occurrence.starts_at,
                ends_at=each.occurrence.ends_at,
                created_at=self._asked.now if made is None else min(made, self._asked.now),
                details=_details(each, service),
                taken=((role, resource),),
                named=True,
            )
            if booking.fits_a_day:
                found.setdefault(each.source_id, booking.visit(identities))
            else:
                self._left.append(Left("event", each.source_id, Reason.TOO_LONG))
        return Imported(Catalog(0), tuple(found.values()), tuple(self._left))


def _details(each: _Happening, service: Service) -> Details:
    event = each.event
    told = {
        "imported_from": "ics",
        "id": event.uid,
        "notes": event.description,
        "location": event.location,
    }
    return Details(
        locale=service.locale,
        contact=values.contact_of(event.email, ""),
        customer_info=(event.summary,) if event.summary else None,
        custom_data=values.kept(told),
    )


def _service(asked: Asked) -> Service:
    if asked.service is None:
        raise SourceInvalid("events become visits of a service: say which one, or import them as closures")
    found = _named(asked.service, things(asked.catalog, Kind.SERVICE))
    if not isinstance(found, Service):
        raise SourceInvalid(f"there is no service {asked.service}")
    if len(found.roles) != 1 or found.roles[0].count != 1:
        raise SourceInvalid(f"the service {asked.service} does not take just one resource, and a calendar tells of one")
    return found


def _resource(asked: Asked, service: Service | None) -> Resource:
    named = asked.resource
    if named is None and service is not None and len(service.roles[0].resource_ids) == 1:
        named = str(service.roles[0].resource_ids[0])
    if named is None:
        raise SourceInvalid("a calendar is one resource's: say whose it is")
    found = _named(named, things(asked.catalog, Kind.RESOURCE))
    if not isinstance(found, Resource):
        raise SourceInvalid(f"there is no resource {named}")
    return found


def _role(service: Service, resource: Resource) -> int:
    for place, role in enumerate(service.roles):
        if resource.id in role.resource_ids:
            return place
    raise SourceInvalid(f"{resource.name} does not give the service {service.name}")


def _named(named: str, known: Mapping[UUID, Thing]) -> Thing | None:
    return next((thing for key, thing in known.items() if named in (thing.slug, str(key))), None)
