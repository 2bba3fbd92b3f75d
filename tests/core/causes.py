"""Drawn worlds without what a reason names."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from appointed.core.catalog import (
    CapacityStep,
    GridAnchor,
    Hours,
    Resource,
    ResourceKind,
    Schedule,
    Service,
    WeeklyHours,
)
from appointed.core.explain import Block, explain
from appointed.core.ids import ResourceId
from availability_worlds import BRANCH, MOST_NEEDS
from drawn_world import Drawn
from inquiries import inquiry
from oracle import walls
from oracle.values import EPOCH, MINUTE

PLENTY = 100
ALL_WORDS = frozenset({"a", "b"})


def without(drawn: Drawn, cause: Block, at: int) -> Drawn:
    """The world without what blocks its plan at a minute, so that the rule has nothing to say there any more."""
    match cause.rule:
        case "bookable":
            return _service(drawn, cause, bookable=True)
        case "closures":
            freed = _branch(drawn, lambda schedule: replace(schedule, closures=()))
            return _service(freed, cause, booking_hours=replace(_made_for(drawn, cause).booking_hours, closures=()))
        case "special_days":
            return _branch(drawn, lambda schedule: replace(schedule, special_days=()))
        case "opening_hours":
            return _branch(drawn, _always)
        case "booking_hours":
            return _service(drawn, cause, booking_hours=_always(_made_for(drawn, cause).booking_hours))
        case "slot_grid":
            freed = _service(drawn, cause, anchor=GridAnchor.CLOCK, grid=MINUTE)
            # What the clock shows again is on no grid.
            again = walls.second_showing(drawn.branch.time_zone, at + drawn.plan.offsets[0])
            return _with_branch(freed, replace(freed.branch, time_zone="UTC")) if again else freed
        case "past_slots":
            return _service(drawn, cause, past_slots_allowed=True)
        case "lead_time":
            return _service(drawn, cause, lead_time=timedelta(), lead_days=None)
        case "horizon":
            return _service(drawn, cause, horizon=None, bookable_from=None, bookable_until=None)
        case "party_size":
            return _service(drawn, cause, party_limit=None)
        case "customer_limit":
            limit = _made_for(drawn, cause).customer_daily_limit
            return replace(drawn, visits=()) if limit else _service(drawn, cause, customer_daily_limit=None)
        case "assignment":
            return _with_helpers(drawn)
        case _:
            return _about_resource(drawn, cause, at)


def _about_resource(drawn: Drawn, cause: Block, at: int) -> Drawn:
    assert cause.resource_id is not None
    resource = drawn.catalog.resources[cause.resource_id]
    schedule = resource.schedule
    match cause.rule:
        case "skills":
            return _resources(drawn, replace(resource, skills=ALL_WORDS))
        case "preference":
            parts = tuple(
                replace(part, preferences=()) if part.service.id == cause.service_id else part
                for part in drawn.plan.parts
            )
            return replace(drawn, plan=replace(drawn.plan, parts=parts))
        case "working_hours":
            return _resources(drawn, replace(resource, schedule=replace(schedule, week=None, special_days=())))
        case "breaks":
            return _resources(drawn, replace(resource, schedule=replace(schedule, breaks=())))
        case "time_off":
            return _resources(drawn, replace(resource, schedule=replace(schedule, closures=())))
        case "capacity":
            freed = _resources(drawn, replace(resource, capacity=(CapacityStep(EPOCH, PLENTY),)))
            return _service(freed, cause, booking_hours=_uncounted(_made_for(drawn, cause).booking_hours))
        case "claims" | "buffers":
            return _without_claims(drawn, cause, at)
        case other:
            raise ValueError(other)


def _without_claims(drawn: Drawn, cause: Block, at: int) -> Drawn:
    """Without the visits that the reason names, until it names none."""
    assert cause.resource_id is not None
    while True:
        again = [
            block
            for block in explain(inquiry(drawn, (at, at + 1)))
            if (block.rule, block.resource_id, block.service_id) == (cause.rule, cause.resource_id, cause.service_id)
        ]
        if not again:
            return drawn
        named = {visit for block in again for visit in block.visits}
        claims = drawn.claims[cause.resource_id]
        left = tuple(claim for claim in claims if claim.visit_id not in named)
        assert len(left) < len(claims), "who is in the way is named"
        drawn = replace(drawn, claims={**drawn.claims, cause.resource_id: left})


def _made_for(drawn: Drawn, cause: Block) -> Service:
    assert cause.service_id is not None
    return drawn.catalog.services[cause.service_id]


def _always(schedule: Schedule) -> Schedule:
    return Schedule(closures=schedule.closures)


def _uncounted(schedule: Schedule) -> Schedule:
    """The same hours, with what the pools hold by themselves."""
    week = None if schedule.week is None else tuple(map(_without_capacity, schedule.week))
    special = tuple(
        replace(each, hours=tuple(Hours(hours.opens_minute, hours.closes_minute) for hours in each.hours))
        for each in schedule.special_days
    )
    return replace(schedule, week=week, special_days=special)


def _without_capacity(hours: WeeklyHours) -> WeeklyHours:
    return replace(hours, capacity=None)


def _branch(drawn: Drawn, change: Callable[[Schedule], Schedule]) -> Drawn:
    return _with_branch(drawn, replace(drawn.branch, opening_hours=change(drawn.branch.opening_hours)))


def _with_branch(drawn: Drawn, branch) -> Drawn:
    return replace(drawn, branch=branch, catalog=replace(drawn.catalog, branches={branch.id: branch}))


def _service(drawn: Drawn, cause: Block, **changes) -> Drawn:
    return _with_services(drawn, [replace(_made_for(drawn, cause), **changes)])


def _with_services(drawn: Drawn, changed: list[Service]) -> Drawn:
    services = {**drawn.catalog.services, **{service.id: service for service in changed}}
    parts = tuple(replace(part, service=services[part.service.id]) for part in drawn.plan.parts)
    catalog = replace(drawn.catalog, services=services)
    return replace(drawn, catalog=catalog, plan=replace(drawn.plan, parts=parts))


def _resources(drawn: Drawn, *changed: Resource) -> Drawn:
    resources = {**drawn.catalog.resources, **{resource.id: resource for resource in changed}}
    return replace(drawn, catalog=replace(drawn.catalog, resources=resources))


def _with_helpers(drawn: Drawn) -> Drawn:
    """With enough who can do everything, and nobody asked for by name."""
    helpers = [
        Resource(
            ResourceId(UUID(int=200 + number)),
            BRANCH,
            f"helper {number}",
            ResourceKind.EXCLUSIVE,
            skills=ALL_WORDS,
            traits=ALL_WORDS,
        )
        for number in range(MOST_NEEDS)
    ]
    parts = tuple(replace(part, preferences=()) for part in drawn.plan.parts)
    freed = _resources(replace(drawn, plan=replace(drawn.plan, parts=parts)), *helpers)
    more = tuple(helper.id for helper in helpers)
    services = [
        replace(
            service,
            roles=tuple(replace(role, resource_ids=(*role.resource_ids, *more)) for role in service.roles),
        )
        for service in freed.catalog.services.values()
    ]
    return _with_services(freed, services)
