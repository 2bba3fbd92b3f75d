"""What msgspec finds wrong with a value, in words for whoever wrote it."""

import difflib
import re
from collections.abc import Mapping, Sequence

import msgspec
from msgspec.inspect import DictType, ListType, Metadata, StructType, Type, UnionType, type_info

from appointed.catalog_file.findings import Path
from appointed.catalog_file.shape import DATE_PATTERN, HOURS_PATTERN, LANGUAGE_PATTERN, SLUG_PATTERN
from appointed.core.catalog import GridAnchor, PartyCount, PoolScope, ResourceKind
from appointed.core.questions import CustomerFact, ResourceChoice

_MISSING = re.compile(r"Object missing required field `(.*)`")
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_PATTERN = re.compile(r"Expected `str` matching regex '(.*)'", re.DOTALL)
_TYPES = re.compile(r"Expected `([^`]*)`, got `([^`]*)`")
_BOUND = re.compile(r"Expected `(int|float)` (>=|<=) (-?\d+)(?:\.0)?")
_LONGEST = re.compile(r"Expected `str` of length <= (\d+)")
_LENGTH = re.compile(r"Expected `array` of length (>=|<=) (\d+)")

_PATTERNS: Mapping[str, str] = {
    SLUG_PATTERN: "expected small letters, digits, dots, dashes and underscores, beginning with a letter or digit",
    HOURS_PATTERN: "expected hours such as 09:00-17:00",
    DATE_PATTERN: "expected a date such as 2026-12-24",
    LANGUAGE_PATTERN: "expected a language tag such as en or en-GB",
}
_INVALID: Mapping[str, str] = {
    "Invalid RFC3339 encoded date": "expected a date such as 2026-12-24",
    "Invalid ISO8601 date": "expected a date such as 2026-12-24",
    "Invalid UUID": "expected an id such as 2f1c2c57-6d0e-4b52-8a37-6f5e0f1b7a02",
    "Expected `str` of length >= 1": "is empty",
}
_WORDS: Mapping[str, str] = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "object": "fields with values",
    "array": "a list",
    "uuid": "an id such as 2f1c2c57-6d0e-4b52-8a37-6f5e0f1b7a02",
    "date": "a date such as 2026-12-24",
}
_ENDS: Mapping[str, str] = {">=": "least", "<=": "most"}
_LISTED: Mapping[str, Sequence[str]] = {
    "kind": [*ResourceKind],
    "scope": [*PoolScope],
    "anchor": [*GridAnchor],
    "party_count": [*PartyCount],
    "required_contact": ["phone", "email"],
    "required_facts": [*CustomerFact],
    "resource_choice": [*ResourceChoice],
}


def sentence(message: str, at: Path, into: type[msgspec.Struct]) -> str:
    """What a message of msgspec says about what stands at a path within an `into`."""
    if unknown := _UNKNOWN.fullmatch(message):
        return unknown_field(unknown[1], _fields_at(at, into))
    if missing := _MISSING.fullmatch(message):
        return f"{missing[1]} is missing"
    if pattern := _PATTERN.fullmatch(message):
        return _PATTERNS.get(pattern[1].replace("\\\\", "\\"), message)
    if bound := _BOUND.fullmatch(message):
        return f"expected {_WORDS[bound[1]]} of at {_ENDS[bound[2]]} {bound[3]}"
    if length := _LENGTH.fullmatch(message):
        return f"expected a list of at {_ENDS[length[1]]} {length[2]}"
    if longest := _LONGEST.fullmatch(message):
        return f"expected text of at most {longest[1]} characters"
    if types := _TYPES.fullmatch(message):
        return _expected(types[1].split(" | "), types[2])
    if message.startswith("Invalid enum value"):
        field = next((part for part in reversed(at) if isinstance(part, str)), "")
        return f"expected {' or '.join(_LISTED.get(field, ['another value']))}"
    return _INVALID.get(message, message)


def unknown_field(name: str, known: Sequence[str]) -> str:
    """That there is no such field, and which one may be meant."""
    nearest = difflib.get_close_matches(name, known, 1)
    return f"is no field here; is it {nearest[0]}?" if nearest else f"is no field here; there is {', '.join(known)}"


def _expected(kinds: Sequence[str], found: str) -> str:
    wanted = " or ".join(_WORDS[kind] for kind in kinds if kind in _WORDS)
    if "str" in kinds and found in ("int", "float", "bool"):
        return f"expected {wanted}: put it in quotes"
    if kinds == ["array"] and found == "str":
        return "expected a list: put it in square brackets"
    if kinds == ["bool"] and found == "str":
        return "expected true or false, without quotes"
    return f"expected {wanted}, and this is {_WORDS.get(found, 'nothing')}"


def _fields_at(path: Path, into: type[msgspec.Struct]) -> list[str]:
    """The fields that may stand at a path."""
    there: Type = type_info(into)
    for part in path:
        there = _inner(there, part)
    return [field.encode_name for kind in _kinds(there) if isinstance(kind, StructType) for field in kind.fields]


def _inner(there: Type, part: str | int) -> Type:
    for kind in _kinds(there):
        match kind:
            case StructType():
                for field in kind.fields:
                    if field.encode_name == part:
                        return field.type
            case ListType():
                return kind.item_type
            case DictType():
                return kind.value_type
            case _:
                pass
    return there


def _kinds(there: Type) -> Sequence[Type]:
    if isinstance(there, Metadata):
        return _kinds(there.type)
    return there.types if isinstance(there, UnionType) else (there,)
