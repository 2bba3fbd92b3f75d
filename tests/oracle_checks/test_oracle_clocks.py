"""The oracle on days that were worked out by hand, from decision 0020."""

from datetime import date, timedelta

import pytest

from oracle.schedules import openings
from oracle.values import Hours, Schedule
from oracle.walls import Change, changes, edge, second_showing, start
from small_days import at, clock, hours, one, service, starts, weekly, world

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("zone", "day", "shows", "starts_at", "edge_at"),
    [
        ("Europe/Amsterdam", "2026-03-29", "01:59", "2026-03-29T00:59", "2026-03-29T00:59"),
        ("Europe/Amsterdam", "2026-03-29", "02:00", None, "2026-03-29T01:00"),
        ("Europe/Amsterdam", "2026-03-29", "02:59", None, "2026-03-29T01:00"),
        ("Europe/Amsterdam", "2026-03-28", "27:00", "2026-03-29T01:00", "2026-03-29T01:00"),
        ("Europe/Amsterdam", "2026-10-25", "02:30", "2026-10-25T00:30", "2026-10-25T00:30"),
        ("Europe/Amsterdam", "2026-10-25", "03:00", "2026-10-25T02:00", "2026-10-25T02:00"),
        ("Australia/Lord_Howe", "2026-10-04", "02:15", None, "2026-10-03T15:30"),
        ("Australia/Lord_Howe", "2026-04-05", "01:45", "2026-04-04T14:45", "2026-04-04T14:45"),
        ("Australia/Lord_Howe", "2026-04-05", "02:00", "2026-04-04T15:30", "2026-04-04T15:30"),
        ("Asia/Kolkata", "2026-03-29", "02:30", "2026-03-28T21:00", "2026-03-28T21:00"),
        ("Africa/Cairo", "2026-04-24", "00:00", None, "2026-04-23T22:00"),
        ("Africa/Cairo", "2026-04-23", "24:00", None, "2026-04-23T22:00"),
        ("Africa/Cairo", "2026-10-29", "23:30", "2026-10-29T20:30", "2026-10-29T20:30"),
        ("Africa/Cairo", "2026-10-29", "24:00", "2026-10-29T22:00", "2026-10-29T22:00"),
        ("Pacific/Apia", "2011-12-30", "12:00", None, "2011-12-30T10:00"),
        ("Pacific/Apia", "2011-12-29", "23:59", "2011-12-30T09:59", "2011-12-30T09:59"),
        ("Pacific/Apia", "2011-12-31", "00:00", "2011-12-30T10:00", "2011-12-30T10:00"),
    ],
)
def test_what_the_clock_shows(zone, day, shows, starts_at, edge_at):
    day = date.fromisoformat(day)
    assert start(zone, day, clock(shows)) == (at(starts_at) if starts_at else None)
    assert edge(zone, day, clock(shows)) == at(edge_at)


@pytest.mark.parametrize(
    ("zone", "day", "text", "minutes"),
    [
        ("Europe/Amsterdam", "2026-03-29", "00:00-06:00", 300),
        ("Europe/Amsterdam", "2026-03-28", "22:00-30:00", 420),
        ("Europe/Amsterdam", "2026-03-29", "09:00-17:00", 480),
        ("Europe/Amsterdam", "2026-03-29", "02:10-02:50", None),
        ("Europe/Amsterdam", "2026-10-25", "00:00-06:00", 420),
        ("Europe/Amsterdam", "2026-10-24", "22:00-30:00", 540),
        ("Europe/Amsterdam", "2026-10-25", "00:00-02:30", 150),
        ("Europe/Amsterdam", "2026-10-25", "02:30-06:00", 270),
        ("Australia/Lord_Howe", "2026-10-04", "02:00-03:00", 30),
        ("Africa/Cairo", "2026-10-29", "20:00-23:30", 210),
        ("Africa/Cairo", "2026-10-29", "20:00-24:00", 300),
        ("Pacific/Apia", "2011-12-30", "00:00-24:00", None),
        ("Pacific/Apia", "2011-12-29", "22:00-30:00", 120),
        ("Pacific/Apia", "2011-12-30", "22:00-30:00", 360),
    ],
)
def test_how_long_hours_are(zone, day, text, minutes):
    day = date.fromisoformat(day)
    schedule = Schedule(((day.weekday(), hours(text)),))
    found = [each.closes - each.opens for each in openings(world(zone=zone), schedule, day)]
    assert found == ([] if minutes is None else [minutes])


def test_only_the_second_showing_is_one():
    shown_twice = range(at("2026-10-25T01:00"), at("2026-10-25T02:00"))
    around = range(at("2026-10-24T12:00"), at("2026-10-25T12:00"))
    assert [minute for minute in around if second_showing("Europe/Amsterdam", minute)] == list(shown_twice)


@pytest.mark.parametrize(
    ("zone", "opens", "grid", "first", "last", "expected"),
    [
        # 01:00, 01:30, 03:00, 03:30 on the clock.
        (
            "Europe/Amsterdam",
            "01:00-04:00",
            30,
            "2026-03-28T23:00",
            "2026-03-29T03:00",
            ["00:00", "00:30", "01:00", "01:30"],
        ),
        # 01:30, 02:00, 02:30, and 03:00 after an hour and a half.
        (
            "Europe/Amsterdam",
            "01:30-03:30",
            30,
            "2026-10-24T22:00",
            "2026-10-25T04:00",
            ["23:30", "00:00", "00:30", "02:00"],
        ),
        # Opens at 02:10, which is skipped: 02:50 is too; 03:30 comes.
        ("Europe/Amsterdam", "02:10-05:00", 40, "2026-03-29T00:00", "2026-03-29T03:00", ["01:30", "02:10"]),
        # 01:30 and 02:30, half an hour apart.
        ("Australia/Lord_Howe", "01:30-03:30", 60, "2026-10-03T12:00", "2026-10-03T18:00", ["15:00", "15:30"]),
        ("Australia/Lord_Howe", "02:00-04:00", 60, "2026-10-03T12:00", "2026-10-03T18:00", ["16:00"]),
        ("Asia/Kolkata", "09:00-10:30", 30, "2026-03-29T00:00", "2026-03-29T12:00", ["03:30", "04:00", "04:30"]),
        ("Africa/Cairo", "00:00-02:00", 30, "2026-04-23T20:00", "2026-04-24T04:00", ["22:00", "22:30"]),
        ("Africa/Cairo", "23:00-24:00", 30, "2026-10-29T18:00", "2026-10-30T04:00", ["20:00", "20:30"]),
        # The night of the 29th ends at its midnight; that of the 30th goes on in the morning of the 31st.
        (
            "Pacific/Apia",
            "23:00-25:00",
            30,
            "2011-12-30T06:00",
            "2011-12-30T16:00",
            ["09:00", "09:30", "10:00", "10:30"],
        ),
        (
            "Pacific/Apia",
            "09:00-10:00",
            30,
            "2011-12-29T12:00",
            "2011-12-31T12:00",
            ["19:00", "19:30", "19:00", "19:30"],
        ),
    ],
)
def test_slots_of_days_on_which_clocks_change(zone, opens, grid, first, last, expected):
    where = world(zone=zone, branch=weekly(opens))
    assert starts(where, one(service(grid=grid)), first, last) == expected


def test_a_grid_on_the_clock_counts_from_midnight_and_through_a_change():
    where = world(zone="Asia/Kathmandu", branch=weekly("09:10-11:00"))
    plan = one(service(anchor="clock"))
    assert starts(where, plan, "2026-03-29T00:00", "2026-03-29T12:00") == ["03:45", "04:15", "04:45"]
    where = world(zone="Australia/Lord_Howe", branch=weekly("01:00-04:00"))
    plan = one(service(anchor="clock", grid=60))
    assert starts(where, plan, "2026-10-03T12:00", "2026-10-03T20:00") == ["14:30", "16:00"]


@pytest.mark.parametrize("anchor", ["opening", "clock", "packed"])
def test_nothing_starts_while_an_hour_is_shown_again(anchor):
    where = world(zone="Europe/Amsterdam", branch=weekly("01:00-04:00"))
    plan = one(service(anchor=anchor))
    found = starts(where, plan, "2026-10-24T22:00", "2026-10-25T04:00")
    assert found == ["23:00", "23:30", "00:00", "00:30", "02:00", "02:30"]


def test_hours_over_two_midnights_reach_the_second_day():
    monday = Schedule(((0, Hours(1380, 3300)),))
    where = world(branch=monday)
    plan = one(service(grid=360))
    assert starts(where, plan, "2026-03-02T00:00", "2026-03-05T00:00") == [
        "23:00",
        "05:00",
        "11:00",
        "17:00",
        "23:00",
        "05:00",
    ]


def test_changes_are_found_to_the_minute():
    found = list(changes(2026, 2026, ["Europe/Amsterdam", "Asia/Kolkata", "Australia/Lord_Howe"]))
    assert found == [
        Change(at("2026-04-04T15:00"), "Australia/Lord_Howe", 11 * HOUR, 10.5 * HOUR),
        Change(at("2026-10-03T15:30"), "Australia/Lord_Howe", 10.5 * HOUR, 11 * HOUR),
        Change(at("2026-03-29T01:00"), "Europe/Amsterdam", HOUR, 2 * HOUR),
        Change(at("2026-10-25T01:00"), "Europe/Amsterdam", 2 * HOUR, HOUR),
    ]


def test_a_whole_day_is_a_change_too():
    (spring, skipped) = (each for each in changes(2011, 2011, ["Pacific/Apia"]) if each.minute > at("2011-09-01T00:00"))
    assert spring.after - spring.before == HOUR
    assert (skipped.minute, skipped.after - skipped.before) == (at("2011-12-30T10:00"), 24 * HOUR)


def test_all_zones_are_walked():
    zones = {change.zone for change in changes(2026, 2026)}
    assert {"Africa/Cairo", "America/New_York", "Europe/Amsterdam", "Pacific/Chatham", "Antarctica/Troll"} <= zones
    assert not {"Asia/Kolkata", "UTC", "Pacific/Apia"} & zones
