"""Holds: taken with their lifetime, given more of it, confirmed, released, lapsed; alone and in groups."""

import asyncio
from datetime import timedelta
from uuid import uuid4  # noqa: TID251 - tests make identities too

import pytest

from appointed.core.caller import Scope
from native_client import at, done, later_than, refused, wanted
from people import new_colleague

TWO_GUESTS = {"parts": [{"service": "cut"}, {"service": "cut", "guest": 1}], "guests": [{}, {}]}


async def test_a_hold_says_until_when_and_how_long_still(native):
    answer = await native.post("/holds", wanted("cut"))
    body = done(answer, 201)
    (visit,) = body["visits"]
    assert body["group_id"] is None
    assert answer.headers["location"] == f"/v1/visits/{visit['id']}"
    assert (visit["state"], visit["version"], visit["seconds_left"]) == ("held", 1, 600)
    assert visit["expires_at"] == later_than(visit["created_at"], 600)
    assert (visit["starts_at"], visit["ends_at"]) == (at(0), at(30))
    await native.later(timedelta(seconds=100, milliseconds=1))
    assert (await native.visit(visit))["seconds_left"] == 499
    assert await native.visit(visit) == visit | {"seconds_left": 499}


@pytest.mark.parametrize(("seconds", "left"), [(1, 1), (86_400, 86_400), (None, None)])
async def test_a_lifetime_is_an_argument(native, seconds, left):
    visit = await native.hold("cut", lifetime_seconds=seconds)
    assert visit["seconds_left"] == left
    assert (visit["expires_at"] is None) == (left is None)


@pytest.mark.parametrize("seconds", [0, -1, 86_401, 1.5, "soon"])
async def test_what_is_no_lifetime_is_refused(native, seconds):
    answer = await native.post("/holds", wanted("cut", lifetime_seconds=seconds))
    refused(answer, 422, "field_invalid", field="lifetime_seconds")


async def test_a_hold_that_lapsed_is_over_and_its_place_is_free(native):
    visit = await native.hold("colour", lifetime_seconds=60)
    await native.later(timedelta(seconds=60, microseconds=-1))
    assert (await native.visit(visit))["state"] == "held"
    refused(await native.post("/holds", wanted("colour")), 409, "slot_taken")
    await native.later(timedelta(seconds=60))
    seen = await native.visit(visit)
    assert (seen["state"], seen["seconds_left"]) == ("expired", 0)
    for verb in ("confirm", "extend", "release", "cancel"):
        refused(await native.post(f"/visits/{visit['id']}/{verb}", {}), 410, "hold_lapsed")
    other = await native.hold("colour")
    assert await native.kinds(visit) == ["held", "expired"]
    assert (await native.visit(visit))["state"] == "expired"
    assert (await native.visit(other))["state"] == "held"


async def test_more_time_keeps_the_place_and_less_gives_it_up_sooner(native):
    visit = await native.hold("colour", lifetime_seconds=60)
    extend = f"/visits/{visit['id']}/extend"
    await native.later(timedelta(seconds=30))
    longer = done(await native.post(extend, {"lifetime_seconds": 60}))
    assert (longer["seconds_left"], longer["version"]) == (60, 2)
    assert longer["expires_at"] == later_than(visit["created_at"], 90)
    await native.later(timedelta(seconds=89))
    refused(await native.post("/holds", wanted("colour")), 409, "slot_taken")
    assert at(0) not in await native.slots(f"service=colour&from={at(0)}&to={at(30)}")
    shorter = done(await native.post(extend, {"lifetime_seconds": 1}))
    assert shorter["seconds_left"] == 1
    await native.later(timedelta(seconds=90))
    assert at(0) in await native.slots(f"service=colour&from={at(0)}&to={at(30)}")
    refused(await native.post(extend, {"lifetime_seconds": 60}), 410, "hold_lapsed")
    await native.hold("colour")
    assert await native.kinds(visit) == ["held", "extended", "extended", "expired"]


async def test_who_saw_the_hold_before_sees_that_it_has_more_time(native):
    """What the process knows of a resource says when its holds lapse."""
    query = f"service=colour&from={at(0)}&to={at(30)}"
    visit = await native.hold("colour", lifetime_seconds=60)
    assert await native.slots(query) == []
    done(await native.post(f"/visits/{visit['id']}/extend", {"lifetime_seconds": 120}))
    await native.later(timedelta(seconds=60))
    assert await native.slots(query) == []
    await native.later(timedelta(seconds=120))
    assert await native.slots(query) == [at(0)]


async def test_of_two_who_extend_the_same_version_one_is_refused(native):
    visit = await native.hold("cut")
    path = f"/visits/{visit['id']}/extend"
    answers = await asyncio.gather(*(native.post(path, {}, If_Match='"1"') for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 7
    assert await native.kinds(visit) == ["held", "extended"]


async def test_a_hold_can_be_made_to_stay(native):
    visit = await native.hold("colour", lifetime_seconds=60)
    stays = done(await native.post(f"/visits/{visit['id']}/extend", {"lifetime_seconds": None}))
    assert (stays["expires_at"], stays["seconds_left"]) == (None, None)
    await native.later(timedelta(days=365))
    assert (await native.visit(visit))["state"] == "held"
    done(await native.post(f"/visits/{visit['id']}/confirm"))


async def test_only_a_hold_is_extended(native):
    visit = await native.book("cut")
    extend = await native.post(f"/visits/{visit['id']}/extend", {})
    refused(extend, 409, "state_forbids", state="confirmed", step="held")
    cancelled = done(await native.post(f"/visits/{visit['id']}/cancel"))
    assert cancelled["state"] == "cancelled"
    refused(await native.post(f"/visits/{visit['id']}/extend", {}), 409, "state_forbids", state="cancelled")


async def test_more_time_reaches_the_claims_of_every_resource(native):
    visit = await native.hold("cut", "colour", lifetime_seconds=60)
    done(await native.post(f"/visits/{visit['id']}/extend", {"lifetime_seconds": 3600}))
    async with native.context.pool.transaction(native.person.tenant) as tx:
        rows = await tx.fetch("SELECT c.expires_at, v.expires_at AS visits FROM claim c JOIN visit v USING (visit_id)")
    assert len(rows) == 2
    assert {row["expires_at"] for row in rows} == {rows[0]["visits"]}


async def test_services_in_order_and_side_by_side(native):
    visit = await native.hold("cut", "colour")
    assert [(item["starts_at"], item["ends_at"]) for item in visit["items"]] == [(at(0), at(30)), (at(30), at(90))]
    parts = [{"service": "seat"}, {"service": "colour", "beside": True, "gap_minutes": 30}]
    (beside,) = done(await native.post("/holds", wanted(start=120, parts=parts)), 201)["visits"]
    assert [(item["starts_at"], item["ends_at"]) for item in beside["items"]] == [
        (at(120), at(150)),
        (at(150), at(210)),
    ]
    assert (beside["starts_at"], beside["ends_at"]) == (at(120), at(210))


async def test_guests_are_held_and_confirmed_together(native):
    answer = await native.post("/holds", wanted(**TWO_GUESTS))
    held = done(answer, 201)
    group = held["group_id"]
    assert answer.headers["location"] == f"/v1/visits?group={group}"
    assert len(held["visits"]) == 2
    listed = done(await native.get(f"/visits?group={group}"))["visits"]
    assert {visit["id"] for visit in listed} == {visit["id"] for visit in held["visits"]}
    confirmed = done(await native.post(f"/groups/{group}/confirm"))
    assert {visit["state"] for visit in confirmed["visits"]} == {"confirmed"}
    again = done(await native.post(f"/groups/{group}/confirm"))
    assert again == confirmed
    assert [await native.kinds(visit) for visit in held["visits"]] == [["held", "confirmed"]] * 2


async def test_a_group_is_confirmed_whole_or_not_at_all(native):
    held = done(await native.post("/holds", wanted(**TWO_GUESTS)), 201)
    one, other = held["visits"]
    done(await native.post(f"/visits/{other['id']}/release"))
    answer = await native.post(f"/groups/{held['group_id']}/confirm")
    refused(answer, 409, "state_forbids", state="released", step="confirmed")
    assert (await native.visit(one))["state"] == "held"
    refused(await native.post(f"/groups/{uuid4()}/confirm"), 404, "visit_not_found")


async def test_a_group_that_lapsed_is_not_confirmed(native):
    held = done(await native.post("/holds", wanted(**TWO_GUESTS)), 201)
    await native.later(timedelta(seconds=600))
    refused(await native.post(f"/groups/{held['group_id']}/confirm"), 410, "hold_lapsed")


async def test_guests_are_booked_together_or_not_at_all(native):
    booked = done(await native.post("/visits", wanted(**TWO_GUESTS)), 201)
    assert {visit["state"] for visit in booked["visits"]} == {"confirmed"}
    assert len({visit["group_id"] for visit in booked["visits"]} | {booked["group_id"]}) == 1
    refused(await native.post("/visits", wanted(**TWO_GUESTS)), 409, "slot_taken")
    assert await native.rows("visit") == 2


async def test_whoever_is_asked_for_is_taken(native):
    query = f"service=cut&from={at(0)}&to={at(30)}&resource="
    await native.hold(parts=[{"service": "cut", "preferences": [{"resource": "ben"}]}])
    assert (await native.slots(query + "ben"), await native.slots(query + "anna")) == ([], [at(0)])
    senior = [{"service": "cut", "preferences": [{"role": 0, "traits": ["senior"]}]}]
    await native.hold(start=30, parts=senior)
    query = f"service=cut&from={at(30)}&to={at(60)}&resource="
    assert (await native.slots(query + "ben"), await native.slots(query + "anna")) == ([at(30)], [])


async def test_overbooking_needs_its_scope(native, context, alice):
    await native.hold("colour")
    taken = wanted("colour", overbook=True)
    colleague = native.by(await new_colleague(context, alice.tenant, scopes=frozenset({Scope.READ, Scope.BOOK})))
    refused(await colleague.post("/holds", taken), 403, "scope_missing", scope="overbook")
    refused(await native.post("/holds", wanted("colour")), 409, "slot_taken")
    done(await native.post("/holds", taken), 201)


async def test_a_repeated_hold_has_one_effect_and_one_answer(native):
    body = wanted("seat", lifetime_seconds=300)
    answers = await asyncio.gather(*(native.post("/holds", body, Idempotency_Key="a") for _ in range(16)))
    assert {(answer.status_code, answer.content) for answer in answers} == {(201, answers[0].content)}
    assert await native.rows("visit") == 1
    visit = answers[0].json()["visits"][0]
    await native.later(timedelta(seconds=100))
    assert (await native.post("/holds", body, Idempotency_Key="a")).content == answers[0].content
    refused(await native.post("/holds", wanted("seat"), Idempotency_Key="a"), 422, "key_reused")
    extend = f"/visits/{visit['id']}/extend"
    first = await native.post(extend, {"lifetime_seconds": 300}, Idempotency_Key="b")
    assert done(first)["seconds_left"] == 300
    await native.later(timedelta(seconds=200))
    again = await native.post(extend, {"lifetime_seconds": 300}, Idempotency_Key="b")
    assert again.content == first.content
    assert await native.kinds(visit) == ["held", "extended"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"startsAt": at(0)}, "startsAt"),
        ({"parts": [{"service": "cut", "resource": "anna"}]}, "parts[0].resource"),
        ({"guests": [{"contact": {"channel": "phone", "address": "+48", "x": 1}}]}, "guests[0].contact.x"),
        ({"parts": []}, "parts"),
        ({"parts": [{"service": "cut", "guest": 1}]}, "parts[0].guest"),
        ({"guests": [{}, {}]}, "guests[1]"),
        ({**TWO_GUESTS, "guests": [{}, {"party_size": 2}]}, "guests[1].party_size"),
        ({"parts": [{"service": "cut", "gap_minutes": -1}]}, "parts[0].gap_minutes"),
        ({"parts": [{"service": "cut", "preferences": [{"role": 1}]}]}, "parts[0].preferences[0].role"),
        ({"parts": [{"service": "cut", "preferences": [{"resource": "nobody"}]}]}, "parts[0].preferences[0].resource"),
        ({"parts": [{"service": "colour", "preferences": [{"resource": "ben"}]}]}, "parts[0].preferences[0].resource"),
        ({"parts": [{"service": "cut", "preferences": [{}, {"role": 0}]}]}, "parts[0].preferences[1].role"),
        ({"starts_at": "2020-11-30T09:00:00"}, "starts_at"),
        ({"starts_at": "0001-01-01T00:00:00+12:00"}, "starts_at"),
        ({"starts_at": "monday"}, "starts_at"),
        ({"guests": [{"contact": {"channel": "phone", "address": "123"}}]}, "guests[0].contact.address"),
        ({"guests": [{"contact": {"channel": "email", "address": "nowhere"}}]}, "guests[0].contact.address"),
        ({"guests": [{"contact": {"channel": "pigeon", "address": "x"}}]}, "guests[0].contact.channel"),
        ({"guests": [{"party_size": 0}]}, "guests[0].party_size"),
        ({"guests": [{"names": "Ada"}]}, "guests[0].names"),
        ({"overbook": 1}, "overbook"),
    ],
    ids=str,
)
async def test_a_body_is_refused_by_the_path_of_its_field(native, changes, field):
    refused(await native.post("/holds", wanted("cut", **changes)), 422, "field_invalid", field=field)
    assert await native.rows("visit") == 0


async def test_what_the_world_refuses_is_said_with_its_code(native):
    refused(await native.post("/holds", wanted("shave")), 404, "service_not_found")
    refused(await native.post("/holds", wanted(str(uuid4()))), 404, "service_not_found")
    refused(await native.post("/holds", {"parts": [{"service": "cut"}]}), 422, "field_missing", field="starts_at")
    refused(await native.post("/holds", wanted("cut", start=1)), 409, "slot_not_offered", reason="slot_grid")
    refused(await native.post("/holds", wanted("cut", start=-120)), 409, "slot_not_offered", reason="past_slots")
    party = {"guests": [{"party_size": 3}]}
    refused(await native.post("/holds", wanted("colour", **party)), 422, "party_too_large", limit=2)
    refused(await native.post("/holds", b"{"), 400, "malformed_body", problem="not_json")
    refused(await native.post("/holds", wanted("cut", starts_at="9999-12-31T23:59:59Z")), 409, "slot_not_offered")
    assert await native.rows("visit") == 0
