"""Whatever is sent, the answer is a refusal that names the field, never a failure, and nothing is half written."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ombori_client import DOCUMENTED_REQUEST, accepted, changed, refused, without_trailing_commas
from people import new_queue

BODY = without_trailing_commas(DOCUMENTED_REQUEST)
LIMIT = 2_000_000
FUZZED = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def places(value, path=()):
    """The path of every member of a JSON value, the innermost last."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in pairs:
        yield (*path, key)
        yield from places(member, (*path, key))


PLACES = list(places(BODY))


def at(path, value):
    """The documented body with another value at a path."""
    body = json.loads(json.dumps(BODY))
    owner = body
    for key in path[:-1]:
        owner = owner[key]
    owner[path[-1]] = value
    return body


def dotted(path):
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path).removeprefix(".")


async def refused_unwritten(queue, answer, *expected):
    """The answer refuses, and the tenant has no row that it had not before."""
    error = refused(answer, *expected)
    assert not any((await queue.rows()).values())
    return error


@pytest.mark.parametrize("verb", ["reserve", "book"])
async def test_a_body_over_two_megabytes_is_refused(ombori, verb):
    body = json.dumps(changed("customData", {"a": "x" * LIMIT})).encode()
    await refused_unwritten(ombori, await getattr(ombori, verb)(body), 413, "body_too_large")


async def test_a_body_without_a_length_is_refused_once_it_is_too_long(ombori):
    sent = 0

    async def chunks():
        nonlocal sent
        for _ in range(100):
            sent += 100_000
            yield b" " * 100_000

    answer = await ombori.http.post(
        ombori.path + "/reservations", content=chunks(), headers={"ApiKey": ombori.person.key}
    )
    await refused_unwritten(ombori, answer, 413, "body_too_large")
    assert sent <= LIMIT + 200_000


async def test_a_body_of_almost_two_megabytes_is_kept_whole(ombori):
    data = {"a": "ż" * ((LIMIT - 2_000) // 2)}
    body = json.dumps(changed("customData", data), ensure_ascii=False).encode()
    made = accepted(await ombori.reserve(body), 201)
    assert (await ombori.position(made["id"]))["customData"] == data


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"{", "not_json"),
        (b'{"booking":', "not_json"),
        (b"{'booking': 1}", "not_json"),
        (b'{"a" 1}', "not_json"),
        (b"\xff\xfe{\x00}\x00", "not_utf8"),
        (b'{"locale": "\xed\xa0\x80"}', "not_utf8"),
        (b'{"a": "\x00"}', "not_json"),
        (b"null", "not_object"),
        (b'"text"', "not_object"),
        (b"[{}]", "not_object"),
        (b"", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b'{"a":' * 70 + b"1" + b"}" * 70, "too_deep"),
        (b"[" * 900_000, "too_deep"),
        (b'{"customData": ' + b'{"a": [' * 100_000, "too_deep"),
    ],
    ids=lambda value: str(value)[:30],
)
async def test_a_body_that_is_no_json_object_is_refused(ombori, body, problem):
    error = await refused_unwritten(ombori, await ombori.reserve(body), 400, "malformed_body")
    assert error["details"] == {"problem": problem}


@pytest.mark.parametrize("path", [path for path in PLACES if path[0] != "customData"], ids=dotted)
async def test_a_wrong_type_is_refused_at_every_field(ombori, path):
    for value in (7.5, True, "text", [{}], {"a": {"b": 1}}, [7]):
        answer = await ombori.reserve(at(path, value))
        if answer.status_code == 201:
            # Two fields are free text, and a remote appointment is a boolean or an object that may say so.
            fitting = {"locale": str, "customerInfo": str, "booking": dict if isinstance(value, dict) else bool}
            assert isinstance(value, fitting[path[0]])
            assert path[0] != "booking" or "virtualAppointment" in path
            accepted(await ombori.cancel(answer.json()["id"]))
            continue
        error = refused(answer, 400)
        assert error["code"] in ("field_invalid", "field_missing")
        assert error["details"]["field"].startswith(dotted(path[:1]))


@pytest.mark.parametrize("text", ["\0", "a\0b", "\ud800", "\udc00\ud800", "\ud83d text"], ids=ascii)
@pytest.mark.parametrize("path", PLACES, ids=dotted)
async def test_text_that_cannot_be_stored_is_refused_by_its_field(ombori, path, text):
    error = await refused_unwritten(ombori, await ombori.reserve(at(path, text)), 400, "field_invalid", dotted(path))
    assert error["details"]["expected"] == "text"


@pytest.mark.parametrize("key", ["\0", "a\0", "\ud800x", "\udfff"], ids=ascii)
@pytest.mark.parametrize("path", [(), ("customData",), ("booking",), ("notification", "settings")], ids=dotted)
async def test_a_key_that_cannot_be_stored_is_refused_by_its_object(ombori, path, key):
    answer = await ombori.reserve(at((*path, key), 1))
    if path:
        await refused_unwritten(ombori, answer, 400, "field_invalid", dotted(path))
    else:
        await refused_unwritten(ombori, answer, 400, "malformed_body")


async def test_text_deep_in_custom_data_is_looked_at_too(ombori):
    body = changed("customData", {"a": [1, {"b": "\0"}]})
    await refused_unwritten(ombori, await ombori.reserve(body), 400, "field_invalid", "customData.a[1].b")
    made = accepted(await ombori.reserve(changed("customData", {"a": "\\u0000", "b": "\U0001f600"})), 201)
    assert made["customData"] == {"a": "\\u0000", "b": "\U0001f600"}


@pytest.mark.parametrize("field", ["booking.start", "booking.end"])
@pytest.mark.parametrize(
    "text",
    [
        "2020-02-30T10:00:00Z",
        "2021-02-29T10:00:00Z",
        "2020-13-01T10:00:00Z",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "10000-01-01T00:00:00Z",
        "2020-11-30T14:30:00+99:99",
        "2020-11-30T14:60:00Z",
        "-2020-11-30T14:30:00Z",
        "2" * 100_000,
    ],
    ids=lambda text: text[:30],
)
async def test_an_impossible_date_is_refused_by_its_field(ombori, field, text):
    await refused_unwritten(ombori, await ombori.reserve(changed(field, text)), 400, "field_invalid", field)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("0001-01-01T00:00:00Z", "0001-01-01T00:05:00Z"),
        ("9999-12-31T23:50:00Z", "9999-12-31T23:55:00Z"),
        ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"),
        ("2020-11-30T14:30:00Z", "9999-12-31T23:59:59.999999Z"),
        ("2020-11-30T14:30:00Z", "2020-11-30T14:30:00.000001Z"),
    ],
)
async def test_a_time_at_the_edge_of_the_calendar_is_no_slot(ombori, start, end):
    for verb in (ombori.reserve, ombori.book):
        await refused_unwritten(ombori, await verb({"booking": {"start": start, "end": end}}), 409, "slot_not_offered")


@pytest.mark.parametrize(
    "query",
    [
        "from=x",
        "from=2020-11-30",
        "from=2020-11-30T08:00:00Z&to=",
        "from=2020-11-30T08:00:00Z&to=2020-11-30T08:00:00Z",
        "from=2020-11-30T08:00:00Z&to=2021-11-30T08:00:00Z",
        "from=9999-12-31T12:00:00Z",
        "from=9999-12-31T23:59:59.999999Z",
        "from=9999-12-31T23:59:59.999999Z&to=9999-12-31T23:59:59.999999Z",
        "from=9999-12-31T12:00:00Z&to=9999-12-31T13:00:00Z",
        "from=0001-01-01T00:00:00Z",
        "from=0001-01-01T00:00:00Z&to=9999-12-31T23:59:59Z",
        "to=2020-11-30T08:00:00Z",
        "date=2020-02-30",
        "date=0001-01-01",
        "date=9999-12-31",
        "date=2020-W49-1",
        "date=2020-11-30T00:00:00Z",
        "date=%00",
        "date=%ff",
        "date=1&date=2",
        "%00=1",
        "&".join(f"a{n}=1" for n in range(300)),
    ],
    ids=lambda query: query[:60],
)
async def test_the_query_for_slots_never_fails(ombori, query):
    answer = await ombori.send("GET", f"/timeslots?{query}")
    if answer.status_code != 200:
        assert refused(answer, 400)["details"]["field"] in ("from", "to", "date", "query")


@pytest.mark.parametrize(
    "number",
    ["1e400", "-1e400", "1" * 400, "18446744073709551616", "NaN", "Infinity", "-Infinity"],
    ids=lambda number: number[:20],
)
@pytest.mark.parametrize("field", ["numberOfPeople", "customData.n"])
async def test_an_absurd_number_is_refused_by_its_field(ombori, number, field):
    text = json.dumps(changed(field, "HERE")).replace('"HERE"', number).encode()
    await refused_unwritten(ombori, await ombori.reserve(text), 400, "field_invalid", field)


@pytest.mark.parametrize("people", [0, -1, 2**31, 2**63 - 1, -(2**63), 1e300, 0.1, "", "1e3", "0x1", " 1", "\u0661"])
async def test_a_number_of_people_beyond_reason_is_refused(ombori, people):
    answer = await ombori.reserve(changed("numberOfPeople", people))
    await refused_unwritten(ombori, answer, 400, "field_invalid", "numberOfPeople")


async def test_a_name_given_twice_with_two_values_is_refused(ombori):
    body = DOCUMENTED_REQUEST.replace(b'"locale": "en",', b'"locale": "en", "Locale": "sv",')
    await refused_unwritten(ombori, await ombori.reserve(body), 400, "field_invalid", "locale")
    body = DOCUMENTED_REQUEST.replace(b'"locale": "en",', b'"locale": "en", "locale": "sv",')
    await refused_unwritten(ombori, await ombori.reserve(body), 400, "field_invalid", "locale")


async def test_foreign_ids_are_not_found_by_any_verb(ombori, charlie, context):
    made = accepted(await ombori.reserve(), 201)
    stranger = type(ombori)(ombori.http, context, charlie, await new_queue(context, charlie))
    before = await ombori.rows()
    for position in (made["id"], made["queue"], str(charlie.tenant), "x" * 36, "%00", "%ff"):
        for verb in (stranger.confirm, stranger.cancel, lambda id_: stranger.update(id_, {"numberOfPeople": 2})):
            refused(await verb(position), 404)
        refused(await stranger.send("GET", f"/positions/{position}"), 404)
    assert await ombori.rows() == before
    assert not any((await stranger.rows()).values())


async def test_a_bad_change_leaves_the_reservation_as_it_was(ombori):
    made = accepted(await ombori.reserve(), 201)
    before, rows = await ombori.position(made["id"]), await ombori.rows()
    for change, field in (
        ({"booking": {"start": "x"}, "numberOfPeople": 2}, "booking.start"),
        ({"booking": 7}, "booking"),
        ({"booking": {"start": "2020-11-30T15:00:00Z", "end": "2020-11-30T14:00:00Z"}}, "booking.end"),
        ({"numberOfPeople": 2, "notification": {"type": "email", "settings": {}}}, "notification.settings.recipient"),
        ({"numberOfPeople": 2, "notification": {"type": "fax", "settings": {}}}, "notification.type"),
        ({"locale": "en", "customData": {"a": "\0"}}, "customData.a"),
        ({"locale": "en", "numberOfPeople": 0}, "numberOfPeople"),
    ):
        refused(await ombori.update(made["id"], change), 400, None, field)
        assert await ombori.position(made["id"]) == before
    refused(await ombori.update(made["id"], b"["), 400, "malformed_body")
    assert await ombori.rows() == rows


JSON_VALUE = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@st.composite
def mutated(draw):
    """The documented body with one to three members replaced, removed, or joined by others."""
    body = json.loads(json.dumps(BODY))
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(PLACES))
        owner = body
        for key in path[:-1]:
            owner = owner[key] if isinstance(owner, dict) and key in owner else {}
        if not isinstance(owner, dict):
            continue
        match draw(st.sampled_from(["replace", "remove", "add", "spell"])):
            case "replace":
                owner[path[-1]] = draw(JSON_VALUE)
            case "remove":
                owner.pop(path[-1], None)
            case "add":
                owner[draw(st.text(max_size=12))] = draw(JSON_VALUE)
            case _:
                owner[str(path[-1]).swapcase()] = draw(JSON_VALUE)
    return json.dumps(body).encode()


SPLICED = st.builds(
    lambda start, length, piece: DOCUMENTED_REQUEST[:start] + piece + DOCUMENTED_REQUEST[start + length :],
    st.integers(0, len(DOCUMENTED_REQUEST)),
    st.integers(0, 20),
    st.one_of(
        st.binary(max_size=12), st.sampled_from([b'"', b"{", b"}", b"[", b"\\u0000", b"\\ud800", b",,", b"1e999"])
    ),
)


async def all_or_nothing(queue, answer):
    """A success has written one visit, which goes again; a refusal has written nothing."""
    if answer.status_code < 300:
        accepted(await queue.cancel(answer.json()["id"]))
        return 1
    refused(answer)
    return 0


@FUZZED
@given(body=st.one_of(mutated(), SPLICED), verb=st.sampled_from(["reserve", "book"]))
async def test_no_body_makes_a_failure_or_half_a_visit(ombori, body, verb):
    before = (await ombori.rows())["visit"]
    made = await all_or_nothing(ombori, await getattr(ombori, verb)(body))
    rows = await ombori.rows()
    assert rows["visit"] == rows["item"] == rows["claim"] == before + made


@FUZZED
@given(body=st.one_of(mutated(), SPLICED))
async def test_no_change_makes_a_failure_or_half_a_change(ombori, body):
    made = accepted(await ombori.reserve(), 201)
    before, rows = await ombori.position(made["id"]), await ombori.rows()
    answer = await ombori.update(made["id"], body)
    if answer.status_code != 200:
        refused(answer)
        assert await ombori.position(made["id"]) == before
        assert await ombori.rows() == rows
    accepted(await ombori.cancel(made["id"]))
