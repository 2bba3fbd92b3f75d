"""The route that gives out tokens, and the dialect that takes them."""

import base64
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import quote_plus, urlencode
from uuid import uuid4  # noqa: TID251 - tests make identities too

import httpx
import msgspec
import pytest
import pytest_asyncio

from appointed.core.caller import Scope
from appointed.store import tenants
from appointed.usecases.context import Context
from appointed.wire.access_log import access_log
from appointed.wire.asgi import DialectApp
from appointed.wire.forms import FORM
from appointed.wire.limits import Limiter, Limits, Rate
from appointed.wire.oauth import FORM_LIMIT_BYTES, TokenForm, by_token, read_bearer, token_route
from appointed.wire.openapi import document
from appointed.wire.request import Headers, Request
from appointed.wire.route import Answer, Credential, Route
from appointed.wire.watching import Watch
from people import Person, new_colleague
from toy_dialect import Shelf, toy_dialect

LOOK, TAKE = "shelf/look", "shelf/take"
SCOPES = {LOOK: frozenset({Scope.READ}), TAKE: frozenset({Scope.READ, Scope.BOOK})}
GRANT = {"grant_type": "client_credentials"}


class ShelfForm(TokenForm, kw_only=True):
    shelf: str | None = msgspec.field(default=None, name="x-shelf")


def shelf_of(request: Request) -> str | None:
    return request.headers.get("X-Shelf") or request.body_as(ShelfForm).shelf


async def show(request: Request) -> Answer:
    caller = request.known_caller
    return Answer(200, {"credential": caller.credential, "scopes": sorted(caller.scopes)})


def dialect(**changes: Any) -> Any:
    shown: dict[str, Any] = {"handler": show, "responses": {200: dict[str, object]}, "credential": Credential.REQUIRED}
    routes = (
        token_route(
            path="/oauth2/token",
            audience="shelf",
            scopes=SCOPES,
            form_type=ShelfForm,
            names_tenant=shelf_of,
            rate=Rate(2, 60),
        ),
        Route(method="GET", path="/look", name="look", summary="Look", scope=Scope.READ, **shown),
        Route(method="POST", path="/take", name="take", summary="Take", scope=Scope.BOOK, **shown),
    )
    given = {"routes": routes, "identify": by_token("shelf"), "read_credential": read_bearer} | changes
    return toy_dialect(Shelf(), mount="", **given)


@pytest_asyncio.fixture(loop_scope="session")
async def shelf(context: Context) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(DialectApp(dialect(), context))
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
        yield client


def ids(person: Person) -> dict[str, str]:
    return {"client_id": str(person.caller.credential), "client_secret": person.key}


def basic(named: str, secret: str) -> dict[str, str]:
    pair = f"{quote_plus(named)}:{quote_plus(secret)}"
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


def basic_of(person: Person) -> dict[str, str]:
    return basic(*ids(person).values())


def assert_refused(answer: httpx.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["error"]) == (status, code), answer.text
    assert set(answer.json()) == {"error", "error_description"}
    assert answer.json()["error_description"].endswith(".")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers.get("www-authenticate") == ('Basic realm="token"' if status == 401 else None)


async def bearer(shelf: httpx.AsyncClient, person: Person, **form: str) -> dict[str, str]:
    answer = await shelf.post("/oauth2/token", data=GRANT | form, headers=basic_of(person))
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


async def test_a_token_is_given_for_basic_and_for_a_form(shelf: httpx.AsyncClient, alice: Person) -> None:
    for data, headers in (
        (GRANT, basic_of(alice)),
        (GRANT | ids(alice), {}),
        (GRANT | ids(alice), basic_of(alice)),
        (GRANT | {"client_id": str(alice.caller.credential).upper()}, basic_of(alice)),
        (GRANT | {"client_id": str(alice.caller.credential).replace("-", "")}, basic_of(alice)),
        ({key.upper(): value for key, value in (GRANT | ids(alice)).items()}, {}),
        (GRANT | ids(alice) | {"scope": "", "resource": "passed over"}, {"Idempotency-Key": "no matter"}),
    ):
        answer = await shelf.post("/oauth2/token", data=data, headers=headers)
        assert answer.status_code == 200, answer.text
        told = answer.json()
        assert set(told) == {"access_token", "expires_in", "token_type"}
        assert (told["expires_in"], told["token_type"]) == (3600, "Bearer")
        assert (answer.headers["cache-control"], answer.headers["pragma"]) == ("no-store", "no-cache")
        seen = await shelf.get("/look", headers={"Authorization": f"bearer {told['access_token']}"})
        assert seen.json() == {"credential": str(alice.caller.credential), "scopes": ["book", "read"]}


async def test_the_vendors_words_are_scopes(shelf: httpx.AsyncClient, alice: Person) -> None:
    look = await bearer(shelf, alice, scope=LOOK)
    assert (await shelf.get("/look", headers=look)).json()["scopes"] == ["read"]
    assert (await shelf.post("/take", headers=look)).status_code == 403
    both = await bearer(shelf, alice, scope=f"{LOOK} {TAKE}")
    assert (await shelf.post("/take", headers=both)).status_code == 200


async def test_a_word_that_is_none_or_not_ones_own_is_an_invalid_scope(
    shelf: httpx.AsyncClient, context: Context, alice: Person
) -> None:
    reader = await new_colleague(context, alice.tenant, scopes=frozenset({Scope.READ}))
    for person, scope in ((alice, "shelf/burn"), (alice, f"{LOOK} read"), (reader, TAKE)):
        answer = await shelf.post("/oauth2/token", data=GRANT | {"scope": scope}, headers=basic_of(person))
        assert_refused(answer, 400, "invalid_scope")
    assert await bearer(shelf, reader)


async def test_who_cannot_show_a_key_is_an_invalid_client(
    shelf: httpx.AsyncClient, alice: Person, charlie: Person
) -> None:
    good = ids(alice)
    for data, headers in (
        (GRANT, {}),
        (GRANT | {"client_id": good["client_id"]}, {}),
        (GRANT | {"client_secret": good["client_secret"]}, {}),
        (GRANT | good | {"client_secret": charlie.key}, {}),
        (GRANT | good | {"client_id": str(uuid4())}, {}),
        (GRANT, basic(good["client_id"], "wrong")),
        (GRANT, basic("nobody", good["client_secret"])),
        (GRANT, {"Authorization": "Basic !"}),
        (GRANT, {"Authorization": "Basic " + base64.b64encode(b"no colon").decode()}),
        (GRANT, {"Authorization": "Basic " + base64.b64encode(b"\xff:\xff").decode()}),
        (GRANT, {"Authorization": "Basic " + base64.b64encode(b"%FF:%00").decode()}),
        (GRANT, {"Authorization": f"Bearer {alice.key}"}),
    ):
        answer = await shelf.post("/oauth2/token", data=data, headers=headers)
        assert_refused(answer, 401, "invalid_client")


async def test_the_id_and_the_secret_stand_in_the_header_as_in_a_form(
    shelf: httpx.AsyncClient, context: Context, alice: Person
) -> None:
    """A secret may hold a colon, a plus sign or a percent sign."""
    person = replace(alice, key="a:b+c%20d e")
    credential = person.caller.credential
    assert credential is not None
    async with context.pool.transaction(alice.tenant) as tx:
        await tenants.add_credential(
            tx, alice.tenant, credential, person.key, "x", person.caller.scopes, context.clock()
        )
    assert await bearer(shelf, person)


async def test_what_is_no_request_for_a_token_is_refused_as_rfc_6749_says(
    shelf: httpx.AsyncClient, alice: Person
) -> None:
    own = basic_of(alice)
    for data, code in (
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "Client_Credentials"}, "unsupported_grant_type"),
        ({}, "invalid_request"),
        ({"grant_type": ""}, "invalid_request"),
        (GRANT | {"client_id": str(uuid4())}, "invalid_request"),
        (GRANT | {"client_secret": "another"}, "invalid_request"),
    ):
        assert_refused(await shelf.post("/oauth2/token", data=data, headers=own), 400, code)
    for content in (
        b"grant_type=client_credentials&grant_type=password",
        b"grant_type=%FF",
        b"grant_type=\xff",
        b"grant_type=%00",
        b"grant_type%00=x",
        b"&".join(b"a%d=1" % number for number in range(101)),
        b'{"grant_type": "client_credentials"}',
        b"",
    ):
        answer = await shelf.post("/oauth2/token", content=content, headers=own)
        assert_refused(answer, 400, "invalid_request")


async def test_a_form_that_says_the_same_twice_passes(shelf: httpx.AsyncClient, alice: Person) -> None:
    content = urlencode([*GRANT.items(), *GRANT.items(), *ids(alice).items()])
    assert (await shelf.post("/oauth2/token", content=content)).status_code == 200


async def test_a_form_may_begin_with_a_byte_order_mark(shelf: httpx.AsyncClient, alice: Person) -> None:
    content = b"\xef\xbb\xbf" + urlencode(GRANT | ids(alice)).encode()
    assert (await shelf.post("/oauth2/token", content=content)).status_code == 200


async def test_a_long_form_is_not_read(shelf: httpx.AsyncClient, alice: Person) -> None:
    for length, status in ((FORM_LIMIT_BYTES, 200), (FORM_LIMIT_BYTES + 1, 413)):
        form = urlencode(GRANT) + "&padding="
        content = form + "x" * (length - len(form))
        answer = await shelf.post("/oauth2/token", content=content, headers=basic_of(alice))
        assert answer.status_code == status
    assert_refused(answer, 413, "invalid_request")


async def test_a_tenant_that_is_named_has_to_be_the_keys(shelf: httpx.AsyncClient, alice: Person) -> None:
    """In the header or in the form, as the dialect says; whoever names none is not asked."""
    own = basic_of(alice)
    for data, headers in ((GRANT, {"X-Shelf": "ATENANT"}), (GRANT | {"x-shelf": "a tenant"}, {})):
        assert (await shelf.post("/oauth2/token", data=data, headers=own | headers)).status_code == 200
    for data, headers in ((GRANT, {"X-Shelf": "another"}), (GRANT | {"X-SHELF": "another"}, {})):
        answer = await shelf.post("/oauth2/token", data=data, headers=own | headers)
        assert_refused(answer, 401, "invalid_client")


async def test_a_client_is_counted_once_it_is_known(context: Context, alice: Person, charlie: Person) -> None:
    now = context.clock()
    limits = Limits(None, {"get_token": Limiter(Rate(2, 60))})
    app = DialectApp(dialect(), Context(context.pool, lambda: now), limits=limits)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as client:

        async def ask(person: Person, **form: str) -> httpx.Response:
            return await client.post("/oauth2/token", data=GRANT | form, headers=basic_of(person))

        for _ in range(5):
            assert (await ask(replace(alice, key="wrong"))).status_code == 401
        assert [(await ask(alice)).status_code for _ in range(3)] == [200, 200, 429]
        refused = await ask(alice)
        assert_refused(refused, 429, "slow_down")
        assert refused.headers["retry-after"] == "60"
        assert (await ask(charlie)).status_code == 200


async def test_a_client_who_asks_too_often_is_signed_nothing_and_shows_in_the_log(
    context: Context, alice: Person
) -> None:
    lines: list[bytes] = []
    now = context.clock()
    watch, limits = Watch((access_log(lines.append, lambda: now),)), Limits(None, {"get_token": Limiter(Rate(1, 60))})
    app = DialectApp(dialect(), Context(context.pool, lambda: now), watch, limits)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as client:
        for scope, key, status in ((LOOK, alice.key, 200), (LOOK, alice.key, 429), (LOOK, "wrong", 401)):
            person = replace(alice, key=key)
            answer = await client.post("/oauth2/token", data=GRANT | {"scope": scope}, headers=basic_of(person))
            assert answer.status_code == status
    own, nobody = (str(alice.tenant), str(alice.caller.credential)), (None, None)
    entries = [json.loads(line) for line in lines]
    assert [(each["tenant_id"], each["credential_id"]) for each in entries] == [own, own, nobody]
    assert [each["db_calls"] for each in entries[1:]] == [1, 1]


async def test_a_request_for_a_scope_that_is_not_ones_own_counts(context: Context, alice: Person) -> None:
    reader = await new_colleague(context, alice.tenant, scopes=frozenset({Scope.READ}))
    app = DialectApp(dialect(), context, limits=Limits(None, {"get_token": Limiter(Rate(2, 3600))}))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as client:
        for status in (400, 400, 429):
            answer = await client.post("/oauth2/token", data=GRANT | {"scope": TAKE}, headers=basic_of(reader))
            assert answer.status_code == status


async def test_only_a_token_of_the_dialect_opens_it(shelf: httpx.AsyncClient, alice: Person) -> None:
    headers = await bearer(shelf, alice)
    token = headers["Authorization"].removeprefix("Bearer ")
    for value in (alice.key, token[:-4] + "AAAA", "x", token + "x"):
        answer = await shelf.get("/look", headers={"Authorization": f"Bearer {value}"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "CREDENTIAL_UNKNOWN")
    assert (await shelf.get("/look", headers={"Authorization": token})).status_code == 401
    assert (await shelf.get("/look", headers=headers)).status_code == 200


async def test_beside_the_token_the_dialect_says_no_in_its_own_shape(shelf: httpx.AsyncClient) -> None:
    assert (await shelf.get("/oauth2/token")).json()["error"]["code"] == "METHOD_UNKNOWN"
    assert (await shelf.post("/oauth2/tokens")).json()["error"]["code"] == "PATH_UNKNOWN"


async def test_a_failure_is_said_in_the_shape_of_the_route(context: Context, alice: Person) -> None:
    def broken() -> datetime:
        raise RuntimeError("secret")

    app = DialectApp(dialect(), Context(context.pool, broken))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
        answer = await client.post("/oauth2/token", data=GRANT, headers=basic_of(alice))
    assert_refused(answer, 500, "server_error")
    assert "secret" not in answer.text


def test_the_document_tells_the_form_and_its_own_errors() -> None:
    told = document(dialect())
    operation = told["paths"]["/oauth2/token"]["post"]
    assert list(operation["requestBody"]["content"]) == [FORM]
    assert operation["security"] == []
    schema = told["components"]["schemas"]
    assert set(schema["ShelfForm"]["properties"]) == {"grant_type", "scope", "client_id", "client_secret", "x-shelf"}
    assert set(operation["responses"]) == {"200", "400", "401", "404", "405", "413", "429", "500", "503"}
    for status, answer in operation["responses"].items():
        body = json.dumps(answer["content"])
        assert ("TokenRefused" in body) == (status not in ("200", "404", "405")), status
    assert "`invalid_client`" in operation["responses"]["401"]["description"]
    assert LOOK in operation["description"]


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic x", "Bearer a b", "Bearerx"])
def test_only_a_bearer_is_read(header: str) -> None:
    assert read_bearer(Headers([(b"authorization", header.encode())])) is None
    assert read_bearer(Headers([(b"authorization", b" bEARER  x.y.z ")])) == "x.y.z"
