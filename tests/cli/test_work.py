"""`appointed work`, and the worker inside `appointed serve`."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from appointed.store.embedded import attach_or_start
from commands import SECONDS, environment, run, serving
from server_processes import ask, killed_at_end, until

SLOT = {"booking": {"start": "2020-11-30T14:30:00.000Z", "end": "2020-11-30T14:35:00.000Z"}}
LAPSED = "UPDATE appointed.visit SET expires_at = '2020-11-30T08:00Z' RETURNING 1"
STATES = "SELECT string_agg(state::text, ' ') FROM appointed.visit"
SEALED = "SELECT sum(events) = (SELECT count(*) FROM appointed.event) FROM appointed.seal"
ROLES = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%tenants_due%' AND pid <> pg_backend_pid()"


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("work") / "data"


def hold(data_dir: Path) -> str:
    """A hold of the demo without a lifetime; the address of the database."""
    reach = json.loads((data_dir / "demo.json").read_text())["ombori"]
    path = f"{reach['base_url']}/queues/{reach['ids']['queue']}/reservations"
    assert httpx.post(path, json=SLOT, headers=reach["headers"], trust_env=False).status_code == 201
    server = attach_or_start(data_dir)
    assert not server.owner
    return server.dsn


def test_once_does_what_is_due_and_leaves_a_hold_without_end(data_dir: Path) -> None:
    with serving(data_dir, "--demo", APPOINTED_WORKER="0") as server:
        dsn = hold(data_dir)
        # What happened so far is sealed, and nothing else is due.
        assert "did 1 piece of work\n" in run(data_dir, "work", "--once").stdout
        assert ask(dsn, SEALED)
        done = run(data_dir, "work", "--once")
        assert (done.returncode, done.stderr, done.stdout) == (0, "", "nothing was due\n")
        assert ask(dsn, STATES) == "held"
        ask(dsn, LAPSED)
        assert "did 1 piece of work\n" in run(data_dir, "work", "--once").stdout
        assert ask(dsn, STATES) == "expired"
        assert server.end(signal.SIGTERM) == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_it_runs_until_it_is_told_to_stop(data_dir: Path, number: signal.Signals) -> None:
    with killed_at_end(
        [sys.executable, "-m", "appointed", "work"],
        env=environment(data_dir),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        said = process.stdout.readline()
        while said and "the worker runs" not in said:
            said = process.stdout.readline()
        assert "the worker runs" in said
        process.send_signal(number)
        assert process.wait(SECONDS) == 0


def test_serving_tidies_up_too(data_dir: Path) -> None:
    """At its start at the latest; and with the setting off it does not even look."""
    with serving(data_dir, "--demo", APPOINTED_WORKER="0") as server:
        dsn = hold(data_dir)
        ask(dsn, LAPSED)
        assert ask(dsn, ROLES) == 0
        assert server.end(signal.SIGTERM) == 0
    with serving(data_dir) as server:
        dsn = attach_or_start(data_dir).dsn
        until(lambda: ask(dsn, STATES) == "expired")
        assert server.end(signal.SIGTERM) == 0
        assert "Traceback" not in server.said
        assert '"event":"tidied"' in server.said


def test_each_request_leaves_a_line(data_dir: Path) -> None:
    for settings, lines in (({}, 1), ({"APPOINTED_ACCESS_LOG": "off"}, 0), ({"APPOINTED_LOG_LEVEL": "warning"}, 0)):
        with serving(data_dir, **settings) as server:
            httpx.get(f"http://127.0.0.1:{server.port}/v1/me?secret=1", trust_env=False)
            assert server.end(signal.SIGTERM) == 0
        found = [json.loads(line) for line in server.said.splitlines() if '"event":"request"' in line]
        assert [entry["route"] for entry in found] == ["read_me"] * lines
        assert "secret" not in server.said
