"""What a body may look like, and what it must not."""

import json
import math

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from appointed.core.errors import FieldInvalid, FieldMissing, MalformedBody, Refusal
from appointed.wire.decode import decode, encode, refusal_of
from appointed.wire.json_text import DEPTH_LIMIT, parse
from toy_dialect import Loan, Remote

SPAN = '"booking":{"start":"2026-03-29T10:00:00Z","end":"2026-03-29T10:05:00Z"}'


def loan(members: str = "") -> Loan:
    return decode(f"{{{SPAN}{',' if members else ''}{members}}}".encode(), Loan)


def refusal(body: bytes | str) -> dict:
    with pytest.raises(Refusal) as caught:
        decode(body.encode() if isinstance(body, str) else body, Loan)
    return {"code": caught.value.code, **caught.value.facts()}


def invalid(field: str, expected: str) -> dict:
    return {"code": "field_invalid", "field": field, "expected": expected}


def malformed(problem: str) -> dict:
    return {"code": "malformed_body", "problem": problem}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a":1,}', {"a": 1}),
        ('{"a":[1,2, \n],"b":{"c":"x" ,} , }', {"a": [1, 2], "b": {"c": "x"}}),
        ('{"a":",}", "b":"\\",]",}', {"a": ",}", "b": '",]'}),
        ('\ufeff{"a":1}', {"a": 1}),
        ('\ufeff \n{"a":1,}\n', {"a": 1}),
        ('{"a":1,"a":1}', {"a": 1}),
        ('{"a":{"x":1,"y":[2]},"a":{"y":[2],"x":1}}', {"a": {"x": 1, "y": [2]}}),
        ('{"a":{"y":[2],"x":1},"a":{"x":1,"y":[2]}}', {"a": {"x": 1, "y": [2]}}),
        ('{"a":"\\ud83d\\ude00"}', {"a": "\U0001f600"}),
        ('{"a":"\\\\u0000"}', {"a": "\\u0000"}),
        ('{"a":18446744073709551615,"b":-9223372036854775808}', {"a": 2**64 - 1, "b": -(2**63)}),
    ],
)
def test_tolerated_text(text, value):
    assert parse(text.encode()) == value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", malformed("empty")),
        (" \n\t", malformed("empty")),
        ("\ufeff", malformed("empty")),
        ("{", malformed("not_json")),
        ("{}{}", malformed("not_json")),
        ("{'a':1}", malformed("not_json")),
        ('{"a":[,]}', malformed("not_json")),
        ('{"a":[1,,]}', malformed("not_json")),
        ("{,}", malformed("not_json")),
        (',{"a":1}', malformed("not_json")),
        ('{"a":1},', malformed("not_json")),
        ('{"a":"\n"}', malformed("not_json")),
        ('{"a":01}', malformed("not_json")),
        ("[]", malformed("not_object")),
        ('"text"', malformed("not_object")),
        ("null", malformed("not_object")),
        ("7", malformed("not_object")),
        ("NaN", malformed("not_object")),
        (b"\xff\xfe{}", malformed("not_utf8")),
        (b'{"a":"\xed\xa0\x80"}', malformed("not_utf8")),
        ('{"a":NaN}', invalid("a", "finite_number")),
        ('{"a":{"b":[1,-Infinity]},}', invalid("a.b[1]", "finite_number")),
        ('{"a":1e999}', invalid("a", "finite_number")),
        ('{"a":18446744073709551616}', invalid("a", "integer_of_64_bits")),
        ('{"a":-9223372036854775809}', invalid("a", "integer_of_64_bits")),
        ('{"a":' + "9" * 10_000 + "}", invalid("a", "integer_of_64_bits")),
        ('{"a":{"b":1,"b":2}}', invalid("a.b", "one_value")),
        ('{"a":1,"a":1.0}', invalid("a", "one_value")),
        ('{"a":1,"a":true}', invalid("a", "one_value")),
        ('{"a":1,"a":NaN}', invalid("a", "one_value")),
        ('{"a":NaN,"a":NaN}', invalid("a", "finite_number")),
        ('{"a":[{"b":"x\\u0000"}]}', invalid("a[0].b", "text")),
        ('{"a":"\\ud800"}', invalid("a", "text")),
        ('{"a":"\\ude00\\ud83d"}', invalid("a", "text")),
        ('{"a":{"\\u0000":1}}', invalid("a", "key_characters")),
        ('{"\\udfff":{"\\u0000":1}}', malformed("key_characters")),
    ],
)
def test_refused_text(text, expected):
    assert refusal(text) == expected


def test_nesting_ends_at_the_limit():
    """Brackets inside text do not count, and a hundred thousand levels are refused like one too many."""
    within, beyond = DEPTH_LIMIT, DEPTH_LIMIT + 1
    assert parse(('{"a":' * within + '"[[{{"' + "}" * within).encode())
    assert parse(('{"a":"' + '[{\\"' * 1000 + '"}').encode())
    assert parse(('{"a":[' + ",".join(["[]"] * 1000) + "]}").encode())
    assert refusal('{"a":' * beyond + "1" + "}" * beyond) == malformed("too_deep")
    assert refusal("[" * 100_000) == malformed("too_deep")
    assert refusal('{"a":' * 100_000) == malformed("too_deep")


@pytest.mark.parametrize(
    ("members", "name", "value"),
    [
        ('"unknown":{"x":[1]},"copies":2', "copies", 2),
        ('"COPIES":3', "copies", 3),
        ('"CustomData":{"Kept":1}', "custom_data", {"Kept": 1}),
        ('"copies":null', "copies", 1),
        ('"note":null', "note", None),
        ('"weight":null', "weight", 0.0),
        ('"copies":"4"', "copies", 4),
        ('"copies":5.0', "copies", 5),
        ('"weight":"1.5"', "weight", 1.5),
        ('"weight":2', "weight", 2.0),
        ('"copies":6,"Copies":6', "copies", 6),
        ('"boxes":[{"ISENABLED":true,"x":1}]', "boxes", [Remote(True)]),
        ('"counts":{"a":"7","A":8}', "counts", {"a": 7, "A": 8}),
        ('"readers":"Ann"', "readers", "Ann"),
        ('"readers":["Ann"]', "readers", ["Ann"]),
        ('"shelfCode":"12"', "shelf_code", "12"),
    ],
)
def test_tolerated_fields(members, name, value):
    assert getattr(loan(members), name) == value


def test_a_nested_key_in_another_case_is_found():
    body = '{"BOOKING":{"START":"2026-03-29T10:00:00Z","End":"2026-03-29T10:05:00Z","Remote":{"isenabled":true}}}'
    assert decode(body.encode(), Loan).booking.remote == Remote(True)


@pytest.mark.parametrize("value", ["true", "false", '{"isEnabled":true}', "null"])
def test_a_union_of_boolean_and_object_takes_either(value):
    body = SPAN.replace("}", f',"remote":{value}}}')
    remote = decode(f"{{{body}}}".encode(), Loan).booking.remote
    assert json.loads(value) == (msgspec.to_builtins(remote))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("{}", {"code": "field_missing", "field": "booking"}),
        ('{"booking":null}', {"code": "field_missing", "field": "booking"}),
        ('{"booking":{"start":"2026-03-29T10:00:00Z"}}', {"code": "field_missing", "field": "booking.end"}),
        ('{"booking":[]}', invalid("booking", "object")),
        ('{"booking":{"start":"soon","end":"later"}}', invalid("booking.start", "instant")),
        ('{"booking":{"start":5,"end":"later"}}', invalid("booking.start", "instant")),
        (f'{{{SPAN},"title":7}}', invalid("title", "string")),
        (f'{{{SPAN},"title":true}}', invalid("title", "string")),
        (f'{{{SPAN},"copies":true}}', invalid("copies", "integer")),
        (f'{{{SPAN},"copies":"two"}}', invalid("copies", "integer")),
        (f'{{{SPAN},"copies":1.5}}', invalid("copies", "integer")),
        (f'{{{SPAN},"copies":1e300}}', invalid("copies", "integer")),
        (f'{{{SPAN},"copies":"1.5"}}', invalid("copies", "integer")),
        (f'{{{SPAN},"copies":0}}', invalid("copies", "positive_integer")),
        (f'{{{SPAN},"copies":"-1"}}', invalid("copies", "positive_integer")),
        (f'{{{SPAN},"copies":100}}', invalid("copies", "smaller")),
        (f'{{{SPAN},"copies":2,"Copies":3}}', invalid("copies", "one_value")),
        (f'{{{SPAN},"copies":1,"Copies":"1"}}', invalid("copies", "one_value")),
        (f'{{{SPAN},"copies":null,"Copies":3}}', invalid("copies", "one_value")),
        (f'{{{SPAN},"weight":"heavy"}}', invalid("weight", "number")),
        (f'{{{SPAN},"weight":"NaN"}}', invalid("weight", "number")),
        (f'{{{SPAN},"weight":"1e999"}}', invalid("weight", "number")),
        (f'{{{SPAN},"boxes":[{{"isEnabled":1}}]}}', invalid("boxes[0].isEnabled", "boolean")),
        (f'{{{SPAN},"boxes":[{{"isEnabled":"true"}}]}}', invalid("boxes[0].isEnabled", "boolean")),
        (f'{{{SPAN},"boxes":[{{"isEnabled":true,"isenabled":false}}]}}', invalid("boxes[0].isEnabled", "one_value")),
        (f'{{{SPAN},"readers":["Ann",7]}}', invalid("readers[1]", "string")),
        (f'{{{SPAN},"readers":7}}', invalid("readers", "string_or_array")),
        (f'{{{SPAN},"counts":{{"a":"x"}}}}', invalid("counts[...]", "integer")),
        (f'{{{SPAN},"customData":[]}}', invalid("customData", "object")),
        (f'{{{SPAN},"customData":{{"a":{{"b":1,"b":2}}}}}}', invalid("customData.a.b", "one_value")),
    ],
)
def test_refused_fields(body, expected):
    assert refusal(body) == expected


def test_a_long_key_is_not_repeated_whole():
    assert len(refusal(f'{{"{"k" * 10_000}":NaN}}')["field"]) == 200


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), JSON), st.booleans())
def test_a_free_object_is_kept_whole(value, escaped):
    """Order, nesting, numbers and every character come through decoding and encoding."""
    text = json.dumps({**json.loads(f"{{{SPAN}}}"), "customData": value}, ensure_ascii=escaped)
    kept = decode(text.encode(), Loan).custom_data
    again = json.loads(encode(kept))
    assert json.dumps(again) == json.dumps(value)


def trailing(value) -> str:
    """JSON text of `value` with a comma after the last member of everything that has one."""
    match value:
        case dict() if value:
            return "{" + "".join(f"{json.dumps(key)}:{trailing(item)} ," for key, item in value.items()) + "\n}"
        case list() if value:
            return "[" + "".join(f"{trailing(item)}, " for item in value) + "]"
        case _:
            return json.dumps(value)


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), JSON, min_size=1))
@example({'",}': ["\\", ",]", '\\"', "[,", "{ ,"]})
def test_trailing_commas_change_nothing(value):
    assert json.dumps(parse(trailing(value).encode())) == json.dumps(value)


@given(st.binary() | st.text(alphabet='{}[]",:\\u0de1 nNaIty.-eE', max_size=40).map(str.encode))
@example(b'{"a":NaN,')
@example(b'{"a":1,"a":2,]')
def test_arbitrary_bytes_are_decoded_or_refused(body):
    """Nothing but a refusal comes out, and what passes is what the standard library reads, commas aside."""
    try:
        value = parse(body)
    except (MalformedBody, FieldInvalid):
        return
    try:
        expected = json.loads(body.decode("utf-8-sig"))
    except ValueError:
        assert b"," in body
    else:
        assert value == expected
        assert not any(isinstance(item, float) and not math.isfinite(item) for item in value.values())


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Object missing required field `a`", {"field": "a"}),
        ("Object missing required field `a` - at `$[0].b`", {"field": "[0].b.a"}),
        ("Invalid enum value 'x` - at `$.forged' - at `$.kind`", {"field": "kind", "expected": "listed_value"}),
        ("Invalid UUID - at `$.id`", {"field": "id", "expected": "uuid"}),
        ("Expected `str` of length <= 3 - at `$.s`", {"field": "s", "expected": "shorter"}),
        ("Expected `str` of length >= 3 - at `$.s`", {"field": "s", "expected": "longer"}),
        ("Expected `str` matching regex '^a' - at `$.s`", {"field": "s", "expected": "of_its_pattern"}),
        ("Expected `float` > 0.0 - at `$.f`", {"field": "f", "expected": "larger"}),
        ("Expected `int`, got `str` - at `key` in `$.d`", {"field": "d", "expected": "integer"}),
        ("Something new in msgspec - at `$.x`", {"field": "x", "expected": "other_value"}),
        ("Expected `null`, got `int` - at `$.x`", {"field": "x", "expected": "other_value"}),
        ("Something new in msgspec", {"problem": "not_object"}),
    ],
)
def test_messages_of_the_library_become_refusals(message, expected):
    assert refusal_of(message).facts() == expected


def test_a_missing_field_is_a_missing_field():
    assert isinstance(refusal_of("Object missing required field `a`"), FieldMissing)


def test_encoding_keeps_the_order_of_declaration():
    class Reply(msgspec.Struct):
        zeta: int
        alpha: None
        mid: str

    assert encode(Reply(1, None, "é")) == '{"zeta":1,"alpha":null,"mid":"é"}'.encode()


def test_fields_that_differ_in_case_only_are_a_mistake():
    class Twins(msgspec.Struct):
        a: int
        A: int

    with pytest.raises(ValueError, match="differ in case"):
        decode(b"{}", Twins)
