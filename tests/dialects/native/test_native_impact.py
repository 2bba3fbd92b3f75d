"""What a change does to visits, over our own API: looked at, then carried out."""

from uuid import uuid4  # noqa: TID251 - tests make identities too

import pytest

from appointed.core.caller import Scope
from native_client import at, done, refused
from people import new_colleague

CLOSED = {"branches": [{"branch": "main", "closures": [{"from": at(60), "to": at(120)}]}]}


async def version(native) -> int:
    return int((await native.get("/catalog")).headers["etag"].strip('"'))


async def test_a_closure_is_looked_at_and_then_made(native):
    first, second, third = [await native.book("colour", start=start) for start in (60, 0, 120)]
    shown = done(await native.post("/impact", CLOSED))
    assert shown["version"] == await version(native)
    (hit,) = shown["visits"]
    assert hit["visit"] == {
        "id": first["id"],
        "version": 1,
        "state": "confirmed",
        "branch_id": str(native.salon.branch.id),
        "starts_at": at(60),
        "ends_at": at(120),
        "party_size": 1,
    }
    assert hit["reasons"] == [{"rule": "closures", "service_id": str(native.salon.colour.id), "resource_id": None}]
    assert hit["before"] is None
    assert hit["after"] == {"starts_at": at(180), "ends_at": at(240)}
    choices = [{"visit": first["id"], "fate": "move", "starts_at": hit["after"]["starts_at"]}]
    made = await native.post("/impact/apply", {**CLOSED, "stamp": shown["stamp"], "choices": choices})
    assert done(made) == {
        "version": shown["version"] + 1,
        "visits": [hit["visit"] | {"version": 2, "starts_at": at(180), "ends_at": at(240)}],
    }
    assert made.headers["etag"] == f'"{await version(native)}"'
    assert (await native.visit(first))["starts_at"] == at(180)
    assert [(await native.visit(visit))["version"] for visit in (second, third)] == [1, 1]
    assert at(60) not in await native.slots(f"service=colour&from={at(0)}&to={at(240)}")
    assert await native.kinds(first) == ["confirmed", "moved"]


async def test_each_visit_has_its_own_fate(native):
    moved, kept, given_up = [await native.book("colour", start=start) for start in (60, 120, 180)]
    change = {"resources": [{"resource": "anna", "closures": [{"from": at(60), "to": at(240)}]}]}
    shown = done(await native.post("/impact", change))
    assert [hit["reasons"][0] for hit in shown["visits"]] == [
        {
            "rule": "time_off",
            "service_id": str(native.salon.colour.id),
            "resource_id": str(native.salon.anna.id),
        }
    ] * 3
    choices = [
        {"visit": moved["id"], "fate": "move", "starts_at": at(0)},
        {"visit": kept["id"], "fate": "keep"},
        {"visit": given_up["id"], "fate": "cancel"},
    ]
    done(await native.post("/impact/apply", {**change, "stamp": shown["stamp"], "choices": choices}))
    now = [await native.visit(visit) for visit in (moved, kept, given_up)]
    assert [(visit["state"], visit["starts_at"]) for visit in now] == [
        ("confirmed", at(0)),
        ("confirmed", at(120)),
        ("cancelled", at(180)),
    ]


async def test_all_of_it_or_nothing(native):
    first, second = [await native.book("colour", start=start) for start in (60, 0)]
    before = await version(native)
    stamp = done(await native.post("/impact", CLOSED))["stamp"]

    async def asked(*choices, stamp=stamp):
        return await native.post("/impact/apply", {**CLOSED, "stamp": stamp, "choices": choices})

    refused(await asked(), 422, "choice_missing", visit=first["id"])
    refused(await asked({"visit": second["id"], "fate": "keep"}), 422, "choice_missing", visit=first["id"])
    move = {"visit": first["id"], "fate": "move"}
    refused(await asked({**move, "starts_at": at(0)}), 409, "slot_taken")
    refused(await asked({**move, "starts_at": at(90)}), 409, "slot_not_offered", reason="closures")
    refused(await asked(move), 422, "field_missing", field="choices[0].starts_at")
    refused(await asked({**move, "fate": "keep", "starts_at": at(0)}), 422, "field_invalid", expected="absent")
    refused(await asked({**move, "fate": "wait"}), 422, "field_invalid", field="choices[0].fate")
    keep = {"visit": first["id"], "fate": "keep"}
    refused(await asked(keep, keep), 422, "field_invalid", field="choices[1].visit", expected="one_value")
    refused(await asked(keep, stamp="another"), 409, "impact_moved")
    assert await version(native) == before
    assert (await native.visit(first))["version"] == 1
    third = await native.hold("cut", start=60)
    refused(await asked(keep), 409, "impact_moved")
    stamp = done(await native.post("/impact", CLOSED))["stamp"]
    done(await asked(keep, {"visit": third["id"], "fate": "cancel"}, stamp=stamp))
    assert (await native.visit(third))["state"] == "released"


async def test_several_changes_are_one(native):
    visit = await native.book("cut", start=60)
    change = {
        "branches": [{"branch": "main", "change": {"name": "Main", "slug": "first"}}],
        "services": [{"service": "cut", "retire": True}, {"service": "seat", "change": {"bookable": False}}],
        "resources": [{"resource": "anna", "change": {"schedule": {"week": {}}}}],
    }
    shown = done(await native.post("/impact", change))
    (hit,) = shown["visits"]
    assert {reason["rule"] for reason in hit["reasons"]} == {"bookable", "working_hours"}
    assert (hit["before"], hit["after"]) == (None, None)
    choices = [{"visit": visit["id"], "fate": "keep"}]
    done(await native.post("/impact/apply", {**change, "stamp": shown["stamp"], "choices": choices}))
    assert done(await native.get("/branches/first"))["name"] == "Main"
    assert done(await native.get("/services/cut"))["retired"] is True
    assert done(await native.get("/services/seat"))["bookable"] is False
    assert done(await native.get("/resources/anna"))["schedule"] == {"week": {}}


@pytest.mark.parametrize("path", ["/impact", "/impact/apply"])
async def test_what_makes_no_sense_is_refused_by_its_place(native, path):
    for change, field, expected in (
        ({"branches": [{"branch": "north"}]}, "branches[0].branch", "known_branch"),
        ({"services": [{"service": str(uuid4())}]}, "services[0].service", "known_service"),
        ({"resources": [{}]}, "resources[0].resource", None),
        ({"branches": [{"branch": "main", "change": {"time_zone": "Mars"}}]}, "branches[0].change.time_zone", None),
        (
            {"branches": [{"branch": "main", "closures": [{"from": "soon"}]}]},
            "branches[0].closures[0].from",
            "moment",
        ),
        ({"groups": []}, "groups", "known_field"),
    ):
        answer = await native.post(path, {**change, **({"stamp": "x"} if path.endswith("apply") else {})})
        problem = answer.json()
        assert (answer.status_code, problem["facts"]["field"]) == (422, field), problem
        assert expected in (None, problem["facts"].get("expected"))


async def test_looking_changes_nothing_and_tells_no_names(native):
    ada = {"names": ["Ada"], "contact": {"channel": "email", "address": "ada@example.org"}}
    await native.book("colour", start=60, guests=[ada])
    before = await version(native)
    scopes = frozenset({Scope.CONFIGURE})
    planner = native.by(await new_colleague(native.context, native.person.tenant, scopes=scopes))
    answer = await planner.post("/impact", CLOSED)
    assert "Ada" not in answer.text
    assert "ada@" not in answer.text
    assert await version(native) == before
    stamp, (hit,) = answer.json()["stamp"], answer.json()["visits"]
    for fate, scope in (({"fate": "cancel"}, "cancel"), ({"fate": "move", "starts_at": at(0)}, "book")):
        choices = [{"visit": hit["visit"]["id"], **fate}]
        answer = await planner.post("/impact/apply", {**CLOSED, "stamp": stamp, "choices": choices})
        refused(answer, 403, "scope_missing", scope=scope)
    choices = [{"visit": hit["visit"]["id"], "fate": "keep"}]
    done(await planner.post("/impact/apply", {**CLOSED, "stamp": stamp, "choices": choices}))
