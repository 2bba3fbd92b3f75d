"""What tells two catalogues apart: which of their things came, changed, retired or went, and in what."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from uuid import UUID

from appointed.core.catalog import Branch, Catalog, Resource, Schedule, Service, ServiceGroup
from appointed.core.options import Options

Thing = Branch | Resource | Service | ServiceGroup


class Kind(StrEnum):
    """The kinds of things in a catalogue, in the order in which they are written: each refers only to those before."""

    BRANCH = "branch"
    RESOURCE = "resource"
    SERVICE = "service"
    GROUP = "group"


class Change(StrEnum):
    """What became of a thing. One that RETURNED had been retired."""

    ADDED = "added"
    CHANGED = "changed"
    RETURNED = "returned"
    RETIRED = "retired"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class FieldDifference:
    """A field of the core's, as it was and as it is to be."""

    field: str
    before: object
    after: object


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs. `fields` are those that differ; there are none where the whole thing came or went."""

    kind: Kind
    slug: str
    id: UUID
    name: str
    change: Change
    fields: tuple[FieldDifference, ...] = ()


def things(catalog: Catalog, kind: Kind) -> Mapping[UUID, Thing]:
    """What a catalogue has of a kind."""
    match kind:
        case Kind.BRANCH:
            return {thing.id: thing for thing in catalog.branches.values()}
        case Kind.RESOURCE:
            return {thing.id: thing for thing in catalog.resources.values()}
        case Kind.SERVICE:
            return {thing.id: thing for thing in catalog.services.values()}
        case Kind.GROUP:
            return {thing.id: thing for thing in catalog.groups.values()}


def difference(before: Catalog, after: Catalog) -> tuple[Difference, ...]:
    """What differs, by kind and then as `after` has it, what went last. Versions do not count.

    What only stands in another order, and means the same in it, does not differ.
    """
    return tuple(each for kind in Kind for each in _of_kind(kind, things(before, kind), things(after, kind)))


def options_differing(before: Catalog, after: Catalog) -> tuple[FieldDifference, ...]:
    """The tenant's options that differ."""
    return tuple(_fields_differing(before.options, after.options))


def settled(thing: Thing) -> Thing:
    """The same thing, in the order in which it is compared."""
    if isinstance(thing, Branch):
        together = tuple(sorted(thing.combinations, key=sorted))
        return replace(thing, opening_hours=_arranged(thing.opening_hours), combinations=together)
    if isinstance(thing, Resource):
        steps = tuple(sorted(thing.capacity, key=lambda step: step.starts_at))
        return replace(thing, schedule=_arranged(thing.schedule), capacity=steps)
    if isinstance(thing, Service):
        return replace(thing, booking_hours=_arranged(thing.booking_hours))
    return thing


def _of_kind(kind: Kind, before: Mapping[UUID, Thing], after: Mapping[UUID, Thing]) -> Iterator[Difference]:
    for thing_id, thing in after.items():
        found = before.get(thing_id)
        if found is None:
            yield _said(kind, thing, Change.ADDED)
            continue
        # To put both in order takes longer than to see that they are the same as they stand.
        differing = () if found == thing else tuple(_differing(settled(found), settled(thing)))
        if differing:
            yield _said(kind, thing, _change(found, thing), differing)
    for thing in _gone(before, after):
        yield _said(kind, thing, Change.REMOVED)


def _gone(before: Mapping[UUID, Thing], after: Mapping[UUID, Thing]) -> Iterable[Thing]:
    return (thing for thing_id, thing in before.items() if thing_id not in after)


def _said(kind: Kind, thing: Thing, change: Change, differing: tuple[FieldDifference, ...] = ()) -> Difference:
    return Difference(kind, thing.slug, thing.id, thing.name, change, differing)


def _change(before: Thing, after: Thing) -> Change:
    if before.retired == after.retired:
        return Change.CHANGED
    return Change.RETIRED if after.retired else Change.RETURNED


def _differing(before: Thing, after: Thing) -> Iterator[FieldDifference]:
    yield from (each for each in _fields_differing(before, after) if each.field != "retired")
    if before.retired != after.retired:
        yield FieldDifference("retired", before.retired, after.retired)


def _fields_differing(before: Thing | Options, after: Thing | Options) -> Iterator[FieldDifference]:
    for field in fields(before):
        was, becomes = getattr(before, field.name), getattr(after, field.name)
        if was != becomes:
            yield FieldDifference(field.name, was, becomes)


def _arranged(schedule: Schedule) -> Schedule:
    return replace(
        schedule,
        week=None if schedule.week is None else tuple(sorted(schedule.week, key=lambda hours: hours.weekday)),
        breaks=tuple(sorted(schedule.breaks, key=lambda hours: hours.weekday)),
        special_days=tuple(sorted(schedule.special_days, key=lambda special: special.day)),
    )
