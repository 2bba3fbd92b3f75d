"""When somebody works, as Easy!Appointments writes it: a plan for the week, and other hours on some dates."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, cast

from appointed.core.catalog import Closure, Hours, Schedule, SpecialDay, WeeklyHours
from appointed.core.soundness import joined
from appointed.importers import values
from appointed.importers.sql_dump import Row

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_LONGEST_EXCEPTION_DAYS = 3_660

Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Day:
    """From when until when somebody works, and the breaks within, in minutes past midnight on the clock."""

    starts: int
    ends: int
    breaks: tuple[Range, ...] = ()

    def stretches(self) -> tuple[Range, ...]:
        """What the breaks leave."""
        found: list[Range] = []
        reached = self.starts
        for starts, ends in sorted(self.breaks):
            if reached < min(starts, self.ends):
                found.append((reached, min(starts, self.ends)))
            reached = max(reached, ends)
        if reached < self.ends:
            found.append((reached, self.ends))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class WorkingPlan:
    """The days of the week that are worked, 0 for Monday, and the dates with other hours, None for a day off."""

    week: Mapping[int, Day] = field(default_factory=dict[int, Day])
    exceptions: Mapping[date, Day | None] = field(default_factory=dict[date, Day | None])

    def on(self, day: date) -> tuple[Range, ...]:
        """The stretches that are worked on a date."""
        found = self.exceptions[day] if day in self.exceptions else self.week.get(day.weekday())
        return () if found is None else found.stretches()

    def schedule(self, closures: tuple[Closure, ...] = ()) -> Schedule:
        """The same as the core has it."""
        return Schedule(
            week=tuple(WeeklyHours(weekday, day.starts, day.ends) for weekday, day in sorted(self.week.items())),
            breaks=tuple(
                WeeklyHours(weekday, *each) for weekday, day in sorted(self.week.items()) for each in joined(day.breaks)
            ),
            special_days=tuple(_special_day(day, self.on(day)) for day in sorted(self.exceptions)),
            closures=closures,
        )


def starting_hours(plans: Iterable[WorkingPlan]) -> Schedule:
    """The hours from whose beginnings starts are counted: every stretch that any of these people works."""
    plans = tuple(plans)
    week = {(weekday, *each) for plan in plans for weekday, day in plan.week.items() for each in day.stretches()}
    days = sorted({day for plan in plans for day in plan.exceptions})
    return Schedule(
        week=tuple(WeeklyHours(*each) for each in sorted(week)),
        special_days=tuple(_special_day(day, {each for plan in plans for each in plan.on(day)}) for day in days),
    )


def week_of(written: str) -> dict[int, Day]:
    """The week of a working plan, which is JSON. Raises ValueError."""
    plan = values.object_of(written)
    found = {weekday: _day(plan[name]) for weekday, name in enumerate(_WEEKDAYS) if plan.get(name)}
    return {weekday: day for weekday, day in found.items() if day is not None}


def exceptions_of(written: str) -> dict[date, Day | None]:
    """The exceptions among a provider's settings, as they were kept until 1.6. Raises ValueError."""
    return {date.fromisoformat(day): _day(hours) for day, hours in values.object_of(written).items()}


def exception_of(row: Row) -> dict[date, Day | None]:
    """A row of the exceptions, which since 1.6 have a table and may last some days. Raises ValueError."""
    first = date.fromisoformat(values.key(row, "start_date"))
    last = date.fromisoformat(values.key(row, "end_date"))
    if not first <= last <= first + timedelta(days=_LONGEST_EXCEPTION_DAYS):
        raise ValueError(f"no stretch of days: {first} to {last}")
    hours: dict[str, Any] | None = None
    if values.text(row, "start_time"):
        breaks = values.list_of(values.text(row, "breaks"))
        hours = {"start": values.text(row, "start_time"), "end": values.text(row, "end_time"), "breaks": breaks}
    day = _day(hours)
    return {first + timedelta(days=number): day for number in range((last - first).days + 1)}


def _day(hours: object) -> Day | None:
    if not hours:
        return None
    if not isinstance(hours, dict):
        raise ValueError(f"no hours: {hours}")  # noqa: TRY004 - it is the text that is wrong
    known = cast(Mapping[str, Any], hours)
    breaks = tuple((_clock(each, "start"), _clock(each, "end")) for each in known.get("breaks") or ())
    starts, ends = _clock(known, "start"), _clock(known, "end")
    return Day(starts, ends, tuple(each for each in breaks if each[0] < each[1])) if starts < ends else None


def _clock(known: Mapping[str, Any], name: str) -> int:
    return values.clock(str(known.get(name)))


def _special_day(day: date, stretches: Iterable[Range]) -> SpecialDay:
    return SpecialDay(day, tuple(Hours(*each) for each in sorted(stretches)))
