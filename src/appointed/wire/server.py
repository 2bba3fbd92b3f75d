"""The application at the top: sends each request to the dialect its path belongs to, and tells whether it is well."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from http import HTTPStatus

from appointed.core.errors import MethodUnknown, PathUnknown, Refusal
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
from appointed.wire.watching import NOBODY, Served, Watch

Probe = Callable[[], Awaitable[Sequence[str]]]
"""Gives the codes of what is wrong, none when all is well."""

Page = Callable[[Scope, str], Awaitable[Answer | None]]
"""Answers GET for a path of which the second argument is what follows the page's own; None where nothing is there."""

ALLOWED = "GET, HEAD, OPTIONS"

Lifespan = Callable[[], AbstractAsyncContextManager[object]]

Bound = Mapping[str | int, DialectApp]
"""Dialects that stand alone at the root of a host name, in lower case, or of a port."""


class Server:
    """Every dialect beneath its mount, the two health checks, and pages.

    A page has a path of one or two segments and gets what is beneath it too. A dialect mounted at the root gets what
    no other mount takes and no page has. At a host name or port that is `bound` to a dialect, that dialect, the health
    checks and `bound_pages` are all there is. `lifespan` is entered before the first request and left after the last.
    Raises ValueError for two dialects at one mount.
    """

    def __init__(
        self,
        apps: Iterable[DialectApp],
        live: Probe,
        ready: Probe,
        lifespan: Lifespan | None = None,
        pages: Mapping[str, Page] | None = None,
        watch: Watch = NOBODY,
        bound: Bound | None = None,
        bound_pages: Mapping[str, Page] | None = None,
    ) -> None:
        self._mounts: dict[str, DialectApp] = {}
        for app in apps:
            mount = app.dialect.mount.removeprefix("/")
            if mount in self._mounts or mount == "health":
                raise ValueError(f"two rooms at one mount: /{mount}")
            self._mounts[mount] = app
        self._probes = {"/health/live": live, "/health/ready": ready}
        self._lifespan = lifespan
        self._pages = pages or {}
        self._watch = watch
        self._bound = bound or {}
        self._bound_pages = bound_pages or {}

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
        if self._bound and (alone := self._alone(scope)):
            await self._serve_beneath(scope, receive, send, path, alone, self._bound_pages)
            return
        mount, _, _ = path[1:].partition("/")
        if mount and (app := self._mounts.get(mount)):
            await app.serve(scope, receive, send, path[1 + len(mount) :] or "/")
        else:
            await self._serve_beneath(scope, receive, send, path, self._mounts.get(""), self._pages)

    async def _serve_beneath(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        path: str,
        root: DialectApp | None,
        pages: Mapping[str, Page],
    ) -> None:
        """A health check, or one of the `pages`, or else what the dialect at the `root` has, if there is one."""
        own = "/".join(path.split("/", 3)[:3])
        if probe := self._probes.get(path):
            await self._examine(scope, send, probe)
        elif own in pages and await self._show(scope, send, own, pages[own], path[len(own) :], root):
            return
        elif root is not None:
            await root.serve(scope, receive, send, path)
        else:
            await self._say(scope, send, Answer(HTTPStatus.NOT_FOUND, _error(PathUnknown())))

    def _alone(self, scope: Scope) -> DialectApp | None:
        """The dialect that the port, or else the host name, is bound to."""
        address = scope.get("server")
        found = None if address is None else self._bound.get(address[1])
        return found or self._bound.get(_host_name(Headers(scope["headers"])))

    async def _show(self, scope: Scope, send: Send, path: str, page: Page, rest: str, root: DialectApp | None) -> bool:
        """Answer with the page at `path`, or `rest` beneath it; whether there is any."""
        served = Served("pages", scope["method"], request_id_of(Headers(scope["headers"])))
        answer = await page(scope, rest)
        if answer is None:
            return False
        if scope["method"] == "OPTIONS":
            answer = Answer(HTTPStatus.NO_CONTENT, None, ((b"allow", ALLOWED.encode()),))
        elif scope["method"] not in ("GET", "HEAD"):
            answer = _not_understood(root, MethodUnknown(allowed=ALLOWED), served.request_id)
        served.operation = path
        served.end(answer)
        await self._say(scope, send, answer, served.request_id)
        self._watch.tell(served)
        return True

    async def _examine(self, scope: Scope, send: Send, probe: Probe) -> None:
        try:
            problems = list(await probe())
        except Exception as error:  # noqa: BLE001 - a probe that fails is an answer: not well
            log_failure(error, request_id_of(Headers(scope["headers"])), path=scope["path"])
            problems = ["probe_failed"]
        status = HTTPStatus.SERVICE_UNAVAILABLE if problems else HTTPStatus.OK
        await self._say(scope, send, Answer(status, {"status": "failing" if problems else "ok", "problems": problems}))

    async def _say(self, scope: Scope, send: Send, answer: Answer, request_id: str | None = None) -> None:
        headers = Headers(scope["headers"])
        request_id = request_id or request_id_of(headers)
        body = b"" if answer.body is None else encode(answer.body)
        if isinstance(answer.body, bytes):
            body = answer.body
        await respond(send, answer, body, request_id, headers, bodiless=scope["method"] == "HEAD")

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


def _host_name(headers: Headers) -> str:
    """What the client takes for the name of the host, in lower case, without a port and the dot of the root."""
    host = (headers.get("host") or "").lower()
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdecimal() else host.removesuffix(":")).removesuffix(".")


def _not_understood(root: DialectApp | None, refusal: MethodUnknown, request_id: str) -> Answer:
    """In the shape of the dialect at the root, which has what is beside the pages."""
    if root is not None:
        return root.dialect.render_refusal(refusal, None, request_id)
    allow = ((b"allow", refusal.allowed.encode()),)
    return Answer(HTTPStatus.METHOD_NOT_ALLOWED, _error(refusal), allow)


def _error(refusal: Refusal) -> dict[str, object]:
    """A refusal where no dialect has a shape for it."""
    return {"error": {"code": refusal.code, "message": catalog.sentence(refusal, None)}}
