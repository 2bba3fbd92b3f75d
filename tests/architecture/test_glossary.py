"""No name in the sources is a word that the glossary refuses."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src/appointed"
# The vendors' words live there.
EXEMPT = "dialects"
NAME_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
# Keywords of SQL are single words, so only its longer names are looked at. pg_* and current_user are PostgreSQL's.
SQL_NAME = re.compile(r"\b(?!pg_|current_user\b|session_user\b)[a-z]+(?:_[a-z]+)+\b")
SQL_COMMENT = re.compile(r"--.*")

# A refused word that means something else here, by room. A row goes when nothing needs it; none comes without a reason.
EXCEPTIONS = {
    ("client", "cli"): "a program that calls the server",
    ("client", "wire"): "a program that calls the server",
    ("line", "catalog_file"): "a line of text",
    ("line", "core"): "a line of text",
    ("line", "store"): "a line of text",
    ("line", "wire"): "a line of text",
    ("lock", "store"): "a lock of the file system or the database",
    ("token", "usecases"): "an access token of OAuth, by which a program shows who it is",
    ("token", "wire"): "an access token of OAuth, by which a program shows who it is",
    ("staff", "core"): "those who work there, as against the customer; not any resource",
    ("user", "store"): "a user of the operating system",
    ("window", "core"): "the stretch of time that is asked about",
    ("window", "usecases"): "the stretch of time that is asked about",
}


def refused_words(glossary: str) -> set[str]:
    """The third column of the first table."""
    table = glossary.partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("| ").split("|")] for line in table.splitlines() if line[:1] == "|"]
    return {word for row in rows[2:] if len(row) == 3 for word in row[2].split(", ") if word}


def names(source: str) -> Iterator[str]:
    """Every name that Python code gives: of classes, functions, arguments, variables, attributes, modules it is in."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield name
            case _:
                pass


def sql_names(source: str) -> Iterator[str]:
    yield from SQL_NAME.findall(SQL_COMMENT.sub("", source))


def words_of(path: Path) -> set[str]:
    source = path.read_text()
    found = [path.stem, *(names(source) if path.suffix == ".py" else sql_names(source))]
    words = {part.lower() for name in found for part in NAME_PART.findall(name)}
    return words | {word.removesuffix("s") for word in words}


def uses() -> dict[tuple[str, str], set[str]]:
    """The files that use each refused word, by word and room."""
    refused = refused_words((ROOT / "docs/glossary.md").read_text())
    found: dict[tuple[str, str], set[str]] = {}
    for path in [*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.sql")]:
        room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        if room != EXEMPT:
            for word in words_of(path) & refused:
                found.setdefault((word, room), set()).add(str(path.relative_to(ROOT)))
    return found


def test_no_name_is_a_refused_word():
    assert {key: files for key, files in uses().items() if key not in EXCEPTIONS} == {}


def test_no_exception_outlives_its_use():
    assert set(EXCEPTIONS) - set(uses()) == set()


def test_the_glossary_refuses_words():
    refused = refused_words((ROOT / "docs/glossary.md").read_text())
    assert {"timeslot", "realm", "account", "user"} <= refused
    assert not {word for word in refused if not word.isalpha()}


@pytest.mark.parametrize(
    ("file", "source", "word"),
    [
        ("a.py", "class TimeSlotUser: pass", "user"),
        ("a.py", "async def cancel_order(): pass", "order"),
        ("a.py", "def f(*, accounts=()): pass", "account"),
        ("a.py", "with f() as (a, the_desk): pass", "desk"),
        ("a.py", "self.basket = 1", "basket"),
        ("a.py", "[site for site in x]", "site"),
        ("client.py", "", "client"),
        ("a.sql", "CREATE TABLE user_accounts (id uuid)", "account"),
    ],
)
def test_a_refused_word_is_found(tmp_path, file, source, word):
    (tmp_path / file).write_text(source)
    assert word in words_of(tmp_path / file)


def test_what_others_name_is_left_alone(tmp_path):
    (tmp_path / "a.py").write_text("x = f(user=account.order)  # line")
    (tmp_path / "b.sql").write_text("SELECT pg_advisory_xact_lock(1) ORDER BY a -- for one_user")
    assert words_of(tmp_path / "a.py") & {"user", "account", "order", "line"} == set()
    assert words_of(tmp_path / "b.sql") & {"lock", "user", "order"} == set()
