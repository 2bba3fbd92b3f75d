"""Tenants, credentials and sandbox clocks."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from appointed.core.caller import Caller, Scope
from appointed.core.errors import ClockGoesForward
from appointed.core.ids import CredentialId, TenantId
from appointed.store.pool import Connection, Pool


def hash_key(secret: str) -> bytes:
    """SHA-256, enough for 256 random bits and cheap enough for every request."""
    return hashlib.sha256(secret.encode()).digest()


@dataclass(frozen=True, slots=True)
class Tenant:
    """One customer organisation. A sandbox has a clock of its own."""

    id: TenantId
    name: str
    sandbox: bool = False


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


async def add_tenant(tx: Connection, tenant: Tenant, now: datetime) -> None:
    """Add a tenant, or keep the one there is."""
    await tx.execute(
        "INSERT INTO tenant (tenant_id, name, sandbox, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        tenant.id,
        tenant.name,
        tenant.sandbox,
        now,
    )


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
        " actor = excluded.actor, scopes = excluded.scopes, revoked_at = NULL",
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
    """Take every visit of a sandbox away, with its events and outcomes, and set its clock. Raises NotASandbox."""
    await tx.execute("SELECT sandbox_reset($1, $2)", tenant, instant)
