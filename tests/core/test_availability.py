from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest

from appointed.core import availability
from appointed.core.availability import Occupied
from appointed.core.catalog import (
    Branch,
    CapacityStep,
    OpeningHours,
    PoolScope,
    Resource,
    ResourceKind,
    Role,
    Service,
)
from appointed.core.errors import SlotNotOffered, SlotTaken
from appointed.core.ids import BranchId, ResourceId, ServiceId
from appointed.core.intervals import Interval
from appointed.core.rules import RULES

MINUTE = timedelta(minutes=1)
BRANCH = Branch(
    BranchId(UUID(int=1)), "Old Street", "Europe/Amsterdam", tuple(OpeningHours(day, 540, 720) for day in range(5))
)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def pool(number: int, scope: PoolScope, *steps: tuple[datetime, int]) -> Resource:
    held = tuple(CapacityStep(*step) for step in steps)
    return Resource(ResourceId(UUID(int=number)), BRANCH.id, "pool", ResourceKind.POOL, scope, held)


def exclusive(number: int) -> Resource:
    return Resource(ResourceId(UUID(int=number)), BRANCH.id, "room", ResourceKind.EXCLUSIVE)


def service(duration: int, grid: int, *roles: Role) -> Service:
    return Service(ServiceId(UUID(int=2)), BRANCH.id, "advice", duration * MINUTE, grid * MINUTE, roles)


def listing(what: Service, branch: Branch, start: str, end: str, *resources: Resource, occupied=(), now=LONG_AGO):
    known = {resource.id: resource for resource in resources}
    return availability.slots(what, branch, known, occupied, Interval(utc(start), utc(end)), now)


def starts(found) -> list[str]:
    return [slot.starts_at.isoformat()[11:16] for slot in found]


ROOM, CHAIR, DESK = exclusive(11), exclusive(12), exclusive(13)
ADVICE = service(30, 30, Role((ROOM.id,)))


def test_a_day_of_slots():
    found = listing(ADVICE, BRANCH, "2026-03-02T00:00", "2026-03-03T00:00", ROOM)
    assert starts(found) == ["08:00", "08:30", "09:00", "09:30", "10:00", "10:30"]
    assert all(slot.ends_at - slot.starts_at == 30 * MINUTE and slot.starts_at.tzinfo is UTC for slot in found)


def test_the_window_holds_starts_and_not_its_end():
    assert starts(listing(ADVICE, BRANCH, "2026-03-02T08:30", "2026-03-02T09:30", ROOM)) == ["08:30", "09:00"]


def test_closed_on_sunday():
    assert listing(ADVICE, BRANCH, "2026-03-01T00:00", "2026-03-01T23:00", ROOM) == ()


def test_the_last_slot_ends_when_the_branch_closes():
    found = listing(service(50, 30, Role((ROOM.id,))), BRANCH, "2026-03-02T00:00", "2026-03-03T00:00", ROOM)
    assert starts(found)[-1] == "10:00"


def test_each_opening_anchors_a_grid_of_its_own():
    branch = replace(BRANCH, opening_hours=(OpeningHours(0, 540, 610), OpeningHours(0, 610, 700)))
    found = listing(service(40, 40, Role((ROOM.id,))), branch, "2026-03-02T00:00", "2026-03-03T00:00", ROOM)
    assert starts(found) == ["08:00", "09:10", "09:50"]


ALWAYS = tuple(OpeningHours(day, 0, 1440) for day in range(7))
NIGHTS = tuple(OpeningHours(day, 1320, 1800) for day in range(7))


@pytest.mark.parametrize(
    ("zone", "hours", "window", "expected"),
    [
        (
            "Europe/Amsterdam",
            ALWAYS,
            ("2026-03-29T00:00", "2026-03-29T02:30"),
            ["00:00", "00:30", "01:00", "01:30", "02:00"],
        ),
        # The clock shows 2:00 and 2:30 twice, and only the first time counts.
        ("Europe/Amsterdam", ALWAYS, ("2026-10-24T23:30", "2026-10-25T02:30"), ["23:30", "00:00", "00:30", "02:00"]),
        ("America/New_York", ALWAYS, ("2026-03-08T06:00", "2026-03-08T08:00"), ["06:00", "06:30", "07:00", "07:30"]),
        ("Australia/Lord_Howe", ALWAYS, ("2026-04-04T14:00", "2026-04-04T16:00"), ["14:00", "14:30", "15:30"]),
        ("Asia/Kolkata", ALWAYS, ("2026-03-28T18:30", "2026-03-28T19:31"), ["18:30", "19:00", "19:30"]),
        ("Africa/Cairo", ALWAYS, ("2026-04-23T21:00", "2026-04-23T23:00"), ["21:00", "21:30", "22:00", "22:30"]),
        ("Europe/Amsterdam", NIGHTS, ("2026-03-29T03:00", "2026-03-29T21:00"), ["03:00", "03:30", "20:00", "20:30"]),
        ("Europe/Amsterdam", NIGHTS, ("2026-10-25T03:30", "2026-10-25T21:30"), ["03:30", "04:00", "04:30", "21:00"]),
    ],
)
def test_slots_on_the_days_of_a_change(zone: str, hours: tuple, window: tuple[str, str], expected: list[str]):
    branch = replace(BRANCH, time_zone=zone, opening_hours=hours)
    assert starts(listing(ADVICE, branch, *window, ROOM)) == expected


def test_nights_around_a_day_that_a_zone_skipped():
    """In Apia Thursday was followed by Saturday: Thursday's night ends at midnight, and Friday's begins there."""
    branch = replace(BRANCH, time_zone="Pacific/Apia", opening_hours=NIGHTS)
    found = listing(ADVICE, branch, "2011-12-30T07:00", "2011-12-31T08:30", ROOM, now=utc("2011-01-01"))
    thursday, friday = (
        ["08:00", "08:30", "09:00", "09:30"],
        [f"{hour}:{half}" for hour in range(10, 16) for half in ("00", "30")],
    )
    assert starts(found) == [*thursday, *friday, "08:00"]


def test_a_day_that_a_zone_skipped_has_no_daytime():
    branch = replace(BRANCH, time_zone="Pacific/Apia")
    found = listing(ADVICE, branch, "2011-12-28T12:00", "2011-12-31T12:00", ROOM, now=utc("2011-01-01"))
    assert [slot.starts_at.day for slot in found] == [28] * 6 + [29] * 6


def test_hours_that_open_in_a_gap_open_after_it_and_keep_their_grid():
    branch = replace(BRANCH, opening_hours=(OpeningHours(6, 130, 300),))
    what = service(20, 40, Role((ROOM.id,)))
    assert starts(listing(what, branch, "2026-03-29T00:00", "2026-03-29T12:00", ROOM)) == ["01:30", "02:10"]


def test_a_slot_lasts_elapsed_time_across_a_change():
    branch = replace(BRANCH, opening_hours=ALWAYS)
    (slot,) = listing(service(60, 60, Role((ROOM.id,))), branch, "2026-03-29T00:30", "2026-03-29T01:01", ROOM)
    assert slot.ends_at - slot.starts_at == timedelta(hours=1)


@pytest.mark.parametrize(
    ("now", "allowed", "first"),
    [
        ("2026-03-02T08:29", False, "08:30"),
        ("2026-03-02T08:30", False, "09:00"),
        ("2026-03-02T08:30", True, "08:00"),
        ("2026-03-02T07:59", False, "08:00"),
    ],
)
def test_a_slot_that_has_started(now: str, allowed: bool, first: str):
    what = replace(ADVICE, past_slots_allowed=allowed)
    assert starts(listing(what, BRANCH, "2026-03-02T00:00", "2026-03-03T00:00", ROOM, now=utc(now)))[0] == first


@pytest.mark.parametrize("window", [(1, 1, 2), (9999, 12, 31), (9998, 1, 1)])
def test_the_ends_of_time_have_no_slots(window: tuple[int, int, int]):
    start = datetime(*window, tzinfo=UTC)
    assert availability.slots(ADVICE, BRANCH, {ROOM.id: ROOM}, (), Interval(start, start + 60 * MINUTE), LONG_AGO) == ()


START, END = utc("2026-03-02T08:00"), utc("2026-03-02T08:30")


def ask(starts_at=START, ends_at=None, branch=BRANCH, now=LONG_AGO, what=ADVICE) -> str | None:
    try:
        availability.offered(what, branch, starts_at, ends_at or starts_at + 30 * MINUTE, now)
    except SlotNotOffered as refusal:
        return refusal.reason
    return None


def test_a_slot_is_offered_in_any_zone_of_the_asker():
    tokyo = timezone(timedelta(hours=9))
    assert ask() is None
    assert ask(START.astimezone(tokyo), END.astimezone(tokyo)) is None


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "now", "reason"),
    [
        (START, END + MINUTE, LONG_AGO, "slot_grid"),
        (START, START, LONG_AGO, "slot_grid"),
        (END, START, LONG_AGO, "slot_grid"),
        (START + MINUTE, END + MINUTE, LONG_AGO, "slot_grid"),
        (START + MINUTE / 60, END + MINUTE / 60, LONG_AGO, "slot_grid"),
        (START - 30 * MINUTE, START, LONG_AGO, "opening_hours"),
        (START + timedelta(hours=3), END + timedelta(hours=3), LONG_AGO, "opening_hours"),
        (START + timedelta(days=5), END + timedelta(days=5), LONG_AGO, "opening_hours"),
        (START, END, START, "past_slots"),
        (START, END, START - MINUTE, None),
    ],
)
def test_offered_names_the_rule(starts_at: datetime, ends_at: datetime, now: datetime, reason: str | None):
    assert ask(starts_at, ends_at, now=now) == reason


@pytest.mark.parametrize("hours", [-14, 0, 14])
@pytest.mark.parametrize("year", [1, 9999])
def test_offered_at_the_ends_of_time(year: int, hours: int):
    edge = datetime(1, 1, 1) if year == 1 else datetime(9999, 12, 31, 23, 15)  # noqa: DTZ001  the zone comes next
    start = edge.replace(tzinfo=timezone(timedelta(hours=hours)))
    assert ask(start, start + 30 * MINUTE) == "opening_hours"


@pytest.mark.parametrize(("day", "count"), [("2026-03-03", 12), ("2026-03-29", 10), ("2026-10-25", 12)])
def test_what_is_listed_is_offered(day: str, count: int):
    """Nights of a 40-minute grid, so that its times after midnight are not those of a grid from midnight on."""
    branch = replace(BRANCH, opening_hours=NIGHTS)
    what = replace(ADVICE, grid=40 * MINUTE)
    noon = utc(f"{day}T12:00")
    found = availability.slots(what, branch, {ROOM.id: ROOM}, (), Interval(noon - timedelta(days=1), noon), LONG_AGO)
    assert [ask(slot.starts_at, branch=branch, what=what) for slot in found] == [None] * count


def test_rules_are_known_by_the_names_that_refusals_carry():
    assert [rule.name for rule in RULES] == ["opening_hours", "slot_grid", "past_slots"]


def room_left(what: Service, *resources: Resource, occupied=(), now=LONG_AGO) -> tuple[int, int]:
    found = listing(what, BRANCH, "2026-03-02T08:00", "2026-03-02T08:01", *resources, occupied=occupied, now=now)
    (slot,) = found
    return slot.capacity, slot.available


def claim(resource: Resource, start: int, end: int, units: int = 1, expires: int | None = None) -> Occupied:
    lapses = None if expires is None else LONG_AGO + expires * MINUTE
    return Occupied(resource.id, START + start * MINUTE, START + end * MINUTE, units, lapses)


FIVE = pool(21, PoolScope.OVERLAP, (LONG_AGO, 5))
SWINGING = pool(22, PoolScope.OVERLAP, (LONG_AGO, 5), (START + 10 * MINUTE, 2), (START + 20 * MINUTE, 4))
THREE_PER_SLOT = pool(23, PoolScope.SAME_SLOT, (LONG_AGO, 3))
LATE = pool(24, PoolScope.OVERLAP, (START + MINUTE, 5))


@pytest.mark.parametrize(
    ("resource", "occupied", "expected"),
    [
        (ROOM, [], (1, 1)),
        (ROOM, [claim(ROOM, 10, 20)], (1, 0)),
        (ROOM, [claim(ROOM, -30, 60)], (1, 0)),
        (ROOM, [claim(ROOM, -30, 0), claim(ROOM, 30, 60)], (1, 1)),
        (ROOM, [claim(CHAIR, 0, 30)], (1, 1)),
        (ROOM, [claim(ROOM, 0, 30, expires=0)], (1, 1)),
        (ROOM, [claim(ROOM, 0, 30, expires=1)], (1, 0)),
        (FIVE, [claim(FIVE, 0, 10, 2), claim(FIVE, 10, 20, 3)], (5, 2)),
        (FIVE, [claim(FIVE, 0, 11, 2), claim(FIVE, 10, 20, 3)], (5, 0)),
        (FIVE, [claim(FIVE, 0, 30, 9)], (5, 0)),
        (SWINGING, [], (2, 2)),
        (SWINGING, [claim(SWINGING, 0, 10, 4)], (2, 1)),
        (SWINGING, [claim(SWINGING, 12, 14)], (2, 1)),
        (LATE, [], (0, 0)),
        (THREE_PER_SLOT, [claim(THREE_PER_SLOT, 0, 30, 2)], (3, 1)),
        (THREE_PER_SLOT, [claim(THREE_PER_SLOT, 0, 29, 2), claim(THREE_PER_SLOT, 1, 30, 2)], (3, 3)),
        (THREE_PER_SLOT, [claim(THREE_PER_SLOT, 0, 30, 2, expires=0)], (3, 3)),
    ],
)
def test_what_is_left(resource: Resource, occupied: list[Occupied], expected: tuple[int, int]):
    assert room_left(service(30, 30, Role((resource.id,))), resource, occupied=occupied) == expected


def test_a_role_takes_its_units_and_an_exclusive_resource_whole():
    assert room_left(service(30, 30, Role((FIVE.id,), 2)), FIVE) == (2, 2)
    assert room_left(service(30, 30, Role((ROOM.id,), 2)), ROOM) == (1, 1)


def test_the_scarcest_role_decides():
    what = service(30, 30, Role((FIVE.id,)), Role((ROOM.id, CHAIR.id)))
    assert room_left(what, FIVE, ROOM, CHAIR, occupied=[claim(ROOM, 0, 30)]) == (2, 1)


def test_roles_that_share_a_resource_cannot_both_have_it():
    what = service(30, 30, Role((ROOM.id, CHAIR.id)), Role((ROOM.id,)))
    assert room_left(what, ROOM, CHAIR)[1] == 1
    assert room_left(what, ROOM, CHAIR, occupied=[claim(CHAIR, 0, 30)])[1] == 0


def test_nothing_to_take_is_nothing_to_offer():
    assert room_left(service(30, 30)) == (0, 0)
    assert room_left(ADVICE) == (0, 0)


def choose(what: Service, *resources: Resource, occupied=()):
    return availability.choose(what, {one.id: one for one in resources}, occupied, START, END, LONG_AGO)


def test_without_a_choice_the_claim_finds_out():
    assert not availability.needs_choice(ADVICE)
    assert choose(ADVICE, ROOM, occupied=[claim(ROOM, 0, 30)]) == ((ROOM.id, 1),)


def test_the_first_resource_that_is_free():
    what = service(30, 30, Role((ROOM.id, CHAIR.id)), Role((FIVE.id,), 3))
    assert availability.needs_choice(what)
    assert choose(what, ROOM, CHAIR, FIVE) == ((ROOM.id, 1), (FIVE.id, 3))
    assert choose(what, ROOM, CHAIR, FIVE, occupied=[claim(ROOM, 0, 1)]) == ((CHAIR.id, 1), (FIVE.id, 3))


def test_a_preference_gives_way_where_the_whole_would_fail():
    what = service(30, 30, Role((ROOM.id, CHAIR.id)), Role((ROOM.id, DESK.id)))
    taken = [claim(DESK, 0, 30)]
    assert choose(what, ROOM, CHAIR, DESK, occupied=taken) == ((CHAIR.id, 1), (ROOM.id, 1))


@pytest.mark.parametrize("what", [service(30, 30), service(30, 30, Role((ROOM.id, CHAIR.id)))])
def test_nothing_free_is_taken(what: Service):
    with pytest.raises(SlotTaken):
        choose(what, ROOM, CHAIR, occupied=[claim(ROOM, 0, 30), claim(CHAIR, 29, 31)])
