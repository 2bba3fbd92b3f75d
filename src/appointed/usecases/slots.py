"""What can be booked."""

from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from appointed.core import availability
from appointed.core.availability import Slot
from appointed.core.caller import Caller, Scope
from appointed.core.ids import ServiceId
from appointed.core.intervals import Interval
from appointed.core.localtime import MINUTES_PER_DAY, edge, to_local, zone
from appointed.usecases.context import Context
from appointed.usecases.reading import Reading, read


@dataclass(frozen=True, slots=True)
class Days:
    """One calendar day on the branch's clock; None for the day that it is there."""

    day: date | None


Span: TypeAlias = Interval | Days


async def find_slots(context: Context, caller: Caller, service_id: ServiceId, span: Span) -> tuple[Slot, ...]:
    """Every slot of a service that starts in the span, in order, full ones with nothing left.

    Raises ServiceNotFound, ScopeMissing.
    """
    caller.require(Scope.READ)
    window = span
    if isinstance(window, Days):
        window = _window(await read(context, caller), service_id, window)
        if window is None:
            return ()
    reading = await read(context, caller, service=service_id, window=window)
    service = reading.catalog.service(service_id)
    branch = reading.catalog.branches[service.branch_id]
    return availability.slots(service, branch, reading.catalog.resources, reading.occupied, window, reading.now)


def _window(reading: Reading, service_id: ServiceId, days: Days) -> Interval | None:
    """From midnight to midnight on the branch's clock; None for a day that the calendar there left out."""
    service = reading.catalog.service(service_id)
    where = zone(reading.catalog.branches[service.branch_id].time_zone)
    day = days.day or to_local(where, reading.now).day
    try:
        start, end = edge(where, day, 0), edge(where, day, MINUTES_PER_DAY)
    except OverflowError:
        return None
    return Interval(start, end) if start < end else None
