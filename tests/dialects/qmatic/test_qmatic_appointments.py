"""What becomes of an appointment: statements D4.43 to D4.46."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4  # noqa: TID251 - tests make identities too

import pytest

from appointed.core.caller import Scope
from people import new_colleague
from qmatic_client import SCOPE, accepted, at, customer, refused

QUARTER, SECOND = timedelta(minutes=15), timedelta(seconds=1)


@pytest.mark.statement("D4.43")
async def test_a_cancelled_appointment_is_gone_and_its_time_free(qmatic):
    appointment = await qmatic.appointed(9)
    await qmatic.reserved(9)
    for scope in ("book", "reschedule"):
        other = await qmatic.by(qmatic.person, scope=SCOPE + scope)
        refused(await other.send("DELETE", f"/appointments/{appointment}"), 403, "scope_missing")
    assert at(9) not in await qmatic.starts()
    cancels = await qmatic.by(qmatic.person, scope=f"{SCOPE}cancel")
    accepted(await cancels.send("DELETE", f"/appointments/{appointment}"), 204)
    assert at(9) in await qmatic.starts()
    for gone in (appointment, uuid4(), "appointment"):
        refused(await cancels.send("DELETE", f"/appointments/{gone}"), 404, "visit_not_found")
    refused(await qmatic.get(f"/appointments/{appointment}"), 404, "visit_not_found")
    assert await qmatic.found() == []


async def test_a_reservation_is_no_appointment(qmatic):
    reservation = await qmatic.reserved(9)
    for method, path, body in (
        ("GET", "", None),
        ("DELETE", "", None),
        ("PUT", "", {"reservationId": await qmatic.reserved(10)}),
        ("PUT", "/customer", customer()),
    ):
        answer = await qmatic.send(method, f"/appointments/{reservation}{path}", body)
        refused(answer, 404, "visit_not_found")
    assert await qmatic.found() == []
    accepted(await qmatic.confirm(reservation), 201)


@pytest.mark.statement("D4.44")
async def test_what_is_known_of_the_customer_can_be_changed(qmatic):
    appointment = await qmatic.appointed(9)
    told = {
        "firstName": "Augusta",
        "lastName": "King",
        "phoneNumber": "0032 499",
        "email": "king@example.org",
        "dateOfBirth": "1985-12-11",
    }
    for path in (f"/appointments/{appointment}/customer", f"/Appointments/{appointment}/customer"):
        accepted(await qmatic.send("PUT", path, customer(**told)), 204)
    (found,) = await qmatic.found()
    assert (found["appointmentId"], found["customer"]) == (appointment, told)
    for wrong, field in (
        ({"personalIdentifier": "short"}, "personalIdentifier"),
        ({"firstName": ""}, "firstName"),
        ({"lastName": ...}, "lastName"),
        ({"phoneNumber": "call me"}, "phoneNumber"),
        ({"email": "nowhere"}, "email"),
        ({"dateOfBirth": "yesterday"}, "dateOfBirth"),
    ):
        answer = await qmatic.send("PUT", f"/appointments/{appointment}/customer", customer(**wrong))
        refused(answer, 400, None, field)
    tomorrow = await qmatic.send("PUT", f"/appointments/{appointment}/customer", customer(dateOfBirth="2022-03-02"))
    refused(tomorrow, 400, "birth_date_ahead")
    assert (await qmatic.found())[0]["customer"] == told


@pytest.mark.statement("D4.45")
async def test_a_customers_appointments_are_found_and_nobody_elses(qmatic):
    later, sooner = await qmatic.appointed(11), await qmatic.appointed(9)
    await qmatic.appointed(10, personalIdentifier="bob0000001")
    await qmatic.reserved(12)
    assert [each["appointmentId"] for each in await qmatic.found()] == [sooner, later]
    assert (await qmatic.found())[0] == await qmatic.appointment(sooner)
    for nobody in ("ADA0000001", "nobody0001"):
        assert await qmatic.found(nobody) == []
    flat, nested = {"personalIdentifier": "ada0000001"}, {"customer": {"PersonalIdentifier": "ada0000001"}}
    found = (await qmatic.search()).content
    for method, query, body in (
        ("POST", "", flat),
        ("POST", "?personalIdentifier=ada0000001", None),
        ("GET", "", nested),
        ("GET", "?PersonalIdentifier=ada0000001", None),
    ):
        answer = await qmatic.send(method, f"/appointments/search{query}", body)
        assert (answer.status_code, answer.content) == (200, found)
    for method, body in (("GET", None), ("POST", {}), ("POST", {"customer": {}})):
        answer = await qmatic.send(method, "/appointments/search", body)
        refused(answer, 400, "field_missing", "customer.personalIdentifier")


@pytest.mark.statement("D4.46")
@pytest.mark.parametrize("verb", ["", "/reschedule"])
async def test_an_appointment_takes_the_time_of_a_reservation(qmatic, verb):
    appointment = await qmatic.appointed(9)
    await qmatic.reserved(9)
    before = await qmatic.appointment(appointment)
    wedding = await qmatic.reserved(9, qmatic.town.wedding)
    path = f"/appointments/{appointment}{verb}"
    refused(await qmatic.send("PUT", path, {"reservationId": wedding}), 409, "service_differs")
    reservation = await qmatic.reserved(11, numberOfReservations=2)
    books = await qmatic.by(qmatic.person, scope=f"{SCOPE}book")
    refused(await books.send("PUT", path, {"reservationId": reservation}), 403, "scope_missing")
    assert await qmatic.appointment(appointment) == before
    moves = await qmatic.by(qmatic.person, scope=f"{SCOPE}reschedule")
    accepted(await moves.send("PUT", path, {"reservationId": reservation}), 204)
    after = await qmatic.appointment(appointment)
    slot = {"startTime": at(11), "endTime": at(12)}
    assert after == before | {"timeSlot": slot, "numberOfReservations": 2}
    assert at(9) in await qmatic.starts()
    await qmatic.appointed(11, personalIdentifier="bob0000001")
    await qmatic.later(QUARTER + SECOND)
    assert at(11) not in await qmatic.starts()
    refused(await qmatic.send("DELETE", f"/reservations/{reservation}"), 404, "visit_not_found")
    refused(await moves.send("PUT", path, {"reservationId": reservation}), None)
    assert [each["appointmentId"] for each in await qmatic.found()] == [appointment]


async def test_an_appointment_goes_to_another_branch_of_the_same_service(qmatic):
    appointment = await qmatic.appointed(9)
    slot = {"startTime": "2022-03-01T09:00:00Z", "endTime": "2022-03-01T10:00:00Z"}
    there = await qmatic.reserved(service=qmatic.town.annex_papers, timeSlot=slot)
    accepted(await qmatic.send("PUT", f"/appointments/{appointment}", {"reservationId": there}), 204)
    moved = await qmatic.appointment(appointment)
    assert (moved["branch"]["name"], moved["timeSlot"]["startTime"]) == ("Annex", "2022-03-01T09:00:00+00:00")


async def test_a_move_keeps_what_the_other_day_and_branch_ask(qmatic):
    """One of a day at most; the annex wants a telephone number, and Ada has told of none."""
    town = qmatic.town.with_papers(customer_daily_limit=1)
    qmatic = await qmatic.open(replace(town, annex_papers=replace(town.annex_papers, required_contact="phone")))
    tomorrow = {"timeSlot": {"startTime": at(9, day=2), "endTime": at(10, day=2)}}
    await qmatic.appointed(9, phoneNumber=...)
    accepted(await qmatic.confirm(await qmatic.reserved(**tomorrow), phoneNumber=...), 201)
    (moving, _) = [each["appointmentId"] for each in await qmatic.found()]
    for reservation, status, code in (
        (await qmatic.reserved(**tomorrow), 409, "customer_limit"),
        (await qmatic.reserved(10, qmatic.town.annex_papers), 400, "contact_missing"),
    ):
        for verb in ("", "/reschedule"):
            moved = await qmatic.send("PUT", f"/appointments/{moving}{verb}", {"reservationId": reservation})
            refused(moved, status, code)
    assert (await qmatic.appointment(moving))["timeSlot"]["startTime"] == at(9)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "field_missing"),
        ({"reservationId": 7}, 400, "field_invalid"),
        ({"reservationId": "later"}, 404, "visit_not_found"),
        ({"reservationId": str(uuid4())}, 404, "visit_not_found"),
        ([], 400, "malformed_body"),
    ],
)
async def test_what_is_no_reservation_moves_nothing(qmatic, body, status, code):
    appointment = await qmatic.appointed(9)
    refused(await qmatic.send("PUT", f"/appointments/{appointment}", body), status, code)
    assert (await qmatic.appointment(appointment))["timeSlot"]["startTime"] == at(9)


async def test_an_appointment_is_not_a_reservation_to_move_to(qmatic):
    first, second = await qmatic.appointed(9), await qmatic.appointed(10)
    for other in (first, second):
        refused(await qmatic.send("PUT", f"/appointments/{first}", {"reservationId": other}), 409, "state_forbids")
    assert [each["timeSlot"]["startTime"] for each in await qmatic.found()] == [at(9), at(10)]


async def test_a_reservation_that_lapsed_moves_nothing(qmatic):
    appointment, reservation = await qmatic.appointed(9), await qmatic.reserved(11)
    await qmatic.later(QUARTER)
    answer = await qmatic.send("PUT", f"/appointments/{appointment}", {"reservationId": reservation})
    refused(answer, 410, "hold_lapsed")
    assert (await qmatic.appointment(appointment))["timeSlot"]["startTime"] == at(9)


async def test_who_may_only_look_changes_nothing(qmatic, context):
    appointment = await qmatic.appointed(9)
    reader = await new_colleague(context, qmatic.person.tenant, scopes=frozenset({Scope.READ}))
    reads = replace(await qmatic.by(reader), town=qmatic.town)
    accepted(await reads.get(f"/appointments/{appointment}"))
