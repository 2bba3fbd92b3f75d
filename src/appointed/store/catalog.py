"""The catalogue: read and written whole under its lock, each write a new version."""

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfoNotFoundError

import msgspec

from appointed.core.catalog import Branch, Catalog, Resource, Service, ServiceGroup
from appointed.core.difference import Kind
from appointed.core.errors import ServiceTooLong, TimeZoneUnknown
from appointed.core.ids import TenantId
from appointed.core.localtime import zone
from appointed.store.catalog_rows import CatalogRow, json_text, json_text_of, minutes
from appointed.store.pool import Connection

Row: TypeAlias = Mapping[str, Any]

_DECODER = msgspec.json.Decoder(CatalogRow)
_TABLES = {
    Kind.GROUP: ("service_group", "group_id"),
    Kind.SERVICE: ("service", "service_id"),
    Kind.RESOURCE: ("resource", "resource_id"),
    Kind.BRANCH: ("branch", "branch_id"),
}


async def lock(tx: Connection, tenant: TenantId) -> None:
    """Wait until nobody claims anything or changes the catalogue, and keep it so until the transaction ends."""
    await tx.execute("SELECT catalog_lock($1)", tenant)


async def read(tx: Connection, tenant: TenantId, at: datetime) -> tuple[Catalog, datetime]:
    """The catalogue as it is, and the tenant's time at `at` on the server's clock.

    A tenant that is not there has none, at version 0.
    """
    row = await tx.fetchrow(
        "SELECT t.catalog_version, catalog_as_json(t.tenant_id)::text AS catalog,"
        " coalesce(c.instant + coalesce($2 - c.running_since, interval '0'), $2) AS now"
        " FROM tenant t LEFT JOIN sandbox_clock c USING (tenant_id) WHERE t.tenant_id = $1",
        tenant,
        at,
    )
    if row is None:
        return Catalog(0), at
    return _DECODER.decode(row["catalog"]).value(row["catalog_version"]), row["now"]


async def used(
    tx: Connection,
    tenant: TenantId,
    branches: Collection[UUID],
    resources: Collection[UUID],
    services: Collection[UUID],
) -> frozenset[UUID]:
    """Those of these that a visit ever used; under the lock nothing can become so."""
    rows = await tx.fetch(
        "SELECT catalog_used($1, $2, $3, $4)", tenant, list(branches), list(resources), list(services)
    )
    return frozenset(row[0] for row in rows)


async def remove(tx: Connection, tenant: TenantId, kind: Kind, ids: Collection[UUID]) -> None:
    """Take things out that no visit ever used, under the lock: first what refers to others. Whoever removes, puts."""
    table, key = _TABLES[kind]
    await tx.execute(f"DELETE FROM {table} WHERE tenant_id = $1 AND {key} = ANY ($2)", tenant, list(ids))


def _nobody() -> None:
    """Nobody counts what is written."""


async def put(
    tx: Connection, tenant: TenantId, catalog: Catalog, now: datetime, *, written: Callable[[], None] = _nobody
) -> int:
    """Add or change everything in `catalog`, take its options, and answer the new version.

    What it does not name stays as it is.

    `written` is called after each thing. Raises ResourceInUse where visits that are not over at `now` stand on a
    resource that would no longer carry them, ServiceTooLong, and TimeZoneUnknown.
    """
    await lock(tx, tenant)
    await _upsert(tx, "branch", [_branch_row(tenant, branch) for branch in catalog.branches.values()], written)
    await _put_resources(tx, tenant, catalog.resources.values(), now, written)
    await _put_services(tx, tenant, catalog.services.values(), written)
    await _put_combinations(tx, tenant, catalog.branches.values())
    await _put_groups(tx, tenant, catalog.groups.values(), written)
    version: Any = await tx.fetchval(
        "UPDATE tenant SET catalog_version = catalog_version + 1, options = $2 WHERE tenant_id = $1"
        " RETURNING catalog_version",
        tenant,
        json_text(catalog.options),
    )
    return int(version)


def _branch_row(tenant: TenantId, branch: Branch) -> Row:
    try:
        zone(branch.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise TimeZoneUnknown(name=branch.time_zone) from error
    return {
        "tenant_id": tenant,
        "branch_id": branch.id,
        "name": branch.name,
        "time_zone": branch.time_zone,
        "opening_hours": json_text(branch.opening_hours),
        "slug": branch.slug,
        "names": json_text(branch.names),
        "address": json_text_of(branch.address),
        "retired": branch.retired,
        "geo": json_text_of(branch.geo),
    }


async def _put_resources(
    tx: Connection, tenant: TenantId, resources: Collection[Resource], now: datetime, written: Callable[[], None]
) -> None:
    known = await tx.fetch(
        "SELECT resource_id, kind, scope FROM resource WHERE tenant_id = $1 AND resource_id = ANY ($2)",
        tenant,
        [resource.id for resource in resources],
    )
    before = {row["resource_id"]: row for row in known}
    await _upsert(tx, "resource", [_resource_row(tenant, resource) for resource in resources], written)
    await tx.executemany(
        "SELECT resource_check($1, $2, $3, $4, $5)",
        [(tenant, now, resource_id, row["kind"], row["scope"]) for resource_id, row in before.items()],
    )
    await tx.executemany(
        "SELECT capacity_put($1, $2, $3, $4, $5)",
        [
            (
                tenant,
                now,
                resource.id,
                [step.starts_at for step in resource.capacity],
                [step.capacity for step in resource.capacity],
            )
            for resource in resources
            if resource.capacity or resource.id in before
        ],
    )


def _resource_row(tenant: TenantId, resource: Resource) -> Row:
    return {
        "tenant_id": tenant,
        "resource_id": resource.id,
        "branch_id": resource.branch_id,
        "name": resource.name,
        "kind": resource.kind,
        "scope": resource.scope,
        "schedule": json_text(resource.schedule),
        "skills": sorted(resource.skills),
        "traits": sorted(resource.traits),
        "slug": resource.slug,
        "retired": resource.retired,
    }


async def _put_services(
    tx: Connection, tenant: TenantId, services: Collection[Service], written: Callable[[], None]
) -> None:
    await _upsert(tx, "service", [_service_row(tenant, service) for service in services], written)
    await tx.execute(
        "DELETE FROM service_role WHERE tenant_id = $1 AND service_id = ANY ($2)",
        tenant,
        [service.id for service in services],
    )
    await tx.executemany(
        "INSERT INTO service_role (tenant_id, service_id, role, units, count, skills, interchangeable)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        [
            (tenant, service.id, number, role.units, role.count, sorted(role.skills), role.interchangeable)
            for service in services
            for number, role in enumerate(service.roles)
        ],
    )
    await tx.executemany(
        "INSERT INTO service_resource (tenant_id, service_id, role, preference, resource_id)"
        " VALUES ($1, $2, $3, $4, $5)",
        [
            (tenant, service.id, number, preference, resource_id)
            for service in services
            for number, role in enumerate(service.roles)
            for preference, resource_id in enumerate(role.resource_ids)
        ],
    )


def _service_row(tenant: TenantId, service: Service) -> Row:
    if not service.fits_a_day:
        raise ServiceTooLong(service=str(service.id))
    lead, horizon = service.lead_days, service.horizon
    return {
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
        "booking_hours": json_text(service.booking_hours),
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
        "slug": service.slug,
        "names": json_text(service.names),
        "retired": service.retired,
        "family_id": service.family_id,
        "description": json_text_of(service.description),
        "questions": json_text(service.questions),
        "screening": json_text(service.screening),
        "resource_choice": service.resource_choice,
        "required_facts": sorted(service.required_facts),
        "added_duration_minutes": None if service.added_duration is None else minutes(service.added_duration),
        "index": service.index,
    }


async def _put_combinations(tx: Connection, tenant: TenantId, branches: Collection[Branch]) -> None:
    await tx.execute(
        "DELETE FROM combination WHERE tenant_id = $1 AND branch_id = ANY ($2)",
        tenant,
        [branch.id for branch in branches],
    )
    await tx.executemany(
        "INSERT INTO combination (tenant_id, branch_id, number, service_id) VALUES ($1, $2, $3, $4)",
        [
            (tenant, branch.id, number, service_id)
            for branch in branches
            for number, together in enumerate(branch.combinations)
            for service_id in together
        ],
    )


async def _put_groups(
    tx: Connection, tenant: TenantId, groups: Collection[ServiceGroup], written: Callable[[], None]
) -> None:
    await _upsert(tx, "service_group", [_group_row(tenant, group) for group in groups], written)
    await tx.execute(
        "DELETE FROM service_of_group WHERE tenant_id = $1 AND group_id = ANY ($2)",
        tenant,
        [group.id for group in groups],
    )
    await tx.executemany(
        "INSERT INTO service_of_group (tenant_id, group_id, position, service_id) VALUES ($1, $2, $3, $4)",
        [
            (tenant, group.id, position, service_id)
            for group in groups
            for position, service_id in enumerate(group.service_ids)
        ],
    )


def _group_row(tenant: TenantId, group: ServiceGroup) -> Row:
    return {
        "tenant_id": tenant,
        "group_id": group.id,
        "slug": group.slug,
        "name": group.name,
        "names": json_text(group.names),
        "retired": group.retired,
        "index": group.index,
    }


async def _upsert(tx: Connection, table: str, rows: Collection[Row], written: Callable[[], None]) -> None:
    """Write rows whose key is their first two columns, in place of those there were; all have the same columns."""
    if not rows:
        return
    names = list(next(iter(rows)))
    places = ", ".join(f"${number}" for number in range(1, len(names) + 1))
    changes = ", ".join(f"{name} = excluded.{name}" for name in names[2:])
    await tx.executemany(
        f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places})"
        f" ON CONFLICT ({names[0]}, {names[1]}) DO UPDATE SET {changes}",
        _counted(rows, written),
    )


def _counted(rows: Collection[Row], written: Callable[[], None]) -> Iterator[tuple[Any, ...]]:
    """The values of each row, told of as the driver takes it: all of them are sent without waiting for answers."""
    for row in rows:
        yield tuple(row.values())
        written()
