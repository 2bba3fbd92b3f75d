"""A dialect that has a host name or a port for itself: its own paths with nothing in front, and nothing else."""

import asyncio
import socket

import pytest
import uvicorn

from appointed.wire.asgi import DialectApp
from appointed.wire.route import Answer
from appointed.wire.server import Server
from toy_dialect import CONTEXT, Shelf, client, toy_dialect, well

HOST = "loans.example"


async def page(scope, rest):
    return Answer(200, b"<p>", ((b"content-type", b"text/html"),))


async def found(scope, rest):
    return await page(scope, rest) if rest == "/one" else None


def server_of(*places):
    apps = [DialectApp(toy_dialect(Shelf(), mount=mount), CONTEXT) for mount in ("", "/toy", "/other")]
    alone = DialectApp(toy_dialect(Shelf(), mount=""), CONTEXT)
    pages = {"/metrics": page, "/some/files": found}
    return Server(apps, well, well, pages=pages, bound=dict.fromkeys(places, alone), bound_pages={"/some/files": found})


@pytest.fixture
async def http():
    async with client(server_of(HOST)) as http:
        yield http


@pytest.mark.parametrize(
    ("host", "alone"),
    [
        (HOST, True),
        ("LOANS.Example", True),
        ("loans.example:8080", True),
        ("loans.example.", True),
        ("loans.example.:443", True),
        ("loans.example:", True),
        ("not.loans.example", False),
        ("loans.example.org", False),
        ("loans", False),
        ("[::1]:80", False),
        ("[::1]", False),
        ("", False),
        (":80", False),
    ],
)
async def test_the_name_of_the_host_decides(http, host, alone):
    for path, status in (("/public", 200), ("/metrics", 404), ("/toy/public", 404), ("/other/public", 404)):
        answer = await http.get("http://here" + path, headers={"Host": host})
        assert answer.status_code == (status if alone else 200)
    refused = await http.get("http://here/toy/nothing", headers={"Host": host})
    assert refused.json()["error"]["code"] == "PATH_UNKNOWN"


async def test_it_can_be_asked_whether_it_is_well(http):
    for path in ("/health/live", "/health/ready"):
        answer = await http.get("http://here" + path, headers={"Host": HOST})
        assert (answer.status_code, answer.json()["status"]) == (200, "ok")


async def test_it_has_the_pages_that_are_told_to_be_there(http):
    for host in (HOST, "here"):
        for method, path, status in (
            ("GET", "/some/files/one", 200),
            ("POST", "/some/files/one", 405),
            ("GET", "/some/files/two", 404),
            ("GET", "/some/files", 404),
        ):
            answer = await http.request(method, "http://here" + path, headers={"Host": host})
            assert answer.status_code == status
        assert answer.json()["error"]["code"] == "PATH_UNKNOWN"


async def test_its_document_says_that_it_is_at_the_root(http):
    for host, path, servers in (
        (HOST, "/openapi.json", [{"url": "/"}]),
        ("here", "/toy/openapi.json", [{"url": "/toy"}]),
    ):
        assert (await http.get("http://here" + path, headers={"Host": host})).json()["servers"] == servers


async def ask(port, path, host):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    named = b"" if host is None else b"Host: " + host.encode() + b"\r\n"
    writer.write(b"GET " + path.encode() + b" HTTP/1.0\r\n" + named + b"\r\n")
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    return int(answer.split(b" ", 2)[1])


async def test_a_port_decides_whatever_the_host_is_called():
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    common, own = (listener.getsockname()[1] for listener in listeners)
    config = uvicorn.Config(server_of(own), log_config=None, lifespan="on", ws="none")
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(listeners))
    try:
        for host in ("a.example", f"a.example:{common}", None):
            assert [await ask(own, path, host) for path in ("/public", "/toy/public", "/metrics")] == [200, 404, 404]
            assert await ask(own, "/health/live", host) == 200
            assert [await ask(common, path, host) for path in ("/public", "/toy/public", "/metrics")] == [200, 200, 200]
    finally:
        server.should_exit = True
        await task
        for listener in listeners:
            listener.close()
