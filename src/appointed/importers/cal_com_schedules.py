"""When somebody can be booked, as Cal.com writes it: rows of availability, by weekday or for one date."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from appointed.core.catalog import Hours, Schedule, SpecialDay, WeeklyHours
from appointed.core.localtime import MINUTES_PER_DAY
from appointed.core.soundness import joined
from appointed.importers import values
from appointed.importers.cal_com_tables import Tables
from appointed.importers.imported import Left, Reason
from appointed.importers.sql_dump import Row

_LAST_MINUTE = MINUTES_PER_DAY - 1


@dataclass(frozen=True, slots=True)
class ZonedSchedule:
    """Hours by the clock of a time zone."""

    zone_name: str
    where: ZoneInfo
    schedule: Schedule


def read_schedules(tables: Tables, left: list[Left]) -> dict[str, ZonedSchedule]:
    """The schedules by their ids; what cannot be read is added to `left`."""
    zones = {values.text(row, "id"): values.text(row, "timeZone") for row in tables.rows("users")}
    rows = tables.by("Availability", "scheduleId")
    found: dict[str, ZonedSchedule] = {}
    for row in tables.rows("Schedule"):
        source_id = values.text(row, "id")
        zone_name = values.text(row, "timeZone") or zones.get(values.text(row, "userId")) or "UTC"
        where = values.named_zone(zone_name)
        if where is None:
            left.append(Left("schedule", source_id, Reason.TIME_ZONE, detail=zone_name))
        else:
            found[source_id] = ZonedSchedule(zone_name, where, _schedule(rows.get(source_id, []), left))
    return found


def union(schedules: Iterable[Schedule]) -> Schedule:
    """Open whenever one of them is: on a date for which one has hours of its own, those of all on it."""
    schedules = tuple(dict.fromkeys(schedules))
    if len(schedules) == 1:
        return schedules[0]
    week = sorted({hours for each in schedules for hours in each.week or ()}, key=_of_week)
    days = sorted({special.day for each in schedules for special in each.special_days})
    return Schedule(
        week=tuple(week),
        special_days=tuple(
            SpecialDay(day, _hours({range_ for each in schedules for range_ in _on(each, day)})) for day in days
        ),
    )


def widened(schedule: Schedule, before: int, after: int) -> Schedule:
    """The same hours, beginning and ending by so many minutes earlier and later, though not before midnight.

    Claims have buffers, and hours there know nothing of them.
    """

    def wider(hours: Iterable[Hours | WeeklyHours]) -> list[tuple[int, int]]:
        return joined((max(0, each.opens_minute - before), each.closes_minute + after) for each in hours)

    week = [[each for each in schedule.week or () if each.weekday == weekday] for weekday in range(7)]
    return Schedule(
        week=tuple(WeeklyHours(weekday, *each) for weekday, hours in enumerate(week) for each in wider(hours)),
        special_days=tuple(
            SpecialDay(special.day, tuple(Hours(*each) for each in wider(special.hours)))
            for special in schedule.special_days
        ),
    )


def _on(schedule: Schedule, day: date) -> list[tuple[int, int]]:
    for special in schedule.special_days:
        if special.day == day:
            return [(hours.opens_minute, hours.closes_minute) for hours in special.hours]
    return [
        (hours.opens_minute, hours.closes_minute) for hours in schedule.week or () if hours.weekday == day.weekday()
    ]


def _schedule(rows: Iterable[Row], left: list[Left]) -> Schedule:
    week: set[WeeklyHours] = set()
    days: defaultdict[date, set[tuple[int, int]]] = defaultdict(set)
    for row in rows:
        try:
            starts, ends = values.clock(values.key(row, "startTime")), values.clock(values.key(row, "endTime"))
            # The last minute that can be chosen there stands for midnight.
            ends = MINUTES_PER_DAY if ends == _LAST_MINUTE else ends
            if values.text(row, "date"):
                day = date.fromisoformat(values.text(row, "date")[:10])
                days[day] |= {(starts, ends)} if starts < ends else set()
                continue
            # Sunday is 0 there and 6 here.
            weekdays = [(int(element) - 1) % 7 for element in values.elements(values.text(row, "days"))]
        except ValueError as error:
            left.append(Left("availability", values.text(row, "id"), Reason.UNREADABLE, detail=str(error)))
            continue
        if starts < ends:
            week |= {WeeklyHours(weekday, starts, ends) for weekday in weekdays}
    return Schedule(
        week=tuple(sorted(week, key=_of_week)),
        special_days=tuple(SpecialDay(day, _hours(days[day])) for day in sorted(days)),
    )


def _of_week(hours: WeeklyHours) -> tuple[int, int, int]:
    return hours.weekday, hours.opens_minute, hours.closes_minute


def _hours(ranges: Iterable[tuple[int, int]]) -> tuple[Hours, ...]:
    return tuple(Hours(*each) for each in sorted(ranges))
