"""A slot lies within the hours in which the service can be booked, where it has hours of its own."""

from appointed.core.openings import not_open
from appointed.core.rule import Facts
from appointed.core.timeline import Timeline, touching

name = "booking_hours"
bypassable = False
steady = True


def blocked(facts: Facts) -> Timeline:
    """The starts from which the item does not lie within the service's hours."""
    return touching(not_open(facts.service.booking_hours, facts.clock, facts.axis), facts.length)
