"""Requests and answers as a vendor's document shows them, replayed against the dialect.

An exchange is `<name>.toml` in `tests/dialects/<dialect>/exchanges` with, beside it, `<name>.request.json` and
`<name>.response.json`: the bodies as they were recorded, slips of the pen and all; the one that is not there is empty.
The table says what stands around them:

    source = "where it was recorded"
    method = "POST"
    path = "/beneath/the/mount?with=a-query"
    status = 201
    after = ["another"]            # exchanges of this folder that come first, in this order
    differs = ["id", "list.0.at"]  # members of the answer that cannot be the recorded ones
    [headers]                      # beside those of the credential
    Accept-Language = "en_US"

What is recorded of a member that differs stands, in every later request and answer, for what it really was. So do words
such as `{organizationId}`, for which the adapter's stage has what to put.
"""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from answers import check_answer
from appointed.wire.dialect import Dialect

HERE = Path(__file__).parent
TRAILING_COMMA = re.compile(rb",(?=\s*[}\]])")


def without_trailing_commas(text: bytes) -> Any:
    """The value of a JSON text whose strings hold no comma before a bracket."""
    return json.loads(TRAILING_COMMA.sub(b"", text))


@dataclass(frozen=True)
class Exchange:
    """One request and its answer; the paths of `differs` count the places of a list from 0."""

    folder: Path
    name: str
    source: str
    method: str
    path: str
    status: int
    after: tuple[str, ...] = ()
    differs: frozenset[str] = frozenset()
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def request(self) -> bytes | None:
        return self._body("request")

    @property
    def response(self) -> bytes | None:
        return self._body("response")

    def _body(self, which: str) -> bytes | None:
        file = self.folder / f"{self.name}.{which}.json"
        return file.read_bytes() if file.exists() else None


@dataclass(frozen=True)
class Stage:
    """What an exchange meets: how the credential is sent, and what stands for what in the recording."""

    headers: Mapping[str, str]
    stands_for: dict[str, str]


def exchanges(dialect: str) -> dict[str, Exchange]:
    """The recorded exchanges of a dialect by name."""
    folder = HERE / dialect / "exchanges"
    return {file.stem: read(folder, file.stem) for file in sorted(folder.glob("*.toml"))}


def read(folder: Path, name: str) -> Exchange:
    """One exchange. Raises TypeError for a key that there is none of."""
    told = tomllib.loads((folder / f"{name}.toml").read_text(encoding="utf-8"))
    told |= {"after": tuple(told.get("after", ())), "differs": frozenset(told.get("differs", ()))}
    return Exchange(folder, name, **told)


def unread(dialect: str) -> set[str]:
    """Files that belong to no exchange."""
    names = {f"{name}{end}" for name in exchanges(dialect) for end in (".toml", ".request.json", ".response.json")}
    return {file.name for file in (HERE / dialect / "exchanges").iterdir()} - names


async def replay(http: httpx.AsyncClient, dialect: Dialect, exchange: Exchange, stage: Stage) -> None:
    """Ask what was asked, after what went before, and compare the answers."""
    for name in exchange.after:
        await _ask(http, dialect, read(exchange.folder, name), stage)
    await _ask(http, dialect, exchange, stage)


async def _ask(http: httpx.AsyncClient, dialect: Dialect, exchange: Exchange, stage: Stage) -> None:
    path = _as_it_is(exchange.path, stage)
    body = exchange.request
    content = None if body is None else _as_it_is(body.decode(), stage).encode()
    headers = {**stage.headers, **exchange.headers}
    answer = await http.request(exchange.method, dialect.mount + path, content=content, headers=headers)
    assert answer.status_code == exchange.status, f"{exchange.name}: {answer.text}"
    check_answer(dialect, exchange.method, path, answer)
    if exchange.response is None:
        assert answer.content == b""
        return
    recorded = without_trailing_commas(exchange.response)
    for member in exchange.differs:
        before, now = _at(recorded, member), _at(answer.json(), member)
        if isinstance(before, str) and isinstance(now, str):
            stage.stands_for[before] = now
    expected = without_trailing_commas(_as_it_is(exchange.response.decode(), stage).encode())
    assert list(_leaves(answer.json(), exchange.differs)) == list(_leaves(expected, exchange.differs))


def _as_it_is(text: str, stage: Stage) -> str:
    for recorded, real in stage.stands_for.items():
        text = text.replace(recorded, real)
    return text


def _at(value: Any, member: str) -> Any:
    for key in member.split("."):
        value = value[int(key) if isinstance(value, list) else key]
    return value


def _leaves(value: Any, differs: frozenset[str], place: str = "") -> Iterator[tuple[str, object]]:
    """Every member in its order with its value, or its type where it differs."""
    if place in differs:
        yield place, _kind(value)
        return
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if pairs is None:
        yield place, (_kind(value), value)
        return
    yield place, _kind(value)
    for key, member in pairs:
        yield from _leaves(member, differs, f"{place}.{key}".lstrip("."))


def _kind(value: object) -> type:
    """The type of a value; JSON has one kind of number."""
    return float if type(value) is int else type(value)
