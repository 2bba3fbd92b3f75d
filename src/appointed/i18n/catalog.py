"""Turns a refusal into a sentence of some language. Each folder under `locales` is a language; none needs Python.

A refusal's facts are put into its sentence. A fact that is a code is spelled out by the table of the fact's name
under `words`, and stays as it is where that table does not know it.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from appointed.core.errors import Fact, Refusal

FALLBACK = "en"


@dataclass(frozen=True, slots=True)
class Locale:
    """`sentences` are by refusal code, `words` by fact name and then by code; `one` has sentences for a number of 1."""

    sentences: Mapping[str, str]
    one: Mapping[str, str]
    words: Mapping[str, Mapping[str, str]]
    failure: str
    either: str


def _locale(path: Path) -> Locale:
    table: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    return Locale(
        sentences=table["sentences"],
        one=table.get("one", {}),
        words=table["words"],
        failure=table["failure"],
        either=table["either"],
    )


_LOCALES: Mapping[str, Locale] = {
    path.parent.name: _locale(path) for path in sorted(Path(__file__).parent.glob("locales/*/refusals.toml"))
}

LOCALES = tuple(_LOCALES)
"""The tags of the languages there are."""


def sentence(refusal: Refusal, language: str | None) -> str:
    """What `refusal` says to a person who reads `language`, a tag such as `sv` or `en-GB`; else in English."""
    locale = _LOCALES[nearest(language)]
    facts = refusal.facts()
    told = locale.one.get(refusal.code) if 1 in facts.values() else None
    words = {name: _word(locale, name, fact) for name, fact in facts.items()}
    return (told or locale.sentences[refusal.code]).format_map(words)


def failure(language: str | None) -> str:
    """What there is to say when the fault is the server's own."""
    return _LOCALES[nearest(language)].failure


def nearest(language: str | None, tags: Sequence[str] = LOCALES) -> str:
    """Which of `tags` comes nearest to `language`: its own, that of its primary language, or else English."""
    tag = (language or FALLBACK).replace("_", "-").lower()
    known = {name.lower(): name for name in tags}
    return known.get(tag) or known.get(tag.partition("-")[0]) or FALLBACK


def _word(locale: Locale, name: str, fact: Fact) -> str:
    """`fact` in words. An expectation that allows several things joins their codes by `_or_`."""
    words, code = locale.words.get(name, {}), str(fact)
    parts = code.split("_or_")
    return locale.either.join(words[part] for part in parts) if all(part in words for part in parts) else code
