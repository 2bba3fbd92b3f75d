"""The visits that a change of the catalogue could hit."""

from collections.abc import Collection
from datetime import datetime

import msgspec

from appointed.core.ids import ClaimId, ItemId, ResourceId, TenantId, VisitId
from appointed.core.impact import Standing
from appointed.core.visit import Claim
from appointed.store.pool import Connection
from appointed.store.visit_rows import VisitRow


class _ClaimRow(msgspec.Struct):
    id: ClaimId
    item_id: ItemId
    resource_id: ResourceId
    starts_at: datetime
    ends_at: datetime
    units: int
    role: int
    named: bool
    overbooked: bool

    def value(self) -> Claim:
        return Claim(
            self.id,
            self.item_id,
            self.resource_id,
            self.starts_at,
            self.ends_at,
            self.units,
            self.role,
            self.named,
        )


class _Row(msgspec.Struct):
    visit: VisitRow
    claims: list[_ClaimRow]


_DECODER = msgspec.json.Decoder(_Row)


async def read_standing(
    tx: Connection, tenant: TenantId, now: datetime, resources: Collection[ResourceId]
) -> tuple[Standing, ...]:
    """The visits with a claim on one of these resources that is not over at `now` on the tenant's clock: one call.

    Whoever writes the catalogue afterwards takes its lock first, and then no visit comes to stand in between.
    """
    if not resources:
        return ()
    rows = await tx.fetch("SELECT standing($1, $2, $3)", tenant, now, sorted(resources))
    return tuple(_standing(_DECODER.decode(row[0]), now) for row in rows)


def _standing(row: _Row, now: datetime) -> Standing:
    return Standing(
        visit=row.visit.value(now),
        claims=tuple(claim.value() for claim in row.claims if not claim.overbooked),
        beside=tuple(claim.value() for claim in row.claims if claim.overbooked),
    )


async def lock_visits(tx: Connection, tenant: TenantId, visits: Collection[VisitId]) -> None:
    """Let nobody else change these visits until the transaction ends; the catalogue is locked before.

    All at once and in the order in which everybody locks several, so that no two wait for each other.
    """
    await tx.execute(
        "SELECT FROM visit WHERE tenant_id = $1 AND visit_id = ANY ($2) ORDER BY visit_id FOR UPDATE",
        tenant,
        sorted(visits),
    )
