"""What a client may leave out, misplace or spell in another way, and where tolerance ends."""

import asyncio

import pytest

from ombori_client import DOCUMENTED_REQUEST, Ombori, accepted, booked, changed, refused
from proofs.raw import connect

NOBODYS = "11111111-2222-4333-8444-555555555555"
BOOKING = {"start": "2020-11-30T14:30:00.000Z", "end": "2020-11-30T14:35:00.000Z"}


def at(ombori: Ombori, organization: str) -> str:
    """The queue's path beneath another organization."""
    return ombori.path.replace(str(ombori.person.tenant), organization)


@pytest.mark.parametrize("query", ["", "?date=2020-11-30", "?from=2020-11-30T08:00:00Z"])
@pytest.mark.parametrize("path", ["timeslots", "time-slots", "bookings/timeslots"])
async def test_an_unknown_organization_offers_nothing(ombori: Ombori, path: str, query: str) -> None:
    refused(await ombori.http.get(f"{at(ombori, NOBODYS)}/{path}{query}"), 404, "service_not_found")


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "one"}], ids=["plain", "with a key"])
async def test_nothing_is_booked_at_an_unknown_organization(ombori: Ombori, headers: dict[str, str]) -> None:
    """Once or again."""
    for _ in range(2):
        response = await ombori.http.post(
            f"{at(ombori, NOBODYS)}/bookings", content=DOCUMENTED_REQUEST, headers=headers
        )
        refused(response, 404, "service_not_found")


async def test_members_of_the_public_share_no_idempotency_key(ombori: Ombori) -> None:
    """One that somebody else happened to choose shows nobody's booking; the place is simply taken."""
    anonymous = ombori.with_key("")
    first = accepted(await anonymous.book(Idempotency_Key="1"), 201)
    refused(await anonymous.book(Idempotency_Key="1"), 409, "slot_taken")
    other = booked("2020-11-30T14:40:00.000Z", "2020-11-30T14:45:00.000Z")
    second = accepted(await anonymous.book(other, Idempotency_Key="1"), 201)
    assert second["id"] != first["id"]
    assert (await ombori.rows())["idempotency"] == 0


async def test_with_a_key_of_ones_own_a_booking_is_answered_again(ombori: Ombori) -> None:
    first = accepted(await ombori.book(Idempotency_Key="1"), 201)
    assert accepted(await ombori.book(Idempotency_Key="1"), 201) == first
    refused(await ombori.with_key("").book(Idempotency_Key="1"), 409, "slot_taken")


@pytest.mark.parametrize("separator", ["T", "t", " "])
async def test_a_body_names_an_instant_in_three_spellings(ombori: Ombori, separator: str) -> None:
    times = (BOOKING["start"].replace("T", separator), BOOKING["end"].replace("T", separator))
    assert accepted(await ombori.reserve(booked(*times)), 201)["booking"] == BOOKING


@pytest.mark.parametrize("start", ["2020-11-30x14:30:00.000Z", "2020-11-30?14:30:00.000Z", "2020-W49-1T14:30:00.000Z"])
async def test_what_only_resembles_an_instant_is_refused(ombori: Ombori, start: str) -> None:
    refused(await ombori.reserve(booked(start, BOOKING["end"])), 400, "field_invalid", "booking.start")
    refused(await ombori.send("GET", f"/timeslots?from={start}"), 400, "field_invalid", "from")
    assert (await ombori.rows())["visit"] == 0


@pytest.mark.parametrize("spell", [lambda i: i.replace("-", ""), lambda i: f"{{{i}}}", lambda i: f"urn:uuid:{i}"])
async def test_another_spelling_of_an_id_is_nothings_id(ombori: Ombori, spell) -> None:
    held = accepted(await ombori.reserve(), 201)["id"]
    refused(await ombori.send("GET", f"/positions/{spell(held)}"), 404, "visit_not_found")
    refused(await ombori.confirm(spell(held)), 404, "visit_not_found")
    queue, headers = str(ombori.queue.id), {"ApiKey": ombori.person.key}
    elsewhere = ombori.path.replace(queue, spell(queue))
    refused(await ombori.http.get(f"{elsewhere}/timeslots", headers=headers), 404, "service_not_found")
    elsewhere = at(ombori, spell(str(ombori.person.tenant)))
    refused(await ombori.http.get(f"{elsewhere}/timeslots", headers=headers), 404, "service_not_found")
    assert accepted(await ombori.send("GET", f"/positions/{held.upper()}"))["id"] == held


REMOTE = [
    ({"virtualAppointment": {}, "isEnabled": True}, True),
    ({"virtualAppointment": {}, "isEnabled": False}, False),
    ({"virtualAppointment": {"isEnabled": None}, "isEnabled": True}, True),
    ({"virtualAppointment": {"isEnabled": True}}, True),
    ({"virtualAppointment": {"isEnabled": True}, "isEnabled": True}, True),
    ({"virtualAppointment": None, "isEnabled": True}, True),
    ({"virtualAppointment": True}, True),
    ({"virtualAppointment": {}}, False),
    ({}, False),
]


@pytest.mark.parametrize(("told", "remote"), REMOTE)
async def test_whether_by_video_is_read_inside_and_beside(ombori: Ombori, told: dict, remote: bool) -> None:
    held = accepted(await ombori.reserve(changed("booking", BOOKING | told)), 201)
    shown = await ombori.position(held["id"])
    assert shown["booking"]["virtualAppointment"] == {"isEnabled": remote}


async def test_a_change_that_says_nothing_of_it_leaves_it(ombori: Ombori) -> None:
    held = accepted(await ombori.reserve(changed("booking", BOOKING | {"isEnabled": True})), 201)["id"]
    for said, remote in (({}, True), ({"virtualAppointment": {}}, True), ({"isEnabled": False}, False)):
        accepted(await ombori.update(held, {"booking": said}))
        assert (await ombori.position(held))["booking"]["virtualAppointment"] == {"isEnabled": remote}


@pytest.mark.parametrize(
    "told",
    [
        {"virtualAppointment": {"isEnabled": True}, "isEnabled": False},
        {"virtualAppointment": {"isEnabled": False}, "isEnabled": True},
        {"virtualAppointment": False, "isEnabled": True},
    ],
)
async def test_two_that_contradict_each_other_are_refused(ombori: Ombori, told: dict) -> None:
    body = changed("booking", BOOKING | told)
    refused(await ombori.reserve(body), 400, "field_invalid", "booking.isEnabled")
    refused(await ombori.book(body), 400, "field_invalid", "booking.isEnabled")
    assert (await ombori.rows())["visit"] == 0
    held = accepted(await ombori.reserve(), 201)["id"]
    refused(await ombori.update(held, {"booking": told}), 400, "field_invalid", "booking.isEnabled")


@pytest.mark.parametrize("plus", ["+", "%2B"])
async def test_an_offset_in_the_query_needs_no_escape(ombori: Ombori, plus: str) -> None:
    query = f"from=2020-11-30T15:30:00{plus}01:00&to=2020-11-30T15:40:00.000{plus}01:00"
    assert list(await ombori.slots(query)) == ["2020-11-30T14:30:00.000Z", "2020-11-30T14:35:00.000Z"]


@pytest.mark.parametrize("separator", ["+", "%20", "t"])
async def test_a_space_between_date_and_time_stays_one(ombori: Ombori, separator: str) -> None:
    query = f"from=2020-11-30{separator}14:30:00Z&to=2020-11-30{separator}15:40:00%2B01:00"
    assert list(await ombori.slots(query)) == ["2020-11-30T14:30:00.000Z", "2020-11-30T14:35:00.000Z"]


async def test_the_document_lists_what_may_have_moved(ombori: Ombori) -> None:
    """Every operation that claims may meet a catalogue that moved, and a change also a visit that did."""
    paths = accepted(await ombori.http.get("/ombori/openapi.json"))["paths"]
    conflicts = {
        operation["operationId"]: operation["responses"].get("409", {}).get("description", "")
        for operations in paths.values()
        for operation in operations.values()
    }
    for name in ("createReservation", "createBooking", "updateReservation"):
        for code in ("slot_taken", "slot_not_offered", "catalog_moved"):
            assert f"`{code}`" in conflicts[name], name
    assert "`visit_moved`" in conflicts["updateReservation"]
    assert "`catalog_moved`" not in conflicts["getPosition"]


async def test_a_database_that_hangs_up_is_unavailable_for_now(ombori: Ombori, dsn: str) -> None:
    """The look-up of the key is cut off while it waits: the client is told to come back, and can."""
    owner = await connect(dsn, role=None)
    try:
        transaction = owner.transaction()
        await transaction.start()
        await owner.execute("LOCK TABLE credential IN ACCESS EXCLUSIVE MODE")
        asking = asyncio.create_task(ombori.reserve())
        blocked = "pg_backend_pid() = ANY (pg_blocking_pids(pid))"
        async with asyncio.timeout(20):
            while not await owner.fetch(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {blocked}"):
                await owner.execute("SELECT pg_stat_clear_snapshot()")
        response = await asking
        await transaction.rollback()
    finally:
        await owner.close()
    assert (response.status_code, response.headers["retry-after"]) == (503, "1")
    assert response.json()["error"]["code"] == "store_unavailable"
    accepted(await ombori.reserve(), 201)
