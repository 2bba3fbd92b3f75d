"""The next free start, why another one is not, and what is on offer at the edges of calendars."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from appointed.core.caller import Caller, Scope
from appointed.core.catalog import Closure, Days, PoolScope, Schedule, WeeklyHours
from appointed.core.errors import Refusal, ScopeMissing, ServiceNotFound, SlotNotOffered
from appointed.core.explain import Block
from appointed.core.ids import ServiceId
from appointed.core.intervals import Interval
from appointed.core.localtime import FIRST_INSTANT, LAST_INSTANT
from appointed.usecases import slots
from appointed.usecases.clock import new_id
from appointed.usecases.context import Context
from appointed.usecases.inquiring import Wanted
from appointed.usecases.slots import CalendarDay, explain, find_next, find_slots, single
from people import MORNING, new_branch, new_colleague, new_owner, pool_resource, set_clock
from salon import NINE, Salon, at, minutes

NINE_TO_TEN = Schedule(tuple(WeeklyHours(weekday, 540, 600) for weekday in range(7)))
DAY = timedelta(days=1)


async def branches(salon: Salon, *zones: str) -> list[ServiceId]:
    """A service of one clerk at a branch in each zone, from nine to ten on its clock."""
    services = []
    for time_zone in zones:
        there = replace(salon, branch=new_branch(time_zone=time_zone, opening_hours=NINE_TO_TEN))
        (clerk,) = there.clerks(1)
        service = there.service(30, [clerk], grid=minutes(30))
        await there.put(service, clerk)
        services.append(service.id)
    return services


async def test_the_next_free_of_several_branches_is_the_earliest(salon: Salon) -> None:
    """By the instant, wherever that is on the clocks; in order, and none for what has none."""
    zones = "America/New_York", "Asia/Kolkata", "Europe/Warsaw", "UTC"
    ids = await branches(salon, *zones)
    wants = [single(service_id) for service_id in ids]
    found = await find_next(salon.context, salon.person.caller, wants, MORNING)
    nine = {
        "Europe/Warsaw": at(-30),
        "UTC": at(0),
        "America/New_York": at(5 * 60),
        "Asia/Kolkata": at(18 * 60 + 30),
    }
    assert [(zones[ids.index(each.want.parts[0].service_id)], each.slot.starts_at) for each in found] == list(
        nine.items()
    )
    later = await find_next(salon.context, salon.person.caller, wants, at(1))
    assert later[0].slot.starts_at == at(30)
    assert await find_next(salon.context, salon.person.caller, wants, at(1), within=minutes(29)) == ()
    (last,) = await find_next(salon.context, salon.person.caller, wants, at(1), within=minutes(30))
    assert last.slot.starts_at == at(30)
    assert await find_next(salon.context, salon.person.caller, wants, at(1), within=timedelta()) == ()


@dataclass
class Meeting:
    """A pool in which all who read claims, but the first, wait until so many do.

    It knows how many read at once at most, and which version of the catalogue each of those who read anything knew.
    """

    context: Context
    many: asyncio.Barrier
    begun: bool = False
    reading: int = 0
    most: int = 0
    known: list[int | None] = field(default_factory=list)

    async def call(self, sql: str, *arguments: Any) -> Any:
        if "facts(" not in sql:
            return await self.context.pool.call(sql, *arguments)
        self.known.append(arguments[2])
        self.reading += 1
        self.most = max(self.most, self.reading)
        try:
            if arguments[4] is not None:
                self.begun, waits = True, self.begun
                if waits:
                    async with asyncio.timeout(5):
                        await self.many.wait()
            return await self.context.pool.call(sql, *arguments)
        finally:
            self.reading -= 1


async def test_the_first_is_asked_alone_and_the_others_some_at_once(salon: Salon) -> None:
    """So only one reads a catalogue that is not known, or has moved, and the pool is left for others too."""
    ids = await branches(salon, *["UTC"] * (2 * slots.AT_ONCE + 1))
    wants = [single(service_id) for service_id in ids]
    meeting = Meeting(salon.context, asyncio.Barrier(slots.AT_ONCE))
    apart = Context(meeting, salon.context.clock)
    found = await find_next(apart, salon.person.caller, wants, MORNING)
    assert [each.want for each in found] == wants
    assert meeting.most == slots.AT_ONCE
    first, *rest = meeting.known
    assert first is None
    assert len({*rest}) == 1
    await branches(salon, "UTC")
    meeting.known.clear()
    meeting.begun = False
    assert len(await find_next(apart, salon.person.caller, wants, MORNING)) == len(wants)
    assert meeting.known.count(rest[0]) == 1


async def test_one_that_fails_lets_the_others_go(salon: Salon) -> None:
    """Its own refusal is what the caller gets, and nobody waits for the rest."""
    first, second = await branches(salon, "UTC", "UTC")
    meeting = Meeting(salon.context, asyncio.Barrier(2))
    apart = Context(meeting, salon.context.clock)
    before = asyncio.all_tasks()
    wants = [single(service_id) for service_id in (first, second, ServiceId(new_id()))]
    with pytest.raises(ServiceNotFound):
        await find_next(apart, salon.person.caller, wants, MORNING)
    # An answer that others could share goes on until it is there, or is not.
    (shared,) = asyncio.all_tasks() - before
    await meeting.many.abort()
    with pytest.raises(asyncio.BrokenBarrierError):
        await shared


async def test_the_next_free_may_be_far_ahead(salon: Salon) -> None:
    """Full days are passed over, closed ones too, up to a year; a full slot is none."""
    salon = replace(salon, branch=new_branch(time_zone="UTC", opening_hours=NINE_TO_TEN))
    (clerk,) = salon.clerks(1)
    service = salon.service(60, [clerk], grid=minutes(60))
    await salon.put(service, clerk)

    async def after(days: int, *, within: timedelta = slots.SEARCHED) -> list[datetime]:
        free = at(0) + days * DAY
        closed = (Closure(at(60), free),)
        await salon.put(replace(salon.branch, opening_hours=replace(NINE_TO_TEN, closures=closed)))
        found = await find_next(salon.context, salon.person.caller, [single(service.id)], MORNING, within=within)
        return [each.slot.starts_at - days * DAY for each in found]

    await salon.hold(service)
    for days in (1, 2, 6, 7, 30, 31, 93, 94, 250, 365):
        assert await after(days) == [at(0)], days
    # The search ends 366 days after its start, an hour before the slot.
    assert await after(366) == []
    assert await after(10, within=5 * DAY) == []


@pytest.mark.parametrize("edge", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC), LAST_INSTANT])
async def test_nothing_is_next_at_the_ends_of_time(salon: Salon, edge: datetime) -> None:
    (service_id,) = await branches(salon, "UTC")
    assert await find_next(salon.context, salon.person.caller, [single(service_id)], edge) == ()


async def test_a_block_tells_rule_resource_and_visits(salon: Salon) -> None:
    (clerk, other), room = salon.clerks(2), pool_resource(salon.branch.id, 3, scope=PoolScope.OVERLAP)
    away = replace(other, schedule=Schedule(closures=(Closure(at(0), at(20)),)))
    service = salon.service(10, [clerk, other], [room], booking_hours=Schedule(closures=(Closure(at(40), at(50)),)))
    await salon.put(service, clerk, away, room)
    held = [await salon.hold(service), await salon.hold(service, start=10)]
    extra = await salon.hold(service, start=5, overbook=True)
    for start, visits in ((0, held[:1]), (5, held), (10, held[1:])):
        found = await salon.explained(service, start=start)
        ids = tuple(visit.id for visit in visits)
        assert found.blocks == (
            Block("claims", True, service.id, clerk.id, ids),
            Block("time_off", False, service.id, other.id),
        )
        assert extra.id not in ids
    assert (await salon.explained(service, start=40)).blocks == (Block("closures", False, service.id),)
    early = (await salon.explained(service, start=-61)).blocks
    assert {block.rule for block in early} == {"past_slots", "slot_grid"}


async def test_the_nearest_starts_are_told(salon: Salon) -> None:
    """On either side, a month far at most; and for what is on offer there is nothing to explain."""
    salon = replace(salon, branch=new_branch(time_zone="UTC", opening_hours=NINE_TO_TEN))
    (clerk,) = salon.clerks(1)
    service = salon.service(20, [clerk], grid=minutes(20))
    await salon.put(service, clerk)
    await salon.hold(service, start=20)

    async def near(start: int) -> tuple[int | None, ...]:
        found = await salon.explained(service, start=start)
        return tuple(
            None if slot is None else (slot.starts_at - NINE) // minutes(1) for slot in (found.before, found.after)
        )

    assert await near(20) == (0, 40)
    assert await near(25) == (0, 40)
    assert await near(0) == (None, 40)
    assert (await salon.explained(service)).blocks == ()
    assert await near(24 * 60) == (40, 24 * 60 + 20)
    await salon.put(replace(service, bookable_until=date(2020, 11, 30)))
    assert await near(40) == (0, None)
    assert await near(30 * 24 * 60) == (40, None)
    assert await near(32 * 24 * 60) == (None, None)
    await salon.put(replace(service, bookable_from=date(2021, 1, 15)))
    assert await near(40) == (None, None)
    assert await near(20 * 24 * 60) == (None, 46 * 24 * 60)


async def test_what_is_only_listed_cannot_be_had(salon: Salon) -> None:
    """Not by overbooking either; who has a visit of it keeps it."""
    (clerk,) = salon.clerks(1)
    service = salon.service(10, [clerk])
    await salon.put(service, clerk)
    held = await salon.hold(service, start=10)
    await salon.put(replace(service, bookable=False))
    assert await salon.offered(service) == {}
    explained = await salon.explained(service)
    assert explained.blocks == (Block("bookable", False, service.id),)
    assert (explained.before, explained.after) == (None, None)
    for overbook in (False, True):
        with pytest.raises(SlotNotOffered) as refused:
            await salon.hold(service, overbook=overbook)
        assert refused.value.reason == "bookable"
    assert (await salon.confirm(held)).id == held.id
    await salon.put(service)
    assert (await salon.hold(service)).items[0].service_id == service.id


async def test_within_a_minute_nothing_starts(salon: Salon) -> None:
    """The minute is explained, and the hold of its seconds refused."""
    (clerk,) = salon.clerks(1)
    service = salon.service(10, [clerk])
    await salon.put(service, clerk)
    with pytest.raises(SlotNotOffered) as refused:
        await salon.hold(service, starts_at=at(0) + timedelta(seconds=1))
    assert refused.value.reason == "slot_grid"


@pytest.mark.parametrize("edge", [FIRST_INSTANT, LAST_INSTANT])
async def test_slots_end_where_calendars_do(salon: Salon, edge: datetime) -> None:
    pool = pool_resource(salon.branch.id, 1, scope=PoolScope.OVERLAP)
    service = salon.service(60, [pool], grid=minutes(60), past_slots_allowed=True)
    await salon.put(service, pool)
    context, caller = salon.context, salon.person.caller
    found = (await find_slots(context, caller, single(service.id), Interval(edge - DAY, edge + DAY))).slots
    assert all(FIRST_INSTANT <= slot.starts_at < LAST_INSTANT for slot in found)
    # The pool came to be in 2000.
    assert bool(found) is (edge == LAST_INSTANT)
    for instant in (edge - DAY, edge - minutes(60), edge, edge + minutes(60)):
        offered = any(slot.starts_at == instant for slot in found)
        within = FIRST_INSTANT <= instant < LAST_INSTANT
        assert offered is (within and bool(found))
        if not within:
            with pytest.raises(SlotNotOffered):
                await explain(context, caller, single(service.id), instant)
        else:
            assert bool((await explain(context, caller, single(service.id), instant)).blocks) is not offered
        if not offered:
            with pytest.raises(Refusal):
                await salon.hold(service, starts_at=instant)


@pytest.mark.parametrize("day", [date.min, FIRST_INSTANT.date(), LAST_INSTANT.date(), date.max])
async def test_a_date_beyond_calendars_has_no_slots(salon: Salon, day: date) -> None:
    (service_id,) = await branches(salon, "UTC")
    assert (await find_slots(salon.context, salon.person.caller, single(service_id), CalendarDay(day))).slots == ()


async def test_a_date_that_was_left_out_has_no_slots(salon: Salon) -> None:
    """In Apia the 30th of December 2011 never was: the 29th is followed by the 31st, at once."""
    person = await new_owner(salon.context, sandbox_at=datetime(2011, 12, 29, 12, tzinfo=UTC))
    salon = replace(salon, person=person, branch=new_branch(time_zone="Pacific/Apia"))
    (clerk,) = salon.clerks(1)
    service = salon.service(60, [clerk], grid=minutes(60))
    await salon.put(service, clerk)

    async def on(day: int) -> list[datetime]:
        want, span = single(service.id), CalendarDay(date(2011, 12, day))
        return [slot.starts_at for slot in (await find_slots(salon.context, person.caller, want, span)).slots]

    midnight = datetime(2011, 12, 30, 10, tzinfo=UTC)
    assert await on(30) == []
    before, after = await on(29), await on(31)
    assert (before[-1], after[0]) == (midnight - minutes(60), midnight)
    assert len(after) == 24
    # A day ahead of the 29th is the 31st.
    await salon.put(replace(service, lead_days=Days(1)))
    assert await on(29) == []
    assert len(await on(31)) == 24


async def test_the_public_of_a_sandbox_lives_by_its_clock(salon: Salon) -> None:
    """Whoever brings no key does not say that it is a sandbox: today is its day, and its past is past."""
    (clerk,) = salon.clerks(1)
    service = salon.service(10, [clerk], grid=minutes(30))
    await salon.put(service, clerk)
    public = Caller(salon.person.tenant, None, "public", frozenset({Scope.READ, Scope.BOOK}))
    for process in (salon, salon, salon.elsewhere()):
        found = await find_slots(process.context, public, single(service.id), CalendarDay(None))
        assert (found.slots[0].starts_at, found.slots[-1].starts_at.date()) == (at(-30), MORNING.date())
    here = replace(salon, person=replace(salon.person, caller=public))
    visit = await here.hold(service)
    assert visit.created_at == MORNING
    await set_clock(salon.context, salon.person, at(45))
    assert min(await here.offered(service, minutes=120)) == 60
    with pytest.raises(SlotNotOffered) as refused:
        await here.hold(service, start=30)
    assert refused.value.reason == "past_slots"
    await set_clock(salon.context, salon.person, at(0) + DAY)
    found = await find_slots(here.context, public, single(service.id), CalendarDay(None))
    assert found.slots[0].starts_at == at(30) + DAY


async def test_looking_needs_a_scope_and_a_service(salon: Salon) -> None:
    (service_id,) = await branches(salon, "UTC")
    caller = salon.person.caller
    booking = (await new_colleague(salon.context, caller.tenant, scopes=frozenset({Scope.BOOK}))).caller
    span = Interval(at(0), at(60))
    for look in (
        lambda who, want: find_slots(salon.context, who, want, span),
        lambda who, want: find_next(salon.context, who, [want], at(0)),
        lambda who, want: explain(salon.context, who, want, at(0)),
    ):
        with pytest.raises(ScopeMissing):
            await look(booking, single(service_id))
        with pytest.raises(ServiceNotFound):
            await look(caller, single(ServiceId(new_id())))
    reading = (await new_colleague(salon.context, caller.tenant, scopes=frozenset({Scope.READ}))).caller
    with pytest.raises(ScopeMissing):
        await replace(salon, person=replace(salon.person, caller=reading)).hold(Wanted(service_id))
