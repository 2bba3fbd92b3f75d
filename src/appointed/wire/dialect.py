"""What a dialect has to provide: routes, the reader of its credential, and a complete table of its errors."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from uuid import UUID

import msgspec

from appointed.core.errors import REFUSALS, MethodUnknown, Refusal
from appointed.core.ids import TenantId
from appointed.i18n import catalog
from appointed.wire.decode import encode
from appointed.wire.request import Headers
from appointed.wire.route import Answer, Route

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """How a dialect says one refusal: its HTTP status, its own code, and headers that belong to it."""

    status: int
    code: str | int
    headers: tuple[tuple[bytes, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class Problem:
    """All there is to say about a request that was not done; `refusal` is None where the server failed."""

    status: int
    code: str | int
    message: str
    request_id: str
    refusal: Refusal | None


@dataclass(frozen=True, slots=True)
class Client:
    """What to put where a client of the vendor has its base URL and its credential, and a first call to paste.

    `headers` is the credential as it is sent. `first_call` is a command for a shell.
    """

    base_url: str
    headers: Mapping[str, str]
    first_call: str


ClientMaker = Callable[[str, TenantId, str, Mapping[str, UUID]], Client]
"""From the server's public URL, a tenant, the secret of its credential, and ids of what it offers by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One vendor's wire format, or our own.

    `mount` is a path of one segment such as `/ombori`, or empty for the root. `error_body` turns a problem into
    the body in the dialect's shape, of `error_type` and sent as `error_media_type`. `security` holds the OpenAPI
    security schemes, any one of which is enough. `client` tells how the vendor's clients reach this server.
    `abilities` names what the vendor's interface can express. With `tells_timing`, answers carry Server-Timing.
    Raises ValueError where the error table lacks a refusal or has one that does not exist.
    """

    name: str
    mount: str
    title: str
    description: str
    version: str
    routes: tuple[Route, ...]
    errors: Mapping[type[Refusal], ErrorRow]
    error_type: type[msgspec.Struct]
    error_body: Callable[[Problem], msgspec.Struct]
    read_credential: Callable[[Headers], str | None]
    client: ClientMaker
    security: Mapping[str, Mapping[str, object]]
    failure: ErrorRow = field(default=ErrorRow(status=HTTPStatus.INTERNAL_SERVER_ERROR, code="internal_error"))
    abilities: frozenset[str] = frozenset()
    error_media_type: str = JSON
    tells_timing: bool = False

    def __post_init__(self) -> None:
        differing = set(REFUSALS.values()) ^ set(self.errors)
        if differing:
            names = ", ".join(sorted(kind.__name__ for kind in differing))
            raise ValueError(f"dialect {self.name}: the error table is not complete or holds unknown rows: {names}")
        if self.mount and not re.fullmatch("/[a-z]+", self.mount):
            raise ValueError(f"dialect {self.name}: the mount must be empty or one segment: {self.mount}")

    def render_refusal(self, refusal: Refusal, language: str | None, request_id: str) -> Answer:
        """The answer to a request that is refused, its body encoded."""
        row = self.errors[type(refusal)]
        headers = row.headers
        if isinstance(refusal, MethodUnknown):
            headers = (*headers, (b"allow", refusal.allowed.encode()))
        return self._render(row, headers, catalog.sentence(refusal, language), request_id, refusal)

    def render_failure(self, language: str | None, request_id: str) -> Answer:
        """The answer to a request that the server failed to serve, its body encoded."""
        return self._render(self.failure, self.failure.headers, catalog.failure(language), request_id, None)

    def _render(
        self,
        row: ErrorRow,
        headers: tuple[tuple[bytes, bytes], ...],
        message: str,
        request_id: str,
        refusal: Refusal | None,
    ) -> Answer:
        problem = Problem(row.status, row.code, message, request_id, refusal)
        if self.error_media_type != JSON:
            headers = (*headers, (b"content-type", self.error_media_type.encode()))
        return Answer(row.status, encode(self.error_body(problem)), headers)
