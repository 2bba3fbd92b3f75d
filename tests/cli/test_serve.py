"""`appointed serve`, from its start to its end, and the database with it."""

import json
import os
import signal
import socket
import stat
from pathlib import Path

import httpx
import pytest

from appointed.store.embedded import attach_or_start
from commands import databases_of, free_port, run, serving
from server_processes import gone, until

SLOT = {"booking": {"start": "2020-11-30T14:30:00.000Z", "end": "2020-11-30T14:35:00.000Z"}}


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One data directory for all: each start but the first finds what the one before left."""
    return tmp_path_factory.mktemp("cli") / "data"


def demo(data_dir: Path) -> dict:
    return json.loads((data_dir / "demo.json").read_text())["ombori"]


def reserve(data_dir: Path) -> httpx.Response:
    reach = demo(data_dir)
    path = f"{reach['base_url']}/queues/{reach['ids']['queue']}/reservations"
    return httpx.post(path, json=SLOT, headers=reach["headers"], trust_env=False)


def postmaster(data_dir: Path) -> int:
    server = attach_or_start(data_dir)
    assert not server.owner
    return server.process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_it_ends_cleanly_and_takes_the_database_along(data_dir: Path, number: signal.Signals) -> None:
    """Status 0, no process left; and the next start serves the demo as new, with the keys that clients have."""
    before = demo(data_dir)["headers"] if (data_dir / "demo.json").exists() else None
    with serving(data_dir, "--demo") as server:
        assert before in (None, demo(data_dir)["headers"])
        assert reserve(data_dir).status_code == 201
        assert reserve(data_dir).status_code == 409
        process = postmaster(data_dir)
        assert databases_of(data_dir)
        assert server.end(number) == 0
    assert gone(process)
    assert databases_of(data_dir) == []
    assert "Traceback" not in server.said


def test_the_demo_says_how_it_is_reached(data_dir: Path) -> None:
    with serving(data_dir, "--demo") as server:
        answer = run(data_dir, "demo", "--json")
        assert (answer.returncode, answer.stderr) == (0, "")
        shown = json.loads(answer.stdout)
        assert set(shown) == {"ombori", "cubu", "zenoti", "qmatic"}
        assert {reach["own_api"]["base_url"] for reach in shown.values()} == {f"http://127.0.0.1:{server.port}/v1"}
        assert set(shown["ombori"]) >= {"base_url", "headers", "ids"}
        assert shown["ombori"]["base_url"].startswith(f"http://127.0.0.1:{server.port}/ombori/")
        assert set(shown["ombori"]["headers"]) == {"ApiKey"}
        assert set(shown["ombori"]["ids"]) == {"organization", "queue", "branch"}
        assert shown == json.loads((data_dir / "demo.json").read_text())
        assert stat.S_IMODE((data_dir / "demo.json").stat().st_mode) == 0o600
        readable = run(data_dir, "demo")
        assert readable.returncode == 0
        for text in (shown["ombori"]["base_url"], shown["ombori"]["headers"]["ApiKey"]):
            assert text in readable.stdout
            assert text in server.said
        assert server.end(signal.SIGTERM) == 0


def test_each_customer_of_the_demo_is_reached_over_our_own_api(data_dir: Path) -> None:
    with serving(data_dir, "--demo") as server:
        for reach in json.loads((data_dir / "demo.json").read_text()).values():
            own = reach["own_api"]
            me = httpx.get(f"{own['base_url']}/me", headers=own["headers"], trust_env=False).json()
            assert (me["tenant_id"], me["sandbox"]) == (next(iter(reach["ids"].values())), True)
        assert server.end(signal.SIGTERM) == 0


def test_a_second_server_leaves_the_demo_of_the_first_alone(data_dir: Path) -> None:
    with serving(data_dir, "--demo") as server:
        assert reserve(data_dir).status_code == 201
        second = run(data_dir, "serve", "--demo", APPOINTED_PORT=str(free_port()))
        assert second.returncode == 3
        assert "another process serves this demo" in second.stderr
        assert reserve(data_dir).status_code == 409
        assert server.end(signal.SIGTERM) == 0


def test_a_port_in_use(data_dir: Path) -> None:
    """One sentence and status 3, and no database is left behind."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        refused = run(data_dir, "serve", APPOINTED_PORT=str(port))
    assert refused.returncode == 3
    assert f"127.0.0.1:{port}" in refused.stderr
    assert "Traceback" not in refused.stdout + refused.stderr
    assert databases_of(data_dir) == []


def test_it_ends_when_the_database_is_killed(data_dir: Path) -> None:
    """Status 1; what was reserved before is there at the next start, which does not load the demo again."""
    with serving(data_dir, "--demo") as server:
        held = reserve(data_dir).json()["id"]
        process = postmaster(data_dir)
        os.kill(process, signal.SIGKILL)
        assert server.ended() == 1
        assert "the embedded database has ended" in server.said
    until(lambda: databases_of(data_dir) == [])
    with serving(data_dir, port=server.port):
        reach = demo(data_dir)
        path = f"{reach['base_url']}/queues/{reach['ids']['queue']}/positions/{held}"
        assert httpx.get(path, headers=reach["headers"], trust_env=False).json()["status"] == "reserved"


def test_killed_itself_it_leaves_no_database(data_dir: Path) -> None:
    with serving(data_dir) as server:
        process = postmaster(data_dir)
        server.process.kill()
        until(lambda: gone(process))
    until(lambda: databases_of(data_dir) == [])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_it_can_be_ended_as_soon_as_it_says_that_it_listens(data_dir: Path, number: signal.Signals) -> None:
    with serving(data_dir) as server:
        assert server.end(number) == 0, server.said
    assert databases_of(data_dir) == []


def test_a_setting_that_makes_no_sense(tmp_path: Path) -> None:
    refused = run(tmp_path / "data", "serve", APPOINTED_PORT="http")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "APPOINTED_PORT='http'" in refused.stderr
    assert not (tmp_path / "data").exists()


def test_a_demo_that_was_never_loaded(tmp_path: Path) -> None:
    refused = run(tmp_path, "demo", "--json")
    assert (refused.returncode, refused.stdout) == (3, "")
    assert "appointed serve --demo" in refused.stderr
