"""Instants as text, made out of tables: as UTC has them, and as a clock on a wall shows them with its offset."""

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo

from appointed.core.localtime import MINUTES_PER_DAY, Stretch, clock_between, date_of, instant_of

_SECOND = timedelta(seconds=1)
_TIMES = tuple(f"T{minute // 60:02}:{minute % 60:02}:00" for minute in range(MINUTES_PER_DAY))


def utc_text(minute: int) -> str:
    """A minute of UTC since 1970 as an instant, such as 2022-03-03T08:00:00Z."""
    days, shown = divmod(minute, MINUTES_PER_DAY)
    return f"{_day(days)}{_TIMES[shown]}Z"


def local_text(minute: int, stretch: Stretch) -> str:
    """What a clock with the offset of a stretch shows at a minute of UTC, such as 2022-03-03T09:00:00+01:00."""
    if stretch.offset % 60:
        return instant_of(minute).astimezone(timezone(stretch.offset * _SECOND)).isoformat()
    days, shown = divmod(minute + stretch.offset // 60, MINUTES_PER_DAY)
    return f"{_day(days)}{_TIMES[shown]}{_offset(stretch.offset)}"


def texts_between(where: ZoneInfo, first: int, last: int) -> Callable[[int], str]:
    """What tells the minutes of UTC since 1970 from one to another as a zone's clock shows them."""
    stretches = clock_between(where, instant_of(first), instant_of(last)).stretches

    def text(minute: int) -> str:
        return local_text(minute, next(stretch for stretch in stretches if minute * 60 < stretch.ends))

    return text


@lru_cache(maxsize=4096)
def _day(days: int) -> str:
    return date_of(days).isoformat()


@lru_cache(maxsize=256)
def _offset(seconds: int) -> str:
    """An offset as text, such as +01:00."""
    return datetime.min.replace(tzinfo=timezone(seconds * _SECOND)).isoformat()[19:]
