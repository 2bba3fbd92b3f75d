"""Services that are booked as one, over our own API."""

from dataclasses import replace
from datetime import timedelta

import pytest

from appointed.core.catalog import Catalog
from appointed.core.options import Options
from appointed.store import catalog as store
from native_client import Native, at, done, refused
from people import MORNING

MINUTE = timedelta(minutes=1)
AFTER = {"service": "dry", "continues": True}


async def combined(native: Native, *, on: bool = True) -> Native:
    """The salon with a wash and a dry that whoever gives one gives both of; each dry adds ten minutes."""
    salon = native.salon
    wash = replace(salon.cut, slug="wash", id=salon.colour.id, grid=5 * MINUTE)
    dry = replace(salon.cut, slug="dry", id=salon.seat.id, grid=5 * MINUTE, added_duration=10 * MINUTE, party_limit=3)
    branch = replace(salon.branch, combinations=(frozenset({wash.id, dry.id}),))
    async with native.context.pool.transaction(native.person.tenant) as tx:
        services = {each.id: each for each in (wash, dry)}
        known = Catalog(0, {branch.id: branch}, services, options=Options(combinations=on))
        await store.put(tx, native.person.tenant, known, MORNING)
    return native


def wanted(*parts: dict, **rest) -> dict:
    return {"parts": list(parts), "starts_at": at(0), **rest}


async def test_held_confirmed_and_moved_by_one(native):
    """One claim, and each item says for how many it is and that it goes on."""
    await combined(native)
    body = wanted({"service": "wash", "party_size": 1}, AFTER | {"party_size": 2})
    (visit,) = done(await native.post("/holds", body), 201)["visits"]
    assert (visit["party_size"], visit["starts_at"], visit["ends_at"]) == (3, at(0), at(50))
    told = [(each["starts_at"], each["ends_at"], each["party_size"], each["continues"]) for each in visit["items"]]
    assert told == [(at(0), at(30), 1, False), (at(30), at(50), 2, True)]
    assert await native.rows("claim") == 1
    done(await native.post(f"/visits/{visit['id']}/confirm"))
    moved = done(await native.post(f"/visits/{visit['id']}/move", {"starts_at": at(20)}))
    assert [(each["starts_at"], each["ends_at"]) for each in moved["items"]] == [(at(20), at(50)), (at(50), at(70))]
    listed = done(await native.get("/visits?with_resources=true"))["visits"]
    assert [each["items"] for each in listed] == [
        done(await native.get(f"/visits/{visit['id']}?with_resources=true"))["items"]
    ]
    assert [[each["slug"] for each in item["resources"]] for item in listed[0]["items"]] == [["anna"], ["anna"]]
    assert [(each["party_size"], each["continues"]) for each in listed[0]["items"]] == [(1, False), (2, True)]


async def test_a_search_lists_what_can_be_held(native):
    await combined(native)
    for start in (0, 0, 40):
        done(await native.post("/visits", wanted({"service": "wash"}, starts_at=at(start))), 201)
    parts = [{"service": "wash"}, AFTER | {"party_size": 2}]
    search = {"wants": [{"parts": parts}], "from": at(0), "to": at(60)}
    (result,) = done(await native.post("/slots/search", search))["answers"]
    # Whoever has nothing at forty minutes past is free from half past on; the other has no time for all of it.
    free = [slot["starts_at"] for slot in result["slots"] if slot["available"]]
    assert free == [at(start) for start in range(30, 60, 5)]
    for slot in result["slots"]:
        answer = await native.post("/holds", wanted(*parts, starts_at=slot["starts_at"]))
        if slot["available"]:
            (visit,) = done(answer, 201)["visits"]
            assert visit["ends_at"] == slot["ends_at"]
            done(await native.post(f"/visits/{visit['id']}/release"))
        else:
            refused(answer, 409, "slot_taken")


@pytest.mark.parametrize(
    ("parts", "field", "expected"),
    [
        ([AFTER], "parts[0].continues", "false for the first part of a guest"),
        ([{"service": "wash"}, AFTER | {"guest": 1}], "parts[1].continues", "false for the first part of a guest"),
        ([{"service": "wash"}, AFTER | {"preferences": [{"resource": "anna"}]}], "parts[1].preferences", "absent"),
        ([{"service": "wash"}, AFTER | {"beside": True}], "parts[1].beside", "absent"),
        ([{"service": "wash", "party_size": 0}], "parts[0].party_size", None),
    ],
)
async def test_what_cannot_go_on_is_refused_by_its_field(native, parts, field, expected):
    await combined(native)
    guests = [{}] * (1 + max(part.get("guest", 0) for part in parts))
    for path, body in (
        ("/holds", wanted(*parts, guests=guests)),
        ("/slots/search", {"wants": [{"parts": parts}], "from": at(0), "to": at(60)}),
    ):
        where = field if path == "/holds" else f"wants[0].{field}"
        problem = refused(await native.post(path, body), 422, "field_invalid", field=where)
        assert expected is None or problem["title"] == f"{where} must be {expected}."


async def test_only_what_the_branch_combines(native):
    await combined(native)
    service = done(await native.get("/services/cut"))["id"]
    body = wanted({"service": "wash"}, {"service": "cut", "continues": True})
    refused(await native.post("/holds", body), 422, "not_combined", service=service)
    again = wanted({"service": "wash", "party_size": 3}, {"service": "wash", "party_size": 3, "continues": True})
    refused(await native.post("/holds", again), 422, "not_combined", service=str(native.salon.colour.id))
    done(await native.post("/holds", wanted({"service": "wash"}, {"service": "cut"})), 201)
    await combined(native, on=False)
    refused(await native.post("/holds", wanted({"service": "wash"}, AFTER)), 422, "combinations_off")


async def test_the_party_of_parts_is_changed_with_none_of_them(native):
    await combined(native)
    body = wanted({"service": "wash", "party_size": 1}, AFTER | {"party_size": 2})
    (visit,) = done(await native.post("/visits", body), 201)["visits"]
    refused(
        await native.send("PATCH", f"/visits/{visit['id']}", {"party_size": 4}),
        422,
        "field_invalid",
        field="party_size",
    )


async def test_a_branch_tells_what_it_combines(native):
    await combined(native)
    answer = await native.get("/branches/main/combinations")
    (clerks,) = done(answer)["combinations"]
    assert clerks["resources"] == sorted(str(each.id) for each in (native.salon.anna, native.salon.ben))
    assert sorted(each["slug"] for each in clerks["combined"]) == ["dry", "wash"]
    assert [each["slug"] for each in clerks["combinable"]] == ["cut"]
    assert clerks["not_combinable"] == []
    assert (await native.get("/branches/main/combinations", if_none_match=answer.headers["etag"])).status_code == 304
    refused(await native.get("/branches/nowhere/combinations"), 404, "branch_not_found")
    await combined(native, on=False)
    refused(await native.get("/branches/main/combinations"), 422, "combinations_off")
