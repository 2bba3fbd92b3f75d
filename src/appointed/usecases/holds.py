"""Take a place: hold it for a while, or book it at once, for one guest or for several that come together."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from appointed.core import availability
from appointed.core.acceptance import accept, check_answers, required_facts
from appointed.core.availability import needs_claims
from appointed.core.caller import Caller, Scope
from appointed.core.catalog import Catalog, Service
from appointed.core.choice import check_choice
from appointed.core.errors import SlotNotOffered, SlotTaken
from appointed.core.ids import ClaimId, GroupId, ItemId, ServiceId, VisitId
from appointed.core.inquiry import Inquiry
from appointed.core.localtime import MINUTES_PER_DAY, WallClock, instant_of, minute_of
from appointed.core.matching import Assignment
from appointed.core.once import Once
from appointed.core.plan import Part, Plan
from appointed.core.preference import Preference
from appointed.core.questions import CustomerFact
from appointed.core.visit import Claim, DailyLimit, Details, Item, Origin, Reassigned, State, Visit
from appointed.store.visits import Changes
from appointed.usecases.clock import new_id
from appointed.usecases.context import Context
from appointed.usecases.deciding import Deciding, Decision
from appointed.usecases.inquiring import Want, Wanted, always, at_hand, inquire, start_window


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be taken: services that start together at an instant, for a while (`lifetime`) or without end.

    `guests` are those who come, by their numbers in the parts, each with a visit of their own; details without a locale
    get the first service's. `ends_at`, where it is given, has to be the end. `overbook` takes what is taken already,
    for a caller who may. Parts that are told by names are made by a catalogue: the one that the claim is made by, so
    that a name means what it means then. A guest whose parts are for so many people each comes with all of these. Of
    guests who are `introduced_later` nothing is asked that they have to tell; whoever confirms the hold is asked all of
    it. Raises ValueError where parts and guests do not match.
    """

    parts: tuple[Wanted, ...] | Callable[[Catalog], tuple[Wanted, ...]]
    starts_at: datetime
    guests: tuple[Details, ...]
    ends_at: datetime | None = None
    lifetime: timedelta | None = None
    overbook: bool = False
    introduced_later: bool = False

    def __post_init__(self) -> None:
        if not callable(self.parts):
            self._of(self.parts)

    @classmethod
    def single(
        cls,
        service_id: ServiceId,
        starts_at: datetime,
        ends_at: datetime,
        details: Details,
        lifetime: timedelta | None = None,
    ) -> "Wish":
        """One service for one guest."""
        return cls((Wanted(service_id),), starts_at, (details,), ends_at, lifetime)

    def want(self, catalog: Catalog) -> Want:
        """What has to be known for it, by a catalogue. Raises what the parts' names do."""
        return self._of(self.parts(catalog) if callable(self.parts) else self.parts)

    def _of(self, parts: tuple[Wanted, ...]) -> Want:
        if {part.guest for part in parts} != set(range(len(self.guests))):
            raise ValueError("the guests of the parts are not those that come")
        return Want(parts, self.guests[0].party_size, self.guests[0].address)


async def hold(context: Context, caller: Caller, wish: Wish, once: Once | None = None) -> Visit:
    """Take a slot for a while. Raises SlotTaken, SlotNotOffered, ServiceNotFound, ScopeMissing, ContactMissing,
    PartyTooLarge, RemoteNotOffered, AnswerMissing, QuestionUnknown, ResourceChoiceMissing, CustomerLimitReached,
    BranchesDiffer."""
    _one_guest(wish)
    (visit,) = await hold_together(context, caller, wish, once)
    return visit


async def book(context: Context, caller: Caller, wish: Wish, once: Once | None = None) -> Visit:
    """Hold and confirm in one step. Raises what `hold` raises, and CustomerFactMissing."""
    _one_guest(wish)
    (visit,) = await _take(context, caller, wish, State.CONFIRMED, once)
    return visit


def _one_guest(wish: Wish) -> None:
    if len(wish.guests) != 1:
        raise ValueError("several guests are held together")


async def hold_together(context: Context, caller: Caller, wish: Wish, once: Once | None = None) -> tuple[Visit, ...]:
    """Take all that the guests want, or nothing; a visit for each of them. Raises what `hold` raises."""
    return await _take(context, caller, wish, State.HELD, once)


async def book_together(context: Context, caller: Caller, wish: Wish, once: Once | None = None) -> tuple[Visit, ...]:
    """As `hold_together`, confirmed in the same step."""
    return await _take(context, caller, wish, State.CONFIRMED, once)


async def _take(context: Context, caller: Caller, wish: Wish, state: State, once: Once | None) -> tuple[Visit, ...]:
    caller.require(Scope.BOOK)
    if wish.overbook:
        caller.require(Scope.OVERBOOK)
    visit_ids = [VisitId(new_id()) for _ in wish.guests]
    window = start_window(wish.starts_at)

    def decide(asked: Inquiry, changes: Changes) -> Decision:
        visits = _visits(wish, visit_ids, asked, state)
        choice = needs_claims(asked.plan, asked.catalog)
        # Where there is a choice, whoever lost a place to somebody else looks for a free one first.
        beside = wish.overbook and not choice
        try:
            chosen = choose(asked, wish.starts_at, wish.ends_at)
        except SlotTaken:
            if not wish.overbook:
                raise
            chosen, beside = availability.overbooked(asked), True
        return Decision(
            lambda: changes.hold(
                visits,
                claims_of(asked, chosen, [visit.items for visit in visits]),
                asked.catalog.version,
                choice,
                moves=moves_of(chosen),
                limits=limits_of(asked.catalog, asked.clock, visits),
                overbook=beside,
                group_id=GroupId(new_id()) if len(visits) > 1 else None,
                facts=_facts_of(asked.catalog, visits) if state is State.CONFIRMED else {},
            ),
            choice,
        )

    async def look() -> Inquiry:
        return await inquire(context, caller, wish.want, always(window))

    deciding = Deciding(look, lambda asked: asked.now, decide, at_hand(context, caller, wish.want, window))
    return await deciding.settle(context, caller, once)


def choose(asked: Inquiry, starts_at: datetime, ends_at: datetime | None) -> Assignment:
    """Whom the plan takes at an instant. Raises SlotNotOffered, CustomerLimitReached, SlotTaken."""
    start, _ = asked.window
    if instant_of(start) != starts_at or ends_at not in (None, instant_of(start + asked.plan.length)):
        raise SlotNotOffered(reason="slot_grid")
    return availability.assignment(asked)


def claims_of(asked: Inquiry, chosen: Assignment, items: Sequence[Sequence[Item]]) -> tuple[Claim, ...]:
    """The claims of an assignment; `items` are those of each guest, in the order of the plan's parts."""
    start, _ = asked.window
    waiting = [iter(of_guest) for of_guest in items]
    item_of = [next(waiting[part.guest]) for part in asked.plan.parts]
    return tuple(
        Claim(
            id=ClaimId(new_id()),
            item_id=item_of[need.part].id,
            resource_id=resource_id,
            starts_at=instant_of(start + need.claims_from),
            ends_at=instant_of(start + need.claims_to),
            units=need.units,
            role=need.place,
            named=need.preference is not None,
            capacity=asked.capacity(need, start, asked.rooms[resource_id]),
        )
        for need, resource_id in zip(asked.plan.needs, chosen.chosen, strict=True)
    )


def moves_of(chosen: Assignment) -> tuple[Reassigned, ...]:
    """Who makes room for an assignment."""
    return tuple(
        Reassigned(move.movable.visit_id, move.movable.claim_id, move.movable.resource_id, move.resource_id)
        for move in chosen.moves
    )


def limits_of(catalog: Catalog, clock: WallClock, visits: Sequence[Visit]) -> tuple[DailyLimit, ...]:
    """What the database has to count again when these visits come to be, by the clock of their branch."""
    found: list[DailyLimit] = []
    for visit in visits:
        for item in visit.items:
            limit = catalog.service(item.service_id).customer_daily_limit
            if limit is not None:
                midnight = clock.shows(minute_of(item.starts_at)) // MINUTES_PER_DAY * MINUTES_PER_DAY
                day = clock.edge(midnight), clock.edge(midnight + MINUTES_PER_DAY)
                found.append(DailyLimit(visit.id, item.service_id, instant_of(day[0]), instant_of(day[1]), limit))
    return tuple(found)


def reminder_of(service: Service, starts_at: datetime) -> datetime | None:
    """When to remind of a visit."""
    return None if service.reminder is None else starts_at - service.reminder


def items_of(asked: Inquiry, guest: int) -> tuple[Item, ...]:
    """The items of one guest at the first minute of the window, each with a new id."""
    start, _ = asked.window
    mine = [
        (part, start + offset)
        for part, offset in zip(asked.plan.parts, asked.plan.offsets, strict=True)
        if part.guest == guest
    ]
    apart = len(mine) > 1 and any(part.party_size is not None for part, _ in mine)
    return tuple(
        Item(
            ItemId(new_id()),
            part.service.id,
            sequence,
            instant_of(starts),
            instant_of(starts + asked.plan.minutes(part)),
            tuple(preference for preference in part.preferences if preference.binds),
            asked.plan.people(part) if apart else None,
            part.continues,
        )
        for sequence, (part, starts) in enumerate(mine, start=1)
    )


def _facts_of(catalog: Catalog, visits: Sequence[Visit]) -> dict[VisitId, tuple[CustomerFact, ...]]:
    """What has to be known of the customers of visits that are promised."""
    return {visit.id: required_facts(catalog.service(item.service_id) for item in visit.items) for visit in visits}


def _asked_of(plan: Plan) -> Iterator[tuple[Service, tuple[Preference, ...]]]:
    """Each service of a plan with those who are asked for: whoever is asked for by one part gives what continues it."""
    for number, part in enumerate(plan.parts):
        if not part.continues:
            for each in (number, *plan.added.get(number, ())):
                yield plan.parts[each].service, part.preferences


def _for_all(details: Details, plan: Plan, parts: Sequence[Part]) -> Details:
    """The details of a visit of these parts: where they are for so many each, it stands for all of these."""
    if all(part.party_size is None for part in parts):
        return details
    return replace(details, party_size=sum(map(plan.people, parts)))


def _visits(wish: Wish, visit_ids: Sequence[VisitId], asked: Inquiry, state: State) -> tuple[Visit, ...]:
    found: list[Visit] = []
    for service, preferences in _asked_of(asked.plan):
        check_choice(asked.catalog, service, preferences)
    for guest, (visit_id, given) in enumerate(zip(visit_ids, wish.guests, strict=True)):
        parts = [part for part in asked.plan.parts if part.guest == guest]
        services = [part.service for part in parts]
        details, untold = _for_all(given, asked.plan, parts), wish.introduced_later and state is State.HELD
        for part in parts:
            details = accept(part.service, details, introduced_later=untold, party_size=asked.plan.people(part))
        check_answers(services, details.answers, introduced_later=untold)
        found.append(
            Visit(
                id=visit_id,
                branch_id=asked.branch.id,
                state=state,
                origin=Origin.BOOKING,
                details=details,
                created_at=asked.now,
                version=1,
                items=items_of(asked, guest),
                expires_at=None if wish.lifetime is None or state is not State.HELD else asked.now + wish.lifetime,
                reminder_at=reminder_of(services[0], wish.starts_at) if state is State.CONFIRMED else None,
            )
        )
    return tuple(found)
