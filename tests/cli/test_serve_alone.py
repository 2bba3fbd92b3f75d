"""`appointed serve` with a dialect that has a host name and a port for itself, and with a limit."""

import json
import signal
import socket
from pathlib import Path

import httpx
import pytest

from commands import databases_of, free_port, run, serving
from server_processes import until

HOST = "queues.example.org"
SLOT = b'{"booking":{"start":"2020-11-30T14:30:00.000Z","end":"2020-11-30T14:35:00.000Z"}}'


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("alone") / "data"


def get(port: int, path: str, host: str | None = None, **headers: str) -> httpx.Response:
    named = {} if host is None else {"Host": host}
    return httpx.get(f"http://127.0.0.1:{port}{path}", headers={**headers, **named}, trust_env=False)


def test_ombori_at_the_root_of_a_host_name_and_of_a_port(data_dir: Path) -> None:
    own = free_port()
    places = f"ombori=:{own},ombori={HOST}"
    with serving(data_dir, "--demo", APPOINTED_DIALECT_HOSTS=places, APPOINTED_RATE_LIMITS="50/hour") as server:
        reach = json.loads((data_dir / "demo.json").read_text())["ombori"]
        below = reach["base_url"].removeprefix(f"http://127.0.0.1:{server.port}/ombori")
        path = f"{below}/queues/{reach['ids']['queue']}/timeslots"
        for port, host in ((server.port, HOST), (server.port, f"{HOST.upper()}:80"), (own, None), (own, "any.example")):
            assert get(port, path, host, **reach["headers"]).status_code == 200
            assert get(port, "/openapi.json", host).json()["servers"] == [{"url": "/"}]
            assert [get(port, each, host).status_code for each in ("/health/live", "/health/ready")] == [200, 200]
            for elsewhere in ("/", "/metrics", "/v1/me", "/v1/docs", "/ombori/openapi.json", "/ombori" + path):
                assert get(port, elsewhere, host, **reach["headers"]).status_code == 404, (port, host, elsewhere)
        answer = get(server.port, "/ombori" + path, **reach["headers"])
        assert (answer.status_code, answer.headers["ratelimit"][:14]) == (200, '"default";r=45')
        assert get(server.port, "/metrics").status_code == 200
        for said in (f"ombori answers alone at the root of port {own}", f"ombori answers alone at the root of {HOST}"):
            assert said in server.said
        examined = run(data_dir, "doctor", APPOINTED_PORT=str(server.port), APPOINTED_DIALECT_HOSTS=places)
        assert examined.stdout.count("Appointed answers on") == 2, examined.stdout
        assert server.end(signal.SIGTERM) == 0
    for port in (own, server.port):
        with pytest.raises(httpx.ConnectError):
            get(port, "/health/live")


def test_a_running_request_at_a_port_of_its_own_is_answered_when_the_server_is_told_to_stop(data_dir: Path) -> None:
    own = free_port()
    with serving(data_dir, "--demo", APPOINTED_DIALECT_HOSTS=f"ombori=:{own}") as server:
        reach = json.loads((data_dir / "demo.json").read_text())["ombori"]
        below = reach["base_url"].partition("/ombori")[2]
        head = f"POST {below}/queues/{reach['ids']['queue']}/reservations HTTP/1.1\r\nHost: a.example\r\n"
        head += f"ApiKey: {reach['headers']['ApiKey']}\r\nContent-Length: {len(SLOT)}\r\n\r\n"
        with socket.create_connection(("127.0.0.1", own), timeout=20) as connection:
            connection.sendall(head.encode() + SLOT[:10])
            assert get(own, "/health/live").status_code == 200
            server.process.send_signal(signal.SIGTERM)
            until(lambda: refused(own))
            connection.sendall(SLOT[10:])
            assert connection.recv(4096).startswith(b"HTTP/1.1 201")
        assert server.ended() == 0


def refused(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


@pytest.mark.parametrize(
    ("places", "said"),
    [
        ("cubicle=:8081", "cubicle is no dialect that can be bound; ombori"),
        ("native=api.example.org", "native is no dialect that can be bound; ombori"),
        ("ombori=:8000", "ombori cannot have the port of APPOINTED_PORT, 8000"),
    ],
)
def test_a_place_that_makes_no_sense(tmp_path: Path, places: str, said: str) -> None:
    """One sentence and status 2 before anything is started, and the doctor says the same."""
    settings = {"APPOINTED_PORT": "8000", "APPOINTED_DIALECT_HOSTS": places}
    refused = run(tmp_path / "data", "serve", **settings)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert f"APPOINTED_DIALECT_HOSTS: {said}" in refused.stderr
    assert not (tmp_path / "data").exists()
    examined = run(tmp_path / "data", "doctor", **settings)
    assert examined.returncode == 1
    assert said in examined.stdout


def test_a_port_of_a_dialect_in_use(data_dir: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        refused = run(data_dir, "serve", APPOINTED_PORT=str(free_port()), APPOINTED_DIALECT_HOSTS=f"ombori=:{port}")
    assert refused.returncode == 3
    assert f"127.0.0.1:{port}" in refused.stderr
    assert databases_of(data_dir) == []
