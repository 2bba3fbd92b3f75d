"""One thing of a catalogue, from its shape to the core's value."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from appointed.catalog_file.findings import CatalogInvalid, Finding, Path
from appointed.catalog_file.flawed import findings_of
from appointed.catalog_file.hours import parse_day, parse_hours, parse_moment
from appointed.catalog_file.known import Known, derived_id
from appointed.catalog_file.parts import (
    texts,
    to_address,
    to_days,
    to_geo,
    to_names,
    to_questions,
    to_screening,
    to_text_or_none,
)
from appointed.catalog_file.shape import (
    SLUG_PATTERN,
    BranchShape,
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
    Hours,
    Resource,
    ResourceKind,
    Role,
    Schedule,
    Service,
    ServiceGroup,
    SpecialDay,
    WeeklyHours,
)
from appointed.core.difference import Kind
from appointed.core.ids import BranchId, ResourceId, ServiceGroupId, ServiceId
from appointed.core.localtime import zone
from appointed.core.plan import NEEDS_AT_MOST, taken
from appointed.core.soundness import WEEKDAYS

MINUTE = timedelta(minutes=1)
ALWAYS_BEFORE = datetime(2000, 1, 1, tzinfo=UTC)
UTC_ZONE = ZoneInfo("UTC")

Made = TypeVar("Made", Branch, Resource, Service, ServiceGroup)


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads one thing. Where something cannot be it notes that, and goes on with whatever is at hand."""

    known: Known
    findings: list[Finding]
    path: Path

    def whole(self, thing: Made) -> Made:
        """The thing, once nothing was found. Raises CatalogInvalid."""
        self.findings.extend(() if self.findings else findings_of(thing, self.path))
        if self.findings:
            raise CatalogInvalid(self.findings)
        return thing

    def note(self, path: Path, expected: str, problem: str) -> None:
        """Something cannot be, at a path within the thing."""
        self.findings.append(Finding((*self.path, *path), expected, problem))

    def branch(self, shape: BranchShape, branch_id: BranchId) -> Branch:
        """The branch."""
        if zone_of(shape.time_zone) is None:
            self.note(("time_zone",), "time_zone", f"there is no time zone {shape.time_zone}")
        hours = shape.opening_hours
        return Branch(
            id=branch_id,
            name=shape.name,
            time_zone=shape.time_zone,
            opening_hours=NEVER if hours is None else self._schedule(hours, branch_id, ("opening_hours",)),
            slug=shape.slug or "",
            names=to_names(shape.names),
            address=to_address(shape.address),
            retired=shape.retired,
            geo=to_geo(shape.geo),
            combinations=tuple(
                frozenset(ServiceId(each) for each in self._listed(Kind.SERVICE, together, ("combinations", index)))
                for index, together in enumerate(shape.combinations)
            ),
        )

    def resource(self, shape: ResourceShape, resource_id: ResourceId) -> Resource:
        """The resource."""
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
        self._said(shape)
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
            lead_days=to_days(shape.lead_days),
            horizon=to_days(shape.horizon),
            bookable_from=shape.bookable_from,
            bookable_until=shape.bookable_until,
            customer_daily_limit=shape.customer_daily_limit,
            remote_allowed=shape.remote_allowed,
            bookable=shape.bookable,
            slug=shape.slug or "",
            names=to_names(shape.names),
            retired=shape.retired,
            family_id=self._family(shape, service_id),
            description=to_text_or_none(shape.description),
            questions=to_questions(shape.questions),
            screening=to_screening(shape.screening),
            resource_choice=shape.resource_choice,
            required_facts=frozenset(shape.required_facts),
            added_duration=None if shape.added_duration_minutes is None else shape.added_duration_minutes * MINUTE,
            index=shape.index,
        )
        self._fits(service)
        self._takes(service)
        return service

    def group(self, shape: GroupShape, group_id: ServiceGroupId) -> ServiceGroup:
        """The service group."""
        ids = self._listed(Kind.SERVICE, shape.services, ("services",))
        return ServiceGroup(
            id=group_id,
            name=shape.name,
            service_ids=tuple(ServiceId(each) for each in ids),
            slug=shape.slug or "",
            names=to_names(shape.names),
            retired=shape.retired,
            index=shape.index,
        )

    def _said(self, shape: ServiceShape) -> None:
        """What it says to people is not blank."""
        for path, text in texts(shape):
            if not text.strip():
                self.note(path, "text", "is empty")

    def _family(self, shape: ServiceShape, service_id: ServiceId) -> ServiceId | None:
        """The family that it names; none where that is itself."""
        named = shape.family
        if named is None or named in (shape.slug, str(service_id)):
            return None
        family_id = self.known.by_slug[Kind.SERVICE].get(named) or as_id(named)
        if family_id is None:
            if re.match(SLUG_PATTERN, named) is None:
                self.note(("family",), "slug", f"{named} is neither a slug nor an id")
            family_id = derived_id(self.known.tenant, Kind.SERVICE, named)
        return None if family_id == service_id else ServiceId(family_id)

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
