"""Keys: who may act for a tenant, and how far. They live in the server's time, a sandbox's too."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from appointed.core.caller import Caller, Scope
from appointed.core.ids import CredentialId
from appointed.store import audit
from appointed.store.credentials import Key, add_key, revoke_key
from appointed.store.credentials import list_keys as stored_keys
from appointed.usecases.clock import new_id
from appointed.usecases.context import Context

__all__ = ["Key", "NewKey", "create_key", "list_keys", "revoke_key_of"]

RANDOM_BYTES = 32
MARK = "apt_"
PREFIX_CHARACTERS = len(MARK) + 6


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key and its secret, which nobody can be told again."""

    key: Key
    secret: str


async def list_keys(context: Context, caller: Caller) -> list[Key]:
    """All keys that the tenant ever had, revoked ones too, the oldest first. Raises ScopeMissing."""
    caller.require(Scope.ADMINISTER)
    return await stored_keys(context.pool, caller.tenant)


async def create_key(context: Context, caller: Caller, name: str, scopes: Collection[Scope]) -> NewKey:
    """A new key that may do what `scopes` say. Nobody gives what they lack themselves: raises ScopeMissing."""
    caller.require(Scope.ADMINISTER)
    for scope in sorted(scopes):
        caller.require(scope)
    secret = MARK + secrets.token_urlsafe(RANDOM_BYTES)
    key = Key(
        id=CredentialId(new_id()),
        name=name,
        prefix=secret[:PREFIX_CHARACTERS],
        scopes=frozenset(scopes),
        created_at=context.clock(),
    )
    async with context.pool.transaction(caller.tenant) as tx:
        await add_key(tx, caller.tenant, key, secret)
        facts = {"key": key.id, "name": name, "scopes": sorted(scopes)}
        await audit.note(tx, caller.tenant, "key_created", key.created_at, caller.actor, facts)
    return NewKey(key, secret)


async def revoke_key_of(context: Context, caller: Caller, key: UUID) -> None:
    """Let a key act for nobody: here at once, in other processes within the time that `identify` believes.

    One that is revoked stays so. Raises CredentialNotFound, ScopeMissing.
    """
    caller.require(Scope.ADMINISTER)
    now = context.clock()
    async with context.pool.transaction(caller.tenant) as tx:
        key_hash, was_good = await revoke_key(tx, caller.tenant, CredentialId(key), now)
        if was_good:
            await audit.note(tx, caller.tenant, "key_revoked", now, caller.actor, {"key": key})
    context.callers.pop(key_hash, None)
    context.tokens.moved()
