"""What the cases about slots ask for: a month of people, rooms and machines, a week of three services, a day."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from appointed.core.catalog import Resource, Service
from appointed.core.ids import ResourceId
from bench import booked

STAFF, ROOMS, MACHINES = range(15), range(15, 19), range(19, 21)
ALL = range(21)
FEW_STAFF = range(30, 33)
TAKEN_DAYS = 32
MONTH_DAYS, WEEK_DAYS = 30, 7
CLAIMS_OF_A_MONTH = range(2_400, 2_700)

HALF_HOURS = booked.service(1, 30, 30, [booked.role(FEW_STAFF)])
MONTH = booked.service(2, 60, 15, [booked.role(STAFF), booked.role(ROOMS), booked.role(MACHINES)], buffer=10)

# Each with people of its own.
SEQUENCE = [
    booked.service(3, 60, 15, [booked.role(STAFF[:5])]),
    booked.service(4, 30, 15, [booked.role(STAFF[5:10])]),
    booked.service(5, 45, 15, [booked.role(STAFF[10:])]),
]

# All with the same people, of whom none can do one and then the next: the buffers overlap.
SHARED = [
    booked.service(6, 60, 15, [booked.role(STAFF)], buffer=10),
    booked.service(7, 30, 15, [booked.role(STAFF)], buffer=10),
    booked.service(8, 45, 15, [booked.role(STAFF)], buffer=10),
]
SERVICES: Sequence[Service] = (HALF_HOURS, MONTH, *SEQUENCE, *SHARED)


def resources() -> dict[ResourceId, Resource]:
    """All that the services take."""
    return booked.resources((*ALL, *FEW_STAFF))


def taken(tomorrow: datetime) -> booked.Busy:
    """What is booked from a midnight on. Raises RuntimeError where a month is not as full as it should be."""
    found = booked.busy((*ALL, *FEW_STAFF), tomorrow.date(), TAKEN_DAYS)
    last = tomorrow + timedelta(days=MONTH_DAYS)
    rows = sum(since < last for number in ALL for since, _ in found[booked.resource_id(number)])
    if rows not in CLAIMS_OF_A_MONTH:
        raise RuntimeError(f"{rows} claims in a month")
    return found
