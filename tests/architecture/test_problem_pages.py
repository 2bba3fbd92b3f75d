"""Every code that our own API answers with has a page that says what it means."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from appointed.dialects.native.dialect import NATIVE

PAGES = Path(__file__).parents[2] / "docs/problems"
ROWS = {str(row.code): (kind, row.status) for kind, row in NATIVE.errors.items()}
ROWS[str(NATIVE.failure.code)] = (None, NATIVE.failure.status)
FACT = re.compile(r"^\| `(\w+)` \|", re.MULTILINE)


def test_every_code_has_a_page_and_every_page_a_code():
    assert {page.stem for page in PAGES.glob("*.md")} == set(ROWS)


@pytest.mark.parametrize("code", ROWS)
def test_a_page_says_what_its_code_means(code):
    kind, status = ROWS[code]
    text = (PAGES / f"{code}.md").read_text()
    assert text.startswith(f"# {code}\n\nStatus {status}. ")
    assert "\n## What to do\n" in text
    assert FACT.findall(text) == ([] if kind is None else [fact.name for fact in fields(kind)])
