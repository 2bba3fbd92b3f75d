"""A dump of a Cal.com database, as pg_dump writes it: event types with their hosts, and bookings.

Bookings are in UTC there. Hours are on the clock of their schedule's zone.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import lcm

from appointed.core.catalog import (
    ANY_TIME,
    Branch,
    CapacityStep,
    Catalog,
    Closure,
    Days,
    GridAnchor,
    Resource,
    ResourceKind,
    Role,
    Schedule,
    Service,
    ServiceGroup,
)
from appointed.core.difference import Kind
from appointed.core.ids import BranchId, ResourceId, ServiceGroupId, ServiceId
from appointed.core.localtime import FIRST_INSTANT, to_local
from appointed.importers import values
from appointed.importers.cal_com_bookings import EventType, Known, read_visits
from appointed.importers.cal_com_schedules import ZonedSchedule, read_schedules, union, widened
from appointed.importers.cal_com_tables import Tables, read_tables
from appointed.importers.identities import Identities
from appointed.importers.imported import Asked, Imported, Left, Reason, Source, SourceInvalid
from appointed.importers.sql_dump import Row

_MOST_UNITS = 100_000
_NO = ("", "0", "f", "false", "{}", "null")
_UNKNOWN_PARTS = ("bookingLimits", "durationLimits", "offsetStart", "price", "recurringEvent", "requiresConfirmation")
_HOUR_MINUTES = 60


def read_cal_com(sources: Sequence[Source], asked: Asked) -> Imported:
    """What a database has. Raises SourceInvalid where it is not a dump of one."""
    if len(sources) != 1:
        raise SourceInvalid("a dump is one file")
    return _Reading(read_tables(sources[0]), asked).all()


@dataclass(frozen=True, slots=True)
class _Host:
    """Somebody who gives an event type, and by which schedule."""

    person: str
    schedule: str
    fixed: bool


class _Reading:
    def __init__(self, tables: Tables, asked: Asked) -> None:
        self._tables = tables
        self._asked = asked
        self._ids = Identities("calcom", asked)
        self._left: list[Left] = []
        self._branches: dict[str, Branch] = {}
        self._people = {values.text(row, "id"): row for row in tables.rows("users")}
        self._schedules = read_schedules(tables, self._left)
        self._types = {values.text(row, "id"): row for row in tables.rows("EventType") if not self._is_template(row)}
        self._hosts = self._read_hosts()
        self._hours = self._hours_by_person()
        self._buffers = self._buffers_by_person()
        seats = {self._seats(row) for row in self._types.values()}
        units = lcm(*seats) if seats else 1
        self._units = units if units <= _MOST_UNITS else max(seats)

    def all(self) -> Imported:
        resources = self._resources()
        services = {
            source_id: found
            for source_id, row in self._types.items()
            if (found := self._event_type(source_id, row, resources)) is not None
        }
        emails = {values.text(row, "email").lower(): source_id for source_id, row in self._people.items()}
        known = Known(self._ids, self._asked.now, services, resources, emails, self._left)
        visits = read_visits(self._tables, known)
        groups = [group for row in self._tables.rows("Team") if (group := self._group(row, services)) is not None]
        catalog = Catalog(
            0,
            {branch.id: branch for branch in self._branches.values()},
            {each.service.id: each.service for each in services.values()},
            {resource.id: resource for resource in resources.values()},
            {group.id: group for group in groups},
        )
        return Imported(catalog, visits, tuple(self._left))

    def _leave(self, kind: str, source_id: str, reason: Reason, part: str = "", detail: str = "") -> None:
        self._left.append(Left(kind, source_id, reason, part, detail))

    def _is_template(self, row: Row) -> bool:
        if values.text(row, "schedulingType") != "managed":
            return False
        self._leave("event type", values.text(row, "id"), Reason.TEMPLATE)
        return True

    def _seats(self, row: Row) -> int:
        written = values.text(row, "seatsPerTimeSlot")
        return max(1, int(written)) if written.isdigit() else 1

    def _read_hosts(self) -> dict[str, list[_Host]]:
        hosts, joined = self._tables.by("Host", "eventTypeId"), self._tables.by("_user_eventtype", "A")
        own: defaultdict[str, str] = defaultdict(str)
        for row in self._tables.rows("Schedule"):
            own[values.text(row, "userId")] = own[values.text(row, "userId")] or values.text(row, "id")
        found: dict[str, list[_Host]] = {}
        for source_id, row in self._types.items():
            people = [
                (values.text(each, "userId"), values.text(each, "scheduleId"), values.yes(each, "isFixed"))
                for each in hosts.get(source_id, [])
            ]
            if not people:
                owner = values.text(row, "userId")
                others = [values.text(each, "B") for each in joined.get(source_id, [])]
                named = [owner, *others] if owner else others
                people = [(each, "", False) for each in dict.fromkeys(named)]
            found[source_id] = [
                _Host(
                    person,
                    values.text(row, "scheduleId")
                    or schedule
                    or values.text(self._people[person], "defaultScheduleId")
                    or own[person],
                    fixed,
                )
                for person, schedule, fixed in people
                if person in self._people
            ]
        return found

    def _hours_by_person(self) -> dict[str, list[str]]:
        """By which schedules each host works, over all that they give."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        for hosts in self._hosts.values():
            for host in hosts:
                if host.schedule in self._schedules and host.schedule not in found[host.person]:
                    found[host.person].append(host.schedule)
        return found

    def _buffers_by_person(self) -> dict[str, tuple[int, int]]:
        """The longest buffers, in minutes before and after, of all that each host gives."""
        found: defaultdict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
        for source_id, hosts in self._hosts.items():
            try:
                before, after = _buffers(self._types[source_id])
            except ValueError:
                continue
            for host in hosts:
                known = found[host.person]
                found[host.person] = max(known[0], before), max(known[1], after)
        return found

    def _branch(self, zone_name: str) -> Branch:
        """The branch of a time zone. It has no hours of its own: those of hosts and event types are all that count."""
        branch = self._branches.get(zone_name)
        if branch is None:
            branch_id = BranchId(self._ids.id("branch", zone_name))
            slug = self._ids.slug(Kind.BRANCH, branch_id, zone_name, zone_name)
            branch = self._branches[zone_name] = Branch(branch_id, zone_name, zone_name, ANY_TIME, slug)
        return branch

    def _resources(self) -> dict[str, Resource]:
        away, pools = (
            self._tables.by("OutOfOfficeEntry", "userId"),
            {
                host.person
                for source_id, row in self._types.items()
                if self._seats(row) > 1
                for host in self._hosts[source_id]
            },
        )
        giving = {host.person for hosts in self._hosts.values() for host in hosts}
        found: dict[str, Resource] = {}
        for source_id, row in self._people.items():
            hours = self._hours.get(source_id, [])
            if not hours:
                reason = Reason.UNREADABLE if source_id in giving else Reason.NO_SERVICE
                self._leave("person", source_id, reason, detail="without a schedule" if source_id in giving else "")
                continue
            known = self._schedules[hours[0]]
            closures = self._closures(away.get(source_id, []))
            schedule = ANY_TIME if len(hours) > 1 else widened(known.schedule, *self._buffers[source_id])
            resource_id = ResourceId(self._ids.id("person", source_id))
            name = values.text(row, "name") or values.text(row, "username") or source_id
            found[source_id] = Resource(
                id=resource_id,
                branch_id=self._branch(known.zone_name).id,
                name=name,
                kind=ResourceKind.POOL if source_id in pools else ResourceKind.EXCLUSIVE,
                capacity=(CapacityStep(FIRST_INSTANT, self._units),) if source_id in pools else (),
                schedule=Schedule(schedule.week, schedule.breaks, schedule.special_days, closures),
                slug=self._ids.slug(Kind.RESOURCE, resource_id, name, source_id),
            )
        return found

    def _closures(self, rows: Iterable[Row]) -> tuple[Closure, ...]:
        found: set[Closure] = set()
        for row in rows:
            source_id = values.text(row, "id")
            try:
                starts, ends = (values.utc_instant(values.key(row, column)) for column in ("start", "end"))
            except ValueError as error:
                self._leave("time out of office", source_id, Reason.UNREADABLE, detail=str(error))
                continue
            if ends <= self._asked.now:
                self._leave("time out of office", source_id, Reason.OVER)
            elif starts < ends:
                found.add(Closure(starts, ends))
        return tuple(sorted(found, key=lambda each: (each.starts_at, each.ends_at)))

    def _event_type(self, source_id: str, row: Row, resources: dict[str, Resource]) -> EventType | None:
        hosts = [host for host in self._hosts[source_id] if host.person in resources]
        if not hosts:
            self._leave("event type", source_id, Reason.NO_RESOURCE)
            return None
        try:
            service = self._service(source_id, row, hosts, resources)
        except ValueError as error:
            self._leave("event type", source_id, Reason.UNREADABLE, detail=str(error))
            return None
        if not service.fits_a_day:
            self._leave("event type", source_id, Reason.TOO_LONG)
            return None
        for part in _UNKNOWN_PARTS:
            if values.text(row, part) not in _NO:
                self._leave("event type", source_id, Reason.UNSUPPORTED, part)
        return EventType(service, self._seats(row))

    def _service(self, source_id: str, row: Row, hosts: Sequence[_Host], resources: dict[str, Resource]) -> Service:
        minutes = timedelta(minutes=1)
        length, seats = values.whole(row, "length"), self._seats(row)
        grid = values.whole(row, "slotInterval", 0) or length
        if length <= 0 or grid <= 0:
            raise ValueError("it has no length")
        aligned = _HOUR_MINUTES % grid == 0
        if not aligned:
            self._leave("event type", source_id, Reason.NEARLY, "slotInterval")
        if seats > 1:
            self._leave("event type", source_id, Reason.NEARLY, "seatsPerTimeSlot")
        schedule = self._schedules.get(hosts[0].schedule) or self._schedules[self._hours[hosts[0].person][0]]
        name = values.text(row, "title") or source_id
        service_id = ServiceId(self._ids.id("event type", source_id))
        days = self._days(source_id, row, schedule)
        before, after = _buffers(row)
        return Service(
            id=service_id,
            branch_id=self._branch(schedule.zone_name).id,
            name=name,
            duration=length * minutes,
            grid=grid * minutes,
            roles=self._roles(row, hosts, resources, self._units // seats if self._units % seats == 0 else 1),
            anchor=GridAnchor.CLOCK if aligned else GridAnchor.PACKED,
            buffer_before=before * minutes,
            buffer_after=after * minutes,
            booking_hours=self._booking_hours(source_id, row, hosts, schedule, anchors=not aligned),
            lead_time=values.whole(row, "minimumBookingNotice", 0) * minutes,
            horizon=days.horizon,
            bookable_from=days.first,
            bookable_until=days.last,
            slug=self._ids.slug(Kind.SERVICE, service_id, values.text(row, "slug") or name, source_id),
        )

    def _roles(self, row: Row, hosts: Sequence[_Host], resources: dict[str, Resource], units: int) -> tuple[Role, ...]:
        """Everybody of a collective and every fixed host comes; of the others one does."""
        every = values.text(row, "schedulingType") == "collective"
        fixed = [host for host in hosts if every or host.fixed]
        turns = tuple(resources[host.person].id for host in hosts if host not in fixed)
        roles = [Role((resources[host.person].id,), units) for host in fixed]
        return (*roles, Role(turns, units)) if turns else tuple(roles)

    def _booking_hours(
        self, source_id: str, row: Row, hosts: Sequence[_Host], home: ZonedSchedule, *, anchors: bool
    ) -> Schedule:
        """The hours of the service, where its hosts' own do not say it all.

        A host may work by one schedule for this event type and by another one for that, and is there for the buffers
        of all of them.
        """
        buffers = _buffers(row)
        moving = [host for host in hosts if len(self._hours[host.person]) > 1 or self._buffers[host.person] != buffers]
        if not moving and not anchors and buffers == (0, 0):
            return ANY_TIME
        by = [self._schedules[host.schedule] for host in hosts if host.schedule in self._schedules]
        if any(each.zone_name != home.zone_name for each in by):
            self._leave("event type", source_id, Reason.NEARLY, "schedule", "its hosts are in several time zones")
            return ANY_TIME
        hours = union(each.schedule for each in by)
        known = [self._schedules[host.schedule].schedule for host in moving if host.schedule in self._schedules]
        if any(schedule != hours for schedule in known):
            self._leave("event type", source_id, Reason.NEARLY, "schedule", "its hosts work at different times")
        return hours

    def _days(self, source_id: str, row: Row, schedule: ZonedSchedule) -> "_Bookable":
        kind = values.text(row, "periodType")
        if kind == "range":
            first, last = (
                to_local(schedule.where, values.utc_instant(values.key(row, column))).day
                for column in ("periodStartDate", "periodEndDate")
            )
            return _Bookable(None, first, last)
        if kind not in ("rolling", "rolling_window"):
            return _Bookable()
        business = values.text(row, "periodCountCalendarDays").lower() in ("f", "false", "0")
        if business or kind == "rolling_window":
            self._leave("event type", source_id, Reason.NEARLY, "periodType")
        return _Bookable(Days(values.whole(row, "periodDays")))

    def _group(self, row: Row, services: dict[str, EventType]) -> ServiceGroup | None:
        source_id = values.text(row, "id")
        inside = tuple(
            services[key].service.id
            for key, each in self._types.items()
            if key in services and values.text(each, "teamId") == source_id
        )
        if not inside:
            return None
        group_id = ServiceGroupId(self._ids.id("team", source_id))
        name = values.text(row, "name") or source_id
        return ServiceGroup(group_id, name, inside, self._ids.slug(Kind.GROUP, group_id, name, source_id))


def _buffers(row: Row) -> tuple[int, int]:
    return values.whole(row, "beforeEventBuffer", 0), values.whole(row, "afterEventBuffer", 0)


@dataclass(frozen=True, slots=True)
class _Bookable:
    horizon: Days | None = None
    first: date | None = None
    last: date | None = None
