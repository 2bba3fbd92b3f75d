"""What is put into the catalogue comes out again, whole."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings

from appointed.core.catalog import (
    ANY_TIME,
    Catalog,
    Closure,
    Days,
    Hours,
    Role,
    Schedule,
    SpecialDay,
    WeeklyHours,
)
from appointed.core.errors import ServiceTooLong
from appointed.store import catalog as store
from appointed.store.facts import read_facts
from people import MORNING, OFFICE_HOURS, new_branch, new_owner, new_service, offer, pool_resource
from proofs.servers import Home
from store.drawn_catalogs import MINUTE, catalogs


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
