"""Instants as a clock on a wall shows them."""

from hypothesis import given
from hypothesis import strategies as st

from appointed.core.localtime import FIRST_INSTANT, instant_of, minute_of, zone
from appointed.wire.wall_times import texts_between

ZONES = ("UTC", "Europe/Brussels", "America/St_Johns", "Asia/Kathmandu", "Australia/Lord_Howe", "Africa/Monrovia")
BEGINNING = minute_of(FIRST_INSTANT)


@given(
    st.sampled_from(ZONES),
    st.integers(BEGINNING, BEGINNING + 400 * 366 * 1440),
    st.lists(st.integers(0, 400 * 1440), min_size=1),
)
def test_they_are_what_the_standard_library_says(name, first, later):
    where = zone(name)
    shown = texts_between(where, first, first + max(later))
    for minute in (first, *(first + each for each in later)):
        assert shown(minute) == instant_of(minute).astimezone(where).isoformat()


def test_both_sides_of_a_change_of_clocks():
    where = zone("Europe/Brussels")
    change = minute_of(FIRST_INSTANT.replace(year=2022, month=3, day=27, hour=1))
    shown = texts_between(where, change - 1, change)
    assert (shown(change - 1), shown(change)) == ("2022-03-27T01:59:00+01:00", "2022-03-27T03:00:00+02:00")
