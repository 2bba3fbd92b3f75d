"""The chains of events and their seals: written as the application's role, read whole as the database's owner."""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg

from appointed.core.audit import Link, Seal
from appointed.core.ids import TenantId, VisitId
from appointed.store.pool import SETTINGS, Connection, Pool, naming

SEALED_AT_ONCE = 10_000
FETCHED_AT_ONCE = 1_000

_SINCE = datetime(2000, 1, 1, tzinfo=UTC)

_CHAINS = """
SELECT e.visit_id, e.position, e.epoch, e.xid::text AS xid, e.ordinal, e.kind, timestamptz_send(e.at) AS at, e.actor,
       e.data::text AS data, e.digest, e.previous, e.hash
  FROM event e WHERE e.tenant_id = $1 ORDER BY e.visit_id, e.position
"""
_BY_CURSOR = """
SELECT e.epoch, e.xid::text AS xid, e.ordinal, e.hash
  FROM event e WHERE e.tenant_id = $1 ORDER BY e.epoch, e.xid, e.ordinal
"""
_SEALS = """
SELECT s.number, timestamptz_send(s.at) AS at, s.events, s.epoch, s.xid::text AS xid, s.ordinal, s.previous, s.hash
  FROM seal s WHERE s.tenant_id = $1 ORDER BY s.number
"""
_UNTOLD = """
SELECT v.visit_id FROM visit v
 WHERE v.tenant_id = $1 AND NOT EXISTS (SELECT FROM event e WHERE e.tenant_id = $1 AND e.visit_id = v.visit_id)
 ORDER BY v.visit_id
"""


class NotTheOwnerError(Exception):
    """The database shows this login only what belongs to one tenant."""


@dataclass(frozen=True, slots=True)
class OwnEvent:
    """One event of the tenant's own chain, at an instant in UTC; `data` is what there is to say beside the kind."""

    position: int
    kind: str
    at: datetime
    actor: str
    data: Mapping[str, Any]
    hash: bytes


async def note(
    tx: Connection, tenant: TenantId, kind: str, now: datetime, actor: str, data: Mapping[str, object] | None = None
) -> None:
    """Write an event that belongs to no visit into the tenant's own chain. Others wait for this transaction to end."""
    text = None if data is None else json.dumps(data, default=str, ensure_ascii=False)
    await tx.execute("SELECT event_add($1, NULL, $2, $3, $4, $5)", tenant, kind, now, actor, text)


async def own_events(pool: Pool, tenant: TenantId, after: int, limit: int) -> list[OwnEvent]:
    """The events of the tenant's own chain after a position, -1 for the first ones."""
    async with pool.transaction(tenant) as tx:
        rows = await tx.fetch(
            "SELECT e.position, e.kind, e.at, e.actor, e.data::text AS data, e.hash FROM event e"
            " WHERE e.tenant_id = $1 AND e.visit_id IS NULL AND e.position > $2 ORDER BY e.position LIMIT $3",
            tenant,
            after,
            limit,
        )
    return [
        OwnEvent(row["position"], row["kind"], row["at"], row["actor"], json.loads(row["data"] or "{}"), row["hash"])
        for row in rows
    ]


async def seal(pool: Pool, tenant: TenantId, now: datetime) -> Seal | None:
    """Seal the events that no seal covers yet, at most SEALED_AT_ONCE of them; None where there are none."""
    rows = await pool.rows(
        "SELECT s.number, timestamptz_send(s.at) AS at, s.events, s.epoch, s.xid::text AS xid, s.ordinal, s.previous,"
        " s.hash FROM events_seal($1, $2, $3) AS s WHERE s.number IS NOT NULL",
        tenant,
        now,
        SEALED_AT_ONCE,
    )
    return _seal(tenant, rows[0]) if rows else None


async def tenants_unsealed(finder: Pool, since: datetime, after: TenantId, limit: int) -> list[TenantId]:
    """The next tenants after `after` who have events that no seal covers, and were not sealed after `since`.

    `finder` serves as the worker's role; `since` is on the server's clock, as seals are.
    """
    rows = await finder.rows("SELECT * FROM tenants_unsealed($1, $2, $3)", since, after, limit)
    return [TenantId(row["tenants_unsealed"]) for row in rows]


class Ledger:
    """All events and seals of a database, as they are at one moment."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._connection = connection

    async def tenants(self) -> dict[TenantId, tuple[str, int]]:
        """The slug of each tenant and the number of its events."""
        rows = await self._connection.fetch(
            "SELECT t.tenant_id, t.slug, (SELECT count(*) FROM event e WHERE e.tenant_id = t.tenant_id) AS events"
            " FROM tenant t ORDER BY t.tenant_id"
        )
        return {TenantId(row["tenant_id"]): (row["slug"], row["events"]) for row in rows}

    async def chains(self, tenant: TenantId) -> AsyncIterator[Link]:
        """The events of a tenant, chain by chain; its own chain comes last."""
        async for row in self._connection.cursor(_CHAINS, tenant, prefetch=FETCHED_AT_ONCE):
            yield Link(
                tenant=tenant,
                visit=None if row["visit_id"] is None else VisitId(row["visit_id"]),
                position=row["position"],
                place=(row["epoch"], int(row["xid"]), row["ordinal"]),
                kind=row["kind"],
                at=_microseconds(row["at"]),
                actor=row["actor"],
                data=row["data"],
                digest=row["digest"],
                previous=row["previous"],
                hash=row["hash"],
            )

    async def untold_visits(self, tenant: TenantId) -> AsyncIterator[VisitId]:
        """The visits of a tenant without a single event."""
        async for row in self._connection.cursor(_UNTOLD, tenant, prefetch=FETCHED_AT_ONCE):
            yield VisitId(row["visit_id"])

    async def sealed(self, tenant: TenantId) -> AsyncIterator[tuple[Seal, int, bytes]]:
        """Each seal of a tenant with the number and the hashes of the events that stand where its own did.

        Of events beyond its own number the hashes are left out.
        """
        seals = [_seal(tenant, row) for row in await self._connection.fetch(_SEALS, tenant)]
        if not seals:
            return
        waiting = iter(seals)
        current, count, hashes = next(waiting), 0, bytearray()
        async for row in self._connection.cursor(_BY_CURSOR, tenant, prefetch=FETCHED_AT_ONCE):
            place = (row["epoch"], int(row["xid"]), row["ordinal"])
            while place > current.place:
                yield current, count, bytes(hashes)
                following = next(waiting, None)
                if following is None:
                    return
                current, count, hashes = following, 0, bytearray()
            count += 1
            if count <= current.events:
                hashes += row["hash"]
        yield current, count, bytes(hashes)
        for seal in waiting:
            yield seal, 0, b""


@asynccontextmanager
async def open_ledger(dsn: str) -> AsyncGenerator[Ledger]:
    """Read the database as the owner of its tables. Raises NotTheOwnerError, StoreUnavailable."""
    with naming():
        connection: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(
            dsn, server_settings={name: SETTINGS[name] for name in ("search_path", "timezone", "application_name")}
        )
        try:
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                if await connection.fetchval("SELECT row_security_active('event'::regclass)"):
                    raise NotTheOwnerError
                yield Ledger(connection)
        finally:
            await connection.close()


def instant(microseconds: int) -> datetime:
    """The instant in UTC that stands in a seal as microseconds since 2000."""
    return _SINCE + timedelta(microseconds=microseconds)


def _seal(tenant: TenantId, row: "asyncpg.Record") -> Seal:
    return Seal(
        tenant=tenant,
        number=row["number"],
        at=_microseconds(row["at"]),
        events=row["events"],
        place=(row["epoch"], int(row["xid"]), row["ordinal"]),
        previous=row["previous"],
        hash=row["hash"],
    )


def _microseconds(sent: bytes) -> int:
    return int.from_bytes(sent, "big", signed=True)
