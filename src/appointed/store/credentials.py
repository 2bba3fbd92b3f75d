"""The keys of a tenant. Of a secret only the hash is kept, and its first characters to tell it from others."""

from dataclasses import dataclass
from datetime import datetime

from appointed.core.caller import Scope
from appointed.core.errors import CredentialNotFound
from appointed.core.ids import CredentialId, TenantId
from appointed.store.pool import Connection, Pool
from appointed.store.tenants import hash_key


@dataclass(frozen=True, slots=True)
class Key:
    """What is known of a key, instants in UTC. `prefix` is how its secret begins, empty where that was not kept."""

    id: CredentialId
    name: str
    prefix: str
    scopes: frozenset[Scope]
    created_at: datetime
    revoked_at: datetime | None = None


async def list_keys(pool: Pool, tenant: TenantId) -> list[Key]:
    """All keys that a tenant ever had, the oldest first."""
    async with pool.transaction(tenant) as tx:
        rows = await tx.fetch(
            "SELECT credential_id, actor, prefix, scopes, created_at, revoked_at FROM credential"
            " WHERE tenant_id = $1 ORDER BY created_at, credential_id",
            tenant,
        )
    return [
        Key(
            id=CredentialId(row["credential_id"]),
            name=row["actor"],
            prefix=row["prefix"],
            scopes=frozenset(Scope(scope) for scope in row["scopes"]),
            created_at=row["created_at"],
            revoked_at=row["revoked_at"],
        )
        for row in rows
    ]


async def add_key(tx: Connection, tenant: TenantId, key: Key, secret: str) -> None:
    """Let `secret` act for the tenant."""
    await tx.execute(
        "INSERT INTO credential (tenant_id, credential_id, key_hash, actor, prefix, scopes, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        tenant,
        key.id,
        hash_key(secret),
        key.name,
        key.prefix,
        sorted(key.scopes),
        key.created_at,
    )


async def revoke_key(tx: Connection, tenant: TenantId, key: CredentialId, now: datetime) -> tuple[bytes, bool]:
    """The hash of the secret, and whether the key was still good. Raises CredentialNotFound."""
    row = await tx.fetchrow(
        "SELECT key_hash, revoked_at FROM credential WHERE tenant_id = $1 AND credential_id = $2 FOR UPDATE",
        tenant,
        key,
    )
    if row is None:
        raise CredentialNotFound
    if row["revoked_at"] is None:
        await tx.execute(
            "UPDATE credential SET revoked_at = $3 WHERE tenant_id = $1 AND credential_id = $2", tenant, key, now
        )
    return row["key_hash"], row["revoked_at"] is None
