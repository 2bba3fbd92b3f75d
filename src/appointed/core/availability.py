"""What is on offer: which starts a plan has, what is left of each, and whom a hold takes.

`docs/availability.md` says the rules in words.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from appointed.core.catalog import Catalog, GridAnchor, ResourceKind, Service
from appointed.core.count import Count
from appointed.core.errors import CustomerLimitReached, SlotNotOffered, SlotTaken
from appointed.core.ids import ResourceId
from appointed.core.inquiry import Inquiry, moves_others
from appointed.core.localtime import instant_of
from appointed.core.matching import MOST_STEPS, Assignment, Budget, Movable, assign, make_room
from appointed.core.placing import Demand
from appointed.core.plan import Need, Plan
from appointed.core.room import Room
from appointed.core.rule import ResourceRule
from appointed.core.rules import RESOURCE_RULES, customer_limit, preference, skills
from appointed.core.timeline import NOTHING, Picked, Timeline
from appointed.core.together import served_at_once

# How many steps of the search for moves a whole list may take, and what it takes to begin one.
MOST_STEPS_OF_A_LIST = 50_000
STEPS_TO_BEGIN = 200

# The reason where everybody is free for something, and not everything can be had at once.
ASSIGNMENT = "assignment"

# What says of somebody that they are not meant, whatever the time.
_WHOM: tuple[ResourceRule, ...] = (skills, preference)


class Slot(NamedTuple):
    """A start and end on offer, in minutes of UTC since 1970. `capacity` visits fit in all, `available` still do."""

    starts: int
    ends: int
    capacity: int
    available: int

    @property
    def starts_at(self) -> datetime:
        return instant_of(self.starts)

    @property
    def ends_at(self) -> datetime:
        return instant_of(self.ends)


def slots(asked: Inquiry, *, full: bool = True) -> tuple[Slot, ...]:
    """All slots that start in the window, in order, with `full` also those that have nothing left."""
    starts = asked.open_starts()
    if not starts or not asked.plan.needs:
        return ()
    offered = assignable(asked, starts)
    listed = starts if full else offered
    picked = Picked(asked.axis, list(asked.axis.minutes(listed)))
    counts = [Count(asked, need, number) for need, number in _numbered(asked.plan.needs).items()]
    capacity = _least([count.capacity(listed, picked) for count in counts])
    available = _least([count.available(listed, picked) for count in counts])
    length, there = asked.plan.length, picked.of(offered)
    rows = [
        (start, start + length, whole, (left or 1) * on_offer)
        for start, whole, left, on_offer in zip(picked.minutes, capacity, available, there, strict=True)
        if whole
    ]
    return tuple(map(Slot._make, rows))


def _numbered(needs: Iterable[Need]) -> dict[Need, int]:
    """For each need its number among those of its role, from 1 on; equal ones have that of the last."""
    found: dict[Need, int] = {}
    reached: Counter[tuple[int, int]] = Counter()
    for need in needs:
        reached[need.part, need.place] += 1
        found[need] = reached[need.part, need.place]
    return found


def _least(counts: Sequence[Sequence[int]]) -> Sequence[int]:
    """The least of each place of several lists of the same length."""
    first, *others = counts
    return list(map(min, first, *others)) if others else first


def assignable(asked: Inquiry, starts: Timeline) -> Timeline:
    """Those of the starts for which a complete assignment of resources exists."""
    if not asked.plan.needs:
        return NOTHING
    found = served_at_once(asked, starts)
    rest = starts & ~found
    if rest and (movable := movables(asked)):
        found |= _by_moves(asked, rest, movable)
    return found


def _by_moves(asked: Inquiry, starts: Timeline, movable: Sequence[Movable]) -> Timeline:
    """Those of the starts that can be had when others make room.

    All of them together may take MOST_STEPS_OF_A_LIST, so that a busy month is not searched through for one request.
    """
    found, left = NOTHING, MOST_STEPS_OF_A_LIST
    for start in asked.axis.minutes(starts):
        budget = Budget(min(MOST_STEPS, left))
        before = budget.left
        if make_room(_demands(asked, start), asked.rooms, movable, budget) is not None:
            found |= asked.axis.span(start, start + 1)
        left -= before - budget.left + STEPS_TO_BEGIN
        if left <= 0:
            break
    return found


def needs_claims(plan: Plan, catalog: Catalog) -> bool:
    """Whether the start or the choice of resources hangs on what is taken.

    Where it does not, nothing has to be read before a claim: the claim itself finds out.
    """
    return (
        any(len(need.role.resource_ids) != 1 or need.role.count > 1 for need in plan.needs)
        or any(part.service.anchor is GridAnchor.PACKED for part in plan.parts)
        or moves_others(plan, catalog)
    )


def assignment(asked: Inquiry) -> Assignment:
    """Whom a hold takes at the first minute of the window, and who makes room for it.

    Raises SlotNotOffered, whose `reason` is the first rule that blocks the start, CustomerLimitReached and SlotTaken.
    """
    start = asked.window[0]
    offer_asked(asked)
    demands = _demands(asked, start)
    found = _assigned(asked, demands)
    if found is not None:
        return found
    for need, wanted in zip(asked.plan.needs, demands, strict=True):
        if not wanted.options:
            raise _absence(asked, need, start)
    raise SlotTaken


def _assigned(asked: Inquiry, demands: Sequence[Demand]) -> Assignment | None:
    if not demands:
        return None
    found = assign(demands, asked.rooms)
    if found is None and (movable := movables(asked)):
        found = make_room(demands, asked.rooms, movable)
    return found


def overbooked(asked: Inquiry) -> Assignment:
    """Whom a hold takes that may take what is taken: the first that are there at all. Raises SlotTaken."""
    rooms = {resource_id: Room(roster.resource, ()) for resource_id, roster in asked.rosters.items()}
    found = assign(_demands(asked, asked.window[0]), rooms)
    if found is None or not found.chosen:
        raise SlotTaken
    return found


def offer_asked(asked: Inquiry) -> None:
    """Raise SlotNotOffered, or CustomerLimitReached, where a rule blocks the first minute of the window."""
    for rule, part in asked.blocking(asked.window[0]):
        if rule is customer_limit:
            raise CustomerLimitReached(limit=part.service.customer_daily_limit or 0)
        raise SlotNotOffered(reason=rule.name)


def _absence(asked: Inquiry, need: Need, start: int) -> SlotNotOffered:
    """Why nobody of a role is there: the first rule, claims aside, that keeps away the first who could do it and was
    asked for. Of the others it is told that they cannot or were not only where there is nobody else."""
    found: list[tuple[ResourceRule, ResourceId]] = []
    for roster in asked.rosters_of(need):
        for rule in RESOURCE_RULES:
            begins = roster.begins((rule,), need, asked.capacity(need, start, roster.room))
            if not rule.bypassable and not roster.axis.has(begins, start + need.claims_from):
                found.append((rule, roster.resource.id))
                break
    if not found:
        return SlotNotOffered(reason=ASSIGNMENT)
    rule, resource_id = max(found, key=lambda each: _WHOM.index(each[0]) if each[0] in _WHOM else len(_WHOM))
    named = need.preference is not None and need.preference.resource_id == resource_id
    return SlotNotOffered(reason=rule.name, resource=str(resource_id) if named else None)


def movables(asked: Inquiry) -> tuple[Movable, ...]:
    """The claims of others that may go to another resource of their role."""
    if not moves_others(asked.plan, asked.catalog):
        return ()
    found: list[Movable] = []
    for resource_id, roster in asked.rosters.items():
        if not roster.room.exclusive:
            continue
        for claim in roster.room.claims:
            if claim.named or claim.service_id is None or claim.visit_id is None or claim.claim_id is None:
                continue
            service = asked.catalog.services.get(claim.service_id)
            if service is not None and _may_leave(service, claim.role, resource_id):
                options = tuple(_others(asked, service, claim.role, resource_id, claim.starts, claim.ends))
                if options:
                    found.append(
                        Movable(claim.claim_id, claim.visit_id, resource_id, claim.starts, claim.ends, options)
                    )
    return tuple(found)


def _may_leave(service: Service, place: int, resource_id: ResourceId) -> bool:
    """Whether the catalogue still has the resource in that role, and lets it be exchanged."""
    role = service.roles[place] if place < len(service.roles) else None
    return role is not None and role.interchangeable and resource_id in role.resource_ids


def _others(
    asked: Inquiry, service: Service, place: int, holder: ResourceId, starts: int, ends: int
) -> Iterator[ResourceId]:
    role = service.roles[place]
    need = Need(0, place, role, None, role.units, 0, ends - starts, 0, ends - starts)
    for resource_id in role.resource_ids:
        roster = asked.rosters.get(resource_id)
        if roster is None or resource_id == holder or roster.resource.kind is not ResourceKind.EXCLUSIVE:
            continue
        if roster.axis.has(roster.working(need), starts):
            yield resource_id


def _demands(asked: Inquiry, start: int) -> list[Demand]:
    """The claims that a start of the plan makes, each with the resources that nothing but claims keeps from it."""
    return [asked.demand(need, start, tuple(_there(asked, need, start))) for need in asked.plan.needs]


def _there(asked: Inquiry, need: Need, start: int) -> Iterator[ResourceId]:
    begins, ends = start + need.claims_from, start + need.claims_to
    for roster in asked.rosters_of(need):
        if roster.axis.has(roster.working(need), begins) and (
            roster.room.exclusive
            or roster.room.capacity(begins, ends, asked.capacity(need, start, roster.room)) >= need.units
        ):
            yield roster.resource.id
