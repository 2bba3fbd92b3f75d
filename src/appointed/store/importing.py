"""Visits that come from elsewhere: taken as they are, also in the past, within a transaction of the caller's."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from appointed.core.ids import TenantId, VisitId
from appointed.core.visit import Claim, Visit
from appointed.store.pool import Connection
from appointed.store.visit_arguments import hold_arguments


async def known_visits(tx: Connection, tenant: TenantId, visits: Collection[VisitId]) -> frozenset[VisitId]:
    """Those of these that the tenant has."""
    rows = await tx.fetch(
        "SELECT visit_id FROM visit WHERE tenant_id = $1 AND visit_id = ANY ($2::uuid[])", tenant, list(visits)
    )
    return frozenset(VisitId(row["visit_id"]) for row in rows)


async def add_visit(
    tx: Connection, tenant: TenantId, now: datetime, actor: str, visit: Visit, claims: Sequence[Claim], version: int
) -> tuple[UUID, ...]:
    """Add a visit in its state with all its claims, and say on which resources it had no room.

    A claim without room stands beside the others as an overbooked one. `version` is that of the catalogue.
    """
    arguments = {**hold_arguments(visit, claims, version), "overbook": True}
    await tx.execute("SELECT visit_hold($1, $2, $3, $4)", tenant, now, actor, msgspec.json.encode(arguments).decode())
    await tx.execute(
        "UPDATE visit SET created_at = $3 WHERE tenant_id = $1 AND visit_id = $2 AND created_at > $3",
        tenant,
        visit.id,
        visit.created_at,
    )
    rows = await tx.fetch(
        "SELECT resource_id FROM claim WHERE tenant_id = $1 AND visit_id = $2 AND mode = 'overbooked'", tenant, visit.id
    )
    return tuple(row["resource_id"] for row in rows)
