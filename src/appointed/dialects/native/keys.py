"""Keys: list, make and revoke them."""

from datetime import datetime
from http import HTTPStatus
from types import NoneType
from typing import Annotated
from uuid import UUID

import msgspec

from appointed.core.caller import ROLES, KeyRole, Scope, role_of
from appointed.core.errors import CredentialNotFound, FieldInvalid, FieldMissing
from appointed.usecases import keys
from appointed.wire.identifiers import parse_id
from appointed.wire.request import Request
from appointed.wire.route import Answer, Credential, Link, Parameter, Route, Where


class KeyAnswer(msgspec.Struct):
    """A key. `prefix` is how its secret begins; `role` is null where no role has just these scopes."""

    id: UUID
    name: str
    prefix: str
    role: KeyRole | None
    scopes: list[Scope]
    created_at: datetime
    revoked_at: datetime | None


class KeyList(msgspec.Struct):
    """All keys that there ever were, the oldest first."""

    keys: list[KeyAnswer]


class NewKeyAnswer(msgspec.Struct):
    """A key and its secret, which is shown here and never again."""

    key: KeyAnswer
    secret: str


class KeyBody(msgspec.Struct, forbid_unknown_fields=True):
    """A key that is wanted: a name for it, and a role or scopes."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    role: KeyRole | None = None
    scopes: Annotated[list[Scope], msgspec.Meta(min_length=1)] | None = None


def _scopes(body: KeyBody) -> frozenset[Scope]:
    if body.role is not None and body.scopes is not None:
        raise FieldInvalid(field="scopes", expected="absent_with_role")
    if body.role is not None:
        return ROLES[body.role]
    if body.scopes is None:
        raise FieldMissing(field="role")
    return frozenset(body.scopes)


def _answer(key: keys.Key) -> KeyAnswer:
    return KeyAnswer(
        id=key.id,
        name=key.name,
        prefix=key.prefix,
        role=role_of(key.scopes),
        scopes=[scope for scope in Scope if scope in key.scopes],
        created_at=key.created_at,
        revoked_at=key.revoked_at,
    )


async def list_keys(request: Request) -> Answer:
    """All keys."""
    found = await keys.list_keys(request.context, request.known_caller)
    return Answer(HTTPStatus.OK, KeyList([_answer(key) for key in found]))


async def create_key(request: Request) -> Answer:
    """A new key."""
    body = request.body_as(KeyBody)
    made = await keys.create_key(request.context, request.known_caller, body.name, _scopes(body))
    return Answer(HTTPStatus.CREATED, NewKeyAnswer(_answer(made.key), made.secret))


async def revoke_key(request: Request) -> Answer:
    """A key that is no more."""
    key = parse_id(request.path["key"], CredentialNotFound())
    await keys.revoke_key_of(request.context, request.known_caller, key)
    return Answer(HTTPStatus.NO_CONTENT)


ROUTES = (
    Route(
        method="GET",
        path="/v1/keys",
        name="list_keys",
        summary="All keys",
        description="Every key that the tenant ever had, revoked ones too. Secrets are not kept and not shown.",
        handler=list_keys,
        responses={HTTPStatus.OK: KeyList},
        credential=Credential.REQUIRED,
        scope=Scope.ADMINISTER,
        tags=("keys",),
    ),
    Route(
        method="POST",
        path="/v1/keys",
        name="create_key",
        summary="A new key",
        description="The secret is in this answer and never in another one. The key can do nothing that the caller "
        "cannot do. A repetition makes another key.",
        handler=create_key,
        request_type=KeyBody,
        responses={HTTPStatus.CREATED: NewKeyAnswer},
        credential=Credential.REQUIRED,
        scope=Scope.ADMINISTER,
        links=(Link("revoke_key", "key", "/key/id"),),
        tags=("keys",),
    ),
    Route(
        method="DELETE",
        path="/v1/keys/{key}",
        name="revoke_key",
        summary="Revoke a key",
        description="Within ten seconds it is refused everywhere. It stays in the list.",
        handler=revoke_key,
        parameters=(Parameter("key", Where.PATH, "The id of the key.", {"type": "string", "format": "uuid"}),),
        responses={HTTPStatus.NO_CONTENT: NoneType},
        refusals=(CredentialNotFound,),
        credential=Credential.REQUIRED,
        scope=Scope.ADMINISTER,
        tags=("keys",),
    ),
)
