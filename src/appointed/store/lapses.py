"""What is due to be tidied, whose it is, and tidying it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from appointed.core.ids import TenantId
from appointed.store.pool import Pool

FIRST = TenantId(UUID(int=0))


@dataclass(frozen=True, slots=True)
class Due:
    """A tenant with something to tidy, and what time it is there, in UTC."""

    tenant: TenantId
    at: datetime


async def tenants_due(finder: Pool, now: datetime, after: TenantId = FIRST, limit: int = 100) -> list[Due]:
    """The next tenants after `after` with lapsed holds or outcomes that nobody can ask for any more.

    `finder` serves as the worker's role; `now` is the server's time.
    """
    rows = await finder.rows("SELECT * FROM tenants_due($1, $2, $3)", now, after, limit)
    return [Due(TenantId(row["tenant_id"]), row["at"]) for row in rows]


async def lapse(pool: Pool, due: Due, limit: int) -> int:
    """Tidy up to `limit` holds and as many outcomes of one tenant; how many holds have ended. `pool` serves as the
    application's role, so that nothing but this tenant is touched."""
    return await pool.call("SELECT lapse($1, $2, $3)", due.tenant, due.at, limit)
