"""A slot has so many places, and a reservation keeps its own until somebody gives it back."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from appointed.core.catalog import PartyCount, PoolScope
from ombori_client import DOCUMENTED_RESPONSE, accepted, booked, changed, refused, without_trailing_commas
from people import MORNING, set_clock

START = "2020-11-30T14:30:00.000Z"
LATER = ("2021-03-01T14:30:00.000Z", "2021-03-01T14:35:00.000Z")


@pytest.mark.statement("D0.45")
async def test_a_place_is_given_once(ombori):
    accepted(await ombori.reserve(), 201)
    before = await ombori.rows()
    refused(await ombori.reserve(), 409, "slot_taken")
    assert await ombori.rows() == before


@pytest.mark.statement("D0.46")
@pytest.mark.parametrize("places", [2, 5])
async def test_a_slot_takes_as_many_as_it_has_places(open_queue, places):
    queue = await open_queue(capacity=places)
    for _ in range(places):
        accepted(await queue.reserve(), 201)
    refused(await queue.reserve(), 409, "slot_taken")
    assert (await queue.rows())["visit"] == places


@pytest.mark.statement("D0.47")
async def test_the_last_place_goes_to_one_of_fifty(open_queue):
    queue = await open_queue(capacity=3)
    # Those of the first slot may come one by one, while connections to the database are still being made.
    for minute in (30, 35, 40):
        slot = booked(f"2020-11-30T14:{minute}:00Z", f"2020-11-30T14:{minute + 5}:00Z")
        for _ in range(2):
            accepted(await queue.reserve(slot), 201)
        answers = await asyncio.gather(*(queue.reserve(slot) for _ in range(50)))
        assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 49}
        assert {refused(answer)["code"] for answer in answers if answer.status_code == 409} == {"slot_taken"}
    rows = await queue.rows()
    assert (rows["visit"], rows["claim"], rows["event"]) == (9, 9, 9)


@pytest.mark.statement("D0.48")
@pytest.mark.parametrize("path", ["/timeslots", "/time-slots", "/bookings/timeslots"])
async def test_a_reservation_takes_its_place_from_the_slots(open_queue, path):
    queue = await open_queue(capacity=2)
    offered = (await queue.slots())[START]
    assert offered == {"start": START, "end": "2020-11-30T14:35:00.000Z", "capacity": 2, "available": 2}
    for left in ([{**offered, "available": 1}], []):
        accepted(await queue.reserve({"booking": offered}), 201)
        slots = accepted(await queue.send("GET", f"{path}?from={START}&to=2020-11-30T14:31:00Z"))
        assert slots == left
    assert START not in await queue.slots()
    assert "2020-11-30T14:35:00.000Z" in await queue.slots()


@pytest.mark.statement("D0.49")
async def test_a_reservation_is_still_there_after_thirty_days(ombori):
    made = accepted(await ombori.reserve(booked(*LATER)), 201)
    after = MORNING + timedelta(days=30)
    await set_clock(ombori.context, ombori.person, after)
    assert await ombori.sweep(after) == 0
    assert (await ombori.position(made["id"]))["status"] == "reserved"
    refused(await ombori.reserve(booked(*LATER)), 409, "slot_taken")
    assert await ombori.slots(f"from={LATER[0]}&to={LATER[1]}") == {}
    assert accepted(await ombori.confirm(made["id"]))["status"] == "draft"


@pytest.mark.statement("D0.50")
@pytest.mark.parametrize("confirmed", [False, True])
async def test_a_place_that_is_given_back_is_free_at_once(ombori, confirmed):
    made = accepted(await ombori.reserve(), 201)
    if confirmed:
        accepted(await ombori.confirm(made["id"]))
    refused(await ombori.reserve(), 409, "slot_taken")
    assert accepted(await ombori.cancel(made["id"]))["status"] == "rejected"
    assert (await ombori.slots())[START]["available"] == 1
    assert accepted(await ombori.reserve(), 201)["id"] != made["id"]


@pytest.mark.statement("D0.51")
@pytest.mark.parametrize("shared", [False, True])
async def test_slots_that_overlap_have_places_of_their_own_unless_they_share_them(open_queue, shared):
    scope = PoolScope.OVERLAP if shared else PoolScope.SAME_SLOT
    queue = await open_queue(duration=timedelta(minutes=10), scope=scope)
    first, crossing, after = (
        (f"2020-11-30T{start}:00.000Z", f"2020-11-30T{end}:00.000Z")
        for start, end in (("14:30", "14:40"), ("14:35", "14:45"), ("14:40", "14:50"))
    )
    accepted(await queue.reserve(booked(*first)), 201)
    slots = await queue.slots()
    assert [slot[0] in slots for slot in (first, crossing, after)] == [False, not shared, True]
    if shared:
        refused(await queue.reserve(booked(*crossing)), 409, "slot_taken")
    else:
        accepted(await queue.reserve(booked(*crossing)), 201)
    accepted(await queue.reserve(booked(*after)), 201)


@pytest.mark.statement("D0.52")
@pytest.mark.parametrize("allowed", [False, True])
async def test_a_slot_that_has_begun_is_offered_where_the_queue_allows_it(open_queue, allowed):
    queue = await open_queue(past_slots_allowed=allowed)
    documented = without_trailing_commas(DOCUMENTED_RESPONSE)
    # The document's reservation was made after its slot was over.
    now = datetime(2020, 11, 30, 15, 15, 17, 176_000, tzinfo=UTC)
    await set_clock(queue.context, queue.person, now)
    assert (START in await queue.slots()) is allowed
    if allowed:
        made = accepted(await queue.reserve(), 201)
        assert (made["createdAt"], made["booking"]) == (documented["createdAt"], documented["booking"])
    else:
        error = refused(await queue.reserve(), 409, "slot_not_offered")
        assert error["details"] == {"reason": "past_slots"}
        assert (await queue.rows())["visit"] == 0


def party(size: int):
    return changed("numberOfPeople", size)


@pytest.mark.statement("D0.54")
@pytest.mark.parametrize(("count", "left"), [(PartyCount.TICKETS, 4), (PartyCount.HEADS, 2)])
async def test_people_take_places_by_ticket_or_by_head(open_queue, count, left):
    queue = await open_queue(capacity=5, party_count=count)
    heads = count is PartyCount.HEADS
    made = accepted(await queue.reserve(party(3)), 201)
    assert (await queue.slots())[START]["available"] == left
    for size, found in ((2, (2, 1)), (3, None), (5, None), (6, None)):
        slots = await queue.slots(f"date=2020-11-30&numberOfPeople={size}")
        expected = found if heads else (5, 4)
        slot = slots.get(START)
        assert (slot and (slot["capacity"], slot["available"])) == expected
    crowd = await queue.reserve(party(3))
    refused(crowd, 409, "slot_taken") if heads else accepted(crowd, 201)
    # Its own places are not in its way.
    assert accepted(await queue.update(made["id"], {"numberOfPeople": 5}))["numberOfPeople"] == 5
    more = await queue.update(made["id"], {"numberOfPeople": 6})
    refused(more, 409, "slot_not_offered") if heads else accepted(more)
    assert (await queue.position(made["id"]))["numberOfPeople"] == (5 if heads else 6)


async def test_slots_of_a_day_are_those_of_the_day_on_the_queues_clock(ombori):
    today = list(await ombori.slots(""))
    assert today == list(await ombori.slots("date=2020-11-30"))
    # Warsaw is an hour ahead, and what has begun is no longer on offer.
    assert (today[0], today[-1]) == ("2020-11-30T08:05:00.000Z", "2020-11-30T22:55:00.000Z")
    tomorrow = list(await ombori.slots("date=2020-12-01"))
    assert (len(tomorrow), tomorrow[0]) == (288, "2020-11-30T23:00:00.000Z")
