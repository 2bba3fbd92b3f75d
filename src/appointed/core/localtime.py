"""Local time to instants and back: the one place with a policy for times that do not exist or exist twice.

A local time is a date and the minutes that a clock on the wall shows past midnight, not the minutes elapsed since
midnight. Minutes from 1440 on mean the next date. Seconds do not occur. `docs/decisions/0020-local-time.md` says why.
"""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

MINUTES_PER_DAY = 24 * 60
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

# Nothing is booked outside of these centuries, whose minutes fit into 32 bits.
FIRST_INSTANT = datetime(1900, 1, 1, tzinfo=UTC)
LAST_INSTANT = datetime(2400, 1, 1, tzinfo=UTC)

_SECONDS_PER_DAY = MINUTES_PER_DAY * 60
_FIRST_DAY = EPOCH.toordinal()
_SECOND = timedelta(seconds=1)
# No zone has ever changed its offset and back within so short a time.
_PROBE = 24 * 3600


def minute_of(instant: datetime) -> int:
    """The whole minutes of UTC since 1970 that have passed at an instant, rounded down."""
    return (instant - EPOCH) // MINUTE


def minutes_until(instant: datetime) -> int:
    """The whole minutes of UTC from 1970 until an instant, rounded up."""
    return -((EPOCH - instant) // MINUTE)


def instant_of(minute: int) -> datetime:
    """The instant in UTC at which so many minutes have passed since 1970."""
    return EPOCH + minute * MINUTE


def days_of(day: date) -> int:
    """The days from 1970 to a date."""
    return day.toordinal() - _FIRST_DAY


def weekday_of(days: int) -> int:
    """The weekday of a date, 0 for Monday."""
    return (days + 3) % 7


def date_of(days: int) -> date:
    """The date so many days after 1970 began."""
    return date.fromordinal(_FIRST_DAY + days)


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """The zone of an IANA name. Raises ZoneInfoNotFoundError or ValueError where there is none."""
    return ZoneInfo(name)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time in which a zone keeps one offset: seconds of UTC since 1970, and the offset in seconds."""

    starts: int
    ends: int
    offset: int


@dataclass(frozen=True, slots=True)
class WallClock:
    """The clock on a branch's wall over some time. Local time is counted in minutes that it shows since 1970.

    Instants are whole minutes of UTC since 1970. Asked about a time outside of its stretches it knows nothing.
    """

    stretches: tuple[Stretch, ...]

    def shows(self, minute: int) -> int:
        """What the clock shows at an instant, seconds dropped."""
        second = minute * 60
        for stretch in self.stretches:
            if second < stretch.ends:
                return (second + stretch.offset) // 60
        raise ValueError(minute)

    def edge(self, local: int) -> int:
        """The instant at which hours open or close: the first that shows this time or a later one, rounded up."""
        wanted = local * 60
        for stretch in self.stretches:
            if wanted - stretch.offset < stretch.ends:
                return -(-max(stretch.starts, wanted - stretch.offset) // 60)
        raise ValueError(local)

    def start(self, local: int) -> int | None:
        """The instant at which something starts: the first that shows just this time; None where there is none."""
        second = local * 60
        for stretch in self.stretches:
            if second - stretch.offset < stretch.ends:
                instant = second - stretch.offset
                return instant // 60 if instant >= stretch.starts and instant % 60 == 0 else None
        raise ValueError(local)

    def before(self, day: int) -> list[tuple[int, int]]:
        """The intervals of instants at which the clock shows a date before `day` (days since 1970)."""
        found: list[tuple[int, int]] = []
        for stretch in self.stretches:
            beyond = min(stretch.ends, day * _SECONDS_PER_DAY - stretch.offset)
            if stretch.starts < beyond:
                found.append((-(-stretch.starts // 60), -(-beyond // 60)))
        return found

    def repeats(self) -> list[tuple[int, int]]:
        """The intervals of instants in which the clock shows what it has shown before."""
        found: list[tuple[int, int]] = []
        for before, after in zip(self.stretches, self.stretches[1:], strict=False):
            if after.offset < before.offset:
                found.append((-(-after.starts // 60), -(-(after.starts + before.offset - after.offset) // 60)))
        return found


@lru_cache(maxsize=1024)
def wall_clock(where: ZoneInfo, years: tuple[int, ...]) -> WallClock:
    """The clock of a zone in some years of UTC, in order; what it would show between them it does not know."""
    found: list[Stretch] = []
    for year in years:
        for stretch in _year(where, year):
            if found and (found[-1].ends, found[-1].offset) == (stretch.starts, stretch.offset):
                found[-1] = Stretch(found[-1].starts, stretch.ends, stretch.offset)
            else:
                found.append(stretch)
    return WallClock(tuple(found))


def clock_between(where: ZoneInfo, first: datetime, last: datetime) -> WallClock:
    """The clock of a zone from a year before an instant to a year after another."""
    return wall_clock(where, tuple(years_around(first.year, last.year)))


def years_around(first: int, last: int) -> range:
    """The years from the one before to the one after, of those that have a calendar."""
    return range(max(first - 1, FIRST_INSTANT.year), min(last + 1, LAST_INSTANT.year) + 1)


@lru_cache(maxsize=8192)
def _year(where: ZoneInfo, year: int) -> tuple[Stretch, ...]:
    """The stretches of one year of UTC."""
    first = days_of(date(year, 1, 1)) * _SECONDS_PER_DAY
    beyond = days_of(date(year + 1, 1, 1)) * _SECONDS_PER_DAY

    def offset(second: int) -> int:
        there = (EPOCH + second * _SECOND).astimezone(where).utcoffset()
        return 0 if there is None else there // _SECOND

    found: list[Stretch] = []
    starts, known = first, offset(first)
    for probe in (*range(first + _PROBE, beyond, _PROBE), beyond - 1):
        if (now := offset(probe)) != known:
            before = probe - _PROBE
            change = before + bisect_left(range(before, probe), True, key=lambda second: offset(second) == now)
            found.append(Stretch(starts, change, known))
            starts, known = change, now
    return (*found, Stretch(starts, beyond, known))


@dataclass(frozen=True, slots=True)
class LocalTime:
    """What calendar and clock show. `second_pass` tells the later of two instants that look the same."""

    day: date
    minute: int
    second_pass: bool = False


def to_instant(where: ZoneInfo, day: date, minute: int) -> datetime | None:
    """The instant in UTC at which something starts; None where the local time does not exist, the first of two."""
    start = _around(where, day).start(days_of(day) * MINUTES_PER_DAY + minute)
    return None if start is None else instant_of(start)


def edge(where: ZoneInfo, day: date, minute: int) -> datetime:
    """The instant in UTC at which hours open or close: the first of two, or the first one after the gap."""
    return instant_of(_around(where, day).edge(days_of(day) * MINUTES_PER_DAY + minute))


def _around(where: ZoneInfo, day: date) -> WallClock:
    return wall_clock(where, tuple(years_around(day.year, day.year)))


def to_local(where: ZoneInfo, instant: datetime) -> LocalTime:
    """What calendar and clock show at an aware instant; seconds are dropped."""
    wall = instant.astimezone(where)
    return LocalTime(wall.date(), wall.hour * 60 + wall.minute, wall.fold == 1)
