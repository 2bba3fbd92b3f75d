"""A slot lies within the hours in which the service can be booked, where it has hours of its own."""

from appointed.core.openings import breaks, shut_time
from appointed.core.rule import Facts
from appointed.core.timeline import Timeline, touching

name = "booking_hours"
bypassable = False
steady = True


def blocked(facts: Facts) -> Timeline:
    """The starts from which the item does not lie within the service's hours."""
    schedule, clock, axis = facts.service.booking_hours, facts.clock, facts.axis
    shut = shut_time(schedule, clock, axis) | breaks(schedule, clock, axis)
    return touching(shut, facts.length)
