"""What the core needs to decide, in one read."""

from dataclasses import dataclass
from datetime import datetime

import msgspec

from appointed.core.availability import Occupied
from appointed.core.catalog import Catalog
from appointed.core.ids import ServiceId, TenantId, VisitId
from appointed.core.intervals import Interval
from appointed.core.visit import Visit
from appointed.store.catalog import CatalogRow
from appointed.store.pool import Pool
from appointed.store.visits import VisitRow


class _FactsRow(msgspec.Struct):
    now: datetime
    catalog_version: int | None
    catalog: CatalogRow | None
    visit: VisitRow | None
    occupied: tuple[tuple[Occupied, ...], ...] | None


_DECODER = msgspec.json.Decoder(_FactsRow)


@dataclass(frozen=True, slots=True)
class Facts:
    """`now` is the tenant's time. `catalog` is None where it is the version the reader knows already."""

    now: datetime
    catalog: Catalog | None
    visit: Visit | None
    occupied: tuple[Occupied, ...]


async def read_facts(
    pool: Pool,
    tenant: TenantId,
    at: datetime,
    *,
    known: int | None = None,
    visit: VisitId | None = None,
    service: ServiceId | None = None,
    window: Interval | None = None,
) -> Facts:
    """Facts as they are at `at` on the server's clock: one call.

    `known` is the version of the catalogue at hand. A visit comes where it is named; the live claims on the resources
    of a service that touch a window, where both are named. A tenant that is not there has an empty catalogue.
    """
    answer = await pool.call(
        "SELECT facts($1, $2, $3, $4, $5, $6, $7)",
        tenant,
        at,
        known,
        visit,
        service,
        window and window.start,
        window and window.end,
    )
    row = _DECODER.decode(answer)
    version = row.catalog_version or 0
    return Facts(
        now=row.now or at,
        catalog=None if row.catalog is None else row.catalog.value(version),
        visit=None if row.visit is None else row.visit.value(),
        occupied=tuple(claim for of_resource in row.occupied or () for claim in of_resource),
    )
