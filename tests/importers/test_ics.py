"""Calendars come over: as visits of a service, or as time off of a resource; what does not is named by its UID."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest

from appointed.core.catalog import Closure, Schedule, WeeklyHours
from appointed.core.visit import Contact
from appointed.importers.imported import Imported, Reason, SourceInvalid
from movers import Mover
from people import exclusive_resource, new_branch, new_service, offer

HALF = timedelta(minutes=30)
ZONES = """BEGIN:VTIMEZONE
TZID:Our own
X-LIC-LOCATION:Asia/Kolkata
BEGIN:STANDARD
DTSTART:19700101T000000
TZOFFSETFROM:+0530
TZOFFSETTO:+0530
END:STANDARD
END:VTIMEZONE
"""


def calendar(*events: str, more: str = "") -> str:
    body = "".join(f"BEGIN:VEVENT\nUID:{number}\n{event}\nEND:VEVENT\n" for number, event in enumerate(events, 1))
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//tests//EN\n{more}{body}END:VCALENDAR\n".replace("\n", "\r\n")


@pytest.fixture
async def anna(mover: Mover) -> dict[str, object]:
    """Somebody in Berlin who gives one service, from 9 to 12 every day; how the importer is told so."""
    week = Schedule(tuple(WeeklyHours(weekday, 540, 720) for weekday in range(7)))
    branch = new_branch(time_zone="Europe/Berlin", opening_hours=week)
    person = exclusive_resource(branch.id)
    service = new_service(branch, person, duration=HALF, grid=HALF)
    await offer(mover.context, mover.person, branch, service, person)
    return {"service": str(service.id), "resource": str(person.id)}


def left(imported: Imported) -> set[tuple[str, str, Reason]]:
    return {(each.source_id, each.part, each.reason) for each in imported.left}


def times(imported: Imported) -> list[tuple[str, str]]:
    """When the visits start and end, in UTC."""
    items = [each.visit.items[0] for each in imported.visits]
    return [(f"{item.starts_at:%m-%d %H:%M}", f"{item.ends_at:%m-%d %H:%M}") for item in items]


def starts(imported: Imported) -> list[str]:
    return [start for start, _ in times(imported)]


async def read(mover: Mover, anna: dict[str, object], *events: str, more: str = "", **asked: object) -> Imported:
    return await mover.read("ics", calendar(*events, more=more), **{**anna, **asked})


@pytest.mark.parametrize(
    ("start", "instant"),
    [
        ("DTSTART:20261124T090000Z", "11-24 09:00"),
        ("DTSTART:20261124T090000", "11-24 08:00"),
        ("DTSTART;TZID=America/New_York:20261124T090000", "11-24 14:00"),
        ("DTSTART;TZID=W. Europe Standard Time:20261124T090000", "11-24 08:00"),
        ("DTSTART;TZID=/mozilla.org/20050126_1/Europe/Berlin:20261124T090000", "11-24 08:00"),
        ("DTSTART;TZID=Our own:20261124T090000", "11-24 03:30"),
        ("DTSTART;VALUE=DATE:20261124", "11-23 23:00"),
    ],
)
async def test_times_are_on_the_clock_they_name(mover, anna, start, instant):
    imported = await read(mover, anna, f"{start}\nDURATION:PT1H", more=ZONES)
    assert starts(imported) == [instant]


@pytest.mark.parametrize(
    "bad",
    [
        "DTSTART:20261124T090000Z\nDURATION:P99999999D",
        "DTSTART:20261124T090000Z\nDTSTART:20261125T090000Z\nDURATION:PT1H",
        "DTSTART:20261124T090000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;INTERVAL=0",
        "DTSTART:20261124T090000Z\nDURATION:PT1H\nRRULE:nonsense",
        "DTSTART:20261124T090000Z\nDURATION:nonsense",
        "DTSTART:20261124T090000Z\nDURATION:PT1H\nRDATE:nonsense",
        "DTSTART:nonsense\nDURATION:PT1H",
        "DTSTART:00010101T000000\nDURATION:PT1H",
    ],
)
async def test_what_makes_no_sense_is_named_and_the_rest_comes_over(mover, anna, bad):
    imported = await read(mover, anna, bad, "DTSTART:20261126T090000Z\nDURATION:PT1H")
    assert "11-26 09:00" in starts(imported)
    assert [each for each in imported.left if each.source_id == "1" and each.reason is Reason.UNREADABLE]


async def test_a_change_of_no_time_is_named_and_the_event_comes_over(mover, anna):
    rule = "UID:same\nDTSTART:20261124T090000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=2"
    change = "UID:same\nDTSTART:20261124T100000Z\nDURATION:PT1H\nRECURRENCE-ID:nonsense"
    imported = await mover.read("ics", apart(rule, change), **anna)
    assert starts(imported) == ["11-24 09:00", "11-25 09:00"]
    assert left(imported) == {("same", "RECURRENCE-ID", Reason.UNREADABLE)}


def apart(*events: str) -> str:
    """A calendar whose events name themselves."""
    body = "".join(f"BEGIN:VEVENT\n{event}\nEND:VEVENT\n" for event in events)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//tests//EN\n{body}END:VCALENDAR\n".replace("\n", "\r\n")


async def test_a_visit_tells_what_the_event_did(mover, anna):
    event = (
        "DTSTART:20261124T090000Z\nDTEND:20261124T093000Z\nSUMMARY:Gina\\, Green\nDESCRIPTION:two\\nrows\n"
        "CREATED:20261101T100000Z\nORGANIZER:mailto:anna@example.com\nATTENDEE;CN=Gina:mailto:gina@example.com"
    )
    imported, arrived = await mover.bring("ics", calendar(event), **anna)
    (row,) = await mover.rows("SELECT * FROM visit")
    details = imported.visits[0].visit.details
    assert (details.customer_info, details.contact) == (("Gina, Green",), Contact("email", "gina@example.com"))
    assert json.loads(details.custom_data)["notes"] == "two\nrows"
    assert row["created_at"] == datetime(2026, 11, 1, 10, tzinfo=UTC)
    _, again = await mover.bring("ics", calendar(event), **anna)
    assert (len(arrived.added), again.added, len(again.known)) == (1, (), 1)


RULES = [
    # Over the change of the clock the hour on the wall stays.
    (
        "DTSTART;TZID=Europe/Berlin:20270327T090000\nDURATION:PT30M\nRRULE:FREQ=DAILY;COUNT=3",
        ["03-27 08:00", "03-28 07:00", "03-29 07:00"],
    ),
    (
        "DTSTART;TZID=Europe/Berlin:20261124T090000\nDURATION:PT30M\nRRULE:FREQ=WEEKLY;BYDAY=TU,TH;UNTIL=20261203T080000Z",
        ["11-24 08:00", "11-26 08:00", "12-01 08:00", "12-03 08:00"],
    ),
    (
        "DTSTART;TZID=Europe/Berlin:20261124T090000\nDURATION:PT30M\nRRULE:FREQ=DAILY;UNTIL=20261125",
        ["11-24 08:00", "11-25 08:00"],
    ),
    (
        (
            "DTSTART;TZID=Europe/Berlin:20261124T090000\nDURATION:PT1M\nRRULE:FREQ=DAILY;COUNT=4\nRDATE:20261201T120000Z"
            "\nEXDATE;TZID=Europe/Berlin:20261125T090000\nEXDATE:20261126T080000Z"
        ),
        ["11-24 08:00", "11-27 08:00", "12-01 12:00"],
    ),
]


@pytest.mark.parametrize(("event", "instants"), RULES)
async def test_what_repeats_is_written_out(mover, anna, event, instants):
    assert starts(await read(mover, anna, event)) == instants


async def test_one_time_of_many_may_be_another_or_cancelled(mover, anna):
    series = "DTSTART;TZID=Europe/Berlin:20261124T090000\nDURATION:PT30M\nRRULE:FREQ=DAILY;COUNT=3\nSUMMARY:Gina"
    moved = "RECURRENCE-ID;TZID=Europe/Berlin:20261125T090000\nDTSTART:20261125T130000Z\nDURATION:PT1H\nSUMMARY:Hugo"
    off = "RECURRENCE-ID:20261126T080000Z\nDTSTART:20261126T080000Z\nDURATION:PT30M\nSTATUS:CANCELLED"
    stray = "RECURRENCE-ID:20261201T080000Z\nDTSTART:20261201T090000Z\nDURATION:PT30M"
    text = calendar(series, moved, off, stray).replace("UID:2", "UID:1").replace("UID:3", "UID:1")
    imported = await mover.read("ics", text.replace("UID:4", "UID:1"), **anna)
    assert times(imported) == [
        ("11-24 08:00", "11-24 08:30"),
        ("11-25 13:00", "11-25 14:00"),
        ("12-01 09:00", "12-01 09:30"),
    ]
    assert [each.visit.details.customer_info for each in imported.visits[:2]] == [("Gina",), ("Hugo",)]
    assert left(imported) == {("1", "", Reason.CANCELLED)}
    # A time that is moved in a later calendar is still the same visit.
    before = await mover.read("ics", calendar(series), **anna)
    assert [each.visit.id for each in before.visits[:2]] == [each.visit.id for each in imported.visits[:2]]


async def test_what_does_not_come_over_is_named_by_its_uid(mover, anna):
    imported = await read(
        mover,
        anna,
        "DTSTART:20261124T090000Z\nDURATION:PT1H\nSTATUS:CANCELLED",
        "DTSTART:20261124T090000Z\nDURATION:PT1H\nTRANSP:TRANSPARENT",
        "DTSTART;TZID=Middle Earth:20261124T090000\nDURATION:PT1H",
        "DTSTART:20261124T090000Z\nDTEND:20261124T090000Z",
        "SUMMARY:never",
        "DTSTART:20280101T090000Z\nDURATION:PT1H",
        "DTSTART:20261124T090000Z\nDURATION:PT1H\nRRULE:FREQ=MONTHLY",
        "DTSTART:20261124T090000Z\nDTEND:20261126T090000Z",
        "DTSTART:20261124T090000Z\nDURATION:PT1S\nRRULE:FREQ=SECONDLY",
        more="BEGIN:VTODO\nUID:todo-1\nEND:VTODO\n",
    )
    assert left(imported) == {
        ("1", "", Reason.CANCELLED),
        ("2", "", Reason.FREE),
        ("3", "", Reason.TIME_ZONE),
        ("4", "", Reason.UNREADABLE),
        ("5", "", Reason.UNREADABLE),
        ("6", "", Reason.LATER),
        ("7", "RRULE", Reason.LATER),
        ("8", "", Reason.TOO_LONG),
        ("9", "RRULE", Reason.TOO_MANY),
        ("todo-1", "", Reason.UNSUPPORTED),
    }
    assert len([each for each in imported.visits if each.source_id.startswith("7 ")]) == 12


async def test_the_horizon_is_what_was_asked_for(mover, anna):
    weekly = "DTSTART:20261124T090000Z\nDURATION:PT30M\nRRULE:FREQ=WEEKLY"
    imported = await read(mover, anna, weekly, until=datetime(2026, 12, 8, 9, tzinfo=UTC))
    assert starts(imported) == ["11-24 09:00", "12-01 09:00"]


async def bring_closures(mover: Mover, anna: dict[str, object], events: Iterable[str]) -> Imported:
    imported, _ = await mover.bring("ics", calendar(*events), resource=anna["resource"], closures=True)
    return imported


async def test_closures_come_once_and_stay(mover, anna):
    events = (
        "DTSTART;VALUE=DATE:20261124",
        "DTSTART;TZID=Europe/Berlin:20261125T100000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=2",
        "DTSTART:20261101T090000Z\nDURATION:PT1H",
    )
    imported = await bring_closures(mover, anna, events)
    (resource,) = imported.catalog.resources.values()
    assert resource.schedule.closures == (
        Closure(datetime(2026, 11, 23, 23, tzinfo=UTC), datetime(2026, 11, 24, 23, tzinfo=UTC)),
        Closure(datetime(2026, 11, 25, 9, tzinfo=UTC), datetime(2026, 11, 25, 10, tzinfo=UTC)),
        Closure(datetime(2026, 12, 2, 9, tzinfo=UTC), datetime(2026, 12, 2, 10, tzinfo=UTC)),
    )
    assert left(imported) == {("3", "", Reason.OVER)}
    service_id = anna["service"]
    (row,) = await mover.rows("SELECT service_id FROM service WHERE service_id::text = $1", service_id)
    service = type("Named", (), {"id": row["service_id"]})
    assert await mover.slots(service, 24) == {}
    assert await mover.slots(service, 25) == dict.fromkeys(("09:00", "09:30", "11:00", "11:30"), 1)
    assert (await bring_closures(mover, anna, events)).catalog.resources == {}


@pytest.mark.parametrize(
    ("text", "asked", "said"),
    [
        ("dear all", {}, "a file is no calendar"),
        ("BEGIN:VEVENT\nUID:1\nEND:VEVENT\n", {}, "a file is no calendar"),
        (calendar(), {"service": None}, "say which one"),
        (calendar(), {"service": "cutting"}, "there is no service cutting"),
        (calendar(), {"resource": "bob"}, "there is no resource bob"),
        (calendar(), {"resource": None, "closures": True}, "say whose it is"),
    ],
)
async def test_what_is_not_clear_is_refused_with_a_sentence(mover, anna, text, asked, said):
    with pytest.raises(SourceInvalid, match=said):
        await mover.read("ics", text, **{**anna, **asked})
