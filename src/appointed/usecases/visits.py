"""What becomes of a visit: confirm it, change it, give it back, look at it. The same verbs for every dialect.

Where a service is named beside a visit, the visit has to be one of that service. `expected` are the versions that a
change is meant for: of any other visit nothing is changed, and VersionStale is raised.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from appointed.core.acceptance import accept
from appointed.core.availability import needs_claims
from appointed.core.caller import Caller, Scope
from appointed.core.catalog import Catalog
from appointed.core.errors import VisitNotFound
from appointed.core.ids import ServiceId, VisitId
from appointed.core.inquiry import Inquiry
from appointed.core.localtime import WallClock, clock_between, zone
from appointed.core.once import Once
from appointed.core.preference import Preference
from appointed.core.transitions import TRANSITIONS, sources
from appointed.core.versions import Expected, check_version
from appointed.core.visit import DailyLimit, Details, Item, State, Visit
from appointed.store.visits import Changes
from appointed.usecases.context import Context
from appointed.usecases.deciding import Deciding, Decision
from appointed.usecases.holds import choose, claims_of, items_of, limits_of, moves_of, reminder_of
from appointed.usecases.inquiring import Want, Wanted, always, inquire, start_window, without_claims
from appointed.usecases.reading import Reading, read

# From each state the step that gives the place back.
CANCELLING = {state: end for end in (State.RELEASED, State.CANCELLED) for state in sources(end)}
CHANGEABLE = frozenset(state for state in State if TRANSITIONS[state])

_NO_OTHERS: Mapping[int, tuple[Preference, ...]] = {}


@dataclass(frozen=True, slots=True)
class Change:
    """What is to change about a visit; `details` makes the new ones of the old.

    `times` tells start and end, given an item that lasts from the first start of the visit to its last end. Where they
    stay what they are, or without `times`, the visit keeps its start; then, and where the end is None, it lasts as long
    as the party needs. `preferences` tells whom the customer asks for from now on, by the place of the item in the
    visit; without it, whoever was asked for.
    """

    details: Callable[[Details], Details]
    times: Callable[[Item], tuple[datetime, datetime | None]] | None = None
    preferences: Callable[[Catalog, Visit], Mapping[int, tuple[Preference, ...]]] | None = None


async def confirm(
    context: Context,
    caller: Caller,
    service_id: ServiceId | None,
    visit_id: VisitId,
    once: Once | None = None,
    expected: Expected = None,
) -> Visit:
    """Make a promise of a hold; one that is confirmed already is answered as it is.

    Raises HoldLapsed, StateForbids, VisitNotFound, VersionStale, ScopeMissing.
    """
    caller.require(Scope.BOOK)

    def decide(reading: Reading, changes: Changes) -> Decision:
        visit, version = _expected(reading, service_id, expected)
        service = reading.catalog.service(service_id or visit.items[0].service_id)
        reminder_at = reminder_of(service, visit.starts_at)
        return Decision(lambda: _one(changes.confirm(visit, sources(State.CONFIRMED), reminder_at, version)))

    return await _settle(context, caller, visit_id, decide, once)


async def cancel(
    context: Context, caller: Caller, service_id: ServiceId | None, visit_id: VisitId, once: Once | None = None
) -> Visit:
    """Give the place back at once: a hold is released, anything later cancelled; one that is gone stays so.

    Raises StateForbids, HoldLapsed, VisitNotFound, ScopeMissing.
    """
    caller.require(Scope.BOOK)

    def decide(reading: Reading, changes: Changes) -> Decision:
        visit = _visit(reading, service_id)
        return Decision(lambda: _one(changes.end(visit.id, CANCELLING)))

    return await _settle(context, caller, visit_id, decide, once)


async def end(
    context: Context,
    caller: Caller,
    visit_id: VisitId,
    to: State,
    once: Once | None = None,
    expected: Expected = None,
) -> Visit:
    """Take just the step that leads to one end, from a state that has it; a visit that is there stays as it is.

    Raises StateForbids, HoldLapsed, VisitNotFound, VersionStale, ScopeMissing.
    """
    caller.require(Scope.BOOK)
    steps = dict.fromkeys(sources(to), to)

    def decide(reading: Reading, changes: Changes) -> Decision:
        visit, version = _expected(reading, None, expected)
        return Decision(lambda: _one(changes.end(visit.id, steps, to, version)))

    return await _settle(context, caller, visit_id, decide, once)


async def extend(
    context: Context,
    caller: Caller,
    visit_id: VisitId,
    lifetime: timedelta | None,
    once: Once | None = None,
    expected: Expected = None,
) -> Visit:
    """Let a hold last for a while from now on, or without end.

    Raises StateForbids, HoldLapsed, VisitNotFound, VersionStale, ScopeMissing.
    """
    caller.require(Scope.BOOK)

    def decide(reading: Reading, changes: Changes) -> Decision:
        visit, version = _expected(reading, None, expected)
        expires_at = None if lifetime is None else reading.now + lifetime
        return Decision(lambda: _one(changes.extend(visit.id, expires_at, version)))

    return await _settle(context, caller, visit_id, decide, once)


async def change(
    context: Context,
    caller: Caller,
    service_id: ServiceId | None,
    visit_id: VisitId,
    change: Change,
    once: Once | None = None,
    expected: Expected = None,
) -> Visit:
    """Change what is known about a visit, its time too: all of it, or nothing and the old time stays taken.

    Raises SlotTaken, SlotNotOffered, ContactMissing, PartyTooLarge, RemoteNotOffered, CustomerLimitReached,
    StateForbids, HoldLapsed, VisitNotFound, VersionStale, ScopeMissing.
    """
    caller.require(Scope.BOOK)

    async def look() -> _Wished:
        reading = await read(context, caller, visit=visit_id)
        visit, _ = _expected(reading, service_id, expected)
        before, details = visit.details, change.details(visit.details)
        services = [reading.catalog.service(item.service_id) for item in visit.items]
        for service in services:
            details = accept(service, details)
        times = old_times = visit.starts_at, visit.ends_at
        if change.times is not None:
            starts_at, ends_at = change.times(replace(visit.items[0], ends_at=old_times[1]))
            times = starts_at, old_times[1] if ends_at is None and starts_at == old_times[0] else ends_at
        wished = replace(visit, details=details)
        sizes_matter = any(service.sizes_matter(before.party_size, details.party_size) for service in services)
        if times == old_times and not sizes_matter and change.preferences is None:
            counted = details.address != before.address
            limits = limits_of(reading.catalog, _clock(reading, visit), [wished]) if counted else ()
            same = change.times is None and wished == visit and once is None
            return _Wished(reading.now, reading.catalog.version, wished, times[0], limits=limits, same=same)
        asked_for = _NO_OTHERS if change.preferences is None else change.preferences(reading.catalog, visit)
        want = Want(wanted_again(visit.items, asked_for), details.party_size, details.address, visit_id)
        window = start_window(times[0])
        inquiry = without_claims(want, window, reading.catalog, reading.now)
        if inquiry is None:
            inquiry = await inquire(context, caller, want, always(window))
        ends_at = None if times == old_times else times[1]
        return _Wished(inquiry.now, inquiry.catalog.version, wished, times[0], ends_at, inquiry)

    def decide(wished: _Wished, changes: Changes) -> Decision:
        return wished.decision(changes)

    (changed,) = await Deciding(look, lambda wished: wished.now, decide).settle(context, caller, once)
    return changed


@dataclass(frozen=True, slots=True)
class _Wished:
    """A visit as it is to be but for its times; with an inquiry where it needs other claims than it has.

    Without `ends_at` it ends when it does for the party. `limits` are those to heed without an inquiry. Where all stays
    the `same` nothing is written.
    """

    now: datetime
    catalog_version: int
    visit: Visit
    starts_at: datetime
    ends_at: datetime | None = None
    inquiry: Inquiry | None = None
    limits: tuple[DailyLimit, ...] = ()
    same: bool = False

    def decision(self, changes: Changes) -> Decision:
        asked, visit = self.inquiry, self.visit
        if self.same:
            return Decision(lambda: _as_it_is(visit))
        if asked is None:
            return Decision(
                lambda: _one(
                    changes.change(visit, CHANGEABLE, None, self.catalog_version, choice=False, limits=self.limits)
                )
            )
        chosen = choose(asked, self.starts_at, self.ends_at)
        choice = needs_claims(asked.plan, asked.catalog)
        items = tuple(
            replace(item, starts_at=new.starts_at, ends_at=new.ends_at, preferences=new.preferences)
            for item, new in zip(visit.items, items_of(asked, 0), strict=True)
        )
        service = asked.plan.parts[0].service
        reminder_at = None if visit.reminder_at is None else reminder_of(service, self.starts_at)
        moved = replace(visit, items=items, reminder_at=reminder_at)
        return Decision(
            lambda: _one(
                changes.change(
                    moved,
                    CHANGEABLE,
                    claims_of(asked, chosen, [items]),
                    self.catalog_version,
                    choice,
                    moves=moves_of(chosen),
                    limits=limits_of(asked.catalog, asked.clock, [moved]),
                )
            ),
            choice,
        )


async def find_visit(context: Context, caller: Caller, service_id: ServiceId | None, visit_id: VisitId) -> Visit:
    """A visit as it is now. Raises VisitNotFound, ScopeMissing."""
    caller.require(Scope.READ)
    return _visit(await read(context, caller, visit=visit_id), service_id)


async def _settle(
    context: Context,
    caller: Caller,
    visit_id: VisitId,
    decide: Callable[[Reading, Changes], Decision],
    once: Once | None,
) -> Visit:
    async def look() -> Reading:
        return await read(context, caller, visit=visit_id)

    (visit,) = await Deciding(look, lambda reading: reading.now, decide).settle(context, caller, once)
    return visit


def wanted_again(items: Sequence[Item], changed: Mapping[int, tuple[Preference, ...]]) -> tuple[Wanted, ...]:
    """What items were wanted as: the same services as far apart as they are, and those who were asked for.

    `changed` has other preferences of items, by their place.
    """
    parts: list[Wanted] = []
    for place, (before, item) in enumerate(zip((None, *items), items, strict=False)):
        preferences = changed.get(place, item.preferences)
        if before is None:
            parts.append(Wanted(item.service_id, preferences=preferences))
            continue
        beside = item.starts_at < before.ends_at
        gap = item.starts_at - (before.starts_at if beside else before.ends_at)
        parts.append(Wanted(item.service_id, gap=gap, beside=beside, preferences=preferences))
    return tuple(parts)


def _clock(reading: Reading, visit: Visit) -> WallClock:
    """The clock of the visit's branch, around the visit."""
    branch = reading.catalog.branches[visit.branch_id]
    starts = [item.starts_at for item in visit.items]
    return clock_between(zone(branch.time_zone), min(starts), max(starts))


def _visit(reading: Reading, service_id: ServiceId | None) -> Visit:
    if service_id is not None:
        reading.catalog.service(service_id)
    visit = reading.visit
    if visit is None or (service_id is not None and all(item.service_id != service_id for item in visit.items)):
        raise VisitNotFound
    return visit


def _expected(reading: Reading, service_id: ServiceId | None, expected: Expected) -> tuple[Visit, int | None]:
    """The visit, and the version that it has to be of still when it is changed. Raises VersionStale."""
    visit = _visit(reading, service_id)
    check_version(expected, visit.version)
    return visit, None if expected is None else visit.version


async def _as_it_is(visit: Visit) -> tuple[Visit, ...]:
    return (visit,)


async def _one(made: Awaitable[Visit]) -> tuple[Visit, ...]:
    return (await made,)
