"""The catalogue: read whole as one value, written whole under its lock, each write a new version."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfoNotFoundError

import msgspec

from appointed.core.catalog import (
    Branch,
    Catalog,
    OpeningHours,
    PoolScope,
    Resource,
    ResourceKind,
    Role,
    Service,
)
from appointed.core.catalog import CapacityStep as Step
from appointed.core.errors import TimeZoneUnknown
from appointed.core.ids import BranchId, ResourceId, ServiceId, TenantId
from appointed.core.localtime import zone
from appointed.store.pool import Connection


class _Branch(msgspec.Struct):
    id: BranchId
    name: str
    time_zone: str
    opening_hours: tuple[OpeningHours, ...]


class _Resource(msgspec.Struct):
    id: ResourceId
    branch_id: BranchId
    name: str
    kind: ResourceKind
    scope: PoolScope
    capacity: tuple[Step, ...]


class _Service(msgspec.Struct):
    id: ServiceId
    branch_id: BranchId
    name: str
    duration_minutes: int
    grid_minutes: int
    locale: str
    required_contact: str | None
    party_limit: int | None
    reminder_minutes: int | None
    past_slots_allowed: bool
    roles: tuple[Role, ...]


class CatalogRow(msgspec.Struct):
    """A catalogue as `catalog_as_json` writes it."""

    branches: list[_Branch]
    resources: list[_Resource]
    services: list[_Service]

    def value(self, version: int) -> Catalog:
        """The same as the core has it."""
        return Catalog(
            version=version,
            branches={row.id: Branch(row.id, row.name, row.time_zone, row.opening_hours) for row in self.branches},
            resources={
                row.id: Resource(row.id, row.branch_id, row.name, row.kind, row.scope, row.capacity)
                for row in self.resources
            },
            services={row.id: _service(row) for row in self.services},
        )


def _service(row: _Service) -> Service:
    return Service(
        id=row.id,
        branch_id=row.branch_id,
        name=row.name,
        duration=timedelta(minutes=row.duration_minutes),
        grid=timedelta(minutes=row.grid_minutes),
        roles=row.roles,
        locale=row.locale,
        required_contact=row.required_contact,
        party_limit=row.party_limit,
        reminder=None if row.reminder_minutes is None else timedelta(minutes=row.reminder_minutes),
        past_slots_allowed=row.past_slots_allowed,
    )


async def put(tx: Connection, tenant: TenantId, catalog: Catalog, now: datetime) -> int:
    """Add or change everything in `catalog` and answer the new version; what it does not name stays as it is.

    Raises ResourceInUse where visits that are not over at `now` stand on a resource that would no longer carry them,
    and TimeZoneUnknown.
    """
    await tx.execute("SELECT catalog_lock($1)", tenant)
    for branch in catalog.branches.values():
        await _put_branch(tx, tenant, branch)
    for resource in catalog.resources.values():
        await _put_resource(tx, tenant, resource, now)
    for service in catalog.services.values():
        await _put_service(tx, tenant, service)
    version: Any = await tx.fetchval(
        "UPDATE tenant SET catalog_version = catalog_version + 1 WHERE tenant_id = $1 RETURNING catalog_version", tenant
    )
    return int(version)


async def _put_branch(tx: Connection, tenant: TenantId, branch: Branch) -> None:
    try:
        zone(branch.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise TimeZoneUnknown(name=branch.time_zone) from error
    await tx.execute(
        "INSERT INTO branch (tenant_id, branch_id, name, time_zone) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (tenant_id, branch_id) DO UPDATE SET name = excluded.name, time_zone = excluded.time_zone",
        tenant,
        branch.id,
        branch.name,
        branch.time_zone,
    )
    await tx.execute("DELETE FROM opening_hours WHERE tenant_id = $1 AND branch_id = $2", tenant, branch.id)
    await tx.executemany(
        "INSERT INTO opening_hours (tenant_id, branch_id, weekday, opens_minute, closes_minute)"
        " VALUES ($1, $2, $3, $4, $5)",
        [(tenant, branch.id, hours.weekday, hours.opens_minute, hours.closes_minute) for hours in branch.opening_hours],
    )


async def _put_resource(tx: Connection, tenant: TenantId, resource: Resource, now: datetime) -> None:
    before = await tx.fetchrow(
        "SELECT kind, scope FROM resource WHERE tenant_id = $1 AND resource_id = $2", tenant, resource.id
    )
    await tx.execute(
        "INSERT INTO resource (tenant_id, resource_id, branch_id, name, kind, scope) VALUES ($1, $2, $3, $4, $5, $6)"
        " ON CONFLICT (tenant_id, resource_id) DO UPDATE SET branch_id = excluded.branch_id, name = excluded.name,"
        " kind = excluded.kind, scope = excluded.scope",
        tenant,
        resource.id,
        resource.branch_id,
        resource.name,
        resource.kind,
        resource.scope,
    )
    await tx.execute("DELETE FROM capacity_step WHERE tenant_id = $1 AND resource_id = $2", tenant, resource.id)
    steps: list[tuple[TenantId, ResourceId, datetime, int]] = [
        (tenant, resource.id, step.starts_at, step.capacity) for step in resource.capacity
    ]
    await tx.executemany(
        "INSERT INTO capacity_step (tenant_id, resource_id, starts_at, capacity) VALUES ($1, $2, $3, $4)", steps
    )
    if before is not None:
        await tx.execute(
            "SELECT resource_check($1, $2, $3, $4, $5)", tenant, now, resource.id, before["kind"], before["scope"]
        )


async def _put_service(tx: Connection, tenant: TenantId, service: Service) -> None:
    minute = timedelta(minutes=1)
    await tx.execute(
        "INSERT INTO service (tenant_id, service_id, branch_id, name, duration_minutes, grid_minutes, locale,"
        " required_contact, party_limit, reminder_minutes, past_slots_allowed)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
        " ON CONFLICT (tenant_id, service_id) DO UPDATE SET branch_id = excluded.branch_id, name = excluded.name,"
        " duration_minutes = excluded.duration_minutes, grid_minutes = excluded.grid_minutes, locale = excluded.locale,"
        " required_contact = excluded.required_contact, party_limit = excluded.party_limit,"
        " reminder_minutes = excluded.reminder_minutes, past_slots_allowed = excluded.past_slots_allowed",
        tenant,
        service.id,
        service.branch_id,
        service.name,
        service.duration // minute,
        service.grid // minute,
        service.locale,
        service.required_contact,
        service.party_limit,
        None if service.reminder is None else service.reminder // minute,
        service.past_slots_allowed,
    )
    await tx.execute("DELETE FROM service_resource WHERE tenant_id = $1 AND service_id = $2", tenant, service.id)
    await tx.executemany(
        "INSERT INTO service_resource (tenant_id, service_id, role, preference, resource_id, units)"
        " VALUES ($1, $2, $3, $4, $5, $6)",
        [
            (tenant, service.id, number, preference, resource_id, role.units)
            for number, role in enumerate(service.roles)
            for preference, resource_id in enumerate(role.resource_ids)
        ],
    )
