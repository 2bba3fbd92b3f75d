"""Files and functions stay small enough to be read at once. Tests neither sleep nor stand in for our own code."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILE_LINES = 400
FUNCTION_LINES = 60
FOLDERS = ("src", "tests", "bench", "tools")


def sources(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def long_functions(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES:
                yield f"{node.name}: {lines} lines"


def sleeps(source: str) -> Iterator[int]:
    """The lines that wait for time to pass. `sleep(0)` only lets others run."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Attribute(attr="sleep") | ast.Name(id="sleep"), args=[ast.Constant(value=0)]):
                pass
            case ast.Call(func=ast.Attribute(attr="sleep") | ast.Name(id="sleep")):
                yield node.lineno
            case _:
                pass


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_files_are_short():
    files = [*sources(*FOLDERS), *sorted((ROOT / "src").rglob("*.sql"))]
    lines = {named(path): len(path.read_text().splitlines()) for path in files}
    assert lines
    assert {file: count for file, count in lines.items() if count > FILE_LINES} == {}


def test_functions_are_short():
    found = {named(path): list(long_functions(path.read_text())) for path in sources(*FOLDERS)}
    assert {file: functions for file, functions in found.items() if functions} == {}


def test_tests_do_not_sleep():
    found = {named(path): list(sleeps(path.read_text())) for path in sources("tests")}
    assert {file: lines for file, lines in found.items() if lines} == {}


@pytest.mark.parametrize(("lines", "long"), [(59, False), (60, True)])
def test_a_long_function_is_seen(lines, long):
    assert bool(list(long_functions("async def f():\n" + "    pass\n" * lines))) is long


@pytest.mark.parametrize(
    ("source", "seen"),
    [("time.sleep(0.1)", True), ("async def f(): await asyncio.sleep(x)", True), ("asyncio.sleep(0)", False)],
)
def test_a_sleep_is_seen(source, seen):
    assert bool(list(sleeps(source))) is seen
