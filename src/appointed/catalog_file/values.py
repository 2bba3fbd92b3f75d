"""From the shape of a catalogue to the core's values. What cannot be is found all at once, each with its path."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from uuid import UUID, uuid5

from appointed.catalog_file import parts
from appointed.catalog_file.findings import CatalogInvalid, Finding, Path
from appointed.catalog_file.flawed import findings_of
from appointed.catalog_file.known import Known, derived_id
from appointed.catalog_file.reader import UTC_ZONE, Reader, as_id, zone_of
from appointed.catalog_file.shape import BranchShape, CatalogFile, GroupShape, OptionsShape, ResourceShape, ServiceShape
from appointed.core.catalog import Branch, Catalog, Resource, ResourceKind, Role, Service, ServiceGroup
from appointed.core.coherence import FAMILY_OF_ITS_OWN, FIRST_OF_FAMILY, SERVICE_OF_BRANCH, Misfit, misfits
from appointed.core.difference import Kind, things
from appointed.core.ids import BranchId, ResourceId, ServiceGroupId, ServiceId, TenantId
from appointed.core.options import Options

# The namespace of the ids of tenants; it must never change.
TENANTS = UUID("6c0cf7d2-7cbb-4f5b-9f0e-6a1f2b1d8a55")
SECTIONS: Mapping[Kind, str] = {
    Kind.BRANCH: "branches",
    Kind.RESOURCE: "resources",
    Kind.SERVICE: "services",
    Kind.GROUP: "groups",
}

_MISFITS: Mapping[str, str] = {
    FAMILY_OF_ITS_OWN: "is of the same family and the same branch",
    FIRST_OF_FAMILY: "is itself of another family",
    SERVICE_OF_BRANCH: "is no service of this branch",
}

ThingShape = BranchShape | ResourceShape | ServiceShape | GroupShape


def derived_tenant(slug: str) -> TenantId:
    """The id of a tenant that was given none: the same everywhere for the same slug."""
    return TenantId(uuid5(TENANTS, slug))


def to_catalog(file: CatalogFile, tenant: TenantId, loaded: Catalog | None = None) -> Catalog:
    """The catalogue that a file describes, at version 0.

    What has a slug that `loaded` knows is that thing and has its id. Raises CatalogInvalid.
    """
    findings: list[Finding] = []
    known = Known(tenant, roles=_roles(loaded))
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
    catalog = Catalog(
        0,
        {branch.id: branch for branch in branches},
        {service.id: service for service in services},
        {resource.id: resource for resource in resources},
        {group.id: group for group in groups},
        Options() if file.options is None else parts.to_options(file.options, findings, ("options",)),
    )
    for misfit in misfits(catalog):
        path: Path = (SECTIONS[misfit.kind], ids[misfit.kind].index(misfit.id))
        findings.extend(_finding(misfit, catalog, path))
    unread = {finding.path[:2] for finding in findings}
    for kind in Kind:
        known_things = things(catalog, kind)
        for index, thing_id in enumerate(ids[kind]):
            path = (SECTIONS[kind], index)
            findings.extend(() if path in unread else findings_of(known_things[thing_id], path))
    if findings:
        raise CatalogInvalid(findings)
    return catalog


def to_branch(shape: BranchShape, tenant: TenantId, loaded: Catalog) -> Branch:
    """One branch for the catalogue that is loaded. Raises CatalogInvalid, with paths within the shape."""
    thing_id, reader = _single(Kind.BRANCH, shape, tenant, loaded)
    reader.known.zones[thing_id] = zone_of(shape.time_zone) or UTC_ZONE
    branch = reader.branch(shape, BranchId(thing_id))
    _agrees(branch, replace(loaded, branches={**loaded.branches, branch.id: branch}), reader)
    return reader.whole(branch)


def to_resource(shape: ResourceShape, tenant: TenantId, loaded: Catalog) -> Resource:
    """One resource for the catalogue that is loaded. Raises CatalogInvalid, with paths within the shape."""
    thing_id, reader = _single(Kind.RESOURCE, shape, tenant, loaded)
    return reader.whole(reader.resource(shape, ResourceId(thing_id)))


def to_service(shape: ServiceShape, tenant: TenantId, loaded: Catalog) -> Service:
    """One service for the catalogue that is loaded. Raises CatalogInvalid, with paths within the shape."""
    thing_id, reader = _single(Kind.SERVICE, shape, tenant, loaded)
    service = reader.service(shape, ServiceId(thing_id))
    _agrees(service, replace(loaded, services={**loaded.services, service.id: service}), reader)
    return reader.whole(service)


def to_group(shape: GroupShape, tenant: TenantId, loaded: Catalog) -> ServiceGroup:
    """One service group for the catalogue that is loaded. Raises CatalogInvalid, with paths within the shape."""
    thing_id, reader = _single(Kind.GROUP, shape, tenant, loaded)
    return reader.whole(reader.group(shape, ServiceGroupId(thing_id)))


def to_options(shape: OptionsShape) -> Options:
    """The tenant's options. Raises CatalogInvalid, with paths within the shape."""
    findings: list[Finding] = []
    options = parts.to_options(shape, findings)
    if findings:
        raise CatalogInvalid(findings)
    return options


def _agrees(thing: Branch | Service, catalog: Catalog, reader: Reader) -> None:
    """Note where a thing does not agree with the rest of its catalogue."""
    for misfit in misfits(catalog):
        if misfit.id == thing.id:
            reader.findings.extend(_finding(misfit, catalog, ()))


def _finding(misfit: Misfit, catalog: Catalog, path: Path) -> Iterator[Finding]:
    """What is wrong with a misfit; nothing where it only follows from a reference that was noted already."""
    other = catalog.services.get(ServiceId(misfit.other))
    if other is not None and other.branch_id in catalog.branches:
        problem = f"{other.slug or other.id} {_MISFITS[misfit.expected]}"
        yield Finding((*path, *misfit.path), misfit.expected, problem)


def _roles(loaded: Catalog | None) -> dict[UUID, tuple[Role, ...]]:
    return {} if loaded is None else {service.id: service.roles for service in loaded.services.values()}


def _single(kind: Kind, shape: ThingShape, tenant: TenantId, loaded: Catalog) -> "tuple[UUID, Reader]":
    known = Known(tenant, roles=_roles(loaded))
    known.pools.update(each.id for each in loaded.resources.values() if each.kind is ResourceKind.POOL)
    for each in Kind:
        for thing in things(loaded, each).values():
            known.add(each, thing.slug, thing.id, retired=thing.retired)
    for branch in loaded.branches.values():
        known.zones[branch.id] = zone_of(branch.time_zone) or UTC_ZONE
    findings: list[Finding] = []
    ids = _identities(kind, [shape], tenant, loaded, Known(tenant), findings)
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
