"""The people of the tests: tenants of their own, so that tests never meet.

Alice owns a tenant, Bob works for her, Charlie owns another and must see nothing.
"""

import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4  # noqa: TID251 - tests make identities too

from appointed.core.caller import Caller, Scope
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
from appointed.store import catalog as store
from appointed.store import tenants
from appointed.usecases.context import Context

# A Monday; the day and the hour of Ombori's document.
MORNING = datetime(2020, 11, 30, 8, tzinfo=UTC)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
ALWAYS = Schedule(tuple(WeeklyHours(weekday, 0, 1440) for weekday in range(7)))
OFFICE_HOURS = Schedule(tuple(WeeklyHours(weekday, 9 * 60, 17 * 60) for weekday in range(5)))


@dataclass(frozen=True)
class Person:
    """Somebody with a key; `caller` is what the key stands for."""

    key: str
    caller: Caller

    @property
    def tenant(self) -> TenantId:
        return self.caller.tenant


async def new_owner(context: Context, *, sandbox_at: datetime | None = MORNING) -> Person:
    """The owner of a new tenant, a sandbox whose clock stands at `sandbox_at`; None for a real one."""
    tenant = tenants.Tenant(TenantId(uuid4()), "a tenant", sandbox=sandbox_at is not None)
    now = context.clock()
    async with context.pool.transaction(tenant.id) as tx:
        await tenants.add_tenant(tx, tenant, now)
        if sandbox_at is not None:
            await tenants.set_clock(tx, tenant.id, sandbox_at, None)
    return await new_colleague(context, tenant.id, sandbox=tenant.sandbox)


async def new_colleague(
    context: Context, tenant: TenantId, *, sandbox: bool = True, scopes: frozenset[Scope] = frozenset(Scope)
) -> Person:
    """Somebody else with a key to a tenant."""
    key, credential = secrets.token_urlsafe(32), CredentialId(uuid4())
    async with context.pool.transaction(tenant) as tx:
        await tenants.add_credential(tx, tenant, credential, key, "tester", scopes, context.clock())
    return Person(key, Caller(tenant, credential, "tester", scopes, sandbox=sandbox))


async def set_clock(context: Context, person: Person, instant: datetime) -> None:
    """Put a sandbox's clock to an instant."""
    async with context.pool.transaction(person.tenant) as tx:
        await tenants.set_clock(tx, person.tenant, instant, None)


def pool_resource(branch: BranchId, capacity: int = 1, **changes: Any) -> Resource:
    """A pool counted by slot, as one of Ombori's queues has it."""
    resource = Resource(
        id=ResourceId(uuid4()),
        branch_id=branch,
        name="places",
        kind=ResourceKind.POOL,
        scope=PoolScope.SAME_SLOT,
        capacity=(CapacityStep(LONG_AGO, capacity),),
    )
    return replace(resource, **changes)


def exclusive_resource(branch: BranchId) -> Resource:
    """Somebody who serves one at a time."""
    return Resource(ResourceId(uuid4()), branch, "somebody", ResourceKind.EXCLUSIVE)


def new_branch(**changes: Any) -> Branch:
    """A branch in Warsaw that never closes."""
    return replace(Branch(BranchId(uuid4()), "a branch", "Europe/Warsaw", ALWAYS), **changes)


def new_service(branch: Branch, *resources: Resource, **changes: Any) -> Service:
    """A service of five minutes that needs all of these resources."""
    five = timedelta(minutes=5)
    roles = tuple(Role((resource.id,)) for resource in resources)
    return replace(Service(ServiceId(uuid4()), branch.id, "a service", five, five, roles), **changes)


async def offer(context: Context, person: Person, branch: Branch, service: Service, *resources: Resource) -> Service:
    """Put all of it into the person's catalogue."""
    catalog = Catalog(0, {branch.id: branch}, {service.id: service}, {each.id: each for each in resources})
    async with context.pool.transaction(person.tenant) as tx:
        await store.put(tx, person.tenant, catalog, MORNING)
    return service


async def new_queue(
    context: Context,
    person: Person,
    *,
    capacity: int = 1,
    hours: Schedule = ALWAYS,
    scope: PoolScope = PoolScope.SAME_SLOT,
    **changes: Any,
) -> Service:
    """A queue as Ombori has them: five-minute slots with `capacity` places each."""
    branch = new_branch(opening_hours=hours)
    places = pool_resource(branch.id, capacity, scope=scope)
    return await offer(context, person, branch, new_service(branch, places, **changes), places)
