"""`appointed migrate`, and a DATABASE_URL that leads nowhere."""

import asyncio
from pathlib import Path

import pytest

from appointed.store.migrate import migrations
from commands import free_port, run
from databases import create_database

SECRET = "Tr0ub4dor"


@pytest.mark.parametrize(
    ("command", "url"),
    [
        ("migrate", f"mysql://ann:{SECRET}@127.0.0.1/appointed"),
        ("serve", f"postgresql+asyncpg://ann:{SECRET}@127.0.0.1/appointed"),
        ("migrate", f"postgresql://ann:{SECRET}@127.0.0.1:port/appointed"),
        ("serve", f"postgresql://ann:{SECRET}#1@127.0.0.1/appointed"),
    ],
    ids=["another scheme", "a driver", "no port", "not escaped"],
)
def test_a_url_that_is_none_ends_it_without_its_password(tmp_path: Path, command: str, url: str) -> None:
    refused = run(tmp_path / "data", command, DATABASE_URL=url)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "DATABASE_URL" in refused.stderr
    assert SECRET not in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("command", "rest"),
    [
        ("migrate", "127.0.0.1:{port}/appointed"),
        ("serve", "127.0.0.1:{port}/appointed"),
        ("migrate", "127.0.0.1:{port}/appointed?sslmode=sometimes"),
        ("migrate", "/appointed?host=/nowhere&port=x"),
        ("migrate", "127.0.0.1:{port}/appointed?sslmode=verify-full&sslrootcert=/nowhere"),
    ],
    ids=["nobody there", "nobody there to serve", "no such mode", "no port", "no certificate"],
)
def test_a_database_that_is_not_there_ends_it_with_a_sentence(tmp_path: Path, command: str, rest: str) -> None:
    """The embedded one is not used in its place."""
    url = f"postgresql://ann:{SECRET}@{rest.format(port=free_port())}"
    refused = run(tmp_path / "data", command, DATABASE_URL=url, APPOINTED_PORT=str(free_port()))
    assert "Traceback" not in refused.stderr
    assert refused.returncode in (2, 3), refused.stderr
    assert SECRET not in refused.stdout + refused.stderr
    assert refused.stderr
    assert not (tmp_path / "data").exists()


def test_a_database_of_ones_own_is_migrated_once(embedded, tmp_path: Path) -> None:
    dsn = asyncio.run(create_database(embedded.dsn, "migrated"))
    first = run(tmp_path / "data", "migrate", DATABASE_URL=dsn)
    assert (first.returncode, first.stderr) == (0, "")
    applied = [f"applied {migration.number:04} {migration.name}" for migration in migrations()]
    assert first.stdout.splitlines() == [*applied, "the database is up to date"]
    again = run(tmp_path / "data", "migrate", DATABASE_URL=dsn)
    assert (again.returncode, again.stdout) == (0, "the database is up to date\n")
    assert not (tmp_path / "data").exists()
