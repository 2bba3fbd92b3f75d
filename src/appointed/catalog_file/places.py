"""YAML or JSON text to plain values, with the line of each.

JSON is read as the YAML that it is. Only what JSON has too is more than text here: true, false, null and numbers. A
language `no`, a time 09:00 and a date 2026-12-24 stay as they are written. There are no tags, no key stands twice, and
what anchors repeat counts towards a limit.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import yaml

from appointed.catalog_file.findings import Path

DEPTH_LIMIT = 32
VALUES_LIMIT = 1_000_000

_WORDS: dict[str, object] = {"": None, "~": None, "null": None, "true": True, "false": False}
_INTEGER = re.compile(r"-?(?:0|[1-9]\d{0,17})")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,17})(?:\.\d{1,22}|(?:\.\d{1,22})?[eE][+-]\d{1,3})")
_NOT_TEXT = re.compile("[\x00\ud800-\udfff]")
# JSON spells a character beyond the first plane as two escapes, which YAML does not know.
_PAIR = re.compile(r"\\(?:u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|.)", re.DOTALL)


class Unreadable(Exception):
    """The text is no YAML that is read here. `line` counts from 1."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(problem)
        self.line = line
        self.problem = problem


@dataclass(slots=True)
class Place:
    """Where a value stands: its line, counted from 1, and the places of what it consists of, by key or index.

    `size` is how many values it comes to.
    """

    line: int
    parts: dict[str | int, "Place"] = field(default_factory=dict[str | int, "Place"])
    key_line: int = 0
    size: int = 1

    def line_of(self, path: Path) -> int:
        """The line of what stands at a path, or of the nearest that is there."""
        place = self
        for part in path:
            inner = place.parts.get(part)
            if inner is None:
                break
            place = inner
        return place.key_line or place.line


@dataclass(slots=True)
class _Open:
    """A collection that is being read; `key` is the key whose value comes next."""

    value: dict[str, object] | list[object]
    place: Place
    anchor: str | None
    key: str | None = None
    key_line: int = 0


def parse(text: str) -> tuple[object, Place]:
    """The value of a text and where it stands. Raises Unreadable."""
    text = text.removeprefix("\ufeff")
    if text.lstrip().startswith(("{", "[")):
        text = _PAIR.sub(_one_character, text)
    reading = _Reading()
    try:
        for event in _events(text):
            reading.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise Unreadable(mark.line + 1 if mark else 1, error.problem or "is no YAML") from None
    except yaml.YAMLError as error:
        raise Unreadable(_line_of_reader(error, text), "holds a character that cannot stand there") from None
    if reading.root is None:
        raise Unreadable(1, "is empty")
    return reading.root


def _events(text: str) -> Iterator[Any]:
    return cast(Iterator[Any], yaml.parse(text, Loader=yaml.CSafeLoader))  # pyright: ignore[reportUnknownMemberType]


def _one_character(found: "re.Match[str]") -> str:
    if found[1] is None:
        return found[0]
    return chr(0x10000 + ((int(found[1], 16) - 0xD800) << 10) + int(found[2], 16) - 0xDC00)


def _line_of_reader(error: yaml.YAMLError, text: str) -> int:
    position: int = getattr(error, "position", 0) or 0
    return text.count("\n", 0, position) + 1


class _Reading:
    """Takes one event after another, so that no depth of the text becomes a depth of calls."""

    def __init__(self) -> None:
        self.root: tuple[object, Place] | None = None
        self._open: list[_Open] = []
        self._anchors: dict[str, tuple[object, Place]] = {}

    def take(self, event: Any) -> None:
        """The next event. Raises Unreadable."""
        line: int = event.start_mark.line + 1
        match event:
            case yaml.ScalarEvent():
                self._scalar(event, line)
            case yaml.AliasEvent():
                known = self._anchors.get(cast(str, event.anchor))
                if known is None:
                    raise Unreadable(line, f"there is nothing at the anchor {event.anchor}")
                self._put(known[0], Place(line, known[1].parts, size=known[1].size), line)
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self._untagged(event.tag, line)
                if len(self._open) >= DEPTH_LIMIT:
                    raise Unreadable(line, "is nested too deeply")
                value: dict[str, object] | list[object] = {} if isinstance(event, yaml.MappingStartEvent) else []
                self._open.append(_Open(value, Place(line), event.anchor))
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                ended = self._open.pop()
                self._keep(ended.anchor, ended.value, ended.place)
                self._put(ended.value, ended.place, ended.place.line)
            case yaml.DocumentStartEvent() if self.root is not None:
                raise Unreadable(line, "has a second document")
            case _:
                pass

    def _scalar(self, event: Any, line: int) -> None:
        self._untagged(event.tag, line)
        text = cast(str, event.value)
        if _NOT_TEXT.search(text):
            raise Unreadable(line, "holds a character that cannot be stored")
        top = self._open[-1] if self._open else None
        if top is not None and isinstance(top.value, dict) and top.key is None:
            if text in top.place.parts:
                raise Unreadable(line, f"{text} stands twice")
            top.key, top.key_line = text, line
            return
        value = _plain(text) if event.implicit[0] else text
        place = Place(line)
        self._keep(event.anchor, value, place)
        self._put(value, place, line)

    def _untagged(self, tag: str | None, line: int) -> None:
        if tag is not None:
            raise Unreadable(line, "has a tag, which is not read here")

    def _keep(self, anchor: str | None, value: object, place: Place) -> None:
        if anchor is not None:
            self._anchors[anchor] = (value, place)

    def _put(self, value: object, place: Place, line: int) -> None:
        if not self._open:
            self.root = (value, place)
            return
        top = self._open[-1]
        part: str | int
        if isinstance(top.value, list):
            part = len(top.value)
            top.value.append(value)
        elif top.key is None:
            raise Unreadable(line, "a key has to be text")
        else:
            part, top.key = top.key, None
            place.key_line = top.key_line
            # A key without a value, and one with null, is as if it were not there.
            if value is not None:
                top.value[part] = value
        top.place.parts[part] = place
        top.place.size += place.size
        if top.place.size > VALUES_LIMIT:
            raise Unreadable(line, "repeats too much")


def _plain(text: str) -> object:
    """What a text without quotes means."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _NUMBER.fullmatch(text) else text
