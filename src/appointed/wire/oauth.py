"""Access tokens over HTTP: a route that gives them out (RFC 6749, section 4.4), and the reader of those that come back
(RFC 6750). A dialect brings its path and the vendor's words for scopes.
"""

import base64
import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Literal
from urllib.parse import unquote_plus
from uuid import UUID

import msgspec

from appointed.core import errors
from appointed.core.caller import Caller, Scope
from appointed.core.errors import (
    REFUSALS,
    CredentialMissing,
    CredentialUnknown,
    FieldInvalid,
    FieldMissing,
    Refusal,
    ScopeMissing,
    StoreUnavailable,
    TooManyRequests,
)
from appointed.usecases.context import Context
from appointed.usecases.tokens import identify_by_token, issue
from appointed.wire.answer import Answer
from appointed.wire.dialect import Identify
from appointed.wire.error_shape import ErrorRow, ErrorShape, Problem
from appointed.wire.limits import Rate
from appointed.wire.request import Headers, Request
from appointed.wire.route import Credential, Parameter, Route

GRANT_TYPE = "client_credentials"
FORM_LIMIT_BYTES = 16_000
NO_STORE = ((b"cache-control", b"no-store"), (b"pragma", b"no-cache"))
CHALLENGE = (b"www-authenticate", b'Basic realm="token"')

_BEARER_TYPE: Literal["Bearer"] = "Bearer"
_BEARER = re.compile(r"bearer +(\S+)", re.ASCII | re.IGNORECASE)
_BASIC = re.compile(r"basic +(\S+)", re.ASCII | re.IGNORECASE)


class TokenForm(msgspec.Struct, kw_only=True):
    """Asks for an access token. The client's id and secret stand here, or in the header Authorization as Basic."""

    grant_type: str
    scope: str | None = None
    client_id: str | None = None
    client_secret: str | None = None


class TokenGiven(msgspec.Struct):
    """An access token, and for how many seconds it is good."""

    access_token: str
    expires_in: int
    token_type: Literal["Bearer"] = _BEARER_TYPE


class TokenRefused(msgspec.Struct):
    """What was wrong: a code of RFC 6749, section 5.2, and a sentence for people."""

    error: str
    error_description: str


def read_bearer(headers: Headers) -> str | None:
    """The token or the key in the header Authorization, sent as a bearer's, if there is one."""
    found = _BEARER.fullmatch((headers.get("Authorization") or "").strip())
    return None if found is None else found[1]


def by_token(audience: str) -> Identify:
    """How a dialect finds the caller of one of its own tokens."""

    async def identify(context: Context, token: str) -> Caller:
        return await identify_by_token(context, audience, token)

    return identify


def _nobody(request: Request) -> str | None:
    del request
    return None


def token_route(
    *,
    path: str,
    audience: str,
    scopes: Mapping[str, frozenset[Scope]],
    form_type: type[TokenForm] = TokenForm,
    names_tenant: Callable[[Request], str | None] = _nobody,
    name: str = "get_token",
    parameters: tuple[Parameter, ...] = (),
    tags: tuple[str, ...] = (),
    rate: Rate | None = None,
) -> Route:
    """The route that gives out the tokens of the dialect `audience`.

    A client is a key: its id is the key's id, its secret the key's secret. `scopes` has the vendor's words and what
    each lets a client do; one that names none gets all of it that its key may do. What `names_tenant` finds in the
    request has to be the slug or the name of the key's tenant. `rate` binds each client.
    """
    everything = frozenset(scope for each in scopes.values() for scope in each)

    async def get_token(request: Request) -> Answer:
        form = request.body_as(form_type)
        if form.grant_type != GRANT_TYPE:
            raise FieldInvalid(field="grant_type", expected=GRANT_TYPE)
        credential, secret = _client(request.headers, form)
        token = await issue(
            request.context,
            audience=audience,
            credential=credential,
            secret=secret,
            wanted=None if form.scope is None else _wanted(form.scope, scopes),
            at_most=everything,
            tenant_named=names_tenant(request),
            admit=request.known_as,
        )
        return Answer(HTTPStatus.OK, TokenGiven(token.access_token, token.expires_in), NO_STORE)

    return Route(
        method="POST",
        path=path,
        name=name,
        summary="Get an access token",
        description="By client credentials (RFC 6749, section 4.4), for one hour. The scopes there are: "
        + ", ".join(f"`{word}`" for word in scopes)
        + ".",
        handler=get_token,
        request_type=form_type,
        form=True,
        body_limit_bytes=FORM_LIMIT_BYTES,
        responses={HTTPStatus.OK: TokenGiven},
        credential=Credential.NONE,
        changes=False,
        parameters=parameters,
        refusals=(CredentialMissing, CredentialUnknown, ScopeMissing, StoreUnavailable, TooManyRequests),
        tags=tags,
        rate=rate,
        error_shape=SHAPE,
    )


def _client(headers: Headers, form: TokenForm) -> tuple[str, str]:
    """The id and the secret. Raises CredentialMissing, CredentialUnknown, FieldInvalid for two that differ."""
    named, secret = form.client_id, form.client_secret
    found = _BASIC.fullmatch((headers.get("Authorization") or "").strip())
    if found is not None:
        in_header = _basic(found[1])
        if named is not None and _spelled(named) != _spelled(in_header[0]):
            raise FieldInvalid(field="client_id", expected="one_value")
        if secret is not None and secret != in_header[1]:
            raise FieldInvalid(field="client_secret", expected="one_value")
        return in_header
    if not named or not secret:
        raise CredentialMissing
    return named, secret


def _spelled(identity: str) -> str:
    """The id as we write it, where it is one."""
    try:
        return str(UUID(identity))
    except ValueError:
        return identity


def _basic(encoded: str) -> tuple[str, str]:
    """Both stand there as in a form (RFC 6749, section 2.3.1)."""
    try:
        text = base64.b64decode(encoded, validate=True).decode()
        named, colon, secret = text.partition(":")
        pair = unquote_plus(named, errors="strict"), unquote_plus(secret, errors="strict")
    except ValueError:
        raise CredentialUnknown from None
    if not colon or "\0" in "".join(pair):
        raise CredentialUnknown
    return pair


def _wanted(scope: str, scopes: Mapping[str, frozenset[Scope]]) -> frozenset[Scope] | None:
    """What the words stand for; None where there are none. Raises FieldInvalid for one that there is not."""
    words = scope.split()
    if any(word not in scopes for word in words):
        raise FieldInvalid(field="scope", expected="listed_value")
    return frozenset(each for word in words for each in scopes[word]) if words else None


_OWN_CODES = {("grant_type", GRANT_TYPE): "unsupported_grant_type", ("scope", "listed_value"): "invalid_scope"}


def _refused(problem: Problem) -> TokenRefused:
    code = str(problem.code)
    if isinstance(problem.refusal, FieldInvalid):
        code = _OWN_CODES.get((problem.refusal.field, problem.refusal.expected), code)
    return TokenRefused(code, problem.message.replace('"', "'"))


_ROWS: Mapping[type[Refusal], tuple[int, str]] = {
    FieldMissing: (HTTPStatus.BAD_REQUEST, "invalid_request"),
    errors.BodyTooLarge: (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "invalid_request"),
    CredentialMissing: (HTTPStatus.UNAUTHORIZED, "invalid_client"),
    CredentialUnknown: (HTTPStatus.UNAUTHORIZED, "invalid_client"),
    ScopeMissing: (HTTPStatus.BAD_REQUEST, "invalid_scope"),
    TooManyRequests: (HTTPStatus.TOO_MANY_REQUESTS, "slow_down"),
    StoreUnavailable: (HTTPStatus.SERVICE_UNAVAILABLE, "temporarily_unavailable"),
}


def _row(kind: type[Refusal]) -> ErrorRow:
    status, code = _ROWS.get(kind, _ROWS[FieldMissing])
    return ErrorRow(status, code, (*NO_STORE, CHALLENGE) if status == HTTPStatus.UNAUTHORIZED else NO_STORE)


SHAPE = ErrorShape(
    {kind: _row(kind) for kind in REFUSALS.values()},
    TokenRefused,
    _refused,
    ErrorRow(HTTPStatus.INTERNAL_SERVER_ERROR, "server_error", NO_STORE),
)
"""Every vendor's token endpoint says no as RFC 6749 does, whatever the shape of the rest."""
