"""What a pool holds."""

from oracle.schedules import days_around, openings
from oracle.values import Resource, Service, World, instant


def capacity_by_steps(resource: Resource, minute: int) -> int:
    """The least that a pool's steps give it in a minute."""
    steps = sorted(resource.steps, key=lambda step: step[0])
    before = [capacity for at, capacity in steps if at <= instant(minute)]
    inside = [capacity for at, capacity in steps if instant(minute) < at < instant(minute + 1)]
    return min([before[-1] if before else 0, *inside])


def capacity_by_hours(world: World, service: Service, s: int) -> int | None:
    """What the booking hours say for an item that starts at a minute: today's before yesterday's, in their order."""
    noted = world.notes.setdefault((service, "capacity"), {})
    if s not in noted:
        found = (
            opening.hours.capacity
            for day in days_around(world, s)
            for opening in openings(world, service.schedule, day)
            if opening.opens <= s < opening.closes and opening.hours.capacity is not None
        )
        noted[s] = next(found, None)
    return noted[s]


def capacity(world: World, service: Service, s: int, resource: Resource, minute: int) -> int:
    """What a pool holds in a minute for a service whose item starts at `s`."""
    by_hours = capacity_by_hours(world, service, s)
    return capacity_by_steps(resource, minute) if by_hours is None else by_hours
