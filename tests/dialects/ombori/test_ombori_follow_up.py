"""What becomes of a reservation: confirmed, changed, moved, cancelled."""

import asyncio
from datetime import timedelta
from uuid import uuid4  # noqa: TID251 - tests make identities too

import pytest

from ombori_client import accepted, booked, refused

START = "2020-11-30T14:30:00.000Z"
OTHER = {"start": "2020-11-30T15:00:00.000Z", "end": "2020-11-30T15:05:00.000Z"}


@pytest.mark.statement("D0.55")
async def test_a_reservation_that_is_confirmed_becomes_a_draft(ombori):
    made = accepted(await ombori.reserve(), 201)
    confirmed = accepted(await ombori.confirm(made["id"]))
    assert confirmed == made | {"status": "draft"}
    assert (await ombori.position(made["id"]))["status"] == "draft"
    refused(await ombori.reserve(), 409, "slot_taken")


@pytest.mark.statement("D0.56")
async def test_confirming_again_does_nothing_again(ombori):
    made = accepted(await ombori.reserve(), 201)
    first = await ombori.confirm(made["id"])
    before = await ombori.rows()
    assert before["event"] == 2
    again = await asyncio.gather(*(ombori.confirm(made["id"]) for _ in range(5)))
    assert {answer.content for answer in again} == {first.content}
    assert await ombori.rows() == before


@pytest.mark.statement("D0.57")
async def test_only_a_reservation_that_is_there_can_be_confirmed(ombori):
    for unknown in (str(uuid4()), "not-a-guid"):
        refused(await ombori.confirm(unknown), 404, "visit_not_found")
    made = accepted(await ombori.reserve(), 201)
    accepted(await ombori.cancel(made["id"]))
    before = await ombori.rows()
    refused(await ombori.confirm(made["id"]), 409, "state_forbids")
    assert await ombori.rows() == before
    assert (await ombori.position(made["id"]))["status"] == "rejected"


@pytest.mark.statement("D0.58")
async def test_without_a_key_nothing_is_confirmed(ombori):
    made = accepted(await ombori.reserve(), 201)
    refused(await ombori.with_key("").confirm(made["id"]), 401, "credential_missing")
    assert (await ombori.position(made["id"]))["status"] == "reserved"


@pytest.mark.statement("D0.60")
@pytest.mark.parametrize(
    "change",
    [
        {"booking": OTHER},
        {"numberOfPeople": 4},
        {"notification": {"type": "email", "settings": {"recipient": "first@last.org"}}},
        {"customerInfo": ["Somebody Else"]},
        {"customData": {"other": [1, 2]}},
        {"locale": "ar"},
        {"booking": {**OTHER, "virtualAppointment": {"isEnabled": False}}, "numberOfPeople": 2, "customData": {}},
        {},
    ],
    ids=lambda change: ",".join(change) or "nothing",
)
async def test_a_reservation_is_changed_in_what_is_sent_and_in_nothing_else(ombori, change):
    made = accepted(await ombori.reserve(), 201)
    before = await ombori.position(made["id"])
    changed = accepted(await ombori.update(made["id"], change))
    after = await ombori.position(made["id"])
    expected = before | {key: value for key, value in change.items() if key != "booking"}
    expected["booking"] = before["booking"] | change.get("booking", {})
    assert after == expected
    times = {key: expected["booking"][key] for key in ("start", "end")}
    assert changed == {key: value for key, value in expected.items() if key in changed} | {"booking": times}
    assert (after["status"], after["id"], after["createdAt"]) == ("reserved", made["id"], made["createdAt"])
    assert (START in await ombori.slots()) is ("booking" in change)


@pytest.mark.statement("D0.61")
async def test_a_move_to_a_full_slot_leaves_the_old_one_held(ombori):
    full = accepted(await ombori.reserve(booked(*OTHER.values())), 201)
    made = accepted(await ombori.reserve(), 201)
    before = await ombori.position(made["id"])
    rows = await ombori.rows()
    refused(await ombori.update(made["id"], {"booking": OTHER, "numberOfPeople": 9}), 409, "slot_taken")
    assert await ombori.position(made["id"]) == before
    assert await ombori.rows() == rows
    refused(await ombori.reserve(), 409, "slot_taken")
    accepted(await ombori.cancel(full["id"]))
    assert accepted(await ombori.update(made["id"], {"booking": OTHER}))["booking"] == OTHER
    accepted(await ombori.reserve(), 201)


@pytest.mark.parametrize(
    "booking", [{"start": OTHER["start"]}, {"end": OTHER["end"]}, {"virtualAppointment": False}, {}]
)
async def test_a_part_of_a_booking_is_changed_against_the_rest(ombori, booking):
    """One end alone cannot be another slot of five minutes; what is said beside the times needs no times."""
    made = accepted(await ombori.reserve(), 201)
    answer = await ombori.update(made["id"], {"booking": booking})
    if {"start", "end"} & set(booking):
        refused(answer)
    else:
        assert accepted(answer)["booking"] == made["booking"]
    assert (await ombori.position(made["id"]))["booking"]["start"] == START


async def test_a_booking_is_moved_with_its_reminder(open_queue):
    queue = await open_queue(reminder=timedelta(minutes=30))
    made = accepted(await queue.book(), 201)
    assert made["bookingReminderAt"] == "2020-11-30T14:00:00.000Z"
    moved = accepted(await queue.update(made["id"], {"booking": OTHER}))
    assert moved == made | {"booking": OTHER, "bookingReminderAt": "2020-11-30T14:30:00.000Z"}
    assert moved["status"] == "draft"
    accepted(await queue.reserve(), 201)


@pytest.mark.parametrize("step", ["reserve", "book"])
async def test_cancelling_again_does_nothing_again(ombori, step):
    made = accepted(await getattr(ombori, step)(), 201)
    first = accepted(await ombori.cancel(made["id"]))
    assert first == made | {"status": "rejected"}
    before = await ombori.rows()
    assert accepted(await ombori.cancel(made["id"])) == first
    assert await ombori.rows() == before
    refused(await ombori.update(made["id"], {"numberOfPeople": 2}), 409, "state_forbids")


async def test_a_position_is_found_at_its_own_queue_alone(ombori, open_queue):
    made = accepted(await ombori.reserve(), 201)
    elsewhere = await open_queue()
    refused(await elsewhere.send("GET", f"/positions/{made['id']}"), 404, "visit_not_found")
    refused(await elsewhere.confirm(made["id"]), 404, "visit_not_found")
    refused(await elsewhere.cancel(made["id"]), 404, "visit_not_found")
    assert (await ombori.position(made["id"]))["status"] == "reserved"
