"""The application at the top: mounts, health, and the beginning and end of its life."""

import asyncio
import socket
from contextlib import asynccontextmanager

import pytest
import structlog
import uvicorn

from appointed.wire.asgi import DialectApp
from appointed.wire.server import Server
from toy_dialect import CONTEXT, Shelf, client, toy_dialect, toy_server, well


async def unwell():
    return ["clock_differs", "schema_old"]


async def broken():
    raise RuntimeError("secret-of-the-probe")


@pytest.fixture
async def top():
    async with client(toy_server(Shelf(), ready=unwell)) as top:
        yield top


@pytest.mark.parametrize("path", ["/", "", "/nothing", "/toys/loans", "/Toy/public", "/health", "/health/other"])
async def test_a_path_of_no_dialect_gets_plain_json(top, path):
    response = await top.get("http://here" + path)
    assert response.status_code == 404
    assert response.json() == {"error": {"code": "path_unknown", "message": "There is nothing at this address."}}
    assert response.headers["content-type"] == "application/json"
    assert response.headers["x-request-id"]


async def test_a_mount_belongs_to_its_dialect(top):
    assert (await top.get("http://here/toy/public")).status_code == 200
    for path in ("/toy", "/toy/"):
        assert (await top.get("http://here" + path)).json()["error"]["code"] == "PATH_UNKNOWN"


async def test_health(top):
    live, ready = await top.get("http://here/health/live"), await top.get("http://here/health/ready")
    assert (live.status_code, live.json()) == (200, {"status": "ok", "problems": []})
    assert (ready.status_code, ready.json()["problems"]) == (503, ["clock_differs", "schema_old"])
    head = await top.head("http://here/health/ready")
    assert (head.status_code, head.content) == (503, b"")


async def test_a_probe_that_fails_is_not_well():
    with structlog.testing.capture_logs() as logs:
        async with client(toy_server(Shelf(), live=broken)) as top:
            response = await top.get("http://here/health/live")
    assert (response.status_code, response.json()["problems"]) == (503, ["probe_failed"])
    assert "secret" not in str(logs) + response.text


async def test_a_dialect_at_the_root_gets_what_no_mount_takes():
    apps = [DialectApp(toy_dialect(Shelf(), mount=mount), CONTEXT) for mount in ("", "/toy")]
    async with client(Server(apps, well, well)) as top:
        for path in ("/public", "/toy/public", "/openapi.json", "/health/live"):
            assert (await top.get("http://here" + path)).status_code == 200
        assert (await top.get("http://here/nothing")).json()["error"]["code"] == "PATH_UNKNOWN"


@pytest.mark.parametrize("mounts", [("/toy", "/toy"), ("/health",)])
def test_one_mount_one_dialect(mounts):
    with pytest.raises(ValueError, match="one mount"):
        Server([DialectApp(toy_dialect(Shelf(), mount=mount), CONTEXT) for mount in mounts], well, well)


async def live_through(app):
    """What the application says in the course of one whole life."""
    messages = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])
    said = []

    async def receive():
        said.append("asked")
        return next(messages)

    async def send(message):
        said.append(message["type"])

    try:
        await app({"type": "lifespan"}, receive, send)
    except ArithmeticError:
        said.append("raised")
    return said


async def test_the_lifespan_is_entered_and_left_in_order():
    done = []

    @asynccontextmanager
    async def lifespan():
        done.append("entered")
        yield
        done.append("left")

    said = await live_through(toy_server(Shelf(), lifespan=lifespan))
    assert said == ["asked", "lifespan.startup.complete", "asked", "lifespan.shutdown.complete"]
    assert done == ["entered", "left"]
    assert "lifespan.shutdown.complete" in await live_through(toy_server(Shelf()))


async def test_a_lifespan_that_cannot_be_entered_stops_the_server():
    @asynccontextmanager
    async def lifespan():
        raise ArithmeticError
        yield

    said = await live_through(toy_server(Shelf(), lifespan=lifespan))
    assert said == ["asked", "lifespan.startup.failed", "raised"]


async def test_a_websocket_is_turned_away():
    sent = []

    async def send(message):
        sent.append(message["type"])

    await toy_server(Shelf())({"type": "websocket"}, None, send)
    assert sent == ["websocket.close"]


async def exchange(port, *, head, body=b""):
    """Send raw bytes to a real server. Returns all it answers until it closes the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(head.replace(b"\n", b"\r\n") + body)
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    return answer


@pytest.fixture
async def port():
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(toy_server(Shelf()), log_config=None, lifespan="on", ws="none"))
    task = asyncio.create_task(server.serve([listener]))
    yield listener.getsockname()[1]
    server.should_exit = True
    await task
    listener.close()


async def test_a_long_body_is_refused_on_a_real_connection_which_is_then_closed(port):
    announced = b"POST /toy/loans HTTP/1.1\nHost: here\nShelf-Key: booker-key\nContent-Length: 3000000\n\n"
    assert (await exchange(port, head=announced)).startswith(b"HTTP/1.1 413")
    chunked = b"POST /toy/loans HTTP/1.1\nHost: here\nShelf-Key: booker-key\nTransfer-Encoding: chunked\n\n"
    flood = (b"f4240\r\n" + b" " * 1_000_000 + b"\r\n") * 2 + b"1\r\n \r\n"
    assert (await exchange(port, head=chunked, body=flood)).startswith(b"HTTP/1.1 413")


async def test_heads_and_empty_answers_keep_a_real_connection_usable(port):
    requests = (
        b"HEAD /toy/public HTTP/1.1\nHost: here\n\n",
        b"OPTIONS /toy/loans HTTP/1.1\nHost: here\n\n",
        b"DELETE /toy/loans/7 HTTP/1.1\nHost: here\nShelf-Key: booker-key\n\n",
        b"GET /toy/loans/%00 HTTP/1.1\nHost: here\nConnection: close\n\n",
    )
    answer = await exchange(port, head=b"".join(requests))
    assert [part[:3] for part in answer.split(b"HTTP/1.1 ")[1:]] == [b"200", b"204", b"204", b"404"]
