"""A plan asked about: which minutes matter, which starts its rules leave, and when each resource could serve it."""

from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import NamedTuple, TypeAlias

from appointed.core.catalog import Branch, Catalog, GridAnchor, Service
from appointed.core.ids import ResourceId, ServiceId
from appointed.core.localtime import MINUTES_PER_DAY, WallClock, instant_of, wall_clock, years_around, zone
from appointed.core.openings import openings
from appointed.core.placing import Demand
from appointed.core.plan import Need, Part, Plan
from appointed.core.room import Room
from appointed.core.roster import Roster
from appointed.core.rule import Facts, Rule
from appointed.core.rules import FOLLOWING_RULES, RULES, capacity
from appointed.core.timeline import NOTHING, Axis, Timeline, shift

Steady: TypeAlias = MutableMapping[tuple[ServiceId, int, int, Axis, bool], Timeline]
"""What steady rules block, by the service, how many come and for how many minutes, the axis and whether it is first."""

# What the hours of one service say, and the starts of the plan for which they do.
_Told: TypeAlias = tuple[int | None, Timeline]

# Hours last a day at most, a claim too, and either may begin on the day before.
_AROUND = 2 * MINUTES_PER_DAY
# As far as days of business are looked for, see openings.
BUSINESS_YEARS = 3


class Limit(NamedTuple):
    """What booking hours say that a pool holds, None where they say nothing.

    `with_steps`: some of the services that are given in one go say it and some do not, so that its own steps hold too.
    """

    capacity: int | None
    with_steps: bool = False

    def along(self, other: int | None) -> "Limit":
        """The limit for one more service, of which the booking hours say this."""
        if self.capacity is None or other is None:
            told = other if self.capacity is None else self.capacity
            return Limit(told, told is not None)
        return Limit(min(self.capacity, other), self.with_steps)


_NONE = Limit(None)


@dataclass(frozen=True, eq=False)
class Inquiry:
    """A plan asked about at `now`, for starts in the minutes of UTC from `window[0]` to before `window[1]`.

    `rosters` are the resources of the tenant that the plan could meet, each on an axis that holds `axis_of` plan and
    window. `customer_starts` are the minutes at which other visits of the customer start, by service. `steady` keeps
    what the catalogue alone decides, and lasts no longer than the catalogue does.
    """

    plan: Plan
    branch: Branch
    window: tuple[int, int]
    now: datetime
    catalog: Catalog
    rosters: Mapping[ResourceId, Roster]
    customer_starts: Mapping[ServiceId, Sequence[int]] = field(default_factory=dict[ServiceId, Sequence[int]])
    steady: Steady = field(default_factory=dict[tuple[ServiceId, int, int, Axis, bool], Timeline])

    @cached_property
    def axis(self) -> Axis:
        """The minutes that the answer hangs on."""
        return axis_of(self.plan, self.window, self.catalog)

    @cached_property
    def clock(self) -> WallClock:
        """The clock of the branch, around the window and now."""
        return clock_of(self.branch, self.axis, self.now)

    @cached_property
    def rooms(self) -> Mapping[ResourceId, Room]:
        """What each of the resources holds."""
        return {resource_id: roster.room for resource_id, roster in self.rosters.items()}

    def rosters_of(self, need: Need) -> list[Roster]:
        """Those of a need's role that the tenant has, in the order of the role."""
        return [self.rosters[each] for each in dict.fromkeys(need.role.resource_ids) if each in self.rosters]

    def blocking(self, start: int) -> Iterator[tuple[Rule, Part]]:
        """The rules that block a start of the plan, part by part and each with the part that it blocks."""
        for number, (part, offset) in enumerate(zip(self.plan.parts, self.plan.offsets, strict=True)):
            for rule in _rules(number):
                if self.axis.has(rule.blocked(self._facts[number]), start + offset):
                    yield rule, part

    def open_starts(self) -> Timeline:
        """The starts in the window that no rule blocks for any part."""
        axis = self.axis
        left = axis.span(*self.window)
        for number, offset in enumerate(self.plan.offsets):
            left &= ~shift(self._steadily(number), -offset)
            if not left:
                return NOTHING
            for rule in _rules(number):
                if not rule.steady:
                    left &= ~shift(rule.blocked(self._facts[number]), -offset)
        return left

    @cached_property
    def limits(self) -> tuple[Mapping[Limit, Timeline], ...]:
        """For the needs of each part what booking hours say of pools, each with the starts of the plan that it is for.

        Where other parts continue it, the hours of all of them count.
        """
        own = [
            tuple(self._capacities(part.service, offset))
            for part, offset in zip(self.plan.parts, self.plan.offsets, strict=True)
        ]
        added = self.plan.added
        return tuple(_along(mine, [own[each] for each in added.get(number, ())]) for number, mine in enumerate(own))

    def limit(self, need: Need, start: int) -> Limit:
        """What booking hours say of pools for a need, at one start of the plan."""
        return next((limit for limit, starts in self.limits[need.part].items() if self.axis.has(starts, start)), _NONE)

    def capacity(self, need: Need, start: int, room: Room) -> int | None:
        """What a pool holds for a need in place of its own steps, at one start of the plan."""
        told, with_steps = self.limit(need, start)
        return room.limit(start + need.claims_from, start + need.claims_to, told, with_steps=with_steps)

    def demand(self, need: Need, start: int, options: tuple[ResourceId, ...]) -> Demand:
        """The claim that a need makes on one of these resources, at a start of the plan."""
        begins, ends = start + need.claims_from, start + need.claims_to
        return Demand(begins, ends, options, need.units, *self.limit(need, start))

    def _capacities(self, service: Service, offset: int) -> Iterator[tuple[int | None, Timeline]]:
        axis = self.axis
        rest = axis.full
        if _has_capacities(service):
            laid = list(openings(service.booking_hours, self.clock, axis))
            for opening in sorted(laid, key=lambda opening: -opening.day):
                if opening.hours.capacity is not None:
                    within = rest & shift(axis.span(opening.starts, opening.ends), -offset)
                    yield opening.hours.capacity, within
                    rest &= ~within
        yield None, rest

    def free(self, need: Need, roster: Roster) -> Timeline:
        """The starts of the plan with which a resource can serve a need, its claims included."""
        key = need, roster
        found = self._free.get(key)
        if found is None:
            found = NOTHING
            for limit, starts in self.limits[need.part].items():
                if starts:
                    for held, there in self._held(need, roster, limit, starts):
                        found |= there & self._from(roster, roster.free(need, held), need)
            self._free[key] = found
        return found

    def _held(
        self, need: Need, roster: Roster, limit: Limit, starts: Timeline
    ) -> Iterator[tuple[int | None, Timeline]]:
        """What a limit comes to for a resource, each with the starts of the plan that it is for."""
        told = limit.capacity
        if told is None or not limit.with_steps or roster.room.exclusive:
            yield told, starts
            return
        for level in sorted({told, *(level for level in roster.room.levels if level < told)}, reverse=True):
            holding = roster.begins((capacity,), replace(need, units=level), None)
            there = starts & self._from(roster, holding, need)
            yield level, there
            starts &= ~there

    @cached_property
    def _free(self) -> dict[tuple[Need, Roster], Timeline]:
        return {}

    def working(self, need: Need, roster: Roster) -> Timeline:
        """The starts of the plan with which a resource could serve a need if there were room."""
        return self._from(roster, roster.working(need), need)

    def _from(self, roster: Roster, begins: Timeline, need: Need) -> Timeline:
        """Starts of the plan, from minutes at which the claim of a need begins."""
        axis = self.axis
        return shift(begins, roster.axis.starts - axis.starts - need.claims_from) & axis.full

    @cached_property
    def _facts(self) -> tuple[Facts, ...]:
        return tuple(map(self._gathered, self.plan.parts, self.plan.lengths))

    def _gathered(self, part: Part, length: int) -> Facts:
        service = part.service
        listed = {resource_id for role in service.roles for resource_id in role.resource_ids}
        return Facts(
            branch=self.branch,
            service=service,
            party_size=self.plan.people(part),
            length=length,
            axis=self.axis,
            clock=self.clock,
            now=self.now,
            customer_starts=self.customer_starts.get(service.id, ()),
            rooms={resource_id: self.rosters[resource_id].room for resource_id in listed & self.rosters.keys()},
        )

    def _steadily(self, number: int) -> Timeline:
        """What the steady rules block of a part, in its own starts."""
        part, plan = self.plan.parts[number], self.plan
        key = part.service.id, plan.people(part), plan.lengths[number], self.axis, number == 0
        kept = self.steady.get(key)
        if kept is None:
            kept = NOTHING
            for rule in _rules(number):
                if rule.steady:
                    kept |= rule.blocked(self._facts[number])
            self.steady[key] = kept
        return kept


def _rules(number: int) -> tuple[Rule, ...]:
    return RULES if number == 0 else FOLLOWING_RULES


def concerned(plan: Plan, catalog: Catalog) -> tuple[ResourceId, ...]:
    """The resources of the tenant that matter to a plan: those of its roles, and those to which others could move."""
    listed = dict.fromkeys(resource_id for need in plan.needs for resource_id in need.role.resource_ids)
    interchanged = list(catalog.interchangeable)
    while interchanged:
        joining = [role for role in interchanged if not listed.keys().isdisjoint(role.resource_ids)]
        if not joining:
            break
        interchanged = [role for role in interchanged if role not in joining]
        for role in joining:
            listed.update(dict.fromkeys(role.resource_ids))
    return tuple(resource_id for resource_id in listed if resource_id in catalog.resources)


def moves_others(plan: Plan, catalog: Catalog) -> bool:
    """Whether claims of others on the plan's resources may have to move."""
    if not catalog.interchangeable:
        return False
    listed = {resource_id for need in plan.needs for resource_id in need.role.resource_ids}
    return any(not listed.isdisjoint(role.resource_ids) for role in catalog.interchangeable)


def axis_of(plan: Plan, window: tuple[int, int], catalog: Catalog) -> Axis:
    """The minutes that have to be known to answer for the starts in a window."""
    before = min((0, *(need.claims_from for need in plan.needs)))
    after = max((plan.length, *(need.claims_to for need in plan.needs)))
    packed = any(part.service.anchor is GridAnchor.PACKED for part in plan.parts)
    around = _AROUND if packed or moves_others(plan, catalog) else 0
    return Axis(window[0] + before - around, window[1] + after + around)


def clock_of(branch: Branch, axis: Axis, now: datetime) -> WallClock:
    """The clock of a branch, for an axis and for what is counted from now."""
    asked = years_around(instant_of(axis.starts).year, instant_of(axis.ends).year)
    counted = years_around(now.year, now.year + BUSINESS_YEARS)
    return wall_clock(zone(branch.time_zone), tuple(sorted({*asked, *counted})))


def _along(own: Sequence[_Told], others: Sequence[Sequence[_Told]]) -> Mapping[Limit, Timeline]:
    """The limits of a part with those that continue it."""
    found: dict[Limit, Timeline] = {}
    for told, starts in own:
        found[Limit(told)] = found.get(Limit(told), NOTHING) | starts
    for told_of_other in others:
        both: dict[Limit, Timeline] = {}
        for limit, starts in found.items():
            for told, there in told_of_other:
                if starts & there:
                    along = limit.along(told)
                    both[along] = both.get(along, NOTHING) | starts & there
        found = both
    return found


def _has_capacities(service: Service) -> bool:
    hours = service.booking_hours
    return any(each.capacity is not None for each in (hours.week or ())) or any(
        each.capacity is not None for special in hours.special_days for each in special.hours
    )
