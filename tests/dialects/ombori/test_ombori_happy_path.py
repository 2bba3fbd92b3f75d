"""The reservation that Ombori's document shows, key by key."""

import asyncio
import json
import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from ombori_client import DOCUMENTED_REQUEST, DOCUMENTED_RESPONSE, accepted, booked, changed, without_trailing_commas
from people import MORNING, set_clock

DOCUMENTED = without_trailing_commas(DOCUMENTED_RESPONSE)
DIFFERS = ("id", "createdAt", "QRCodeCheckInPositionId")
FIVE_PAST = ("2020-11-30T14:35:00.000Z", "2020-11-30T14:40:00.000Z")


@pytest.mark.statement("D0.1")
async def test_a_reservation_has_the_documented_keys_in_their_order_with_their_values(ombori):
    position = accepted(await ombori.reserve(), 201)
    assert list(position) == list(DOCUMENTED)
    assert {key: position[key] for key in position if key not in DIFFERS} == {
        key: DOCUMENTED[key] for key in DOCUMENTED if key not in DIFFERS
    }
    assert list(position["notification"]) == ["type", "settings"]
    assert list(position["booking"]) == ["start", "end"]


@pytest.mark.statement("D0.2")
async def test_the_documented_body_is_accepted_with_its_trailing_comma(ombori):
    with pytest.raises(json.JSONDecodeError):
        json.loads(DOCUMENTED_REQUEST)
    assert accepted(await ombori.reserve(DOCUMENTED_REQUEST), 201)["customData"] == DOCUMENTED["customData"]


@pytest.mark.statement("D0.3")
async def test_it_is_reserved(ombori):
    made = accepted(await ombori.reserve(), 201)
    assert made["status"] == "reserved"
    assert (await ombori.position(made["id"]))["status"] == "reserved"


@pytest.mark.statement("D0.4")
async def test_it_is_of_the_type_booking(ombori):
    assert accepted(await ombori.reserve(), 201)["type"] == "booking"


@pytest.mark.statement("D0.5")
async def test_its_priority_is_100(ombori):
    assert accepted(await ombori.reserve(), 201)["priority"] == 100


@pytest.mark.statement("D0.6")
async def test_its_location_is_there_and_null(ombori):
    assert accepted(await ombori.reserve(), 201).get("location", "absent") is None


@pytest.mark.statement("D0.7")
async def test_its_locale_is_the_one_that_was_sent(ombori):
    assert accepted(await ombori.reserve(changed("locale", "sv-FI")), 201)["locale"] == "sv-FI"


@pytest.mark.statement("D0.8")
async def test_its_notification_is_the_one_that_was_sent(ombori):
    sent = {"type": "phoneNumber", "settings": {"to": "+4680001"}}
    assert accepted(await ombori.reserve(changed("notification", sent)), 201)["notification"] == sent


@pytest.mark.statement("D0.9")
async def test_its_number_of_people_is_the_one_that_was_sent(ombori):
    assert accepted(await ombori.reserve(changed("numberOfPeople", 7)), 201)["numberOfPeople"] == 7


@pytest.mark.statement("D0.10")
@pytest.mark.parametrize("start", ["2020-11-30T14:30:00.000Z", "2020-11-30T14:30:00Z", "2020-11-30T14:30Z"])
async def test_its_times_are_the_instants_that_were_sent_in_milliseconds(ombori, start):
    position = accepted(await ombori.reserve(booked(start, "2020-11-30T14:35:00.000000Z")), 201)
    assert position["booking"] == {"start": "2020-11-30T14:30:00.000Z", "end": "2020-11-30T14:35:00.000Z"}


@pytest.mark.statement("D0.11")
async def test_its_label_is_empty(ombori):
    assert accepted(await ombori.reserve(), 201)["label"] == ""


@pytest.mark.statement("D0.12")
async def test_its_id_is_a_fresh_lower_case_guid(open_queue):
    queue = await open_queue(capacity=8)
    made = [accepted(answer, 201)["id"] for answer in await asyncio.gather(*(queue.reserve() for _ in range(8)))]
    assert len(set(made)) == 8
    assert [str(UUID(position)) for position in made] == made


@pytest.mark.statement("D0.13")
async def test_its_queue_is_that_of_the_path(open_queue):
    queue = await open_queue()
    assert accepted(await queue.reserve(), 201)["queue"] == str(queue.queue.id)


@pytest.mark.statement("D0.14")
async def test_it_was_created_at_the_time_of_the_server_in_milliseconds(ombori):
    await set_clock(ombori.context, ombori.person, MORNING + timedelta(minutes=75, microseconds=176_543))
    assert accepted(await ombori.reserve(), 201)["createdAt"] == "2020-11-30T09:15:00.176Z"
    await set_clock(ombori.context, ombori.person, datetime(2020, 11, 30, 10, tzinfo=UTC))
    assert accepted(await ombori.reserve(booked(*FIVE_PAST)), 201)["createdAt"] == "2020-11-30T10:00:00.000Z"


@pytest.mark.statement("D0.15")
async def test_its_check_in_code_is_the_documented_text_around_its_id(ombori):
    position = accepted(await ombori.reserve(), 201)
    documented = DOCUMENTED["QRCodeCheckInPositionId"].replace(DOCUMENTED["id"], position["id"])
    assert position["QRCodeCheckInPositionId"] == documented
    assert json.loads(documented) == {"type": "check-in-position", "positionId": position["id"]}


@pytest.mark.statement("D0.16")
async def test_without_a_reminder_the_time_of_one_is_there_and_null(ombori):
    made = accepted(await ombori.reserve(), 201)
    for position in (made, accepted(await ombori.confirm(made["id"]))):
        assert position.get("bookingReminderAt", "absent") is None


@pytest.mark.statement("D0.17")
@pytest.mark.parametrize(
    "data",
    [
        {"internalIdOrAnyOtherField": "foo"},
        {},
        {"nested": {"list": [1, [2, {"deep": None}], True, False]}, "": {"": []}},
        {"whole": 9007199254740993, "negative": -0.125, "tiny": 5e-324, "large": 1.7976931348623157e308},
        {"text": 'Zażółć 漢字 \U0001f600 " \\ / \n \t \u2028 \x7f', "ключ": "значение", "\U0001f511": 1},
        {"a": 1, "A": 2, "numberOfPeople": "text", "booking": {"start": None}, "__proto__": {"x": 1}},
    ],
    ids=["documented", "empty", "nested", "numbers", "unicode", "names"],
)
async def test_custom_data_comes_back_as_it_was_sent(ombori, data):
    made = accepted(await ombori.reserve(changed("customData", data)), 201)
    for position in (made, await ombori.position(made["id"]), accepted(await ombori.confirm(made["id"]))):
        assert json.dumps(position["customData"]) == json.dumps(data)


@pytest.mark.statement("D0.18")
@pytest.mark.parametrize("minutes", [30, 24 * 60])
async def test_a_confirmed_booking_is_reminded_of_so_many_minutes_before_its_start(open_queue, minutes):
    queue = await open_queue(reminder=timedelta(minutes=minutes))
    made = accepted(await queue.reserve(), 201)
    assert made["bookingReminderAt"] is None
    confirmed = accepted(await queue.confirm(made["id"]))
    at = datetime(2020, 11, 30, 14, 30, tzinfo=UTC) - timedelta(minutes=minutes)
    assert confirmed["bookingReminderAt"] == at.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    assert (await queue.position(made["id"]))["bookingReminderAt"] == confirmed["bookingReminderAt"]


async def test_a_booking_in_one_step_is_confirmed_and_needs_no_key(ombori):
    body = without_trailing_commas(DOCUMENTED_REQUEST)
    position = accepted(await ombori.with_key("").book(body), 201)
    assert (position["status"], position["type"]) == ("draft", "booking")
    assert list(position) == list(DOCUMENTED)
    assert re.fullmatch(r"[0-9a-f-]{36}", position["id"])
