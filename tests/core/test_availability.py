"""What is on offer in a small branch, day by day."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from appointed.core import availability
from appointed.core.availability import Slot
from appointed.core.catalog import (
    ANY_TIME,
    Branch,
    Closure,
    Days,
    GridAnchor,
    Hours,
    Resource,
    Role,
    Schedule,
    Service,
    SpecialDay,
    WeeklyHours,
)
from appointed.core.errors import CustomerLimitReached, SlotNotOffered
from appointed.core.localtime import EPOCH, FIRST_INSTANT, LAST_INSTANT, MINUTE
from appointed.core.plan import Plan
from appointed.core.preference import Preference
from small_branch import ADVICE, BRANCH, CHAIR, DESK, LONG_AGO, ROOM, START, asking, service, utc, weekly


def listing(what: Service, branch: Branch, start: str, end: str, *resources: Resource, **rest) -> tuple[Slot, ...]:
    return availability.slots(asking(what, (utc(start), utc(end)), *resources, branch=branch, **rest))


def starts(found: tuple[Slot, ...]) -> list[str]:
    return [slot.starts_at.isoformat()[11:16] for slot in found]


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
    """A slot may run on into the next: hours that follow each other are one stretch."""
    branch = replace(BRANCH, opening_hours=weekly((540, 610), (610, 700)))
    found = listing(service(40, 40, Role((ROOM.id,))), branch, "2026-03-02T00:00", "2026-03-03T00:00", ROOM)
    assert starts(found) == ["08:00", "08:40", "09:10", "09:50"]
    apart = replace(BRANCH, opening_hours=weekly((540, 610), (611, 700)))
    found = listing(service(40, 40, Role((ROOM.id,))), apart, "2026-03-02T00:00", "2026-03-03T00:00", ROOM)
    assert starts(found) == ["08:00", "09:11", "09:51"]


ALWAYS = weekly((0, 1440))
NIGHTS = weekly((1320, 1800))


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
@pytest.mark.parametrize("anchor", [GridAnchor.OPENING, GridAnchor.CLOCK])
def test_slots_on_the_days_of_a_change(
    anchor: GridAnchor, zone: str, hours: Schedule, window: tuple[str, str], expected: list[str]
):
    """On the half-hours of the clock from midnight and from the opening alike."""
    branch = replace(BRANCH, time_zone=zone, opening_hours=hours)
    assert starts(listing(replace(ADVICE, anchor=anchor), branch, *window, ROOM)) == expected


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
    branch = replace(BRANCH, opening_hours=weekly((130, 300), weekdays=(6,)))
    what = service(20, 40, Role((ROOM.id,)))
    assert starts(listing(what, branch, "2026-03-29T00:00", "2026-03-29T12:00", ROOM)) == ["01:30", "02:10"]


def test_a_slot_lasts_elapsed_time_across_a_change():
    branch = replace(BRANCH, opening_hours=ALWAYS)
    (slot,) = listing(service(60, 60, Role((ROOM.id,))), branch, "2026-03-29T00:00", "2026-03-29T00:01", ROOM)
    assert slot.ends_at - slot.starts_at == timedelta(hours=1)
    (slot,) = listing(service(90, 60, Role((ROOM.id,))), branch, "2026-10-25T00:00", "2026-10-25T01:01", ROOM)
    assert slot.ends_at - slot.starts_at == timedelta(minutes=90)


@pytest.mark.parametrize(
    ("now", "allowed", "first"),
    [
        ("2026-03-02T08:29", False, "08:30"),
        ("2026-03-02T08:29:59", False, "08:30"),
        ("2026-03-02T08:30", False, "09:00"),
        ("2026-03-02T08:30", True, "08:00"),
        ("2026-03-02T07:59", False, "08:00"),
    ],
)
def test_a_slot_that_has_started(now: str, allowed: bool, first: str):
    what = replace(ADVICE, past_slots_allowed=allowed)
    assert starts(listing(what, BRANCH, "2026-03-02T00:00", "2026-03-03T00:00", ROOM, now=utc(now)))[0] == first


@pytest.mark.parametrize("start", [LAST_INSTANT - timedelta(hours=hours) for hours in (1, 12, 24, 72)])
@pytest.mark.parametrize("anchor", GridAnchor)
def test_the_last_days_of_time_can_be_asked_about(anchor: GridAnchor, start: datetime):
    what, branch = replace(ADVICE, anchor=anchor), replace(BRANCH, opening_hours=ALWAYS)
    found = availability.slots(
        asking(what, (start, start + timedelta(hours=1)), ROOM, branch=branch, now=LAST_INSTANT - timedelta(days=30))
    )
    assert len(found) == 2


@pytest.mark.parametrize("zone", ["UTC", "America/Adak"])
@pytest.mark.parametrize("anchor", GridAnchor)
def test_the_first_days_of_time_can_be_asked_about(anchor: GridAnchor, zone: str):
    """Clocks were seconds apart from each other then, and no whole minute of UTC is on their grids."""
    what = replace(ADVICE, anchor=anchor, past_slots_allowed=True)
    branch = replace(BRANCH, time_zone=zone, opening_hours=ALWAYS)
    window = FIRST_INSTANT, FIRST_INSTANT + timedelta(hours=12)
    on_grid = 24 if zone == "UTC" else {GridAnchor.PACKED: 25}.get(anchor, 0)
    assert len(availability.slots(asking(what, window, ROOM, branch=branch, now=utc("1905-01-01")))) == on_grid


def ask(starts_at: datetime = START, **rest) -> str | None:
    what = rest.pop("what", ADVICE)
    asked = asking(what, (starts_at, starts_at + MINUTE), *rest.pop("resources", (ROOM,)), **rest)
    try:
        availability.offer_asked(asked)
    except SlotNotOffered as refusal:
        with pytest.raises(SlotNotOffered):
            availability.assignment(asked)
        return refusal.reason
    return None


@pytest.mark.parametrize(
    ("starts_at", "now", "reason"),
    [
        (START, LONG_AGO, None),
        (START + MINUTE, LONG_AGO, "slot_grid"),
        (START - 30 * MINUTE, LONG_AGO, "opening_hours"),
        (START + timedelta(hours=3), LONG_AGO, "opening_hours"),
        (START + timedelta(days=5), LONG_AGO, "opening_hours"),
        (START, START, "past_slots"),
        (START, START - MINUTE, None),
    ],
)
def test_a_refusal_names_the_rule(starts_at: datetime, now: datetime, reason: str | None):
    assert ask(starts_at, now=now) == reason


CLOSED = Closure(START - MINUTE, START + MINUTE)
DAY_OFF = SpecialDay(date(2026, 3, 2))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"booking_hours": weekly((600, 720))}, "booking_hours"),
        ({"booking_hours": Schedule(closures=(CLOSED,))}, "closures"),
        ({"lead_time": timedelta(minutes=61)}, "lead_time"),
        ({"lead_time": timedelta(minutes=60)}, None),
        ({"lead_days": Days(1)}, "lead_time"),
        ({"horizon": Days(0)}, None),
        ({"bookable_from": date(2026, 3, 3)}, "horizon"),
        ({"bookable_until": date(2026, 3, 1)}, "horizon"),
        ({"party_limit": 0}, "party_size"),
    ],
)
def test_a_refusal_names_the_rule_of_the_service(changes: dict, reason: str | None):
    assert ask(what=replace(ADVICE, **changes), now=START - timedelta(hours=1)) == reason


@pytest.mark.parametrize(
    ("hours", "reason"),
    [
        (replace(BRANCH.opening_hours, closures=(CLOSED,)), "closures"),
        (replace(BRANCH.opening_hours, special_days=(DAY_OFF,)), "special_days"),
        (replace(BRANCH.opening_hours, special_days=(replace(DAY_OFF, hours=(Hours(540, 570),)),)), None),
        (replace(BRANCH.opening_hours, breaks=(WeeklyHours(0, 560, 570),)), "opening_hours"),
    ],
)
def test_a_refusal_names_the_rule_of_the_branch(hours: Schedule, reason: str | None):
    assert ask(branch=replace(BRANCH, opening_hours=hours)) == reason


def test_a_customer_who_has_all_there_may_be():
    what = replace(ADVICE, customer_daily_limit=2)
    window = START, START + MINUTE
    assert availability.assignment(asking(what, window, ROOM, visits=[START])).chosen == (ROOM.id,)
    with pytest.raises(CustomerLimitReached) as refused:
        availability.assignment(asking(what, window, ROOM, visits=[START, START + timedelta(hours=3)]))
    assert refused.value.limit == 2
    # It is midnight at eleven in the evening of UTC.
    visits = [START, START + timedelta(hours=15)]
    assert availability.assignment(asking(what, window, ROOM, visits=visits)).chosen == (ROOM.id,)


@pytest.mark.parametrize(
    ("resource", "role", "reason"),
    [
        (replace(ROOM, schedule=weekly((600, 720))), Role((ROOM.id,)), "working_hours"),
        (replace(ROOM, schedule=Schedule(breaks=(WeeklyHours(0, 540, 550),))), Role((ROOM.id,)), "breaks"),
        (replace(ROOM, schedule=Schedule(closures=(CLOSED,))), Role((ROOM.id,)), "time_off"),
        (ROOM, Role((ROOM.id,), skills=frozenset({"dutch"})), "skills"),
    ],
)
def test_a_refusal_names_what_keeps_everybody_away(resource: Resource, role: Role, reason: str):
    with pytest.raises(SlotNotOffered) as refused:
        availability.assignment(asking(service(30, 30, role), (START, START + MINUTE), resource))
    assert refused.value.reason == reason


def test_a_refusal_names_the_preference_that_nobody_meets():
    what = service(30, 30, Role((ROOM.id, CHAIR.id)))
    plan = Plan.single(what, 1, [Preference(0, DESK.id)])
    with pytest.raises(SlotNotOffered) as refused:
        availability.assignment(asking(what, (START, START + MINUTE), ROOM, CHAIR, plan=plan))
    assert refused.value.reason == "preference"


@pytest.mark.parametrize(("day", "count"), [("2026-03-03", 12), ("2026-03-29", 10), ("2026-10-25", 12)])
def test_what_is_listed_is_offered(day: str, count: int):
    """Nights of a 40-minute grid, so that its times after midnight are not those of a grid from midnight on."""
    branch = replace(BRANCH, opening_hours=NIGHTS)
    what = replace(ADVICE, grid=40 * MINUTE)
    noon = utc(f"{day}T12:00")
    found = availability.slots(asking(what, (noon - timedelta(days=1), noon), ROOM, branch=branch))
    assert [ask(slot.starts_at, branch=branch, what=what) for slot in found] == [None] * count


def test_slots_are_instants_since_1970():
    found = listing(ADVICE, BRANCH, "2026-03-02T08:00", "2026-03-02T08:01", ROOM)
    assert found == (Slot((START - EPOCH) // MINUTE, (START - EPOCH) // MINUTE + 30, 1, 1),)


def test_a_branch_without_hours_of_its_own_is_always_open():
    branch = replace(BRANCH, opening_hours=ANY_TIME)
    assert len(listing(ADVICE, branch, "2026-03-01T23:00", "2026-03-02T23:00", ROOM)) == 48
