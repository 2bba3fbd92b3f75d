"""Tokens that we did not give out."""

import asyncio
import hmac
import json
import secrets
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4  # noqa: TID251 - tests make identities too

import pytest
from joserfc import jws
from joserfc.jwk import OctKey, RSAKey

from appointed.core.errors import StoreUnavailable
from appointed.usecases import tokens
from appointed.usecases.tokens import rotate_signing_key
from people import Person
from token_processes import Counting, Process, packed, parts_of

Forgery = Callable[[dict[str, Any], dict[str, Any], str], str]


def unsigned(header: dict[str, Any], claims: dict[str, Any], signature: str) -> str:
    del signature
    return f"{packed({**header, 'alg': 'none'})}.{packed(claims)}."


def signed_by_the_id(header: dict[str, Any], claims: dict[str, Any], signature: str) -> str:
    """With what anybody can read as the secret."""
    del signature
    start = f"{packed(header)}.{packed(claims)}"
    return f"{start}.{packed(hmac.digest(header['kid'].encode(), start.encode(), 'sha256'))}"


def signed_by_rsa(header: dict[str, Any], claims: dict[str, Any], signature: str) -> str:
    del signature
    return jws.serialize_compact(
        {**header, "alg": "RS256"}, json.dumps(claims), RSAKey.generate_key(2048), algorithms=["RS256"]
    )


def signed_longer(header: dict[str, Any], claims: dict[str, Any], signature: str) -> str:
    del signature
    secret = OctKey.import_key(secrets.token_bytes(64))
    return jws.serialize_compact({**header, "alg": "HS512"}, json.dumps(claims), secret, algorithms=["HS512"])


def bringing_its_key(header: dict[str, Any], claims: dict[str, Any], signature: str) -> str:
    del signature
    secret = OctKey.import_key(secrets.token_bytes(32))
    header = {**header, "jwk": secret.as_dict(private=True)}
    return jws.serialize_compact(header, json.dumps(claims), secret, algorithms=["HS256"])


def with_claims(**changes: Any) -> Forgery:
    return lambda header, claims, signature: f"{packed(header)}.{packed(claims | changes)}.{signature}"


def with_header(**changes: Any) -> Forgery:
    return lambda header, claims, signature: f"{packed(header | changes)}.{packed(claims)}.{signature}"


FORGERIES: dict[str, Forgery] = {
    "none": unsigned,
    "the id as the secret": signed_by_the_id,
    "RS256": signed_by_rsa,
    "HS512": signed_longer,
    "brings its key": bringing_its_key,
    "more scopes": with_claims(scope="read book administer"),
    "another tenant": with_claims(tenant=str(UUID(int=7))),
    "for longer": with_claims(exp=9e12),
    "another kind": with_header(typ="JWT"),
    "a header that is critical": with_header(crit=["exp"]),
    "no key": with_header(kid=None),
    "a list as the key": with_header(kid=[]),
    "a header that is a list": lambda header, claims, signature: f"{packed([1])}.{packed(claims)}.{signature}",
    "a header that is no JSON": lambda header, claims, signature: f"{packed(b'{')}.{packed(claims)}.{signature}",
    "deep": lambda header, claims, signature: f"{packed(b'[' * 2000)}.{packed(claims)}.{signature}",
    "no text": lambda header, claims, signature: f"{packed(bytes(range(128, 256)))}.{packed(claims)}.{signature}",
    "no signature": lambda header, claims, signature: f"{packed(header)}.{packed(claims)}.",
    "two parts": lambda header, claims, signature: f"{packed(header)}.{packed(claims)}",
    "four parts": lambda header, claims, signature: f"{packed(header)}.{packed(claims)}.{signature}.{signature}",
    "a key": lambda header, claims, signature: "apt_" + secrets.token_urlsafe(32),
    "nothing": lambda header, claims, signature: "",
    "no ASCII": lambda header, claims, signature: "é.é.é",
    "half a character": lambda header, claims, signature: "\ud800",
    "very long": lambda header, claims, signature: "a" * 1_000_000,
}


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_a_forged_token_is_refused(here: Process, alice: Person, forgery: str) -> None:
    token = (await here.token(alice)).access_token
    forged = FORGERIES[forgery](*parts_of(token))
    assert forged != token
    assert await here.refuses(forged)
    assert not await here.refuses(token)


async def test_what_our_key_signed_for_something_else_is_refused(here: Process, alice: Person) -> None:
    """By whom, for what, and with a header that says more."""
    header, claims, _ = parts_of((await here.token(alice)).access_token)
    key = OctKey.import_key((await tokens.signing_keys(here.context))[0].secret)

    def signed(more: dict[str, str] | None = None, **changes: Any) -> str:
        return jws.serialize_compact(header | (more or {}), json.dumps(claims | changes), key, algorithms=["HS256"])

    assert not await here.refuses(signed())
    for changes in ({"iss": "somebody"}, {"exp": "soon"}, {"sub": "me"}, {"sandbox": 1}, {"actor": "x" * 4_096}):
        assert await here.refuses(signed(**changes)), changes
    for more in ({"typ": "JWT"}, {"jku": "https://example.org"}, {"kid": header["kid"].upper()}):
        assert await here.refuses(signed(more)), more


async def test_forged_keys_ask_the_database_at_most_once_in_two_seconds(
    here: Process, counting: Counting, alice: Person
) -> None:
    header, claims, signature = parts_of((await here.token(alice)).access_token)
    await asked(here, counting)

    def forged() -> str:
        return with_header(kid=uuid4().hex)(header, claims, signature)

    counting.asked = 0
    for _ in range(100):
        assert await here.refuses(forged())
    assert counting.asked == 0
    here.later(tokens.ASKED_AGAIN)
    assert await asyncio.gather(*(here.refuses(forged()) for _ in range(100))) == [True] * 100
    assert counting.asked <= 2
    for _ in range(100):
        assert await here.refuses(forged())
    assert counting.asked <= 2


async def asked(here: Process, counting: Counting) -> None:
    """The database was asked just now."""
    before = counting.asked
    await tokens.signing_keys(here.context)
    assert counting.asked == before + 1


async def test_a_key_that_nobody_knows_is_no_no_while_the_database_is_away(
    here: Process, counting: Counting, elsewhere: Process, alice: Person
) -> None:
    """It may be a new one."""
    await here.token(alice)
    await rotate_signing_key(elsewhere.context, end_others=True)
    token = (await elsewhere.token(alice)).access_token
    counting.away = True
    here.later(tokens.ASKED_AGAIN)
    for _ in range(3):
        with pytest.raises(StoreUnavailable):
            await here.caller(token)
    counting.away = False
    here.later(tokens.TRIED_AGAIN)
    assert await here.caller(token) == alice.caller
