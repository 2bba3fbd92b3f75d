"""JSON text to plain values: tolerant of slips of the pen, strict about what a later reader could take two ways.

A byte order mark and trailing commas pass. Refused are values that have no one meaning (a key given twice with
different values, NaN), numbers that no 64-bit reader can hold, nesting beyond any use, and text that PostgreSQL or
UTF-8 cannot carry. A refusal names the field wherever there is one.
"""

import codecs
import json
import re
from dataclasses import dataclass
from math import isinf
from typing import cast

from appointed.core.errors import FieldInvalid, MalformedBody

DEPTH_LIMIT = 64
FIELD_NAME_LIMIT_CHARACTERS = 200

_STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?'
_BRACKETS = re.compile(rf"{_STRING}|[\[\]{{}}]", re.DOTALL)
# All of a text but its trailing commas. A comma that follows no value is a piece too: it stays, and is an error.
_PIECES = re.compile(rf"(?:{_STRING}|[\[{{:,]\s*+,|[\[{{:]|,(?!\s*+[\]}}])|[^\",\[{{:]++)++", re.DOTALL)
# Only an escape can bring a NUL or half a surrogate pair past the two decoders.
_SUSPECT_ESCAPE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
_NOT_TEXT = re.compile("[\x00\ud800-\udfff]")
_SMALLEST_INTEGER, _LARGEST_INTEGER = -(2**63), 2**64 - 1
_LONGEST_INTEGER_CHARACTERS = 20


@dataclass(frozen=True, slots=True)
class _Flaw:
    """Stands in a parsed value where the text had what cannot be accepted."""

    expected: str


class _FlawedError(Exception):
    pass


def parse(body: bytes) -> dict[str, object]:
    """The object that `body` is the JSON text of.

    Raises MalformedBody with the problem `empty`, `not_utf8`, `not_json`, `too_deep`, `not_object` or
    `key_characters`, and FieldInvalid where a field can be named.
    """
    text = _text(body)
    if body.count(b"[") + body.count(b"{") > DEPTH_LIMIT:
        _refuse_depth(text)
    try:
        value: object = _STRICT.decode(text)
        suspect = _SUSPECT_ESCAPE.search(text) is not None
    except (_FlawedError, ValueError):
        value = _second_reading(text)
        suspect = True
    if not isinstance(value, dict):
        raise MalformedBody(problem="not_object")
    found = cast("dict[str, object]", value)
    if suspect and (flaw := _flaw_in(found, "")):
        raise _refusal(*flaw)
    return found


def same(one: object, other: object) -> bool:
    """Whether two parsed values are equal as JSON, where 1, 1.0 and true are three different things."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict | list):
        return json.dumps(one, sort_keys=True, default=repr) == json.dumps(other, sort_keys=True, default=repr)
    return one == other


def member(path: str, key: str) -> str:
    """The path of the member `key` of the object at `path`; the body itself is at the empty path."""
    return f"{path}.{key}" if path else key


def _text(body: bytes) -> str:
    try:
        text = body.removeprefix(codecs.BOM_UTF8).decode()
    except UnicodeDecodeError:
        raise MalformedBody(problem="not_utf8") from None
    if not text or text.isspace():
        raise MalformedBody(problem="empty")
    return text


def _refuse_depth(text: str) -> None:
    depth = 0
    for match in _BRACKETS.finditer(text):
        match match[0]:
            case "[" | "{":
                depth += 1
                if depth > DEPTH_LIMIT:
                    raise MalformedBody(problem="too_deep")
            case "]" | "}":
                depth -= 1
            case _:
                pass


def _second_reading(text: str) -> object:
    """The value of `text` without its trailing commas, with a mark at each flaw that can be located."""
    try:
        return _MARKING.decode("".join(_PIECES.findall(text)))
    except ValueError:
        raise MalformedBody(problem="not_json") from None


def _conflicts(pairs: list[tuple[str, object]]) -> set[str]:
    seen: dict[str, object] = {}
    return {key for key, value in pairs if not same(seen.setdefault(key, value), value)}


def _integer(text: str) -> int | None:
    if len(text) <= _LONGEST_INTEGER_CHARACTERS:
        value = int(text)
        if _SMALLEST_INTEGER <= value <= _LARGEST_INTEGER:
            return value
    return None


def _strict_object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    value = dict(pairs)
    if len(value) != len(pairs) and _conflicts(pairs):
        raise _FlawedError
    return value


def _strict_integer(text: str) -> int:
    value = _integer(text)
    if value is None:
        raise _FlawedError
    return value


def _strict_float(text: str) -> float:
    value = float(text)
    if isinf(value):
        raise _FlawedError
    return value


def _strict_constant(name: str) -> float:
    raise _FlawedError(name)


def _marked_object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    value = dict(pairs)
    return value if len(value) == len(pairs) else value | dict.fromkeys(_conflicts(pairs), _Flaw("one_value"))


def _marked_integer(text: str) -> int | _Flaw:
    value = _integer(text)
    return _Flaw("integer_of_64_bits") if value is None else value


def _marked_float(text: str) -> float | _Flaw:
    value = float(text)
    return _Flaw("finite_number") if isinf(value) else value


def _marked_constant(name: str) -> _Flaw:
    del name
    return _Flaw("finite_number")


_STRICT = json.JSONDecoder(
    object_pairs_hook=_strict_object,
    parse_int=_strict_integer,
    parse_float=_strict_float,
    parse_constant=_strict_constant,
)
_MARKING = json.JSONDecoder(
    object_pairs_hook=_marked_object,
    parse_int=_marked_integer,  # pyright: ignore[reportArgumentType]
    parse_float=_marked_float,  # pyright: ignore[reportArgumentType]
    parse_constant=_marked_constant,
)


def _flaw_in(container: dict[str, object] | list[object], path: str) -> tuple[str, str] | None:
    """Path and expectation of the first thing below `path` that cannot be accepted; a key is at its object's path."""
    named = isinstance(container, dict)
    for key, item in container.items() if named else enumerate(container):
        kind = type(item)
        if named and _NOT_TEXT.search(cast(str, key)):
            return path, "key_characters"
        if kind is str:
            expected = "text" if _NOT_TEXT.search(cast(str, item)) else None
        else:
            expected = cast(_Flaw, item).expected if kind is _Flaw else None
        if expected or kind is dict or kind is list:
            place = member(path, cast(str, key)) if named else f"{path}[{key}]"
            if expected:
                return place, expected
            if found := _flaw_in(cast("dict[str, object] | list[object]", item), place):
                return found
    return None


def _refusal(path: str, expected: str) -> MalformedBody | FieldInvalid:
    if path:
        return FieldInvalid(field=path[:FIELD_NAME_LIMIT_CHARACTERS], expected=expected)
    return MalformedBody(problem=expected)
