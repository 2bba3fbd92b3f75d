from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from appointed.core.localtime import (
    FIRST_INSTANT,
    LAST_INSTANT,
    LocalTime,
    WallClock,
    clock_between,
    date_of,
    days_of,
    edge,
    instant_of,
    minute_of,
    minutes_until,
    to_instant,
    to_local,
    wall_clock,
    weekday_of,
    years_around,
    zone,
)

CITIES = [
    "Europe/Amsterdam",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Africa/Cairo",
    "Africa/Casablanca",
    "America/Santiago",
    "Pacific/Apia",
    "Pacific/Chatham",
    "UTC",
]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def minute(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


# city, date, clock, the instant of a start (None: there is none), the instant of an edge where that differs
POLICY = [
    ("Europe/Amsterdam", "2026-03-28", "09:00", "2026-03-28T08:00", None),
    ("Europe/Amsterdam", "2026-03-29", "09:00", "2026-03-29T07:00", None),
    ("Europe/Amsterdam", "2026-03-29", "01:59", "2026-03-29T00:59", None),
    ("Europe/Amsterdam", "2026-03-29", "02:00", None, "2026-03-29T01:00"),
    ("Europe/Amsterdam", "2026-03-29", "02:59", None, "2026-03-29T01:00"),
    ("Europe/Amsterdam", "2026-03-29", "03:00", "2026-03-29T01:00", None),
    ("Europe/Amsterdam", "2026-03-28", "26:30", None, "2026-03-29T01:00"),
    ("Europe/Amsterdam", "2026-10-25", "01:59", "2026-10-24T23:59", None),
    ("Europe/Amsterdam", "2026-10-25", "02:00", "2026-10-25T00:00", None),
    ("Europe/Amsterdam", "2026-10-25", "02:30", "2026-10-25T00:30", None),
    ("Europe/Amsterdam", "2026-10-25", "03:00", "2026-10-25T02:00", None),
    ("Europe/Amsterdam", "2026-10-24", "26:30", "2026-10-25T00:30", None),
    ("America/New_York", "2026-03-08", "02:30", None, "2026-03-08T07:00"),
    ("America/New_York", "2026-11-01", "01:30", "2026-11-01T05:30", None),
    ("America/New_York", "2026-11-01", "02:00", "2026-11-01T07:00", None),
    ("Australia/Lord_Howe", "2026-10-04", "02:00", None, "2026-10-03T15:30"),
    ("Australia/Lord_Howe", "2026-10-04", "02:29", None, "2026-10-03T15:30"),
    ("Australia/Lord_Howe", "2026-10-04", "02:30", "2026-10-03T15:30", None),
    ("Australia/Lord_Howe", "2026-04-05", "01:30", "2026-04-04T14:30", None),
    ("Australia/Lord_Howe", "2026-04-05", "02:00", "2026-04-04T15:30", None),
    ("Asia/Kolkata", "2026-03-29", "02:30", "2026-03-28T21:00", None),
    ("Asia/Kathmandu", "2026-03-29", "00:00", "2026-03-28T18:15", None),
    # In Cairo the day of the change has no midnight in spring, and in autumn its last hour twice.
    ("Africa/Cairo", "2026-04-24", "00:00", None, "2026-04-23T22:00"),
    ("Africa/Cairo", "2026-04-23", "24:00", None, "2026-04-23T22:00"),
    ("Africa/Cairo", "2026-04-24", "01:00", "2026-04-23T22:00", None),
    ("Africa/Cairo", "2026-10-29", "23:30", "2026-10-29T20:30", None),
    ("Africa/Cairo", "2026-10-30", "00:00", "2026-10-29T22:00", None),
    # Apia crossed the date line and had no 30 December.
    ("Pacific/Apia", "2011-12-29", "23:59", "2011-12-30T09:59", None),
    ("Pacific/Apia", "2011-12-30", "00:00", None, "2011-12-30T10:00"),
    ("Pacific/Apia", "2011-12-30", "12:00", None, "2011-12-30T10:00"),
    ("Pacific/Apia", "2011-12-29", "30:00", None, "2011-12-30T10:00"),
    ("Pacific/Apia", "2011-12-31", "00:00", "2011-12-30T10:00", None),
]


@pytest.mark.parametrize(("city", "day", "clock", "start", "moved"), POLICY)
def test_policy(city: str, day: str, clock: str, start: str | None, moved: str | None):
    where, on = zone(city), date.fromisoformat(day)
    assert to_instant(where, on, minute(clock)) == (utc(start) if start else None)
    assert edge(where, on, minute(clock)) == utc(start or moved or "")


@pytest.mark.parametrize(
    ("day", "opens", "closes", "elapsed_minutes"),
    [
        ("2026-03-29", "00:00", "06:00", 300),
        ("2026-10-25", "00:00", "06:00", 420),
        ("2026-03-28", "22:00", "30:00", 420),
        ("2026-10-24", "22:00", "30:00", 540),
        ("2026-03-29", "09:00", "17:00", 480),
        ("2026-10-25", "09:00", "17:00", 480),
        ("2026-03-29", "02:10", "02:50", 0),
        ("2026-10-25", "02:10", "02:50", 40),
        ("2026-10-25", "00:00", "02:30", 150),
        ("2026-10-25", "02:30", "06:00", 270),
    ],
)
def test_hours_in_amsterdam(day: str, opens: str, closes: str, elapsed_minutes: int):
    where, on = zone("Europe/Amsterdam"), date.fromisoformat(day)
    elapsed = edge(where, on, minute(closes)) - edge(where, on, minute(opens))
    assert elapsed == timedelta(minutes=elapsed_minutes)


def test_the_second_pass_is_told():
    where = zone("Europe/Amsterdam")
    assert to_local(where, utc("2026-10-25T00:30")) == LocalTime(date(2026, 10, 25), 150)
    assert to_local(where, utc("2026-10-25T01:30")) == LocalTime(date(2026, 10, 25), 150, second_pass=True)


def test_a_zone_that_is_none():
    with pytest.raises(ZoneInfoNotFoundError):
        zone("Europe/Atlantis")


# Zones count whole minutes from 1973 on, Monrovia having been the last.
instants = st.integers(0, 60 * 525_960).map(
    lambda minutes: datetime(1973, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
days = st.dates(date(1973, 1, 2), date(2037, 12, 30))
minutes_of_two_days = st.integers(0, 2879)
cities = st.sampled_from(CITIES)


@given(cities, instants)
@example("Europe/Amsterdam", utc("2026-10-25T01:30"))
def test_there_and_back(city: str, instant: datetime):
    """An instant is the start of its own local time, or the second of two; then the first lies shortly before it."""
    local = to_local(zone(city), instant)
    start = to_instant(zone(city), local.day, local.minute)
    assert start is not None
    assert start < instant if local.second_pass else start == instant


@given(cities, days, minutes_of_two_days)
@example("Europe/Amsterdam", date(2026, 3, 29), 150)
@example("Pacific/Apia", date(2011, 12, 29), 1500)
def test_a_start_shows_the_time_it_was_made_of(city: str, day: date, at: int):
    start = to_instant(zone(city), day, at)
    if start is None:
        assert all(
            _shows(city, edge(zone(city), day, at) + timedelta(minutes=n)) != (day, at) for n in range(-120, 120)
        )
    else:
        assert _shows(city, start) == (day + timedelta(days=at // 1440), at % 1440)
        assert edge(zone(city), day, at) == start


def _shows(city: str, instant: datetime) -> tuple[date, int]:
    wall = instant.astimezone(ZoneInfo(city))
    return wall.date(), wall.hour * 60 + wall.minute


@given(cities, days, minutes_of_two_days, minutes_of_two_days)
@example("Europe/Amsterdam", date(2026, 10, 25), 150, 165)
@example("Africa/Cairo", date(2026, 10, 29), 1410, 1440)
def test_edges_never_run_backwards(city: str, day: date, one: int, other: int):
    """So hours that follow each other on the clock never overlap."""
    assume(one < other)
    assert edge(zone(city), day, one) <= edge(zone(city), day, other)


@given(cities, days, minutes_of_two_days)
@example("Europe/Amsterdam", date(2026, 3, 29), 150)
@example("Pacific/Apia", date(2011, 12, 30), 700)
def test_an_edge_in_a_gap_is_the_first_instant_after_it(city: str, day: date, at: int):
    moved = edge(zone(city), day, at)
    nominal = datetime.combine(day, datetime.min.time()) + timedelta(minutes=at)
    second = timedelta(seconds=1)
    assert moved.astimezone(ZoneInfo(city)).replace(tzinfo=None) >= nominal
    assert (moved - second).astimezone(ZoneInfo(city)).replace(tzinfo=None) < nominal


def local(text: str) -> int:
    """Minutes that a clock shows since 1970."""
    return minute_of(utc(text))


def of(city: str, year: int) -> WallClock:
    return wall_clock(zone(city), tuple(years_around(year, year)))


AMSTERDAM = of("Europe/Amsterdam", 2026)
SPRING, AUTUMN = minute_of(utc("2026-03-29T01:00")), minute_of(utc("2026-10-25T01:00"))


def test_a_wall_clock_shows_local_time():
    shown = [AMSTERDAM.shows(minute) for minute in (SPRING - 1, SPRING, AUTUMN - 1, AUTUMN)]
    texts = ("2026-03-29T01:59", "2026-03-29T03:00", "2026-10-25T02:59", "2026-10-25T02:00")
    assert shown == [local(text) for text in texts]


@pytest.mark.parametrize(("city", "day", "clock", "start", "moved"), POLICY)
def test_policy_of_a_wall_clock(city: str, day: str, clock: str, start: str | None, moved: str | None):
    at = days_of(date.fromisoformat(day)) * 1440 + minute(clock)
    on_the_wall = of(city, int(day[:4]))
    assert on_the_wall.start(at) == (minute_of(utc(start)) if start else None)
    assert on_the_wall.edge(at) == minute_of(utc(start or moved or ""))


def test_what_a_wall_clock_shows_again():
    year = local("2026-01-01T00:00"), local("2027-01-01T00:00")
    assert [span for span in AMSTERDAM.repeats() if year[0] <= span[0] < year[1]] == [(AUTUMN, AUTUMN + 60)]
    assert of("Asia/Kolkata", 2026).repeats() == []
    lord_howe = minute_of(utc("2026-04-04T15:00"))
    assert (lord_howe, lord_howe + 30) in of("Australia/Lord_Howe", 2026).repeats()


def test_the_time_before_a_date():
    """In Cairo the last hour of 29 October comes twice; there is no such hour in Amsterdam."""
    day = days_of(date(2026, 10, 30))
    assert minutes_before(AMSTERDAM, day, "2026-10-29T22:59") == [True, False]
    assert minutes_before(of("Africa/Cairo", 2026), day, "2026-10-29T21:59") == [True, False]
    assert minutes_before(of("Africa/Cairo", 2026), day, "2026-10-29T20:59") == [True, True]
    assert minutes_before(of("Pacific/Apia", 2011), days_of(date(2011, 12, 30)), "2011-12-30T09:59") == [True, False]
    assert minutes_before(of("Pacific/Apia", 2011), days_of(date(2011, 12, 31)), "2011-12-30T09:59") == [True, False]


def minutes_before(clock: WallClock, day: int, near: str) -> list[bool]:
    """Whether a minute and the next are before a date."""
    spans = clock.before(day)
    return [any(starts <= at < ends for starts, ends in spans) for at in range(local(near), local(near) + 2)]


def test_the_time_before_a_date_may_come_in_two_stretches():
    """A minute into 7 November 2010 the clock of St. John's went back to 23:01 of the day before."""
    clock, change = of("America/St_Johns", 2010), local("2010-11-07T02:31")
    dates = [clock.shows(at) // 1440 for at in (change - 2, change - 1, change, change + 59)]
    first = days_of(date(2010, 11, 7))
    assert dates == [first - 1, first, first - 1, first]
    assert minutes_before(clock, first, "2010-11-07T02:29") == [True, False]
    assert minutes_before(clock, first, "2010-11-07T02:31") == [True, True]
    assert minutes_before(clock, first, "2010-11-07T03:29") == [True, False]


@pytest.mark.parametrize("city", CITIES)
def test_a_wall_clock_knows_the_years_around_those_it_was_made_for(city: str):
    clock = of(city, 2026)
    for at in range(local("2025-01-02T00:00"), local("2027-12-30T00:00"), 1437):
        shown = to_local(zone(city), instant_of(at))
        assert clock.shows(at) == days_of(shown.day) * 1440 + shown.minute


def test_beyond_what_it_knows_a_wall_clock_says_so():
    beyond = local("2028-01-02T00:00")
    with pytest.raises(ValueError, match=str(beyond)):
        AMSTERDAM.shows(beyond)
    with pytest.raises(ValueError, match=str(beyond)):
        AMSTERDAM.edge(beyond)
    with pytest.raises(ValueError, match=str(beyond)):
        AMSTERDAM.start(beyond)


FAR_APART = pytest.mark.parametrize("city", ["UTC", "Pacific/Apia", "Pacific/Kiritimati", "America/Adak"])


@FAR_APART
def test_local_time_around_the_last_instant_that_has_slots(city: str):
    clock, last = clock_between(zone(city), LAST_INSTANT, LAST_INSTANT), minute_of(LAST_INSTANT)
    for at in range(last - 4320, last + 4320, 720):
        assert clock.start(clock.shows(at)) == clock.edge(clock.shows(at)) == at


@FAR_APART
def test_local_time_around_the_first_instant_that_has_slots(city: str):
    """Earlier hours begin with it."""
    clock, first = clock_between(zone(city), FIRST_INSTANT, FIRST_INSTANT), minute_of(FIRST_INSTANT)
    for at in range(first - 4320, first + 4320, 720):
        assert clock.edge(clock.shows(at)) == max(first, at)


@pytest.mark.parametrize(
    ("instant", "down", "up"),
    [("2026-03-02T09:00", 0, 0), ("2026-03-02T09:00:01", 0, 1), ("2026-03-02T09:00:59.999999", 0, 1)],
)
def test_minutes_since_1970(instant: str, down: int, up: int):
    nine = local("2026-03-02T09:00")
    assert minute_of(utc(instant)) - nine == down
    assert minutes_until(utc(instant)) - nine == up
    assert instant_of(nine) == utc("2026-03-02T09:00")
    assert minute_of(utc("1969-12-31T23:59:30")) == -1
    assert minutes_until(utc("1969-12-31T23:59:30")) == 0


@given(st.dates())
def test_dates_are_days_since_1970(day: date):
    assert date_of(days_of(day)) == day
    assert weekday_of(days_of(day)) == day.weekday()
    assert days_of(date(1970, 1, 1)) == 0


def test_a_zone_whose_offset_has_seconds():
    """Monrovia was 44 minutes and 30 seconds behind until 1972: no whole minute there is one of UTC."""
    clock, at = of("Africa/Monrovia", 1971), local("1971-06-01T12:00")
    assert clock.shows(at) == at - 45
    assert clock.start(at) is None
    assert clock.edge(at) == at + 45
