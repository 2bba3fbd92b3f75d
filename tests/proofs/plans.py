"""The plans that the server really made, for the statements inside functions too.

The server writes each plan it makes as a dump of its nodes when `debug_print_plan` is on. That needs no extension, no
copy of a statement out of its function, and shows the plan under the role and the policies in force.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import asyncpg

SCANS = {"SEQSCAN", "SAMPLESCAN", "TIDSCAN", "INDEXSCAN", "INDEXONLYSCAN", "BITMAPHEAPSCAN", "BITMAPINDEXSCAN"}
_TOKEN = re.compile(r"[{}()]|(?:\\.|[^\s{}()\\])+", re.DOTALL)
# The operator = of timestamptz, the same number in every server.
_SAME_INSTANT = "1320"
_NAMES = "SELECT oid, relname FROM pg_class WHERE relnamespace = 'appointed'::regnamespace"


@dataclass
class Node:
    """A node of a dump: its type, and what stands under each of its fields."""

    type: str
    fields: dict[str, list[Any]] = field(default_factory=dict)

    def one(self, name: str) -> Any:
        """The first value of a field, whose name may have got a prefix in later servers."""
        return next((self.fields[key][0] for key in (name, f"scan.{name}") if key in self.fields), None)


@dataclass(frozen=True)
class Scan:
    """How a statement reads a table. `bound` are the index's columns, one for each condition; `statement` its text."""

    how: str
    table: str
    index: str | None
    bound: tuple[int, ...]
    at_one_instant: bool
    statement: str


def parse(dump: str) -> Node:
    """The tree of a dump."""
    tokens = iter(_TOKEN.findall(dump))
    assert next(tokens) == "{"
    return _node(tokens)


def _node(tokens: Iterator[str]) -> Node:
    node = Node(next(tokens))
    values: list[Any] = []
    for token in tokens:
        if token == "}":
            return node
        if token[0] == ":" and len(token) > 1:
            values = node.fields.setdefault(token[1:], [])
        else:
            values.append(_value(token, tokens))
    raise ValueError("the dump ends within a node")


def _value(token: str, tokens: Iterator[str]) -> Any:
    if token == "{":
        return _node(tokens)
    if token == "(":
        values = []
        for inner in tokens:
            if inner == ")":
                return values
            values.append(_value(inner, tokens))
    return token


def walk(value: Any) -> Iterator[Node]:
    """All nodes below, and the node itself."""
    if isinstance(value, Node):
        yield value
        value = list(value.fields.values())
    if isinstance(value, list):
        for inner in value:
            yield from walk(inner)


class Plans:
    """Collects the scans of every plan that a connection's server makes from now on."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self._dumps: list[tuple[str, str]] = []
        self._names: dict[str, str] = {}

    async def watch(self, mode: str) -> None:
        """Begin. `mode` is a value of plan_cache_mode."""
        self._names = {str(row["oid"]): row["relname"] for row in await self._connection.fetch(_NAMES)}
        self._connection.add_log_listener(self._heard)
        await self._connection.execute(
            f"SET plan_cache_mode = {mode}; SET debug_pretty_print = off; SET client_min_messages = log;"
            " SET debug_print_plan = on"
        )

    def _heard(self, _: object, message: Any) -> None:
        if message.message.startswith("plan:"):
            self._dumps.append((message.context or "", message.detail or message.message))

    async def scans(self) -> list[Scan]:
        """What was found up to now."""
        await self._connection.execute("SET debug_print_plan = off")
        return [scan for context, dump in self._dumps for scan in self._of(context, parse(dump))]

    def _of(self, context: str, plan: Node) -> Iterator[Scan]:
        tables = [str(entry.one("relid")) for entry in walk(plan.fields["rtable"]) if entry.type == "RANGETBLENTRY"]
        for node in walk(plan):
            if node.type in SCANS:
                conditions = [each for each in walk(node.fields.get("indexqual", [])) if each.type in _CONDITIONS]
                yield Scan(
                    how=node.type,
                    table=self._names.get(tables[int(node.one("scanrelid")) - 1], "elsewhere"),
                    index=self._names.get(str(node.one("indexid"))),
                    bound=tuple(sorted(column for each in conditions for column in _columns(each))),
                    at_one_instant=any(each.one("opno") == _SAME_INSTANT for each in conditions),
                    statement=context,
                )


_CONDITIONS = {"OPEXPR", "SCALARARRAYOPEXPR", "ROWCOMPAREEXPR", "ROWCOMPARE", "NULLTEST"}


def _columns(condition: Node) -> list[int]:
    """The index's columns that a condition binds; in a condition on the index they are negative tables' variables."""
    return [int(node.one("varattno")) for node in walk(condition) if node.type == "VAR" and node.one("varno") == "-3"]
