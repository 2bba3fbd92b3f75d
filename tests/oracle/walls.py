"""Clocks on a wall, read one minute after the other, where offsets are whole minutes, as all are since 1973."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from oracle.values import EPOCH, MINUTE, instant

DAY = 1440
# No clock is as far from UTC as this.
FAR = 15 * 60

Shown = tuple[date, int]


@lru_cache(maxsize=100_000)
def shown(zone: str, minute: int) -> Shown:
    """The date on the calendar and the minutes since midnight on the clock."""
    wall = instant(minute).astimezone(ZoneInfo(zone))
    return wall.date(), wall.hour * 60 + wall.minute


@lru_cache(maxsize=100)
def around(zone: str, day: date) -> tuple[tuple[int, Shown], ...]:
    """Every minute that may belong to a date anywhere, with what the clock shows."""
    midnight = (datetime(day.year, day.month, day.day, tzinfo=UTC) - EPOCH) // MINUTE
    return tuple((minute, shown(zone, minute)) for minute in range(midnight - FAR, midnight + DAY + FAR))


@lru_cache(maxsize=100_000)
def edge(zone: str, day: date, at: int) -> int:
    """The first minute at which the clock shows that time or a later one."""
    wanted = (day + timedelta(days=at // DAY), at % DAY)
    return next(minute for minute, shows in around(zone, wanted[0]) if shows >= wanted)


@lru_cache(maxsize=100_000)
def start(zone: str, day: date, at: int) -> int | None:
    """The first minute at which the clock shows just that time."""
    wanted = (day + timedelta(days=at // DAY), at % DAY)
    return next((minute for minute, shows in around(zone, wanted[0]) if shows == wanted), None)


def second_showing(zone: str, minute: int) -> bool:
    return start(zone, *shown(zone, minute)) != minute


@dataclass(frozen=True, order=True)
class Change:
    """At `minute` the zone has a new distance from UTC. Distances are ahead of UTC."""

    minute: int
    zone: str
    before: timedelta
    after: timedelta


def changes(first_year: int, last_year: int, zones: Iterable[str] | None = None) -> Iterator[Change]:
    """Every change of offset from the beginning of the first year to the end of the last, zone by zone.

    All zones of the zone data where none are named. Looks once a day, so of two changes on one day that cancel each
    other it sees none.
    """
    first = (datetime(first_year, 1, 1, tzinfo=UTC) - EPOCH) // MINUTE
    last = (datetime(last_year + 1, 1, 1, tzinfo=UTC) - EPOCH) // MINUTE
    for zone in sorted(available_timezones() - {"localtime"} if zones is None else zones):
        where = ZoneInfo(zone)
        before = _offset(where, first)
        for minute in range(first + DAY, last + DAY, DAY):
            after = _offset(where, minute)
            if after != before:
                at = _first_with(where, after, minute - DAY, minute)
                if at < last:
                    yield Change(at, zone, _offset(where, at - 1), after)
            before = after


def _offset(where: ZoneInfo, minute: int) -> timedelta:
    offset = instant(minute).astimezone(where).utcoffset()
    assert offset is not None
    return offset


def _first_with(where: ZoneInfo, offset: timedelta, without: int, has: int) -> int:
    while has - without > 1:
        middle = (without + has) // 2
        if _offset(where, middle) == offset:
            has = middle
        else:
            without = middle
    return has
