"""What the oracle is asked about. Keys are whatever the asker likes, as long as they can be compared and hashed."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

Key = Hashable

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def instant(minute: int) -> datetime:
    return EPOCH + minute * MINUTE


@dataclass(frozen=True)
class Hours:
    """Minutes past midnight on the clock; `capacity` only among booking hours."""

    opens: int
    closes: int
    capacity: int | None = None


@dataclass(frozen=True, eq=False)
class Schedule:
    """Week and breaks by weekday, 0 for Monday. Closures are instants."""

    week: tuple[tuple[int, Hours], ...] | None = None
    breaks: tuple[tuple[int, Hours], ...] = ()
    special: Mapping[date, tuple[Hours, ...]] = field(default_factory=dict[date, tuple[Hours, ...]])
    closures: tuple[tuple[datetime, datetime | None], ...] = ()


@dataclass(frozen=True, eq=False)
class Resource:
    """Exclusive, or a pool with steps of capacity, counted by slot or by overlap."""

    key: Key
    exclusive: bool = True
    by_slot: bool = False
    steps: tuple[tuple[datetime, int], ...] = ()
    schedule: Schedule = Schedule()
    skills: frozenset[str] = frozenset()
    traits: frozenset[str] = frozenset()


@dataclass(frozen=True, eq=False)
class Role:
    resources: tuple[Key, ...]
    units: int = 1
    count: int = 1
    skills: frozenset[str] = frozenset()
    interchangeable: bool = False


@dataclass(frozen=True, eq=False)
class Service:
    """Lengths are minutes. `anchor` is opening, clock or packed. Days come with whether only business days count."""

    key: Key
    duration: int
    grid: int
    roles: tuple[Role, ...]
    anchor: str = "opening"
    per_extra_person: int = 0
    heads: bool = False
    before: int = 0
    after: int = 0
    schedule: Schedule = Schedule()
    past_slots_allowed: bool = False
    lead_time: timedelta = timedelta()
    lead_days: tuple[int, bool] | None = None
    horizon: tuple[int, bool] | None = None
    bookable_from: date | None = None
    bookable_until: date | None = None
    party_limit: int | None = None
    daily_limit: int | None = None
    bookable: bool = True
    added: int | None = None


@dataclass(frozen=True)
class Claim:
    """Somebody else's, not overbooked, for a role of a service. `named`: the customer asked for this resource."""

    key: Key
    resource: Key
    starts: int
    ends: int
    units: int = 1
    expires: datetime | None = None
    service: Key = None
    role: int = 0
    named: bool = True


@dataclass(frozen=True, eq=False)
class Part:
    """`asked` has, for a role by its place, a resource or None, and traits.

    Whoever serves the guest's part before one that `goes_on` serves that one too. `party` None stands for the plan's.
    """

    service: Service
    guest: int = 0
    gap: int = 0
    beside: bool = False
    asked: tuple[tuple[int, Key | None, frozenset[str]], ...] = ()
    goes_on: bool = False
    party: int | None = None


@dataclass(frozen=True, eq=False)
class Plan:
    parts: tuple[Part, ...]
    party: int = 1


@dataclass(frozen=True, eq=False)
class World:
    """A branch with its zone and hours, what the tenant has, what others took, and which visits the customer has.

    `visits` are the customer's live visits: the service and the minute at which it starts.
    """

    zone: str
    branch: Schedule
    resources: Mapping[Key, Resource]
    services: Mapping[Key, Service]
    claims: tuple[Claim, ...] = ()
    now: datetime = EPOCH
    visits: tuple[tuple[Key, int], ...] = ()
    # What was worked out once for this world and need not be again; not a part of what is asked.
    notes: dict[Any, Any] = field(default_factory=dict[Any, Any], init=False, repr=False)

    def live(self, resource: Key) -> list[Claim]:
        """The claims on a resource that have not lapsed."""
        return [
            claim
            for claim in self.claims
            if claim.resource == resource and (claim.expires is None or self.now < claim.expires)
        ]
