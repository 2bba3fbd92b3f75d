"""The rows of a dump: what its INSERT and COPY statements hold, one row after another."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from appointed.importers.imported import Source, SourceInvalid
from appointed.importers.sql_text import Flavour, SqlText, copied

Row: TypeAlias = Mapping[str, str | None]

_NO_COLUMN = {"PRIMARY", "KEY", "UNIQUE", "INDEX", "FULLTEXT", "SPATIAL", "CONSTRAINT", "FOREIGN", "CHECK", "EXCLUDE"}
_ARCHIVE = "PGDMP"
_FIRST = {
    *("", "ALTER", "ANALYZE", "BEGIN", "COMMENT", "COPY", "CREATE", "DELETE", "DELIMITER", "DO", "DROP", "INSERT"),
    *("LOCK", "REPLACE", "SELECT", "SET", "START", "TRUNCATE", "USE"),
}
_DELIMITER = re.compile(r"\s*DELIMITER\s*;\s*$", re.IGNORECASE)


def read_rows(source: Source, flavour: Flavour, wanted: Callable[[str], bool]) -> Iterator[tuple[str, Row]]:
    """Each row of a table that is wanted, with the table's name. Values are text, None for NULL.

    Raises SourceInvalid where the text is no dump, breaks off, or has rows whose columns it does not name.
    """
    text = SqlText(source.name, source.chunks, flavour)
    if text.peek(len(_ARCHIVE)) == _ARCHIVE:
        raise SourceInvalid(f"{source.name} is an archive of pg_dump: make text of it with pg_restore --file=dump.sql")
    text.accept("\ufeff")
    columns: dict[str, tuple[str, ...]] = {}
    first = True
    while text.space():
        word = text.word().upper()
        if first and (word not in _FIRST or (not word and text.peek() not in ("\\", ";"))):
            raise SourceInvalid(f"{source.name} is no dump of a database: it does not begin with a statement of SQL")
        first = False
        match word:
            case "INSERT" | "REPLACE":
                yield from _insert(text, wanted, columns)
            case "CREATE":
                _create(text, wanted, columns)
            case "COPY" if flavour is Flavour.POSTGRESQL:
                yield from _copy(text, wanted, columns)
            case "DELIMITER":
                _past_routines(text)
            case "" if text.peek() == "\\":
                text.newline()
            case _:
                text.skip_statement()


def _past_routines(text: SqlText) -> None:
    """Routines and triggers stand between a delimiter of their own and the one that all else has."""
    if text.newline().strip() == ";":
        return
    while text.peek() and _DELIMITER.match(text.newline()) is None:
        pass


def _create(text: SqlText, wanted: Callable[[str], bool], columns: dict[str, tuple[str, ...]]) -> None:
    text.space()
    while (word := text.word().upper()) and word != "TABLE":
        text.space()
    if word != "TABLE":
        text.skip_statement()
        return
    text.space()
    name = text.name()
    while name.upper() in ("IF", "NOT", "EXISTS"):
        text.space()
        name = text.name()
    text.space()
    if wanted(name) and text.accept("("):
        columns[name] = tuple(_columns_made(text))
    text.skip_statement()


def _columns_made(text: SqlText) -> Iterator[str]:
    more = True
    while more:
        text.space()
        quoted = text.peek() in ("`", '"')
        name = text.name()
        if quoted or name.upper() not in _NO_COLUMN:
            yield name
        depth = 0
        while True:
            mark = text.skip_until(lambda mark: mark in "(),")
            if mark == "(":
                depth += 1
            elif mark == ")" and depth:
                depth -= 1
            elif mark is not None and not depth:
                more = mark == ","
                break


def _insert(
    text: SqlText, wanted: Callable[[str], bool], columns: Mapping[str, tuple[str, ...]]
) -> Iterator[tuple[str, Row]]:
    text.space()
    while (word := text.word().upper()) and word != "INTO":
        text.space()
    text.space()
    name = text.name()
    if word != "INTO" or not wanted(name):
        text.skip_statement()
        return
    text.space()
    named = _names(text) if text.accept("(") else columns.get(name)
    text.space()
    while (word := text.word().upper()) and word != "VALUES":
        text.space()
    text.space()
    if not word or text.peek() != "(":
        raise text.wrong(f"rows for {name} are told in another way than by their values")
    if named is None:
        raise text.wrong(f"the columns of {name} are not named, neither here nor where the table is made")
    while text.accept("("):
        yield name, _row(text, name, named, _values(text))
        text.space()
        if not text.accept(","):
            break
        text.space()
    text.skip_statement()


def _names(text: SqlText) -> tuple[str, ...]:
    found: list[str] = []
    while True:
        text.space()
        found.append(text.name())
        text.space()
        if text.accept(")"):
            return tuple(found)
        if not text.accept(","):
            raise text.wrong("expected the names of columns")


def _row(text: SqlText, name: str, columns: tuple[str, ...], values: list[str | None]) -> Row:
    if len(values) != len(columns):
        raise text.wrong(f"a row of {name} has {len(values)} values for {len(columns)} columns")
    return dict(zip(columns, values, strict=True))


def _values(text: SqlText) -> list[str | None]:
    found: list[str | None] = []
    while True:
        text.space()
        found.append(_value(text))
        text.space()
        if text.accept("::"):
            _past_type(text)
        if text.accept(")"):
            return found
        if not text.accept(","):
            raise text.wrong("expected a comma between values")


def _past_type(text: SqlText) -> None:
    text.name()
    text.space()
    while text.word():
        text.space()
    if text.accept("("):
        text.number()
        text.accept(")")
    while text.accept("[]"):
        pass
    text.space()


def _value(text: SqlText) -> str | None:
    mark = text.peek()
    if mark == "'" or (mark == '"' and text.flavour is Flavour.MYSQL):
        return text.string(mark)
    if mark in "-+." or mark.isdigit():
        number = text.number()
        # What MySQL writes in hexadecimal begins like a number.
        return number + text.word()
    word = text.word()
    if not word:
        raise text.wrong("expected a value") if mark else text.broken_off()
    if text.peek() == "'":
        return text.string(escapes=True if word in ("E", "e") else None)
    if word.startswith("_"):
        text.space()
        return _value(text)
    return None if word.upper() == "NULL" else word


def _copy(
    text: SqlText, wanted: Callable[[str], bool], columns: Mapping[str, tuple[str, ...]]
) -> Iterator[tuple[str, Row]]:
    text.space()
    name = text.name()
    text.space()
    named = _names(text) if text.accept("(") else columns.get(name)
    text.space()
    come = text.word().upper() == "FROM"
    text.space()
    come = text.word().upper() == "STDIN" and come
    text.skip_statement()
    if not come:
        return
    text.newline()
    if named is None and wanted(name):
        raise text.wrong(f"the columns of {name} are not named, neither here nor where the table is made")
    while True:
        if not text.peek():
            raise text.broken_off()
        row = text.newline().removesuffix("\r")
        if row == r"\.":
            return
        if named is not None and wanted(name):
            yield name, _row(text, name, named, [copied(field) for field in row.split("\t")])
