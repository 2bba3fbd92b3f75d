"""What is to be held together: services for guests, in order or side by side, at times that hang on one start."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property

from appointed.core.catalog import NO_TIME, Role, Service
from appointed.core.ids import ResourceId
from appointed.core.localtime import MINUTE
from appointed.core.preference import Preference

PARTS_AT_MOST = 20
ROLES_AT_MOST = 20
UNITS_AT_MOST = 10_000
NEEDS_AT_MOST = 50
"""So many resources a service takes at most, and all parts of a plan together: each is asked about by itself."""


def excess(roles: Sequence[Role]) -> Iterator[tuple[str, str]]:
    """What of a service is more than may be, each as its path and the code of what it could be."""
    if len(roles) > ROLES_AT_MOST:
        yield "roles", "shorter"
    for number, role in enumerate(roles):
        if role.count > NEEDS_AT_MOST:
            yield f"roles[{number}].count", "smaller"
        if role.units > UNITS_AT_MOST:
            yield f"roles[{number}].units", "smaller"
    if len(roles) <= ROLES_AT_MOST and taken(roles) > NEEDS_AT_MOST >= max(role.count for role in roles):
        yield "roles", "smaller"


def taken(roles: Iterable[Role]) -> int:
    """How many resources roles take."""
    return sum(role.count for role in roles)


@dataclass(frozen=True, slots=True)
class Part:
    """One service for one guest.

    It starts `gap` after the guest's part before it has ended; with `beside`, `gap` after that one has started.
    """

    service: Service
    guest: int = 0
    gap: timedelta = NO_TIME
    beside: bool = False
    preferences: tuple[Preference, ...] = ()


@dataclass(frozen=True, eq=False)
class Need:
    """One claim to be made for a part; a role that asks for several resources gives as many, equal ones the same.

    Times are minutes after the plan's start: the item lasts from `starts` to `ends`, the claim from `claims_from` to
    `claims_to`, buffers included. `units` is what it takes of a pool.
    """

    part: int
    place: int
    role: Role
    preference: Preference | None
    units: int
    starts: int
    ends: int
    claims_from: int
    claims_to: int

    @property
    def length(self) -> int:
        """The minutes that the claim lasts."""
        return self.claims_to - self.claims_from

    @cached_property
    def listed(self) -> frozenset[ResourceId]:
        """The resources of its role."""
        return frozenset(self.role.resource_ids)

    def meets(self, other: "Need") -> bool:
        """Whether the two may stand in each other's way: at some time, on some resource."""
        return (
            self.claims_from < other.claims_to
            and other.claims_from < self.claims_to
            and not self.listed.isdisjoint(other.listed)
        )


@dataclass(frozen=True)
class Plan:
    """Parts of one branch that start together or not at all. With several guests, each has a visit of its own.

    `party_size` is the number of people that each visit stands for.
    """

    parts: tuple[Part, ...]
    party_size: int = 1

    @classmethod
    def single(cls, service: Service, party_size: int = 1, preferences: Iterable[Preference] = ()) -> "Plan":
        """One service, for one visit."""
        return cls((Part(service, preferences=tuple(preferences)),), party_size)

    @cached_property
    def offsets(self) -> tuple[int, ...]:
        """When each part starts, in minutes after the plan's start."""
        found: list[int] = []
        before: dict[int, tuple[int, int]] = {}
        for part in self.parts:
            started, ended = before.get(part.guest, (0, 0))
            starts = (started if part.beside else ended) + part.gap // MINUTE
            before[part.guest] = (starts, starts + self.minutes(part))
            found.append(starts)
        return tuple(found)

    @cached_property
    def length(self) -> int:
        """The minutes from the plan's start until its last part has ended."""
        return max(
            (starts + self.minutes(part) for starts, part in zip(self.offsets, self.parts, strict=True)), default=0
        )

    def minutes(self, part: Part) -> int:
        """How long a part lasts."""
        return part.service.length(self.party_size) // MINUTE

    @cached_property
    def needs(self) -> tuple[Need, ...]:
        """All claims that the plan has to make, in the order of parts and roles."""
        found: list[Need] = []
        for number, (part, starts) in enumerate(zip(self.parts, self.offsets, strict=True)):
            service = part.service
            ends = starts + self.minutes(part)
            wished = {preference.role: preference for preference in part.preferences if preference.binds}
            tickets = service.tickets(self.party_size)
            for place, role in enumerate(service.roles):
                need = Need(
                    part=number,
                    place=place,
                    role=role,
                    preference=wished.get(place),
                    units=role.units * tickets,
                    starts=starts,
                    ends=ends,
                    claims_from=starts - service.buffer_before // MINUTE,
                    claims_to=ends + service.buffer_after // MINUTE,
                )
                found.append(need)
                if role.count > 1:
                    asked = need.preference and need.preference.of_others
                    other = need if asked == need.preference else replace(need, preference=asked)
                    found += [other] * (role.count - 1)
        return tuple(found)
