"""All dialects at one calendar: what is taken through one is taken in every other, and what one frees all have."""

import asyncio
from dataclasses import replace
from itertools import product

import httpx
import pytest

from adapters import ADAPTERS, having
from appointed.app import Edge, make_server
from appointed.core.errors import PathUnknown, SlotTaken
from appointed.dialects import DIALECTS
from appointed.wire.ability import Ability
from conformance import assert_refused, new_calendar, speaker

VENDORS = [dialect.name for dialect in DIALECTS if dialect.mount]
NAMES = [dialect.name for dialect in DIALECTS]
AT_ONCE, ROUNDS = 20, 5
MOVERS = having(Ability.MOVE)
HOLDERS = product(having(Ability.HOLD), repeat=2)
# Where neither has a hold that lapses there is no time to wait for.
LAPSING = [names for names in HOLDERS if any(ADAPTERS[name].lifetime for name in names)]


@pytest.fixture
async def pair(request, client, context):
    """One calendar, spoken to in two dialects."""
    calendar = await new_calendar(context)
    return [await speaker(ADAPTERS[name], client, calendar) for name in request.param]


@pytest.mark.parametrize("pair", list(product(NAMES, NAMES)), indirect=True, ids="-".join)
async def test_what_one_takes_the_other_has_not_and_what_it_frees_the_other_has(pair):
    one, other = pair
    start = one.calendar.start(0)
    before = await other.offered()
    assert before == await one.offered()
    first = await one.take(start)
    assert first.is_success
    assert await other.offered() == before - {start}
    assert_refused(other.dialect, await other.take(start), SlotTaken)
    visit = one.adapter.visit_in(first.json())
    await one.done(Ability.RELEASE if Ability.HOLD in one.abilities else Ability.CANCEL, visit)
    assert await other.offered() == before
    promised = await one.promise(start)
    assert_refused(other.dialect, await other.take(start), SlotTaken)
    await one.done(Ability.CANCEL, promised)
    assert (await other.take(start)).is_success


@pytest.mark.parametrize("pair", list(product(NAMES, NAMES)), indirect=True, ids="-".join)
async def test_what_one_has_promised_the_other_can_cancel(pair):
    """A visit has one id in all of them."""
    one, other = pair
    start = one.calendar.start(0)
    visit = await one.promise(start)
    await other.done(Ability.CANCEL, visit)
    assert start in await one.offered()


@pytest.mark.parametrize("pair", LAPSING, indirect=True, ids="-".join)
async def test_a_hold_has_the_lifetime_of_the_dialect_it_was_made_in(pair):
    """Whoever asks: one that lapses is free in all of them, one that does not is free in none."""
    one, other = pair
    start = one.calendar.start(0)
    await one.hold(start)
    await one.calendar.past(max(each.adapter.lifetime for each in pair if each.adapter.lifetime))
    lapses = one.adapter.lifetime is not None
    assert (start in await other.offered()) == lapses
    assert (await other.take(start)).is_success == lapses


@pytest.mark.parametrize("pair", list(product(MOVERS, NAMES)), indirect=True, ids="-".join)
async def test_what_one_moves_the_other_sees_moved(pair):
    one, other = pair
    old, new, taken = (one.calendar.start(number) for number in range(3))
    visit = await one.promise(old)
    await other.promise(taken)
    assert_refused(one.dialect, await one.do(Ability.MOVE, visit, taken), SlotTaken)
    await one.done(Ability.MOVE, visit, new)
    assert {old, new, taken} & await other.offered() == {old}


@pytest.mark.parametrize("name", VENDORS)
async def test_at_the_root_of_a_host_it_is_the_same_dialect_at_the_same_calendar(name, client, context):
    calendar, host = await new_calendar(context), f"{name}.example.org"
    by = await speaker(ADAPTERS[name], client, calendar)
    server = make_server(context, edge=Edge(dialect_hosts=((name, host),)))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(server), base_url=f"http://{host}") as http:
        at_root = replace(by, http=http, at_root=True)
        visit = await at_root.promise(calendar.start(0))
        assert_refused(by.dialect, await by.take(calendar.start(0)), SlotTaken)
        assert await at_root.offered() == await by.offered()
        await at_root.done(Ability.CANCEL, visit)
        assert_refused(by.dialect, await at_root.send("GET", f"/{name}/no/where"), PathUnknown)
        assert (await at_root.send("GET", "/openapi.json")).json()["info"]["title"] == by.dialect.title


async def test_of_many_who_speak_all_dialects_one_gets_the_place(client, context):
    calendar = await new_calendar(context)
    speakers = [await speaker(ADAPTERS[name], client, calendar) for name in NAMES]
    for number in range(ROUNDS):
        start = calendar.start(number)
        asked = [speakers[(number + place) % len(speakers)] for place in range(AT_ONCE)]
        answers = await asyncio.gather(*(each.take(start) for each in asked))
        won = [answer for answer in answers if answer.is_success]
        assert len(won) == 1
        for each, answer in zip(asked, answers, strict=True):
            if answer is not won[0]:
                assert_refused(each.dialect, answer, SlotTaken)
