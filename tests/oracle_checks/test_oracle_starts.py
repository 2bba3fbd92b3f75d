"""The oracle's rules about a start, one at a time."""

from datetime import date, timedelta

import pytest

from oracle.slots import end_of
from oracle.start_rules import start_reasons, starts_of
from oracle.values import Part, Plan, Role, Schedule
from small_days import LONG_AGO, at, claim, every_day, hours, one, pool, service, starts, utc, weekly, world

WEDNESDAY = date(2026, 3, 4)
MINUTE = timedelta(minutes=1)
CLOSED = ((utc("2026-03-04T10:10"), utc("2026-03-04T10:20")),)
DAY_OFF = {WEDNESDAY: ()}
FOR_GOOD = ((utc("2026-03-04"), None),)
SHORT_DAY = {WEDNESDAY: (hours("10:00-11:00"),)}
LATE_BREAK = every_day("10:29-10:40")


def reasons(where, asked, minute="10:00", party=1):
    return start_reasons(where, one(asked, party), 0, at(f"2026-03-04T{minute}"))


@pytest.mark.parametrize(
    ("where", "asked", "minute", "party", "expected"),
    [
        (world(), service(), "10:00", 1, set()),
        (world(), service(), "10:10", 1, {"slot_grid"}),
        (world(), service(), "08:30", 1, {"opening_hours", "slot_grid"}),
        (world(), service(duration=31), "16:30", 1, {"opening_hours"}),
        (world(branch=weekly("09:00-17:00", closures=CLOSED)), service(), "10:00", 1, {"closures"}),
        (world(branch=weekly("09:00-17:00", closures=CLOSED)), service(), "10:30", 1, set()),
        (world(), service(schedule=Schedule(closures=CLOSED)), "10:00", 1, {"closures"}),
        (world(branch=weekly("09:00-17:00", closures=FOR_GOOD)), service(), "16:00", 1, {"closures"}),
        (world(branch=weekly("09:00-17:00", special=DAY_OFF)), service(), "10:00", 1, {"special_days", "slot_grid"}),
        (
            world(branch=weekly("09:00-17:00", special={WEDNESDAY: (hours("10:30-12:00"),)})),
            service(anchor="clock"),
            "10:00",
            1,
            {"special_days"},
        ),
        # A break of the week is none on a special day.
        (
            world(branch=weekly("09:00-17:00", breaks=every_day("10:00-10:05"), special=SHORT_DAY)),
            service(),
            "10:00",
            1,
            set(),
        ),
        (world(branch=weekly("09:00-17:00", breaks=LATE_BREAK)), service(), "10:00", 1, {"opening_hours"}),
        # Hours that follow each other are one stretch, each with a grid of its own.
        (world(branch=weekly("09:00-10:10", "10:10-12:00")), service(), "10:00", 1, set()),
        (world(branch=weekly("09:00-10:10", "10:10-12:00")), service(), "10:40", 1, set()),
        (world(branch=weekly("09:00-10:10", "10:11-12:00")), service(), "10:00", 1, {"opening_hours"}),
        (world(), service(schedule=weekly("10:05-12:00")), "10:00", 1, {"booking_hours", "slot_grid"}),
        (world(), service(schedule=weekly("10:00-10:20")), "10:00", 1, {"booking_hours"}),
        (world(), service(schedule=Schedule(special=DAY_OFF)), "10:00", 1, {"booking_hours", "slot_grid"}),
        (world(), service(schedule=Schedule(breaks=LATE_BREAK)), "10:00", 1, {"booking_hours"}),
        (world(now=utc("2026-03-04T10:00")), service(), "10:00", 1, {"past_slots"}),
        (world(now=utc("2026-03-04T09:59:59")), service(), "10:00", 1, set()),
        (world(now=utc("2026-03-04T12:00")), service(past_slots_allowed=True), "10:00", 1, set()),
        (world(now=utc("2026-03-04T09:00")), service(lead_time=60 * MINUTE), "10:00", 1, set()),
        (world(now=utc("2026-03-04T09:00:01")), service(lead_time=60 * MINUTE), "10:00", 1, {"lead_time"}),
        (world(now=utc("2026-03-03T23:59")), service(lead_days=(1, False)), "10:00", 1, set()),
        (world(now=utc("2026-03-03T23:59")), service(lead_days=(2, False)), "10:00", 1, {"lead_time"}),
        (world(now=utc("2026-03-01")), service(horizon=(3, False)), "10:00", 1, set()),
        (world(now=utc("2026-03-01")), service(horizon=(2, False)), "10:00", 1, {"horizon"}),
        (world(), service(bookable_from=WEDNESDAY, bookable_until=WEDNESDAY), "10:00", 1, set()),
        (world(), service(bookable_from=date(2026, 3, 5)), "10:00", 1, {"horizon"}),
        (world(), service(bookable_until=date(2026, 3, 3)), "10:00", 1, {"horizon"}),
        (world(), service(party_limit=3), "10:00", 3, set()),
        (world(), service(party_limit=3), "10:00", 4, {"party_size"}),
        (world(), service(per_extra_person=10), "16:00", 4, set()),
        (world(), service(per_extra_person=10), "16:00", 5, {"opening_hours"}),
        (world(visits=(("advice", at("2026-03-04T20:00")),)), service(daily_limit=2), "10:00", 1, set()),
        (world(visits=(("advice", at("2026-03-04T20:00")),)), service(daily_limit=1), "10:00", 1, {"customer_limit"}),
        (world(visits=(("advice", at("2026-03-05T00:00")),)), service(daily_limit=1), "10:00", 1, set()),
        (world(visits=(("other", at("2026-03-04T20:00")),)), service(daily_limit=1), "10:00", 1, set()),
        (world(visits=()), service(daily_limit=0), "10:00", 1, {"customer_limit"}),
    ],
)  # fmt: skip
def test_a_rule_about_a_start(where, asked, minute, party, expected):
    assert reasons(where, asked, minute, party) == expected


@pytest.mark.parametrize(
    ("days", "lead", "horizon"),
    [
        # Today is Friday the 27th of February; the branch opens from Monday to Friday, and not on Tuesday the 3rd.
        ((2, True), set(), set()),
        ((3, True), {"lead_time"}, set()),
        ((1, True), set(), {"horizon"}),
        ((0, True), set(), {"horizon"}),
        ((5, False), set(), set()),
        ((6, False), {"lead_time"}, set()),
    ],
)
def test_business_days_are_those_on_which_the_branch_opens(days, lead, horizon):
    week = tuple((weekday, hours("09:00-17:00")) for weekday in range(5))
    branch = Schedule(week, special={date(2026, 3, 3): ()}, closures=((utc("2026-03-02"), utc("2026-03-03")),))
    where = world(branch=branch, now=utc("2026-02-27T12:00"))
    assert reasons(where, service(lead_days=days)) == lead
    assert reasons(where, service(horizon=days)) == horizon


def test_days_that_never_come_block_every_start_or_none():
    where = world(branch=Schedule((), special={WEDNESDAY: (hours("09:00-17:00"),)}), now=utc("2026-03-03"))
    assert reasons(where, service(lead_days=(1, True), horizon=(1, True))) == set()
    assert reasons(where, service(lead_days=(2, True))) == {"lead_time"}
    assert reasons(where, service(horizon=(2, True))) == set()


def test_the_date_is_that_of_the_branch():
    where = world(zone="Asia/Kolkata", branch=weekly("00:00-24:00", special=DAY_OFF))
    assert reasons(where, service(anchor="clock"), "18:00") == {"special_days"}
    assert reasons(where, service(anchor="clock"), "18:30") == set()


def test_parts_follow_each_other_guest_by_guest():
    long, short = service(duration=60), service(duration=20, per_extra_person=5)
    plan = Plan(
        (
            Part(long, gap=5),
            Part(short, guest=1),
            Part(short, gap=10),
            Part(short, guest=1, gap=15, beside=True),
            Part(long, guest=1),
        ),
        party=2,
    )
    assert starts_of(plan, 1000) == [1005, 1000, 1075, 1015, 1040]
    assert end_of(plan, 1000) == 1100


def test_only_the_first_part_is_on_the_grid():
    plan = Plan((Part(service(duration=20)), Part(service())))
    where = world()
    assert starts(where, plan, "2026-03-04T15:00", "2026-03-04T18:00") == ["15:00", "15:30", "16:00"]
    assert start_reasons(where, plan, 1, at("2026-03-04T15:20")) == set()


def test_a_packed_grid_follows_the_claims():
    asked = service(anchor="packed", duration=20, grid=40, before=5, after=10)
    where = world(branch=weekly("09:00-13:00"), claims=(claim("ann", "10:05", "10:45"),))
    on_grid = [
        minute
        for minute in range(at("2026-03-04T08:00"), at("2026-03-04T14:00"))
        if "slot_grid" not in start_reasons(where, one(asked), 0, minute)
    ]
    assert [minute - at("2026-03-04T09:00") for minute in on_grid] == [0, 40, 110, 150, 190, 230]


@pytest.mark.parametrize(("by_slot", "expected"), [(False, [0, 50, 110, 170]), (True, [0, 60, 120])])
def test_a_packed_grid_of_a_pool_looks_at_what_the_service_takes(by_slot, expected):
    pair = service(anchor="packed", grid=60, roles=(Role(("desks",), units=1), Role(("desks",), units=2)))
    taken = (claim("desks", "09:10", "09:50"), claim("desks", "09:30", "10:15", expires=LONG_AGO))
    where = world(pool("desks", 2, by_slot=by_slot), branch=weekly("09:00-12:00"), claims=taken)
    on_grid = [
        minute - at("2026-03-04T09:00")
        for minute in range(at("2026-03-04T09:00"), at("2026-03-04T12:00"))
        if "slot_grid" not in start_reasons(where, one(pair), 0, minute)
    ]
    assert on_grid == expected
