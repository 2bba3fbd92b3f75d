"""What is written about the code is complete."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from appointed.core.errors import REFUSALS, Refusal
from appointed.dialects import DIALECTS
from appointed.i18n import catalog
from appointed.settings import SETTINGS

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md"))]
ROW_OF_SETTING = re.compile(r"^\|\s*`(?P<variable>[A-Z][A-Z0-9_]*)`\s*\|(?P<rest>.*)$", re.MULTILINE)
VARIABLE = re.compile(r"\bAPPOINTED_[A-Z_]+\b")
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)\s]*)?\)")
SOURCE_FILE = re.compile(r"`((?:src|tests|docs|tools|bench)/[\w./-]+\.\w+)`")


def documented_settings() -> dict[str, str]:
    rows = ROW_OF_SETTING.finditer((DOCS / "settings.md").read_text())
    return {row["variable"]: row["rest"] for row in rows}


def test_every_setting_has_a_row_and_every_row_a_setting():
    assert set(documented_settings()) == {setting.variable for setting in SETTINGS}


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.variable)
def test_a_setting_has_the_default_that_its_row_says(setting):
    row = documented_settings()[setting.variable]
    assert setting.default is None or f"`{setting.default}`" in row


def test_sources_and_pages_name_only_settings_that_exist():
    files = [*PAGES, ROOT / "Makefile", *(ROOT / "src").rglob("*.py")]
    named = {name for file in files for name in VARIABLE.findall(file.read_text())} - {"APPOINTED_"}
    assert named - {setting.variable for setting in SETTINGS} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_points_to_is_there(page):
    text = page.read_text()
    links = {page.parent / target for target in LINK.findall(text) if "://" not in target}
    files = {ROOT / target for target in SOURCE_FILE.findall(text)}
    assert {str(target) for target in links | files if not target.exists()} == set()


def test_decisions_have_numbers_of_their_own():
    pages = [page.name for page in (DOCS / "decisions").glob("*.md")]
    assert [page for page in pages if not re.fullmatch(r"\d{4}-[a-z0-9-]+\.md", page)] == []
    assert len({page[:4] for page in pages}) == len(pages)


def sample(kind: type[Refusal]) -> Refusal:
    """A refusal of this kind whose facts are made up."""
    return kind(**{fact.name: 7 if fact.type is int else "made_up" for fact in fields(kind)})


@pytest.mark.parametrize("language", catalog.LOCALES)
@pytest.mark.parametrize("kind", REFUSALS.values(), ids=REFUSALS)
def test_every_refusal_has_a_sentence_in_every_language(kind, language):
    said = catalog.sentence(sample(kind), language)
    assert said.strip()
    assert "{" not in said


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_every_refusal_has_a_row_in_every_dialect(dialect):
    assert set(dialect.errors) == set(REFUSALS.values())
    assert [row.status for row in dialect.errors.values() if not 400 <= row.status < 600] == []


def test_every_dialect_has_its_page():
    assert [dialect.name for dialect in DIALECTS if not (DOCS / f"dialects/{dialect.name}.md").exists()] == []
