"""Each rule by itself: exactly which instants of a window it blocks."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from appointed.core.catalog import Branch, OpeningHours, Service
from appointed.core.ids import BranchId, ServiceId
from appointed.core.intervals import INSTANT, Interval, IntervalSet
from appointed.core.rule import Rule, gather
from appointed.core.rules import RULES, opening_hours, past, slot_grid

MINUTE = timedelta(minutes=1)
MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)
BRANCH = Branch(BranchId(UUID(int=1)), "b", "UTC", (OpeningHours(0, 60, 90), OpeningHours(0, 90, 180)))
SERVICE = Service(ServiceId(UUID(int=2)), BRANCH.id, "s", 30 * MINUTE, 40 * MINUTE, ())
WINDOW = Interval(MIDNIGHT, MIDNIGHT + 240 * MINUTE)


def at(minute: int) -> datetime:
    return MIDNIGHT + minute * MINUTE


def allowed(rule: Rule, window: Interval = WINDOW, service: Service = SERVICE, now: datetime = MIDNIGHT):
    blocked = rule.blocked(gather(service, BRANCH, window, now), window)
    assert not blocked.difference(IntervalSet((window,))), "a rule speaks of its window alone"
    return IntervalSet((window,)).difference(blocked).intervals


def test_opening_hours_leave_the_starts_from_which_a_slot_fits():
    assert allowed(opening_hours) == (Interval(at(60), at(60) + INSTANT), Interval(at(90), at(150) + INSTANT))
    assert allowed(opening_hours, service=replace(SERVICE, duration=31 * MINUTE)) == (
        Interval(at(90), at(149) + INSTANT),
    )


def test_the_grid_leaves_single_instants():
    assert [one.start for one in allowed(slot_grid)] == [at(60), at(90), at(130), at(170)]
    assert all(one.length == INSTANT for one in allowed(slot_grid))


@pytest.mark.parametrize("length", [INSTANT, 2 * INSTANT, MINUTE])
@pytest.mark.parametrize("before", [INSTANT, 0 * INSTANT, -INSTANT])
def test_the_grid_of_the_shortest_windows(length: timedelta, before: timedelta):
    window = Interval(at(130) - before, at(130) - before + length)
    assert bool(allowed(slot_grid, window)) == window.contains(at(130))


def test_the_past_blocks_up_to_and_with_now():
    assert allowed(past, now=at(100)) == (Interval(at(100) + INSTANT, WINDOW.end),)
    assert allowed(past, now=at(-1)) == (WINDOW,)
    assert allowed(past, now=at(240)) == ()
    assert allowed(past, now=at(100), service=replace(SERVICE, past_slots_allowed=True)) == (WINDOW,)


def test_no_rule_may_be_passed_yet():
    assert not any(rule.bypassable for rule in RULES)
