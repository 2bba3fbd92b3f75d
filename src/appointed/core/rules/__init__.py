"""The rules. A new one is a file here and a line in RULES, whose order decides which of several reasons is named."""

from appointed.core.rule import Rule
from appointed.core.rules import opening_hours, past, slot_grid

RULES: tuple[Rule, ...] = (opening_hours, slot_grid, past)
