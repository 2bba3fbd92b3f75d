"""What becomes of a visit: confirm it, change it, give it back, look at it. The same verbs for every dialect.

Where a service is named beside a visit, the visit has to be one of that service. `expected` are the versions that a
change is meant for: of any other visit nothing is changed, and VersionStale is raised.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from appointed.core.acceptance import accept, check_answers, is_told
from appointed.core.availability import needs_claims
from appointed.core.caller import Caller, Scope
from appointed.core.catalog import Catalog, Service
from appointed.core.errors import FieldInvalid
from appointed.core.ids import ServiceId, VisitId
from appointed.core.inquiry import Inquiry
from appointed.core.once import Once
from appointed.core.preference import Preference
from appointed.core.transitions import TRANSITIONS, sources
from appointed.core.versions import Expected
from appointed.core.visit import DailyLimit, Details, Item, State, Visit
from appointed.store.visits import Changes
from appointed.usecases.absorbing import absorb
from appointed.usecases.confirming import confirm, introduce
from appointed.usecases.context import Context
from appointed.usecases.deciding import Deciding, Decision
from appointed.usecases.holds import choose, claims_of, items_of, limits_of, moves_of, reminder_of
from appointed.usecases.inquiring import Want, Wanted, always, inquire, start_window, without_claims
from appointed.usecases.reading import Reading, read
from appointed.usecases.settling import Among, clock_of, expected_visit, one, services_of, settle, visit_of

__all__ = [
    "CANCELLING",
    "CHANGEABLE",
    "Change",
    "absorb",
    "cancel",
    "change",
    "confirm",
    "end",
    "extend",
    "find_visit",
    "introduce",
    "wanted_again",
]

# From each state the step that gives the place back.
CANCELLING = {state: end for end in (State.RELEASED, State.CANCELLED) for state in sources(end)}
# Of what was only held a website gets rid with the scope it was held with.
_NEVER_PROMISED = frozenset({State.HELD, State.RELEASED, State.EXPIRED, State.ABSORBED})
_GIVING_BACK = {State.RELEASED: Scope.BOOK, State.CANCELLED: Scope.CANCEL}
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


async def cancel(
    context: Context,
    caller: Caller,
    service_id: ServiceId | None,
    visit_id: VisitId,
    once: Once | None = None,
    among: Among = None,
) -> Visit:
    """Give the place back at once: a hold is released, anything later cancelled; one that is gone stays so.

    With `among` only a visit in one of these states is meant. A hold needs the scope `book`, a promise `cancel`. Raises
    StateForbids, HoldLapsed, VisitNotFound, ScopeMissing.
    """
    caller.require(Scope.CANCEL, Scope.BOOK)
    meant = CANCELLING if among is None else among
    steps = {state: to for state, to in CANCELLING.items() if _GIVING_BACK[to] in caller.scopes and state in meant}

    def decide(reading: Reading, changes: Changes) -> Decision:
        visit = visit_of(reading, service_id, among)
        caller.require(Scope.BOOK if visit.state in _NEVER_PROMISED else Scope.CANCEL)
        return Decision(lambda: one(changes.end(visit.id, steps)))

    return await settle(context, caller, visit_id, decide, once)


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
    caller.require(_GIVING_BACK.get(to, Scope.BOOK))
    steps = dict.fromkeys(sources(to), to)

    def decide(reading: Reading, changes: Changes) -> Decision:
        visit, version = expected_visit(reading, None, expected)
        return Decision(lambda: one(changes.end(visit.id, steps, to, version)))

    return await settle(context, caller, visit_id, decide, once)


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
        visit, version = expected_visit(reading, None, expected)
        expires_at = None if lifetime is None else reading.now + lifetime
        return Decision(lambda: one(changes.extend(visit.id, expires_at, version)))

    return await settle(context, caller, visit_id, decide, once)


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

    Another time for what was promised needs the scope `reschedule`, everything else `book`. Raises SlotTaken,
    SlotNotOffered, ContactMissing, AnswerMissing, QuestionUnknown, PartyTooLarge, RemoteNotOffered,
    CustomerLimitReached, StateForbids, HoldLapsed, VisitNotFound, VersionStale, ScopeMissing.
    """
    caller.require(Scope.BOOK, Scope.RESCHEDULE)

    async def look() -> _Wished:
        reading = await read(context, caller, visit=visit_id)
        visit, _ = expected_visit(reading, service_id, expected)
        before, services = visit.details, services_of(reading, visit)
        details = _accepted(services, visit, change.details(before))
        times = old_times = visit.starts_at, visit.ends_at
        if change.times is not None:
            starts_at, ends_at = change.times(replace(visit.items[0], ends_at=old_times[1]))
            times = starts_at, old_times[1] if ends_at is None and starts_at == old_times[0] else ends_at
        moved = times != old_times
        if moved:
            caller.require(Scope.BOOK if visit.state in _NEVER_PROMISED else Scope.RESCHEDULE)
        if change.details(before) != before or (change.preferences is not None and not moved):
            caller.require(Scope.BOOK)
        wished = replace(visit, details=details)
        sizes_matter = any(
            service.sizes_matter(before.party_size, details.party_size, added=item.continues)
            for service, item in zip(services, visit.items, strict=True)
        )
        if times == old_times and not sizes_matter and change.preferences is None:
            counted = details.address != before.address
            limits = limits_of(reading.catalog, clock_of(reading, visit), [wished]) if counted else ()
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


def _accepted(services: Sequence[Service], visit: Visit, details: Details) -> Details:
    """New details of a visit as its services take them. Raises what `change` does for them.

    Of a hold whose customer is yet to be told nothing more is asked; whoever confirms it is asked all of it.
    """
    before = visit.details
    untold = visit.state is State.HELD and not is_told(services, before)
    apart = any(item.party_size is not None for item in visit.items)
    if apart and details.party_size != before.party_size:
        raise FieldInvalid(field="party_size", expected="sum_of_parts")
    for service, item in zip(services, visit.items, strict=True):
        details = accept(service, details, introduced_later=untold, party_size=item.party_size)
    if details.answers != before.answers:
        check_answers(services, details.answers, introduced_later=untold)
    return details


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
                lambda: one(
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
            lambda: one(
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


async def find_visit(
    context: Context, caller: Caller, service_id: ServiceId | None, visit_id: VisitId, among: Among = None
) -> Visit:
    """A visit as it is now; with `among` one in these states. Raises VisitNotFound, ScopeMissing."""
    caller.require(Scope.READ)
    return visit_of(await read(context, caller, visit=visit_id), service_id, among)


def wanted_again(items: Sequence[Item], changed: Mapping[int, tuple[Preference, ...]]) -> tuple[Wanted, ...]:
    """What items were wanted as: the same services as far apart as they are, those who were asked for, and whether they
    are given in one go.

    `changed` has other preferences of items, by their place.
    """
    parts: list[Wanted] = []
    for place, (before, item) in enumerate(zip((None, *items), items, strict=False)):
        wanted = Wanted(
            item.service_id,
            preferences=changed.get(place, item.preferences),
            continues=item.continues,
            party_size=item.party_size,
        )
        if before is not None:
            beside = item.starts_at < before.ends_at
            gap = item.starts_at - (before.starts_at if beside else before.ends_at)
            wanted = replace(wanted, gap=gap, beside=beside)
        parts.append(wanted)
    return tuple(parts)


async def _as_it_is(visit: Visit) -> tuple[Visit, ...]:
    return (visit,)
