"""The text of a calendar: its components and their properties, and the zones of their times."""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Protocol, cast
from zoneinfo import ZoneInfo

from icalendar import Calendar
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from appointed.importers import values
from appointed.importers.imported import Source, SourceInvalid

LONGEST = timedelta(days=36_525)


class Component(Protocol):
    """As much as is asked of a component of a calendar."""

    name: str | None
    subcomponents: list[Any]

    def get(self, key: str, default: object = None) -> Any: ...

    def walk(self, name: str | None = None) -> list[Any]: ...


@dataclass(frozen=True, slots=True)
class Moment:
    """A time on the clock of a zone, or with `whole_day` a date, of which `wall` is the beginning."""

    wall: datetime
    where: ZoneInfo
    whole_day: bool

    def instant(self, wall: datetime) -> datetime:
        """The instant at which this clock shows another time, in UTC; seconds are dropped.

        Of a time that it leaves out, the one that it would be without the change; of one that it shows twice the first.
        """
        if self.whole_day:
            return values.edge_there(self.where, f"{wall:%Y-%m-%d}")
        return wall.replace(tzinfo=self.where, second=0, microsecond=0).astimezone(UTC)


class ZoneUnknownError(ValueError):
    """The name of a zone that no IANA zone can be found for; it is the message."""


def read_calendars(source: Source) -> list[Component]:
    """The calendars of a text. Raises SourceInvalid where there is none."""
    text = "".join(source.chunks)
    try:
        with warnings.catch_warnings():
            # It warns where it guesses a zone; whose name that is, is looked up here.
            warnings.simplefilter("ignore")
            found = cast(list[Component], Calendar.from_ical(text, multiple=True))
    except (ValueError, IndexError) as error:
        raise SourceInvalid(f"{source.name} is no calendar: {error}") from error
    if not found or any(calendar.name != "VCALENDAR" for calendar in found):
        raise SourceInvalid(f"{source.name} is no calendar: it does not begin with VCALENDAR")
    return found


def zones_of(calendar: Component) -> dict[str, str]:
    """The IANA names that a calendar itself gives for its zones."""
    return {
        str(zone.get("TZID", "")): str(zone.get("X-LIC-LOCATION"))
        for zone in calendar.walk("VTIMEZONE")
        if zone.get("X-LIC-LOCATION")
    }


def zone_named(tzid: str, named: dict[str, str]) -> ZoneInfo:
    """The zone of a name: an IANA one, one that ends with one, one of Windows, or one that the calendar explains.

    Raises ZoneUnknownError.
    """
    parts = tzid.strip().strip('"').split("/")
    for known in (
        tzid.strip('"'),
        "/".join(parts[-3:]),
        "/".join(parts[-2:]),
        WINDOWS_TO_OLSON.get(tzid),
        named.get(tzid),
    ):
        found = values.named_zone(known) if known else None
        if found is not None:
            return found
    raise ZoneUnknownError(tzid)


def properties(component: Component, name: str) -> list[Any]:
    """The properties of a name, of which there may be several."""
    found = component.get(name)
    if found is None:
        return []
    return cast(list[Any], found) if isinstance(found, list) else [found]


def moment(prop: Any, home: ZoneInfo, named: dict[str, str]) -> Moment:
    """The time of a property; one that floats is on the clock at home.

    Raises ZoneUnknownError, and ValueError where it says none, or stands twice.
    """
    match getattr(prop, "dt", None):
        case date() as found:
            return _moment(found, str(prop.params.get("TZID", "")), home, named)
        case _:
            raise ValueError("it has a time that is none, or one that stands twice")


def moments(props: Sequence[Any], home: ZoneInfo, named: dict[str, str]) -> Iterator[Moment]:
    """The times of properties that have several each. Raises as `moment` does."""
    for prop in props:
        if not hasattr(prop, "dts"):
            raise ValueError(f"{prop} is no list of times")
        for each in prop.dts:
            period: Any = each.dt
            first = cast(Any, period[0] if isinstance(period, tuple) else period)
            yield _moment(cast(date | datetime, first), str(prop.params.get("TZID", "")), home, named)


def _moment(dt: date | datetime, tzid: str, home: ZoneInfo, named: dict[str, str]) -> Moment:
    if not isinstance(dt, datetime):
        return Moment(datetime.combine(dt, time()), home, whole_day=True)
    if tzid and tzid.upper() != "UTC":
        return Moment(dt.replace(tzinfo=None), zone_named(tzid, named), whole_day=False)
    if dt.tzinfo is not None:
        return Moment(dt.astimezone(UTC).replace(tzinfo=None), ZoneInfo("UTC"), whole_day=False)
    return Moment(dt, home, whole_day=False)


def length_of(component: Component, start: Moment, home: ZoneInfo, named: dict[str, str]) -> timedelta:
    """How long an event lasts: elapsed time, or for whole days dates. Raises ValueError where it takes no time."""
    if component.get("DTEND") is not None:
        end = moment(component.get("DTEND"), home, named)
        length = end.wall - start.wall if start.whole_day else end.instant(end.wall) - start.instant(start.wall)
    elif component.get("DURATION") is not None:
        length = getattr(component.get("DURATION"), "dt", None)
        if not isinstance(length, timedelta):
            raise ValueError("its DURATION is none")
    else:
        length = timedelta(days=1) if start.whole_day else timedelta()
    if length <= timedelta():
        raise ValueError("it takes no time")
    if length > LONGEST:
        raise ValueError("it takes more than a century")
    return length
