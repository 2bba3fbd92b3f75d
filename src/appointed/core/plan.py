"""What is to be held together: services for guests, in order or side by side, at times that hang on one start."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from operator import add

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

    It starts `gap` after the guest's part before it has ended; with `beside`, `gap` after that one has started. One
    that `continues` needs nobody of its own: whoever serves the guest's part before it goes on with it, and nobody is
    asked for. It is for `party_size` people, or for as many as the visit where that is None.
    """

    service: Service
    guest: int = 0
    gap: timedelta = NO_TIME
    beside: bool = False
    preferences: tuple[Preference, ...] = ()
    continues: bool = False
    party_size: int | None = None


@dataclass(frozen=True, eq=False)
class Need:
    """One claim to be made for a part; a role that asks for several resources gives as many, equal ones the same.

    Times are minutes after the plan's start: the item lasts from `starts` to `ends`, the claim from `claims_from` to
    `claims_to`, buffers included. `units` is what it takes of a pool. Where other parts continue its own, item and
    claim reach as far as any of theirs would, and it takes as much as the one that takes most.
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
        for part, minutes in zip(self.parts, self.lengths, strict=True):
            started, ended = before.get(part.guest, (0, 0))
            starts = (started if part.beside else ended) + part.gap // MINUTE
            before[part.guest] = (starts, starts + minutes)
            found.append(starts)
        return tuple(found)

    @cached_property
    def added(self) -> Mapping[int, Sequence[int]]:
        """The parts that continue others, by the first of those that are served in one go, all by their numbers.

        Raises ValueError where there is nothing to continue, or it should begin before that has ended.
        """
        found: dict[int, list[int]] = {}
        first: dict[int, int] = {}
        for number, part in enumerate(self.parts):
            if not part.continues:
                first[part.guest] = number
            elif part.beside:
                raise ValueError("a part does not continue another and stand beside it")
            elif part.guest in first:
                found.setdefault(first[part.guest], []).append(number)
            else:
                raise ValueError("a guest's first part continues nothing")
        return found

    @cached_property
    def length(self) -> int:
        """The minutes from the plan's start until its last part has ended."""
        return max(map(add, self.offsets, self.lengths), default=0)

    @cached_property
    def lengths(self) -> tuple[int, ...]:
        """How many minutes each part lasts."""
        return tuple(map(self.minutes, self.parts))

    def minutes(self, part: Part) -> int:
        """How many minutes a part lasts."""
        service, people = part.service, self.people(part)
        return (service.added_length(people) if part.continues else service.length(people)) // MINUTE

    def people(self, part: Part) -> int:
        """How many a part is for."""
        return self.party_size if part.party_size is None else part.party_size

    @cached_property
    def needs(self) -> tuple[Need, ...]:
        """All claims that the plan has to make, in the order of parts and roles."""
        found: list[Need] = []
        continued = False
        for number, (part, starts, minutes) in enumerate(zip(self.parts, self.offsets, self.lengths, strict=True)):
            if part.continues:
                continued = True
                continue
            service = part.service
            ends = starts + minutes
            wished = {preference.role: preference for preference in part.preferences if preference.binds}
            tickets = service.tickets(self.people(part))
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
        if continued:
            added = self.added
            longer = {need: self._longer(need, added.get(need.part, ())) for need in dict.fromkeys(found)}
            found = [longer[need] for need in found]
        return tuple(found)

    def _longer(self, need: Need, added: Sequence[int]) -> Need:
        """The need of a part with those that continue it."""
        units, ends, claims_from, claims_to = need.units, need.ends, need.claims_from, need.claims_to
        for number in added:
            part, starts = self.parts[number], self.offsets[number]
            service, over = part.service, starts + self.lengths[number]
            units = max(units, need.role.units * service.tickets(self.people(part)))
            ends = max(ends, over)
            claims_from = min(claims_from, starts - service.buffer_before // MINUTE)
            claims_to = max(claims_to, over + service.buffer_after // MINUTE)
        return replace(need, units=units, ends=ends, claims_from=claims_from, claims_to=claims_to)
