"""What a change of the catalogue would do to those who have booked, and the change together with what they decide."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

import msgspec

from appointed.core import availability
from appointed.core.availability import Slot
from appointed.core.caller import Caller, Scope
from appointed.core.catalog import Catalog
from appointed.core.difference import difference
from appointed.core.errors import (
    BranchesDiffer,
    CatalogMoved,
    ChoiceMissing,
    ImpactMoved,
    NotCombined,
    ServiceNotFound,
    SlotNotOffered,
    SlotTaken,
)
from appointed.core.ids import ResourceId, TenantId, VisitId
from appointed.core.impact import RETIRED, ROLE, Affected, Reason, affected, touched
from appointed.core.inquiry import Inquiry
from appointed.core.localtime import MINUTES_PER_DAY, minute_of, minutes_until
from appointed.core.matching import Assignment
from appointed.core.occupancy import Taken
from appointed.core.preference import Preference
from appointed.core.room import Room
from appointed.core.roster import Roster
from appointed.core.rules import capacity, skills
from appointed.core.visit import Item, Visit
from appointed.store import catalog as store
from appointed.store.pool import Connection
from appointed.store.standing import lock_visits, read_standing
from appointed.store.within import Within
from appointed.usecases import visits
from appointed.usecases.catalog import Edit, apply
from appointed.usecases.context import Context
from appointed.usecases.inquiring import Want, Window, always, inquire
from appointed.usecases.visits import Change, wanted_again

SEARCHED = timedelta(days=31)
"""How far from the old time another one is looked for."""
PROPOSED_AT_MOST = 200
"""For so many visits other times are looked for: each search is some work."""

# Whoever is gone for good is not asked for again.
_FOR_GOOD = frozenset({RETIRED, ROLE, skills.name})
_STEPS = (1, 7, SEARCHED.days)

Given: TypeAlias = defaultdict[ResourceId, list[Taken]]


@dataclass(frozen=True, slots=True)
class Hit:
    """A visit that the change hits, why, and the nearest times that are free for it under the new catalogue."""

    visit: Visit
    reasons: tuple[Reason, ...]
    before: Slot | None = None
    after: Slot | None = None


@dataclass(frozen=True, slots=True)
class Impact:
    """What a change would hit. The `stamp` stands for just this, at this version of the catalogue."""

    stamp: str
    version: int
    visits: tuple[Hit, ...]


class Fate(StrEnum):
    """What becomes of a visit that a change hits."""

    MOVE = "move"
    KEEP = "keep"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody decided for a visit; `starts_at` is where it moves to. Raises ValueError for a move to no time."""

    fate: Fate
    starts_at: datetime | None = None

    def __post_init__(self) -> None:
        if (self.fate is Fate.MOVE) is (self.starts_at is None):
            raise ValueError("who moves needs a time, and nobody else does")


@dataclass(frozen=True, slots=True)
class CarriedOut:
    """The version of the catalogue after a change, and the visits that it hit, as they are now."""

    version: int
    visits: tuple[Visit, ...]


@dataclass(frozen=True, slots=True)
class _Ground:
    """What a change stands on: the catalogue before and after it, when that was, and whom it hits."""

    before: Catalog
    after: Catalog
    now: datetime
    hits: tuple[Affected, ...]

    @property
    def stamp(self) -> str:
        hits = [(hit.visit.id, hit.visit.version, hit.reasons) for hit in self.hits]
        told = self.before.version, difference(self.before, self.after), hits
        # Sets have an order of their own in each process, and the stamp may come back to another one.
        return hashlib.sha256(msgspec.json.encode(told, order="deterministic")).hexdigest()[:32]


async def preview(context: Context, caller: Caller, change: Edit) -> Impact:
    """Whom a change would hit, and where they could go. Nothing is written.

    The times proposed suit all visits together: none is given twice. Beyond PROPOSED_AT_MOST visits there are none.
    Raises ScopeMissing, and what `change` raises.
    """
    caller.require(Scope.CONFIGURE)
    async with context.pool.transaction(caller.tenant) as tx:
        ground = await _ground(tx, caller.tenant, change, context.clock())
    # Questions are asked as if the catalogue were changed already; what is kept for others knows nothing of it.
    aside = Context(context.pool, context.clock)
    aside.catalogs.put(caller.tenant, replace(_served(ground.after), version=ground.before.version))
    given: Given = defaultdict(list)
    found: list[Hit] = []
    for hit in ground.hits:
        before = after = None
        if len(found) < PROPOSED_AT_MOST:
            try:
                after = await _nearest(aside, caller, ground, hit, given, later=True)
                before = await _nearest(aside, caller, ground, hit, given, later=False)
            except CatalogMoved:
                raise ImpactMoved from None
            except (ServiceNotFound, BranchesDiffer, NotCombined):
                # What is no more has no other time, and what nobody or no place has together cannot be had together.
                pass
        found.append(Hit(hit.visit, hit.reasons, before, after))
    return Impact(ground.stamp, ground.before.version, tuple(found))


async def carry_out(
    context: Context, caller: Caller, change: Edit, stamp: str, choices: Mapping[VisitId, Choice]
) -> CarriedOut:
    """Make a change, and move, keep or cancel each visit that it hits, all of it or nothing.

    Choices for other visits count for nothing. Raises ScopeMissing, ImpactMoved where a preview would say something
    else by now, ChoiceMissing, what `change` and `apply` raise, and what moving and cancelling visits raise.
    """
    caller.require(Scope.CONFIGURE)
    async with context.pool.transaction(caller.tenant) as tx:
        await store.lock(tx, caller.tenant)
        at = context.clock()
        ground = await _ground(tx, caller.tenant, change, at)
        await lock_visits(tx, caller.tenant, [hit.visit.id for hit in ground.hits])
        ground = await _ground(tx, caller.tenant, change, at)
        if ground.stamp != stamp:
            raise ImpactMoved
        for hit in ground.hits:
            if hit.visit.id not in choices:
                raise ChoiceMissing(visit=str(hit.visit.id))
        aside = Context(Within(tx, caller.tenant), lambda: at)
        return await _carry_out(aside, caller, ground, choices)


async def _carry_out(
    context: Context, caller: Caller, ground: _Ground, choices: Mapping[VisitId, Choice]
) -> CarriedOut:
    done: dict[VisitId, Visit] = {}
    for hit in ground.hits:
        if choices[hit.visit.id].fate is Fate.CANCEL:
            done[hit.visit.id] = await visits.cancel(context, caller, None, hit.visit.id)
    # A pool becomes smaller once everybody has left it: until then nobody could.
    eased = _eased(ground)
    applied = await apply(context, caller, eased, force=True, expected={ground.before.version})
    for hit in ground.hits:
        starts_at = choices[hit.visit.id].starts_at
        if starts_at is not None:
            done[hit.visit.id] = await _move(context, caller, ground, hit, starts_at)
    if eased is not ground.after:
        applied = await apply(context, caller, ground.after, force=True, expected={applied.version})
    return CarriedOut(applied.version, tuple(done.get(hit.visit.id, hit.visit) for hit in ground.hits))


def _eased(ground: _Ground) -> Catalog:
    """The catalogue as it is to be, where the pools that become too small hold what they did."""
    small = {
        reason.resource_id for hit in ground.hits for reason in hit.reasons if reason.rule == capacity.name
    } & ground.before.resources.keys()
    if not small:
        return ground.after
    resources = {
        key: replace(each, capacity=ground.before.resources[key].capacity) if key in small else each
        for key, each in ground.after.resources.items()
    }
    return replace(ground.after, resources=resources)


async def _move(context: Context, caller: Caller, ground: _Ground, hit: Affected, starts_at: datetime) -> Visit:
    preferences = _still_there(hit.visit.items, hit.reasons)
    change = Change(
        details=lambda before: before,
        times=lambda _: (starts_at, None),
        preferences=lambda _catalog, _visit: preferences,
    )
    return await visits.change(context, caller, None, hit.visit.id, change, expected={hit.visit.version})


async def _ground(tx: Connection, tenant: TenantId, change: Edit, at: datetime) -> _Ground:
    before, now = await store.read(tx, tenant, at)
    after = change(before)
    standing = await read_standing(tx, tenant, now, touched(before, after) & before.resources.keys())
    hits = affected(before, after, standing, now)
    return _Ground(before, after, now, hits)


def _served(catalog: Catalog) -> Catalog:
    """The catalogue as it is read once it is written: nobody is served by a resource that is retired."""
    there = {key for key, each in catalog.resources.items() if not each.retired}
    services = {
        key: replace(
            each,
            roles=tuple(
                replace(role, resource_ids=tuple(one for one in role.resource_ids if one in there))
                for role in each.roles
            ),
        )
        for key, each in catalog.services.items()
    }
    return replace(catalog, services=services)


def _still_there(items: Sequence[Item], reasons: Sequence[Reason]) -> dict[int, tuple[Preference, ...]]:
    """What is asked for by each item, by its place, but for those who are gone for good."""
    gone = {reason.resource_id for reason in reasons if reason.rule in _FOR_GOOD and reason.resource_id is not None}
    return {
        place: tuple(
            replace(asked, resource_id=None) if asked.resource_id in gone else asked for asked in item.preferences
        )
        for place, item in enumerate(items)
    }


async def _nearest(
    context: Context, caller: Caller, ground: _Ground, hit: Affected, given: Given, *, later: bool
) -> Slot | None:
    """The nearest time that is free for a visit and given to nobody, before its own or from there on. It is given."""
    visit = hit.visit
    want = Want(
        wanted_again(visit.items, _still_there(visit.items, hit.reasons)),
        visit.details.party_size,
        visit.details.address,
        visit.id,
    )
    start, now = minute_of(visit.starts_at), minutes_until(ground.now)
    reached = start
    for days in _STEPS:
        window = (reached, start + days * MINUTES_PER_DAY) if later else (start - days * MINUTES_PER_DAY, reached)
        window = max(window[0], now), window[1]
        if window[0] >= window[1]:
            return None
        asked = await _asked(context, caller, want, window, given)
        if asked.catalog.version != ground.before.version:
            raise ImpactMoved
        slots = availability.slots(asked, full=False)
        for slot in slots if later else reversed(slots):
            at = replace(asked, window=(slot.starts, slot.starts + 1))
            with suppress(SlotTaken, SlotNotOffered):
                _give(at, availability.assignment(at), given)
                return slot
        reached = window[1] if later else window[0]
    return None


async def _asked(context: Context, caller: Caller, want: Want, window: Window, given: Given) -> Inquiry:
    """An inquiry in which what was given is taken."""
    asked = await inquire(context, caller, want, always(window))
    rosters = {
        key: roster
        if not given[key]
        else Roster(
            roster.resource, Room(roster.resource, [*roster.room.claims, *given[key]]), roster.clock, roster.axis
        )
        for key, roster in asked.rosters.items()
    }
    return replace(asked, rosters=rosters)


def _give(asked: Inquiry, chosen: Assignment, given: Given) -> None:
    """Note what an assignment takes at the first minute of the window, and what makes room for it elsewhere."""
    start = asked.window[0]
    for need, resource_id in zip(asked.plan.needs, chosen.chosen, strict=True):
        given[resource_id].append(Taken(start + need.claims_from, start + need.claims_to, need.units))
    for move in chosen.moves:
        given[move.resource_id].append(Taken(move.movable.starts, move.movable.ends))
