"""A Cal.com comes over: event types with their hosts, bookings, and what does not is named."""

import json
from collections import Counter
from datetime import timedelta

import pytest

from appointed.core.difference import Change
from appointed.core.visit import Contact, State
from appointed.importers.imported import Reason
from movers import HERE

DUMP = (HERE / "calcom.sql").read_text()


def evenings(first: int, last: int) -> tuple[str, ...]:
    """Every half hour."""
    return tuple(f"{minute // 60:02}:{minute % 60:02}" for minute in range(first * 60, last * 60, 30))


async def test_what_is_offered_is_what_the_hosts_have_left(mover, service_named):
    """Worked out by hand: Cleo is there from 9 to 12, Dora on Mondays from 10 to midnight."""
    imported, _ = await mover.bring("calcom", DUMP)
    intro, panel, sales, course = (service_named(imported, name) for name in ("Intro", "Panel", "Sales", "Class"))
    # The one at 9 has a quarter of an hour after it; so would one at 11:30, past the end of her hours.
    assert await mover.slots(intro, 23) == dict.fromkeys(("10:00", "10:30", "11:00", "11:30"), 1)
    assert await mover.slots(intro, 24) == {"10:00": 1, "10:30": 1}
    assert await mover.slots(intro, 25) == {}
    assert await mover.slots(intro, 30) == dict.fromkeys(evenings(9, 12), 1)
    assert await mover.slots(intro, 1, 12) == {}
    # Both have to be free, and Dora is not: a sale at 10, a class at 11.
    assert await mover.slots(panel, 23) == {}
    assert await mover.slots(panel, 30) == {"10:00": 1, "11:00": 1}
    # Either of them, until midnight.
    later = dict.fromkeys(evenings(12, 24), 1)
    assert await mover.slots(sales, 23) == {"10:00": 1, "10:30": 2, "11:00": 1, "11:30": 1} | later
    # Two of three seats are taken at 11.
    taught = {f"{hour}:00": 3 for hour in range(12, 24)}
    assert await mover.slots(course, 23) == {"11:00": 1} | taught


async def test_bookings_keep_their_times_and_people(mover):
    imported, arrived = await mover.bring("calcom", DUMP)
    assert {each.source_id for each in imported.visits} == {"1", "2:2", "2:3", "5", "6"}
    assert len(arrived.added) == 5
    assert arrived.overbooked == ()
    by_id = {each.source_id: each.visit for each in imported.visits}
    first = by_id["1"].details
    assert (first.customer_info, first.locale) == (("Gina\tGreen \\ Söhne",), "de")
    assert first.contact == Contact("email", "gina@example.com", "+4915112345")
    assert json.loads(first.custom_data)["notes"] == "first row\nsecond\\row"
    assert (by_id["5"].details.party_size, json.loads(by_id["5"].details.custom_data)["guests"]) == (
        2,
        "ida@example.com",
    )
    states = {row["visit_id"]: row["state"] for row in await mover.rows("SELECT visit_id, state FROM visit")}
    assert Counter(states.values()) == {State.CONFIRMED: 4, State.DONE: 1}
    assert states[by_id["6"].id] == State.DONE
    (claim,) = await mover.rows("SELECT * FROM claim WHERE visit_id = $1", by_id["1"].id)
    assert claim["ends_at"] - claim["starts_at"] == timedelta(minutes=45)


async def test_what_does_not_come_over_of_it_is_named(mover):
    imported = await mover.read("calcom", DUMP)
    assert {(each.kind, each.source_id, each.part, each.reason) for each in imported.left} == {
        ("booking", "3", "", Reason.CANCELLED),
        ("booking", "4", "", Reason.PENDING),
        ("booking", "7", "", Reason.NO_SERVICE),
        ("booking", "8", "", Reason.NO_RESOURCE),
        ("event type", "2", "schedule", Reason.NEARLY),
        ("event type", "3", "bookingLimits", Reason.UNSUPPORTED),
        ("event type", "3", "requiresConfirmation", Reason.UNSUPPORTED),
        ("event type", "3", "schedule", Reason.NEARLY),
        ("event type", "4", "seatsPerTimeSlot", Reason.NEARLY),
        ("event type", "5", "", Reason.TEMPLATE),
        ("person", "3", "", Reason.NO_SERVICE),
    }


async def test_once_more_changes_nothing_and_a_group_is_a_team(mover):
    imported, first = await mover.bring("calcom", DUMP)
    assert {each.change for each in first.differences} == {Change.ADDED}
    (group,) = imported.catalog.groups.values()
    assert (group.name, len(group.service_ids)) == ("The team", 2)
    _, second = await mover.bring("calcom", DUMP)
    assert (second.differences, second.added, len(second.known)) == ((), (), 5)


@pytest.mark.parametrize("chunk", [1, 2, 5, 97])
async def test_any_chunks_of_a_dump_are_read_alike(mover, chunk):
    assert await mover.read("calcom", DUMP, chunk=chunk) == await mover.read("calcom", DUMP)


async def test_a_host_may_work_by_two_schedules(mover, service_named):
    """The schedule of an event type stands in for that of its host, and the host's other hours are no limit to it."""
    late = DUMP.replace(
        "4	Class	class	60	2	\\N	\\N	\\N	\\N",
        "4	Class	class	60	1	\\N	\\N	\\N	2",
    )
    imported, _ = await mover.bring("calcom", late)
    assert list(await mover.slots(service_named(imported, "Intro"), 30)) == list(evenings(9, 12))
    assert list(await mover.slots(service_named(imported, "Class"), 30)) == [f"{hour}:00" for hour in range(10, 24)]
