"""The catalogue: written whole under its lock, each write a new version."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfoNotFoundError

from appointed.core.catalog import Branch, Catalog, Resource, Service
from appointed.core.errors import ServiceTooLong, TimeZoneUnknown
from appointed.core.ids import TenantId
from appointed.core.localtime import MINUTES_PER_DAY, zone
from appointed.store.catalog_rows import MINUTE, minutes, schedule_text
from appointed.store.pool import Connection


async def put(tx: Connection, tenant: TenantId, catalog: Catalog, now: datetime) -> int:
    """Add or change everything in `catalog` and answer the new version; what it does not name stays as it is.

    Raises ResourceInUse where visits that are not over at `now` stand on a resource that would no longer carry them,
    ServiceTooLong, and TimeZoneUnknown.
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
    row = {
        "tenant_id": tenant,
        "branch_id": branch.id,
        "name": branch.name,
        "time_zone": branch.time_zone,
        "opening_hours": schedule_text(branch.opening_hours),
    }
    await _upsert(tx, "branch", row)


async def _put_resource(tx: Connection, tenant: TenantId, resource: Resource, now: datetime) -> None:
    before = await tx.fetchrow(
        "SELECT kind, scope FROM resource WHERE tenant_id = $1 AND resource_id = $2", tenant, resource.id
    )
    row = {
        "tenant_id": tenant,
        "resource_id": resource.id,
        "branch_id": resource.branch_id,
        "name": resource.name,
        "kind": resource.kind,
        "scope": resource.scope,
        "schedule": schedule_text(resource.schedule),
        "skills": sorted(resource.skills),
        "traits": sorted(resource.traits),
    }
    await _upsert(tx, "resource", row)
    if before is not None:
        await tx.execute(
            "SELECT resource_check($1, $2, $3, $4, $5)", tenant, now, resource.id, before["kind"], before["scope"]
        )
    await tx.execute(
        "SELECT capacity_put($1, $2, $3, $4, $5)",
        tenant,
        now,
        resource.id,
        [step.starts_at for step in resource.capacity],
        [step.capacity for step in resource.capacity],
    )


def _fits(service: Service) -> bool:
    """Whether its claims stay within a day. One that grows with the party does only where the party has a limit."""
    if service.per_extra_person and service.party_limit is None:
        return False
    length = service.length(service.party_limit or 1)
    return length + service.buffer_before + service.buffer_after <= MINUTES_PER_DAY * MINUTE


async def _put_service(tx: Connection, tenant: TenantId, service: Service) -> None:
    if not _fits(service):
        raise ServiceTooLong(service=str(service.id))
    lead, horizon = service.lead_days, service.horizon
    row = {
        "tenant_id": tenant,
        "service_id": service.id,
        "branch_id": service.branch_id,
        "name": service.name,
        "duration_minutes": minutes(service.duration),
        "grid_minutes": minutes(service.grid),
        "locale": service.locale,
        "required_contact": service.required_contact,
        "party_limit": service.party_limit,
        "reminder_minutes": None if service.reminder is None else minutes(service.reminder),
        "past_slots_allowed": service.past_slots_allowed,
        "anchor": service.anchor,
        "per_extra_person_minutes": minutes(service.per_extra_person),
        "party_count": service.party_count,
        "buffer_before_minutes": minutes(service.buffer_before),
        "buffer_after_minutes": minutes(service.buffer_after),
        "booking_hours": schedule_text(service.booking_hours),
        "lead_time_minutes": minutes(service.lead_time),
        "lead_days": lead and lead.count,
        "lead_days_business": lead is not None and lead.business,
        "horizon_days": horizon and horizon.count,
        "horizon_days_business": horizon is not None and horizon.business,
        "bookable_from": service.bookable_from,
        "bookable_until": service.bookable_until,
        "customer_daily_limit": service.customer_daily_limit,
        "remote_allowed": service.remote_allowed,
        "bookable": service.bookable,
    }
    await _upsert(tx, "service", row)
    await _put_roles(tx, tenant, service)


async def _put_roles(tx: Connection, tenant: TenantId, service: Service) -> None:
    await tx.execute("DELETE FROM service_role WHERE tenant_id = $1 AND service_id = $2", tenant, service.id)
    await tx.executemany(
        "INSERT INTO service_role (tenant_id, service_id, role, units, count, skills, interchangeable)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        [
            (tenant, service.id, number, role.units, role.count, sorted(role.skills), role.interchangeable)
            for number, role in enumerate(service.roles)
        ],
    )
    await tx.executemany(
        "INSERT INTO service_resource (tenant_id, service_id, role, preference, resource_id)"
        " VALUES ($1, $2, $3, $4, $5)",
        [
            (tenant, service.id, number, preference, resource_id)
            for number, role in enumerate(service.roles)
            for preference, resource_id in enumerate(role.resource_ids)
        ],
    )


async def _upsert(tx: Connection, table: str, row: dict[str, Any]) -> None:
    """Write a row whose key is its first two columns, in place of the one there was."""
    names = list(row)
    places = ", ".join(f"${number}" for number in range(1, len(names) + 1))
    changes = ", ".join(f"{name} = excluded.{name}" for name in names[2:])
    await tx.execute(
        f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places})"
        f" ON CONFLICT ({names[0]}, {names[1]}) DO UPDATE SET {changes}",
        *row.values(),
    )
