"""Reservations: statements D4.22 to D4.32."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4  # noqa: TID251 - tests make identities too

import pytest

from appointed.core.ids import ServiceId
from appointed.core.questions import ResourceChoice
from qmatic_client import MINUTE, accepted, at, refused

SECOND = timedelta(seconds=1)
QUARTER = timedelta(minutes=15)


@pytest.mark.statement("D4.22")
async def test_a_reservation_is_made_and_has_an_id(qmatic):
    response = await qmatic.reserve(9, numberOfReservations=2)
    made = accepted(response, 201)
    assert str(UUID(made["reservationId"])) == made["reservationId"]
    assert response.headers["location"] == f"reservations/{made['reservationId']}"
    assert made == {
        "reservationId": made["reservationId"],
        "serviceId": str(qmatic.town.papers.id),
        "branchId": str(qmatic.town.hall.id),
        "timeSlot": {"startTime": at(9), "endTime": at(10)},
        "numberOfReservations": 2,
        "notes": None,
        "expiresAt": at(7, 45),
    }


@pytest.mark.statement("D4.23")
@pytest.mark.parametrize(
    "spelt",
    [
        {"timeSlot": {"StartTime": at(9), "EndTime": at(10)}},
        {"timeSlot": {"startTime": "2022-03-01T08:00:00Z", "endTime": "2022-03-01T09:00:00.000Z"}},
        {"timeSlot": ..., "timeslot": {"STARTTIME": "2022-03-01T10:00:00+02:00", "endtime": "20220301T080000-0100"}},
        {"timeSlot": ..., "startTime": at(9), "endTime": at(10)},
        {"timeSlot": ..., "StartTime": at(9), "EndTime": at(10)},
        {"startTime": at(9), "endTime": at(10)},
        {"numberOfReservations": ..., "Numberofreservations": "2"},
        {"serviceId": ..., "SERVICEID": None, "branchId": ..., "branchID": None},
        {"requestedResourceID": None, "notes": None, "unknown": {"x": 1}},
    ],
    ids=str,
)
async def test_a_reservation_may_be_spelt_in_many_ways(qmatic, spelt):
    body = qmatic.wish(**spelt)
    for name, value in (("SERVICEID", qmatic.town.papers.id), ("branchID", qmatic.town.hall.id)):
        body |= {name: str(value)} if name in body else {}
    made = accepted(await qmatic.send("POST", "/reservations", body), 201)
    assert made["timeSlot"] == {"startTime": at(9), "endTime": at(10)}
    assert made["numberOfReservations"] == (2 if "Numberofreservations" in spelt else 1)


async def test_two_times_that_differ_are_refused(qmatic):
    refused(await qmatic.reserve(startTime=at(11)), 400, "field_invalid", "startTime")


@pytest.mark.statement("D4.24")
async def test_notes_are_kept_and_seen_later(qmatic):
    made = accepted(await qmatic.reserve(notes="Comes with a pram"), 201)
    assert made["notes"] == "Comes with a pram"
    confirmed = accepted(await qmatic.confirm(made["reservationId"]), 201)
    assert confirmed["supportNotes"] == "Comes with a pram"
    assert (await qmatic.appointment(confirmed["appointmentId"]))["supportNotes"] == "Comes with a pram"
    assert [each["supportNotes"] for each in await qmatic.found()] == ["Comes with a pram"]
    assert (await qmatic.appointment(await qmatic.appointed(11)))["supportNotes"] is None


@pytest.mark.statement("D4.25")
async def test_what_is_missing_reversed_or_not_on_offer_is_refused(qmatic):
    for missing in ("serviceId", "branchId"):
        refused(await qmatic.reserve(**{missing: ...}), 400, "field_missing", missing)
    refused(await qmatic.reserve(timeSlot=...), 400, "field_missing", "timeSlot.startTime")
    refused(await qmatic.reserve(timeSlot={"endTime": at(10)}), 400, "field_missing", "timeSlot.startTime")
    refused(await qmatic.reserve(timeSlot={"startTime": at(9)}), 400, "field_missing", "timeSlot.endTime")
    for end in (at(9), at(8)):
        slot = {"startTime": at(9), "endTime": end}
        refused(await qmatic.reserve(timeSlot=slot), 400, "field_invalid", "timeSlot.endTime")
    for off in ((at(9), at(11)), (at(9, 10), at(10, 10)), (at(16), at(17)), (at(9, day=6), at(10, day=6))):
        slot = {"startTime": off[0], "endTime": off[1]}
        refused(await qmatic.reserve(timeSlot=slot), 409, "slot_not_offered")
    await qmatic.later(2 * 60 * MINUTE)
    refused(await qmatic.reserve(9), 409, "slot_not_offered")
    for text in ("tomorrow", "2022-03-01T09:00:00", 7, True):
        slot = {"startTime": text, "endTime": at(10)}
        refused(await qmatic.reserve(timeSlot=slot), 400, "field_invalid", "timeSlot.startTime")
    assert await qmatic.rows("visit") == 0


@pytest.mark.statement("D4.26")
async def test_where_somebody_has_to_be_chosen_nobody_is_refused(qmatic):
    wedding = replace(qmatic.town.wedding, resource_choice=ResourceChoice.REQUIRED)
    qmatic = await qmatic.open(replace(qmatic.town, wedding=wedding))
    refused(await qmatic.reserve(9, wedding), 400, "resource_choice_missing")
    assert await qmatic.rows("visit") == 0
    refused(await qmatic.reserve(9, wedding, requestedResourceId=str(uuid4())), 404, "resource_not_found")
    accepted(await qmatic.reserve(9, wedding, requestedResourceId=str(qmatic.town.marc.id)), 201)
    refused(await qmatic.reserve(9, wedding, requestedResourceId=str(qmatic.town.marc.id)), 409, "slot_taken")
    accepted(await qmatic.reserve(9, wedding, requestedResourceId=str(qmatic.town.els.id)), 201)


@pytest.mark.statement("D4.27")
async def test_what_is_only_listed_is_not_reserved(qmatic):
    qmatic = await qmatic.open(qmatic.town.with_papers(bookable=False))
    problem = refused(await qmatic.reserve(), 409, "slot_not_offered")
    assert problem["facts"] == {"reason": "bookable"}
    assert await qmatic.starts() == []


@pytest.mark.statement("D4.28")
async def test_several_services_are_not_one_reservation(qmatic):
    town = qmatic.town
    several = [str(town.papers.id), str(town.wedding.id)]
    refused(await qmatic.reserve(serviceId=several), 400, "field_invalid", "serviceId")
    assert await qmatic.rows("visit") == 0
    accepted(await qmatic.reserve(serviceId=several[:1]), 201)


@pytest.mark.statement("D4.29")
async def test_a_reservation_is_for_one_unless_it_says_for_how_many(qmatic):
    assert accepted(await qmatic.reserve(numberOfReservations=...), 201)["numberOfReservations"] == 1
    assert accepted(await qmatic.reserve(10, numberOfReservations=3), 201)["numberOfReservations"] == 3
    refused(await qmatic.reserve(11, numberOfReservations=4), 400, "party_too_large")
    for wrong in (0, -1, 1.5, "many", [1]):
        refused(await qmatic.reserve(numberOfReservations=wrong), 400, "field_invalid", "numberOfReservations")


@pytest.mark.statement("D4.30")
async def test_of_twenty_at_once_one_gets_the_last_place(qmatic):
    await qmatic.reserved(9)
    answers = await asyncio.gather(*(qmatic.reserve(9) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 19
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"slot_taken"}


@pytest.mark.statement("D4.31")
async def test_a_reservation_is_kept_for_fifteen_minutes_to_the_second(qmatic):
    await qmatic.reserved(9)
    await qmatic.reserved(9)
    for still in (timedelta(), QUARTER - SECOND, QUARTER - timedelta(microseconds=1)):
        await qmatic.later(still)
        assert at(9) not in await qmatic.starts()
        refused(await qmatic.reserve(9), 409, "slot_taken")
    await qmatic.later(QUARTER)
    assert at(9) in await qmatic.starts()
    accepted(await qmatic.reserve(9), 201)


@pytest.mark.statement("D4.32")
async def test_after_that_it_cannot_be_confirmed(qmatic):
    first, second = await qmatic.reserved(9), await qmatic.reserved(10)
    await qmatic.later(QUARTER - SECOND)
    accepted(await qmatic.confirm(first), 201)
    await qmatic.later(QUARTER)
    refused(await qmatic.confirm(second), 410, "hold_lapsed")
    refused(await qmatic.get(f"/appointments/{second}"), 404, "visit_not_found")
    assert [each["appointmentId"] for each in await qmatic.found()] == [first]


async def test_a_reservation_that_is_given_back_is_gone(qmatic):
    made = await qmatic.reserved(9)
    accepted(await qmatic.send("DELETE", f"/reservations/{made}"), 204)
    for unknown in (made, uuid4(), "reservation"):
        refused(await qmatic.send("DELETE", f"/reservations/{unknown}"), 404, "visit_not_found")
    appointment = await qmatic.appointed(9)
    refused(await qmatic.send("DELETE", f"/reservations/{appointment}"), 404, "visit_not_found")
    assert (await qmatic.appointment(appointment))["appointmentId"] == appointment


async def test_the_same_request_with_the_same_key_is_one_reservation(qmatic):
    first = await qmatic.send("POST", "/reservations", qmatic.wish(), Idempotency_Key="one")
    again = await qmatic.send("POST", "/reservations", qmatic.wish(), Idempotency_Key="one")
    assert (first.status_code, again.content) == (201, first.content)
    assert await qmatic.rows("visit") == 1
    other = await qmatic.send("POST", "/reservations", qmatic.wish(11), Idempotency_Key="one")
    refused(other, 409, "key_reused")


async def test_a_service_elsewhere_in_the_family_is_held_there(qmatic):
    annex = qmatic.town.annex_papers
    assert annex.id != ServiceId(annex.family)
    slot = {"startTime": "2022-03-01T09:00:00Z", "endTime": "2022-03-01T10:00:00Z"}
    made = accepted(await qmatic.reserve(service=annex, timeSlot=slot), 201)
    assert (made["serviceId"], made["branchId"]) == (str(annex.family), str(qmatic.town.annex.id))
    assert made["timeSlot"]["startTime"] == "2022-03-01T09:00:00+00:00"
    assert len(await qmatic.starts()) == 8
