"""The application at the top: sends each request to the dialect its path belongs to, and tells whether it is well."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from http import HTTPStatus

from appointed.core.errors import PathUnknown
from appointed.i18n import catalog
from appointed.wire.asgi import (
    DialectApp,
    Receive,
    Scope,
    Send,
    log_failure,
    raw_path,
    request_id_of,
    respond,
)
from appointed.wire.decode import encode
from appointed.wire.request import Headers
from appointed.wire.route import Answer

Probe = Callable[[], Awaitable[Sequence[str]]]
"""Gives the codes of what is wrong, none when all is well."""

Lifespan = Callable[[], AbstractAsyncContextManager[object]]


class Server:
    """Every dialect beneath its mount, and the two health checks.

    A dialect mounted at the root gets what no other mount takes. `lifespan` is entered before the first request and
    left after the last. Raises ValueError for two dialects at one mount.
    """

    def __init__(self, apps: Iterable[DialectApp], live: Probe, ready: Probe, lifespan: Lifespan | None = None) -> None:
        self._mounts: dict[str, DialectApp] = {}
        for app in apps:
            mount = app.dialect.mount.removeprefix("/")
            if mount in self._mounts or mount == "health":
                raise ValueError(f"two rooms at one mount: /{mount}")
            self._mounts[mount] = app
        self._probes = {"/health/live": live, "/health/ready": ready}
        self._lifespan = lifespan

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        match scope["type"]:
            case "http":
                await self._serve(scope, receive, send)
            case "lifespan":
                await self._live(receive, send)
            case _:
                await send({"type": "websocket.close", "code": 1000})

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = raw_path(scope)
        mount, _, _ = path[1:].partition("/")
        if mount and (app := self._mounts.get(mount)):
            await app.serve(scope, receive, send, path[1 + len(mount) :] or "/")
        elif probe := self._probes.get(path):
            await self._examine(scope, send, probe)
        elif root := self._mounts.get(""):
            await root.serve(scope, receive, send, path)
        else:
            error = {"code": PathUnknown.code, "message": catalog.sentence(PathUnknown(), None)}
            await self._say(scope, send, Answer(HTTPStatus.NOT_FOUND, {"error": error}))

    async def _examine(self, scope: Scope, send: Send, probe: Probe) -> None:
        try:
            problems = list(await probe())
        except Exception as error:  # noqa: BLE001 - a probe that fails is an answer: not well
            log_failure(error, request_id_of(Headers(scope["headers"])), path=scope["path"])
            problems = ["probe_failed"]
        status = HTTPStatus.SERVICE_UNAVAILABLE if problems else HTTPStatus.OK
        await self._say(scope, send, Answer(status, {"status": "failing" if problems else "ok", "problems": problems}))

    async def _say(self, scope: Scope, send: Send, answer: Answer) -> None:
        headers = Headers(scope["headers"])
        body = encode(answer.body)
        await respond(send, answer, body, request_id_of(headers), headers, bodiless=scope["method"] == "HEAD")

    async def _live(self, receive: Receive, send: Send) -> None:
        """Speak the lifespan protocol: it starts with one message and ends with another."""
        async with AsyncExitStack() as stack:
            await receive()
            try:
                if self._lifespan is not None:
                    await stack.enter_async_context(self._lifespan())
            except BaseException:
                await send({"type": "lifespan.startup.failed", "message": "the server could not start"})
                raise
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})
