"""From the core's values to the shape of a catalogue: what `values.py` reads as the same values."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Literal, TypeVar, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from appointed.catalog_file.hours import hours_text, moment_text
from appointed.catalog_file.reader import ALWAYS_BEFORE, MINUTE, UTC_ZONE, WEEKDAYS, zone_of
from appointed.catalog_file.shape import (
    DEFAULT_LOCALE,
    BranchShape,
    CatalogFile,
    ClosureShape,
    DaysShape,
    GroupShape,
    HoursList,
    HoursShape,
    ResourceShape,
    RoleShape,
    ScheduleShape,
    ServiceShape,
    StepShape,
    WeekShape,
)
from appointed.catalog_file.values import ThingShape, derived_id
from appointed.core.catalog import (
    ANY_TIME,
    NEVER,
    Branch,
    CapacityStep,
    Catalog,
    Days,
    Hours,
    Resource,
    Role,
    Schedule,
    Service,
    ServiceGroup,
    Translation,
    WeeklyHours,
)
from appointed.core.difference import Kind
from appointed.core.ids import TenantId

Some = TypeVar("Some", Branch, Resource, Service, ServiceGroup)
Id = TypeVar("Id", bound=UUID)
Channel = Literal["phone", "email"]


def to_file(catalog: Catalog, tenant: TenantId) -> CatalogFile:
    """The whole catalogue, by slug, what is retired last. An id stands only where the slug does not give it."""
    branches = [branch_shape(branch) for branch in _sorted(catalog.branches.values())]
    resources = [resource_shape(resource, catalog) for resource in _sorted(catalog.resources.values())]
    services = [service_shape(service, catalog) for service in _sorted(catalog.services.values())]
    groups = [group_shape(group, catalog) for group in _sorted(catalog.groups.values())]
    _without_derived_ids(tenant, Kind.BRANCH, branches)
    _without_derived_ids(tenant, Kind.RESOURCE, resources)
    _without_derived_ids(tenant, Kind.SERVICE, services)
    _without_derived_ids(tenant, Kind.GROUP, groups)
    return CatalogFile(branches=branches, resources=resources, services=services, groups=groups)


def branch_shape(branch: Branch) -> BranchShape:
    """A branch."""
    where = zone_of(branch.time_zone) or UTC_ZONE
    return BranchShape(
        slug=branch.slug or None,
        id=branch.id,
        name=branch.name,
        names=_names(branch.names),
        time_zone=branch.time_zone,
        address=branch.address,
        opening_hours=_schedule(branch.opening_hours, where, NEVER),
        retired=branch.retired,
    )


def resource_shape(resource: Resource, catalog: Catalog) -> ResourceShape:
    """A resource of the catalogue."""
    where = _where(resource, catalog)
    return ResourceShape(
        slug=resource.slug or None,
        id=resource.id,
        branch=_reference(catalog.branches, resource.branch_id),
        name=resource.name,
        kind=resource.kind,
        scope=resource.scope,
        capacity=_capacity(resource.capacity, where),
        schedule=_schedule(resource.schedule, where, ANY_TIME),
        skills=sorted(resource.skills),
        traits=sorted(resource.traits),
        retired=resource.retired,
    )


def service_shape(service: Service, catalog: Catalog) -> ServiceShape:
    """A service of the catalogue."""
    return ServiceShape(
        slug=service.slug or None,
        id=service.id,
        branch=_reference(catalog.branches, service.branch_id),
        name=service.name,
        names=_names(service.names),
        duration_minutes=_minutes(service.duration),
        grid_minutes=None if service.grid == service.duration else _minutes(service.grid),
        anchor=service.anchor,
        roles=[_role(role, catalog) for role in service.roles],
        locale=DEFAULT_LOCALE if service.locale == DEFAULT_LOCALE else service.locale,
        required_contact=cast(Channel | None, service.required_contact),
        party_limit=service.party_limit,
        party_count=service.party_count,
        per_extra_person_minutes=_minutes(service.per_extra_person),
        buffer_before_minutes=_minutes(service.buffer_before),
        buffer_after_minutes=_minutes(service.buffer_after),
        booking_hours=_schedule(service.booking_hours, _where(service, catalog), ANY_TIME),
        lead_time_minutes=_minutes(service.lead_time),
        lead_days=_days(service.lead_days),
        horizon=_days(service.horizon),
        bookable_from=service.bookable_from,
        bookable_until=service.bookable_until,
        customer_daily_limit=service.customer_daily_limit,
        past_slots_allowed=service.past_slots_allowed,
        remote_allowed=service.remote_allowed,
        bookable=service.bookable,
        reminder_minutes=None if service.reminder is None else _minutes(service.reminder),
        retired=service.retired,
    )


def group_shape(group: ServiceGroup, catalog: Catalog) -> GroupShape:
    """A service group of the catalogue."""
    return GroupShape(
        slug=group.slug or None,
        id=group.id,
        name=group.name,
        names=_names(group.names),
        services=[_reference(catalog.services, each) for each in group.service_ids],
        retired=group.retired,
    )


def _sorted(listed: Iterable[Some]) -> list[Some]:
    return sorted(listed, key=lambda thing: (thing.retired, thing.slug == "", thing.slug, str(thing.id)))


def _without_derived_ids(tenant: TenantId, kind: Kind, shapes: Sequence[ThingShape]) -> None:
    for shape in shapes:
        if shape.slug and shape.id == derived_id(tenant, kind, shape.slug):
            shape.id = None


def _reference(listed: Mapping[Id, Branch] | Mapping[Id, Resource] | Mapping[Id, Service], thing_id: Id) -> str:
    return listed[thing_id].slug or str(thing_id)


def _where(thing: Resource | Service, catalog: Catalog) -> ZoneInfo:
    return zone_of(catalog.branches[thing.branch_id].time_zone) or UTC_ZONE


def _minutes(length: timedelta) -> int:
    return length // MINUTE


def _names(names: Sequence[Translation]) -> dict[str, str]:
    return {name.language: name.text for name in names}


def _days(days: Days | None) -> int | DaysShape | None:
    if days is None:
        return None
    return DaysShape(days=days.count, business=True) if days.business else days.count


def _role(role: Role, catalog: Catalog) -> RoleShape:
    return RoleShape(
        resources=[_reference(catalog.resources, each) for each in role.resource_ids],
        units=role.units,
        count=role.count,
        skills=sorted(role.skills),
        interchangeable=role.interchangeable,
    )


def _capacity(steps: Sequence[CapacityStep], where: ZoneInfo) -> int | list[StepShape] | None:
    if len(steps) == 1 and steps[0].starts_at == ALWAYS_BEFORE:
        return steps[0].capacity
    return [StepShape(from_=moment_text(step.starts_at, where), capacity=step.capacity) for step in steps] or None


def _schedule(schedule: Schedule, where: ZoneInfo, default: Schedule) -> ScheduleShape | None:
    if schedule == default:
        return None
    return ScheduleShape(
        week=None if schedule.week is None else _week(schedule.week),
        breaks=_week(schedule.breaks) if schedule.breaks else None,
        special_days={
            special.day.isoformat(): _hours(special.hours)
            for special in sorted(schedule.special_days, key=lambda special: special.day)
        },
        closures=[
            ClosureShape(
                from_=moment_text(closure.starts_at, where),
                to=None if closure.ends_at is None else moment_text(closure.ends_at, where),
            )
            for closure in schedule.closures
        ],
    )


def _week(week: Sequence[WeeklyHours]) -> WeekShape:
    by_day: dict[str, HoursList] = {
        name: _hours([hours for hours in week if hours.weekday == weekday]) for weekday, name in enumerate(WEEKDAYS)
    }
    return WeekShape(**by_day)


def _hours(listed: Sequence[Hours | WeeklyHours]) -> HoursList:
    found: HoursList = []
    for each in listed:
        text = hours_text(each.opens_minute, each.closes_minute)
        found.append(text if each.capacity is None else HoursShape(hours=text, capacity=each.capacity))
    return found
