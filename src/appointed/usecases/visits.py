"""Hold a place, confirm it, move it, give it back, look at it. The same verbs for every dialect."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from appointed.core import availability
from appointed.core.acceptance import accept
from appointed.core.availability import needs_choice
from appointed.core.caller import Caller, Scope
from appointed.core.catalog import Service
from appointed.core.errors import (
    CatalogMoved,
    Refusal,
    SlotTaken,
    VisitMoved,
    VisitNotFound,
)
from appointed.core.ids import ClaimId, ItemId, ServiceId, VisitId
from appointed.core.intervals import Interval
from appointed.core.once import Once
from appointed.core.transitions import TRANSITIONS, sources
from appointed.core.visit import Claim, Details, Item, Origin, State, Visit
from appointed.store.visits import Changes
from appointed.usecases.clock import new_id
from appointed.usecases.context import Context
from appointed.usecases.reading import Reading, at_hand, read

READS = 2

# From each state the step that gives the place back.
CANCELLING = {state: end for end in (State.RELEASED, State.CANCELLED) for state in sources(end)}
CHANGEABLE = frozenset(state for state in State if TRANSITIONS[state])
CHOICES = 100


@dataclass(frozen=True, slots=True)
class Decision:
    """`act` is the call that carries it out. With a `choice` of resources, to lose one says nothing of the others."""

    act: Callable[[], Awaitable[Visit]]
    choice: bool = False


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be held: a service from one instant to another, for a while (`lifetime`) or until somebody decides.

    Details without a locale get the service's.
    """

    service_id: ServiceId
    starts_at: datetime
    ends_at: datetime
    details: Details
    lifetime: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What is to change about a visit: `times` None leaves them; `details` makes the new ones of the old."""

    details: Callable[[Details], Details]
    times: Callable[[Item], tuple[datetime, datetime]] | None = None


async def hold(context: Context, caller: Caller, wish: Wish, once: Once | None = None) -> Visit:
    """Take a slot for a while. Raises SlotTaken, SlotNotOffered, ServiceNotFound, ScopeMissing,
    ContactMissing, PartyTooLarge."""
    return await _take(context, caller, wish, State.HELD, once)


async def book(context: Context, caller: Caller, wish: Wish, once: Once | None = None) -> Visit:
    """Hold and confirm in one step. Raises what `hold` raises."""
    return await _take(context, caller, wish, State.CONFIRMED, once)


async def _take(context: Context, caller: Caller, wish: Wish, state: State, once: Once | None) -> Visit:
    caller.require(Scope.BOOK)
    visit_id = VisitId(new_id())

    async def decide(reading: Reading, changes: Changes) -> Decision:
        service = reading.catalog.service(wish.service_id)
        details = accept(service, wish.details)
        items = (Item(ItemId(new_id()), service.id, 1, wish.starts_at, wish.ends_at),)
        claims = _claims(service, reading, items)
        visit = Visit(
            id=visit_id,
            branch_id=service.branch_id,
            state=state,
            origin=Origin.BOOKING,
            details=details,
            created_at=reading.now,
            version=1,
            items=items,
            expires_at=None if wish.lifetime is None or state is not State.HELD else reading.now + wish.lifetime,
            reminder_at=_reminder(service, wish.starts_at) if state is State.CONFIRMED else None,
        )
        choice = needs_choice(service)
        return Decision(lambda: changes.hold(visit, claims, reading.catalog.version, choice), choice)

    async def look() -> Reading:
        return await read(context, caller, service=wish.service_id, window=Interval(wish.starts_at, wish.ends_at))

    first = at_hand(context, caller)
    if first is not None:
        service = first.catalog.services.get(wish.service_id)
        first = None if service is None or needs_choice(service) else first
    return await _decide(context, caller, once, first, look, decide)


async def confirm(
    context: Context, caller: Caller, service_id: ServiceId, visit_id: VisitId, once: Once | None = None
) -> Visit:
    """Make a promise of a hold; one that is confirmed already is answered as it is.

    Raises HoldLapsed, StateForbids, VisitNotFound, ScopeMissing.
    """
    caller.require(Scope.BOOK)

    async def decide(reading: Reading, changes: Changes) -> Decision:
        visit = _visit(reading, service_id)
        service = reading.catalog.service(service_id)
        reminder_at = _reminder(service, visit.items[0].starts_at)
        return Decision(lambda: changes.confirm(visit, sources(State.CONFIRMED), reminder_at))

    return await _decide(context, caller, once, None, _looking(context, caller, visit_id), decide)


async def cancel(
    context: Context, caller: Caller, service_id: ServiceId, visit_id: VisitId, once: Once | None = None
) -> Visit:
    """Give the place back at once: a hold is released, anything later cancelled; one that is gone stays so.

    Raises StateForbids, HoldLapsed, VisitNotFound, ScopeMissing.
    """
    caller.require(Scope.BOOK)

    async def decide(reading: Reading, changes: Changes) -> Decision:
        visit = _visit(reading, service_id)
        return Decision(lambda: changes.end(visit.id, CANCELLING))

    return await _decide(context, caller, once, None, _looking(context, caller, visit_id), decide)


async def change(
    context: Context,
    caller: Caller,
    service_id: ServiceId,
    visit_id: VisitId,
    change: Change,
    once: Once | None = None,
) -> Visit:
    """Change what is known about a visit, its time too: all of it, or nothing and the old time stays taken.

    Raises SlotTaken, SlotNotOffered, ContactMissing, PartyTooLarge, StateForbids, HoldLapsed, VisitNotFound,
    ScopeMissing.
    """
    caller.require(Scope.BOOK)

    async def decide(reading: Reading, changes: Changes) -> Decision:
        visit = _visit(reading, service_id)
        service = reading.catalog.service(service_id)
        details = accept(service, change.details(visit.details))
        claims: tuple[Claim, ...] | None = None
        items = visit.items
        if change.times is not None:
            items = tuple(replace(item, starts_at=s, ends_at=e) for item in items for s, e in (change.times(item),))
        if items != visit.items:
            if needs_choice(service):
                reading = await read(
                    context,
                    caller,
                    visit=visit_id,
                    service=service_id,
                    window=Interval(items[0].starts_at, items[0].ends_at),
                )
            claims = _claims(service, reading, items)
        reminder_at = None if visit.reminder_at is None else _reminder(service, items[0].starts_at)
        changed = replace(visit, details=details, items=items, reminder_at=reminder_at)
        version = reading.catalog.version
        choice = needs_choice(service)
        return Decision(lambda: changes.change(changed, CHANGEABLE, claims, version, choice), choice)

    return await _decide(context, caller, once, None, _looking(context, caller, visit_id), decide)


async def find_visit(context: Context, caller: Caller, service_id: ServiceId, visit_id: VisitId) -> Visit:
    """A visit of a service as it is now. Raises VisitNotFound, ScopeMissing."""
    caller.require(Scope.READ)
    return _visit(await read(context, caller, visit=visit_id), service_id)


async def _decide(
    context: Context,
    caller: Caller,
    once: Once | None,
    first: Reading | None,
    look: Callable[[], Awaitable[Reading]],
    decide: Callable[[Reading, Changes], Awaitable[Decision]],
) -> Visit:
    """Decide on what is at hand, and on what is read where that proves old. A refusal always rests on a read.

    What moved between a read and the write is read once more; a choice that somebody else took, until none is left.
    """
    reads = 0
    while True:
        reading = first or await look()
        reads += reading.fresh
        first = None
        changes = Changes(context.pool, caller.tenant, caller.actor, reading.now, once)
        try:
            decision = await decide(reading, changes)
        except Refusal as refused:
            if reading.fresh:
                return await changes.refuse(refused)
            continue
        try:
            return await decision.act()
        except (CatalogMoved, VisitMoved):
            if reads >= READS:
                raise
        except SlotTaken:
            if not decision.choice or reads >= CHOICES:
                raise


def _looking(context: Context, caller: Caller, visit_id: VisitId) -> Callable[[], Awaitable[Reading]]:
    async def look() -> Reading:
        return await read(context, caller, visit=visit_id)

    return look


def _visit(reading: Reading, service_id: ServiceId) -> Visit:
    reading.catalog.service(service_id)
    visit = reading.visit
    if visit is None or all(item.service_id != service_id for item in visit.items):
        raise VisitNotFound
    return visit


def _claims(service: Service, reading: Reading, items: tuple[Item, ...]) -> tuple[Claim, ...]:
    """The claims of a new time, each item being one of the service. Raises SlotNotOffered, SlotTaken."""
    branch = reading.catalog.branches[service.branch_id]
    claims: list[Claim] = []
    for item in items:
        availability.offered(service, branch, item.starts_at, item.ends_at, reading.now)
        chosen = availability.choose(
            service, reading.catalog.resources, reading.occupied, item.starts_at, item.ends_at, reading.now
        )
        claims += [
            Claim(ClaimId(new_id()), item.id, resource_id, item.starts_at, item.ends_at, units)
            for resource_id, units in chosen
        ]
    return tuple(claims)


def _reminder(service: Service, starts_at: datetime) -> datetime | None:
    return None if service.reminder is None else starts_at - service.reminder
