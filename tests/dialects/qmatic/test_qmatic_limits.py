"""How often and how much: statement D4.49, and the vendor's tokens."""

import base64
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from appointed.app import Edge, make_server
from qmatic_client import SCOPE, accepted, refused

TOKEN = "/qmatic/oauth2/token"
MEGABYTES = b'{"notes": "' + b"x" * 2_000_000 + b'"}'


class Clock:
    """A clock that stands until it is put on."""

    def __init__(self, now):
        self.now = now

    def __call__(self):
        return self.now


@asynccontextmanager
async def limited(qmatic):
    """The same client where the vendor's own limits bind, and a clock to go with it."""
    clock = Clock(qmatic.context.clock())
    context = replace(qmatic.context, clock=clock)
    app = httpx.ASGITransport(make_server(context, edge=Edge("vendor")))
    async with httpx.AsyncClient(transport=app, base_url="http://appointed.test") as http:
        yield replace(qmatic, http=http, context=context), clock


@pytest.mark.statement("D4.49")
async def test_a_hundred_requests_a_minute_and_two_megabytes_at_once(qmatic):
    async with limited(qmatic) as (client, clock):
        for _ in range(100):
            accepted(await client.get("/services/groups"))
        answer = await client.get("/services/groups")
        refused(answer, 429, "too_many_requests")
        assert answer.headers["retry-after"] == "60"
        clock.now += timedelta(seconds=59)
        refused(await client.get("/services"), 429, "too_many_requests")
        clock.now += timedelta(seconds=1)
        accepted(await client.get("/services"))
    refused(await qmatic.send("POST", "/reservations", MEGABYTES), 413, "body_too_large")
    refused(await qmatic.send("POST", "/reservations", MEGABYTES[: -len(b'"}') - 100]), 400, "malformed_body")


async def test_a_token_a_second(qmatic):
    person = qmatic.person
    form = {"grant_type": "client_credentials", "client_id": str(person.caller.credential), "client_secret": person.key}
    async with limited(qmatic) as (client, clock):
        accepted(await client.http.post(TOKEN, data=form))
        assert (await client.http.post(TOKEN, data=form)).status_code == 429
        clock.now += timedelta(seconds=1)
        accepted(await client.http.post(TOKEN, data=form))


async def test_a_token_is_got_as_the_vendor_shows_it(qmatic):
    person = qmatic.person
    basic = base64.b64encode(f"{person.caller.credential}:{person.key}".encode()).decode()
    sent = {"Authorization": f"Basic {basic}", "X-ACCOUNT": "atenant"}
    scope = f"{SCOPE}book {SCOPE}reschedule {SCOPE}cancel"
    form = {"grant_type": "client_credentials", "scope": scope, "x-account": "atenant"}
    given = accepted(await qmatic.http.post(TOKEN, data=form, headers=sent))
    assert {name: given[name] for name in ("expires_in", "token_type")} == {"expires_in": 3600, "token_type": "Bearer"}
    accepted(await replace(qmatic, token=given["access_token"]).get("/services"))
    for wrong in ({"X-ACCOUNT": "another"}, {"Authorization": "Basic bm9ib2R5Om5vYm9keQ=="}):
        answer = await qmatic.http.post(TOKEN, data=form, headers=sent | wrong)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    other = await qmatic.http.post(TOKEN, data=form | {"scope": "everything"}, headers=sent)
    assert (other.status_code, other.json()["error"]) == (400, "invalid_scope")
