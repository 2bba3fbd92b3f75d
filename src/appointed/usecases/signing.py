"""Access tokens as text: signed claims (RFC 7519, RFC 9068). The one place that knows the library."""

from collections.abc import Mapping
from functools import lru_cache
from typing import cast
from uuid import UUID

import msgspec
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from appointed.store.signing import SigningKey

ALGORITHM = "HS256"
TYPE = "at+jwt"
ISSUER = "appointed"
LONGEST_CHARACTERS = 4_096
KEYS = 4


class Claims(msgspec.Struct, frozen=True):
    """What a token says. Instants are seconds since 1970; `grant` is what the credential was given, as a digest."""

    aud: str
    sub: UUID
    tenant: UUID
    actor: str
    scope: str
    sandbox: bool
    grant: bytes
    iat: float
    exp: float
    iss: str = ISSUER


class TokenUnreadableError(Exception):
    """This is no token of ours, or not as we signed it."""


class KeyUnknownError(Exception):
    """It may be a token of ours, but the key that signed it is not among those at hand."""


def sign(claims: Claims, key: SigningKey) -> str:
    """The token."""
    return jws.serialize_compact(_header(key.id), msgspec.json.encode(claims), _oct(key.secret), algorithms=[ALGORITHM])


def verify(text: str, keys: Mapping[UUID, SigningKey]) -> tuple[Claims, UUID]:
    """What a token says, and which key signed it. Whether it is still good is not asked here.

    Nothing in its header is believed: it has to be what we would have written. Raises TokenUnreadableError,
    KeyUnknownError.
    """
    if len(text) > LONGEST_CHARACTERS:
        raise TokenUnreadableError
    try:
        signed = jws.extract_compact(text.encode())
        header = cast("dict[str, object]", signed.headers())
        named = UUID(str(header.get("kid")))
    except (JoseError, ValueError, TypeError, RecursionError) as error:
        raise TokenUnreadableError from error
    if header != _header(named):
        raise TokenUnreadableError
    key = keys.get(named)
    if key is None:
        raise KeyUnknownError
    try:
        if not jws.validate_compact(signed, _oct(key.secret), [ALGORITHM]):
            raise TokenUnreadableError
        claims = msgspec.json.decode(signed.payload, type=Claims)
    except (JoseError, msgspec.DecodeError) as error:
        raise TokenUnreadableError from error
    if claims.iss != ISSUER:
        raise TokenUnreadableError
    return claims, named


def _header(key: UUID) -> dict[str, str]:
    return {"alg": ALGORITHM, "typ": TYPE, "kid": key.hex}


# To make it costs half as much as to use it.
@lru_cache(maxsize=KEYS)
def _oct(secret: bytes) -> OctKey:
    return OctKey.import_key(secret)
