"""Whom a change of the catalogue hits: visits that could take place as it was, and cannot as it is to be.

What counts is when something takes place, and where. How it is booked (the grid, how far ahead, how many at most) is
asked of those who book from then on, and not of those who have booked.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfoNotFoundError

from appointed.core.catalog import NO_TIME, Branch, Catalog, GridAnchor, Resource, ResourceKind, Role, Service
from appointed.core.errors import TimeZoneUnknown
from appointed.core.ids import BranchId, ClaimId, ItemId, ResourceId, ServiceId
from appointed.core.inquiry import Inquiry, Limit
from appointed.core.localtime import (
    MINUTE,
    MINUTES_PER_DAY,
    WallClock,
    clock_between,
    instant_of,
    minute_of,
    minutes_until,
    zone,
)
from appointed.core.occupancy import Taken
from appointed.core.plan import Need, Plan
from appointed.core.room import Room
from appointed.core.roster import Roster
from appointed.core.rule import Facts, ResourceRule, Rule
from appointed.core.rules import (
    bookable,
    booking_hours,
    breaks,
    capacity,
    closures,
    opening_hours,
    skills,
    special_days,
    time_off,
    working_hours,
)
from appointed.core.timeline import Axis, Timeline
from appointed.core.visit import Claim, Item, Visit

RULES_OF_TIME: tuple[Rule, ...] = (bookable, closures, special_days, opening_hours, booking_hours)
RULES_OF_PRESENCE: tuple[ResourceRule, ...] = (skills, working_hours, breaks, time_off)

RETIRED = "retired"
"""The reason where a resource is there no more."""
ROLE = "role"
"""The reason where the service asks for other resources by now."""

# Timelines are worked out for so many minutes at once, since many visits ask for the same ones.
_PAGE = 7 * MINUTES_PER_DAY

Key = TypeVar("Key", bound=Hashable)
Thing = TypeVar("Thing", Branch, Service, Resource)


@dataclass(frozen=True, slots=True)
class Standing:
    """A visit that is not over, with its live claims; `beside` are those that were taken without room for them."""

    visit: Visit
    claims: tuple[Claim, ...]
    beside: tuple[Claim, ...] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """What is in the way: the name of the rule that says so, RETIRED or ROLE, and of which resource, where it is."""

    rule: str
    service_id: ServiceId
    resource_id: ResourceId | None = None


@dataclass(frozen=True, slots=True)
class Affected:
    """A visit that a change would hit, and all that is in its way."""

    visit: Visit
    reasons: tuple[Reason, ...]


def affected(before: Catalog, after: Catalog, visits: Sequence[Standing], now: datetime) -> tuple[Affected, ...]:
    """The visits that the change hits, in the order of their starts; items that have ended by `now` it does not.

    `visits` are all those with a claim on one of the resources that are `touched`. An item or a claim is hit where
    nothing was in its way and something is: what was in the way before, somebody decided already. Of those that no
    longer have room in a pool, the ones that were made last are hit. Raises TimeZoneUnknown.
    """
    was, becomes = _Judge(before), _Judge(after)
    overfull = _overfull(was, becomes, visits)
    found: list[Affected] = []
    for each in visits:
        reasons: list[Reason] = []
        for item, claims in _with_claims(each):
            if item.ends_at <= now:
                continue
            reasons += _new(was.of_item(item), becomes.of_item(item))
            for claim in claims:
                reasons += _new(was.of_claim(item, claim), becomes.of_claim(item, claim))
                if claim.id in overfull and claim.item_id == item.id:
                    reasons.append(Reason(capacity.name, item.service_id, claim.resource_id))
        if reasons:
            found.append(Affected(each.visit, tuple(dict.fromkeys(reasons))))
    return tuple(sorted(found, key=lambda hit: (hit.visit.starts_at, hit.visit.id)))


def _with_claims(standing: Standing) -> Iterator[tuple[Item, list[Claim]]]:
    """Each item with the claims that serve it: where it continues another, those of that one."""
    claims: list[Claim] = []
    for item in standing.visit.items:
        if not item.continues:
            claims = [claim for claim in (*standing.claims, *standing.beside) if claim.item_id == item.id]
        yield item, claims


def touched(before: Catalog, after: Catalog) -> frozenset[ResourceId]:
    """The resources whose visits a change could hit: those that change, and those of services and branches that do."""
    branches = _changed(before.branches, after.branches, _time_of_branch)
    services = _changed(before.services, after.services, _time_of_service)
    found = set(_changed(before.resources, after.resources, _time_of_resource))
    for catalog in (before, after):
        found |= {each.id for each in catalog.resources.values() if each.branch_id in branches}
        for service in catalog.services.values():
            if service.id in services or service.branch_id in branches:
                found |= {resource_id for role in service.roles for resource_id in role.resource_ids}
    return frozenset(found)


def _time_of_branch(branch: Branch) -> Hashable:
    return branch.time_zone, branch.opening_hours, branch.retired


def _time_of_service(service: Service) -> Hashable:
    return service.branch_id, service.booking_hours, service.roles, service.retired


def _time_of_resource(resource: Resource) -> Hashable:
    return replace(resource, name="", slug="", traits=frozenset())


def _changed(before: Mapping[Key, Thing], after: Mapping[Key, Thing], told: Callable[[Thing], Hashable]) -> set[Key]:
    """What one of two catalogues lacks, or what is another in it, by all that is `told` of it."""
    common = before.keys() & after.keys()
    others = (key for key in common if before[key] != after[key])
    return (before.keys() ^ after.keys()) | {key for key in others if told(before[key]) != told(after[key])}


def _new(before: Iterable[Reason], after: Iterable[Reason]) -> list[Reason]:
    """What is in the way where nothing was."""
    found = list(after)
    return found if found and not any(True for _ in before) else []


class _Judge:
    """What one catalogue says of items and claims, claims of others aside."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self._asked: dict[tuple[ServiceId, int, int], Inquiry] = {}
        self._blocked: dict[tuple[ServiceId, int, int], list[tuple[Rule, Timeline]]] = {}
        self._begins: dict[tuple[ResourceId, frozenset[str], int, int], list[tuple[ResourceRule, Timeline]]] = {}

    def of_item(self, item: Item) -> Iterator[Reason]:
        """What is in the way of an item at its own time."""
        service = self.catalog.services.get(item.service_id)
        if service is None:
            yield Reason(bookable.name, item.service_id)
            return
        start = minute_of(item.starts_at)
        key = service.id, minutes_until(item.ends_at) - start, start // _PAGE
        blocked = self._blocked.get(key)
        if blocked is None:
            asked = self._inquiry(service, item)
            blocked = [(rule, rule.blocked(_facts(asked))) for rule in RULES_OF_TIME]
            self._blocked[key] = blocked
        axis = self._inquiry(service, item).axis
        for rule, starts in blocked:
            if axis.has(starts, start):
                yield Reason(rule.name, service.id)

    def of_claim(self, item: Item, claim: Claim) -> Iterator[Reason]:
        """What keeps a resource from a claim on it, but for how much it holds."""
        service = self.catalog.services.get(item.service_id)
        resource = self.catalog.resources.get(claim.resource_id)
        if service is None:
            return
        if resource is None or resource.retired:
            yield Reason(RETIRED, service.id, claim.resource_id)
            return
        role = _role(service, claim)
        if role is None:
            yield Reason(ROLE, service.id, claim.resource_id)
            return
        start = minute_of(claim.starts_at)
        length, page = minutes_until(claim.ends_at) - start, start // _PAGE
        axis = Axis(page * _PAGE, (page + 1) * _PAGE + length)
        key = resource.id, role.skills, length, page
        begins = self._begins.get(key)
        if begins is None:
            roster = Roster(resource, Room(resource, ()), self._clock(resource.branch_id, axis), axis)
            need = Need(0, claim.role, role, None, claim.units, 0, length, 0, length)
            begins = [(rule, roster.begins((rule,), need, None)) for rule in RULES_OF_PRESENCE]
            self._begins[key] = begins
        for rule, starts in begins:
            if not axis.has(starts, start):
                yield Reason(rule.name, service.id, resource.id)

    def limit(self, items: Sequence[Item]) -> Limit:
        """What booking hours say that a pool holds for items that are given in one go."""
        first, *others = map(self._told, items)
        found = Limit(first)
        for told in others:
            found = found.along(told)
        return found

    def _told(self, item: Item) -> int | None:
        service = self.catalog.services.get(item.service_id)
        if service is None or not service.roles:
            return None
        asked = self._inquiry(service, item)
        return asked.limit(asked.plan.needs[0], minute_of(item.starts_at)).capacity

    def _inquiry(self, service: Service, item: Item) -> Inquiry:
        """An inquiry about all starts around the item's, for the length that it has."""
        start = minute_of(item.starts_at)
        length, page = minutes_until(item.ends_at) - start, start // _PAGE
        asked = self._asked.get((service.id, length, page))
        if asked is None:
            booked = replace(
                service,
                duration=length * MINUTE,
                per_extra_person=NO_TIME,
                anchor=GridAnchor.OPENING,
                bookable=True,
            )
            asked = Inquiry(
                plan=Plan.single(booked),
                branch=self._branch(service.branch_id),
                window=(page * _PAGE, (page + 1) * _PAGE),
                now=instant_of(page * _PAGE),
                catalog=self.catalog,
                rosters={},
            )
            self._asked[service.id, length, page] = asked
        return asked

    def _branch(self, branch_id: BranchId) -> Branch:
        """The branch, once its clock is known to go. Raises TimeZoneUnknown."""
        branch = self.catalog.branches[branch_id]
        try:
            zone(branch.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise TimeZoneUnknown(name=branch.time_zone) from error
        return branch

    def _clock(self, branch_id: BranchId, axis: Axis) -> WallClock:
        where = zone(self._branch(branch_id).time_zone)
        return clock_between(where, instant_of(axis.starts), instant_of(axis.ends))


def _facts(asked: Inquiry) -> Facts:
    """What a rule about the time of the one part may know."""
    part = asked.plan.parts[0]
    return Facts(
        branch=asked.branch,
        service=part.service,
        party_size=1,
        length=asked.plan.minutes(part),
        axis=asked.axis,
        clock=asked.clock,
        now=asked.now,
        customer_starts=(),
        rooms={},
    )


def _role(service: Service, claim: Claim) -> Role | None:
    """The role for which the resource was taken, or another one that lists it."""
    roles = [*service.roles[claim.role : claim.role + 1], *service.roles]
    return next((role for role in roles if claim.resource_id in role.resource_ids), None)


def _overfull(was: _Judge, becomes: _Judge, visits: Sequence[Standing]) -> set[ClaimId]:
    """The claims for which the change leaves no room, of all that there was room for."""
    claims: defaultdict[ResourceId, list[tuple[Sequence[Item], Claim]]] = defaultdict(list)
    for each in sorted(visits, key=lambda each: (each.visit.created_at, each.visit.id)):
        served = _in_one_go(each.visit.items)
        for claim in each.claims:
            claims[claim.resource_id].append((served[claim.item_id], claim))
    found: set[ClaimId] = set()
    for resource_id in touched(was.catalog, becomes.catalog):
        first, then = was.catalog.resources.get(resource_id), becomes.catalog.resources.get(resource_id)
        if first is not None and then is not None and ResourceKind.POOL in (first.kind, then.kind):
            standing = claims[resource_id]
            found |= _without_room(becomes, then, standing) - _without_room(was, first, standing)
    return found


def _in_one_go(items: Iterable[Item]) -> Mapping[ItemId, Sequence[Item]]:
    """Each item with those that continue it, by the id of the one that has the claims."""
    found: dict[ItemId, list[Item]] = {}
    mine: list[Item] = []
    for item in items:
        mine = [*mine, item] if item.continues else [item]
        found[mine[0].id] = mine
    return found


def _without_room(judge: _Judge, resource: Resource, claims: Iterable[tuple[Sequence[Item], Claim]]) -> set[ClaimId]:
    """The claims that find no room when they come one after another, in this order."""
    found: set[ClaimId] = set()
    # A claim lasts a day at most, and meets no other than those that start around it.
    by_day: defaultdict[int, list[Taken]] = defaultdict(list)
    for items, claim in claims:
        taken = Taken(minute_of(claim.starts_at), minutes_until(claim.ends_at), claim.units)
        day = taken.starts // MINUTES_PER_DAY
        room = Room(resource, [*by_day[day - 1], *by_day[day], *by_day[day + 1]])
        units = 1 if room.exclusive else claim.units
        told, with_steps = judge.limit(items)
        limit = room.limit(taken.starts, taken.ends, told, with_steps=with_steps)
        if room.left(taken.starts, taken.ends, limit) < units:
            found.add(claim.id)
        else:
            by_day[day].append(taken)
    return found
