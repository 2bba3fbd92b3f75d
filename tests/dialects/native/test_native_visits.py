"""What becomes of visits: their steps, versions, details, times and histories."""

import asyncio
from datetime import timedelta
from uuid import uuid4  # noqa: TID251 - tests make identities too

import pytest

from native_client import at, done, refused, wanted

ADA = {"names": ["Ada", "Lovelace"], "contact": {"channel": "email", "address": "ada@example.org"}}


async def test_a_visit_from_the_hold_to_the_end(native):
    visit = await native.hold("cut", guests=[{**ADA, "party_size": 2, "locale": "pl", "custom_data": {"b": [1, "ü"]}}])
    path = f"/visits/{visit['id']}"
    confirmed = done(await native.post(path + "/confirm"))
    changed = {"state": "confirmed", "version": 2, "expires_at": None, "seconds_left": None}
    assert confirmed == visit | changed
    assert done(await native.post(path + "/confirm")) == confirmed
    moved = done(await native.post(path + "/move", {"starts_at": at(60)}))
    assert (moved["starts_at"], moved["ends_at"], moved["version"]) == (at(60), at(90), 3)
    assert await native.visit(visit) == moved
    cancelled = done(await native.post(path + "/cancel"))
    assert cancelled == moved | {"state": "cancelled", "version": 4}
    assert done(await native.post(path + "/cancel")) == cancelled
    assert await native.kinds(visit) == ["held", "confirmed", "moved", "cancelled"]
    assert visit["contact"] == ADA["contact"]
    assert (visit["names"], visit["party_size"], visit["locale"]) == (["Ada", "Lovelace"], 2, "pl")
    assert visit["custom_data"] == {"b": [1, "ü"]}


async def test_each_end_belongs_to_its_states(native):
    held, booked = await native.hold("cut"), await native.book("cut")
    answer = await native.post(f"/visits/{held['id']}/cancel")
    refused(answer, 409, "state_forbids", state="held", step="cancelled")
    answer = await native.post(f"/visits/{booked['id']}/release")
    refused(answer, 409, "state_forbids", state="confirmed", step="released")
    assert done(await native.post(f"/visits/{held['id']}/release"))["state"] == "released"
    assert done(await native.post(f"/visits/{held['id']}/release"))["version"] == 2
    assert done(await native.post(f"/visits/{booked['id']}/cancel"))["state"] == "cancelled"
    for visit in (held, booked):
        answer = await native.post(f"/visits/{visit['id']}/confirm")
        refused(answer, 409, "state_forbids", step="confirmed")
        refused(await native.post(f"/visits/{visit['id']}/move", {"starts_at": at(0)}), 409, "state_forbids")
        refused(await native.send("PATCH", f"/visits/{visit['id']}", {"party_size": 2}), 409, "state_forbids")
    assert await native.rows("claim WHERE live") == 0


async def test_what_no_visit_has_is_not_found(native, charlie):
    visit = await native.hold("cut")
    for visit_id in (uuid4(), "x", "", visit["id"].replace("-", "")):
        answer = await native.get(f"/visits/{visit_id}/events")
        refused(answer, 404, "visit_not_found" if visit_id else "path_unknown")
    refused(await native.by(charlie).get(f"/visits/{visit['id']}/events"), 404, "visit_not_found")
    refused(await native.by(charlie).post(f"/visits/{visit['id']}/extend", {}), 404, "visit_not_found")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"names": ["Ada"]}, {"names": ["Ada"]}),
        ({"names": None}, {"names": None}),
        ({"contact": None}, {"contact": None}),
        (
            {"contact": {"channel": "phone", "address": "+4812345"}},
            {"contact": {"channel": "phone", "address": "+4812345"}},
        ),
        ({"locale": None}, {"locale": "en"}),
        ({"locale": "sv"}, {"locale": "sv"}),
        ({"party_size": 2}, {"party_size": 2}),
        ({"custom_data": None}, {"custom_data": None}),
        ({"custom_data": {"a": None}}, {"custom_data": {"a": None}}),
        ({"remote": True}, {"remote": True}),
    ],
    ids=str,
)
async def test_a_patch_changes_what_it_names(native, body, expected):
    visit = await native.book("cut", guests=[{**ADA, "locale": "pl", "custom_data": {"a": 1}}])
    changed = done(await native.send("PATCH", f"/visits/{visit['id']}", body))
    items = [item | {"party_size": changed["party_size"]} for item in visit["items"]]
    assert changed == visit | expected | {"version": 2, "items": items}
    assert await native.visit(visit) == changed


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"starts_at": at(0)}, "starts_at"),
        ({"party_size": 0}, "party_size"),
        ({"contact": {"channel": "phone", "address": "x"}}, "contact.address"),
        ({"custom_data": []}, "custom_data"),
        ({"state": "done"}, "state"),
    ],
)
async def test_a_patch_is_refused_by_its_field(native, body, field):
    visit = await native.book("cut")
    refused(await native.send("PATCH", f"/visits/{visit['id']}", body), 422, "field_invalid", field=field)
    assert await native.visit(visit) == visit


async def test_a_party_that_is_too_large_is_refused(native):
    visit = await native.book("colour")
    refused(await native.send("PATCH", f"/visits/{visit['id']}", {"party_size": 3}), 422, "party_too_large", limit=2)


async def test_a_move_takes_the_new_time_or_keeps_the_old(native):
    visit = await native.book("colour")
    other = await native.book("colour", start=60)
    path = f"/visits/{visit['id']}/move"
    refused(await native.post(path, {"starts_at": at(60)}), 409, "slot_taken")
    refused(await native.post(path, {"starts_at": at(31)}), 409, "slot_not_offered", reason="slot_grid")
    assert await native.visit(visit) == visit
    done(await native.post(f"/visits/{other['id']}/move", {"starts_at": at(120)}))
    overlapping = done(await native.post(path, {"starts_at": at(30)}))
    assert (overlapping["starts_at"], overlapping["ends_at"]) == (at(30), at(90))
    assert await native.rows("claim WHERE live") == 2


async def test_a_move_to_where_it_is_changes_the_time_of_nothing(native):
    visit = await native.book("colour")
    moved = done(await native.post(f"/visits/{visit['id']}/move", {"starts_at": at(0)}))
    assert moved == visit | {"version": 2}
    assert await native.kinds(visit) == ["confirmed", "changed"]


async def test_a_move_asks_for_whom_it_names(native):
    asked = [{"service": "cut", "preferences": [{"resource": "ben"}]}]
    visit = await native.book(parts=asked)
    path = f"/visits/{visit['id']}/move"
    await native.book(start=30, parts=asked)
    refused(await native.post(path, {"starts_at": at(30)}), 409, "slot_taken")
    anna = {"starts_at": at(30), "preferences": [{"resource": "anna"}]}
    done(await native.post(path, anna))
    anyone = {"starts_at": at(60), "preferences": []}
    await native.book(start=60, parts=asked)
    done(await native.post(path, anyone))
    nobody = {"starts_at": at(0), "preferences": [{"resource": "nobody"}]}
    refused(await native.post(path, nobody), 422, "field_invalid", field="preferences[0].resource")
    beyond = {"starts_at": at(0), "preferences": [{"item": 1}]}
    refused(await native.post(path, beyond), 422, "field_invalid", field="preferences[0].item")
    twice = {"starts_at": at(0), "preferences": [{}, {"role": 0}]}
    refused(await native.post(path, twice), 422, "field_invalid", field="preferences[1].role")


async def test_a_move_that_is_sent_again_is_done_once(native):
    visit = await native.hold("cut")
    path, body = f"/visits/{visit['id']}/move", {"starts_at": at(30)}
    answers = await asyncio.gather(*(native.post(path, body, Idempotency_Key="a") for _ in range(8)))
    assert len({(answer.status_code, answer.content) for answer in answers}) == 1
    assert done(answers[0])["seconds_left"] == 600
    await native.later(timedelta(seconds=10))
    assert (await native.post(path, body, Idempotency_Key="a")).content == answers[0].content
    assert await native.kinds(visit) == ["held", "moved"]


async def test_a_version_is_the_tag_of_a_visit(native):
    visit = await native.book("cut")
    path = f"/visits/{visit['id']}"
    answer = await native.get(path)
    assert answer.headers["etag"] == '"1"'
    for known in ('"1"', '"7", W/"1"', "*", ' , "1" ,'):
        same = await native.get(path, If_None_Match=known)
        assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", '"1"'), known
    assert (await native.get(path, If_None_Match='"2"')).content == answer.content
    changed = await native.send("PATCH", path, {"party_size": 2})
    assert changed.headers["etag"] == '"2"'
    assert done(await native.get(path, If_None_Match='"1"'))["version"] == 2


async def test_what_a_clock_changes_is_always_told(native):
    visit = await native.hold("cut")
    answer = await native.get(f"/visits/{visit['id']}", If_None_Match='"1"')
    assert done(answer)["seconds_left"] == 600


@pytest.mark.parametrize("stale", ['"1"', '"3"', 'W/"2"', '"x"', '"02"'])
async def test_a_change_of_another_version_is_refused(native, stale):
    visit = await native.hold("cut")
    path = f"/visits/{visit['id']}"
    done(await native.send("PATCH", path, {"party_size": 2}))
    before = await native.visit(visit)
    calls = {"move": {"starts_at": at(30)}, "confirm": None, "cancel": None, "release": None, "extend": {}}
    for verb, body in calls.items():
        refused(await native.post(f"{path}/{verb}", body, If_Match=stale), 412, "version_stale", current=2)
    refused(await native.send("PATCH", path, {"party_size": 3}, If_Match=stale), 412, "version_stale", current=2)
    assert await native.visit(visit) == before
    assert done(await native.send("PATCH", path, {"party_size": 3}, If_Match='"1", "2"'))["version"] == 3
    assert done(await native.post(path + "/confirm", If_Match="*"))["version"] == 4
    assert done(await native.post(path + "/cancel", If_Match='"4"'))["version"] == 5


async def test_of_two_who_change_the_same_version_one_is_refused(native):
    visit = await native.book("cut")
    path = f"/visits/{visit['id']}"
    changes = [native.send("PATCH", path, {"party_size": size}, If_Match='"1"') for size in range(2, 10)]
    statuses = [answer.status_code for answer in await asyncio.gather(*changes)]
    assert sorted(statuses) == [200] + [412] * 7
    assert (await native.visit(visit))["version"] == 2


async def test_a_confirmation_that_is_sent_again_with_its_version_is_answered_again(native):
    visit = await native.hold("cut")
    path = f"/visits/{visit['id']}/confirm"
    first = await native.post(path, If_Match='"1"', Idempotency_Key="a")
    done(first)
    assert (await native.post(path, If_Match='"1"', Idempotency_Key="a")).content == first.content
    refused(await native.post(path, If_Match='"1"'), 412, "version_stale", current=2)


@pytest.mark.parametrize("header", ["7", '"7', '"a" "b"', "", '"7",x'])
async def test_what_is_no_tag_is_refused(native, header):
    visit = await native.book("cut")
    path = f"/visits/{visit['id']}"
    for name in ("If_Match", "If_None_Match"):
        method, body = ("PATCH", {}) if name == "If_Match" else ("GET", None)
        answer = await native.send(method, path, body, **{name: header})
        refused(answer, 422, "field_invalid", field=name.replace("_", "-"))


async def test_a_history_tells_who_and_when(native):
    visit = await native.hold("cut")
    await native.later(timedelta(seconds=5))
    done(await native.post(f"/visits/{visit['id']}/confirm"))
    events = done(await native.get(f"/visits/{visit['id']}/events"))["events"]
    assert [(event["kind"], event["actor"], event["data"]) for event in events] == [
        ("held", "tester", None),
        ("confirmed", "tester", None),
    ]
    assert [event["at"] for event in events] == ["2020-11-30T08:00:00Z", "2020-11-30T08:00:05Z"]


async def test_the_limit_of_a_customer_holds_here_too(native):
    guest = {"guests": [ADA]}
    for number in range(5):
        await native.book("cut", start=30 * number, **guest)
    refused(await native.post("/visits", wanted("cut", start=180, **guest)), 409, "customer_limit", limit=5)
