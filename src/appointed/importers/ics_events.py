"""The events of a calendar, and each of their times: those that repeat are written out."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rruleset, rrulestr

from appointed.importers import values
from appointed.importers.ics_text import (
    Component,
    Moment,
    ZoneUnknownError,
    length_of,
    moment,
    moments,
    properties,
    zones_of,
)
from appointed.importers.imported import Left, Reason

MOST_OCCURRENCES = 5_000
_OTHERS = ("VTODO", "VJOURNAL", "VFREEBUSY")


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time of an event, instants in UTC. `wall` is when its rule has it begin, None where it has no rule."""

    starts_at: datetime
    ends_at: datetime
    wall: datetime | None = None

    def named(self, uid: str) -> str:
        """What this time is known by."""
        return uid if self.wall is None else f"{uid} {self.wall:%Y%m%dT%H%M}"


@dataclass(frozen=True, slots=True)
class Event:
    """An event with its rule; `changed` are its times that are told apart, by when the rule had them begin."""

    uid: str
    start: Moment
    length: timedelta
    summary: str = ""
    description: str = ""
    location: str = ""
    email: str = ""
    created_at: datetime | None = None
    rule: rruleset | None = None
    changed: "dict[datetime, Event | None]" = field(default_factory=dict[datetime, "Event | None"])

    def of(self, occurrence: Occurrence) -> "Event":
        """What tells about one of its times."""
        changed = None if occurrence.wall is None else self.changed.get(occurrence.wall)
        return changed or self

    def occurrences(self, until: datetime, left: list[Left]) -> Iterator[Occurrence]:
        """Its times that begin before an instant; what else there is, is added to `left`."""
        met: set[datetime] = set()
        yield from self._by_rule(until, left, met)
        for wall, changed in sorted(self.changed.items()):
            if changed is not None and wall not in met and changed.start.instant(changed.start.wall) < until:
                yield changed._at(changed.start.wall, wall)

    def _by_rule(self, until: datetime, left: list[Left], met: set[datetime]) -> Iterator[Occurrence]:
        if self.rule is None:
            if self.start.instant(self.start.wall) >= until:
                left.append(Left("event", self.uid, Reason.LATER))
            else:
                yield self._at(self.start.wall, None)
            return
        for number, wall in enumerate(self.rule):
            if number >= MOST_OCCURRENCES:
                left.append(Left("event", self.uid, Reason.TOO_MANY, "RRULE", f"from {wall:%Y-%m-%d} on"))
                return
            if self.start.instant(wall) >= until:
                left.append(Left("event", self.uid, Reason.LATER, "RRULE", f"from {wall:%Y-%m-%d} on"))
                return
            if wall not in self.changed:
                yield self._at(wall, wall)
                continue
            met.add(wall)
            changed = self.changed[wall]
            if changed is not None:
                yield changed._at(changed.start.wall, wall)

    def _at(self, wall: datetime, by_rule: datetime | None) -> Occurrence:
        starts = self.start.instant(wall)
        ends = self.start.instant(wall + self.length) if self.start.whole_day else starts + self.length
        return Occurrence(starts, ends, by_rule)


def events_of(calendar: Component, home: ZoneInfo, left: list[Left]) -> list[Event]:
    """The events that take time; `home` is the zone of times that name none. What is not there is added to `left`."""
    named = zones_of(calendar)
    left += [
        Left(str(component.name)[1:].lower(), _text(component, "UID"), Reason.UNSUPPORTED)
        for component in calendar.subcomponents
        if component.name in _OTHERS
    ]
    masters: dict[str, Component] = {}
    apart: defaultdict[str, list[Component]] = defaultdict(list)
    for number, component in enumerate(calendar.walk("VEVENT")):
        uid = _text(component, "UID") or f"event {number + 1}"
        if component.get("RECURRENCE-ID") is None and uid not in masters:
            masters[uid] = component
        else:
            apart[uid].append(component)
    found: list[Event] = []
    for uid, component in masters.items():
        event = _read(uid, component, home, named, left)
        if event is not None:
            for each in apart[uid]:
                _change(event, each, home, named, left)
            found.append(event)
    for uid in apart.keys() - masters.keys():
        alone = [_read(uid, each, home, named, left) for each in apart[uid]]
        found += [event for event in alone if event is not None]
    return found


def _change(event: Event, component: Component, home: ZoneInfo, named: dict[str, str], left: list[Left]) -> None:
    """Note that one time of an event is another one, or is cancelled."""
    told = component.get("RECURRENCE-ID")
    if told is None or "RANGE" in told.params:
        left.append(Left("event", event.uid, Reason.UNSUPPORTED, "RECURRENCE-ID", "of this and all that follow"))
        return
    try:
        wall = _on_clock(moment(told, home, named), event.start)
    except ZoneUnknownError as error:
        left.append(Left("event", event.uid, Reason.TIME_ZONE, "RECURRENCE-ID", str(error)))
        return
    except (ValueError, OverflowError) as error:
        left.append(Left("event", event.uid, Reason.UNREADABLE, "RECURRENCE-ID", str(error)))
        return
    event.changed[wall] = _read(event.uid, component, home, named, left)


def _read(uid: str, component: Component, home: ZoneInfo, named: dict[str, str], left: list[Left]) -> Event | None:
    reason = None
    if _text(component, "STATUS").upper() == "CANCELLED":
        reason = Reason.CANCELLED
    elif _text(component, "TRANSP").upper() == "TRANSPARENT":
        reason = Reason.FREE
    if reason is not None:
        left.append(Left("event", uid, reason))
        return None
    try:
        return _event(uid, component, home, named)
    except ZoneUnknownError as error:
        left.append(Left("event", uid, Reason.TIME_ZONE, detail=str(error)))
    except (ValueError, OverflowError) as error:
        left.append(Left("event", uid, Reason.UNREADABLE, detail=str(error)))
    return None


def _event(uid: str, component: Component, home: ZoneInfo, named: dict[str, str]) -> Event:
    if component.get("DTSTART") is None:
        raise ValueError("it has no DTSTART")
    start = moment(component.get("DTSTART"), home, named)
    made = component.get("CREATED")
    return Event(
        uid=uid,
        start=start,
        length=length_of(component, start, home, named),
        summary=_text(component, "SUMMARY"),
        description=_text(component, "DESCRIPTION"),
        location=_text(component, "LOCATION"),
        email=_email(component),
        created_at=None if made is None else moment(made, home, named).instant(moment(made, home, named).wall),
        rule=_rule(component, start, home, named),
    )


def _rule(component: Component, start: Moment, home: ZoneInfo, named: dict[str, str]) -> rruleset | None:
    """All times of an event by its clock; None for one that does not repeat."""
    rules, more = properties(component, "RRULE"), properties(component, "RDATE")
    if not rules and not more:
        return None
    found = rruleset()
    found.rdate(start.wall)
    for each in rules:
        found.rrule(cast(rrule, rrulestr(_rule_text(each, start), dtstart=start.wall)))
    for each in moments(more, home, named):
        found.rdate(_on_clock(each, start))
    for each in moments(properties(component, "EXDATE"), home, named):
        found.exdate(_on_clock(each, start))
    return found


def _rule_text(rule: Any, start: Moment) -> str:
    """A rule whose last instant is told by the event's clock. Raises ValueError for one that goes nowhere."""
    if getattr(rule, "copy", None) is None:
        raise ValueError("its RRULE is none")
    if any(each < 1 for each in cast(list[int], rule.get("INTERVAL") or [])):
        raise ValueError("its RRULE has an INTERVAL below 1")
    kept = rule.copy()
    last = cast(list[date | datetime], kept.get("UNTIL") or [])
    if last:
        until = last[0]
        if not isinstance(until, datetime):
            until = datetime.combine(until, time(23, 59, 59))
        elif until.tzinfo is not None:
            until = until.astimezone(start.where).replace(tzinfo=None)
        kept["UNTIL"] = [until]
    return cast(bytes, kept.to_ical()).decode()


def _on_clock(each: Moment, start: Moment) -> datetime:
    """The same instant as the clock of an event shows it."""
    if each.whole_day and not start.whole_day:
        return datetime.combine(each.wall.date(), start.wall.time())
    if each.where == start.where:
        return each.wall
    return each.wall.replace(tzinfo=each.where).astimezone(start.where).replace(tzinfo=None)


def _email(component: Component) -> str:
    """Where the first of those who are invited is reached."""
    for prop in properties(component, "ATTENDEE"):
        written = str(prop)
        if written.lower().startswith("mailto:") and values.contact_of(written[7:], "") is not None:
            return written[7:]
    return ""


def _text(component: Component, name: str) -> str:
    found = component.get(name)
    return "" if found is None else str(found).replace("\0", "").strip()
