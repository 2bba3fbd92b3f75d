"""Instants as a clock on the wall shows them, with its offset: 2022-03-03T09:00:00+01:00."""

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo

from appointed.core.localtime import MINUTES_PER_DAY, clock_between, date_of, instant_of

_TIMES = tuple(f"T{minute // 60:02}:{minute % 60:02}:00" for minute in range(MINUTES_PER_DAY))


def texts_between(where: ZoneInfo, first: int, last: int) -> Callable[[int], str]:
    """What tells the minutes of UTC since 1970 from one to another as a zone's clock shows them, out of tables."""
    stretches = clock_between(where, instant_of(first), instant_of(last)).stretches

    def text(minute: int) -> str:
        offset = next(stretch.offset for stretch in stretches if minute * 60 < stretch.ends)
        if offset % 60:
            return instant_of(minute).astimezone(where).isoformat()
        days, shown = divmod(minute + offset // 60, MINUTES_PER_DAY)
        return f"{_day(days)}{_TIMES[shown]}{_offset(offset)}"

    return text


@lru_cache(maxsize=4096)
def _day(days: int) -> str:
    return date_of(days).isoformat()


@lru_cache(maxsize=256)
def _offset(seconds: int) -> str:
    return datetime.min.replace(tzinfo=timezone(timedelta(seconds=seconds))).isoformat()[19:]
