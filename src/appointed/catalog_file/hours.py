"""Hours and moments as people write them, and as the core has them."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from appointed.core.localtime import MINUTES_PER_DAY, edge
from appointed.core.soundness import in_range

_HOURS = re.compile(r"(\d{1,2}):([0-5]\d)\s*-\s*(\d{1,2}):([0-5]\d)")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENT = re.compile(
    r"(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?) ?(Z|[+-]\d{2}:\d{2}(?::\d{2})?)?)?"
)
_DAY = timedelta(days=1)
# Beyond these the clock of some zone has no date to show.
_SHOWN_FROM, _SHOWN_UNTIL = datetime.min.replace(tzinfo=UTC) + _DAY, datetime.max.replace(tzinfo=UTC) - _DAY


def parse_hours(text: str) -> tuple[int, int]:
    """The minutes from midnight at which hours such as `09:00-17:00` open and close.

    An end that is earlier than the start is on the next day. Past 24:00 stands only the end of what lasts a day or
    longer, such as `09:00-33:00`. Raises ValueError.
    """
    found = _HOURS.fullmatch(text.strip())
    if found is None:
        raise ValueError(text)
    opens, closes = int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])
    if MINUTES_PER_DAY < closes < opens + MINUTES_PER_DAY:
        raise ValueError(text)
    if closes < opens:
        closes += MINUTES_PER_DAY
    if closes == opens or opens >= MINUTES_PER_DAY or closes > 2 * MINUTES_PER_DAY:
        raise ValueError(text)
    return opens, closes


def hours_text(opens_minute: int, closes_minute: int) -> str:
    """What `parse_hours` reads as these."""
    if MINUTES_PER_DAY < closes_minute < opens_minute + MINUTES_PER_DAY:
        closes_minute -= MINUTES_PER_DAY
    return f"{_clock(opens_minute)}-{_clock(closes_minute)}"


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def parse_day(text: str) -> date:
    """A date such as 2026-12-24. Raises ValueError, also for one outside of the centuries in which visits are."""
    if _DATE.fullmatch(text) is None:
        raise ValueError(text)
    day = date.fromisoformat(text)
    if not in_range(day):
        raise ValueError(text)
    return day


def parse_moment(text: str, where: ZoneInfo, *, ends: bool = False) -> datetime:
    """An instant in UTC. A date with or without a time is meant on the clock of `where`.

    A date alone is the whole of it: its beginning, or where something ends, its end. Raises ValueError, and
    OverflowError for one that no calendar has days for.
    """
    found = _MOMENT.fullmatch(text.strip())
    if found is None:
        raise ValueError(text)
    day, clock, offset = found.groups()
    if clock is None:
        return _on_wall(date.fromisoformat(day) + (_DAY if ends else timedelta()), 0, where)
    moment = datetime.fromisoformat(f"{day}T{clock}{offset or ''}")
    if moment.tzinfo is not None:
        instant = moment.astimezone(UTC)
        if not _SHOWN_FROM <= instant <= _SHOWN_UNTIL:
            raise ValueError(text)
        return instant
    if moment.second or moment.microsecond:
        raise ValueError(text)
    return _on_wall(moment.date(), moment.hour * 60 + moment.minute, where)


def _on_wall(day: date, minute: int, where: ZoneInfo) -> datetime:
    if not in_range(day):
        raise ValueError(day)
    return edge(where, day, minute)


def moment_text(instant: datetime, where: ZoneInfo) -> str:
    """An instant as the clock of `where` shows it, with its offset."""
    local = instant.astimezone(where)
    offset = local.utcoffset() or timedelta()
    # Before there were time zones, clocks were off by odd seconds, which no reader but ours expects.
    return (local if offset.seconds % 60 == 0 else instant.astimezone(UTC)).isoformat()
