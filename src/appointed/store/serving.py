"""Who serves visits: a read of its own, since hardly anybody who takes a place asks for it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from appointed.core.ids import ItemId, ResourceId, TenantId, VisitId
from appointed.store.pool import Pool


@dataclass(frozen=True, slots=True)
class Serving:
    """A resource that serves an item, by all its names."""

    resource_id: ResourceId
    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class Served:
    """Who serves the items of a visit while it is of this version; an item that nobody serves is absent."""

    version: int
    items: Mapping[ItemId, list[Serving]]


async def read_served(pool: Pool, tenant: TenantId, visits: Collection[VisitId]) -> dict[VisitId, Served]:
    """Who has live claims for these visits, in the order of the roles that they are taken for. Those of a hold that
    lapsed are live until somebody tidies."""
    versions: dict[VisitId, int] = {}
    items: dict[VisitId, dict[ItemId, list[Serving]]] = {}
    for row in await pool.rows("SELECT * FROM serving($1, $2)", tenant, list(visits)):
        visit_id = VisitId(row["visit_id"])
        versions[visit_id] = row["version"]
        of_visit = items.setdefault(visit_id, {})
        if row["item_id"] is not None:
            one = Serving(ResourceId(row["resource_id"]), row["slug"], row["name"])
            of_visit.setdefault(ItemId(row["item_id"]), []).append(one)
    return {visit_id: Served(version, items[visit_id]) for visit_id, version in versions.items()}
