"""Small random worlds of the engine; `as_oracle` makes the oracle's of them.

Everything shrinks towards one service of one resource in a branch that never closes, and nothing booked.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import islice
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from appointed.core.catalog import (
    ANY_TIME,
    Branch,
    CapacityStep,
    Catalog,
    Closure,
    Days,
    GridAnchor,
    Hours,
    PartyCount,
    PoolScope,
    Resource,
    ResourceKind,
    Role,
    Schedule,
    Service,
    SpecialDay,
    WeeklyHours,
)
from appointed.core.ids import BranchId, ClaimId, ResourceId, ServiceId, VisitId
from appointed.core.occupancy import Taken
from appointed.core.plan import Part, Plan
from appointed.core.preference import Preference
from drawn_world import Drawn, as_oracle
from oracle import walls
from oracle.start_rules import START_RULES
from oracle.values import EPOCH, MINUTE, instant

DAY = 1440
# Changes of an hour, of half an hour, of two hours and of a day, at midnight, for a month; and none.
ZONES = {
    "UTC": 2026,
    "Europe/Amsterdam": 2026,
    "America/New_York": 2026,
    "Australia/Lord_Howe": 2026,
    "Africa/Cairo": 2026,
    "Africa/Casablanca": 2026,
    "America/Santiago": 2026,
    "America/Havana": 2026,
    "America/Nuuk": 2026,
    "Antarctica/Troll": 2026,
    "Pacific/Chatham": 2026,
    "Pacific/Apia": 2011,
    "Asia/Kolkata": 2026,
    "Asia/Kathmandu": 2026,
}
BRANCH = BranchId(UUID(int=1))
NOBODY = ResourceId(UUID(int=99))
GRIDS = (30, 60, 15, 5, 7, 13, 20, 45)
MOST_NEEDS = 6
DURATIONS = (30, 60, 15, 20, 45, 7, 13, 90, 120)


@lru_cache(maxsize=100)
def changes(zone: str, year: int) -> tuple[int, ...]:
    return tuple(change.minute for change in walls.changes(year, year, [zone]))


def rarely(draw: st.DrawFn, one_in: int = 4) -> bool:
    return draw(st.integers(0, one_in - 1)) == one_in - 1


@st.composite
def moments(draw: st.DrawFn) -> tuple[str, int]:
    """A zone, and a minute near which things happen: more often than not that of a change of offset."""
    zone = draw(st.sampled_from(sorted(ZONES, key=lambda name: name != "UTC")))
    choice = draw(st.integers(0, 3))
    near = changes(zone, ZONES[zone])
    if choice and near:
        return zone, near[draw(st.integers(0, len(near) - 1))]
    monday = (datetime(2026, 5, 11, 9, tzinfo=UTC) - EPOCH) // MINUTE
    return zone, monday + draw(st.integers(0, 7)) * 12 * 60


@st.composite
def windows(draw: st.DrawFn, near: int) -> tuple[int, int]:
    first = near + draw(st.sampled_from((0, -60, -180, -360, -720, 60, 300)))
    return first, first + draw(st.sampled_from((240, 60, 480, 90, 720)))


ANY_HOURS = st.one_of(
    st.tuples(st.integers(0, 95), st.integers(1, 96)).map(lambda at: (at[0] * 15, (at[0] + at[1]) * 15)),
    st.tuples(st.integers(0, 1439), st.integers(1, 1440)).map(lambda at: (at[0], at[0] + at[1])),
)


@st.composite
def hours_near(draw: st.DrawFn, zone: str, near: int) -> tuple[int, int]:
    """Opening and closing minute, mostly with a minute of UTC between them. Nights reach over midnight."""
    choice = draw(st.integers(0, 4))
    if choice == 0:
        return draw(st.sampled_from(((0, 1440), (0, 720), (720, 1440), (0, 2000), (1200, 1800))))
    if choice == 1:
        return draw(ANY_HOURS)
    opens = (walls.shown(zone, near)[1] // 15 * 15 + draw(st.integers(-20, 8)) * 15) % DAY
    opens += draw(st.integers(0, 14)) if rarely(draw) else 0
    return opens, opens + draw(st.sampled_from((480, 240, 120, 90, 720, 1440, 61)))


@st.composite
def ranges(draw: st.DrawFn, zone: str, near: int, *, capacities: bool) -> list[Hours]:
    found = draw(st.lists(hours_near(zone, near), min_size=1, max_size=2))
    numbers = [draw(st.none() | st.sampled_from((2, 1, 4, 0))) if capacities else None for _ in found]
    return [Hours(opens, closes, number) for (opens, closes), number in zip(found, numbers, strict=True)]


@st.composite
def schedules(draw: st.DrawFn, zone: str, near: int, *, capacities: bool = False) -> Schedule:
    """Hours that are the same all week but for a day off, or none; with or without all the rest."""
    week: tuple[WeeklyHours, ...] | None = None
    choice = draw(st.integers(0, 3))
    if choice:
        every = (
            draw(ranges(zone, near, capacities=capacities))
            if choice > 1
            else [Hours(0, DAY, 2 if capacities else None)]
        )
        off = draw(st.integers(0, 6)) if rarely(draw, 6) else -1
        week = tuple(
            WeeklyHours(weekday, each.opens_minute, each.closes_minute, each.capacity)
            for weekday in range(7)
            for each in every
            if weekday != off
        )
    breaks: tuple[WeeklyHours, ...] = ()
    if rarely(draw, 5):
        opens, closes = draw(hours_near(zone, near))
        closes = min(closes, opens + draw(st.sampled_from((30, 60, 10, 300))))
        breaks = tuple(WeeklyHours(weekday, opens, closes) for weekday in range(7))
    special: tuple[SpecialDay, ...] = ()
    if rarely(draw, 5):
        day = day_near(draw, zone, near)
        special = (
            SpecialDay(day, tuple(draw(ranges(zone, near, capacities=capacities)) if draw(st.booleans()) else ())),
        )
    return Schedule(week, breaks, special, draw(closures(near)) if rarely(draw, 6) else ())


@st.composite
def closures(draw: st.DrawFn, near: int) -> tuple[Closure, ...]:
    starts = instant(near) + draw(st.integers(-40, 40)) * 10 * MINUTE + draw(seconds)
    ends = None if rarely(draw, 6) else starts + draw(st.sampled_from((60, 10, 300))) * MINUTE + draw(seconds)
    return (Closure(starts, ends),)


seconds = st.sampled_from((0, 0, 0, 1, 30, 59)).map(lambda number: timedelta(seconds=number))
words = st.sampled_from((frozenset[str](), frozenset({"a"}), frozenset({"b"}), frozenset({"a", "b"})))


@st.composite
def resources(draw: st.DrawFn, number: int, zone: str, near: int, *, crowded: bool) -> Resource:
    scope = None
    if not (crowded and draw(st.integers(0, 5))):
        scope = draw(st.sampled_from((None, None, PoolScope.OVERLAP, PoolScope.SAME_SLOT)))
    schedule = draw(schedules(zone, near)) if not crowded and rarely(draw) else ANY_TIME
    found = Resource(
        ResourceId(UUID(int=10 + number)),
        BRANCH,
        f"resource {number}",
        ResourceKind.EXCLUSIVE,
        schedule=schedule,
        skills=draw(words) if rarely(draw, 3) else frozenset({"a", "b"}),
        traits=draw(words),
    )
    if scope is None:
        return found
    steps = [CapacityStep(EPOCH, draw(st.integers(1, 5)))]
    if rarely(draw, 3):
        at = instant(near) + draw(st.integers(-20, 20)) * 10 * MINUTE + draw(seconds)
        steps.append(CapacityStep(at, draw(st.integers(0, 5))))
        if rarely(draw, 3):
            steps.pop(0)
    return replace(found, kind=ResourceKind.POOL, scope=scope, capacity=tuple(steps))


@st.composite
def roles(draw: st.DrawFn, known: Sequence[Resource], *, crowded: bool) -> Role:
    """Some resources in any order, now and then with one that the tenant does not have."""
    order = draw(st.permutations([resource.id for resource in known]))
    listed = order[: draw(st.integers(1, len(order)))]
    if rarely(draw, 8):
        listed = [NOBODY, *listed]
    return Role(
        tuple(listed),
        units=draw(st.integers(1, 2)) if rarely(draw, 3) else 1,
        count=2 if rarely(draw, 4 if len(listed) > 1 else 12) else 1,
        skills=draw(words) if rarely(draw, 5) else frozenset(),
        interchangeable=not rarely(draw, 4) if crowded else draw(st.booleans()),
    )


def day_near(draw: st.DrawFn, zone: str, near: int) -> date:
    return walls.shown(zone, near)[0] + draw(st.integers(-1, 1)) * timedelta(days=1)


@st.composite
def limits(draw: st.DrawFn, zone: str, near: int) -> dict[str, Any]:
    """What a service may say about when, how many and how often."""
    found: dict[str, Any] = {"past_slots_allowed": rarely(draw)}
    if rarely(draw, 3):
        found["booking_hours"] = draw(schedules(zone, near, capacities=draw(st.booleans())))
    if rarely(draw):
        found["lead_time"] = draw(st.sampled_from((30, 1, 240, 3000))) * MINUTE
    if rarely(draw, 8):
        found["lead_days"] = Days(draw(st.integers(0, 3)), draw(st.booleans()))
    if rarely(draw, 8):
        found["horizon"] = Days(draw(st.integers(0, 4)), draw(st.booleans()))
    if rarely(draw, 12):
        found["bookable_from"] = day_near(draw, zone, near)
    if rarely(draw, 12):
        found["bookable_until"] = day_near(draw, zone, near)
    if rarely(draw, 5):
        found["party_limit"] = draw(st.integers(1, 4))
    if rarely(draw, 5):
        found["customer_daily_limit"] = draw(st.sampled_from((1, 2, 2, 0)))
    if rarely(draw, 6):
        found["bookable"] = False
    return found


@st.composite
def services(
    draw: st.DrawFn, number: int, zone: str, near: int, known: Sequence[Resource], *, crowded: bool
) -> Service:
    rest: dict[str, Any] = {} if crowded else draw(limits(zone, near))
    if rarely(draw, 3):
        rest["per_extra_person"] = draw(st.sampled_from((10, 5, 3))) * MINUTE
    if rarely(draw, 3):
        rest["added_duration"] = draw(st.sampled_from((10, 15, 7))) * MINUTE
    if rarely(draw, 2):
        rest["buffer_before"] = draw(st.sampled_from((0, 10, 5, 30, 3))) * MINUTE
        rest["buffer_after"] = draw(st.sampled_from((10, 0, 5, 30, 7))) * MINUTE
    return Service(
        ServiceId(UUID(int=50 + number)),
        BRANCH,
        f"service {number}",
        draw(st.sampled_from(DURATIONS)) * MINUTE,
        draw(st.sampled_from(GRIDS)) * MINUTE,
        tuple(draw(st.lists(roles(known, crowded=crowded), min_size=1, max_size=2))),
        anchor=draw(st.sampled_from(GridAnchor)),
        party_count=draw(st.sampled_from(PartyCount)),
        **rest,
    )


@st.composite
def preferences(draw: st.DrawFn, service: Service) -> tuple[Preference, ...]:
    number = draw(st.integers(0, len(service.roles) - 1))
    if draw(st.booleans()):
        return (Preference(number, draw(st.sampled_from(service.roles[number].resource_ids))),)
    return (Preference(number, traits=draw(words)),)


@st.composite
def plans(draw: st.DrawFn, known: Sequence[Service], *, crowded: bool) -> Plan:
    """Up to three parts, and up to six resources needed, so that whoever tries all ways comes to an end."""
    parts: list[Part] = []
    for number in range(draw(st.sampled_from((1, 1, 1, 2, 3)))):
        service = draw(st.sampled_from(known))
        part = Part(
            service,
            guest=draw(st.integers(0, 1)) if number else 0,
            gap=draw(st.sampled_from((0, 15, 60, 7))) * MINUTE if rarely(draw, 3) else 0 * MINUTE,
            beside=rarely(draw),
            preferences=draw(preferences(service)) if rarely(draw, 2 if crowded else 5) else (),
            party_size=draw(st.integers(1, 4)) if rarely(draw, 6) else None,
        )
        if any(each.guest == part.guest for each in parts) and rarely(draw, 3):
            part = replace(part, continues=True, beside=False)
        if sum(role.count for each in (*parts, part) for role in each.service.roles) <= MOST_NEEDS or not parts:
            parts.append(part)
    return Plan(tuple(parts), draw(st.integers(1, 3)) if rarely(draw, 3) else 1)


@st.composite
def exclusive_claims(draw: st.DrawFn, first: int) -> list[Taken]:
    """Claims that follow each other, with or without time between them."""
    found: list[Taken] = []
    at = first - 60
    for _ in range(draw(st.integers(0, 3))):
        at += draw(st.sampled_from((60, 0, 90, 30, 120, 5, 7, 200)))
        ends = at + draw(st.sampled_from((30, 60, 15, 10, 90, 13)))
        found.append(Taken(at, ends))
        at = ends
    return found


@st.composite
def pool_claims(draw: st.DrawFn, first: int, slots: Sequence[tuple[int, int]]) -> list[Taken]:
    """Some at any time, some for just the slots of a service."""
    found: list[Taken] = []
    for _ in range(draw(st.integers(0, 3))):
        units = draw(st.integers(1, 3))
        if slots and draw(st.booleans()):
            found.append(Taken(*slots[draw(st.integers(0, len(slots) - 1))], units))
        else:
            starts = first - 60 + draw(st.integers(0, 60)) * 10
            found.append(Taken(starts, starts + draw(st.sampled_from((60, 30, 120, 7))), units))
    return found


@st.composite
def details(draw: st.DrawFn, taken: Taken, number: int, drawn: Drawn, resource: ResourceId) -> Taken:
    """A claim with whose it is and when it lapses."""
    expires = None
    if rarely(draw):
        expires = (drawn.now - EPOCH) // timedelta(microseconds=1) + draw(st.sampled_from((60_000_000, 1, 0, -1)))
    made_for = [
        (service.id, place)
        for service in drawn.catalog.services.values()
        for place, role in enumerate(service.roles)
        if resource in role.resource_ids
    ]
    service, place = draw(st.sampled_from(made_for)) if made_for else (None, 0)
    return taken._replace(
        expires=expires,
        visit_id=VisitId(UUID(int=1000 + number)),
        claim_id=ClaimId(UUID(int=2000 + number)),
        service_id=service,
        role=place,
        named=rarely(draw),
    )


@st.composite
def worlds(draw: st.DrawFn, *, crowded: bool | None = None) -> Drawn:
    """All of it, without claims or with some. Where it is `crowded`, hardly anything but claims is in the way."""
    zone, near = draw(moments())
    first, last = draw(windows(near))
    crowded = rarely(draw, 3) if crowded is None else crowded
    hours = Schedule(tuple(WeeklyHours(weekday, 0, DAY) for weekday in range(7)))
    branch = Branch(BRANCH, "a branch", zone, hours if crowded else draw(schedules(zone, near)))
    few = 2 if crowded else 1
    known = [draw(resources(number, zone, near, crowded=crowded)) for number in range(draw(st.integers(few, 4)))]
    number_of_services = draw(st.integers(1, 3))
    booked = [draw(services(number, zone, near, known, crowded=crowded)) for number in range(number_of_services)]
    catalog = Catalog(1, {BRANCH: branch}, {each.id: each for each in booked}, {each.id: each for each in known})
    now = instant(first) + draw(st.sampled_from((-3 * DAY, -DAY, -90, 30, 0))) * MINUTE + draw(seconds)
    visits = [
        (draw(st.sampled_from(booked)).id, first + draw(st.integers(-12, 24)) * 60)
        for _ in range(draw(st.integers(0, 3)) if rarely(draw, 2) else 0)
    ]
    drawn = Drawn(catalog, branch, draw(plans(booked, crowded=crowded)), {}, now, (first, last), tuple(visits))
    return replace(drawn, claims=draw(claims(drawn))) if crowded or draw(st.booleans()) else drawn


@st.composite
def claims(draw: st.DrawFn, drawn: Drawn) -> dict[ResourceId, tuple[Taken, ...]]:
    """What others took around the window, each claim with a number of its own."""
    first = drawn.window[0]
    slots = [slot for service in drawn.catalog.services.values() for slot in claims_of_slots(drawn, service)]
    found: dict[ResourceId, tuple[Taken, ...]] = {}
    number = 0
    for resource in drawn.catalog.resources.values():
        exclusive = resource.kind is ResourceKind.EXCLUSIVE
        taken = draw(exclusive_claims(first) if exclusive else pool_claims(first, slots))
        found[resource.id] = tuple(
            draw(details(each, number + place, drawn, resource.id)) for place, each in enumerate(taken)
        )
        number += len(taken)
    return found


def claims_of_slots(drawn: Drawn, service: Service) -> list[tuple[int, int]]:
    """From when until when a claim of a service lasts, for the first minutes in the window that are on its grid."""
    world, plan = as_oracle(replace(drawn, plan=Plan.single(service, drawn.plan.party_size)))
    before, after = service.buffer_before // MINUTE, service.buffer_after // MINUTE
    length = service.length(drawn.plan.party_size) // MINUTE
    on_grid = (at for at in range(*drawn.window) if not START_RULES["slot_grid"](world, plan, 0, at))
    return [(at - before, at + length + after) for at in islice(on_grid, 8)]
