"""Tenants, credentials and sandbox clocks."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from appointed.core.caller import Caller, Scope
from appointed.core.errors import ClockGoesForward, SlugInUse
from appointed.core.ids import CredentialId, TenantId
from appointed.store.pool import Connection, Pool

_BY_SLUG = "SELECT tenant_id, name, sandbox, slug FROM appointed.tenant WHERE slug = $1 AND slug <> ''"
_BY_ID = "SELECT tenant_id, name, sandbox, slug FROM appointed.tenant WHERE tenant_id = $1"


def hash_key(secret: str) -> bytes:
    """SHA-256, enough for 256 random bits and cheap enough for every request."""
    return hashlib.sha256(secret.encode()).digest()


@dataclass(frozen=True, slots=True)
class Tenant:
    """One customer organisation. A sandbox has a clock of its own; the slug is unique where it is not empty."""

    id: TenantId
    name: str
    sandbox: bool = False
    slug: str = ""


async def identify(pool: Pool, secret: str) -> Caller | None:
    """Who presents this key; None for nobody."""
    rows = await pool.rows("SELECT * FROM identify($1)", hash_key(secret))
    if not rows:
        return None
    row = rows[0]
    return Caller(
        tenant=TenantId(row["tenant_id"]),
        credential=CredentialId(row["credential_id"]),
        actor=row["actor"],
        scopes=frozenset(Scope(scope) for scope in row["scopes"]),
        sandbox=row["sandbox"],
    )


async def find_tenant(pool: Pool, slug: str) -> Tenant | None:
    """The tenant that goes by this slug; None where none does.

    For operators: the login of the database looks, which owns the tables. Who serves tenants has their keys.
    """
    return await _find(pool, _BY_SLUG, slug)


async def tenant_with_id(pool: Pool, tenant: TenantId) -> Tenant | None:
    """The tenant that has this id; None where none does. For operators, as `find_tenant` is."""
    return await _find(pool, _BY_ID, tenant)


async def _find(pool: Pool, question: str, what: str | TenantId) -> Tenant | None:
    async with pool.connection() as connection, connection.transaction():
        await connection.execute("SET LOCAL ROLE NONE")
        row = await connection.fetchrow(question, what)
    if row is None:
        return None
    return Tenant(TenantId(row["tenant_id"]), row["name"], row["sandbox"], row["slug"])


async def add_tenant(tx: Connection, tenant: Tenant, now: datetime) -> str:
    """Add a tenant, or keep the one there is, which gets the slug if it has none; the slug that it has then.

    Raises SlugInUse where the slug is another tenant's.
    """
    try:
        await tx.execute(
            "INSERT INTO tenant AS t (tenant_id, name, sandbox, slug, created_at) VALUES ($1, $2, $3, $4, $5)"
            " ON CONFLICT (tenant_id) DO UPDATE SET slug = excluded.slug WHERE t.slug = ''",
            tenant.id,
            tenant.name,
            tenant.sandbox,
            tenant.slug,
            now,
        )
    except asyncpg.UniqueViolationError:
        raise SlugInUse("tenant", tenant.slug) from None
    return await tx.fetchval("SELECT slug FROM tenant WHERE tenant_id = $1", tenant.id)


async def add_credential(
    tx: Connection,
    tenant: TenantId,
    credential: CredentialId,
    secret: str,
    actor: str,
    scopes: frozenset[Scope],
    now: datetime,
) -> None:
    """Let `secret` act for the tenant, in place of what the credential had. Only its hash is kept."""
    await tx.execute(
        "INSERT INTO credential (tenant_id, credential_id, key_hash, actor, scopes, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6)"
        " ON CONFLICT (tenant_id, credential_id) DO UPDATE SET key_hash = excluded.key_hash,"
        " actor = excluded.actor, scopes = excluded.scopes, revoked_at = NULL, changed_at = $6",
        tenant,
        credential,
        hash_key(secret),
        actor,
        sorted(scopes),
        now,
    )


async def set_clock(tx: Connection, tenant: TenantId, instant: datetime, running_since: datetime | None) -> None:
    """Put a sandbox's clock forward to `instant`, to stand there or to run on from the server's `running_since`.

    Raises ClockGoesForward for an instant before the one it was put to last.
    """
    done = await tx.execute(
        "INSERT INTO sandbox_clock AS c (tenant_id, instant, running_since) VALUES ($1, $2, $3)"
        " ON CONFLICT (tenant_id) DO UPDATE SET instant = excluded.instant, running_since = excluded.running_since"
        " WHERE c.instant <= excluded.instant",
        tenant,
        instant,
        running_since,
    )
    if done.endswith(" 0"):
        raise ClockGoesForward


async def reset_sandbox(tx: Connection, tenant: TenantId, instant: datetime) -> None:
    """Take visits, customers, events and outcomes of a sandbox away, and set its clock. Raises NotASandbox."""
    await tx.execute("SELECT sandbox_reset($1, $2)", tenant, instant)
