"""Which visits are wanted in a list, and where in it one has come to."""

from dataclasses import dataclass
from datetime import datetime

from appointed.core.ids import BranchId, CustomerId, GroupId, ResourceId, ServiceId, VisitId
from appointed.core.visit import State


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the order of visits: behind one that starts at an instant."""

    starts_at: datetime
    visit_id: VisitId


@dataclass(frozen=True, slots=True)
class VisitFilter:
    """Which visits are wanted; what is None sets no limit.

    They start from one instant on and before another. `resource_id` has a claim of theirs, and `contact` is their
    address. They are those of the customer with `customer_id`, or whom the tenant knows by `customer_reference`. Among
    `states`, a hold that lapsed counts as expired.
    """

    branch_id: BranchId | None = None
    service_id: ServiceId | None = None
    resource_id: ResourceId | None = None
    states: tuple[State, ...] | None = None
    starts_from: datetime | None = None
    starts_before: datetime | None = None
    contact: str | None = None
    group_id: GroupId | None = None
    customer_id: CustomerId | None = None
    customer_reference: str | None = None
