"""Take in what an importer made of somebody else's text: the catalogue and then the visits, all of it or nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from appointed.core.caller import Caller, Scope
from appointed.core.catalog import Catalog
from appointed.core.difference import Difference, Kind, difference, things
from appointed.core.errors import SlugInUse
from appointed.core.ids import ResourceId, VisitId
from appointed.core.options import Options
from appointed.core.visit import Claim, State, Visit
from appointed.store import catalog as store
from appointed.store.audit import note
from appointed.store.importing import add_visit, known_visits
from appointed.store.pool import Connection
from appointed.usecases.context import Context


@dataclass(frozen=True, slots=True)
class Arriving:
    """A visit with its claims, as confirmed."""

    visit: Visit
    claims: tuple[Claim, ...]


@dataclass(frozen=True, slots=True)
class Overbooked:
    """A visit that was taken in beside others, and the resources that were taken already."""

    visit_id: VisitId
    resources: tuple[ResourceId, ...]


@dataclass(frozen=True, slots=True)
class Arrived:
    """What an import changed, or would have: things of the catalogue, and visits by their ids.

    `known` are those that were there before and stay as they are; `overbooked` are among the `added`.
    """

    differences: tuple[Difference, ...]
    added: tuple[VisitId, ...]
    known: tuple[VisitId, ...]
    overbooked: tuple[Overbooked, ...]
    version: int


class _OnlyTriedError(Exception):
    """Ends the transaction of a dry run, with what it came to."""

    def __init__(self, arrived: Arrived) -> None:
        super().__init__()
        self.arrived = arrived


def _nobody() -> None:
    """Nobody counts what is written."""


async def take_in(
    context: Context,
    caller: Caller,
    catalog: Catalog,
    visits: Sequence[Arriving],
    *,
    dry_run: bool = False,
    written: Callable[[], None] = _nobody,
) -> Arrived:
    """Put the things of a catalogue beside what is there, and add the visits that are not there yet.

    Those that are over by the tenant's time are `done`. One for which there is no room is overbooked; no other rule
    is asked. A dry run does all of this and takes it back. `written` is called after each visit. Raises ScopeMissing,
    SlugInUse, and what `store.put` raises.
    """
    for scope in (Scope.CONFIGURE, Scope.BOOK, Scope.OVERBOOK):
        caller.require(scope)
    try:
        async with context.pool.transaction(caller.tenant) as tx:
            arrived = await _take_in(tx, context, caller, catalog, visits, written)
            _keep(arrived, dry_run=dry_run)
    except _OnlyTriedError as tried:
        return tried.arrived
    return arrived


def _keep(arrived: Arrived, *, dry_run: bool) -> None:
    if dry_run:
        raise _OnlyTriedError(arrived)


async def _take_in(
    tx: Connection,
    context: Context,
    caller: Caller,
    catalog: Catalog,
    visits: Sequence[Arriving],
    written: Callable[[], None],
) -> Arrived:
    await store.lock(tx, caller.tenant)
    before, now = await store.read(tx, caller.tenant, context.clock())
    differences = _differences(before, catalog)
    version = before.version
    if differences:
        version = await store.put(tx, caller.tenant, _only(catalog, differences, before.options), now)
    known = await known_visits(tx, caller.tenant, [each.visit.id for each in visits])
    added: list[VisitId] = []
    overbooked: list[Overbooked] = []
    for each in visits:
        if each.visit.id not in known:
            state = State.DONE if each.visit.ends_at <= now else State.CONFIRMED
            visit = replace(each.visit, state=state)
            short = await add_visit(tx, caller.tenant, now, caller.actor, visit, each.claims, version)
            added.append(visit.id)
            if short:
                overbooked.append(Overbooked(visit.id, tuple(ResourceId(resource) for resource in short)))
        written()
    if differences or added:
        told = {"things": len(differences), "visits": len(added), "version": version}
        await note(tx, caller.tenant, "imported", context.clock(), caller.actor, told)
    return Arrived(differences, tuple(added), tuple(sorted(known)), tuple(overbooked), version)


def _differences(before: Catalog, catalog: Catalog) -> tuple[Difference, ...]:
    """What the catalogue changes of what is there; what it does not name stays. Raises SlugInUse."""
    for kind in Kind:
        slugs = {thing.slug: thing_id for thing_id, thing in things(before, kind).items() if thing.slug}
        for thing_id, thing in things(catalog, kind).items():
            if slugs.get(thing.slug, thing_id) != thing_id:
                raise SlugInUse(kind, thing.slug)
    loaded = Catalog(
        before.version,
        {key: each for key, each in before.branches.items() if key in catalog.branches},
        {key: each for key, each in before.services.items() if key in catalog.services},
        {key: each for key, each in before.resources.items() if key in catalog.resources},
        {key: each for key, each in before.groups.items() if key in catalog.groups},
    )
    return difference(loaded, catalog)


def _only(catalog: Catalog, differences: Sequence[Difference], options: Options) -> Catalog:
    """The things of the catalogue that differ, and the options as they are."""
    ids = {each.id for each in differences}
    return Catalog(
        0,
        {key: each for key, each in catalog.branches.items() if key in ids},
        {key: each for key, each in catalog.services.items() if key in ids},
        {key: each for key, each in catalog.resources.items() if key in ids},
        {key: each for key, each in catalog.groups.items() if key in ids},
        options,
    )
