"""On a packed grid slots start as soon as something is free, and every so many minutes of elapsed time from there."""

from appointed.core.catalog import GridAnchor
from appointed.core.localtime import MINUTE
from appointed.core.openings import anchoring, off_grid
from appointed.core.rule import Facts
from appointed.core.timeline import NOTHING, Timeline

name = "slot_grid"
bypassable = False
steady = False


def blocked(facts: Facts) -> Timeline:
    """The starts that follow no beginning of free time at a whole number of steps."""
    service, axis = facts.service, facts.axis
    if service.anchor is not GridAnchor.PACKED:
        return NOTHING
    step, before = service.grid // MINUTE, service.buffer_before // MINUTE
    on_grid = NOTHING
    for opening in anchoring(service.booking_hours, facts.branch.opening_hours, facts.clock, axis):
        for starts, ends in _free(facts, opening.starts, opening.ends):
            first = starts if starts == opening.starts else starts + before
            on_grid |= axis.every(first, step, -((first - ends) // step))
    return off_grid(on_grid, facts.clock, axis)


def _free(facts: Facts, starts: int, ends: int) -> list[tuple[int, int]]:
    """The stretches of an opening that the claims on each resource of the service leave, one resource after another."""
    tickets = facts.service.tickets(facts.party_size)
    units = {
        resource_id: max(role.units for role in facts.service.roles if resource_id in role.resource_ids)
        for resource_id in facts.rooms
    }
    found: list[tuple[int, int]] = []
    for resource_id, room in facts.rooms.items():
        reached = starts
        for taken_from, taken_to in room.unfree(units[resource_id] * tickets):
            if reached < min(taken_from, ends):
                found.append((reached, min(taken_from, ends)))
            reached = max(reached, taken_to)
        if reached < ends:
            found.append((reached, ends))
    return found
