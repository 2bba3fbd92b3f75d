"""The core imports value modules only, and reaches for nothing behind their back."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

CORE = Path(__file__).parents[2] / "src/appointed/core"
ALLOWED = {
    "__future__", "abc", "bisect", "collections", "dataclasses", "datetime", "enum", "functools", "hashlib",
    "itertools", "math", "operator", "re", "types", "typing", "uuid", "zoneinfo",
}  # fmt: skip
READS_OR_WAITS = {"open", "print", "input", "exec", "eval", "compile", "__import__", "breakpoint"}
# The one impure thing in an allowed module that ruff does not know by name everywhere.
MAKES_IDENTITIES = {"uuid1", "uuid4", "getnode"}


def impurities(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from (name.name for name in names if not is_allowed(name.name))
            case ast.ImportFrom(level=level, module=module, names=names):
                if level or not is_allowed(module or ""):
                    yield f"{'.' * level}{module or ''}"
                elif module == "appointed":
                    yield from (f"appointed.{name.name}" for name in names if name.name != "core")
                yield from (name.name for name in names if module == "uuid" and name.name in MAKES_IDENTITIES)
            case ast.Call(func=ast.Name(id=name)) if name in READS_OR_WAITS:
                yield name
            case ast.Attribute(attr=name) if name in MAKES_IDENTITIES:
                yield name
            case _:
                pass


def is_allowed(module: str) -> bool:
    if module == "appointed" or module.startswith("appointed."):
        return module in ("appointed", "appointed.core") or module.startswith("appointed.core.")
    return module.partition(".")[0] in ALLOWED


def test_the_core_is_pure():
    found = {str(path.relative_to(CORE)): list(impurities(path.read_text())) for path in CORE.rglob("*.py")}
    assert found
    assert {file: names for file, names in found.items() if names} == {}


@pytest.mark.parametrize(
    "source",
    [
        "import os",
        "import urllib.request",
        "from pathlib import Path",
        "from appointed.store import pool",
        "from appointed import settings",
        "from ..store import pool",
        "def f():\n    import time",
        "from uuid import uuid4",
        "import uuid\nx = uuid.uuid4()",
        "open('file')",
        "__import__('os')",
    ],
)
def test_an_impurity_is_seen(source):
    assert list(impurities(source))


@pytest.mark.parametrize(
    "source",
    [
        "from uuid import UUID",
        "import collections.abc",
        "from appointed.core import visit",
        "from appointed import core",
    ],
)
def test_what_is_pure_may_stay(source):
    assert list(impurities(source)) == []
