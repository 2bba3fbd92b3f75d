"""What happened, in the one order."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from appointed.core.ids import TenantId, VisitId
from appointed.store.pool import Connection, Pool


@dataclass(frozen=True, slots=True, order=True)
class Cursor:
    """A place in the order of events. `xid` is the number of the transaction, `ordinal` the place in it."""

    epoch: int
    xid: int
    ordinal: int


START = Cursor(0, 0, -1)

_OF_VISITS = """
SELECT e.epoch, e.xid::text, e.ordinal, e.visit_id, e.kind, e.at, e.actor, e.data
  FROM event e WHERE e.tenant_id = $1 AND e.visit_id = ANY ($2)
 ORDER BY e.epoch, e.xid, e.ordinal
"""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to a visit at an instant in UTC.

    `kind` is the state it led to, or moved, changed, extended or reassigned; `data` is what there is to say beside it.
    """

    cursor: Cursor
    visit_id: VisitId
    kind: str
    at: datetime
    actor: str
    data: str | None = None


async def events_after(pool: Pool, tenant: TenantId, cursor: Cursor, limit: int = 100) -> list[Event]:
    """The next events of a tenant, at most `limit`. What is not shown yet will stand after what is."""
    rows = await pool.rows(
        "SELECT * FROM events_after($1, $2, $3::text::xid8, $4, $5)",
        tenant,
        cursor.epoch,
        str(cursor.xid),
        cursor.ordinal,
        limit,
    )
    return [_event(row) for row in rows]


async def events_of_visit(pool: Pool, tenant: TenantId, visit: VisitId) -> list[Event]:
    """All that happened to a visit, in order; nothing where the tenant has no such visit."""
    return [_event(row) for row in await pool.rows("SELECT * FROM events_of_visit($1, $2)", tenant, visit)]


async def events_of_visits(
    tx: Connection, tenant: TenantId, visits: Collection[VisitId]
) -> dict[VisitId, tuple[Event, ...]]:
    """All that happened to each of these visits, in order."""
    found: dict[VisitId, list[Event]] = {visit: [] for visit in visits}
    for row in await tx.fetch(_OF_VISITS, tenant, list(visits)):
        event = _event(row)
        found[event.visit_id].append(event)
    return {visit: tuple(events) for visit, events in found.items()}


def _event(row: asyncpg.Record) -> Event:
    return Event(
        cursor=Cursor(row["epoch"], int(row["xid"]), row["ordinal"]),
        visit_id=VisitId(row["visit_id"]),
        kind=row["kind"],
        at=row["at"],
        actor=row["actor"],
        data=row["data"],
    )
