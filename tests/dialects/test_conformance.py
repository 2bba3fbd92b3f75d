"""The life of a visit in every dialect: what it takes, how long it lasts, and what gives it back."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4  # noqa: TID251 - tests make identities too

import pytest

from adapters import ADAPTERS, having
from appointed.core.errors import HoldLapsed, KeyReused, SlotNotOffered, SlotTaken, StateForbids, VisitNotFound
from appointed.dialects import DIALECTS
from appointed.wire.ability import Ability
from conformance import Adapter, assert_refused, new_calendar, rows_of, speaker

OFFER, HOLD, CONFIRM, RELEASE, BOOK, MOVE, CANCEL = Ability
SECOND, YEARS = timedelta(seconds=1), timedelta(days=3650)
AT_ONCE = 20
MAKING = [(dialect.name, step) for dialect in DIALECTS for step in (HOLD, BOOK, CONFIRM) if step in dialect.abilities]

every = pytest.mark.parametrize("by", [dialect.name for dialect in DIALECTS], indirect=True)
holding = pytest.mark.parametrize("by", having(HOLD), indirect=True)
booking = pytest.mark.parametrize("by", having(BOOK), indirect=True)
moving = pytest.mark.parametrize("by", having(MOVE), indirect=True)
lapsing = pytest.mark.parametrize("by", [name for name in having(HOLD) if ADAPTERS[name].lifetime], indirect=True)
lapsing_and_moving = pytest.mark.parametrize(
    "by", [name for name in having(HOLD, MOVE) if ADAPTERS[name].lifetime], indirect=True
)
lasting = pytest.mark.parametrize("by", [name for name in having(HOLD) if not ADAPTERS[name].lifetime], indirect=True)


@pytest.fixture
async def by(request, client, context):
    """The owner of a calendar, who speaks one dialect."""
    return await speaker(ADAPTERS[request.param], client, await new_calendar(context))


def test_every_dialect_has_an_adapter_that_speaks_what_the_dialect_declares():
    assert set(ADAPTERS) == {dialect.name for dialect in DIALECTS}
    for dialect in DIALECTS:
        adapter = ADAPTERS[dialect.name]
        assert adapter.dialect is dialect
        assert adapter.speaks == dialect.abilities, dialect.name
        assert isinstance(adapter, Adapter)


def test_every_dialect_can_be_had_a_start_of_and_gives_it_back():
    for dialect in DIALECTS:
        assert {OFFER, CANCEL} <= dialect.abilities
        assert BOOK in dialect.abilities or {HOLD, CONFIRM, RELEASE} <= dialect.abilities


@every
async def test_what_is_on_offer_can_be_taken_and_what_is_not_cannot(by):
    start, off_the_grid = by.calendar.start(0), by.calendar.start(0) + timedelta(minutes=1)
    assert start in await by.offered()
    assert off_the_grid not in await by.offered()
    assert (await by.take(start)).is_success
    assert_refused(by.dialect, await by.take(off_the_grid), SlotNotOffered)


@holding
async def test_a_hold_takes_the_place(by):
    start = by.calendar.start(0)
    before = await by.offered()
    await by.hold(start)
    assert await by.offered() == before - {start}
    assert await by.calendar.count("held") == 1


@holding
async def test_what_is_held_cannot_be_held_again(by):
    start = by.calendar.start(0)
    await by.hold(start)
    rows = await by.calendar.rows()
    await by.refused(SlotTaken, HOLD, start)
    if BOOK in by.abilities:
        await by.refused(SlotTaken, BOOK, start)
    assert await by.calendar.rows() == rows


@booking
async def test_a_booking_is_a_promise_at_once(by):
    start = by.calendar.start(0)
    await by.done(BOOK, start)
    assert await by.calendar.count("confirmed") == 1
    assert start not in await by.offered()
    await by.refused(SlotTaken, BOOK, start)


@lapsing
async def test_a_hold_lapses_to_the_second(by):
    """At the last second it can be confirmed and its start is taken; from the next on neither."""
    lifetime = by.adapter.lifetime
    kept, lost = by.calendar.start(0), by.calendar.start(1)
    confirmed, lapsed = await by.hold(kept), await by.hold(lost)
    await by.calendar.past(lifetime - SECOND)
    assert not {kept, lost} & await by.offered()
    await by.refused(SlotTaken, HOLD, lost)
    await by.done(CONFIRM, confirmed)
    await by.calendar.past(lifetime)
    assert {kept, lost} & await by.offered() == {lost}
    await by.refused(HoldLapsed, CONFIRM, lapsed)
    await by.hold(lost)
    await by.refused(HoldLapsed, CONFIRM, lapsed)
    assert Counter([await by.calendar.count(state) for state in ("confirmed", "held")]) == {1: 2}


@lapsing
async def test_a_lapsed_hold_stays_so_once_it_is_tidied_away(by):
    visit = await by.hold(by.calendar.start(0))
    await by.calendar.past(by.adapter.lifetime)
    context, tenant = by.calendar.context, by.calendar.person.tenant
    now = by.calendar.start(0) - timedelta(hours=1) + by.adapter.lifetime
    assert await context.pool.call("SELECT lapse($1, $2, 1000)", tenant, now) == 1
    await by.refused(HoldLapsed, CONFIRM, visit)
    assert by.calendar.start(0) in await by.offered()


@lapsing
async def test_a_promise_does_not_lapse(by):
    start = by.calendar.start(0)
    await by.done(CONFIRM, await by.hold(start))
    await by.calendar.past(by.adapter.lifetime + SECOND)
    assert start not in await by.offered()
    await by.refused(SlotTaken, HOLD, start)


@lasting
async def test_a_hold_that_never_lapses_can_be_confirmed_after_years(by):
    visit = await by.hold(by.calendar.start(0))
    context, tenant = by.calendar.context, by.calendar.person.tenant
    await by.calendar.past(YEARS)
    assert await context.pool.call("SELECT lapse($1, $2, 1000)", tenant, by.calendar.start(0) + YEARS) == 0
    await by.done(CONFIRM, visit)
    assert await by.calendar.count("confirmed") == 1


@holding
async def test_a_confirmation_made_twice_is_one(by):
    start = by.calendar.start(0)
    visit = await by.hold(start)
    first = by.adapter.visit_in_step(await by.done(CONFIRM, visit))
    rows = await by.calendar.rows()
    assert by.adapter.visit_in_step(await by.done(CONFIRM, visit)) == first
    assert await by.calendar.rows() == rows
    assert await by.calendar.count("confirmed") == 1


@pytest.mark.parametrize(("by", "ability"), MAKING, indirect=["by"])
async def test_what_is_asked_twice_under_one_key_is_done_once(by, ability):
    """And what is asked under it in other bytes is not: a confirmation could be taken twice without any key."""
    about = await by.hold(by.calendar.start(0)) if ability is CONFIRM else by.calendar.start(0)
    first = await by.do(ability, about, Idempotency_Key="a")
    assert first.is_success
    rows = await by.calendar.rows()
    again = await by.do(ability, about, Idempotency_Key="a")
    assert (again.status_code, again.content) == (first.status_code, first.content)
    other = await replace(by, behind=b" ").do(ability, about, Idempotency_Key="a")
    assert_refused(by.dialect, other, KeyReused)
    assert await by.calendar.rows() == rows


@every
async def test_a_cancellation_gives_the_place_back_at_once(by):
    start = by.calendar.start(0)
    before = await by.offered()
    visit = await by.promise(start)
    await by.done(CANCEL, visit)
    assert await by.offered() == before
    await by.promise(start)


@holding
async def test_a_release_gives_the_place_back_at_once(by):
    start = by.calendar.start(0)
    visit = await by.hold(start)
    await by.done(RELEASE, visit)
    assert start in await by.offered()
    assert await by.calendar.count("released") == 1
    answer = await by.do(CONFIRM, visit)
    assert_refused(by.dialect, answer, StateForbids, VisitNotFound)
    await by.hold(start)


@every
async def test_a_second_cancellation_changes_nothing(by):
    visit = await by.promise(by.calendar.start(0))
    await by.done(CANCEL, visit)
    rows = await by.calendar.rows()
    await _again(by, CANCEL, visit)
    assert await by.calendar.rows() == rows


@holding
async def test_a_second_release_changes_nothing(by):
    visit = await by.hold(by.calendar.start(0))
    await by.done(RELEASE, visit)
    rows = await by.calendar.rows()
    await _again(by, RELEASE, visit)
    assert await by.calendar.rows() == rows


async def _again(by, ability, visit):
    """A step that was taken is answered or refused as the adapter says."""
    if kind := by.adapter.repeated.get(ability):
        await by.refused(kind, ability, visit)
    else:
        await by.done(ability, visit)


@moving
async def test_a_move_takes_the_new_start_and_frees_the_old_or_changes_nothing(by):
    old, taken, new = (by.calendar.start(number) for number in range(3))
    visit = await by.promise(old)
    await by.promise(taken)
    rows = await by.calendar.rows()
    await by.refused(SlotTaken, MOVE, visit, taken)
    assert await by.calendar.rows() == rows
    await by.done(MOVE, visit, new)
    assert {old, taken, new} & await by.offered() == {old}
    await by.done(CANCEL, visit)
    assert {old, taken, new} & await by.offered() == {old, new}


@lapsing_and_moving
async def test_a_promise_that_was_moved_does_not_lapse(by):
    old, new = by.calendar.start(0), by.calendar.start(1)
    await by.done(MOVE, await by.promise(old), new)
    await by.calendar.past(by.adapter.lifetime + SECOND)
    assert {old, new} & await by.offered() == {old}
    await by.refused(SlotTaken, HOLD, new)


@every
async def test_what_is_another_tenants_is_answered_like_what_is_nobodys(by, client, context):
    start = by.calendar.start(0)
    promised, held = await by.promise(start), ""
    if HOLD in by.abilities:
        held = await by.hold(by.calendar.start(1))
    stranger = await speaker(by.adapter, client, await new_calendar(context))
    rows = await by.calendar.rows()
    for ability in by.abilities & {CONFIRM, RELEASE, CANCEL, MOVE}:
        more = (by.calendar.start(2),) if ability is MOVE else ()
        unknown = await stranger.do(ability, str(uuid4()), *more)
        assert_refused(by.dialect, unknown, VisitNotFound)
        for visit in filter(None, (promised, held)):
            foreign = await stranger.do(ability, visit, *more)
            assert (foreign.status_code, foreign.content) == (unknown.status_code, unknown.content)
    assert await rows_of(context, by.calendar.person) == rows


@every
async def test_of_many_at_once_one_gets_the_place(by):
    start = by.calendar.start(0)
    answers = await asyncio.gather(*(by.take(start) for _ in range(AT_ONCE)))
    won = [answer for answer in answers if answer.is_success]
    assert len(won) == 1
    for answer in answers:
        if answer is not won[0]:
            assert_refused(by.dialect, answer, SlotTaken)
