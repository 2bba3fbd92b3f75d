"""The import contracts hold, and each of them sees what it is there for."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONTRACTS = ROOT / ".importlinter"
LINT = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"

# A file of the package, the line added to it, and the contract that has to be broken.
VIOLATIONS = [
    ("core/intervals.py", "import appointed.store.pool", "Requests flow one way"),
    ("store/pool.py", "import appointed.usecases.clock", "Requests flow one way"),
    ("store/pool.py", "import appointed.settings", "Requests flow one way"),
    ("usecases/clock.py", "import appointed.wire.route", "Requests flow one way"),
    ("wire/route.py", "import appointed.dialects", "Requests flow one way"),
    ("utils/__init__.py", "", "Requests flow one way"),
    ("dialects/made_up/__init__.py", "import appointed.dialects.ombori", "No dialect knows another"),
    ("core/rules/past_slots.py", "import appointed.core.rules.opening_hours", "No rule knows another"),
    ("core/intervals.py", "import os", "The core does no I/O"),
    ("core/rules/past_slots.py", "import asyncpg", "The core does no I/O"),
    ("wire/route.py", "import appointed.store.pool", "The edge reaches the database only through a use case"),
    ("dialects/ombori/__init__.py", "import appointed.store.pool", "The edge reaches the database only through"),
    ("usecases/clock.py", "import asyncpg", "Only the store speaks to the driver"),
    ("wire/route.py", "import appointed.settings", "Settings are read at the top and handed down"),
    ("dialects/ombori/__init__.py", "import appointed.settings", "Settings are read at the top and handed down"),
    ("worker/loop.py", "import appointed.wire.route", "The worker speaks no HTTP"),
    ("worker/loop.py", "import appointed.store.pool", "The edge reaches the database only through a use case"),
    ("worker/loop.py", "import asyncpg", "Only the store speaks to the driver"),
    ("usecases/clock.py", "import appointed.i18n.catalog", "Use cases, store and core speak no human language"),
]


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package beside a cache of its import graph."""
    copy = tmp_path_factory.mktemp("contracts") / "appointed"
    shutil.copytree(ROOT / "src/appointed", copy, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


def lint(package: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", LINT, "--no-logo", "--config", str(CONTRACTS)]
    environment = os.environ | {"PYTHONPATH": str(package.parent), "COLUMNS": "200"}
    return subprocess.run(command, cwd=package.parent, env=environment, capture_output=True, text=True, check=False)


def test_the_package_keeps_its_contracts(package):
    result = lint(package)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "0 broken" in result.stdout


@pytest.mark.parametrize(("file", "line", "contract"), VIOLATIONS)
def test_a_violation_is_seen(package, file, line, contract):
    path = package / file
    before = path.read_text() if path.exists() else None
    path.parent.mkdir(exist_ok=True)
    path.write_text((before or "") + f"\n{line}\n")
    try:
        result = lint(package)
    finally:
        if before is None:
            shutil.rmtree(path.parent)
        else:
            path.write_text(before)
    assert result.returncode == 1, result.stdout + result.stderr
    broken = [row for row in result.stdout.splitlines() if row.endswith("BROKEN")]
    assert any(row.startswith(contract) for row in broken), result.stdout
