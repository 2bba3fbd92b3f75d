"""Instants as text and back."""

import re
from datetime import UTC, date, datetime
from functools import lru_cache

from appointed.core.errors import FieldInvalid
from appointed.core.localtime import MINUTES_PER_DAY, date_of

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_INSTANT = re.compile(
    r"(\d{4}-?\d{2}-?\d{2})[Tt ](\d{2}(?::?\d{2}(?::?\d{2}(?:[.,]\d{1,9})?)?)?)([Zz]|[+-]\d{2}(?::?\d{2})?)", re.ASCII
)

_LOST_PLUS = re.compile(r"([Tt][\d:.,]+) (\d{2}(?::?\d{2})?)\Z", re.ASCII)


def parse_instant(text: str, field: str) -> datetime:
    """An ISO 8601 instant with an offset or Z, in UTC. Raises FieldInvalid, also for a time without either."""
    try:
        if written := _INSTANT.fullmatch(text):
            day, clock, offset = written.groups()
            return datetime.fromisoformat(f"{day}T{clock}{offset.upper()}").astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise FieldInvalid(field=field, expected="instant")


def parse_query_instant(text: str, field: str) -> datetime:
    """The same in a query, where a plus sign that the client did not encode arrives as a space. Raises FieldInvalid."""
    return parse_instant(_LOST_PLUS.sub(r"\1+\2", text), field)


def parse_date(text: str, field: str) -> date:
    """An ISO 8601 calendar date, as 2026-11-21. Raises FieldInvalid."""
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise FieldInvalid(field=field, expected="date")


def in_milliseconds(instant: datetime) -> str:
    """The instant as 2020-11-30T14:30:00.000Z."""
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


_CLOCK = tuple(f"T{minute // 60:02}:{minute % 60:02}:00.000Z" for minute in range(MINUTES_PER_DAY))


@lru_cache(maxsize=4096)
def _day(days: int) -> str:
    return date_of(days).isoformat()


def minute_in_milliseconds(minute: int) -> str:
    """A minute of UTC since 1970 in the same form, out of tables: lists have hundreds of them."""
    days, minute = divmod(minute, MINUTES_PER_DAY)
    return _day(days) + _CLOCK[minute]
