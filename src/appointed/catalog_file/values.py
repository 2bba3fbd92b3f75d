"""From the shape of a catalogue to the core's values. What cannot be is found all at once, each with its path."""

from collections.abc import Mapping, Sequence
from uuid import UUID, uuid5

from appointed.catalog_file.findings import CatalogInvalid, Finding, Path
from appointed.catalog_file.reader import UTC_ZONE, Known, Reader, as_id, zone_of
from appointed.catalog_file.shape import BranchShape, CatalogFile, GroupShape, ResourceShape, ServiceShape
from appointed.core.catalog import Branch, Catalog, Resource, ResourceKind, Role, Service, ServiceGroup
from appointed.core.difference import Kind, things
from appointed.core.ids import BranchId, ResourceId, ServiceGroupId, ServiceId, TenantId

# The namespace of the ids of tenants; it must never change.
TENANTS = UUID("6c0cf7d2-7cbb-4f5b-9f0e-6a1f2b1d8a55")
SECTIONS: Mapping[Kind, str] = {
    Kind.BRANCH: "branches",
    Kind.RESOURCE: "resources",
    Kind.SERVICE: "services",
    Kind.GROUP: "groups",
}

ThingShape = BranchShape | ResourceShape | ServiceShape | GroupShape


def derived_tenant(slug: str) -> TenantId:
    """The id of a tenant that was given none: the same everywhere for the same slug."""
    return TenantId(uuid5(TENANTS, slug))


def derived_id(tenant: TenantId, kind: Kind, slug: str) -> UUID:
    """The id of what was given none: the same everywhere for the same tenant, kind and slug."""
    return uuid5(tenant, f"{kind}:{slug}")


def to_catalog(file: CatalogFile, tenant: TenantId, loaded: Catalog | None = None) -> Catalog:
    """The catalogue that a file describes, at version 0.

    What has a slug that `loaded` knows is that thing and has its id. Raises CatalogInvalid.
    """
    findings: list[Finding] = []
    known = Known(roles=_roles(loaded))
    ids = {kind: _identities(kind, _shapes(file, kind), tenant, loaded or Catalog(0), known, findings) for kind in Kind}
    for shape, branch_id in zip(file.branches, ids[Kind.BRANCH], strict=True):
        known.zones[branch_id] = zone_of(shape.time_zone) or UTC_ZONE

    def reader(kind: Kind, index: int) -> "Reader":
        return Reader(known, findings, (SECTIONS[kind], index))

    branches = [
        reader(Kind.BRANCH, index).branch(shape, BranchId(ids[Kind.BRANCH][index]))
        for index, shape in enumerate(file.branches)
    ]
    resources = [
        reader(Kind.RESOURCE, index).resource(shape, ResourceId(ids[Kind.RESOURCE][index]))
        for index, shape in enumerate(file.resources)
    ]
    services = [
        reader(Kind.SERVICE, index).service(shape, ServiceId(ids[Kind.SERVICE][index]))
        for index, shape in enumerate(file.services)
    ]
    groups = [
        reader(Kind.GROUP, index).group(shape, ServiceGroupId(ids[Kind.GROUP][index]))
        for index, shape in enumerate(file.groups)
    ]
    if findings:
        raise CatalogInvalid(findings)
    return Catalog(
        0,
        {branch.id: branch for branch in branches},
        {service.id: service for service in services},
        {resource.id: resource for resource in resources},
        {group.id: group for group in groups},
    )


def to_branch(shape: BranchShape, tenant: TenantId, loaded: Catalog) -> Branch:
    """One branch for the catalogue that is loaded. Raises CatalogInvalid, with paths within the shape."""
    thing_id, reader = _single(Kind.BRANCH, shape, tenant, loaded)
    reader.known.zones[thing_id] = zone_of(shape.time_zone) or UTC_ZONE
    return reader.whole(reader.branch(shape, BranchId(thing_id)))


def to_resource(shape: ResourceShape, tenant: TenantId, loaded: Catalog) -> Resource:
    """One resource for the catalogue that is loaded. Raises CatalogInvalid, with paths within the shape."""
    thing_id, reader = _single(Kind.RESOURCE, shape, tenant, loaded)
    return reader.whole(reader.resource(shape, ResourceId(thing_id)))


def to_service(shape: ServiceShape, tenant: TenantId, loaded: Catalog) -> Service:
    """One service for the catalogue that is loaded. Raises CatalogInvalid, with paths within the shape."""
    thing_id, reader = _single(Kind.SERVICE, shape, tenant, loaded)
    return reader.whole(reader.service(shape, ServiceId(thing_id)))


def to_group(shape: GroupShape, tenant: TenantId, loaded: Catalog) -> ServiceGroup:
    """One service group for the catalogue that is loaded. Raises CatalogInvalid, with paths within the shape."""
    thing_id, reader = _single(Kind.GROUP, shape, tenant, loaded)
    return reader.whole(reader.group(shape, ServiceGroupId(thing_id)))


def _roles(loaded: Catalog | None) -> dict[UUID, tuple[Role, ...]]:
    return {} if loaded is None else {service.id: service.roles for service in loaded.services.values()}


def _single(kind: Kind, shape: ThingShape, tenant: TenantId, loaded: Catalog) -> "tuple[UUID, Reader]":
    known = Known(roles=_roles(loaded))
    known.pools.update(each.id for each in loaded.resources.values() if each.kind is ResourceKind.POOL)
    for each in Kind:
        for thing in things(loaded, each).values():
            known.add(each, thing.slug, thing.id, retired=thing.retired)
    for branch in loaded.branches.values():
        known.zones[branch.id] = zone_of(branch.time_zone) or UTC_ZONE
    findings: list[Finding] = []
    ids = _identities(kind, [shape], tenant, loaded, Known(), findings)
    findings = [finding._replace(path=finding.path[2:]) for finding in findings]
    return ids[0], Reader(known, findings, ())


def _shapes(file: CatalogFile, kind: Kind) -> Sequence[ThingShape]:
    by_kind: Mapping[Kind, Sequence[ThingShape]] = {
        Kind.BRANCH: file.branches,
        Kind.RESOURCE: file.resources,
        Kind.SERVICE: file.services,
        Kind.GROUP: file.groups,
    }
    return by_kind[kind]


def _identities(
    kind: Kind,
    shapes: Sequence[ThingShape],
    tenant: TenantId,
    loaded: Catalog,
    known: Known,
    findings: list[Finding],
) -> list[UUID]:
    """The id of each, in their order; it is known from then on. A slug that has an id keeps it."""
    kept = {thing.slug: thing.id for thing in things(loaded, kind).values() if thing.slug}
    found: list[UUID] = []
    for index, shape in enumerate(shapes):
        path: Path = (SECTIONS[kind], index)
        slug = shape.slug or ""
        own = kept.get(slug) or (derived_id(tenant, kind, slug) if slug else None)
        thing_id = shape.id or own
        if thing_id is None:
            findings.append(Finding(path, "named", "needs a slug, or an id"))
            thing_id = derived_id(tenant, kind, f"\0{index}")
        elif slug in kept and thing_id != kept[slug]:
            problem = f"{slug} has the id {kept[slug]} already, and keeps it"
            findings.append(Finding((*path, "id"), "id_of_its_slug", problem))
        if slug in known.by_slug[kind]:
            findings.append(Finding((*path, "slug"), "slug_of_its_own", f"another {kind} has the slug {slug}"))
        elif thing_id in known.ids[kind]:
            problem = f"another {kind} has the id {thing_id}"
            findings.append(Finding((*path, "id" if shape.id else "slug"), "id_of_its_own", problem))
        if as_id(slug) is not None:
            findings.append(Finding((*path, "slug"), "slug", "a slug cannot look like an id"))
        known.add(kind, slug, thing_id, retired=shape.retired)
        found.append(thing_id)
    return found
