"""What a dialect has to provide: routes, the reader of its credential, and a complete table of its errors."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

import msgspec

from appointed.core.caller import Caller
from appointed.core.errors import REFUSALS, Refusal
from appointed.core.ids import TenantId
from appointed.usecases.context import Context
from appointed.usecases.identify import identify
from appointed.wire.ability import Ability
from appointed.wire.error_shape import FAILURE, JSON, ErrorRow, ErrorShape, Problem
from appointed.wire.limits import Limit
from appointed.wire.request import Headers, Request
from appointed.wire.route import Answer, Route

Identify = Callable[[Context, str], Awaitable[Caller]]
"""From what `read_credential` found to the caller. Raises CredentialUnknown, StoreUnavailable."""

Admit = Callable[[Request], None]
"""Looks at a request whose caller is known and has the scope, before its contents. Raises the refusal of one that may
not go on."""


def admit_all(request: Request) -> None:
    """Every caller may go on."""
    del request


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
    the body in the dialect's shape, of `error_type` and sent as `error_media_type`. `identify` finds the caller of what
    `read_credential` read, a key unless told otherwise; `admit` looks at what every call has to have beyond credential
    and scope. `security` holds the OpenAPI security schemes, any one of which is enough. `client` tells how the
    vendor's clients reach this server.
    `abilities` names what the vendor's interface can express; the conformance suite asks for each of them. With
    `tells_timing`, answers carry Server-Timing.
    `limit` is how often the vendor lets a credential ask. With `fold_case`, the literal segments of a path match in any
    case.
    `examples` has bodies by the names of the operations that take them, to be shown.
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
    identify: Identify = field(default=identify)
    admit: Admit = field(default=admit_all)
    failure: ErrorRow = field(default=FAILURE)
    abilities: frozenset[Ability] = frozenset()
    error_media_type: str = JSON
    tells_timing: bool = False
    limit: Limit = field(default_factory=Limit)
    fold_case: bool = False
    examples: Mapping[str, Mapping[str, object]] = field(default_factory=dict[str, Mapping[str, object]])

    def __post_init__(self) -> None:
        differing = set(REFUSALS.values()) ^ set(self.errors)
        if differing:
            names = ", ".join(sorted(kind.__name__ for kind in differing))
            raise ValueError(f"dialect {self.name}: the error table is not complete or holds unknown rows: {names}")
        if self.mount and not re.fullmatch("/[a-z]+", self.mount):
            raise ValueError(f"dialect {self.name}: the mount must be empty or one segment: {self.mount}")

    @property
    def error_shape(self) -> ErrorShape:
        """How it says what was wrong."""
        return ErrorShape(self.errors, self.error_type, self.error_body, self.failure, self.error_media_type)

    def render_refusal(self, refusal: Refusal, language: str | None, request_id: str) -> Answer:
        """The answer to a request that is refused, its body encoded."""
        return self.error_shape.render_refusal(refusal, language, request_id)

    def render_failure(self, language: str | None, request_id: str) -> Answer:
        """The answer to a request that the server failed to serve, its body encoded."""
        return self.error_shape.render_failure(language, request_id)
