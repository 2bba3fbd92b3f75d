"""What Ombori's clients may send in each field, and what is refused."""

import pytest

from ombori_client import DOCUMENTED_REQUEST, accepted, booked, changed, refused, without_trailing_commas
from people import OFFICE_HOURS

START, END = "2020-11-30T14:30:00.000Z", "2020-11-30T14:35:00.000Z"


def phone(to: object, **settings: object):
    return changed("notification", {"type": "phoneNumber", "settings": {"to": to, **settings}})


def email(recipient: object):
    return changed("notification", {"type": "email", "settings": {"recipient": recipient}})


def remote(value: object, **booking: object):
    return changed("booking", {"start": START, "end": END, "virtualAppointment": value, **booking})


async def nothing_made(queue, body, status, code, field):
    """The refusal names the field, and nothing was written."""
    before = await queue.rows()
    refused(await queue.reserve(body), status, code, field)
    assert await queue.rows() == before


@pytest.mark.statement("D0.19")
@pytest.mark.parametrize(
    ("locale", "answered"),
    [("en", "en"), ("ar", "ar"), ("sv", "sv"), (..., "pl"), (None, "pl"), (7, None), (["en"], None), ({}, None)],
)
async def test_locale(open_queue, locale, answered):
    queue = await open_queue(locale="pl")
    body = changed("locale", locale)
    if answered is None:
        await nothing_made(queue, body, 400, "field_invalid", "locale")
    else:
        assert accepted(await queue.reserve(body), 201)["locale"] == answered


@pytest.mark.statement("D0.20")
@pytest.mark.parametrize("to", ["+48000", "+46701234567", "+12", "+123456789012345"])
async def test_a_phone_number_in_e164_is_accepted(ombori, to):
    assert accepted(await ombori.reserve(phone(to)), 201)["notification"]["settings"] == {"to": to}


@pytest.mark.statement("D0.21")
@pytest.mark.parametrize("recipient", ["a@b.co", "first.last+tag@sub.domain.org"])
async def test_an_email_address_is_accepted(ombori, recipient):
    notification = {"type": "email", "settings": {"recipient": recipient}}
    assert accepted(await ombori.reserve(email(recipient)), 201)["notification"] == notification


@pytest.mark.statement("D0.22")
async def test_a_phone_number_and_a_recipient_are_both_kept(ombori):
    settings = {"to": "+48000", "recipient": "first@last.org"}
    made = accepted(await ombori.reserve(phone(**settings)), 201)
    assert made["notification"] == {"type": "phoneNumber", "settings": settings}
    assert (await ombori.position(made["id"]))["notification"]["settings"] == settings


@pytest.mark.statement("D0.23")
@pytest.mark.parametrize(
    "to",
    [
        "0048000",
        "abc",
        "+048000",
        "+1234567890123456",
        "48000",
        "+",
        "+1",
        "+48 000",
        "+48000x",
        "+48000\n",
        "+\u0664\u0668\u0660\u0660\u0660",
    ],
)
async def test_what_is_not_e164_is_refused(ombori, to):
    await nothing_made(ombori, phone(to), 400, "field_invalid", "notification.settings.to")


@pytest.mark.statement("D0.24")
@pytest.mark.parametrize(
    ("kind", "settings", "field"),
    [
        ("phoneNumber", {}, "to"),
        ("phoneNumber", {"to": None}, "to"),
        ("phoneNumber", {"to": ""}, "to"),
        ("email", {}, "recipient"),
        ("email", {"recipient": None}, "recipient"),
        ("email", {"to": "+48000"}, "recipient"),
    ],
)
async def test_an_address_that_is_missing_is_refused(ombori, kind, settings, field):
    body = changed("notification", {"type": kind, "settings": settings})
    await nothing_made(ombori, body, 400, "field_missing", f"notification.settings.{field}")


@pytest.mark.statement("D0.25")
@pytest.mark.parametrize("kind", ["pigeon", "", "phonenumber", "PHONE"])
async def test_an_unknown_type_of_notification_is_refused(ombori, kind):
    await nothing_made(ombori, changed("notification.type", kind), 400, "field_invalid", "notification.type")


@pytest.mark.statement("D0.26")
@pytest.mark.parametrize(
    ("required", "body", "accepts"),
    [
        (None, changed("notification"), True),
        ("phone", changed("notification"), False),
        ("email", changed("notification"), False),
        ("phone", phone("+48000"), True),
        ("email", email("a@b.co"), True),
        ("email", phone("+48000"), False),
    ],
)
async def test_a_notification_may_be_left_out_unless_the_queue_requires_it(open_queue, required, body, accepts):
    queue = await open_queue(required_contact=required)
    if accepts:
        assert "notification" in accepted(await queue.reserve(body), 201)
    else:
        await nothing_made(queue, body, 400, "contact_missing", None)


@pytest.mark.statement("D0.27")
@pytest.mark.parametrize(
    ("info", "shown"),
    [
        (..., None),
        (None, None),
        (["Firstname Lastname"], ["Firstname Lastname"]),
        (["one", "", "trzy ż"], ["one", "", "trzy ż"]),
        ([], []),
        ("Firstname Lastname", ["Firstname Lastname"]),
        (["one", 2], "customerInfo"),
        ([None], "customerInfo"),
        ([["one"]], "customerInfo"),
        ({"name": "one"}, "customerInfo"),
        (7, "customerInfo"),
    ],
)
async def test_customer_info_is_shown_to_staff(ombori, info, shown):
    body = changed("customerInfo", info)
    if isinstance(shown, str):
        error = refused(await ombori.reserve(body), 400, "field_invalid")
        assert error["details"]["field"].startswith(shown)
        assert (await ombori.rows())["visit"] == 0
    else:
        made = accepted(await ombori.reserve(body), 201)
        assert (await ombori.position(made["id"]))["customerInfo"] == shown


@pytest.mark.statement("D0.28")
@pytest.mark.parametrize(
    ("people", "answered"),
    [
        (..., 1), (None, 1), (1, 1), ("2", 2), (3, 3),
        (0, None), (-1, None), (1.5, None), (4, None), ("two", None), (True, None), ([1], None), (10**30, None),
    ],
)  # fmt: skip
async def test_number_of_people(open_queue, people, answered):
    queue = await open_queue(party_limit=3)
    body = changed("numberOfPeople", people)
    if people == 4:
        await nothing_made(queue, body, 400, "party_too_large", None)
    elif answered is None:
        await nothing_made(queue, body, 400, "field_invalid", "numberOfPeople")
    else:
        assert accepted(await queue.reserve(body), 201)["numberOfPeople"] == answered


async def test_a_change_keeps_to_what_the_queue_demands(open_queue):
    queue = await open_queue(required_contact="phone")
    made = accepted(await queue.reserve(), 201)
    before = await queue.position(made["id"])
    change = {"notification": email("a@b.co")["notification"], "numberOfPeople": 2}
    refused(await queue.update(made["id"], change), 400, "contact_missing")
    assert await queue.position(made["id"]) == before


@pytest.mark.statement("D0.29")
@pytest.mark.parametrize("field", ["booking", "booking.start", "booking.end"])
@pytest.mark.parametrize("value", [..., None])
async def test_a_booking_without_its_times_is_refused(ombori, field, value):
    await nothing_made(ombori, changed(field, value), 400, "field_missing", field)


@pytest.mark.statement("D0.30")
@pytest.mark.parametrize(("start", "end"), [(START, START), (END, START), (START, "2020-11-30T15:30:00+01:00")])
async def test_a_booking_that_does_not_end_after_its_start_is_refused(ombori, start, end):
    await nothing_made(ombori, booked(start, end), 400, "field_invalid", "booking.end")


@pytest.mark.statement("D0.31")
@pytest.mark.parametrize("field", ["booking.start", "booking.end"])
@pytest.mark.parametrize(
    "value",
    [
        "tomorrow",
        "",
        "30.11.2020 14:30",
        "2020-11-31T14:30:00Z",
        "2020-11-30T14:30:00",
        "2020-11-30T25:30:00Z",
        1606746600,
        None,
    ],
)
async def test_times_are_iso_8601_with_an_offset(ombori, field, value):
    if value is None:
        body = booked("2020-11-30T15:30:00+01:00", "2020-11-30T15:35:00.000+01:00")
        assert accepted(await ombori.reserve(body), 201)["booking"] == {"start": START, "end": END}
    else:
        await nothing_made(ombori, changed(field, value), 400, "field_invalid", field)


@pytest.mark.statement("D0.32")
@pytest.mark.parametrize(
    ("start", "end", "reason"),
    [
        ("2020-11-30T14:31:00Z", "2020-11-30T14:36:00Z", "slot_grid"),
        ("2020-11-30T14:30:00.001Z", "2020-11-30T14:35:00.001Z", "slot_grid"),
        ("2020-11-30T14:30:00.001Z", "2020-11-30T14:35:00Z", "slot_grid"),
        ("2020-11-30T14:30:00Z", "2020-11-30T14:40:00Z", "slot_grid"),
        ("2020-11-30T14:30:00Z", "2020-11-30T14:34:59.999Z", "slot_grid"),
        ("2020-11-30T16:00:00Z", "2020-11-30T16:05:00Z", "opening_hours"),
        ("2020-11-29T14:30:00Z", "2020-11-29T14:35:00Z", "opening_hours"),
    ],
)
async def test_what_is_no_slot_of_the_queue_is_refused(open_queue, start, end, reason):
    queue = await open_queue(hours=OFFICE_HOURS)
    before = await queue.rows()
    assert refused(await queue.reserve(booked(start, end)), 409, "slot_not_offered")["details"] == {"reason": reason}
    assert await queue.rows() == before


@pytest.mark.statement("D0.33")
@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (remote({"isEnabled": True}), True),
        (remote(True), True),
        (remote(None, isEnabled=True), True),
        (remote({"isEnabled": False}), False),
        (remote(False), False),
        (booked(START, END), False),
    ],
)
async def test_a_remote_appointment_may_be_said_in_three_ways(ombori, body, shown):
    made = accepted(await ombori.reserve(body), 201)
    assert (await ombori.position(made["id"]))["booking"]["virtualAppointment"] == {"isEnabled": shown}


@pytest.mark.statement("D0.34")
@pytest.mark.parametrize("value", ["true", 1, 0, [], {}, "yes"])
async def test_what_is_no_boolean_does_not_make_it_remote(ombori, value):
    field = "booking.virtualAppointment.isEnabled"
    await nothing_made(ombori, remote({"isEnabled": value}), 400, "field_invalid", field)
    await nothing_made(ombori, remote(None, isEnabled=value), 400, "field_invalid", "booking.isEnabled")


@pytest.mark.statement("D0.35")
@pytest.mark.parametrize(
    "booking", [{"virtualAppointment": {"isEnabled": True}}, {"virtualAppointment": True}, {"isEnabled": True}]
)
async def test_a_remote_appointment_needs_a_queue_that_has_them(open_queue, booking):
    queue = await open_queue(remote_allowed=False)
    slot = {"start": START, "end": END}
    await nothing_made(queue, changed("booking", {**slot, **booking}), 400, "remote_not_offered", None)
    made = accepted(await queue.reserve(remote({"isEnabled": False})), 201)
    refused(await queue.update(made["id"], {"booking": booking}), 400, "remote_not_offered")
    assert (await queue.position(made["id"]))["booking"]["virtualAppointment"] == {"isEnabled": False}


@pytest.mark.statement("D0.36")
@pytest.mark.parametrize("data", [..., None, [], "text", 7, True])
async def test_custom_data_is_an_object_or_nothing(ombori, data):
    body = changed("customData", data)
    if data in (..., None):
        assert accepted(await ombori.reserve(body), 201)["customData"] is None
    else:
        await nothing_made(ombori, body, 400, "field_invalid", "customData")


@pytest.mark.statement("D0.37")
async def test_unknown_fields_are_ignored(ombori):
    body = without_trailing_commas(DOCUMENTED_REQUEST)
    body |= {"session": "foo", "status": "completed", "id": 7, "priority": None, "registrationData": [{"name": []}]}
    body["booking"]["appointment"] = {"managerId": 1}
    made = accepted(await ombori.reserve(body), 201)
    assert (made["status"], made["priority"], "session" in made) == ("reserved", 100, False)


async def test_names_are_found_whatever_their_case(ombori):
    body = {"BOOKING": {"Start": START, "END": END}, "numberofpeople": 2, "Locale": "ar"}
    made = accepted(await ombori.reserve(body), 201)
    assert (made["numberOfPeople"], made["locale"]) == (2, "ar")
