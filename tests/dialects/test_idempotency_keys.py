"""A request that is made again under its key is done once and answered alike."""

import asyncio
from datetime import timedelta

import pytest

from ombori_client import DOCUMENTED_REQUEST, accepted, booked, changed, refused
from people import MORNING, set_clock

OTHER = booked("2020-11-30T15:00:00.000Z", "2020-11-30T15:05:00.000Z")


@pytest.mark.parametrize("verb", ["reserve", "book"])
async def test_a_repeated_request_has_one_effect_and_one_answer(ombori, verb):
    make = getattr(ombori, verb)
    first = await make(Idempotency_Key="a")
    accepted(first, 201)
    rows = await ombori.rows()
    again = await asyncio.gather(*(make(Idempotency_Key="a") for _ in range(10)))
    assert {(answer.status_code, answer.content) for answer in again} == {(201, first.content)}
    assert await ombori.rows() == rows
    assert rows["visit"] == 1


async def test_copies_that_come_at_once_have_one_effect(open_queue):
    queue = await open_queue(capacity=50)
    answers = await asyncio.gather(*(queue.reserve(Idempotency_Key="a") for _ in range(20)))
    assert len({(answer.status_code, answer.content) for answer in answers}) == 1
    assert (await queue.rows())["visit"] == 1


async def test_without_a_key_or_with_another_there_are_two_effects(open_queue):
    queue = await open_queue(capacity=50)
    keys = ({}, {}, {"Idempotency_Key": "a"}, {"Idempotency_Key": "b"}, {"Idempotency_Key": "A"})
    made = [accepted(await queue.reserve(**key), 201)["id"] for key in keys]
    assert len(set(made)) == len(keys)


async def test_a_key_is_of_one_body(ombori):
    first = accepted(await ombori.reserve(Idempotency_Key="a"), 201)
    rows = await ombori.rows()
    for body in (OTHER, changed("numberOfPeople", 2), DOCUMENTED_REQUEST + b" "):
        refused(await ombori.reserve(body, Idempotency_Key="a"), 409, "key_reused")
    assert await ombori.rows() == rows
    assert accepted(await ombori.reserve(Idempotency_Key="a"), 201) == first


async def test_a_key_is_of_one_credential_and_one_path(open_queue, bob):
    queue = await open_queue(capacity=50)
    made = [
        accepted(await queue.reserve(Idempotency_Key="a"), 201)["id"],
        accepted(await queue.with_key(bob.key).reserve(Idempotency_Key="a"), 201)["id"],
        accepted(await queue.book(Idempotency_Key="a"), 201)["id"],
        accepted(await queue.with_key("").book(Idempotency_Key="a"), 201)["id"],
    ]
    assert len(set(made)) == 4


async def test_the_first_answer_stays_after_the_visit_has_changed(ombori):
    first = await ombori.reserve(Idempotency_Key="a")
    position = accepted(first, 201)["id"]
    confirmed = await ombori.confirm(position, Idempotency_Key="b")
    accepted(confirmed)
    accepted(await ombori.update(position, OTHER | {"numberOfPeople": 5}))
    accepted(await ombori.cancel(position))
    rows = await ombori.rows()
    assert (await ombori.reserve(Idempotency_Key="a")).content == first.content
    assert (await ombori.confirm(position, Idempotency_Key="b")).content == confirmed.content
    refused(await ombori.confirm(position, Idempotency_Key="c"), 409, "state_forbids")
    assert (await ombori.rows())["event"] == rows["event"]
    assert (await ombori.position(position))["status"] == "rejected"


@pytest.mark.parametrize("verb", ["reserve", "book"])
async def test_a_refusal_is_an_answer_too(ombori, verb):
    """What the database refused, and what was refused before it was asked."""
    make = getattr(ombori, verb)
    other = accepted(await ombori.reserve(), 201)
    taken = await make(Idempotency_Key="a")
    refused(taken, 409, "slot_taken")
    accepted(await ombori.cancel(other["id"]))
    again = await make(Idempotency_Key="a")
    assert (again.status_code, again.content) == (taken.status_code, taken.content)
    body = booked("2020-11-30T07:00:00Z", "2020-11-30T07:05:00Z")
    past = await make(body, Idempotency_Key="b")
    refused(past, 409, "slot_not_offered")
    assert (await make(body, Idempotency_Key="b")).content == past.content
    refused(await make(OTHER, Idempotency_Key="b"), 409, "key_reused")
    assert (await ombori.rows())["visit"] == 1
    accepted(await make(Idempotency_Key="c"), 201)


async def test_a_key_of_a_confirmation_that_failed_keeps_failing(ombori):
    made = accepted(await ombori.reserve(), 201)
    accepted(await ombori.cancel(made["id"]))
    first = await ombori.confirm(made["id"], Idempotency_Key="a")
    refused(first, 409, "state_forbids")
    assert (await ombori.confirm(made["id"], Idempotency_Key="a")).content == first.content


async def test_a_key_that_never_reached_a_decision_is_free(ombori):
    refused(await ombori.reserve(b"{", Idempotency_Key="a"), 400)
    refused(await ombori.reserve(changed("booking"), Idempotency_Key="a"), 400)
    accepted(await ombori.reserve(Idempotency_Key="a"), 201)


async def test_a_key_is_forgotten_after_a_day(open_queue):
    queue = await open_queue(capacity=50)
    body = booked("2020-12-24T10:00:00Z", "2020-12-24T10:05:00Z")
    first = await queue.reserve(body, Idempotency_Key="a")
    await set_clock(queue.context, queue.person, MORNING + timedelta(hours=24, microseconds=-1))
    assert (await queue.reserve(body, Idempotency_Key="a")).content == first.content
    await set_clock(queue.context, queue.person, MORNING + timedelta(hours=24))
    second = accepted(await queue.reserve(body, Idempotency_Key="a"), 201)
    assert second["id"] != accepted(first, 201)["id"]
    assert accepted(await queue.reserve(body, Idempotency_Key="a"), 201) == second


@pytest.mark.parametrize("key", ["", "a b", "é", "x" * 256], ids=["empty", "space", "latin", "long"])
async def test_what_is_no_key_is_refused(ombori, key):
    headers = {"ApiKey": ombori.person.key, "Idempotency-Key": key.encode("latin-1")}
    answer = await ombori.http.post(ombori.path + "/reservations", content=DOCUMENTED_REQUEST, headers=headers)
    refused(answer, 400, "field_invalid", "Idempotency-Key")
    assert (await ombori.rows())["visit"] == 0
