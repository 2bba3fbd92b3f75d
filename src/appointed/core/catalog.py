"""What a tenant offers: branches, services, resources. Frozen values, read whole and versioned as one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from appointed.core.errors import ServiceNotFound
from appointed.core.ids import BranchId, ResourceId, ServiceId


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """One range of a weekday on the branch's wall clock.

    `weekday` is 0 for Monday. Minutes count from midnight on the clock, so that 540 is nine o'clock on every day;
    a range that ends on the next day has `closes_minute` above 1440.
    """

    weekday: int
    opens_minute: int
    closes_minute: int


@dataclass(frozen=True, slots=True)
class Branch:
    """A place. `time_zone` is an IANA name."""

    id: BranchId
    name: str
    time_zone: str
    opening_hours: tuple[OpeningHours, ...] = ()


class ResourceKind(StrEnum):
    """EXCLUSIVE is taken by one visit at a time, POOL by as many as its capacity."""

    EXCLUSIVE = "exclusive"
    POOL = "pool"


class PoolScope(StrEnum):
    """Which claims share a pool's capacity: those that OVERLAP, or those of the SAME_SLOT."""

    OVERLAP = "overlap"
    SAME_SLOT = "same_slot"


@dataclass(frozen=True, slots=True)
class CapacityStep:
    """From `starts_at` on the pool holds `capacity` units, until the next step."""

    starts_at: datetime
    capacity: int


@dataclass(frozen=True, slots=True)
class Resource:
    """Who or what is occupied. A pool has at least one capacity step; before its first it holds nothing."""

    id: ResourceId
    branch_id: BranchId
    name: str
    kind: ResourceKind
    scope: PoolScope = PoolScope.OVERLAP
    capacity: tuple[CapacityStep, ...] = ()


@dataclass(frozen=True, slots=True)
class Role:
    """A service needs `units` of one of these resources."""

    resource_ids: tuple[ResourceId, ...]
    units: int = 1


@dataclass(frozen=True, slots=True)
class Service:
    """What is booked. Slots last `duration` and start every `grid` from each opening of the branch."""

    id: ServiceId
    branch_id: BranchId
    name: str
    duration: timedelta
    grid: timedelta
    roles: tuple[Role, ...]
    locale: str = "en"
    required_contact: str | None = None
    party_limit: int | None = None
    reminder: timedelta | None = None
    past_slots_allowed: bool = False


@dataclass(frozen=True, slots=True)
class Catalog:
    """All that one tenant offers, at one version."""

    version: int
    branches: Mapping[BranchId, Branch] = field(default_factory=dict[BranchId, Branch])
    services: Mapping[ServiceId, Service] = field(default_factory=dict[ServiceId, Service])
    resources: Mapping[ResourceId, Resource] = field(default_factory=dict[ResourceId, Resource])

    def service(self, service_id: ServiceId) -> Service:
        """The service with this id. Raises ServiceNotFound."""
        service = self.services.get(service_id)
        if service is None:
            raise ServiceNotFound
        return service
