"""`appointed doctor`: what it finds, what it says about it, and that it changes nothing."""

import asyncio
import json
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from appointed.store.migrate import migrate, migrations
from commands import databases_of, free_port, run, serving
from databases import create_database
from proofs.raw import connect
from server_processes import ask

SECRET = "Tr0ub4dor"


def examined(data_dir: Path, status: int = 0, **settings: str) -> dict[str, list[dict]]:
    """The findings by what was looked at."""
    answer = run(data_dir, "doctor", "--json", **{"APPOINTED_PORT": str(free_port()), **settings})
    assert (answer.returncode, answer.stderr) == (status, ""), answer
    told = json.loads(answer.stdout)
    assert told["fine"] is (status == 0)
    found: dict[str, list[dict]] = {}
    for finding in told["findings"]:
        found.setdefault(finding["what"], []).append(finding)
    return found


def execute(dsn: str, statement: str) -> None:
    async def go() -> None:
        owner = await connect(dsn, role=None)
        try:
            await owner.execute(statement)
        finally:
            await owner.close()

    asyncio.run(go())


@pytest.fixture(scope="module")
def own(embedded) -> str:
    """A migrated database."""
    dsn = asyncio.run(create_database(embedded.dsn, "doctored"))
    asyncio.run(migrate(dsn))
    return dsn


def test_with_nothing_there_yet_all_is_fine_and_nothing_is_made(tmp_path: Path) -> None:
    found = examined(tmp_path / "data")
    assert set(found) == {"settings", "database", "disk", "port", "demo"}
    assert "appointed serve" in found["database"][0]["advice"]
    assert not (tmp_path / "data").exists()


def test_beside_a_server_that_runs_and_after_it(tmp_path: Path) -> None:
    with serving(tmp_path / "data", "--demo") as server:
        found = examined(tmp_path / "data", APPOINTED_PORT=str(server.port))
        assert "Appointed answers" in found["port"][0]["found"]
        assert "of a process that runs" in found["database"][0]["found"]
        assert "demo.json" in found["demo"][0]["found"]
        assert databases_of(tmp_path / "data")
    found = examined(tmp_path / "data")
    assert {finding["mark"] for findings in found.values() for finding in findings} == {"fine"}
    assert found["migrations"][0]["found"] == "up to date"
    assert databases_of(tmp_path / "data") == []


def test_settings_are_named_with_what_was_meant(tmp_path: Path) -> None:
    wrong = {"APPOINTED_POOL_SIZE": "0", "APPOINTED_LOG_LEVEL": "loud", "DATABASE_URL": f"mysql://ann:{SECRET}@x/y"}
    found = examined(tmp_path / "data", 1, APPOINTED_HOTS="::1", **wrong)
    told = [(finding["mark"], finding["found"].partition(":")[0]) for finding in found["settings"]]
    assert told == [
        ("wrong", "DATABASE_URL"),
        ("wrong", "APPOINTED_POOL_SIZE='0'"),
        ("wrong", "APPOINTED_LOG_LEVEL='loud'"),
        ("look", "APPOINTED_HOTS is no setting"),
    ]
    assert "APPOINTED_HOST" in found["settings"][-1]["advice"]
    assert SECRET not in json.dumps(found)


def test_a_port_of_somebody_else(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        found = examined(tmp_path / "data", 1, APPOINTED_PORT=str(other.getsockname()[1]))
    assert found["port"][0]["mark"] == "wrong"
    assert "APPOINTED_PORT" in found["port"][0]["advice"]


def test_a_database_that_is_not_there(tmp_path: Path) -> None:
    url = f"postgresql://ann:{SECRET}@127.0.0.1:{free_port()}/appointed"
    found = examined(tmp_path / "data", 1, DATABASE_URL=url)
    assert found["database"][0]["mark"] == "wrong"
    assert "appointed at 127.0.0.1" in found["database"][0]["found"]
    assert SECRET not in json.dumps(found)
    assert "disk" not in found


def test_what_is_to_come_is_told_and_not_done(embedded, tmp_path: Path) -> None:
    dsn = asyncio.run(create_database(embedded.dsn, "unmigrated"))
    found = examined(tmp_path / "data", DATABASE_URL=dsn)
    assert found["migrations"][0]["mark"] == "look"
    assert found["migrations"][0]["found"].startswith(f"{len(migrations())} to come, from 0001")
    assert "appointed migrate" in found["migrations"][0]["advice"]
    assert ask(dsn, "SELECT to_regnamespace('appointed')") is None


@pytest.mark.parametrize(
    ("what", "code", "breaks", "mends"),
    [
        ("migrations", "9999 later", "INSERT INTO migration (number, name, digest) VALUES (9999, 'later', '')",
         "DELETE FROM migration WHERE number = 9999"),
        ("tables", "row_level_security_off", "ALTER TABLE item DISABLE ROW LEVEL SECURITY",
         "ALTER TABLE item ENABLE ROW LEVEL SECURITY"),
        ("durable", "not_durable: synchronous_commit", "ALTER DATABASE doctored SET synchronous_commit = off",
         "ALTER DATABASE doctored RESET synchronous_commit"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_found(own: str, tmp_path: Path, what: str, code: str, breaks: str, mends: str) -> None:
    assert urlsplit(own).path == "/doctored"
    execute(own, breaks)
    try:
        found = examined(tmp_path / "data", 1, DATABASE_URL=own)
    finally:
        execute(own, mends)
    wrong = [finding for findings in found.values() for finding in findings if finding["mark"] == "wrong"]
    (finding,) = wrong
    assert finding["what"] == what
    assert code in finding["found"]
    assert finding["advice"]
    assert examined(tmp_path / "data", DATABASE_URL=own)[what][0]["mark"] == "fine"


def test_a_role_that_may_not_take_ours(own: str, embedded, tmp_path: Path) -> None:
    execute(embedded.dsn, "CREATE ROLE stranger LOGIN")
    execute(own, "GRANT USAGE ON SCHEMA appointed TO stranger")
    execute(own, "GRANT SELECT ON appointed.migration TO stranger")
    found = examined(tmp_path / "data", 1, DATABASE_URL=own.replace("//postgres@", "//stranger@"))
    assert found["role"][0]["advice"] == "GRANT appointed_app, appointed_worker TO the role of DATABASE_URL"


def test_the_same_as_a_table(tmp_path: Path) -> None:
    answer = run(tmp_path / "data", "doctor", APPOINTED_PORT=str(free_port()), APPOINTED_DATADIR="[red]x[/red]")
    assert (answer.returncode, answer.stderr) == (0, "")
    for text in ("APPOINTED_DATADIR is no setting", "appointed serve", "fine", "look"):
        assert text in answer.stdout, answer.stdout
