"""What the core needs to decide, in one read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from struct import unpack

import msgspec

from appointed.core.catalog import Catalog
from appointed.core.ids import ResourceId, ServiceId, TenantId, VisitId
from appointed.core.occupancy import Occupancy, Plain, Taken
from appointed.core.visit import Visit
from appointed.store.catalog_rows import CatalogRow
from appointed.store.pool import Pool
from appointed.store.visit_rows import VisitRow

_NOTHING: Mapping[ResourceId, int | None] = {}


class _FactsRow(msgspec.Struct):
    now: datetime
    version: int
    catalog: CatalogRow | None = None
    visit: VisitRow | None = None
    occupied: list[tuple[int, tuple[Taken, ...] | None]] = []
    customer_starts: list[tuple[ServiceId, int]] = []


_DECODER = msgspec.json.Decoder(_FactsRow)


@dataclass(frozen=True, slots=True)
class Facts:
    """`now` is the tenant's time, `version` the catalogue's, and `catalog` None where the reader knows that version.

    `occupied` has the resources whose claims were wanted, but those whose known version still holds. `customer_starts`
    are in minutes of UTC since 1970, for each service that was asked about.
    """

    now: datetime
    catalog: Catalog | None
    version: int
    visit: Visit | None
    occupied: Mapping[ResourceId, Occupancy]
    customer_starts: Mapping[ServiceId, tuple[int, ...]]


async def read_facts(
    pool: Pool,
    tenant: TenantId,
    at: datetime,
    *,
    known: int | None = None,
    visit: VisitId | None = None,
    resources: Mapping[ResourceId, int | None] = _NOTHING,
    span: tuple[int, int] | None = None,
    detail: bool = False,
    customer: str | None = None,
    services: Sequence[ServiceId] = (),
) -> Facts:
    """Facts as they are at `at` on the server's clock: one call, and all of it at one moment.

    `known` is the version of the catalogue at hand. `resources` are those whose claims matter, each with its version at
    hand; `span` is in minutes of UTC since 1970, and is needed with resources or a customer. With `detail` it is said
    whose the claims are. `customer` is a contact address, whose live visits of `services` are looked for on the dates
    around the span, other than `visit`. A tenant that is not there has no catalogue, at version 0.
    """
    if span is None and (resources or customer is not None):
        raise ValueError("claims and customers are looked for within a span")
    versions = list(resources.values())
    answer: list[bytes] = await pool.call(
        "SELECT facts($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        tenant,
        at,
        known,
        visit,
        list(resources) or None,
        versions or None,
        None if None in versions else sum(version or 0 for version in versions),
        span and span[0],
        span and span[1],
        detail,
        customer,
        services or None,
    )
    row, packed = _DECODER.decode(answer[0]), answer[1:]
    starts, ends = span or (0, 0)
    return Facts(
        now=row.now,
        catalog=None if row.catalog is None else row.catalog.value(row.version),
        version=row.version,
        visit=None if row.visit is None else row.visit.value(row.now),
        occupied={
            resource_id: Occupancy(version, starts, ends, listed, _unpacked(plain))
            for resource_id, (version, listed), plain in zip(resources, row.occupied, packed, strict=False)
            if listed is not None
        },
        customer_starts={
            service_id: tuple(minute for of, minute in row.customer_starts if of == service_id)
            for service_id in services
        },
    )


def _unpacked(packed: bytes) -> Plain:
    """Claims from the pairs of 32 bits that the database sends, in the order of the network."""
    minutes = unpack(f">{len(packed) // 4}i", packed)
    return Plain(minutes[::2], minutes[1::2])
