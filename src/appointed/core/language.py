"""What is said in several languages, and which of them a reader gets."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Translation(NamedTuple):
    """A text in another language; `language` is a BCP 47 tag."""

    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Text:
    """What is said to people, in the tenant's own language and in others."""

    text: str
    translations: tuple[Translation, ...] = ()


def said(name: str, translations: Sequence[Translation], language: str | None) -> str:
    """The translation that comes nearest to a language, a BCP 47 tag; the name itself where none does."""
    if language is None or not translations:
        return name
    chosen = choose((language,), [translation.language for translation in translations])
    return next((translation.text for translation in translations if translation.language == chosen), name)


def text_in(text: Text, language: str | None) -> str:
    """A text in the nearest of its languages; as it stands where none is near."""
    return said(text.text, text.translations, language)


def choose(wanted: Sequence[str], offered: Sequence[str]) -> str | None:
    """Which of the languages on offer a reader gets, whatever the case of the tags; None where none will do.

    `wanted` are BCP 47 tags, the dearest first. Each is cut short from its end until it is on offer, or something more
    particular is: nl-BE takes nl, and nl takes nl-NL.
    """
    known = {tag.lower(): tag for tag in reversed(offered)}
    for language in wanted:
        for tag in _ever_shorter(language.lower()):
            if tag in known:
                return known[tag]
            for one in offered:
                if one.lower().startswith(f"{tag}-"):
                    return one
    return None


def _ever_shorter(tag: str) -> Iterator[str]:
    """The tag, and what is left of it without its last subtags; one of a single letter goes with what followed it."""
    parts = tag.split("-")
    while parts:
        yield "-".join(parts)
        parts.pop()
        if parts and len(parts[-1]) == 1:
            parts.pop()
