"""Every rule has its row in the documents, its words for people and its twin in the oracle."""

import re
import tomllib
from pathlib import Path

from appointed.core.availability import ASSIGNMENT
from appointed.core.explain import BUFFERS
from appointed.core.rules import RESOURCE_RULES, RULES
from oracle import resource_rules, start_rules

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| `(\w+)` \|", re.MULTILINE)
WORDS = tomllib.loads((ROOT / "src/appointed/i18n/locales/en/refusals.toml").read_text())["words"]["reason"]
# They say that somebody else has the place, and that has a refusal of its own.
TAKEN = {"claims", BUFFERS}


def test_every_rule_has_a_row_and_every_row_a_rule():
    tables = (ROOT / "docs/availability.md").read_text()
    rules = {rule.name for rule in (*RULES, *RESOURCE_RULES)}
    assert set(ROW.findall(tables)) == rules | {BUFFERS}


def test_every_rule_that_can_refuse_a_start_has_words():
    rules = {rule.name for rule in (*RULES, *RESOURCE_RULES)}
    assert set(WORDS) == (rules | {ASSIGNMENT}) - TAKEN


def test_every_rule_is_contradicted_by_the_oracle():
    assert set(start_rules.START_RULES) == {rule.name for rule in RULES}
    assert set(resource_rules.RESOURCE_RULES) == {rule.name for rule in RESOURCE_RULES} | {BUFFERS}


def test_a_rule_is_in_the_file_of_its_name():
    """But for the second halves of two rules, which say so by their names."""
    files = {rule.__name__.rpartition(".")[2]: rule.name for rule in (*RULES, *RESOURCE_RULES)}
    assert {file: name for file, name in files.items() if file != name} == {
        "packed_grid": "slot_grid",
        "same_slot": "claims",
    }
