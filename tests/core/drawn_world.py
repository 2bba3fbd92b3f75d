"""A world of the engine, and the same world as the oracle knows it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from appointed.core.catalog import (
    Branch,
    Catalog,
    Days,
    Hours,
    PartyCount,
    PoolScope,
    Resource,
    ResourceKind,
    Schedule,
    Service,
    WeeklyHours,
)
from appointed.core.ids import ResourceId, ServiceId
from appointed.core.occupancy import Taken
from appointed.core.plan import Plan
from oracle import values
from oracle.values import EPOCH, MINUTE


@dataclass(frozen=True)
class Drawn:
    """A catalogue of one branch, what is asked of it, and what is taken.

    `window` are the first minute and the one after the last, of UTC since 1970. `visits` are the customer's live
    visits, a service and the minute of its start each.
    """

    catalog: Catalog
    branch: Branch
    plan: Plan
    claims: Mapping[ResourceId, tuple[Taken, ...]]
    now: datetime
    window: tuple[int, int]
    visits: tuple[tuple[ServiceId, int], ...] = ()


def as_oracle(drawn: Drawn) -> tuple[values.World, values.Plan]:
    """The same in the oracle's values, keys being ours."""
    made = {service.id: _service(service) for service in drawn.catalog.services.values()}
    world = values.World(
        zone=drawn.branch.time_zone,
        branch=_schedule(drawn.branch.opening_hours),
        resources={resource.id: _resource(resource) for resource in drawn.catalog.resources.values()},
        services=made,
        claims=tuple(_claim(key, taken) for key, every in drawn.claims.items() for taken in every),
        now=drawn.now,
        visits=drawn.visits,
    )
    parts = tuple(
        values.Part(
            service=made[part.service.id],
            guest=part.guest,
            gap=part.gap // MINUTE,
            beside=part.beside,
            asked=tuple((each.role, each.resource_id, each.traits) for each in part.preferences),
            goes_on=part.continues,
            party=part.party_size,
        )
        for part in drawn.plan.parts
    )
    return world, values.Plan(parts, drawn.plan.party_size)


def _claim(key: ResourceId, taken: Taken) -> values.Claim:
    return values.Claim(
        key=taken.claim_id,
        resource=key,
        starts=taken.starts,
        ends=taken.ends,
        units=taken.units,
        expires=None if taken.expires is None else EPOCH + taken.expires * timedelta(microseconds=1),
        service=taken.service_id,
        role=taken.role,
        named=taken.named,
    )


def _hours(hours: Hours | WeeklyHours) -> values.Hours:
    return values.Hours(hours.opens_minute, hours.closes_minute, hours.capacity)


def _schedule(schedule: Schedule) -> values.Schedule:
    week = schedule.week
    return values.Schedule(
        week=None if week is None else tuple((hours.weekday, _hours(hours)) for hours in week),
        breaks=tuple((hours.weekday, _hours(hours)) for hours in schedule.breaks),
        special={special.day: tuple(_hours(hours) for hours in special.hours) for special in schedule.special_days},
        closures=tuple((closure.starts_at, closure.ends_at) for closure in schedule.closures),
    )


def _resource(resource: Resource) -> values.Resource:
    return values.Resource(
        key=resource.id,
        exclusive=resource.kind is ResourceKind.EXCLUSIVE,
        by_slot=resource.scope is PoolScope.SAME_SLOT,
        steps=tuple((step.starts_at, step.capacity) for step in resource.capacity),
        schedule=_schedule(resource.schedule),
        skills=resource.skills,
        traits=resource.traits,
    )


def _service(service: Service) -> values.Service:
    return values.Service(
        key=service.id,
        duration=service.duration // MINUTE,
        grid=service.grid // MINUTE,
        roles=tuple(
            values.Role(role.resource_ids, role.units, role.count, role.skills, role.interchangeable)
            for role in service.roles
        ),
        anchor=service.anchor.value,
        per_extra_person=service.per_extra_person // MINUTE,
        heads=service.party_count is PartyCount.HEADS,
        before=service.buffer_before // MINUTE,
        after=service.buffer_after // MINUTE,
        schedule=_schedule(service.booking_hours),
        past_slots_allowed=service.past_slots_allowed,
        lead_time=service.lead_time,
        lead_days=_days(service.lead_days),
        horizon=_days(service.horizon),
        bookable_from=service.bookable_from,
        bookable_until=service.bookable_until,
        party_limit=service.party_limit,
        daily_limit=service.customer_daily_limit,
        bookable=service.bookable,
        added=None if service.added_duration is None else service.added_duration // MINUTE,
    )


def _days(days: Days | None) -> tuple[int, bool] | None:
    return None if days is None else (days.count, days.business)
