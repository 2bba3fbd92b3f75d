"""A dialect as an application: the order of refusals, the shape of answers, and what is never given away."""

import asyncio
import hashlib
import json
import re
import uuid

import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appointed.core.errors import PathUnknown, SlotTaken
from appointed.wire.asgi import BODY_LIMIT_BYTES, DialectApp
from toy_dialect import Shelf, client, error_table, toy_dialect, toy_server

BOOKING = {"start": "2026-03-29T10:00:00Z", "end": "2026-03-29T10:05:00Z"}
LOAN = {"booking": BOOKING}


@pytest.fixture
def shelf():
    return Shelf()


@pytest.fixture
async def toy(shelf):
    async with client(toy_server(shelf)) as toy:
        yield toy


def code(response):
    return response.status_code, response.json()["error"]["code"]


async def test_an_answer_is_json_in_the_declared_order(toy):
    response = await toy.post("/loans", json=LOAN | {"customData": {"b": 1, "a": [None]}})
    assert response.status_code == 201
    assert response.headers["content-type"] == "application/json"
    assert response.text == '{"zeta":"z","alpha":1,"customData":{"b":1,"a":[null]},"key":null,"once":null}'


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/json; charset=utf-16", "nonsense"])
async def test_the_content_type_does_not_matter(toy, content_type):
    headers = {"Content-Type": content_type} if content_type else {}
    content = f'\ufeff{{"BOOKING": {json.dumps(BOOKING)}, }}'
    response = await toy.post("/loans", content=content, headers=headers)
    assert response.status_code == 201


async def test_a_bad_field_is_named(toy):
    response = await toy.post("/loans", json={"booking": BOOKING | {"end": 5}})
    error = response.json()["error"]
    assert (response.status_code, error["code"], error["field"]) == (400, "FIELD_INVALID", "booking.end")
    assert error["message"] == "booking.end must be an ISO 8601 instant with an offset or Z."


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "BREW"])
async def test_an_unknown_path_is_refused_in_the_dialects_shape(toy, method):
    assert code(await toy.request(method, "/nothing")) == (404, "PATH_UNKNOWN")


async def test_an_unknown_method_tells_the_known_ones(toy):
    response = await toy.patch("/loans/7")
    assert code(response) == (405, "METHOD_UNKNOWN")
    assert response.headers["allow"] == "DELETE, GET, HEAD, OPTIONS"


async def test_options_tells_the_methods_to_anybody(toy):
    response = await toy.options("/loans", headers={"Shelf-Key": "wrong"})
    assert (response.status_code, response.headers["allow"], response.content) == (204, "OPTIONS, POST", b"")
    assert "content-type" not in response.headers
    assert (await toy.options("/nothing")).status_code == 404


async def test_head_is_get_without_a_body(toy):
    full, head = await toy.get("/loans/7"), await toy.head("/loans/7")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == full.headers["content-length"] == str(len(full.content))
    refused = await toy.head("/nothing")
    assert (refused.status_code, refused.content) == (404, b"")


async def test_an_answer_without_a_body(toy):
    response = await toy.delete("/loans/7")
    assert (response.status_code, response.content) == (204, b"")


async def test_an_answer_that_is_already_json(toy):
    assert (await toy.get("/public")).text == '{"ready": "made"}'


async def test_a_refusal_of_the_use_case(toy):
    assert code(await toy.get("/refuse")) == (409, "SLOT_TAKEN")


@pytest.mark.parametrize(
    ("key", "path", "expected"),
    [
        (None, "/loans/7", (401, "CREDENTIAL_MISSING")),
        ("", "/loans/7", (401, "CREDENTIAL_MISSING")),
        ("wrong", "/loans/7", (401, "CREDENTIAL_UNKNOWN")),
        ("wrong", "/loans/search?limit=1", (401, "CREDENTIAL_UNKNOWN")),
    ],
)
async def test_credentials(shelf, key, path, expected):
    async with client(toy_server(shelf), key=None) as toy:
        headers = {} if key is None else {"SHELF-KEY": key}
        assert code(await toy.get(path, headers=headers)) == expected
    assert shelf.requests == []


async def test_an_optional_credential_may_be_left_out(shelf):
    async with client(toy_server(shelf), key=None) as toy:
        assert (await toy.get("/loans/search?limit=1")).status_code == 200
    assert shelf.requests[0].caller is None


async def test_a_scope_is_needed(shelf):
    async with client(toy_server(shelf), key="reader-key") as toy:
        assert (await toy.get("/loans/7")).json() == {"id": "7", "known": True}
        assert code(await toy.post("/loans", content="not json")) == (403, "SCOPE_MISSING")


async def drive(app, body_messages, headers=(), path="/toy/loans", method="POST"):
    """Call the application by hand. Returns what it sent, and how many messages it took."""
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"shelf-key", b"booker-key"), *headers],
    }
    sent, taken = [], 0

    async def receive():
        nonlocal taken
        taken += 1
        return body_messages[taken - 1]

    async def send(message):
        sent.append(message)

    await app(scope, receive, send)
    return sent, taken


def chunk(size, more=True):
    return {"type": "http.request", "body": b" " * size, "more_body": more}


async def test_head_sends_no_byte_of_a_body(shelf):
    sent, _ = await drive(toy_server(shelf), [], path="/toy/public", method="HEAD")
    assert sent[1]["body"] == b""


async def test_a_refusal_for_the_credential_comes_before_the_body(shelf):
    sent, taken = await drive(toy_server(shelf), [], [(b"shelf-key", b"wrong")])
    assert (sent[0]["status"], taken) == (401, 0)


async def test_a_body_announced_too_long_is_refused_unread(shelf):
    sent, taken = await drive(toy_server(shelf), [], [(b"content-length", b"2000001")])
    assert (sent[0]["status"], taken) == (413, 0)
    assert (b"connection", b"close") in sent[0]["headers"]


async def test_a_body_that_grows_too_long_is_not_read_to_its_end(shelf):
    messages = [chunk(1_000_000), chunk(1_000_000), chunk(1)]
    sent, taken = await drive(toy_server(shelf), messages, [(b"transfer-encoding", b"chunked")])
    assert (sent[0]["status"], taken) == (413, 3)
    assert (b"connection", b"close") in sent[0]["headers"]


async def test_a_long_body_behind_another_refusal_closes_the_connection(shelf):
    headers = [(b"shelf-key", b"wrong"), (b"content-length", b"99999999999999999999999")]
    sent, _ = await drive(toy_server(shelf), [], headers)
    assert sent[0]["status"] == 401
    assert (b"connection", b"close") in sent[0]["headers"]


async def test_the_longest_body_is_read(shelf):
    messages = [chunk(BODY_LIMIT_BYTES - 1), chunk(1, more=False)]
    sent, _ = await drive(toy_server(shelf), messages, [(b"content-length", b"2000000")])
    assert sent[0]["status"] == 400
    assert b"it is empty" in sent[1]["body"]
    assert not any(name == b"connection" for name, _ in sent[0]["headers"])


async def test_a_client_that_leaves_is_not_answered(shelf):
    sent, _ = await drive(toy_server(shelf), [chunk(5), {"type": "http.disconnect"}])
    assert sent == []
    sent, _ = await drive(toy_server(shelf), [{"type": "http.disconnect"}])
    assert sent == []


async def test_cancellation_is_quiet(shelf):
    with structlog.testing.capture_logs() as logs:
        task = asyncio.create_task(drive(toy_server(shelf), [], path="/toy/wait", method="GET"))
        await shelf.waiting.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert logs == []


async def test_a_fault_is_answered_in_shape_and_logged_without_secrets(toy):
    with structlog.testing.capture_logs() as logs:
        response = await toy.get("/fail?token=secret-in-query", headers={"X-Request-Id": "r-1", "X-More": "secret-x"})
    assert code(response) == (500, "internal_error")
    assert response.json()["error"]["request"] == "r-1"
    (entry,) = logs
    assert (entry["event"], entry["request_id"], entry["log_level"]) == ("request_failed", "r-1", "error")
    assert entry["causes"][0].startswith("RuntimeError: ")
    assert "toy_dialect.py" in entry["causes"][0]
    assert entry["causes"][1].startswith("ValueError")
    assert not re.search("secret|booker-key", str(logs) + response.text)


async def test_a_handler_whose_answer_cannot_be_encoded_is_a_fault(shelf):
    async def broken(request):
        return {"not": "an answer"}

    shelf.show = broken
    with structlog.testing.capture_logs() as logs:
        async with client(toy_server(shelf)) as toy:
            assert (await toy.get("/loans/7")).status_code == 500
    assert len(logs) == 1


@pytest.mark.parametrize("given_id", ["abc-DEF_1.2", "x" * 64])
async def test_a_sane_request_id_is_kept(toy, given_id):
    assert (await toy.get("/nothing", headers={"X-Request-Id": given_id})).headers["x-request-id"] == given_id


@pytest.mark.parametrize("given_id", [None, "", "x" * 65, "a b", "a\tb", "\u00e9"])
async def test_any_other_request_id_is_replaced(toy, given_id):
    headers = [] if given_id is None else [(b"x-request-id", given_id.encode())]
    first = (await toy.get("/public", headers=headers)).headers["x-request-id"]
    second = (await toy.get("/public", headers=headers)).headers["x-request-id"]
    assert uuid.UUID(first) != uuid.UUID(second)


async def test_a_request_with_a_key_is_recognised_when_it_comes_again(toy):
    async def once(path="/loans/7/confirm", key="k-1", caller="booker-key", content=b"{}"):
        headers = {"Idempotency-Key": key, "Shelf-Key": caller}
        answer = (await toy.put(path, headers=headers, content=content)).json()
        assert answer["key"] == key
        return answer["once"]

    first = await once()
    assert await once() == first
    assert first[1] == str(uuid.UUID(bytes=hashlib.sha256(b"{}").digest()[:16]))
    assert (await once(content=b"{} "))[0] == first[0]
    assert (await once(content=b"{} "))[1] != first[1]
    others = [await once(path="/loans/8/confirm"), await once(key="k-2"), await once(caller="other-key")]
    assert {other[1] for other in others} == {first[1]}
    assert len({first[0], *(other[0] for other in others)}) == 4


@pytest.mark.parametrize("key", [b"", b"a b", b"x" * 256, "\u00e9".encode(), b"a\x7f"])
async def test_a_key_that_is_none_is_refused(toy, key):
    response = await toy.post("/loans", json=LOAN, headers=[(b"idempotency-key", key)])
    assert response.json()["error"]["field"] == "Idempotency-Key"
    assert response.status_code == 400


async def test_two_keys_are_refused(toy):
    headers = [("idempotency-key", "a"), ("idempotency-key", "b")]
    assert (await toy.post("/loans", json=LOAN, headers=headers)).status_code == 400


async def test_a_key_is_ignored_where_it_means_nothing(toy, shelf):
    assert (await toy.get("/loans/7", headers=[(b"idempotency-key", b"a b")])).status_code == 200
    assert shelf.requests[0].once is None


async def test_path_parameters_are_decoded(toy):
    assert (await toy.get("/loans/a%2Fb%20%C3%A9")).json()["id"] == "a/b \u00e9"
    assert (await toy.get("/loans/a%00")).status_code == 404


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("limit=5", {"from": None, "limit": "5"}),
        ("LIMIT=5&From=a%20b+c&other=1&other=2", None),
        ("LIMIT=5&From=a%20b+c", {"from": "a b c", "limit": "5"}),
        ("limit=5&limit=5&from=", {"from": None, "limit": "5"}),
    ],
)
async def test_queries(toy, query, expected):
    response = await toy.get(f"/loans/search?{query}")
    assert response.json() == expected if expected else response.status_code == 400


@pytest.mark.parametrize(
    ("query", "field", "refused_as"),
    [
        ("", "limit", "FIELD_MISSING"),
        ("limit=", "limit", "FIELD_MISSING"),
        ("limit=1&limit=2", "limit", "FIELD_INVALID"),
        ("limit=1&Limit=2", "Limit", "FIELD_INVALID"),
        ("limit=%00", "limit", "FIELD_INVALID"),
        ("limit=%FF", "query", "FIELD_INVALID"),
        ("%00=1&limit=2", "query", "FIELD_INVALID"),
        ("&".join(f"p{n}=1" for n in range(201)), "query", "FIELD_INVALID"),
    ],
)
async def test_bad_queries(toy, query, field, refused_as):
    error = (await toy.get(f"/loans/search?{query}")).json()["error"]
    assert (error["field"], error["code"]) == (field, refused_as)


async def test_the_answer_speaks_a_language_that_exists(toy):
    for language in ("sv, en;q=0.5", "en-GB", "*", "", ";;;"):
        response = await toy.get("/refuse", headers={"Accept-Language": language})
        assert response.json()["error"]["message"] == "This time is already taken."


def test_a_dialect_without_a_row_for_an_error_is_a_mistake(shelf):
    rows = error_table()
    del rows[SlotTaken], rows[PathUnknown]
    with pytest.raises(ValueError, match="PathUnknown, SlotTaken"):
        toy_dialect(shelf, errors=rows)


@pytest.mark.parametrize("mount", ["toy", "/a/b", "/"])
def test_a_mount_of_another_form_is_a_mistake(shelf, mount):
    with pytest.raises(ValueError, match="mount"):
        toy_dialect(shelf, mount=mount)


async def test_a_dialect_can_stand_alone_at_the_root(shelf):
    async with client(DialectApp(toy_dialect(shelf, mount=""), None)) as app:
        assert (await app.get("http://here/public")).status_code == 200


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.binary(max_size=200) | st.text(alphabet='{}[]",:\\u0de1 nNaIty.-eEbokingstrd', max_size=60).map(str.encode),
    st.sampled_from(["/loans", "/loans/7/confirm", "/public", "/nothing", "/%ff", "/loans/%00"]),
    st.sampled_from(["POST", "PUT", "GET", "HEAD", "OPTIONS", "DELETE", "\u00c9"]),
    st.lists(
        st.tuples(
            st.sampled_from([b"idempotency-key", b"content-length", b"x-request-id", b"accept-language", b"shelf-key"]),
            st.binary(max_size=30),
        ),
        max_size=3,
    ),
    st.binary(max_size=30),
)
def test_nothing_sent_is_a_fault_of_the_server(body, path, method, headers, query):
    shelf = Shelf()
    scope = {
        "type": "http",
        "method": method,
        "path": "/toy" + path,
        "raw_path": b"/toy" + path.encode(),
        "query_string": query,
        "headers": [(b"shelf-key", b"booker-key"), *headers],
    }
    sent = []

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message):
        sent.append(message)

    asyncio.run(toy_server(shelf)(scope, receive, send))
    assert sent[0]["status"] < 500


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
NUMBERS = ["copies", "weight", "shelfCode", "counts"]
FIELDS = ["booking", "Booking", "title", "readers", "boxes", "note", "customData", *NUMBERS]


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.dictionaries(st.sampled_from(FIELDS), JSON | st.just(BOOKING)) | JSON)
async def test_no_json_is_a_fault_of_the_server(toy, value):
    response = await toy.post("/loans", content=json.dumps(value).encode())
    assert response.status_code in (201, 400)
