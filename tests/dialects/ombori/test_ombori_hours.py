"""Closed queues, blocked days, special hours, and booking hours of a queue's own."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from appointed.core.catalog import Closure, Days, Hours, Schedule, SpecialDay, WeeklyHours
from ombori_client import accepted, booked, refused
from people import ALWAYS

PLACES = 2
NOON, ONE = (datetime(2020, 11, 30, hour, tzinfo=UTC) for hour in (12, 13))
MONDAY = 0
SPECIAL = Schedule(
    ALWAYS.week, special_days=(SpecialDay(date(2020, 12, 1), (Hours(600, 660),)), SpecialDay(date(2020, 12, 2)))
)

# What a queue says of its hours, how many places slots have then, and what refuses those that have none. Warsaw is an
# hour ahead of UTC.
CASES: dict[str, tuple[dict[str, Any], dict[str, int], str]] = {
    "closed until further notice": (
        {"booking_hours": Schedule(closures=(Closure(NOON),))},
        {"11-30T11:55": PLACES, "11-30T12:00": 0, "12-24T09:00": 0},
        "closures",
    ),
    "closed for a while": (
        {"booking_hours": Schedule(closures=(Closure(NOON, ONE),))},
        {"11-30T11:55": PLACES, "11-30T12:00": 0, "11-30T12:55": 0, "11-30T13:00": PLACES},
        "closures",
    ),
    "its branch is closed": (
        {"hours": Schedule(ALWAYS.week, closures=(Closure(NOON),))},
        {"11-30T11:55": PLACES, "11-30T12:00": 0},
        "closures",
    ),
    "two days blocked": (
        {"lead_days": Days(2)},
        {"11-30T09:00": 0, "12-01T22:55": 0, "12-01T23:00": PLACES},
        "lead_time",
    ),
    "special hours": (
        {"hours": SPECIAL},
        {"12-01T08:55": 0, "12-01T09:00": PLACES, "12-01T09:55": PLACES, "12-01T10:00": 0, "12-02T09:00": 0},
        "special_days",
    ),
    "booking hours with a break": (
        {"booking_hours": Schedule((WeeklyHours(MONDAY, 600, 900),), breaks=(WeeklyHours(MONDAY, 720, 780),))},
        {"11-30T08:55": 0, "11-30T10:55": PLACES, "11-30T11:00": 0, "11-30T11:55": 0, "11-30T12:00": PLACES,
         "11-30T14:00": 0},
        "booking_hours",
    ),
    "ranges with places of their own": (
        {"booking_hours": Schedule((WeeklyHours(MONDAY, 600, 660, 1), WeeklyHours(MONDAY, 720, 780, 4),
                                    WeeklyHours(MONDAY, 780, 840)))},
        {"11-30T09:55": 1, "11-30T10:00": 0, "11-30T11:00": 4, "11-30T12:00": PLACES, "11-30T13:00": 0},
        "booking_hours",
    ),
}  # fmt: skip


@pytest.mark.statement("D0.53")
@pytest.mark.parametrize(("changes", "expected", "reason"), CASES.values(), ids=CASES)
async def test_hours_of_a_queue_are_heeded(open_queue, changes, expected, reason):
    queue = await open_queue(capacity=PLACES, **changes)
    for minute, places in expected.items():
        start, end = times(minute)
        slot = (await queue.slots(f"from={start}&to={end}")).get(start)
        assert (slot["available"] if slot else 0) == places
        for _ in range(places):
            accepted(await queue.reserve({"booking": slot}), 201)
        error = refused(await queue.reserve(booked(start, end)), 409, "slot_taken" if places else "slot_not_offered")
        assert error["details"] == ({} if places else {"reason": reason})


def times(minute: str) -> tuple[str, str]:
    """Start and end of the slot that begins with a minute of 2020."""
    start = datetime.fromisoformat(f"2020-{minute}")
    return f"{start.isoformat()}.000Z", f"{(start + timedelta(minutes=5)).isoformat()}.000Z"
