"""When a schedule is open, has a break, or is closed."""

from dataclasses import dataclass
from datetime import date, timedelta

from oracle.values import Hours, Schedule, World, instant
from oracle.walls import DAY, edge, shown

WHOLE_DATE = (Hours(0, DAY),)


@dataclass(frozen=True)
class Opening:
    """Hours of a date, and the minutes that they come to."""

    day: date
    hours: Hours
    opens: int
    closes: int


def openings(world: World, schedule: Schedule, day: date) -> list[Opening]:
    """Those of one date, in the order of the schedule."""
    noted = world.notes.setdefault((schedule, "openings"), {})
    if day not in noted:
        if day in schedule.special:
            hours = schedule.special[day]
        elif schedule.week is None:
            hours = WHOLE_DATE
        else:
            hours = tuple(each for weekday, each in schedule.week if weekday == day.weekday())
        noted[day] = _made(world, day, hours)
    return noted[day]


def breaks(world: World, schedule: Schedule, day: date) -> list[Opening]:
    """Those of one date, none on a special day."""
    noted = world.notes.setdefault((schedule, "breaks"), {})
    if day not in noted:
        hours = tuple(each for weekday, each in schedule.breaks if weekday == day.weekday())
        noted[day] = [] if day in schedule.special else _made(world, day, hours)
    return noted[day]


def _made(world: World, day: date, hours: tuple[Hours, ...]) -> list[Opening]:
    made = [Opening(day, each, edge(world.zone, day, each.opens), edge(world.zone, day, each.closes)) for each in hours]
    return [each for each in made if each.opens < each.closes]


def days_around(world: World, minute: int) -> list[date]:
    """The dates whose hours may reach to a minute: that of the minute, those before it, and the next one."""
    today = shown(world.zone, minute)[0]
    return [today + timedelta(days=days) for days in (0, -1, -2, -3, 1)]


def in_openings(world: World, schedule: Schedule, minute: int) -> bool:
    noted = world.notes.setdefault((schedule, "in openings"), {})
    if minute not in noted:
        noted[minute] = any(
            each.opens <= minute < each.closes
            for day in days_around(world, minute)
            for each in openings(world, schedule, day)
        )
    return noted[minute]


def in_break(world: World, schedule: Schedule, minute: int) -> bool:
    noted = world.notes.setdefault((schedule, "in break"), {})
    if minute not in noted:
        noted[minute] = any(
            each.opens <= minute < each.closes
            for day in days_around(world, minute)
            for each in breaks(world, schedule, day)
        )
    return noted[minute]


def is_open(world: World, schedule: Schedule, starts: int, ends: int) -> bool:
    """Whether every minute is in an opening and none in a break."""
    return all(
        in_openings(world, schedule, minute) and not in_break(world, schedule, minute) for minute in range(starts, ends)
    )


def is_closed(schedule: Schedule, starts: int, ends: int) -> bool:
    """Whether a closure has any of the time between two minutes."""
    return any(
        since < instant(ends) and (until is None or (instant(starts) < until and since < until))
        for since, until in schedule.closures
    )
