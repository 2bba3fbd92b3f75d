"""A branch, a service and a plan to vary, in the oracle's values."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from oracle.slots import slots
from oracle.values import EPOCH, MINUTE, Claim, Hours, Part, Plan, Resource, Role, Schedule, Service, World

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def at(text: str) -> int:
    return (utc(text) - EPOCH) // MINUTE


def clock(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def hours(text: str, capacity: int | None = None) -> Hours:
    opens, closes = text.split("-")
    return Hours(clock(opens), clock(closes), capacity)


def weekly(*texts: str, **rest: Any) -> Schedule:
    """The same hours on each day of the week."""
    return Schedule(tuple((weekday, hours(text)) for weekday in range(7) for text in texts), **rest)


def every_day(*texts: str) -> tuple[tuple[int, Hours], ...]:
    return tuple((weekday, hours(text)) for weekday in range(7) for text in texts)


def pool(key: str, capacity: int, **rest: Any) -> Resource:
    return Resource(key, exclusive=False, steps=((LONG_AGO, capacity),), **rest)


SERVICE = Service("advice", duration=30, grid=30, roles=(Role(("ann",)),))
ANN = Resource("ann")


def service(**changes: Any) -> Service:
    return replace(SERVICE, **changes)


def one(asked: Service, party: int = 1, *wishes: Any) -> Plan:
    return Plan((Part(asked, asked=wishes),), party)


def world(*resources: Resource, **changes: Any) -> World:
    """A branch in UTC that opens from nine to five, and whoever is there: Ann where nobody is named."""
    given: dict[str, Any] = {
        "zone": "UTC",
        "branch": weekly("09:00-17:00"),
        "resources": {resource.key: resource for resource in resources or (ANN,)},
        "services": {},
        "now": LONG_AGO,
    }
    return World(**{**given, **changes})


def claim(resource: str, starts: str, ends: str, units: int = 1, **rest: Any) -> Claim:
    """On the fourth of March 2026, a Wednesday; its key is its resource and start."""
    day = "2026-03-04T"
    return Claim(f"{resource} {starts}", resource, at(day + starts), at(day + ends), units, **rest)


def starts(where: World, plan: Plan, first: str, last: str) -> list[str]:
    """The times of UTC at which slots start, without their date."""
    found = slots(where, plan, (at(first), at(last)))
    return [(EPOCH + start * MINUTE).strftime("%H:%M") for start, _, _, _ in found]
