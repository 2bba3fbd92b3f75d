"""One dialect as an ASGI application, made from its route table.

A request is refused as early as it can be: path and method, credential, scope, whatever else the dialect wants to know
of every call, size of the body, and only then its contents. Every answer is JSON in the dialect's shape and carries
X-Request-Id.
"""

import re
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import structlog

from appointed.core.caller import Caller
from appointed.core.errors import BodyTooLarge, CredentialMissing, FieldInvalid, Refusal
from appointed.usecases.clock import new_id
from appointed.usecases.context import Context
from appointed.usecases.failures import causes_of
from appointed.wire.decode import decode, encode
from appointed.wire.dialect import Dialect
from appointed.wire.error_shape import ErrorShape
from appointed.wire.forms import decode_form
from appointed.wire.limits import Limits
from appointed.wire.lookup import Lookup
from appointed.wire.openapi import document_route
from appointed.wire.request import Headers, Request
from appointed.wire.route import BODY_LIMIT_BYTES, Answer, Credential, Route
from appointed.wire.tracing import request_span
from appointed.wire.watching import NOBODY, Served, Watch

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_CLOSE = (b"connection", b"close")

_log = structlog.get_logger("appointed.wire")


class _ClientGoneError(Exception):
    pass


class DialectApp:
    """Serves one dialect, at its mount or at the root of a host. `watch` is told of each request, and `limits` bind
    its callers."""

    def __init__(
        self,
        dialect: Dialect,
        context: Context,
        watch: Watch = NOBODY,
        limits: Limits | None = None,
    ) -> None:
        self.dialect = dialect
        self._context = context
        self._watch = watch
        self._limits = limits
        self._lookup = Lookup((*dialect.routes, document_route(dialect)), fold_case=dialect.fold_case)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.serve(scope, receive, send, raw_path(scope))

    async def serve(self, scope: Scope, receive: Receive, send: Send, local_path: str) -> None:
        """Answer the HTTP request of `scope`, whose path beneath the mount is `local_path`, still encoded."""
        headers = Headers(scope["headers"])
        request_id = request_id_of(headers)
        request = Request(self._context, scope["method"], local_path, scope["query_string"], headers, request_id)
        served = Served(self.dialect.name, request.method, request_id)
        if self._watch.tracer is None:
            await self._serve(request, served, receive, send)
        else:
            with request_span(self._watch.tracer, headers, served):
                await self._serve(request, served, receive, send)
        self._watch.tell(served)

    async def _serve(self, request: Request, served: Served, receive: Receive, send: Send) -> None:
        try:
            try:
                answer = await self._answer(request, served, receive)
            except Refusal as refusal:
                served.refusal = refusal
                answer = _shape(self.dialect, served).render_refusal(refusal, _language(request), request.request_id)
            body = _encoded(answer)
        except _ClientGoneError:
            served.end(None)
            return
        except Exception as error:  # noqa: BLE001 - the last resort: answered in the dialect's shape, and logged
            log_failure(error, request.request_id, dialect=self.dialect.name, method=request.method)
            answer = _shape(self.dialect, served).render_failure(_language(request), request.request_id)
            body = _encoded(answer)
        served.end(answer)
        more = (served.timing(),) if self.dialect.tells_timing else ()
        if request.standing is not None:
            more = (*more, *self.dialect.limit.fields(request.standing))
        unread = request.headers if request.unread else None
        await respond(send, answer, body, request.request_id, unread, request.method == "HEAD", more)

    async def _answer(self, request: Request, served: Served, receive: Receive) -> Answer:
        if request.method == "OPTIONS":
            allowed = self._lookup.allowed(request.local_path)
            return Answer(HTTPStatus.NO_CONTENT, None, ((b"allow", allowed.encode()),))
        route, request.path = self._lookup.find(request.method, request.local_path)
        request.operation = f"{self.dialect.name} {route.name}"
        served.found(route)
        if self._limits is not None:
            request.limiter = self._limits.of(route.name)
        if route.credential is not Credential.NONE:
            caller = await self._caller(route, request)
            if caller is not None:
                served.caller = caller
                request.known_as(caller)
                if route.scope is not None:
                    caller.require(route.scope, *route.other_scopes)
                self.dialect.admit(request)
        if route.idempotent:
            request.read_idempotency_key()
        elif route.method == "POST" and route.changes and request.headers.raw(b"idempotency-key") is not None:
            # Whoever sends one relies on it.
            raise FieldInvalid(field="Idempotency-Key", expected="absent")
        if route.reads_body:
            request.raw_body = await _read_body(request.headers, receive, route.body_limit_bytes)
            request.unread = False
            if route.request_type is not None and not (route.body_optional and not request.raw_body.strip()):
                request.body = (decode_form if route.form else decode)(request.raw_body, route.request_type)
        try:
            return await route.handler(request)
        finally:
            # A handler may have learnt by itself who asks.
            served.caller = request.caller

    async def _caller(self, route: Route, request: Request) -> Caller | None:
        secret = self.dialect.read_credential(request.headers)
        if not secret:
            if route.credential is Credential.REQUIRED:
                raise CredentialMissing
            return None
        return await self.dialect.identify(self._context, secret)


async def _read_body(headers: Headers, receive: Receive, limit_bytes: int) -> bytes:
    """The whole body. Raises BodyTooLarge as soon as its length is announced, or passed, without reading the rest."""
    announced = headers.raw(b"content-length")
    if announced is not None and announced.isdigit() and int(announced[:20]) > limit_bytes:
        raise BodyTooLarge(limit_bytes=limit_bytes)
    message = await receive()
    body: bytes = message.get("body", b"")
    if message["type"] == "http.request" and not message.get("more_body", False) and len(body) <= limit_bytes:
        return body
    chunks: list[bytes] = []
    length = 0
    while message["type"] == "http.request":
        chunks.append(message.get("body", b""))
        length += len(chunks[-1])
        if length > limit_bytes:
            raise BodyTooLarge(limit_bytes=limit_bytes)
        if not message.get("more_body", False):
            return b"".join(chunks)
        message = await receive()
    raise _ClientGoneError


async def respond(
    send: Send,
    answer: Answer,
    body: bytes,
    request_id: str,
    unread: Headers | None = None,
    bodiless: bool = False,
    more: tuple[tuple[bytes, bytes], ...] = (),
) -> None:
    """Send the answer, with `more` headers. `unread` are the headers of a request whose body was not read; where one
    may follow that is too long to be passed over, the connection is closed."""
    headers = [(b"x-request-id", request_id.encode()), *answer.headers, *more]
    if answer.body is not None:
        if b"content-type" not in [name for name, _ in answer.headers]:
            headers.append((b"content-type", b"application/json"))
        headers.append((b"content-length", str(len(body)).encode()))
    if unread is not None and _long_body_follows(unread):
        headers.append(_CLOSE)
    await send({"type": "http.response.start", "status": int(answer.status), "headers": headers})
    await send({"type": "http.response.body", "body": b"" if bodiless else body})


def _long_body_follows(headers: Headers) -> bool:
    length = headers.raw(b"content-length")
    if length is None:
        return headers.raw(b"transfer-encoding") is not None
    return not length.isdigit() or int(length[:20]) > BODY_LIMIT_BYTES


def _encoded(answer: Answer) -> bytes:
    if answer.body is None:
        return b""
    return answer.body if isinstance(answer.body, bytes) else encode(answer.body)


def raw_path(scope: Scope) -> str:
    """The path as it was sent, without the query."""
    raw: bytes | None = scope.get("raw_path")
    if raw is None:
        return quote(scope["path"])
    return raw.decode("latin-1") if raw.isascii() else quote(raw, safe="/%:@!$&'()*+,;=~")


def request_id_of(headers: Headers) -> str:
    """The id that the client gave the request, if it is a sane one, or a new one."""
    given = headers.raw(b"x-request-id")
    if given and _REQUEST_ID.fullmatch(given):
        return given.decode("ascii")
    return str(new_id())


def _shape(dialect: Dialect, served: Served) -> ErrorShape:
    own = None if served.route is None else served.route.error_shape
    return own or dialect.error_shape


def _language(request: Request) -> str | None:
    if request.caller is not None and request.caller.language:
        return request.caller.language
    wanted = request.headers.get("accept-language")
    return re.split("[,;]", wanted, maxsplit=1)[0].strip() if wanted else None


def log_failure(error: BaseException, request_id: str, **facts: str) -> None:
    """Log where `error` came from, without its message: a driver's message may quote what a customer sent."""
    _log.error("request_failed", request_id=request_id, causes=causes_of(error), **facts)
