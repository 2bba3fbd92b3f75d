"""When one resource can be taken: its rules and its claims, laid on an axis and kept."""

from collections.abc import Iterable
from typing import TypeAlias

from appointed.core.catalog import Resource
from appointed.core.localtime import WallClock
from appointed.core.plan import Need
from appointed.core.preference import Preference
from appointed.core.room import Room
from appointed.core.rule import ResourceFacts, ResourceRule
from appointed.core.rules import RESOURCE_RULES
from appointed.core.timeline import NOTHING, Axis, Timeline, fitting

# Parties of every size could ask about one resource.
MOST_KEPT = 32

# What an answer hangs on: skills, preference, units and length of a need, the capacity, and whether claims count.
_Key: TypeAlias = tuple[frozenset[str], Preference | None, int, int, int | None, bool]

_WORKING = tuple(rule for rule in RESOURCE_RULES if not rule.of_room)
_OF_ROOM = tuple(rule for rule in RESOURCE_RULES if rule.of_room)


class Roster:
    """A resource on an axis, by the clock of its branch. What was worked out once is not worked out again.

    The claims in `room` have to be all that overlap the axis.
    """

    __slots__ = ("_kept", "axis", "clock", "resource", "room")

    def __init__(self, resource: Resource, room: Room, clock: WallClock, axis: Axis) -> None:
        self.resource = resource
        self.room = room
        self.clock = clock
        self.axis = axis
        self._kept: dict[_Key, Timeline] = {}

    def free(self, need: Need, capacity: int | None) -> Timeline:
        """The minutes with which a claim for the need may begin: no rule blocks it, claims included."""
        key = need.role.skills, need.preference, need.units, need.length, capacity, True
        kept = self._kept.get(key)
        if kept is None:
            kept = self._keep(key, self.working(need) & self.begins(_OF_ROOM, need, capacity))
        return kept

    def working(self, need: Need) -> Timeline:
        """The minutes with which a claim for the need could begin if there were room."""
        key = need.role.skills, need.preference, need.units, need.length, None, False
        kept = self._kept.get(key)
        return self._keep(key, self.begins(_WORKING, need, None)) if kept is None else kept

    def blocking(self, rule: ResourceRule, need: Need, capacity: int | None) -> Timeline:
        """What one rule takes away."""
        return rule.blocked(ResourceFacts(self.resource, self.room, need, capacity, self.axis, self.clock))

    def begins(self, rules: Iterable[ResourceRule], need: Need, capacity: int | None) -> Timeline:
        """The minutes with which a claim for the need may begin, as far as these rules go."""
        facts = ResourceFacts(self.resource, self.room, need, capacity, self.axis, self.clock)
        taken, starts = NOTHING, NOTHING
        for rule in rules:
            if rule.by_start:
                starts |= rule.blocked(facts)
            else:
                taken |= rule.blocked(facts)
        free = fitting(self.axis.full & ~taken, need.length) if taken else self.axis.full >> (need.length - 1)
        return free & ~starts if starts else free

    def _keep(self, key: _Key, timeline: Timeline) -> Timeline:
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()
        self._kept[key] = timeline
        return timeline
