"""Access tokens: good for an hour and no second longer, for whom they were given and nobody else."""

import asyncio
import base64
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4  # noqa: TID251 - tests make identities too

import pytest
from joserfc import jws
from joserfc.jwk import OctKey

from appointed.core.caller import Scope
from appointed.core.errors import CredentialUnknown, ScopeMissing, StoreUnavailable
from appointed.store import tenants
from appointed.usecases import tokens
from appointed.usecases.context import Context
from appointed.usecases.keys import revoke_key_of
from appointed.usecases.tokens import identify_by_token, issue
from appointed.usecases.tokens_at_hand import TokensAtHand
from people import Person, new_colleague
from token_processes import HERE, SECOND, Counting, Process, new_key, parts_of, unpacked


async def test_a_token_stands_for_its_key(here: Process, alice: Person) -> None:
    token = await here.token(alice)
    assert token.expires_in == 3600
    assert token.scopes == alice.caller.scopes
    assert await here.caller(token.access_token) == alice.caller
    assert alice.caller.sandbox


async def test_a_token_is_good_for_an_hour_and_no_second_more(here: Process, elsewhere: Process, alice: Person) -> None:
    """Whoever has seen it before or not."""
    token = (await here.token(alice)).access_token
    await here.caller(token)
    for each in (here, elsewhere):
        each.later(timedelta(seconds=3599))
        assert await each.caller(token) == alice.caller
        each.later(SECOND - timedelta(microseconds=1))
        assert await each.caller(token) == alice.caller
        each.later(timedelta(microseconds=1))
        assert await each.refuses(token)
    fresh = Process(elsewhere.context.pool, elsewhere.now)
    assert await fresh.refuses(token)


async def test_a_token_from_the_future_is_none(here: Process, elsewhere: Process, alice: Person) -> None:
    """But for what two machines' clocks may differ by."""
    here.later(tokens.CLOCKS_APART)
    token = (await here.token(alice)).access_token
    assert await elsewhere.caller(token) == alice.caller
    here.later(SECOND)
    assert await elsewhere.refuses((await here.token(alice)).access_token)


async def test_nobody_learns_whether_the_id_or_the_secret_is_wrong(
    here: Process, alice: Person, charlie: Person
) -> None:
    for credential, secret in (
        (str(uuid4()), alice.key),
        (str(charlie.caller.credential), alice.key),
        (str(alice.caller.credential), charlie.key),
        (str(alice.caller.credential), ""),
        ("nobody", alice.key),
        ("", ""),
        ("\0", "\0"),
    ):
        with pytest.raises(CredentialUnknown):
            await issue(here.context, audience=HERE, credential=credential, secret=secret)


async def test_a_token_may_do_what_was_wanted_and_no_more(here: Process, context: Context, alice: Person) -> None:
    person = await new_colleague(context, alice.tenant, scopes=frozenset({Scope.READ, Scope.BOOK}))
    token = await here.token(person, wanted=frozenset({Scope.READ}))
    assert (await here.caller(token.access_token)).scopes == {Scope.READ}
    with pytest.raises(ScopeMissing):
        await here.token(person, wanted=frozenset({Scope.READ, Scope.ADMINISTER}))
    with pytest.raises(ScopeMissing):
        await here.token(person, wanted=frozenset({Scope.BOOK}), at_most=frozenset({Scope.READ}))
    unnamed = await here.token(person, at_most=frozenset({Scope.BOOK, Scope.CANCEL}))
    assert (await here.caller(unnamed.access_token)).scopes == {Scope.BOOK}


async def test_the_tenant_that_is_named_has_to_be_the_keys(here: Process, alice: Person) -> None:
    for fitting in ("a tenant", "ATenant", " a  TENANT "):
        await here.token(alice, tenant_named=fitting)
    for strange in ("another", "", "atenan"):
        with pytest.raises(CredentialUnknown):
            await here.token(alice, tenant_named=strange)


async def test_a_token_of_one_dialect_is_none_of_another(here: Process, alice: Person) -> None:
    token = (await here.token(alice)).access_token
    await here.caller(token)
    assert await here.refuses(token, "another")
    assert not await here.refuses(token)


async def test_nothing_secret_travels(here: Process, alice: Person) -> None:
    token = (await here.token(alice)).access_token
    told = b"".join(unpacked(part) for part in token.split("."))
    assert alice.key.encode() not in told
    assert tenants.hash_key(alice.key) not in told
    key_hash = base64.b64encode(tenants.hash_key(alice.key))
    assert key_hash[:16] not in told


async def test_a_good_token_asks_the_database_for_nothing(here: Process, counting: Counting, alice: Person) -> None:
    """But once in five seconds, for all tokens together."""
    good: list[str] = []
    for _ in range(5):
        here.later(SECOND)
        good.append((await here.token(alice)).access_token)
    await here.caller(good[0])
    counting.asked = 0
    for token in good * 3:
        await here.caller(token)
    assert counting.asked == 0
    here.later(tokens.BELIEVED - timedelta(milliseconds=1))
    await here.caller(good[0])
    assert counting.asked == 0
    here.later(timedelta(milliseconds=1))
    assert await asyncio.gather(*map(here.caller, good * 3)) == [alice.caller] * 15
    assert counting.asked == 1


async def test_a_revoked_keys_tokens_are_refused_here_at_once(here: Process, alice: Person) -> None:
    made, token = await new_key(here, alice)
    await here.caller(token)
    await revoke_key_of(here.context, alice.caller, made.key.id)
    assert await here.refuses(token)
    with pytest.raises(CredentialUnknown):
        await issue(here.context, audience=HERE, credential=str(made.key.id), secret=made.secret)


async def test_what_was_asked_before_a_key_was_revoked_is_not_believed(here: Process, alice: Person) -> None:
    """An answer that was under way then may not know of it."""
    made, token = await new_key(here, alice)
    await here.caller(token)
    hand = here.context.tokens
    known, turn = hand.known, hand.turn
    assert known is not None
    await revoke_key_of(here.context, alice.caller, made.key.id)
    hand.keep(known, turn)
    assert await here.refuses(token)


async def test_a_revoked_keys_tokens_are_refused_elsewhere_within_ten_seconds(
    here: Process, elsewhere: Process, alice: Person
) -> None:
    made, token = await new_key(here, alice)
    await elsewhere.caller(token)
    await revoke_key_of(here.context, alice.caller, made.key.id)
    assert not await elsewhere.refuses(token)
    elsewhere.later(tokens.BELIEVED)
    assert await elsewhere.refuses(token)
    assert timedelta(seconds=10) >= tokens.BELIEVED_ALONE > tokens.BELIEVED


async def test_a_revoked_keys_tokens_stay_refused_until_they_are_over(here: Process, alice: Person) -> None:
    made, token = await new_key(here, alice)
    await revoke_key_of(here.context, alice.caller, made.key.id)
    for _ in range(60):
        here.later(timedelta(minutes=1))
        assert await here.refuses(token)


@pytest.mark.parametrize(
    ("change", "good"),
    [
        ({}, True),
        ({"secret": "another"}, False),
        ({"scopes": frozenset({Scope.READ})}, False),
    ],
)
async def test_a_token_dies_with_the_secret_and_the_scopes_it_was_got_for(
    here: Process, elsewhere: Process, alice: Person, change: dict[str, Any], good: bool
) -> None:
    """The key is given again, as the demo does at each start; what is given as before keeps its tokens."""
    token = (await here.token(alice)).access_token
    await elsewhere.caller(token)
    person = alice.caller
    given = {"secret": alice.key, "actor": "again", "scopes": person.scopes, "now": here.now} | change
    assert person.credential is not None
    async with here.context.pool.transaction(person.tenant) as tx:
        await tenants.add_credential(tx, person.tenant, person.credential, **given)
    elsewhere.later(tokens.BELIEVED)
    assert await elsewhere.refuses(token) is not good


async def test_without_the_database_nothing_is_said_for_longer_than_ten_seconds(
    here: Process, counting: Counting, alice: Person
) -> None:
    """And until then it is not asked for each token."""
    token = (await here.token(alice)).access_token
    await here.caller(token)
    counting.away, counting.asked = True, 0
    here.later(tokens.BELIEVED)
    for _ in range(5):
        assert await here.caller(token) == alice.caller
    assert counting.asked == 1
    here.later(tokens.BELIEVED_ALONE - tokens.BELIEVED - timedelta(milliseconds=1))
    assert await here.caller(token) == alice.caller
    here.later(timedelta(milliseconds=1))
    for _ in range(5):
        with pytest.raises(StoreUnavailable):
            await here.caller(token)
    assert counting.asked <= 3
    counting.away = False
    here.later(tokens.TRIED_AGAIN)
    assert await here.caller(token) == alice.caller


async def test_after_the_clock_was_set_back_the_database_is_asked(
    here: Process, counting: Counting, alice: Person
) -> None:
    token = (await here.token(alice)).access_token
    counting.asked = 0
    here.later(-SECOND)
    await here.caller(token)
    assert counting.asked == 1


async def test_a_scope_that_this_release_does_not_know_is_none(here: Process, alice: Person) -> None:
    header, claims, _ = parts_of((await here.token(alice)).access_token)
    key = OctKey.import_key((await tokens.signing_keys(here.context))[0].secret)
    told = jws.serialize_compact(header, json.dumps(claims | {"scope": "read fly"}), key, algorithms=["HS256"])
    assert (await here.caller(told)).scopes == {Scope.READ}


async def test_no_more_tokens_are_remembered_than_some(here: Process, alice: Person) -> None:
    """And of those only the digest."""
    few = TokensAtHand(most=3)
    few_here = replace(here.context, tokens=few)
    for _ in range(5):
        here.later(SECOND)
        await identify_by_token(few_here, HERE, (await here.token(alice)).access_token)
    assert len(few) == 3
    assert {len(digest) for digest in few.verified} == {32}
