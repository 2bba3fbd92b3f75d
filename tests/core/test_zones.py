"""Every change of offset of every zone from 2020 to 2035: the clock minute by minute, and slots around it."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from appointed.core import availability
from appointed.core.catalog import (
    Branch,
    Catalog,
    GridAnchor,
    Resource,
    ResourceKind,
    Role,
    Schedule,
    Service,
    WeeklyHours,
)
from appointed.core.ids import BranchId, ResourceId, ServiceId
from appointed.core.localtime import clock_between, instant_of, zone
from appointed.core.occupancy import Taken
from appointed.core.plan import Plan
from drawn_world import Drawn, as_oracle
from inquiries import inquiry
from oracle import slots as oracle
from oracle import walls
from oracle.values import EPOCH, MINUTE

FIRST_YEAR, LAST_YEAR = 2020, 2035
DAY = 1440
EPOCH_DATE = date(1970, 1, 1)
# In a short run, one change in so many of those that differ.
ONE_IN = 24
HALF_HOUR = timedelta(minutes=30)

BRANCH = BranchId(UUID(int=1))
ROOM = Resource(ResourceId(UUID(int=2)), BRANCH, "room", ResourceKind.EXCLUSIVE)
# A night that ends, and a morning that begins, at a time that many zones leave out or show twice; and a day.
HOURS = ((1320, 1590), (150, 240), (300, 480))
SCHEDULE = Schedule(tuple(WeeklyHours(weekday, *hours) for weekday in range(7) for hours in HOURS))
AROUND = (-150, 360)


@cache
def all_changes() -> tuple[walls.Change, ...]:
    return tuple(walls.changes(FIRST_YEAR, LAST_YEAR))


def some_changes() -> tuple[walls.Change, ...]:
    """Some of those that differ in more than the name of their zone, and one of each size."""
    different = sorted({(change.minute, change.before, change.after): change for change in all_changes()}.values())
    of_each_size = {size(change): change for change in different}
    return tuple(sorted({*different[::ONE_IN], *of_each_size.values()}))


def size(change: walls.Change) -> timedelta:
    return change.after - change.before


CHANGES = pytest.mark.parametrize(
    "changes", [some_changes, pytest.param(all_changes, marks=pytest.mark.exhaustive, id="exhaustive")]
)


def world(change: walls.Change, anchor: GridAnchor) -> Drawn:
    """A room that somebody has for some minutes before and after the change, and a half-hour that needs it."""
    service = Service(ServiceId(UUID(int=3)), BRANCH, "s", HALF_HOUR, HALF_HOUR, (Role((ROOM.id,)),), anchor=anchor)
    branch = Branch(BRANCH, "b", change.zone, SCHEDULE)
    catalog = Catalog(1, {BRANCH: branch}, {service.id: service}, {ROOM.id: ROOM})
    taken = Taken(change.minute - 95, change.minute - 85), Taken(change.minute + 145, change.minute + 155)
    window = change.minute + AROUND[0], change.minute + AROUND[1]
    now = instant_of(window[0] - DAY)
    return Drawn(catalog, branch, Plan.single(service, 1), {ROOM.id: taken}, now, window)


@CHANGES
def test_slots_around_every_change_are_those_of_the_oracle(changes):
    """Half hours by night and by day, on each kind of grid."""
    wrong = []
    for change in changes():
        for anchor in GridAnchor:
            drawn = world(change, anchor)
            expected = oracle.slots(*as_oracle(drawn), drawn.window)
            assert len(expected) > 5, "hours are around the change"
            if [tuple(slot) for slot in availability.slots(inquiry(drawn))] != expected:
                wrong.append((change, anchor))
    assert wrong == []


def shown(where: ZoneInfo, minutes: range) -> Iterator[tuple[int, int]]:
    """Minutes of UTC, and those that the clock shows since 1970."""
    for minute in minutes:
        wall = (EPOCH + minute * MINUTE).astimezone(where)
        yield minute, (wall.date() - EPOCH_DATE).days * DAY + wall.hour * 60 + wall.minute


@CHANGES
def test_the_clock_shows_what_the_zone_data_says_minute_by_minute(changes):
    for change in changes():
        where = zone(change.zone)
        clock = clock_between(where, instant_of(change.minute), instant_of(change.minute))
        walls_shown = dict(shown(where, range(change.minute - DAY, change.minute + DAY)))
        assert {minute: clock.shows(minute) for minute in walls_shown} == walls_shown, change
        first: dict[int, int] = {}
        for minute, local in walls_shown.items():
            first.setdefault(local, minute)
        again = {minute for minute, local in walls_shown.items() if first[local] != minute}
        assert again == minutes_within(clock.repeats(), walls_shown), change
        assert {day: minutes_within(clock.before(day), walls_shown) for day in days(walls_shown)} == {
            day: {minute for minute, local in walls_shown.items() if local < day * DAY} for day in days(walls_shown)
        }, change
        edges = first_reached(walls_shown)
        assert {local: clock.edge(local) for local in edges} == edges, change
        assert {local: clock.start(local) for local in edges} == {local: first.get(local) for local in edges}, change


def days(walls_shown: dict[int, int]) -> range:
    return range(min(walls_shown.values()) // DAY, max(walls_shown.values()) // DAY + 2)


def minutes_within(spans: list[tuple[int, int]], of: dict[int, int]) -> set[int]:
    first, last = min(of), max(of)
    return {minute for span in spans for minute in range(max(span[0], first), min(span[1], last + 1))}


def first_reached(walls_shown: dict[int, int]) -> dict[int, int]:
    """When the clock first shows a time or a later one, for all times that it shows or leaves out in these minutes."""
    found: dict[int, int] = {}
    reached = min(walls_shown.values()) - 1
    for minute, local in walls_shown.items():
        for passed in range(reached + 1, local + 1):
            found[passed] = minute
        reached = max(reached, local)
    return found


def test_changes_are_known_from_2020_to_2035():
    """Else a mistake in the list would be a test that passes."""
    found = all_changes()
    assert len(found) > 6_000
    assert len({change.zone for change in found}) > 200
    assert {instant_of(change.minute).year for change in found} == set(range(FIRST_YEAR, LAST_YEAR + 1))
    assert walls.Change(
        (datetime(2026, 3, 29, 1, tzinfo=UTC) - EPOCH) // MINUTE,
        "Europe/Amsterdam",
        timedelta(hours=1),
        timedelta(hours=2),
    ) in set(found)
    assert {size(change) for change in some_changes()} == {size(change) for change in found}
