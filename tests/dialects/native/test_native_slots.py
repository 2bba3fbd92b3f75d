"""What can be booked: lists, the next free, and why not."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from appointed.core.caller import Scope
from native_client import Native, at, done, refused
from people import Person, new_branch, new_colleague, new_service, offer, pool_resource

HOUR = f"from={at(0)}&to={at(60)}"


async def elsewhere(native: Native, zone: str = "Asia/Kathmandu") -> None:
    """Another branch of the same tenant, where one can have a seat too."""
    branch = new_branch(slug="east", name="East Gate", time_zone=zone)
    seats = pool_resource(branch.id, 2)
    half = timedelta(minutes=30)
    await offer(
        native.context,
        native.person,
        branch,
        new_service(branch, seats, slug="east-seat", duration=half, grid=half),
        seats,
    )


async def test_slots_say_where_and_when_in_utc_and_on_the_clock_there(native):
    body = done(await native.get(f"/slots?service=cut&{HOUR}"))
    branch = native.salon.branch
    assert body == {
        "branch": {"id": str(branch.id), "slug": "main", "name": "Main Street"},
        "time_zone": "Europe/Warsaw",
        "slots": [
            {
                "starts_at": at(start),
                "ends_at": at(start + 30),
                "local_start": f"2020-11-30T10:{start:02}:00+01:00",
                "capacity": 2,
                "available": 2,
            }
            for start in (0, 30)
        ],
    }


async def test_the_offset_is_that_of_the_day(native):
    """A night in which the clock goes back, and a zone with an odd offset."""
    await elsewhere(native)
    query = "service=seat&from=2021-10-31T00:00:00Z&to=2021-10-31T02:30:00Z"
    local = [slot["local_start"] for slot in done(await native.get(f"/slots?{query}"))["slots"]]
    assert local == [
        "2021-10-31T02:00:00+02:00",
        "2021-10-31T02:30:00+02:00",
        "2021-10-31T03:00:00+01:00",
    ]
    (first, *_) = done(await native.get(f"/slots?service=east-seat&{HOUR}"))["slots"]
    assert first["local_start"].endswith("+05:45")


async def test_a_date_is_one_of_the_branch(native):
    slots = done(await native.get("/slots?service=seat&date=2020-12-01"))["slots"]
    assert len(slots) == 48
    assert slots[0]["starts_at"] == "2020-11-30T23:00:00Z"
    today = done(await native.get("/slots?service=seat"))["slots"]
    assert {slot["local_start"][:10] for slot in today} == {"2020-11-30"}


async def test_full_slots_are_listed_when_asked_for(native):
    await native.book("colour")
    query = f"service=colour&from={at(0)}&to={at(30)}"
    assert await native.slots(query) == []
    (full,) = done(await native.get(f"/slots?{query}&full=true"))["slots"]
    assert (full["capacity"], full["available"]) == (1, 0)


async def test_several_services_are_wanted_in_order(native):
    await native.book("colour", start=60)
    query = f"from={at(0)}&to={at(60)}"
    assert await native.slots(f"service=colour&{query}") == [at(0)]
    assert await native.slots(f"service=cut,colour&{query}") == []
    (slot, *_) = done(await native.get(f"/slots?service=cut,colour&from={at(120)}&to={at(180)}"))["slots"]
    assert (slot["starts_at"], slot["ends_at"]) == (at(120), at(210))


async def test_the_party_counts(native):
    assert await native.slots(f"service=colour&{HOUR}&party_size=2") != []
    assert await native.slots(f"service=colour&{HOUR}&party_size=3") == []


async def test_a_list_has_a_tag(native):
    path = f"/slots?service=cut&{HOUR}"
    first = await native.get(path)
    tag = first.headers["etag"]
    same = await native.get(path, If_None_Match=tag)
    assert (same.status_code, same.content) == (304, b"")
    await native.book("cut")
    other = await native.get(path, If_None_Match=tag)
    assert done(other) != first.json()
    assert other.headers["etag"] != tag


async def test_two_tenants_never_share_an_answer(native, context, charlie: Person):
    """Also where there is nothing to list: beyond the calendar no branch is asked."""
    branch = new_branch(slug="main", name="Charlie's")
    seats = pool_resource(branch.id, 2)
    await offer(context, charlie, branch, new_service(branch, seats, slug="seat"), seats)
    for query in (f"service=seat&{HOUR}", "service=seat&date=2999-01-01", "service=seat&date=2999-01-01"):
        mine = done(await native.get(f"/slots?{query}"))["branch"]["name"]
        theirs = done(await native.by(charlie).get(f"/slots?{query}"))["branch"]["name"]
        assert (mine, theirs) == ("Main Street", "Charlie's")


async def test_a_search_answers_each_want(native):
    await elsewhere(native)
    wants: list[dict[str, Any]] = [
        {"parts": [{"service": "east-seat"}], "party_size": 2},
        {"parts": [{"service": "cut"}, {"service": "colour", "guest": 1}]},
        {"parts": [{"service": "cut", "preferences": [{"resource": "ben"}]}]},
    ]
    await native.book("cut", parts=wants[2]["parts"])
    body = {"wants": wants, "from": at(0), "to": at(60)}
    east, both, ben = done(await native.post("/slots/search", body))["answers"]
    assert (east["branch"]["slug"], both["branch"]["slug"]) == ("east", "main")
    assert [slot["starts_at"] for slot in both["slots"]] == [at(30)]
    assert [slot["starts_at"] for slot in ben["slots"]] == [at(30)]
    full = done(await native.post("/slots/search", body | {"full": True}))["answers"][2]
    assert [slot["available"] for slot in full["slots"]] == [0, 1]


@pytest.mark.parametrize(
    ("changes", "status", "code", "field"),
    [
        ({"wants": []}, 422, "field_invalid", "wants"),
        ({"wants": [{"parts": [{"service": "shave"}]}]}, 404, "service_not_found", None),
        ({"wants": [{"parts": [{"service": "cut", "when": 1}]}]}, 422, "field_invalid", "wants[0].parts[0].when"),
        ({"wants": [{"parts": [{"service": "cut"}], "party_size": 0}]}, 422, "field_invalid", "wants[0].party_size"),
        (
            {"wants": [{"parts": [{"service": "cut", "preferences": [{"role": 7}]}]}]},
            422,
            "field_invalid",
            "wants[0].parts[0].preferences[0].role",
        ),
        ({"from": "2020-11-30T09:00:00"}, 422, "field_invalid", "from"),
        ({"to": at(0)}, 422, "field_invalid", "to"),
        ({"to": "2021-11-30T09:00:00Z"}, 422, "field_invalid", "to"),
    ],
)
async def test_a_search_is_refused_by_the_path_of_its_field(native, changes, status, code, field):
    body = {"wants": [{"parts": [{"service": "cut"}]}], "from": at(0), "to": at(60), **changes}
    refused(await native.post("/slots/search", body), status, code, **({"field": field} if field else {}))


async def test_services_of_two_branches_are_not_one_want(native):
    await elsewhere(native)
    refused(await native.get(f"/slots?service=seat,east-seat&{HOUR}"), 422, "branches_differ")


async def test_the_next_free_slot_is_the_earliest_of_several(native):
    await elsewhere(native)
    found = done(await native.get(f"/slots/next?service=colour;east-seat;cut,colour&from={at(1)}"))["next"]
    assert [each["slot"]["starts_at"] for each in found] == sorted(each["slot"]["starts_at"] for each in found)
    assert {each["branch"]["slug"] for each in found} == {"main", "east"}
    assert found[0]["services"] != found[2]["services"]
    assert [len(each["services"]) for each in found if each["branch"]["slug"] == "main"] in ([1, 2], [2, 1])
    (now,) = done(await native.get("/slots/next?service=colour"))["next"]
    assert now["slot"]["starts_at"] == at(-30)
    await native.book("colour", start=-30)
    (after,) = done(await native.get("/slots/next?service=colour"))["next"]
    assert after["slot"]["starts_at"] == at(30)


async def test_where_nothing_is_free_nothing_is_next(native):
    query = "service=colour&party_size=3&within_days=2"
    assert done(await native.get(f"/slots/next?{query}")) == {"next": []}


async def test_a_start_that_is_on_offer_has_no_reasons_against_it(native):
    body = done(await native.get(f"/explain?service=colour&starts_at={at(60)}"))
    assert (body["offered"], body["blocks"]) == (True, [])
    assert (body["before"]["starts_at"], body["after"]["starts_at"]) == (at(30), at(90))


async def test_a_start_that_is_not_has_every_reason(native, context, alice):
    visit = await native.book("colour")
    path = f"/explain?service=colour&starts_at={at(15)}&party_size=3"
    body = done(await native.get(path))
    assert body["offered"] is False
    assert {block["rule"] for block in body["blocks"]} == {"slot_grid", "party_size", "claims"}
    claims = next(block for block in body["blocks"] if block["rule"] == "claims")
    assert claims == {
        "rule": "claims",
        "bypassable": True,
        "who": "overbook",
        "service_id": str(native.salon.colour.id),
        "resource": {"id": str(native.salon.anna.id), "slug": "anna", "name": "Anna"},
        "visits": [visit["id"]],
    }
    grid = next(block for block in body["blocks"] if block["rule"] == "slot_grid")
    assert (grid["bypassable"], grid["who"], grid["resource"], grid["visits"]) == (False, None, None, [])
    reader = native.by(await new_colleague(context, alice.tenant, scopes=frozenset({Scope.READ})))
    seen = done(await reader.get(path))
    assert seen == body | {"blocks": [block | {"visits": None} for block in body["blocks"]]}
    assert visit["id"] not in str(seen)


async def test_the_nearest_starts_are_free_ones(native):
    await native.book("colour", start=60)
    body = done(await native.get(f"/explain?service=colour&starts_at={at(60)}"))
    assert (body["before"]["starts_at"], body["after"]["starts_at"]) == (at(0), at(120))


@pytest.mark.parametrize(
    ("path", "status", "code", "field"),
    [
        ("/slots", 422, "field_missing", "service"),
        ("/slots?service=shave", 404, "service_not_found", None),
        ("/slots?service=cut,", 404, "service_not_found", None),
        ("/slots?service=cut;colour", 404, "service_not_found", None),
        ("/slots?service=" + ",".join(["cut"] * 21), 422, "field_invalid", "service"),
        (f"/slots?service=cut&from={at(0)}", 422, "field_missing", "to"),
        (f"/slots?service=cut&to={at(0)}", 422, "field_missing", "from"),
        (f"/slots?service=cut&{HOUR}&date=2020-11-30", 422, "field_invalid", "date"),
        (f"/slots?service=cut&from={at(0)}&to={at(0)}", 422, "field_invalid", "to"),
        ("/slots?service=cut&from=2020-11-30T00:00:00Z&to=2021-03-02T00:00:01Z", 422, "field_invalid", "to"),
        ("/slots?service=cut&from=x&to=y", 422, "field_invalid", "from"),
        ("/slots?service=cut&party_size=0", 422, "field_invalid", "party_size"),
        ("/slots?service=cut&party_size=10001", 422, "field_invalid", "party_size"),
        ("/slots?service=cut&party_size=1e3", 422, "field_invalid", "party_size"),
        ("/slots?service=cut&full=1", 422, "field_invalid", "full"),
        ("/slots?service=cut&resource=nobody", 422, "field_invalid", "resource"),
        ("/slots?service=colour&resource=ben", 422, "field_invalid", "resource"),
        ("/slots/next?service=cut&within_days=367", 422, "field_invalid", "within_days"),
        ("/slots/next?service=" + ";".join(["cut"] * 21), 422, "field_invalid", "service"),
        ("/explain?service=cut", 422, "field_missing", "starts_at"),
        ("/explain?service=cut&starts_at=2020-11-30T09:00:30Z", 422, "field_invalid", "starts_at"),
        ("/explain?service=cut&starts_at=9999-12-31T23:59:00Z", 409, "slot_not_offered", None),
    ],
)
async def test_what_a_query_cannot_mean_is_refused(native, path, status, code, field):
    refused(await native.get(path), status, code, **({"field": field} if field else {}))


async def test_the_longest_span_is_answered(native):
    query = "service=colour&from=2020-12-01T00:00:00Z&to=2021-03-03T00:00:00Z"
    assert len(await native.slots(query)) == 92 * 48


async def test_a_name_of_a_catalogue_that_has_changed_is_found(native):
    """What is at hand may be old: nothing is refused before it was read again."""
    await native.slots(f"service=cut&{HOUR}")
    shave = replace(native.salon.cut, slug="shave", name="Shave")
    later = replace(native, salon=replace(native.salon, cut=shave), context=replace(native.context))
    await later.open()
    assert len(await native.slots(f"service=shave&{HOUR}")) == 2
    refused(await native.get(f"/slots?service=cut&{HOUR}"), 404, "service_not_found")
