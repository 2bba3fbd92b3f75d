"""A catalogue as YAML or JSON text: read with the line and the field of each problem, and written for people."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar, cast

import msgspec
import yaml

from appointed.catalog_file.findings import CatalogInvalid, Path, field_text
from appointed.catalog_file.places import Place, Unreadable, parse
from appointed.catalog_file.sentences import sentence, unknown_field
from appointed.catalog_file.shape import (
    FORMAT,
    BranchShape,
    CatalogFile,
    GroupShape,
    OptionsShape,
    ResourceShape,
    ServiceShape,
    TenantShape,
)
from appointed.catalog_file.values import to_catalog
from appointed.core.catalog import Catalog
from appointed.core.ids import TenantId

Item = TypeVar("Item", bound=msgspec.Struct)

_PATH = re.compile(r"(.*?)(?: - at (`key` in )?`\$([^`]*)`)?", re.DOTALL)
_STEP = re.compile(r"\.(\w+)|\[(\d+)\]|\[(\.\.\.)\]")
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(.*)`")
# In JSON too, what YAML takes for the end of a line, or does not take at all, stands as an escape.
_ODD = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_WIDTH_CHARACTERS = 100


class Problem(NamedTuple):
    """One thing that is wrong with a text, at a line counted from 1. The field is empty for the text as a whole."""

    line: int
    field: str
    problem: str


class FileInvalid(Exception):
    """The text describes no catalogue. `problems` are all that were found, by line."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(f"line {each.line}: {each.field}: {each.problem}" for each in problems))
        self.problems = tuple(sorted(problems))


@dataclass(frozen=True, slots=True)
class Document:
    """A catalogue that was read, and where it says what."""

    file: CatalogFile
    place: Place

    def catalog(self, tenant: TenantId, loaded: Catalog | None = None) -> Catalog:
        """What it describes, as `to_catalog` does. Raises FileInvalid."""
        try:
            return to_catalog(self.file, tenant, loaded)
        except CatalogInvalid as error:
            raise FileInvalid(
                [Problem(self.place.line_of(each.path), each.field, each.problem) for each in error.findings]
            ) from None


def read(text: str) -> Document:
    """The catalogue that a text describes. Raises FileInvalid."""
    try:
        value, place = parse(text)
    except Unreadable as error:
        raise FileInvalid([Problem(error.line, "", error.problem)]) from None
    if not isinstance(value, dict):
        raise FileInvalid([Problem(1, "", "is no catalogue: it has to begin with a field such as branches:")])
    reading = _Reading(cast(dict[str, object], value), place)
    file = reading.file()
    if reading.problems:
        raise FileInvalid(reading.problems)
    return Document(file, place)


class _Reading:
    """Takes a text's value apart, thing by thing, so that a problem of one does not hide those of the others."""

    def __init__(self, value: Mapping[str, object], place: Place) -> None:
        self.problems: list[Problem] = []
        self._value = value
        self._place = place

    def file(self) -> CatalogFile:
        """The catalogue without what has problems."""
        fields = msgspec.structs.fields(CatalogFile)
        for name in self._value:
            if name not in {field.encode_name for field in fields}:
                self._note((name,), unknown_field(name, [field.encode_name for field in fields]))
        if self._value.get("appointed", FORMAT) != FORMAT:
            self._note(("appointed",), f"is the version of the format, and this release reads {FORMAT}")
        file = CatalogFile(
            branches=self._listed("branches", BranchShape),
            resources=self._listed("resources", ResourceShape),
            services=self._listed("services", ServiceShape),
            groups=self._listed("groups", GroupShape),
        )
        if self._value.get("tenant") is not None:
            tenant = self._item(("tenant",), self._value["tenant"], TenantShape)
            file.tenant = msgspec.UNSET if tenant is None else tenant
        if self._value.get("options") is not None:
            file.options = self._item(("options",), self._value["options"], OptionsShape)
        return file

    def _listed(self, section: str, into: type[Item]) -> list[Item]:
        listed = self._value.get(section)
        if listed is None:
            return []
        if not isinstance(listed, list):
            self._note((section,), "expected a list: each begins with a dash")
            return []
        items = [self._item((section, index), item, into) for index, item in enumerate(cast(list[object], listed))]
        return [item for item in items if item is not None]

    def _item(self, path: Path, value: object, into: type[Item]) -> Item | None:
        """One thing. After a problem the rest of it is looked at without the field that has it."""
        dropped: set[str] = set()
        found: Item | None = None
        while True:
            try:
                found = msgspec.convert(value, into)
                return None if dropped else found
            except msgspec.ValidationError as error:
                text, of_key, at = cast("re.Match[str]", _PATH.fullmatch(str(error))).groups(default="")
                missing = _MISSING.fullmatch(text)
                if missing and missing[1] in dropped:
                    return None
                inner = tuple(_steps(f"{at}[...]" if of_key else at, value, into, str(error)))
                self._note((*path, *inner, *_named(text)), sentence(text, inner, into))
                first = (*inner, *_named(text))[:1]
                if missing or not first or not isinstance(value, dict):
                    return None
                dropped.add(str(first[0]))
                value = {name: each for name, each in cast(dict[str, object], value).items() if name != first[0]}

    def _note(self, path: Path, problem: str) -> None:
        self.problems.append(Problem(self._place.line_of(path), field_text(path), problem))


def _named(text: str) -> Path:
    """The field that a message is about, where its path ends before it."""
    found = _UNKNOWN.fullmatch(text)
    return (found[1],) if found else ()


def _steps(at: str, value: object, into: type[msgspec.Struct], message: str) -> Iterator[str | int]:
    """The path of a message. Where it does not say which key of a mapping is meant, that is tried out."""
    path: list[str | int] = []
    for name, index, any_key in _STEP.findall(at):
        if any_key:
            key = next((key for key in _keys_at(value, path) if _says(_only(value, path, key), into, message)), None)
            if key is None:
                return
            path.append(key)
        else:
            path.append(int(index) if index else name)
        yield path[-1]


def _keys_at(value: object, path: Sequence[str | int]) -> list[str]:
    for part in path:
        value = cast(Any, value)[part]
    return list(cast(dict[str, object], value))


def _only(value: object, path: Sequence[str | int], key: str) -> object:
    """The value, with only one key left of the mapping at a path."""
    if not path:
        return {key: cast(dict[str, object], value)[key]}
    if isinstance(value, list):
        listed = list(cast(list[object], value))
        listed[cast(int, path[0])] = _only(listed[cast(int, path[0])], path[1:], key)
        return listed
    mapping = dict(cast(dict[str, object], value))
    mapping[cast(str, path[0])] = _only(mapping[cast(str, path[0])], path[1:], key)
    return mapping


def _says(value: object, into: type[msgspec.Struct], message: str) -> bool:
    try:
        msgspec.convert(value, into)
    except msgspec.ValidationError as error:
        return str(error) == message
    return False


class _Short(list[object]):
    """A list that is written on one line."""


class _Dumper(yaml.CSafeDumper):
    """Writes a file as people would."""


def _in_one_line(dumper: _Dumper, listed: _Short) -> yaml.Node:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", listed, flow_style=True)


_Dumper.add_representer(_Short, _in_one_line)


def write(file: CatalogFile) -> str:
    """The file as YAML: `read` reads the same from it."""
    return yaml.dump(
        _shortened(_built(file)),
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=_WIDTH_CHARACTERS,
    )


def write_json(file: CatalogFile) -> str:
    """The file as JSON: `read` reads the same from it."""
    text = json.dumps(_built(file), ensure_ascii=False, indent=2) + "\n"
    return _ODD.sub(lambda odd: odd[0] if odd[0] == "\n" else f"\\u{ord(odd[0]):04x}", text)


def _built(file: CatalogFile) -> dict[str, object]:
    return {"appointed": FORMAT, **msgspec.to_builtins(file)}


def _shortened(value: object) -> object:
    """The same value, with every list of mere texts on one line."""
    if isinstance(value, dict):
        return {name: _shortened(each) for name, each in cast(dict[str, object], value).items()}
    if isinstance(value, list):
        listed = [_shortened(each) for each in cast(list[object], value)]
        return listed if any(isinstance(each, dict | list) for each in listed) else _Short(listed)
    return value
