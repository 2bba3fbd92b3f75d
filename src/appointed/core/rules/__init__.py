"""The rules. A new one is a file here and a line below, whose order decides which of several reasons is named first."""

from appointed.core.rule import ResourceRule, Rule
from appointed.core.rules import (
    bookable,
    booking_hours,
    breaks,
    capacity,
    claims,
    closures,
    customer_limit,
    horizon,
    lead_time,
    opening_hours,
    packed_grid,
    party_size,
    past_slots,
    preference,
    same_slot,
    skills,
    slot_grid,
    special_days,
    time_off,
    working_hours,
)

RULES: tuple[Rule, ...] = (
    bookable,
    closures,
    special_days,
    opening_hours,
    booking_hours,
    slot_grid,
    packed_grid,
    past_slots,
    lead_time,
    horizon,
    party_size,
    customer_limit,
)

# Asked of the first part alone: the others start when those before them let them.
_GRIDS: tuple[Rule, ...] = (slot_grid, packed_grid)
FOLLOWING_RULES: tuple[Rule, ...] = tuple(rule for rule in RULES if rule not in _GRIDS)

RESOURCE_RULES: tuple[ResourceRule, ...] = (
    skills,
    preference,
    working_hours,
    breaks,
    time_off,
    capacity,
    claims,
    same_slot,
)
