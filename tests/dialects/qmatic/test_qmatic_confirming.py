"""From a reservation to an appointment: statements D4.33 to D4.42."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4  # noqa: TID251 - tests make identities too

import pytest

from appointed.core.customer import Introduction, PersonName
from appointed.core.ids import VisitId
from appointed.core.language import Text
from appointed.core.questions import CustomerFact, Question
from appointed.dialects.qmatic.appointments import AppointmentCustomer, confirmed
from appointed.usecases import customers, visits
from appointed.wire.request import Headers, Request
from people import new_owner
from qmatic_client import accepted, at, customer, refused

HYPHENS = "3fa85f64-5717-4562-b3fc-2c963f66afa6"
LONG_EMAIL = "a" * 243 + "@example.org"


@pytest.mark.statement("D4.33")
async def test_a_confirmed_reservation_is_an_appointment(qmatic):
    reservation = await qmatic.reserved(9, numberOfReservations=2, notes="Rings twice")
    appointment = accepted(await qmatic.confirm(reservation), 201)
    row = await qmatic.papers()
    assert appointment == {
        "appointmentId": reservation,
        "timeSlot": {"startTime": at(9), "endTime": at(10)},
        "customer": {
            "firstName": "Ada",
            "lastName": "Lovelace",
            "phoneNumber": "+32 2 279-22-11",
            "email": "ada@example.org",
            "dateOfBirth": "1985-12-10",
        },
        "service": row["service"],
        "branch": row["branch"],
        "numberOfReservations": 2,
        "supportNotes": "Rings twice",
    }
    assert await qmatic.appointment(appointment["appointmentId"]) == appointment


@pytest.mark.statement("D4.34")
async def test_a_personal_identifier_is_of_ten_to_forty_eight_letters_and_digits(qmatic):
    reservation = await qmatic.reserved()
    field = "personalIdentifier"
    for wrong in ("a" * 9, "a" * 49, "ada-000001", "ada 000001", "ad\u00e1000000001", "", HYPHENS):
        refused(await qmatic.confirm(reservation, personalIdentifier=wrong), 400, "field_invalid", field)
    refused(await qmatic.confirm(reservation, personalIdentifier=...), 400, "field_missing", field)
    refused(await qmatic.confirm(reservation, personalIdentifier=1234567890), 400, "field_invalid", field)
    for hour, right in ((10, "a" * 10), (11, "Z9" * 24)):
        await qmatic.appointed(hour, personalIdentifier=right)
        assert [each["timeSlot"]["startTime"] for each in await qmatic.found(right)] == [at(hour)]
    refused(await qmatic.search(HYPHENS), 400, "field_invalid", "customer.personalIdentifier")
    tolerant = await qmatic.open(replace(qmatic.town, options=replace(qmatic.town.options, hyphens_in_references=True)))
    refused(await tolerant.confirm(reservation, personalIdentifier="ada-000001"), 400, "field_invalid", field)
    accepted(await tolerant.confirm(reservation, personalIdentifier=HYPHENS), 201)
    assert [each["appointmentId"] for each in await tolerant.found(HYPHENS)] == [reservation]


@pytest.mark.statement("D4.35")
@pytest.mark.parametrize("name", ["firstName", "lastName"])
async def test_names_have_one_to_255_characters(qmatic, name):
    reservation = await qmatic.reserved()
    refused(await qmatic.confirm(reservation, **{name: ...}), 400, "field_missing", name)
    for wrong in ("", "   ", "x" * 256, 7, ["Ada"], None):
        refused(await qmatic.confirm(reservation, **{name: wrong}), 400, None, name)
    for hour, right in ((10, "x" * 255), (11, "\u05d0\u05d3\u05d4"), (12, "Ng'ang'a-O\u2019Neil Jr.")):
        made = await qmatic.appointed(hour, **{name: right})
        assert (await qmatic.appointment(made))["customer"][name] == right


@pytest.mark.statement("D4.36")
@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ("+31 20-123", "+31 20-123"),
        (31612345678, "31612345678"),
        ("0612345678", "0612345678"),
        ("1" * 255, "1" * 255),
        (None, None),
        ("", None),
        (..., None),
    ],
)
async def test_a_phone_number_is_text_or_a_number_and_comes_back_as_text(qmatic, sent, told):
    appointment = await qmatic.appointed(phoneNumber=sent)
    assert (await qmatic.appointment(appointment))["customer"]["phoneNumber"] == told


@pytest.mark.parametrize("wrong", ["1" * 256, int("1" * 256), "12a", 1.5, True, ["1"], "\u0663\u0664"], ids=str)
async def test_what_is_no_phone_number_is_refused(qmatic, wrong):
    refused(await qmatic.confirm(await qmatic.reserved(), phoneNumber=wrong), 400, "field_invalid", "phoneNumber")


@pytest.mark.statement("D4.37")
async def test_an_email_address_is_needed_and_has_its_form(qmatic):
    reservation = await qmatic.reserved()
    refused(await qmatic.confirm(reservation, email=...), 400, "field_missing", "email")
    for wrong in ("", "ada", "ada@", "@example.org", "a@b@c.org", "a b@c.org", "a" * 244 + "@example.org", 7):
        refused(await qmatic.confirm(reservation, email=wrong), 400, "field_invalid", "email")
    for hour, right in ((10, "a@b.co"), (11, LONG_EMAIL)):
        made = await qmatic.appointed(hour, email=right)
        assert (await qmatic.appointment(made))["customer"]["email"] == right


@pytest.mark.statement("D4.38")
async def test_a_date_of_birth_is_a_date_that_has_been(qmatic):
    """Half past seven in Brussels, on a sandbox's clock: the first of March 2022 has begun, the second has not."""
    for hour, name, born in (
        (9, "dateOfBirth", "2000-01-01"),
        (10, "dateofBirth", "1899-12-31"),
        (11, "DATEOFBIRTH", "2022-03-01"),
    ):
        appointment = await qmatic.appointed(hour, **({"dateOfBirth": ...} | {name: born}))
        assert (await qmatic.appointment(appointment))["customer"]["dateOfBirth"] == born
    reservation = await qmatic.reserved(12)
    for wrong in ("2000-02-30", "01-01-2000", "2000-1-1", 20000101, "2000-01-01T00:00:00Z"):
        refused(await qmatic.confirm(reservation, dateOfBirth=wrong), 400, "field_invalid", "dateOfBirth")
    refused(await qmatic.confirm(reservation, dateOfBirth="2022-03-02"), 400, "birth_date_ahead")
    for nothing in (..., None, ""):
        made = await qmatic.appointed(12, dateOfBirth=nothing, personalIdentifier=f"new{uuid4().hex}")
        assert (await qmatic.appointment(made))["customer"]["dateOfBirth"] is None
        accepted(await qmatic.send("DELETE", f"/appointments/{made}"), 204)
    facts = frozenset({CustomerFact.BIRTH_DATE})
    asking = await qmatic.open(qmatic.town.with_papers(required_facts=facts))
    refused(await asking.confirm(reservation, dateOfBirth=...), 400, "customer_fact_missing")
    accepted(await asking.confirm(reservation), 201)


@pytest.mark.statement("D4.39")
async def test_questions_are_answered_as_the_service_asks_them(qmatic):
    wanted = Question(Text("Which one?"), required=True)
    questions = (*qmatic.town.papers.questions, wanted)
    qmatic = await qmatic.open(qmatic.town.with_papers(questions=questions))
    reservation = await qmatic.reserved()

    async def answered(*answers: object) -> object:
        return await qmatic.confirm(reservation, informationQuestions=list(answers))

    one = {"questionText": "Which one?", "answer": "Passport"}
    refused(await qmatic.confirm(reservation), 400, "answer_missing")
    refused(await answered({"questionText": "Which document?", "answer": "Mine"}), 400, "answer_missing")
    for nothing in ("", [], None, [" "]):
        refused(await answered({**one, "answer": nothing}), 400, "answer_missing")
    for long in ("x" * 2049, ["x" * 2049], ["x" * 2000, "y" * 49]):
        refused(await answered({**one, "answer": long}), 400, "field_invalid")
    refused(await answered(one, {"questionText": "Why?", "answer": "So"}), 400, "question_unknown")
    refused(await answered({"answer": "Passport"}), 400, "field_missing", "informationQuestions[0].questionText")
    for hour, right in (
        (10, [one]),
        (11, [{"question": "which one?", "answer": ["Passport", "Visa"]}]),
        (12, [{"questionText": "Welk document?", "answer": ["x" * 2048]}, one]),
        (13, [{"QuestionText": "Which one?", "Answer": "x" * 2048}]),
        (14, ["Passport", "This one"]),
    ):
        await qmatic.appointed(hour, informationQuestions=right)
    refused(await answered("one", "two", "three"), 400, "field_invalid", "informationQuestions[2]")
    accepted(await answered(one), 201)


async def test_whatever_a_service_may_ask_can_be_answered(qmatic):
    """As many questions as there may be, each as long as it may be."""
    texts = [f"{place:02}".ljust(2000, "x") for place in range(50)]
    questions = tuple(Question(Text(text), required=True) for text in texts)
    qmatic = await qmatic.open(qmatic.town.with_papers(questions=questions))
    answers = [{"questionText": text, "answer": "x" * 2048} for text in texts]
    refused(await qmatic.confirm(await qmatic.reserved(), informationQuestions=answers[1:]), 400, "answer_missing")
    await qmatic.appointed(10, informationQuestions=answers)
    longer = [*answers, {"questionText": texts[0] + "x", "answer": "Yes"}]
    refused(await qmatic.confirm(await qmatic.reserved(11), informationQuestions=longer), 400, "field_invalid")


@pytest.mark.statement("D4.40")
async def test_only_a_reservation_of_ones_own_is_confirmed(qmatic, context):
    for unknown in (uuid4(), "reservation"):
        refused(await qmatic.confirm(str(unknown)), 404, "visit_not_found")
    reservation = await qmatic.reserved()
    stranger = await qmatic.by(await new_owner(context))
    foreign = await stranger.confirm(reservation)
    refused(foreign, 404, "visit_not_found")
    assert foreign.content == (await stranger.confirm(str(uuid4()))).content
    accepted(await qmatic.confirm(reservation), 201)


@pytest.mark.statement("D4.41")
async def test_confirming_again_is_answered_alike_and_for_somebody_else_refused(qmatic):
    reservation = await qmatic.reserved()
    answers = await asyncio.gather(*(qmatic.confirm(reservation) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert (await qmatic.rows("visit"), await qmatic.rows("customer")) == (1, 1)
    events = await qmatic.rows("event")
    assert (await qmatic.confirm(reservation)).content == answers[0].content
    assert await qmatic.rows("event") == events
    refused(await qmatic.confirm(reservation, personalIdentifier="somebody0else"), 409, "customer_differs")
    assert await qmatic.rows("customer") == 1


@pytest.mark.statement("D4.42")
async def test_what_was_confirmed_stays(qmatic):
    appointment = await qmatic.appointed(15)
    await qmatic.reserved(15)
    for later in (timedelta(minutes=15), timedelta(hours=3)):
        await qmatic.later(later)
        now = qmatic.context.clock()
        await qmatic.context.pool.call("SELECT lapse($1, $2, 1000)", qmatic.person.tenant, now)
        assert (await qmatic.appointment(appointment))["appointmentId"] == appointment
    await qmatic.reserved(15)
    refused(await qmatic.reserve(15), 409, "slot_taken")


async def test_the_same_identifier_is_the_same_customer_with_what_was_told_last(qmatic):
    first = await qmatic.appointed(9)
    second = await qmatic.appointed(10, firstName="Augusta", phoneNumber=...)
    for appointment in (first, second):
        known = (await qmatic.appointment(appointment))["customer"]
        assert (known["firstName"], known["phoneNumber"]) == ("Augusta", customer()["phoneNumber"])
    assert await qmatic.rows("customer") == 1


async def test_confirming_again_with_other_details_tells_those_that_stand(qmatic):
    reservation = await qmatic.reserved()
    first = accepted(await qmatic.confirm(reservation), 201)
    assert accepted(await qmatic.confirm(reservation, firstName="Augusta", phoneNumber=7), 201) == first
    assert await qmatic.appointment(reservation) == first


async def test_confirming_again_with_another_key_tells_those_that_stand(qmatic):
    reservation = await qmatic.reserved()
    path, other = f"/reservations/{reservation}", customer(firstName="Augusta", phoneNumber=7)
    first = accepted(await qmatic.send("PUT", path, customer(), Idempotency_Key="one"), 201)
    for key in ("two", "two", "three"):
        assert accepted(await qmatic.send("PUT", path, other, Idempotency_Key=key), 201) == first
    assert await qmatic.appointment(reservation) == first


async def test_a_confirmation_that_was_made_is_told_though_the_customer_was_erased_since(qmatic):
    caller, visit_id = qmatic.person.caller, VisitId(UUID(await qmatic.reserved()))
    ada = Introduction("ada0000001", PersonName("Ada", "Lovelace"), "ada@example.org", None)
    visit = await visits.confirm(qmatic.context, caller, None, visit_id, introduced=ada)
    await customers.erase(qmatic.context, caller, visit.details.customer_id)
    request = Request(qmatic.context, "PUT", "/", b"", Headers([]), "asked")
    told = (await confirmed(request, caller, visit, ada)).customer
    assert told == AppointmentCustomer("Ada", "Lovelace", None, "ada@example.org", None)


async def test_the_same_confirmation_with_the_same_key_is_one(qmatic):
    reservation = await qmatic.reserved()
    path, body = f"/reservations/{reservation}", customer()
    first = await qmatic.send("PUT", path, body, Idempotency_Key="one")
    assert (await qmatic.send("PUT", path, body, Idempotency_Key="one")).content == first.content
    refused(await qmatic.send("PUT", path, customer(firstName="Eve"), Idempotency_Key="one"), 409, "key_reused")
