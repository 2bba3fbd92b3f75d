"""An installation of Easy!Appointments comes over: what it offers, its appointments, and what does not is named."""

import json
from collections import Counter
from datetime import UTC, datetime

import pytest

from appointed.core.difference import Change
from appointed.core.visit import Contact, State
from appointed.importers.imported import Reason, SourceInvalid
from movers import HERE

DUMP = (HERE / "easyappointments.sql").read_text()


async def test_what_is_offered_is_what_the_plans_leave(mover, service_named):
    """Worked out by hand from the dump: Anna and Ben cut, Anna colours, Ben has a course of three."""
    imported, _ = await mover.bring("easyappointments", DUMP)
    cut, colour, course = (service_named(imported, name) for name in ("Cut", "Colour", "Course"))
    # Anna works 9 to 12 but for a break at 10, and has two at 9; Ben works from 10 on, and has his course at 11.
    assert await mover.slots(cut, 23) == {"09:30": 1, "10:00": 1, "10:30": 2, "11:00": 1, "11:30": 1}
    assert await mover.slots(colour, 23) == {"10:30": 1, "10:45": 1, "11:00": 1}
    assert await mover.slots(course, 23) == {"10:00": 3, "11:00": 2}
    # Everything is blocked until 9:30, and Anna is away from 10 to 10:30.
    assert await mover.slots(cut, 24) == {"09:30": 1, "10:30": 1}
    assert await mover.slots(colour, 24) == {}
    # Other hours, with a break of their own, and a day off.
    assert await mover.slots(cut, 25) == {"14:00": 1, "15:00": 1, "15:30": 1}
    assert await mover.slots(colour, 25) == {"15:00": 1}
    assert await mover.slots(cut, 26) == {}
    assert await mover.slots(cut, 27) == dict.fromkeys(("09:00", "09:30", "10:00", "10:30", "11:00", "11:30"), 1)
    # A week ahead, and no further.
    assert await mover.slots(cut, 30) == {"09:00": 1, "09:30": 1, "10:00": 1, "10:30": 2, "11:00": 2, "11:30": 2}
    assert await mover.slots(cut, 1, 12) == {}
    assert cut.lead_time.total_seconds() == 45 * 60


async def test_appointments_keep_their_times_and_people(mover):
    imported, arrived = await mover.bring("easyappointments", DUMP)
    first = next(each for each in imported.visits if each.source_id == "1")
    assert len(arrived.added) == len(imported.visits) == 4
    (row,) = await mover.rows("SELECT * FROM visit WHERE visit_id = $1", first.visit.id)
    assert (row["state"], row["locale"], row["customer_info"]) == (State.CONFIRMED, "de", ["Eve O'Hara"])
    assert first.visit.details.contact == Contact("email", "eve@example.com", "+49151234567")
    assert json.loads(row["custom_data"])["notes"] == "brings a \"photo\";\nit's O'Hara's (see C:\\pics)"
    assert row["created_at"] == datetime(2026, 11, 1, 9, tzinfo=UTC)
    (item,) = await mover.rows("SELECT * FROM item WHERE visit_id = $1", first.visit.id)
    assert (item["starts_at"], item["ends_at"]) == (
        datetime(2026, 11, 23, 8, tzinfo=UTC),
        datetime(2026, 11, 23, 8, 30, tzinfo=UTC),
    )
    states = {each.source_id: each.visit.id for each in imported.visits}
    (past,) = await mover.rows("SELECT state FROM visit WHERE visit_id = $1", states["5"])
    assert past["state"] == State.DONE
    # A number that does not say its country is no contact, but is not lost either.
    finn = next(each for each in imported.visits if each.source_id == "3").visit.details
    assert (finn.contact, json.loads(finn.custom_data)["phone"]) == (None, "030 1234")


async def test_one_of_two_that_overlap_is_overbooked_and_said_to_be(mover):
    imported, arrived = await mover.bring("easyappointments", DUMP)
    (second,) = arrived.overbooked
    assert second.visit_id == next(each.visit.id for each in imported.visits if each.source_id == "6")
    modes = Counter(row["mode"] for row in await mover.rows("SELECT mode::text FROM claim"))
    assert modes == {"exclusive": 2, "pooled": 1, "overbooked": 1}


async def test_what_does_not_come_over_is_named(mover):
    imported = await mover.read("easyappointments", DUMP)
    assert {(each.kind, each.source_id, each.part, each.reason) for each in imported.left} == {
        ("admin", "1", "", Reason.UNSUPPORTED),
        ("appointment", "2", "", Reason.CANCELLED),
        ("appointment", "8", "", Reason.NO_SERVICE),
        ("appointment", "9", "", Reason.NO_RESOURCE),
        ("appointment", "10", "", Reason.UNREADABLE),
        ("appointment", "11", "", Reason.NO_SUCH_TIME),
        ("exception", "2", "", Reason.OVER),
        ("service", "1", "price", Reason.UNSUPPORTED),
        ("service", "3", "attendants_number", Reason.NEARLY),
        ("service", "4", "", Reason.UNREADABLE),
        ("unavailability", "7", "", Reason.OVER),
    }


async def test_the_same_once_more_changes_nothing(mover):
    _, first = await mover.bring("easyappointments", DUMP)
    assert {each.change for each in first.differences} == {Change.ADDED}
    imported, second = await mover.bring("easyappointments", DUMP)
    assert (second.differences, second.added, second.version) == ((), (), first.version)
    assert len(second.known) == len(imported.visits)
    later = DUMP.replace("'Cut',30,", "'Cut',20,")
    _, third = await mover.bring("easyappointments", later)
    assert [(each.name, each.change) for each in third.differences] == [("Cut", Change.CHANGED)]


async def test_a_dry_run_leaves_nothing_behind(mover):
    imported = await mover.read("easyappointments", DUMP)
    tried = await mover.take(imported, dry_run=True)
    assert await mover.rows("SELECT FROM branch UNION ALL SELECT FROM visit UNION ALL SELECT FROM event") == []
    done = await mover.take(imported)
    assert (tried.differences, tried.added, tried.overbooked) == (done.differences, done.added, done.overbooked)


async def test_any_chunks_of_it_are_read_alike(mover):
    whole = await mover.read("easyappointments", DUMP)
    for chunk in (1, 2, 3, 7, 64):
        assert await mover.read("easyappointments", DUMP, chunk=chunk) == whole


async def test_the_exceptions_of_newer_releases_stand_in_a_table(mover, service_named):
    newer = DUMP + (
        "INSERT INTO `cuts_working_plan_exceptions` (`id`,`start_date`,`end_date`,`start_time`,`end_time`,`breaks`,"
        "`id_users_provider`) VALUES (1,'2026-11-27','2026-11-28','13:00:00','14:30:00',"
        '\'[{\\"start\\":\\"13:30\\",\\"end\\":\\"14:00\\"}]\',2),(2,\'2026-11-30\',\'2026-11-30\',NULL,NULL,NULL,2);\n'
    )
    imported, _ = await mover.bring("easyappointments", newer)
    cut = service_named(imported, "Cut")
    assert await mover.slots(cut, 27) == await mover.slots(cut, 28) == {"13:00": 1, "14:00": 1}
    assert await mover.slots(cut, 30) == {"10:00": 1, "10:30": 1, "11:00": 1, "11:30": 1}


async def test_providers_in_other_zones_have_branches_of_their_own(mover, service_named):
    moved = DUMP.replace("'ben@example.com',NULL,NULL,'Europe/Berlin'", "'ben@example.com',NULL,NULL,'Europe/London'")
    imported, _ = await mover.bring("easyappointments", moved)
    assert {each.time_zone for each in imported.catalog.branches.values()} == {"Europe/Berlin", "Europe/London"}
    # From ten in London on, and his course is at eleven there.
    assert await mover.slots(service_named(imported, "Course"), 23) == {"11:00": 3, "12:00": 2}
    assert ("service", "1", "slot_interval", Reason.NEARLY) in {
        (each.kind, each.source_id, each.part, each.reason) for each in imported.left
    }


async def test_two_installations_in_one_dump_have_to_be_told_apart(mover):
    both = DUMP + DUMP.replace("cuts_", "other_").replace("'Cut'", "'Shave'")
    with pytest.raises(SourceInvalid, match="cuts_, other_"):
        await mover.read("easyappointments", both)
    imported = await mover.read("easyappointments", both, prefix="other_")
    assert "Shave" in {each.name for each in imported.catalog.services.values()}
