"""The oracle of the tests shares nothing with what it is held against: it imports values of Python's and itself."""

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
ORACLE = TESTS / "oracle"
ALLOWED = {"collections", "dataclasses", "datetime", "functools", "itertools", "oracle", "typing", "zoneinfo"}
LOAD = """
import importlib, pkgutil, sys
import oracle
for module in pkgutil.walk_packages(oracle.__path__, "oracle."):
    importlib.import_module(module.name)
print(*sorted(name for name in sys.modules if name.partition(".")[0] == "appointed"))
"""


def imported(source: str) -> Iterator[str]:
    """The roots of all modules that a source imports, wherever it does; a dot for a relative import."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from (name.name.partition(".")[0] for name in names)
            case ast.ImportFrom(module=module, level=0):
                yield (module or "").partition(".")[0]
            case ast.ImportFrom():
                yield "."
            case ast.Name(id="__import__" | "eval" | "exec" as name):
                yield name
            case _:
                pass


def strangers(folder: Path) -> set[tuple[str, str]]:
    files = sorted(folder.rglob("*.py"))
    assert len(files) > 5
    return {(file.name, root) for file in files for root in imported(file.read_text()) if root not in ALLOWED}


def loaded(folder: Path) -> str:
    """The modules of the product that are there after a new interpreter has imported the whole oracle."""
    path = os.pathsep.join(map(str, (folder.parent, TESTS.parent / "src", TESTS, TESTS / "core")))
    command = [sys.executable, "-c", LOAD]
    environment = os.environ | {"PYTHONPATH": path}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip()


def test_the_oracle_imports_nothing_of_the_product():
    assert strangers(ORACLE) == set()
    assert loaded(ORACLE) == ""


@pytest.mark.parametrize(
    ("line", "root"),
    [
        ("import appointed.core.localtime", "appointed"),
        ("from appointed.core import catalog", "appointed"),
        ("def f():\n    from appointed.core.catalog import Role", "appointed"),
        # What imports it in turn.
        ("from drawn_world import Drawn", "drawn_world"),
        ("import importlib", "importlib"),
        ("from . import values", "."),
        ("__import__('appointed.core.catalog')", "__import__"),
    ],
)
def test_a_stranger_is_seen(tmp_path, line, root):
    copy = tmp_path / "oracle"
    shutil.copytree(ORACLE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    path = copy / "schedules.py"
    path.write_text(f"{path.read_text()}\n{line}\n")
    assert strangers(copy) == {("schedules.py", root)}


@pytest.mark.parametrize("line", ["import appointed.core.errors", "from drawn_world import Drawn"])
def test_what_comes_in_by_a_detour_is_seen(tmp_path, line):
    copy = tmp_path / "oracle"
    shutil.copytree(ORACLE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    path = copy / "pools.py"
    path.write_text(f"{path.read_text()}\n{line}\n")
    assert "appointed.core.errors" in loaded(copy)
