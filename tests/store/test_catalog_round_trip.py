"""What is put into the catalogue comes out again, whole."""

from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from uuid import uuid4  # noqa: TID251 - tests make identities too

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
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
    ServiceGroup,
    SpecialDay,
    Translation,
    WeeklyHours,
)
from appointed.core.errors import ServiceTooLong
from appointed.core.ids import BranchId, ResourceId, ServiceGroupId, ServiceId
from appointed.store import catalog as store
from appointed.store.facts import read_facts
from people import MORNING, OFFICE_HOURS, new_branch, new_owner, new_service, offer, pool_resource
from proofs.servers import Home

MINUTE = timedelta(minutes=1)
WORDS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=5)
MINUTES = st.integers(0, 200).map(lambda count: count * MINUTE)
NAMES_OF_ONE = WORDS.filter(str.strip)
DATES = st.dates(date(1900, 1, 1), date(2399, 12, 31))
INSTANTS = st.datetimes(datetime(1900, 1, 1), datetime(2399, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
COUNTS = st.none() | st.integers(1, 9)
DAYS = st.none() | st.builds(Days, st.integers(0, 400), st.booleans())


@st.composite
def bounds(draw) -> tuple[int, int]:
    opens = draw(st.integers(0, 1439))
    return opens, draw(st.integers(opens + 1, 2880))


@st.composite
def weekly(draw) -> WeeklyHours:
    return WeeklyHours(draw(st.integers(0, 6)), *draw(bounds()), draw(st.none() | st.integers(0, 9)))


@st.composite
def closures(draw) -> Closure:
    starts_at = draw(INSTANTS)
    ends_at = draw(st.none() | st.timedeltas(timedelta(microseconds=1), timedelta(days=9)))
    return Closure(starts_at, ends_at and starts_at + ends_at)


def apart(listed: list) -> tuple:
    """Those hours that overlap none before them on the same day."""
    found: list = []
    for each in listed:
        same_day = [other for other in found if getattr(other, "weekday", 0) == getattr(each, "weekday", 0)]
        if all(
            each.closes_minute <= other.opens_minute or other.closes_minute <= each.opens_minute for other in same_day
        ):
            found.append(each)
    return tuple(found)


HOURS = st.lists(st.builds(lambda both, capacity: Hours(*both, capacity), bounds(), COUNTS), max_size=2).map(apart)
WEEKS = st.lists(weekly(), max_size=3).map(apart)
SPECIAL_DAYS = st.lists(st.builds(SpecialDay, DATES, HOURS), max_size=3, unique_by=lambda special: special.day).map(
    tuple
)
SCHEDULES = st.builds(Schedule, st.none() | WEEKS, WEEKS, SPECIAL_DAYS, st.lists(closures(), max_size=2).map(tuple))
SKILLS = st.frozensets(WORDS, max_size=2)
NAMES = st.lists(st.builds(Translation, WORDS, NAMES_OF_ONE), max_size=3, unique_by=lambda name: name.language).map(
    tuple
)
SLUGS = st.just("") | st.builds(lambda: str(uuid4()))


def whole(made, /, **values):
    """A value of which each field is drawn: one that was forgotten would always come back as its default."""
    assert values.keys() == {each.name for each in fields(made)}
    return made(**values)


@st.composite
def resources(draw, branch: BranchId) -> Resource:
    steps = draw(st.lists(INSTANTS, max_size=3, unique=True).map(sorted))
    return whole(
        Resource,
        id=ResourceId(uuid4()),
        branch_id=branch,
        name=draw(NAMES_OF_ONE),
        kind=draw(st.sampled_from(ResourceKind)),
        scope=draw(st.sampled_from(PoolScope)),
        capacity=tuple(CapacityStep(each, draw(st.integers(0, 9))) for each in steps),
        schedule=draw(SCHEDULES),
        skills=draw(SKILLS),
        traits=draw(SKILLS),
        slug=draw(SLUGS),
        retired=draw(st.booleans()),
    )


@st.composite
def services(draw, branch: BranchId, of: list[Resource]) -> Service:
    serving = [each.id for each in of if not each.retired]
    ids = st.lists(st.sampled_from(serving), max_size=3, unique=True).map(tuple) if serving else st.just(())
    role = st.builds(Role, ids, st.integers(1, 9), st.integers(1, 9), SKILLS, st.booleans()).map(
        lambda role: replace(role, count=min(role.count, len(role.resource_ids) or 1))
    )
    first, last = draw(st.none() | DATES), draw(st.none() | DATES)
    party_limit = draw(COUNTS)
    return whole(
        Service,
        id=ServiceId(uuid4()),
        branch_id=branch,
        name=draw(NAMES_OF_ONE),
        duration=draw(st.integers(1, 200)) * MINUTE,
        grid=draw(st.integers(1, 1440)) * MINUTE,
        roles=tuple(draw(st.lists(role, max_size=3))),
        locale=draw(WORDS),
        required_contact=draw(st.sampled_from((None, "phone", "email"))),
        party_limit=party_limit,
        reminder=draw(st.none() | st.integers(1, 9999).map(lambda count: count * MINUTE)),
        past_slots_allowed=draw(st.booleans()),
        anchor=draw(st.sampled_from(GridAnchor)),
        per_extra_person=draw(st.integers(0, 90)) * MINUTE if party_limit else timedelta(),
        party_count=draw(st.sampled_from(PartyCount)),
        buffer_before=draw(MINUTES),
        buffer_after=draw(MINUTES),
        booking_hours=draw(SCHEDULES),
        lead_time=draw(MINUTES),
        lead_days=draw(DAYS),
        horizon=draw(DAYS),
        bookable_from=min(first, last) if first and last else first,
        bookable_until=max(first, last) if first and last else last,
        customer_daily_limit=draw(COUNTS),
        remote_allowed=draw(st.booleans()),
        bookable=draw(st.booleans()),
        slug=draw(SLUGS),
        names=draw(NAMES),
        retired=draw(st.booleans()),
    )


@st.composite
def branches_of(draw) -> Branch:
    return whole(
        Branch,
        id=BranchId(uuid4()),
        name=draw(NAMES_OF_ONE),
        time_zone=draw(st.sampled_from(("Europe/Warsaw", "Asia/Kathmandu"))),
        opening_hours=draw(SCHEDULES),
        slug=draw(SLUGS),
        names=draw(NAMES),
        address=draw(st.none() | WORDS),
        retired=draw(st.booleans()),
    )


@st.composite
def groups(draw, of: list[Service]) -> ServiceGroup:
    return whole(
        ServiceGroup,
        id=ServiceGroupId(uuid4()),
        name=draw(NAMES_OF_ONE),
        service_ids=tuple(draw(st.permutations([each.id for each in of]))),
        slug=draw(SLUGS),
        names=draw(NAMES),
        retired=draw(st.booleans()),
    )


@st.composite
def catalogs(draw) -> Catalog:
    branches = [draw(branches_of()) for _ in range(2)]
    branch = st.sampled_from([each.id for each in branches])
    some = [draw(resources(draw(branch))) for _ in range(draw(st.integers(0, 3)))]
    offered = [draw(services(draw(branch), some)) for _ in range(draw(st.integers(0, 2)))]
    shown = [draw(groups(offered)) for _ in range(draw(st.integers(0, 2)))]
    return Catalog(0, *({each.id: each for each in kind} for kind in (branches, offered, some, shown)))


@given(catalog=catalogs())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
async def test_what_is_put_is_read(home: Home, catalog: Catalog) -> None:
    person = await new_owner(home.context)
    for _ in range(2):
        async with home.context.pool.transaction(person.tenant) as tx:
            version = await store.put(tx, person.tenant, catalog, MORNING)
        facts = await read_facts(home.context.pool, person.tenant, MORNING)
        assert facts.catalog == replace(catalog, version=version)
        assert facts.version == version


async def test_a_retired_resource_serves_nobody_and_comes_back_in_its_place(home: Home) -> None:
    person = await new_owner(home.context)
    branch = new_branch()
    some = [pool_resource(branch.id) for _ in range(3)]
    service = new_service(branch, pool_resource(branch.id))
    service = replace(service, roles=(Role(tuple(each.id for each in some)),))
    await offer(home.context, person, branch, service, *some)
    for retired in (True, False):
        await offer(home.context, person, branch, service, replace(some[1], retired=retired))
        read = (await read_facts(home.context.pool, person.tenant, MORNING)).catalog
        left = (some[0].id, some[2].id) if retired else tuple(each.id for each in some)
        assert read.services[service.id].roles[0].resource_ids == left


async def test_special_days_are_of_the_calendar(home: Home) -> None:
    """The last days of all months, of leap years too, and the first and the last of all."""
    person = await new_owner(home.context)
    ends = [date(year, month, 1) - timedelta(days=1) for year in (2025, 2028, 2100, 2000) for month in range(1, 13)]
    days = tuple(map(SpecialDay, (*ends, date(2024, 2, 29), date(1, 1, 1), date(9999, 12, 31))))
    branch = new_branch(opening_hours=Schedule(None, (), days))
    places = pool_resource(branch.id)
    await offer(home.context, person, branch, new_service(branch, places), places)
    read = (await read_facts(home.context.pool, person.tenant, MORNING)).catalog
    assert read.branches[branch.id] == branch


async def test_closures_are_of_the_calendar(home: Home) -> None:
    """To the microsecond, at any offset that there is, from the first instant to the last."""
    person = await new_owner(home.context)
    first, last = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
    east, west = (timezone(sign * timedelta(hours=15, minutes=59)) for sign in (1, -1))
    closures = (
        Closure(first.replace(tzinfo=east), last.replace(tzinfo=west)),
        Closure(first, datetime(2024, 2, 29, 0, 0, 0, 1, tzinfo=UTC)),
        Closure(last),
    )
    branch = new_branch(opening_hours=Schedule(None, (), (), closures))
    places = pool_resource(branch.id)
    await offer(home.context, person, branch, new_service(branch, places), places)
    read = (await read_facts(home.context.pool, person.tenant, MORNING)).catalog
    assert read.branches[branch.id] == branch


async def test_what_is_put_again_replaces_all_of_it(home: Home) -> None:
    """A schedule, a list of roles and the steps of a pool that became shorter leave nothing behind."""
    person = await new_owner(home.context)
    branch = new_branch(opening_hours=OFFICE_HOURS)
    places = pool_resource(branch.id, 3, skills=frozenset({"a"}), schedule=OFFICE_HOURS)
    service = new_service(branch, places, places, booking_hours=OFFICE_HOURS, lead_days=Days(1, business=True))
    await offer(home.context, person, branch, service, places)
    bare = (
        replace(branch, opening_hours=ANY_TIME),
        replace(service, roles=service.roles[:1], booking_hours=ANY_TIME, lead_days=None),
        replace(places, capacity=(), skills=frozenset(), schedule=ANY_TIME),
    )
    await offer(home.context, person, *bare)
    read = (await read_facts(home.context.pool, person.tenant, MORNING)).catalog
    assert (read.branches[branch.id], read.services[service.id], read.resources[places.id]) == bare


# What a dataclass does not mind, and JSON has as text.
BAD_DATES: list[Any] = [
    "",
    "soon",
    "2026-02-29",
    "2026-13-01",
    "0000-01-01",
    "2026-04-00",
    "2026-1-1",
    "20260101",
    None,
]
BAD_INSTANTS: list[Any] = [
    "2026-01-01",
    "2026-01-01T00:00:00",
    "2026-01-01 00:00:00+00",
    "2026-01-01 00:00:00Z",
    "2026-01-01T00:00:00+01",
    "2026-01-01T24:00:00Z",
    "2026-01-01T23:59:60Z",
    "2026-02-29T00:00:00Z",
    "0000-01-01T00:00:00Z",
    "12026-01-01T00:00:00Z",
    "infinity",
    "-infinity",
    "now",
    "",
]
BAD_HOURS = [(-1, 60), (1440, 1500), (60, 60), (60, 59), (60, 2881)]


@pytest.mark.parametrize(
    "schedule",
    [
        *(Schedule((WeeklyHours(0, *both),)) for both in BAD_HOURS),
        *(Schedule(None, (WeeklyHours(0, *both),)) for both in BAD_HOURS[:1]),
        *(Schedule(None, (), (SpecialDay(date(2026, 1, 1), (Hours(*both),)),)) for both in BAD_HOURS[:1]),
        Schedule((WeeklyHours(7, 0, 60),)),
        Schedule((WeeklyHours(-1, 0, 60),)),
        Schedule((WeeklyHours(0, 0, 60, -1),)),
        Schedule(None, (), (SpecialDay(date(2026, 1, 1)), SpecialDay(date(2026, 1, 1)))),
        *(Schedule(None, (), (SpecialDay(day),)) for day in BAD_DATES),
        Schedule(None, (), (), (Closure(MORNING, MORNING),)),
        *(Schedule(None, (), (), (Closure(instant, None),)) for instant in [*BAD_INSTANTS, None]),
        *(Schedule(None, (), (), (Closure(MORNING, instant),)) for instant in BAD_INSTANTS),
    ],
    ids=str,
)
@pytest.mark.parametrize("owner_of", ["branch", "service", "resource"])
async def test_a_schedule_that_is_none_is_refused(home: Home, schedule: Schedule, owner_of: str) -> None:
    person = await new_owner(home.context)
    branch = new_branch(opening_hours=schedule) if owner_of == "branch" else new_branch()
    places = pool_resource(branch.id, schedule=schedule) if owner_of == "resource" else pool_resource(branch.id)
    booking_hours = schedule if owner_of == "service" else ANY_TIME
    with pytest.raises(asyncpg.CheckViolationError):
        await offer(home.context, person, branch, new_service(branch, places, booking_hours=booking_hours), places)


@pytest.mark.parametrize(
    ("changes", "fits"),
    [
        ({"duration": 1440 * MINUTE}, True),
        ({"duration": 1441 * MINUTE}, False),
        ({"duration": 1430 * MINUTE, "buffer_before": 5 * MINUTE, "buffer_after": 5 * MINUTE}, True),
        ({"duration": 1430 * MINUTE, "buffer_before": 5 * MINUTE, "buffer_after": 6 * MINUTE}, False),
        ({"duration": 40 * MINUTE, "per_extra_person": 100 * MINUTE, "party_limit": 15}, True),
        ({"duration": 41 * MINUTE, "per_extra_person": 100 * MINUTE, "party_limit": 15}, False),
        ({"duration": 5 * MINUTE, "per_extra_person": MINUTE}, False),
    ],
    ids=str,
)
async def test_a_service_takes_a_day_at_most(home: Home, changes: dict, fits: bool) -> None:
    """A claim cannot be longer, so neither may be what makes one, with the largest party that it takes."""
    person = await new_owner(home.context)
    branch = new_branch()
    places = pool_resource(branch.id)
    service = new_service(branch, places, **changes)
    if fits:
        await offer(home.context, person, branch, service, places)
        return
    with pytest.raises(ServiceTooLong) as refused:
        await offer(home.context, person, branch, service, places)
    assert refused.value.service == str(service.id)


async def test_no_length_is_cut(home: Home) -> None:
    person = await new_owner(home.context)
    branch = new_branch()
    places = pool_resource(branch.id)
    service = new_service(branch, places, lead_time=timedelta(seconds=90))
    with pytest.raises(ValueError, match="whole number of minutes"):
        await offer(home.context, person, branch, service, places)
