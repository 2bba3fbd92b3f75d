"""The demo: customers that look real, on clocks of their own, as new at each start."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from appointed.core.caller import Scope
from appointed.core.catalog import (
    Branch,
    CapacityStep,
    Catalog,
    PoolScope,
    Resource,
    ResourceKind,
    Role,
    Schedule,
    Service,
    WeeklyHours,
)
from appointed.core.ids import BranchId, CredentialId, ResourceId, ServiceId, TenantId
from appointed.store import catalog, tenants
from appointed.store.tenants import Tenant
from appointed.usecases.context import Context

_WEEKDAYS = range(5)
_NINE, _FIVE = 9 * 60, 17 * 60


@dataclass(frozen=True, slots=True)
class DemoTenant:
    """One customer of the demo: what it offers, and the instant at which its clock stands."""

    tenant: Tenant
    credential: CredentialId
    catalog: Catalog
    clock: datetime
    ids: Mapping[str, UUID]


def _bank() -> DemoTenant:
    """A bank branch as Ombori's document needs it: its queue, its slot, its day."""
    tenant = TenantId(UUID("0b8ee9f4-4f0a-4c0e-9c55-3a1d1f6a2b01"))
    branch = Branch(
        id=BranchId(UUID("3f1c2c57-6d0e-4b52-8a37-6f5e0f1b7a02")),
        name="Market Square",
        time_zone="Europe/Warsaw",
        opening_hours=Schedule(tuple(WeeklyHours(weekday, _NINE, _FIVE) for weekday in _WEEKDAYS)),
    )
    places = Resource(
        id=ResourceId(UUID("9a4f6d0b-51c7-4a86-b0a4-2d7c9e3f8b03")),
        branch_id=branch.id,
        name="Advice desk",
        kind=ResourceKind.POOL,
        scope=PoolScope.SAME_SLOT,
        capacity=(CapacityStep(datetime(2000, 1, 1, tzinfo=UTC), 1),),
    )
    queue = Service(
        id=ServiceId(UUID("64aa8a7f-a616-44e8-806a-165e08d91192")),
        branch_id=branch.id,
        name="Advice",
        duration=timedelta(minutes=5),
        grid=timedelta(minutes=5),
        roles=(Role((places.id,)),),
    )
    return DemoTenant(
        tenant=Tenant(tenant, "Demo bank", sandbox=True),
        credential=CredentialId(UUID("c7d1e8a2-0b6f-4f3d-8e19-5b2a7c4d9e04")),
        catalog=Catalog(0, {branch.id: branch}, {queue.id: queue}, {places.id: places}),
        clock=datetime(2020, 11, 30, 8, tzinfo=UTC),
        ids={"organization": tenant, "queue": queue.id, "branch": branch.id},
    )


DEMO: Mapping[str, DemoTenant] = {"ombori": _bank()}


async def load_demo(context: Context, keys: Mapping[str, str]) -> dict[str, str]:
    """Load every tenant of the demo without visits and with its clock set back, and answer the key of each by dialect.

    A key in `keys` is kept, for clients that have it already; where there is none a new one is made.
    """
    now = context.clock()
    answer: dict[str, str] = {}
    for dialect, demo in DEMO.items():
        key = keys.get(dialect) or secrets.token_urlsafe(32)
        async with context.pool.transaction(demo.tenant.id) as tx:
            await tenants.add_tenant(tx, demo.tenant, now)
            await tenants.reset_sandbox(tx, demo.tenant.id, demo.clock)
            await tenants.add_credential(
                tx, demo.tenant.id, demo.credential, key, f"{dialect} demo", frozenset(Scope), now
            )
            await catalog.put(tx, demo.tenant.id, demo.catalog, demo.clock)
        answer[dialect] = key
    return answer
