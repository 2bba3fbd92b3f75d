"""Small random worlds in which services are given in one go, by pools of which the booking hours say what they hold."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from hypothesis import strategies as st

from appointed.core.catalog import (
    ANY_TIME,
    Branch,
    CapacityStep,
    Catalog,
    PartyCount,
    PoolScope,
    Resource,
    ResourceKind,
    Role,
    Schedule,
    Service,
    WeeklyHours,
)
from appointed.core.ids import ResourceId, ServiceId
from appointed.core.plan import Part, Plan
from availability_worlds import BRANCH, DAY, claims, rarely
from drawn_world import Drawn
from oracle.values import EPOCH, MINUTE, instant

NINE = (datetime(2026, 5, 11, 9, tzinfo=UTC) - EPOCH) // MINUTE
NUMBERS = st.none() | st.integers(0, 5)


@st.composite
def combinations(draw: st.DrawFn) -> Drawn:
    """Two hours, in which the numbers of a service's booking hours change once."""
    known = [draw(_pools(number)) for number in range(draw(st.integers(1, 2)))]
    if rarely(draw, 3):
        known.append(Resource(ResourceId(UUID(int=20)), BRANCH, "somebody", ResourceKind.EXCLUSIVE))
    role = Role(tuple(each.id for each in known), units=draw(st.sampled_from((1, 1, 2))), count=1 + rarely(draw, 5))
    booked = [draw(_services(number, role)) for number in range(draw(st.integers(2, 3)))]
    catalog = Catalog(
        1,
        {BRANCH: Branch(BRANCH, "a branch", "UTC", ANY_TIME)},
        {each.id: each for each in booked},
        {each.id: each for each in known},
    )
    parts = [
        Part(
            draw(st.sampled_from(booked)),
            guest=0 if place == 1 else draw(st.sampled_from((0, 0, 1))),
            gap=draw(st.sampled_from((0, 0, 15))) * MINUTE,
            party_size=draw(st.none() | st.integers(1, 3)),
        )
        for place in range(draw(st.sampled_from((2, 2, 3, 4))))
    ]
    parts[0] = replace(parts[0], guest=0)
    seen: set[int] = set()
    for place, part in enumerate(parts):
        if part.guest in seen and (place == 1 or not rarely(draw, 4)):
            parts[place] = replace(part, continues=True)
        seen.add(part.guest)
    plan = Plan(tuple(parts), draw(st.sampled_from((1, 1, 2))))
    drawn = Drawn(catalog, catalog.branches[BRANCH], plan, {}, instant(NINE - DAY), (NINE, NINE + 120))
    return replace(drawn, claims=draw(claims(drawn)))


@st.composite
def _pools(draw: st.DrawFn, number: int) -> Resource:
    steps = [CapacityStep(EPOCH, draw(st.integers(1, 5)))]
    steps += [
        CapacityStep(instant(NINE + at * 10), draw(st.integers(0, 5)))
        for at in sorted(draw(st.sets(st.integers(-4, 16), max_size=2)))
    ]
    return Resource(
        ResourceId(UUID(int=10 + number)),
        BRANCH,
        f"pool {number}",
        ResourceKind.POOL,
        draw(st.sampled_from((PoolScope.OVERLAP, PoolScope.SAME_SLOT))),
        tuple(steps),
    )


@st.composite
def _services(draw: st.DrawFn, number: int, role: Role) -> Service:
    middle = 9 * 60 + draw(st.sampled_from((30, 45, 60)))
    hours = (0, middle, draw(NUMBERS)), (middle, DAY, draw(NUMBERS))
    week = tuple(WeeklyHours(weekday, *each) for weekday in range(7) for each in hours)
    return Service(
        ServiceId(UUID(int=50 + number)),
        BRANCH,
        f"service {number}",
        draw(st.sampled_from((15, 30))) * MINUTE,
        15 * MINUTE,
        (role,),
        booking_hours=ANY_TIME if rarely(draw) else Schedule(week),
        added_duration=draw(st.sampled_from((None, 10 * MINUTE))),
        buffer_before=draw(st.sampled_from((0, 5))) * MINUTE,
        buffer_after=draw(st.sampled_from((0, 10))) * MINUTE,
        party_count=draw(st.sampled_from(PartyCount)),
    )
