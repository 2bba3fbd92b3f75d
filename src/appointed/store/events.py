"""What happened, in the one order."""

from dataclasses import dataclass
from datetime import datetime

from appointed.core.ids import TenantId, VisitId
from appointed.store.pool import Pool


@dataclass(frozen=True, slots=True, order=True)
class Cursor:
    """A place in the order of events. `xid` is the number of the transaction, `ordinal` the place in it."""

    epoch: int
    xid: int
    ordinal: int


START = Cursor(0, 0, -1)


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to a visit at an instant in UTC; `kind` is the state it led to, moved, or changed."""

    cursor: Cursor
    visit_id: VisitId
    kind: str
    at: datetime
    actor: str


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
    return [
        Event(
            cursor=Cursor(row["epoch"], int(row["xid"]), row["ordinal"]),
            visit_id=VisitId(row["visit_id"]),
            kind=row["kind"],
            at=row["at"],
            actor=row["actor"],
        )
        for row in rows
    ]
