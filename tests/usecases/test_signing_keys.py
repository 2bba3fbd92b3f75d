"""The keys that sign: one follows the other, and none goes before its tokens."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from appointed.usecases import tokens
from appointed.usecases.context import Context
from appointed.usecases.tokens import rotate_signing_key
from people import Person
from token_processes import SECOND, Process, parts_of


async def test_two_that_start_at_once_make_one_key(
    here: Process, elsewhere: Process, context: Context, alice: Person
) -> None:
    third = Process(context.pool, here.now)
    given = await asyncio.gather(*(each.token(alice) for each in (here, elsewhere, third) for _ in range(3)))
    assert {parts_of(token.access_token)[0]["kid"] for token in given} == {
        key.id.hex for key in await tokens.signing_keys(here.context)
    }
    assert len(await tokens.signing_keys(here.context)) == 1
    for token in given:
        assert await third.caller(token.access_token) == alice.caller


async def test_the_next_key_is_told_before_it_signs_and_the_last_one_outlives_its_tokens(
    here: Process, elsewhere: Process, alice: Person
) -> None:
    first = parts_of((await here.token(alice)).access_token)[0]["kid"]
    here.later(tokens.SIGNS_FOR - tokens.TOLD_BEFORE - SECOND)
    await here.token(alice)
    assert len(await tokens.signing_keys(here.context)) == 1
    here.later(SECOND)
    early = (await here.token(alice)).access_token
    keys = await tokens.signing_keys(here.context)
    assert [key.id.hex == first for key in keys] == [True, False]
    assert parts_of(early)[0]["kid"] == first

    here.later(tokens.TOLD_BEFORE - SECOND)
    last = (await here.token(alice)).access_token
    assert parts_of(last)[0]["kid"] == first
    here.later(SECOND)
    token = (await here.token(alice)).access_token
    assert parts_of(token)[0]["kid"] == keys[1].id.hex
    assert keys[1].signs_from == keys[0].signs_until == here.now
    assert len(await tokens.signing_keys(here.context)) == 2

    elsewhere.now = here.now
    for each in (here, elsewhere):
        assert await each.caller(last) == alice.caller
        assert await each.refuses(early)
        each.later(timedelta(seconds=3598))
        assert await each.caller(last) == alice.caller
        each.later(SECOND)
        assert await each.refuses(last)
        assert await each.caller(token) == alice.caller


async def test_a_key_goes_when_its_last_token_is_over(here: Process, alice: Person) -> None:
    await here.token(alice)
    here.later(tokens.SIGNS_FOR + tokens.LIFETIME)
    assert await tokens.end_signing_keys(here.context) == 0
    here.later(tokens.ACCEPTED_AFTER - tokens.LIFETIME)
    assert await tokens.end_signing_keys(here.context) == 1
    assert await tokens.signing_keys(here.context) == []
    assert await here.caller((await here.token(alice)).access_token) == alice.caller


async def test_a_key_made_by_hand_signs_when_everybody_has_heard_of_it(
    here: Process, elsewhere: Process, alice: Person
) -> None:
    old = (await here.token(alice)).access_token
    await elsewhere.caller(old)
    done = await rotate_signing_key(here.context)
    assert (done.accepted, done.ended) == (1, 0)
    still = (await here.token(alice)).access_token
    assert parts_of(still)[0] == parts_of(old)[0]
    for each in (here, elsewhere):
        each.later(tokens.HEARD_OF)
        assert await each.caller(old) == alice.caller
    assert tokens.HEARD_OF > tokens.BELIEVED_ALONE
    new = (await here.token(alice)).access_token
    assert parts_of(new)[0]["kid"] == done.key.id.hex
    for each in (here, elsewhere):
        assert await each.caller(new) == alice.caller
        each.later(timedelta(seconds=3599) - tokens.HEARD_OF)
        assert await each.caller(still) == alice.caller
        each.later(SECOND)
        assert await each.refuses(old)


async def test_a_key_that_is_over_ends_its_tokens_though_it_was_read_a_moment_ago(here: Process, alice: Person) -> None:
    """However long they say that they are good for; a key may be ended by hand before its tokens."""
    token = (await here.token(alice)).access_token
    await here.caller(token)
    known = here.context.tokens.known
    assert known is not None
    keys = {name: replace(key, ends_at=here.now + 2 * SECOND) for name, key in known.keys.items()}
    here.context.tokens.known = replace(known, keys=keys)
    here.later(2 * SECOND - timedelta(microseconds=1))
    assert await here.caller(token) == alice.caller
    here.later(timedelta(microseconds=1))
    assert await here.refuses(token)


async def test_a_key_that_was_stolen_ends_with_all_its_tokens(here: Process, elsewhere: Process, alice: Person) -> None:
    """Here at once, elsewhere within ten seconds."""
    token = (await here.token(alice)).access_token
    await here.caller(token)
    await elsewhere.caller(token)
    done = await rotate_signing_key(here.context, end_others=True)
    assert (done.accepted, done.ended) == (0, 1)
    assert await here.refuses(token)
    assert not await elsewhere.refuses(token)
    elsewhere.later(tokens.BELIEVED)
    assert await elsewhere.refuses(token)
    new = (await elsewhere.token(alice)).access_token
    assert parts_of(new)[0]["kid"] == done.key.id.hex
    assert await here.caller(new) == alice.caller
