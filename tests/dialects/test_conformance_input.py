"""What every route of every dialect does with a body, an id, a key, a path or a method that is not as it should be."""

import json

import pytest

from adapters import ADAPTERS
from any_route import ROUTES, new_asker, somewhere
from appointed.core.errors import (
    BodyTooLarge,
    FieldInvalid,
    FieldMissing,
    KeyReused,
    MalformedBody,
    MethodUnknown,
    PathUnknown,
)
from appointed.dialects import DIALECTS
from appointed.wire.json_text import parse
from conformance import assert_refused, rows_of

METHODS = ("DELETE", "GET", "PATCH", "POST", "PUT")
LIMIT = 2_000_000
BOM = b"\xef\xbb\xbf"
BAD_BODIES = {
    "cut_off": (b'{"a":', MalformedBody),
    "apostrophes": (b"{'a': 1}", MalformedBody),
    "latin": (b'{"a": "\xe9"}', MalformedBody),
    "list": (b"[{}]", MalformedBody),
    "text": (b'"text"', MalformedBody),
    "null": (b"null", MalformedBody),
    "deep": (b'{"a":' * 70 + b"1" + b"}" * 70, MalformedBody),
    "two_commas": (b'{"a": 1,,}', MalformedBody),
    "nan": (b'{"a": NaN}', FieldInvalid),
    "infinity": (b'{"a": 1e999}', FieldInvalid),
    "two_values": (b'{"a": 1, "a": 2}', FieldInvalid),
    "half_a_character": (b'{"a": "\\ud800"}', FieldInvalid),
    "too_long": (b'{"a": "' + b"x" * (LIMIT + 1 - 9) + b'"}', BodyTooLarge),
}
NOBODY = "00000000-0000-0000-0000-000000000000"
BAD_IDS = ("7", "x" * 36, "x" * 3000, "%00", "%ff", "%C3%A9", "-", "None", "{}", NOBODY, NOBODY + "x", "0" * 32)
BODIED = [name for name, (_, route) in ROUTES.items() if route.request_type is not None and not route.form]
ONCE = [name for name, (_, route) in ROUTES.items() if route.idempotent]
NOT_ONCE = [
    name for name, (_, route) in ROUTES.items() if route.method == "POST" and route.changes and not route.idempotent
]
WITH_IDS = [name for name, (dialect, route) in ROUTES.items() if ADAPTERS[dialect.name].world.rows[route.name].ids]

_askers = {}


async def shared(name, client, context):
    """Somebody of whom nothing may change, one for each dialect."""
    if name not in _askers:
        _askers[name] = await new_asker(name, client, context)
    return _askers[name]


def test_the_longest_bad_body_is_one_byte_too_long():
    assert len(BAD_BODIES["too_long"][0]) == LIMIT + 1


@pytest.mark.parametrize("name", BODIED)
async def test_a_body_that_has_no_one_meaning_is_refused_and_changes_nothing(name, client, context):
    dialect, route = ROUTES[name]
    asker = await shared(dialect.name, client, context)
    rows = await rows_of(context, asker.person)
    for content, kind in BAD_BODIES.values():
        assert_refused(dialect, await asker.ask(route, content), kind)
    assert await rows_of(context, asker.person) == rows


@pytest.mark.parametrize("name", BODIED)
async def test_a_wrong_type_is_refused_by_its_field_and_changes_nothing(name, client, context):
    dialect, route = ROUTES[name]
    asker = await shared(dialect.name, client, context)
    rows = await rows_of(context, asker.person)
    body = parse(asker.content(route) or b"{}")
    for field in body:
        answer = await asker.ask(route, json.dumps(body | {field: [[[]]]}).encode())
        assert_refused(dialect, answer, FieldInvalid, FieldMissing)
        assert field in answer.text
    assert await rows_of(context, asker.person) == rows


@pytest.mark.parametrize("name", BODIED)
async def test_a_byte_order_mark_and_a_trailing_comma_are_forgiven(name, client, context):
    dialect, route = ROUTES[name]
    asker = await new_asker(dialect.name, client, context)
    content = asker.content(route) or b"{}"
    if parse(content):
        content = content.rstrip().removesuffix(b"}").rstrip().rstrip(b",") + b",\n}\n"
    assert (await asker.ask(route, BOM + content)).status_code == asker.row(route).success


@pytest.mark.parametrize("name", WITH_IDS)
async def test_an_id_that_is_none_is_refused_and_changes_nothing(name, client, context):
    dialect, route = ROUTES[name]
    asker = await shared(dialect.name, client, context)
    rows = await rows_of(context, asker.person)
    for place in asker.row(route).ids:
        for bad in BAD_IDS:
            answer = await asker.send(route.method, asker.path(route, **{place: bad}), asker.content(route))
            assert 400 <= answer.status_code < 500, f"{place}={bad}: {answer.text}"
    assert await rows_of(context, asker.person) == rows


@pytest.mark.parametrize("name", ONCE)
async def test_the_same_request_with_the_same_key_has_one_effect_and_one_answer(name, client, context):
    dialect, route = ROUTES[name]
    asker = await new_asker(dialect.name, client, context)
    content = asker.content(route) or b""
    first = await asker.ask(route, content, Idempotency_Key="a")
    assert first.status_code == asker.row(route).success
    rows = await rows_of(context, asker.person)
    again = await asker.ask(route, content, Idempotency_Key="a")
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert_refused(dialect, await asker.ask(route, content + b" ", Idempotency_Key="a"), KeyReused)
    for bad in ("", "a b", "x" * 256):
        assert_refused(dialect, await asker.ask(route, content, Idempotency_Key=bad), FieldInvalid)
    assert await rows_of(context, asker.person) == rows


@pytest.mark.parametrize("name", NOT_ONCE)
async def test_a_key_where_none_is_honoured_is_refused(name, client, context):
    """Whoever sends one relies on it."""
    dialect, route = ROUTES[name]
    asker = await shared(dialect.name, client, context)
    rows = await rows_of(context, asker.person)
    answer = await asker.ask(route, asker.content(route), Idempotency_Key="a")
    assert_refused(dialect, answer, FieldInvalid)
    assert await rows_of(context, asker.person) == rows


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
async def test_a_path_that_leads_nowhere_is_refused_in_the_dialects_own_shape(dialect, client, context):
    asker = await shared(dialect.name, client, context)
    for path, _ in somewhere(dialect).values():
        for nowhere in (path + "/no/where/at/all", path + "%ff", "/%ff"):
            for method in (*METHODS, "OPTIONS"):
                assert_refused(dialect, await asker.send(method, nowhere), PathUnknown)


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
async def test_a_method_that_a_path_has_not_is_refused_with_those_it_has(dialect, client, context):
    asker = await shared(dialect.name, client, context)
    for path, known in somewhere(dialect).values():
        allowed = known | {"OPTIONS"} | ({"HEAD"} if "GET" in known else set())
        for method in {*METHODS, "HEAD", "QUERY"} - allowed:
            answer = await asker.send(method, path)
            assert answer.status_code == dialect.errors[MethodUnknown].status
            assert method == "HEAD" or str(dialect.errors[MethodUnknown].code) in answer.text
            assert set(answer.headers["allow"].split(", ")) == allowed
        told = await asker.send("OPTIONS", path)
        assert (told.status_code, told.content) == (204, b"")
        assert set(told.headers["allow"].split(", ")) == allowed


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
async def test_a_head_is_answered_like_a_get_without_the_body(dialect, client, context):
    asker = await shared(dialect.name, client, context)
    for route in dialect.routes:
        if route.method == "GET":
            path, content = asker.path(route), asker.content(route)
            get, head = [await asker.send(method, path, content) for method in ("GET", "HEAD")]
            assert head.content == b""
            assert head.status_code == get.status_code == asker.row(route).success
            assert told_in(head) == told_in(get)


def told_in(answer):
    """The headers, but how long it took."""
    return sorted(pair for pair in answer.headers.multi_items() if pair[0] != "server-timing")
