"""Lists of visits: one call, in the order of their starts."""

from datetime import datetime
from uuid import UUID

import msgspec

from appointed.core.ids import TenantId, VisitId
from appointed.core.visit_filter import Place, VisitFilter
from appointed.store.pool import Pool
from appointed.store.visit_rows import VisitRow

_LISTED = "SELECT visits_listed($1, $2, ROW($3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)::asked_list)"


class Listed(msgspec.Struct):
    """Rows of visits as they are at `now` on the tenant's clock: to make values of them takes longer than to read."""

    now: datetime
    visits: list[VisitRow]


_DECODER = msgspec.json.Decoder(Listed)


_FIRST = VisitId(UUID(int=0))


async def list_visits(
    pool: Pool, tenant: TenantId, at: datetime, wanted: VisitFilter, after: Place | None, limit: int
) -> Listed:
    """The first visits, at most `limit`, that stand after a place; `at` is on the server's clock."""
    first = wanted.starts_from
    if first is not None and (after is None or after.starts_at < first):
        after = Place(first, _FIRST)
    answer: str = await pool.call(
        _LISTED,
        tenant,
        at,
        after and after.starts_at,
        after and after.visit_id,
        wanted.starts_before,
        wanted.branch_id,
        wanted.service_id,
        wanted.resource_id,
        wanted.states,
        wanted.contact,
        wanted.group_id,
        limit,
        wanted.customer_id,
        wanted.customer_reference,
    )
    return _DECODER.decode(answer)
