"""One thing of a catalogue, from its shape to the core's value."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from appointed.catalog_file.findings import CatalogInvalid, Finding, Path
from appointed.catalog_file.hours import in_range, parse_day, parse_hours, parse_moment
from appointed.catalog_file.shape import (
    BranchShape,
    DaysShape,
    GroupShape,
    HoursShape,
    ResourceShape,
    RoleShape,
    ScheduleShape,
    ServiceShape,
    StepShape,
    WeekShape,
)
from appointed.core.catalog import (
    ANY_TIME,
    NEVER,
    Branch,
    CapacityStep,
    Closure,
    Days,
    Hours,
    Resource,
    ResourceKind,
    Role,
    Schedule,
    Service,
    ServiceGroup,
    SpecialDay,
    Translation,
    WeeklyHours,
)
from appointed.core.difference import Kind
from appointed.core.ids import BranchId, ResourceId, ServiceGroupId, ServiceId
from appointed.core.localtime import zone
from appointed.core.plan import NEEDS_AT_MOST, taken

MINUTE = timedelta(minutes=1)
ALWAYS_BEFORE = datetime(2000, 1, 1, tzinfo=UTC)
UTC_ZONE = ZoneInfo("UTC")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

Made = TypeVar("Made", Branch, Resource, Service, ServiceGroup)


@dataclass(frozen=True, slots=True)
class Known:
    """What may be referred to: ids by slug, those that are retired, which are pools, and the time zone of each branch.

    `roles` are those that services have already: whoever is retired leaves a role that asks for more than it lists.
    """

    by_slug: dict[Kind, dict[str, UUID]] = field(default_factory=lambda: {kind: {} for kind in Kind})
    ids: dict[Kind, set[UUID]] = field(default_factory=lambda: {kind: set() for kind in Kind})
    retired: set[UUID] = field(default_factory=set[UUID])
    pools: set[UUID] = field(default_factory=set[UUID])
    roles: dict[UUID, tuple[Role, ...]] = field(default_factory=dict[UUID, tuple[Role, ...]])
    zones: dict[UUID, ZoneInfo] = field(default_factory=dict[UUID, ZoneInfo])

    def add(self, kind: Kind, slug: str | None, thing_id: UUID, *, retired: bool) -> None:
        """Let it be referred to."""
        self.ids[kind].add(thing_id)
        if slug:
            self.by_slug[kind][slug] = thing_id
        if retired:
            self.retired.add(thing_id)


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads one thing. Where something cannot be it notes that, and goes on with whatever is at hand."""

    known: Known
    findings: list[Finding]
    path: Path

    def whole(self, thing: Made) -> Made:
        """The thing, once nothing was found. Raises CatalogInvalid."""
        if self.findings:
            raise CatalogInvalid(self.findings)
        return thing

    def note(self, path: Path, expected: str, problem: str) -> None:
        """Something cannot be, at a path within the thing."""
        self.findings.append(Finding((*self.path, *path), expected, problem))

    def branch(self, shape: BranchShape, branch_id: BranchId) -> Branch:
        """The branch."""
        self._named(shape)
        if zone_of(shape.time_zone) is None:
            self.note(("time_zone",), "time_zone", f"there is no time zone {shape.time_zone}")
        hours = shape.opening_hours
        return Branch(
            id=branch_id,
            name=shape.name,
            time_zone=shape.time_zone,
            opening_hours=NEVER if hours is None else self._schedule(hours, branch_id, ("opening_hours",)),
            slug=shape.slug or "",
            names=_names(shape.names),
            address=shape.address,
            retired=shape.retired,
        )

    def resource(self, shape: ResourceShape, resource_id: ResourceId) -> Resource:
        """The resource."""
        self._named(shape)
        branch_id = self._branch_of(shape.branch)
        capacity = shape.capacity
        kind = shape.kind or (ResourceKind.EXCLUSIVE if capacity is None else ResourceKind.POOL)
        if kind is ResourceKind.POOL:
            self.known.pools.add(resource_id)
        steps = [StepShape(from_="", capacity=capacity)] if isinstance(capacity, int) else capacity or []
        return Resource(
            id=resource_id,
            branch_id=branch_id,
            name=shape.name,
            kind=kind,
            scope=shape.scope,
            capacity=self._steps(steps, branch_id),
            schedule=self._limits(shape.schedule, branch_id, "schedule"),
            skills=frozenset(shape.skills),
            traits=frozenset(shape.traits),
            slug=shape.slug or "",
            retired=shape.retired,
        )

    def service(self, shape: ServiceShape, service_id: ServiceId) -> Service:
        """The service."""
        self._named(shape)
        branch_id = self._branch_of(shape.branch)
        service = Service(
            id=service_id,
            branch_id=branch_id,
            name=shape.name,
            duration=shape.duration_minutes * MINUTE,
            grid=(shape.grid_minutes or shape.duration_minutes) * MINUTE,
            roles=tuple(self._role(role, index) for index, role in enumerate(shape.roles)),
            locale=shape.locale,
            required_contact=shape.required_contact,
            party_limit=shape.party_limit,
            reminder=None if shape.reminder_minutes is None else shape.reminder_minutes * MINUTE,
            past_slots_allowed=shape.past_slots_allowed,
            anchor=shape.anchor,
            per_extra_person=shape.per_extra_person_minutes * MINUTE,
            party_count=shape.party_count,
            buffer_before=shape.buffer_before_minutes * MINUTE,
            buffer_after=shape.buffer_after_minutes * MINUTE,
            booking_hours=self._limits(shape.booking_hours, branch_id, "booking_hours"),
            lead_time=shape.lead_time_minutes * MINUTE,
            lead_days=_days(shape.lead_days),
            horizon=_days(shape.horizon),
            bookable_from=shape.bookable_from,
            bookable_until=shape.bookable_until,
            customer_daily_limit=shape.customer_daily_limit,
            remote_allowed=shape.remote_allowed,
            bookable=shape.bookable,
            slug=shape.slug or "",
            names=_names(shape.names),
            retired=shape.retired,
        )
        self._dated(service)
        self._fits(service)
        self._takes(service)
        return service

    def group(self, shape: GroupShape, group_id: ServiceGroupId) -> ServiceGroup:
        """The service group."""
        self._named(shape)
        ids = self._listed(Kind.SERVICE, shape.services, ("services",))
        return ServiceGroup(
            id=group_id,
            name=shape.name,
            service_ids=tuple(ServiceId(each) for each in ids),
            slug=shape.slug or "",
            names=_names(shape.names),
            retired=shape.retired,
        )

    def _named(self, shape: BranchShape | ResourceShape | ServiceShape | GroupShape) -> None:
        """It has a name, and one in each other language that has any."""
        if not shape.name.strip():
            self.note(("name",), "text", "is empty")
        names: Mapping[str, str] = {} if isinstance(shape, ResourceShape) else shape.names
        for language, name in names.items():
            if not name.strip():
                self.note(("names", language), "text", "is empty")

    def _dated(self, service: Service) -> None:
        """Its first and last date are such, in this order."""
        first, last = service.bookable_from, service.bookable_until
        for name, day in (("bookable_from", first), ("bookable_until", last)):
            if day is not None and not in_range(day):
                self.note((name,), "date", f"{day} is not between 1900-01-01 and 2399-12-31")
        if first is not None and last is not None and last < first:
            self.note(("bookable_until",), "after_start", f"{last} is before the first date, {first}")

    def _fits(self, service: Service) -> None:
        """A claim lasts a day at most, so nothing may need a longer one."""
        if service.per_extra_person and service.party_limit is None:
            self.note(("party_limit",), "positive_integer", "what grows with the party needs a party_limit")
        elif not service.fits_a_day:
            problem = "with its buffers and its largest party it takes more than a day"
            self.note(("duration_minutes",), "smaller", problem)

    def _takes(self, service: Service) -> None:
        """It may take so many, and no more than there are."""
        if service.roles == self.known.roles.get(service.id):
            return
        for index, role in enumerate(service.roles):
            listed = set(role.resource_ids)
            if role.count > len(listed) and listed.isdisjoint(self.known.pools) and listed:
                self.note(("roles", index, "count"), "smaller", f"asks for {role.count}, and lists {len(listed)}")
        if taken(service.roles) > NEEDS_AT_MOST:
            self.note(("roles",), "smaller", f"they take more than {NEEDS_AT_MOST} resources together")

    def _refer(self, kind: Kind, named: str, path: Path) -> UUID:
        thing_id = self.known.by_slug[kind].get(named) or as_id(named)
        if thing_id is None or thing_id not in self.known.ids[kind]:
            self.note(path, f"known_{kind}", f"there is no {kind} {named}")
            return UUID(int=0)
        return thing_id

    def _listed(self, kind: Kind, named: Sequence[str], path: Path) -> list[UUID]:
        """What a list refers to, each once."""
        found: list[UUID] = []
        for index, each in enumerate(named):
            known_before = len(self.findings)
            thing_id = self._refer(kind, each, (*path, index))
            if len(self.findings) == known_before and thing_id in found:
                self.note((*path, index), "other_value", f"lists the {kind} {each} twice")
            found.append(thing_id)
        return found

    def _branch_of(self, named: str | None) -> BranchId:
        if named is not None:
            return BranchId(self._refer(Kind.BRANCH, named, ("branch",)))
        open_ones = self.known.ids[Kind.BRANCH] - self.known.retired
        if len(open_ones) == 1:
            return BranchId(*open_ones)
        problem = "names no branch, and there is not just one"
        if not open_ones and self.known.ids[Kind.BRANCH]:
            problem = "names no branch, and there is none that is not retired"
        self.note(("branch",), "known_branch", problem)
        return BranchId(UUID(int=0))

    def _role(self, shape: RoleShape, index: int) -> Role:
        path: Path = ("roles", index, "resources")
        ids = [ResourceId(each) for each in self._listed(Kind.RESOURCE, shape.resources, path)]
        for number, (named, resource_id) in enumerate(zip(shape.resources, ids, strict=True)):
            if resource_id in self.known.retired:
                self.note((*path, number), "known_resource", f"the resource {named} is retired")
        return Role(tuple(ids), shape.units, shape.count, frozenset(shape.skills), shape.interchangeable)

    def _steps(self, steps: Sequence[StepShape], branch_id: BranchId) -> tuple[CapacityStep, ...]:
        found: dict[datetime, int] = {}
        for index, step in enumerate(steps):
            path: Path = ("capacity", index, "from")
            starts_at = self._moment(step.from_, branch_id, path) if step.from_ else ALWAYS_BEFORE
            if starts_at in found:
                self.note(path, "other_value", "another step is from the same moment")
            found[starts_at] = step.capacity
        return tuple(CapacityStep(starts_at, found[starts_at]) for starts_at in sorted(found))

    def _limits(self, shape: ScheduleShape | None, branch_id: BranchId, name: str) -> Schedule:
        return ANY_TIME if shape is None else self._schedule(shape, branch_id, (name,))

    def _schedule(self, shape: ScheduleShape, branch_id: BranchId, path: Path) -> Schedule:
        return Schedule(
            week=None if shape.week is None else self._week(shape.week, (*path, "week")),
            breaks=() if shape.breaks is None else self._week(shape.breaks, (*path, "breaks")),
            special_days=self._special_days(shape, (*path, "special_days")),
            closures=self._closures(shape, branch_id, (*path, "closures")),
        )

    def _week(self, shape: WeekShape, path: Path) -> tuple[WeeklyHours, ...]:
        return tuple(
            WeeklyHours(weekday, hours.opens_minute, hours.closes_minute, hours.capacity)
            for weekday, name in enumerate(WEEKDAYS)
            for hours in self._hours(getattr(shape, name), (*path, name))
        )

    def _special_days(self, shape: ScheduleShape, path: Path) -> tuple[SpecialDay, ...]:
        found: dict[date, SpecialDay] = {}
        for text, hours in shape.special_days.items():
            try:
                day = parse_day(text)
            except ValueError:
                self.note((*path, text), "date", f"there is no date {text}")
                continue
            found[day] = SpecialDay(day, self._hours(hours, (*path, text)))
        return tuple(found.values())

    def _hours(self, listed: Sequence[str | HoursShape], path: Path) -> tuple[Hours, ...]:
        found: list[Hours] = []
        for index, each in enumerate(listed):
            text, capacity = (each, None) if isinstance(each, str) else (each.hours, each.capacity)
            try:
                found.append(Hours(*parse_hours(text), capacity))
            except ValueError:
                where = (*path, index) if isinstance(each, str) else (*path, index, "hours")
                self.note(where, "hours", f"{text} is not hours such as 09:00-17:00")
                continue
            if {"breaks", "booking_hours"}.isdisjoint(path) and any(
                found[-1].opens_minute < other.closes_minute and other.opens_minute < found[-1].closes_minute
                for other in found[:-1]
            ):
                self.note((*path, index), "other_value", f"{text} overlaps other hours of the day")
        return tuple(found)

    def _closures(self, shape: ScheduleShape, branch_id: BranchId, path: Path) -> tuple[Closure, ...]:
        found: list[Closure] = []
        for index, each in enumerate(shape.closures):
            known_before = len(self.findings)
            starts_at = self._moment(each.from_, branch_id, (*path, index, "from"))
            ends_at = None if each.to is None else self._moment(each.to, branch_id, (*path, index, "to"), ends=True)
            if len(self.findings) == known_before and ends_at is not None and ends_at <= starts_at:
                self.note((*path, index, "to"), "after_start", "is not later than the start")
            found.append(Closure(starts_at, ends_at))
        return tuple(found)

    def _moment(self, text: str, branch_id: BranchId, path: Path, *, ends: bool = False) -> datetime:
        """The instant that a text means on the branch's clock; any at all where it means none."""
        try:
            return parse_moment(text, self.known.zones.get(branch_id, UTC_ZONE), ends=ends)
        except (ValueError, OverflowError):
            problem = f"{text} is no moment such as 2026-12-24T12:00, 2026-12-24T12:00+01:00 or 2026-12-24"
            self.note(path, "moment", problem)
            return ALWAYS_BEFORE


def as_id(text: str) -> UUID | None:
    """The id that a text is; None where it is none."""
    try:
        return UUID(text)
    except ValueError:
        return None


def zone_of(name: str) -> ZoneInfo | None:
    """The zone of an IANA name; None where there is none.

    What a machine calls its own time, and what stands for no time yet, are files beside the zones and no names of them.
    """
    return zone(name) if name in _zones() else None


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones() - {"localtime", "Factory", "posixrules"})


def _days(days: int | DaysShape | None) -> Days | None:
    if days is None:
        return None
    return Days(days) if isinstance(days, int) else Days(days.days, days.business)


def _names(names: Mapping[str, str]) -> tuple[Translation, ...]:
    return tuple(Translation(language, text) for language, text in names.items())
