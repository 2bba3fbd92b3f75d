"""A request's body to its typed value: lenient about spelling, strict about meaning.

Keys are found whatever their case, null stands for an absent field wherever it is no value of its own, and a number
may come as text. Everything else has to be what the type says; a boolean is a JSON boolean and text is JSON text. A
key that is no field is passed over, or refused where the type forbids it.
"""

import json
import re
from collections.abc import Callable
from functools import cache
from typing import TypeVar, cast

import msgspec
from msgspec.inspect import (
    AnyType,
    CustomType,
    DictType,
    Field,
    FloatType,
    IntType,
    ListType,
    NoneType,
    SetType,
    StrType,
    StructType,
    Type,
    UnionType,
    VarTupleType,
    type_info,
)

from appointed.core.errors import FieldInvalid, FieldMissing, MalformedBody, Refusal
from appointed.wire.json_text import FIELD_NAME_LIMIT_CHARACTERS, member, parse, same

Body = TypeVar("Body", bound=msgspec.Struct)

_Fold = Callable[[object, str], object]

_MESSAGE = re.compile(r"(.*?)(?: - at (?:`key` in )?`\$\.?([^`]*)`)?", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(.*)`")
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_EXPECTED = re.compile(r"Expected `([^`]*)`(.*?)(?:, got .*)?", re.DOTALL)
_INVALID = re.compile(r"Invalid (?:RFC3339 encoded )?(\w+)")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,18})?")

_FIRST_INEXACT_FLOAT = 2**53

_TYPE_WORDS = {
    "str": "string",
    "int": "integer",
    "float": "number",
    "bool": "boolean",
    "object": "object",
    "array": "array",
    "datetime": "instant",
    "date": "date",
    "uuid": "uuid",
}
_INVALID_WORDS = {"datetime": "instant", "date": "date", "ISO8601": "date", "UUID": "uuid", "enum": "listed_value"}
_BOUND_WORDS = (
    ("of length <=", "shorter"),
    ("of length >=", "longer"),
    ("matching", "of_its_pattern"),
    (">=", "larger"),
    (">", "larger"),
    ("<=", "smaller"),
    ("<", "smaller"),
)

encode = msgspec.json.Encoder().encode


def decode(body: bytes, into: type[Body]) -> Body:
    """The value of `into` that `body` describes.

    Raises MalformedBody, FieldMissing or FieldInvalid; a field is named by its path, such as `guests[0].name`.
    """
    return decode_object(parse(body), into)


def decode_object(members: dict[str, object], into: type[Body]) -> Body:
    """The same from an object that was read already."""
    try:
        return msgspec.convert(_folder(into)(members, ""), into)
    except msgspec.ValidationError as error:
        raise refusal_of(str(error)) from None


def prepare(into: type[msgspec.Struct]) -> None:
    """Do now what the first decoding of `into` would do, so that a type with a flaw fails at the start."""
    _folder(into)


def refusal_of(message: str) -> Refusal:
    """The refusal that a validation message of msgspec stands for."""
    what, path = cast("re.Match[str]", _MESSAGE.fullmatch(message)).groups(default="")
    path = path[:FIELD_NAME_LIMIT_CHARACTERS]
    if missing := _MISSING.fullmatch(what):
        return FieldMissing(field=member(path, missing[1]))
    if unknown := _UNKNOWN.fullmatch(what):
        return _unknown(member(path, unknown[1]))
    return FieldInvalid(field=path, expected=_expectation(what)) if path else MalformedBody(problem="not_object")


def _unknown(path: str) -> FieldInvalid:
    return FieldInvalid(field=path[:FIELD_NAME_LIMIT_CHARACTERS], expected="known_field")


def _expectation(what: str) -> str:
    if expected := _EXPECTED.fullmatch(what):
        kinds, bound = expected[1].split(" | "), expected[2].strip()
        if kinds == ["int"] and bound == ">= 1":
            return "positive_integer"
        for prefix, word in _BOUND_WORDS:
            if bound.startswith(prefix):
                return word
        return "_or_".join(_TYPE_WORDS.get(kind, "other_value") for kind in kinds if kind != "null") or "other_value"
    invalid = _INVALID.match(what)
    return _INVALID_WORDS.get(invalid[1], "other_value") if invalid else "other_value"


@cache
def _folder(into: type[msgspec.Struct]) -> _Fold:
    info = type_info(into)
    return cast(_Fold, _fold_of(info, {}))


def _fold_of(info: Type, known: dict[type, _Fold]) -> _Fold | None:
    """How to bring a parsed value of this type to the spelling of its fields; None where it stays as it is."""
    match info:
        case StructType() if not info.array_like:
            return known.get(info.cls) or _StructFold(info, known)
        case ListType() | SetType() | VarTupleType():
            return _list_fold(_fold_of(info.item_type, known))
        case DictType():
            return _dict_fold(_fold_of(info.value_type, known))
        case IntType():
            return _fold_integer
        case FloatType():
            return _fold_number
        case UnionType():
            return _union_fold(info, known)
        case _:
            return None


class _StructFold:
    """Folds the keys of one object onto the names of its fields; keys that are none are left out, or refused."""

    __slots__ = ("_closed", "_exact", "_lower", "_tag")

    def __init__(self, info: StructType, known: dict[type, _Fold]) -> None:
        known[info.cls] = self
        self._closed = info.forbid_unknown_fields
        entries = [_entry(field, known) for field in info.fields]
        if info.tag_field:
            entries.append((info.tag_field, None, True))
        self._exact = {entry[0]: entry for entry in entries}
        self._lower = {entry[0].lower(): entry for entry in entries}
        if len(self._lower) < len(entries):
            raise ValueError(f"two fields of {info.cls.__name__} differ in case only")

    def __call__(self, value: object, path: str) -> object:
        if type(value) is not dict:
            return value
        given = cast("dict[str, object]", value)
        folded: dict[str, object] = {}
        nulls: list[str] = []
        for key, item in given.items():
            entry = self._exact.get(key) or self._lower.get(key.lower())
            if entry is None:
                if self._closed:
                    raise _unknown(member(path, key))
                continue
            name, fold, nullable = entry
            if name in folded and not all(same(item, other) for other in self._others(given, name)):
                raise FieldInvalid(field=member(path, name), expected="one_value")
            if item is None and not nullable:
                nulls.append(name)
            folded[name] = item if fold is None else fold(item, member(path, name))
        for name in nulls:
            folded.pop(name, None)
        return folded

    def _others(self, given: dict[str, object], name: str) -> list[object]:
        return [item for key, item in given.items() if key.lower() == name.lower()]


def _entry(field: Field, known: dict[type, _Fold]) -> tuple[str, _Fold | None, bool]:
    return field.encode_name, _fold_of(field.type, known), _holds_null(field.type)


def _holds_null(info: Type) -> bool:
    kinds = info.types if isinstance(info, UnionType) else (info,)
    return any(isinstance(kind, NoneType | AnyType | CustomType) for kind in kinds)


def _list_fold(fold: _Fold | None) -> _Fold | None:
    if fold is None:
        return None

    def fold_list(value: object, path: str) -> object:
        if type(value) is not list:
            return value
        return [fold(item, f"{path}[{index}]") for index, item in enumerate(cast("list[object]", value))]

    return fold_list


def _dict_fold(fold: _Fold | None) -> _Fold | None:
    if fold is None:
        return None

    def fold_dict(value: object, path: str) -> object:
        if type(value) is not dict:
            return value
        return {key: fold(item, member(path, key)) for key, item in cast("dict[str, object]", value).items()}

    return fold_dict


def _union_fold(info: UnionType, known: dict[type, _Fold]) -> _Fold | None:
    """A value is folded as the one member of the union that has its JSON type; text stays text where text will do.

    Several structs in one union stay as they are: which of them is meant is not known before they are read.
    """
    textual = any(isinstance(kind, StrType) for kind in info.types)
    structs = sum(isinstance(kind, StructType) for kind in info.types)
    left_alone = (*([IntType, FloatType] if textual else []), *([StructType] if structs > 1 else []))
    folds = [fold for kind in info.types if not isinstance(kind, left_alone) and (fold := _fold_of(kind, known))]
    if not folds:
        return None
    if len(folds) == 1:
        return folds[0]

    def fold_union(value: object, path: str) -> object:
        for fold in folds:
            value = fold(value, path)
        return value

    return fold_union


def _fold_number(value: object, path: str) -> object:
    del path
    return json.loads(value) if isinstance(value, str) and _NUMBER.fullmatch(value) else value


def _fold_integer(value: object, path: str) -> object:
    number = _fold_number(value, path)
    whole = isinstance(number, float) and number.is_integer() and abs(number) < _FIRST_INEXACT_FLOAT
    return int(cast(float, number)) if whole else number
