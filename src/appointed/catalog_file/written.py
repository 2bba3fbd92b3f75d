"""From the core's values to the shape of a catalogue: what `values.py` reads as the same values."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Literal, TypeVar, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from appointed.catalog_file.hours import hours_text, moment_text
from appointed.catalog_file.known import derived_id
from appointed.catalog_file.parts import (
    address_shape,
    days_shape,
    geo_shape,
    names_shape,
    options_shape,
    question_shapes,
    screening_shapes,
    text_shape_or_none,
)
from appointed.catalog_file.reader import ALWAYS_BEFORE, MINUTE, UTC_ZONE, WEEKDAYS, zone_of
from appointed.catalog_file.shape import (
    DEFAULT_LOCALE,
    BranchShape,
    CatalogFile,
    ClosureShape,
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
from appointed.catalog_file.values import ThingShape
from appointed.core.catalog import (
    ANY_TIME,
    NEVER,
    Branch,
    CapacityStep,
    Catalog,
    Hours,
    Resource,
    Role,
    Schedule,
    Service,
    ServiceGroup,
    WeeklyHours,
)
from appointed.core.difference import Kind
from appointed.core.ids import ServiceId, TenantId
from appointed.core.options import Options

Some = TypeVar("Some", Branch, Resource, Service, ServiceGroup)
Id = TypeVar("Id", bound=UUID)
Channel = Literal["phone", "email"]


def to_file(catalog: Catalog, tenant: TenantId) -> CatalogFile:
    """The whole catalogue, by slug, what is retired last. An id stands only where the slug does not give it."""
    branches = [branch_shape(branch, catalog.services) for branch in _sorted(catalog.branches.values())]
    resources = [resource_shape(resource, catalog) for resource in _sorted(catalog.resources.values())]
    services = [service_shape(service, catalog) for service in _sorted(catalog.services.values())]
    groups = [group_shape(group, catalog) for group in _sorted(catalog.groups.values())]
    _without_derived_ids(tenant, Kind.BRANCH, branches)
    _without_derived_ids(tenant, Kind.RESOURCE, resources)
    _without_derived_ids(tenant, Kind.SERVICE, services)
    _without_derived_ids(tenant, Kind.GROUP, groups)
    options = None if catalog.options == Options() else options_shape(catalog.options)
    return CatalogFile(options=options, branches=branches, resources=resources, services=services, groups=groups)


def branch_shape(branch: Branch, services: Mapping[ServiceId, Service]) -> BranchShape:
    """A branch of the catalogue with these services."""
    where = zone_of(branch.time_zone) or UTC_ZONE
    return BranchShape(
        slug=branch.slug or None,
        id=branch.id,
        name=branch.name,
        names=names_shape(branch.names),
        time_zone=branch.time_zone,
        address=address_shape(branch.address),
        geo=geo_shape(branch.geo),
        opening_hours=_schedule(branch.opening_hours, where, NEVER),
        combinations=[sorted(_reference(services, each) for each in together) for together in branch.combinations],
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
        family=_family(service, catalog),
        name=service.name,
        names=names_shape(service.names),
        description=text_shape_or_none(service.description),
        index=service.index,
        duration_minutes=_minutes(service.duration),
        grid_minutes=None if service.grid == service.duration else _minutes(service.grid),
        anchor=service.anchor,
        roles=[_role(role, catalog) for role in service.roles],
        locale=DEFAULT_LOCALE if service.locale == DEFAULT_LOCALE else service.locale,
        required_contact=cast(Channel | None, service.required_contact),
        required_facts=sorted(service.required_facts),
        questions=question_shapes(service.questions),
        screening=screening_shapes(service.screening),
        resource_choice=service.resource_choice,
        party_limit=service.party_limit,
        party_count=service.party_count,
        per_extra_person_minutes=_minutes(service.per_extra_person),
        added_duration_minutes=None if service.added_duration is None else _minutes(service.added_duration),
        buffer_before_minutes=_minutes(service.buffer_before),
        buffer_after_minutes=_minutes(service.buffer_after),
        booking_hours=_schedule(service.booking_hours, _where(service, catalog), ANY_TIME),
        lead_time_minutes=_minutes(service.lead_time),
        lead_days=days_shape(service.lead_days),
        horizon=days_shape(service.horizon),
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
        names=names_shape(group.names),
        index=group.index,
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


def _family(service: Service, catalog: Catalog) -> str | None:
    """What its family goes by: the slug of a service, or an id."""
    if service.family_id is None:
        return None
    first = catalog.services.get(service.family_id)
    return str(service.family_id) if first is None else first.slug or str(first.id)


def _where(thing: Resource | Service, catalog: Catalog) -> ZoneInfo:
    return zone_of(catalog.branches[thing.branch_id].time_zone) or UTC_ZONE


def _minutes(length: timedelta) -> int:
    return length // MINUTE


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
