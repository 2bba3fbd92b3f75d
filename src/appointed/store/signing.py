"""What access tokens are signed with, and for which credentials they are good no more. Time is the server's."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from appointed.core.caller import Caller, Scope
from appointed.core.ids import CredentialId, TenantId
from appointed.store.pool import Pool
from appointed.store.tenants import hash_key

_KNOWN = """
SELECT k.key_id, k.secret, k.created_at, k.signs_from, k.signs_until, k.ends_at, NULL::uuid AS credential_id,
       NULL::bytea AS digest
  FROM signing_keys($1) k
UNION ALL
SELECT NULL, NULL, NULL, NULL, NULL, NULL, c.credential_id, c.digest FROM credentials_changed($2) c
"""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """Signs from one instant until another; what it signed is accepted until `ends_at`."""

    id: UUID
    secret: bytes
    created_at: datetime
    signs_from: datetime
    signs_until: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Known:
    """Every key that is accepted, or will be, and of the credentials that were changed lately what a token for each has
    to be bound to, None where it is revoked. `read_at` is when the question was put."""

    keys: Mapping[UUID, SigningKey]
    changed: Mapping[CredentialId, bytes | None]
    read_at: datetime


@dataclass(frozen=True, slots=True)
class Grant:
    """What a credential is given to whoever has its secret. `digest` is what tokens for it are bound to; `names` are
    the tenant's slug and its name."""

    caller: Caller
    digest: bytes
    names: tuple[str, str]


async def known(pool: Pool, now: datetime, since: datetime) -> Known:
    """All that is needed to judge tokens, in one question; credentials that changed after `since`."""
    keys: dict[UUID, SigningKey] = {}
    changed: dict[CredentialId, bytes | None] = {}
    for row in await pool.rows(_KNOWN, now, since):
        if row["key_id"] is None:
            changed[CredentialId(row["credential_id"])] = row["digest"]
        else:
            instants = (row["created_at"], row["signs_from"], row["signs_until"], row["ends_at"])
            keys[row["key_id"]] = SigningKey(row["key_id"], row["secret"], *instants)
    return Known(keys, changed, now)


async def grant(pool: Pool, credential: CredentialId, secret: str) -> Grant | None:
    """What the credential is given; None where there is none, the secret is another one, or it is revoked."""
    rows = await pool.rows("SELECT * FROM credential_grant($1, $2)", credential, hash_key(secret))
    if not rows:
        return None
    row = rows[0]
    scopes = frozenset(Scope(scope) for scope in row["scopes"])
    caller = Caller(TenantId(row["tenant_id"]), credential, row["actor"], scopes, sandbox=row["sandbox"])
    return Grant(caller, row["digest"], (row["slug"], row["name"]))


async def add_key(
    pool: Pool, now: datetime, key: UUID, secret: bytes, lasts: timedelta, told: timedelta, accepted: timedelta
) -> None:
    """Add a key that signs for as long as it `lasts`, unless there is one; it follows one that ends within `told`.

    What it signed is accepted for so long after that.
    """
    await pool.call("SELECT signing_key_add($1, $2, $3, $4, $5, $6)", now, key, secret, lasts, told, accepted)


async def replace_keys(
    pool: Pool, now: datetime, key: SigningKey, accepted: timedelta, *, at_once: bool
) -> tuple[int, int]:
    """Let `key` sign in place of all others, which are accepted for so long after it begins, or `at_once` no more.

    How many stay accepted and how many are gone. For operators: the login of the database does it, which owns the
    table.
    """
    async with pool.connection() as connection, connection.transaction():
        await connection.execute("SET LOCAL ROLE NONE")
        await connection.execute("LOCK TABLE appointed.signing_key IN SHARE ROW EXCLUSIVE MODE")
        gone = await connection.execute(
            "DELETE FROM appointed.signing_key WHERE $1 OR signs_from >= $2 OR ends_at <= $3",
            at_once,
            key.signs_from,
            now,
        )
        stay = await connection.execute(
            "UPDATE appointed.signing_key SET signs_until = $1, ends_at = $2 WHERE signs_until > $1",
            key.signs_from,
            key.signs_from + accepted,
        )
        await connection.execute(
            "INSERT INTO appointed.signing_key VALUES ($1, $2, $3, $4, $5, $6)",
            key.id,
            key.secret,
            key.created_at,
            key.signs_from,
            key.signs_until,
            key.ends_at,
        )
    return int(stay.rpartition(" ")[2]), int(gone.rpartition(" ")[2])


async def end_keys(pool: Pool, now: datetime) -> int:
    """Forget the keys of which no token is good any more; how many there were."""
    return await pool.call("SELECT signing_keys_end($1)", now)
