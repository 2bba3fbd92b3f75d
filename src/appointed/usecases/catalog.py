"""The catalogue as a whole: as it is loaded, and made as somebody wants it."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from appointed.core.caller import Caller, Scope
from appointed.core.catalog import Branch, Catalog, Service
from appointed.core.coherence import misfits
from appointed.core.difference import (
    Change,
    Difference,
    FieldDifference,
    Kind,
    difference,
    options_differing,
    things,
)
from appointed.core.errors import FieldInvalid, SlugInUse, VisitsInTheWay
from appointed.core.ids import BranchId, ResourceId, ServiceId
from appointed.core.impact import Affected, affected, touched
from appointed.core.plan import excess
from appointed.core.versions import Expected, check_version
from appointed.store import catalog as store
from appointed.store.audit import note
from appointed.store.pool import Connection
from appointed.store.standing import read_standing
from appointed.store.tenants import Tenant, add_tenant
from appointed.usecases.context import Context

FIRST_VISITS = 5

Edit = Callable[[Catalog], Catalog]
"""What makes one catalogue of another. It may be asked more than once, and may raise a Refusal."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What applying a catalogue changes or changed, the visits that it hits, and the version that is loaded now.

    `options` are those of the tenant's options that differ.
    """

    differences: tuple[Difference, ...]
    affected: tuple[Affected, ...]
    version: int
    options: tuple[FieldDifference, ...] = ()

    @property
    def differs(self) -> bool:
        """Whether there is anything to change."""
        return bool(self.differences or self.options)


def _nobody() -> None:
    """Nobody counts what is written."""


async def load(context: Context, caller: Caller) -> Catalog:
    """The whole catalogue, with what is retired. Raises ScopeMissing."""
    caller.require(Scope.READ)
    async with context.pool.transaction(caller.tenant) as tx:
        catalog, _ = await store.read(tx, caller.tenant, context.clock())
    return catalog


async def apply(
    context: Context,
    caller: Caller,
    desired: Catalog | Edit,
    *,
    dry_run: bool = False,
    force: bool = False,
    expected: Expected = None,
    written: Callable[[], None] = _nobody,
    new: Tenant | None = None,
) -> Applied:
    """Make the catalogue as `desired`, or as that makes of it, in one transaction that nobody else changes it in.

    Where nothing differs it keeps its version.

    What `desired` does not name is removed, or retired where a visit ever used it; what was retired stays so. A dry run
    only tells. `expected` are the versions for which this is meant, and `written` is called after each thing that was.
    A `new` tenant, the caller's, is made first, and is not there unless all of it is; FieldInvalid where another slug
    has its id.
    Raises ScopeMissing, VersionStale, FieldInvalid for more than a service may take and for what does not agree with
    the rest, SlugInUse, VisitsInTheWay unless forced, and what `desired` and `store.put` do.
    """
    caller.require(Scope.CONFIGURE)
    async with context.pool.transaction(caller.tenant) as tx:
        if not dry_run:
            await store.lock(tx, caller.tenant)
        before, now = await store.read(tx, caller.tenant, context.clock())
        check_version(expected, before.version)
        if new is not None and not dry_run:
            before, now = await _made(tx, new, context.clock())
        if not isinstance(desired, Catalog):
            desired = desired(before)
        _check_slugs(before, desired)
        _check_limits(before, desired)
        _check_coherence(desired)
        after = await _with_what_stays(tx, caller, before, desired)
        differences, options = difference(before, after), options_differing(before, after)
        hit = await _affected(tx, caller, before, after, now)
        if dry_run or not (differences or options):
            return Applied(differences, hit, before.version, options)
        if hit and not force:
            raise VisitsInTheWay(len(hit), ", ".join(str(each.visit.id) for each in hit[:FIRST_VISITS]))
        version = await _write(tx, caller, after, differences, now, written)
        told = _told(differences, options, version)
        await note(tx, caller.tenant, "catalog_applied", context.clock(), caller.actor, told)
        return Applied(differences, hit, version, options)


async def _made(tx: Connection, new: Tenant, at: datetime) -> tuple[Catalog, datetime]:
    """What `store.read` answers, with the tenant there. Raises FieldInvalid where its id is another slug's."""
    if await add_tenant(tx, new, at) != new.slug:
        raise FieldInvalid(field="tenant.id", expected="other_value")
    return await store.read(tx, new.id, at)


def _check_slugs(before: Catalog, desired: Catalog) -> None:
    """Raise SlugInUse where a slug is to go from one thing to another."""
    for kind in Kind:
        kept = {thing.slug: thing.id for thing in things(before, kind).values() if thing.slug}
        for thing in things(desired, kind).values():
            if kept.get(thing.slug, thing.id) != thing.id:
                raise SlugInUse(kind, thing.slug)


def _check_limits(before: Catalog, desired: Catalog) -> None:
    """Raise FieldInvalid where a service is to take more than one may."""
    for key, service in desired.services.items():
        if key not in before.services or before.services[key].roles != service.roles:
            for path, expected in excess(service.roles):
                raise FieldInvalid(field=f"services[{service.slug or service.id}].{path}", expected=expected)


def _check_coherence(desired: Catalog) -> None:
    """Raise FieldInvalid where things do not agree with each other."""
    for misfit in misfits(desired):
        thing = things(desired, misfit.kind)[misfit.id]
        section = "services" if misfit.kind is Kind.SERVICE else "branches"
        field = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in misfit.path)
        raise FieldInvalid(field=f"{section}[{thing.slug or thing.id}]{field}", expected=misfit.expected)


async def _with_what_stays(tx: Connection, caller: Caller, before: Catalog, desired: Catalog) -> Catalog:
    """The desired catalogue, and what has to stay beside it: what is retired, and what visits used."""
    services = {key: each for key, each in before.services.items() if key not in desired.services}
    resources = {key: each for key, each in before.resources.items() if key not in desired.resources}
    branches = {key: each for key, each in before.branches.items() if key not in desired.branches}
    used = await store.used(tx, caller.tenant, branches, resources, services)
    services = {key: replace(each, retired=True) for key, each in services.items() if each.retired or key in used}
    resources = {key: replace(each, retired=True) for key, each in resources.items() if each.retired or key in used}
    there = desired.resources.keys() | resources.keys()
    services = {key: _served_by(each, there) for key, each in services.items()}
    branches = {key: _combining(each, desired.services.keys() | services) for key, each in branches.items()}
    needed = {each.branch_id for each in (*services.values(), *resources.values())}
    groups = {key: each for key, each in before.groups.items() if each.retired and key not in desired.groups}
    return Catalog(
        before.version,
        {**desired.branches, **_retired(branches, used | needed)},
        {**desired.services, **services},
        {**desired.resources, **resources},
        {**desired.groups, **groups},
        desired.options,
    )


def _served_by(service: Service, there: Collection[ResourceId]) -> Service:
    """The service without the resources that are gone."""
    roles = tuple(
        replace(role, resource_ids=tuple(each for each in role.resource_ids if each in there)) for role in service.roles
    )
    return replace(service, roles=roles)


def _combining(branch: Branch, there: Collection[ServiceId]) -> Branch:
    """The branch without the combinations of services that are gone."""
    return replace(branch, combinations=tuple(each for each in branch.combinations if each <= set(there)))


def _retired(branches: Mapping[BranchId, Branch], kept: Collection[UUID]) -> dict[BranchId, Branch]:
    return {key: replace(each, retired=True) for key, each in branches.items() if each.retired or key in kept}


async def _affected(
    tx: Connection, caller: Caller, before: Catalog, after: Catalog, now: datetime
) -> tuple[Affected, ...]:
    resources = touched(before, after) & before.resources.keys()
    return affected(before, after, await read_standing(tx, caller.tenant, now, resources), now)


async def _write(
    tx: Connection,
    caller: Caller,
    after: Catalog,
    differences: tuple[Difference, ...],
    now: datetime,
    written: Callable[[], None],
) -> int:
    """Write what differs and answer the new version."""
    for kind in reversed(Kind):
        removed = [each.id for each in differences if each.kind is kind and each.change is Change.REMOVED]
        if removed:
            await store.remove(tx, caller.tenant, kind, removed)
    changed = {each.id for each in differences}
    some = Catalog(
        0,
        {key: each for key, each in after.branches.items() if key in changed},
        {key: each for key, each in after.services.items() if key in changed},
        {key: each for key, each in after.resources.items() if key in changed},
        {key: each for key, each in after.groups.items() if key in changed},
        after.options,
    )
    return await store.put(tx, caller.tenant, some, now, written=written)


def _told(differences: tuple[Difference, ...], options: tuple[FieldDifference, ...], version: int) -> dict[str, object]:
    """What the audit keeps: what changed how, without the values."""
    return {
        "version": version,
        **({"options": [field.field for field in options]} if options else {}),
        "changes": [
            {
                "kind": each.kind,
                "id": str(each.id),
                "slug": each.slug,
                "change": each.change,
                "fields": [field.field for field in each.fields],
            }
            for each in differences
        ],
    }
