"""What the core finds wrong with a thing, as it is told to whoever wrote it."""

from collections.abc import Iterator, Mapping

from appointed.catalog_file.findings import Finding, Path
from appointed.catalog_file.hours import hours_text
from appointed.core.catalog import Hours, WeeklyHours
from appointed.core.difference import Thing
from appointed.core.soundness import (
    ASKED_TWICE,
    BLANK,
    LANGUAGE_TWICE,
    NO_DATE,
    OVERLAPPING,
    PAST_MIDNIGHT,
    TOO_EARLY,
    flaws,
)

_SENTENCES: Mapping[str, str] = {
    BLANK: "is empty",
    NO_DATE: "{value} is not between 1900-01-01 and 2399-12-31",
    TOO_EARLY: "{value} is before the first date, {other}",
    OVERLAPPING: "{value} overlaps other hours of the day",
    PAST_MIDNIGHT: "{value} ends on the next day, and no hours around it do",
    LANGUAGE_TWICE: "names the language {value} twice",
    ASKED_TWICE: "asks the same as another question, in one language or another",
}


def findings_of(thing: Thing, path: Path) -> Iterator[Finding]:
    """What cannot be about a thing that stands at a path."""
    for flaw in flaws(thing):
        problem = _SENTENCES[flaw.expected].format(value=_said(flaw.value), other=_said(flaw.other))
        yield Finding((*path, *flaw.path), flaw.expected, problem)


def _said(value: object) -> str:
    return hours_text(value.opens_minute, value.closes_minute) if isinstance(value, Hours | WeeklyHours) else str(value)
