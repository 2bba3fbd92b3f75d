"""What a thing of a catalogue has to be by itself: names that say something, dates and ranges that mean one thing.

Whoever makes one of what people or other systems wrote asks here, so that none of them is stricter than another.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import NamedTuple

from appointed.core.catalog import Branch, Hours, Resource, Schedule, Service, ServiceGroup, WeeklyHours
from appointed.core.language import Text, Translation
from appointed.core.localtime import FIRST_INSTANT, LAST_INSTANT, MINUTES_PER_DAY

Path = tuple[str | int, ...]

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

BLANK = "text"
NO_DATE = "date"
TOO_EARLY = "after_start"
OVERLAPPING = "other_value"
PAST_MIDNIGHT = "within_hours"
LANGUAGE_TWICE = "language_of_its_own"
ASKED_TWICE = "question_of_its_own"


class Flaw(NamedTuple):
    """A field that cannot be as it is. `expected` is the code of what could stand there, `value` is what does, and
    `other` what it does not go with, if anything."""

    path: Path
    expected: str
    value: str | date | Hours | WeeklyHours
    other: date | Hours | WeeklyHours | None = None


def flaws(thing: Branch | Resource | Service | ServiceGroup) -> Iterator[Flaw]:
    """What cannot be.

    Names are not blank, and nothing is said twice in one language. No two questions of a service are the same in any
    language, since one answer would be an answer to both. Dates lie in the centuries in which visits are, the first
    before the last. Hours of one date do not overlap, nor do breaks; those of a service may, since starts are counted
    from the beginning of each, unless they say how many there is room for. A break goes past midnight only within hours
    that do.
    """
    yield from _names(thing)
    match thing:
        case Branch():
            yield from _schedule(thing.opening_hours, ("opening_hours",))
        case Resource():
            yield from _schedule(thing.schedule, ("schedule",))
        case Service():
            yield from _schedule(thing.booking_hours, ("booking_hours",), counted=True)
            yield from _dates(thing)
            for path, text in _texts(thing):
                yield from _languages(text.translations, (*path, "translations"))
            yield from _questions(thing)
        case ServiceGroup():
            pass


def in_range(day: date) -> bool:
    """Whether a date lies in the centuries in which visits are."""
    return FIRST_INSTANT.year <= day.year < LAST_INSTANT.year


def joined(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same minutes in ranges of which none overlaps another, in order."""
    found: list[tuple[int, int]] = []
    for starts, ends in sorted(ranges):
        if found and starts < found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], ends)
        else:
            found.append((starts, ends))
    return found


def _names(thing: Branch | Resource | Service | ServiceGroup) -> Iterator[Flaw]:
    if not thing.name.strip():
        yield Flaw(("name",), BLANK, thing.name)
    for translation in () if isinstance(thing, Resource) else thing.names:
        if not translation.text.strip():
            yield Flaw(("names", translation.language), BLANK, translation.text)
    yield from () if isinstance(thing, Resource) else _languages(thing.names, ("names",))


def _texts(service: Service) -> Iterator[tuple[Path, Text]]:
    """What a service says to people besides its name, and where it stands."""
    told: list[tuple[Path, Text | None]] = [(("description",), service.description)]
    for index, question in enumerate(service.questions):
        path: Path = ("questions", index)
        told += ((*path, "text"), question.text), ((*path, "clarification"), question.clarification)
    for index, screening in enumerate(service.screening):
        path = ("screening", index)
        told += ((*path, "text"), screening.text), ((*path, "clarification"), screening.clarification)
        told.append(((*path, "denial"), screening.denial))
    return ((path, text) for path, text in told if text is not None)


def _languages(translations: Iterable[Translation], path: Path) -> Iterator[Flaw]:
    """Tags that differ in case only are of one language."""
    known: set[str] = set()
    for translation in translations:
        tag = translation.language.lower()
        if tag in known:
            yield Flaw((*path, translation.language), LANGUAGE_TWICE, translation.language)
        known.add(tag)


def _questions(service: Service) -> Iterator[Flaw]:
    known: set[str] = set()
    for index, question in enumerate(service.questions):
        if not known.isdisjoint(question.wordings):
            yield Flaw(("questions", index, "text"), ASKED_TWICE, question.text.text)
        known |= question.wordings


def _dates(service: Service) -> Iterator[Flaw]:
    first, last = service.bookable_from, service.bookable_until
    for name, day in (("bookable_from", first), ("bookable_until", last)):
        if day is not None and not in_range(day):
            yield Flaw((name,), NO_DATE, day)
    if first is not None and last is not None and last < first:
        yield Flaw(("bookable_until",), TOO_EARLY, last, first)


def _schedule(schedule: Schedule, path: Path, *, counted: bool = False) -> Iterator[Flaw]:
    """`counted` tells that starts are counted from these hours."""
    for weekday, name in enumerate(WEEKDAYS):
        hours = [each for each in schedule.week or () if each.weekday == weekday]
        breaks = [each for each in schedule.breaks if each.weekday == weekday]
        yield from _overlaps(hours, (*path, "week", name), counted=counted)
        yield from _overlaps(breaks, (*path, "breaks", name))
        for index, each in enumerate(breaks):
            if each.closes_minute > MINUTES_PER_DAY and not any(_holds(around, each) for around in hours):
                yield Flaw((*path, "breaks", name, index), PAST_MIDNIGHT, each)
    for special in schedule.special_days:
        if not in_range(special.day):
            yield Flaw((*path, "special_days", special.day.isoformat()), NO_DATE, special.day)
        yield from _overlaps(special.hours, (*path, "special_days", special.day.isoformat()), counted=counted)


def _overlaps(hours: Sequence[Hours | WeeklyHours], path: Path, *, counted: bool = False) -> Iterator[Flaw]:
    for index, each in enumerate(hours):
        for other in hours[:index]:
            several = counted and each.capacity is None and other.capacity is None
            if each.opens_minute < other.closes_minute and other.opens_minute < each.closes_minute and not several:
                yield Flaw((*path, index), OVERLAPPING, each, other)
                break


def _holds(around: Hours | WeeklyHours, inner: Hours | WeeklyHours) -> bool:
    return around.opens_minute <= inner.opens_minute and inner.closes_minute <= around.closes_minute
