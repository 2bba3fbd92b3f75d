"""Local time to instants and back: the one place with a policy for times that do not exist or exist twice.

A local time is a date and the minutes that a clock on the wall shows past midnight, not the minutes elapsed since
midnight. Minutes from 1440 on mean the next date. Seconds do not occur. `docs/decisions/0020-local-time.md` says why.
"""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

MINUTES_PER_DAY = 24 * 60

# Beyond these, local time would run out of the years that a datetime has.
FIRST_INSTANT = datetime(2, 1, 1, tzinfo=UTC)
LAST_INSTANT = datetime(9998, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class LocalTime:
    """What calendar and clock show. `second_pass` tells the later of two instants that look the same."""

    day: date
    minute: int
    second_pass: bool = False


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """The zone of an IANA name. Raises ZoneInfoNotFoundError or ValueError where there is none."""
    return ZoneInfo(name)


def _on_the_wall(where: ZoneInfo, day: date, minute: int) -> datetime:
    days, minute = divmod(minute, MINUTES_PER_DAY)
    clock = time(minute // 60, minute % 60)
    return datetime.combine(day + timedelta(days=days) if days else day, clock, tzinfo=where)


def to_instant(where: ZoneInfo, day: date, minute: int) -> datetime | None:
    """The instant in UTC at which something starts; None where the local time does not exist, the first of two."""
    wall = _on_the_wall(where, day, minute)
    instant = wall.astimezone(UTC)
    # Within one zone datetimes compare by the clock alone, and a time in the gap does not come back as it went.
    return instant if instant.astimezone(where) == wall else None


@lru_cache(maxsize=8192)
def edge(where: ZoneInfo, day: date, minute: int) -> datetime:
    """The instant in UTC at which hours open or close: the first of two, or the first one after the gap."""
    wall = _on_the_wall(where, day, minute)
    instant = wall.astimezone(UTC)
    if instant.astimezone(where) == wall:
        return instant
    before = wall.replace(fold=1).astimezone(UTC)
    seconds = range(int((instant - before).total_seconds()))
    beyond = bisect_left(seconds, True, key=lambda n: (before + timedelta(seconds=n)).astimezone(where) > wall)
    return before + timedelta(seconds=beyond)


def to_local(where: ZoneInfo, instant: datetime) -> LocalTime:
    """What calendar and clock show at an aware instant; seconds are dropped."""
    wall = instant.astimezone(where)
    return LocalTime(wall.date(), wall.hour * 60 + wall.minute, wall.fold == 1)
