"""What a rule is: facts in, blocked time out.

A rule about a start says at which minutes a part of a plan may not start; a rule about a resource, in which minutes it
cannot be taken. Every rule judges for itself, whatever the others say, and is asked in the same words about a month and
about one minute: what is offered, what is refused and why come from one place and cannot disagree.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from appointed.core.catalog import Branch, Resource, Service
from appointed.core.ids import ResourceId
from appointed.core.localtime import WallClock
from appointed.core.plan import Need
from appointed.core.room import Room
from appointed.core.timeline import Axis, Timeline


@dataclass(frozen=True, slots=True)
class Facts:
    """What a rule about a start may know of one part.

    Starts are asked for on `axis`, which reaches far enough for the item of every start that matters. `length` is the
    item's, in minutes. `customer_starts` are the minutes of UTC at which other visits of the customer start for this
    service. `rooms` are the resources of the service that the tenant has.
    """

    branch: Branch
    service: Service
    party_size: int
    length: int
    axis: Axis
    clock: WallClock
    now: datetime
    customer_starts: Sequence[int]
    rooms: Mapping[ResourceId, Room]


class Rule(Protocol):
    """About a start. `name` stands in refusals and explanations.

    A rule is `steady` when its answer hangs on branch, service, party and axis alone: it may be kept.
    """

    @property
    def name(self) -> str: ...

    @property
    def bypassable(self) -> bool: ...

    @property
    def steady(self) -> bool: ...

    def blocked(self, facts: Facts) -> Timeline:
        """The minutes of the axis at which the part may not start."""
        ...


@dataclass(frozen=True, slots=True)
class ResourceFacts:
    """What a rule about a resource may know of it and of one need: the need's skills, preference, units and length.

    An answer is kept by these (`roster.py`); a rule that looks at more of a need would answer for another one.

    `capacity` is what a pool holds in place of its own steps, where the booking hours say so.
    """

    resource: Resource
    room: Room
    need: Need
    capacity: int | None
    axis: Axis
    clock: WallClock


class ResourceRule(Protocol):
    """About a resource. With `by_start` the timeline holds starts of the claim; else minutes that no claim may touch.

    `of_room` tells whether it asks how much the resource holds, and not whether it is there at all.
    """

    @property
    def name(self) -> str: ...

    @property
    def bypassable(self) -> bool: ...

    @property
    def by_start(self) -> bool: ...

    @property
    def of_room(self) -> bool: ...

    def blocked(self, facts: ResourceFacts) -> Timeline:
        """The minutes of the axis that the rule takes away from the need."""
        ...
