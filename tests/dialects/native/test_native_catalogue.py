"""The catalogue over our own API: thing by thing, and as a whole."""

import asyncio
from uuid import UUID

import pytest

from native_client import NINE, at, done, refused

PATHS = {"branch": "/branches", "resource": "/resources", "service": "/services", "service_group": "/service-groups"}
NEW = {
    "branch": {"slug": "north", "name": "North", "time_zone": "Europe/Oslo"},
    "resource": {"slug": "cleo", "name": "Cleo", "branch": "main"},
    "service": {"slug": "wash", "name": "Wash", "branch": "main", "duration_minutes": 15},
    "service_group": {"slug": "hair", "name": "Hair", "services": ["cut", "colour"]},
}
NAMES = {"branch": "main", "resource": "anna", "service": "cut"}


def listed(answer) -> list[str]:
    (things,) = done(answer).values()
    return [thing["slug"] for thing in things]


async def version(native) -> str:
    return (await native.get("/catalog")).headers["etag"]


@pytest.mark.parametrize("kind", PATHS)
async def test_a_thing_from_its_beginning_to_its_end(native, kind):
    path, new = PATHS[kind], NEW[kind]
    before = await version(native)
    made = await native.post(path, new)
    shape = done(made, 201)
    assert UUID(shape["id"])
    assert {name: shape[name] for name in new} == new
    assert made.headers["location"] == f"/v1{path}/{new['slug']}"
    assert made.headers["etag"] == await version(native) != before
    for name in (new["slug"], shape["id"]):
        read = await native.get(f"{path}/{name}")
        assert (done(read), read.headers["etag"]) == (shape, made.headers["etag"])
    assert new["slug"] in listed(await native.get(path))
    changed = await native.send("PATCH", f"{path}/{new['slug']}", {"name": "another"})
    assert done(changed) == shape | {"name": "another"}
    assert changed.headers["etag"] == await version(native) != made.headers["etag"]
    gone = await native.send("DELETE", f"{path}/{shape['id']}")
    assert (gone.status_code, gone.content) == (204, b"")
    assert new["slug"] not in listed(await native.get(path))
    assert new["slug"] in listed(await native.get(path + "?retired=true"))
    assert done(await native.get(f"{path}/{new['slug']}")) == shape | {"name": "another", "retired": True}
    assert done(await native.post(path, new), 201) == shape


@pytest.mark.parametrize("kind", PATHS)
async def test_what_is_there_is_not_made_again(native, kind):
    done(await native.post(PATHS[kind], NEW[kind]), 201)
    before = await version(native)
    refused(await native.post(PATHS[kind], NEW[kind]), 409, "slug_in_use", slug=NEW[kind]["slug"])
    nameless = {**NEW[kind]}
    del nameless["slug"]
    refused(await native.post(PATHS[kind], nameless), 422, "field_invalid", field="slug", expected="named")
    assert await version(native) == before


@pytest.mark.parametrize("kind", PATHS)
async def test_what_is_not_there_is_not_found(native, charlie, kind):
    done(await native.post(PATHS[kind], NEW[kind]), 201)
    path = f"{PATHS[kind]}/{NEW[kind]['slug']}"
    code = f"{kind}_not_found"
    for where, by in ((path, native.by(charlie)), (f"{PATHS[kind]}/nobody", native)):
        refused(await by.get(where), 404, code)
        refused(await by.send("PATCH", where, {"name": "x"}), 404, code)
        refused(await by.send("DELETE", where), 404, code)
        if kind != "service_group":
            refused(await by.post(where + "/closures", {"from": "2030-01-01"}), 404, code)
            refused(await by.send("DELETE", where + "/closures/2030-01-01"), 404, code)


async def test_fields_that_are_not_named_stay_and_null_takes_back(native):
    hours = {"week": {"mon": ["09:00-12:30"]}, "special_days": {"2030-12-24": ["09:00-13:00"]}}
    path = "/services/cut"
    before = done(await native.get(path))
    changed = done(
        await native.send("PATCH", path, {"booking_hours": hours, "lead_days": 2, "names": {"pl": "Cięcie"}})
    )
    assert changed == before | {"booking_hours": hours, "lead_days": 2, "names": {"pl": "Cięcie"}}
    back = await native.send("PATCH", path, {"booking_hours": None, "lead_days": None, "names": None})
    assert done(back) == before
    whole = {"booking_hours": {"week": {"tue": ["09:00-12:30"]}}}
    assert done(await native.send("PATCH", path, whole)) == before | whole


async def test_a_slug_may_change_and_the_id_stays(native):
    shape = done(await native.get("/resources/anna"))
    renamed = done(await native.send("PATCH", "/resources/anna", {"slug": "anna-maria"}))
    assert renamed == shape | {"slug": "anna-maria"}
    refused(await native.get("/resources/anna"), 404, "resource_not_found")
    refused(await native.send("PATCH", "/resources/ben", {"slug": "anna-maria"}), 409, "slug_in_use")
    refused(await native.send("PATCH", "/resources/ben", {"id": shape["id"]}), 422, "field_invalid", field="id")


async def test_what_makes_no_sense_is_refused_by_its_place(native):
    for kind, body, field, expected in (
        ("branch", {"time_zone": "Mars/Base"}, "time_zone", "time_zone"),
        ("branch", {"opening_hours": {"week": {"mon": ["9-5"]}}}, "opening_hours.week.mon[0]", "of_its_pattern"),
        ("branch", {"opening_hours": {"week": {"mon": ["25:00-26:00"]}}}, "opening_hours.week.mon[0]", "hours"),
        ("service", {"branch": "nowhere"}, "branch", "known_branch"),
        ("service", {"roles": [{"resources": ["anna", "nobody"]}]}, "roles[0].resources[1]", "known_resource"),
        ("service", {"colour": "red"}, "colour", "known_field"),
        ("service", {"duration_minutes": 0}, "duration_minutes", "positive_integer"),
        ("resource", {"slug": "An Na"}, "slug", "of_its_pattern"),
        ("resource", {"schedule": {"closures": [{"from": "soon"}]}}, "schedule.closures[0].from", "moment"),
    ):
        answer = await native.post(PATHS[kind], NEW[kind] | body)
        refused(answer, 422, "field_invalid", field=field, expected=expected)
        answer = await native.send("PATCH", f"{PATHS[kind]}/{NAMES[kind]}", body)
        refused(answer, 422, "field_invalid", field=field, expected=expected)
    too_long = {"duration_minutes": 1440, "buffer_after_minutes": 1}
    answer = await native.send("PATCH", "/services/cut", too_long)
    assert (answer.status_code, answer.json()["code"]) in ((422, "service_too_long"), (422, "field_invalid"))


async def test_lists_are_of_a_branch_if_that_is_asked(native):
    done(await native.post("/branches", NEW["branch"]), 201)
    done(await native.post("/resources", NEW["resource"] | {"branch": "north"}), 201)
    assert listed(await native.get("/resources?branch=north")) == ["cleo"]
    assert listed(await native.get("/resources?branch=main")) == ["anna", "ben", "seats"]
    assert listed(await native.get("/services?branch=north")) == []
    refused(await native.get("/services?branch=south"), 404, "branch_not_found")
    refused(await native.get("/services?retired=maybe"), 422, "field_invalid", field="retired", expected="boolean")


async def test_a_stale_version_changes_nothing(native):
    stale = await version(native)
    done(await native.send("PATCH", "/resources/anna", {"name": "Anna Maria"}, If_Match=stale))
    current = await version(native)
    number = int(current.strip('"'))
    for method, path, body in (
        ("PATCH", "/resources/anna", {"name": "x"}),
        ("DELETE", "/resources/anna", None),
        ("POST", "/resources", NEW["resource"]),
        ("POST", "/resources/anna/closures", {"from": "2030-01-01"}),
        ("DELETE", "/resources/anna/closures/2030-01-01", None),
        ("PUT", "/catalog", {}),
    ):
        refused(await native.send(method, path, body, If_Match=stale), 412, "version_stale", current=number)
    assert await version(native) == current
    assert (await native.get("/resources/anna", If_None_Match=current)).status_code == 304
    assert (await native.get("/resources", If_None_Match=current)).status_code == 304
    assert (await native.get("/catalog", If_None_Match=f'W/{current}, "1000000"')).status_code == 304
    done(await native.get("/catalog", If_None_Match=stale))


async def test_changes_at_once_are_all_made(native):
    answers = await asyncio.gather(
        *(
            native.post("/branches", {"slug": f"branch-{number}", "name": "x", "time_zone": "UTC"})
            for number in range(3)
        )
    )
    for answer in answers:
        done(answer, 201)
    assert listed(await native.get("/branches")) == ["branch-0", "branch-1", "branch-2", "main"]


async def test_who_has_visits_is_not_changed_under_them(native):
    visit = await native.book("cut", start=60)
    for path, body in (
        ("/branches/main", {"opening_hours": {"week": {}}}),
        ("/services/cut", {"booking_hours": {"week": {"tue": ["09:00-10:00"]}}}),
        ("/services/cut", {"retired": True}),
    ):
        answer = await native.send("PATCH", path, body)
        refused(answer, 409, "visits_in_the_way", count=1, visits=visit["id"])
    refused(await native.send("DELETE", "/services/cut"), 409, "visits_in_the_way")
    answer = await native.post("/branches/main/closures", {"from": at(60), "to": at(120)})
    refused(answer, 409, "visits_in_the_way")
    done(await native.post("/branches/main/closures?force=true", {"from": at(60), "to": at(120)}), 201)
    assert (await native.visit(visit))["state"] == "confirmed"
    refused(
        await native.post("/holds", {"parts": [{"service": "cut"}], "starts_at": at(60), "guests": [{}]}),
        409,
        "slot_not_offered",
        reason="closures",
    )


@pytest.mark.parametrize("kind", NAMES)
async def test_closures_come_and_go_one_by_one(native, kind):
    path = f"{PATHS[kind]}/{NAMES[kind]}"
    closures = path + "/closures"
    field = {"branch": "opening_hours", "service": "booking_hours", "resource": "schedule"}[kind]

    async def known() -> list[dict[str, str]]:
        return done(await native.get(path)).get(field, {}).get("closures", [])

    before = done(await native.get(path))
    # What is meant on the clock in Warsaw; a date alone is the whole of it.
    christmas = done(await native.post(closures, {"from": "2030-12-25", "to": "2030-12-26"}), 201)
    assert christmas == {"from": "2030-12-25T00:00:00+01:00", "to": "2030-12-27T00:00:00+01:00"}
    summer = done(await native.post(closures, {"from": "2030-07-01T12:00Z"}), 201)
    assert summer == {"from": "2030-07-01T14:00:00+02:00"}
    assert await known() == [summer, christmas]
    shorter = done(await native.post(closures, {"from": "2030-12-25", "to": "2030-12-25T12:00"}), 201)
    assert await known() == [summer, shorter]
    refused(await native.send("DELETE", closures + "/2030-12-26"), 404, "closure_not_found")
    refused(await native.send("DELETE", closures + "/whenever"), 404, "closure_not_found")
    refused(
        await native.post(closures, {"from": "2030-12-25", "to": "2030-12-25T00:00"}),
        422,
        "field_invalid",
        field="to",
        expected="after_start",
    )
    refused(await native.post(closures, {"from": "whenever"}), 422, "field_invalid", field="from", expected="moment")
    for text in ("2030-12-24T23:00:00Z", summer["from"].replace("+", "%2B")):
        assert (await native.send("DELETE", f"{closures}/{text}")).status_code == 204
    assert await known() == []
    assert done(await native.get(path)) == before


async def test_a_closure_is_obeyed_at_once(native):
    query = f"service=colour&from={at(0)}&to={at(240)}"
    assert at(60) in await native.slots(query)
    done(await native.post("/resources/anna/closures", {"from": at(60), "to": at(120)}), 201)
    assert [start for start in await native.slots(query) if start < at(120)] == [at(0)]
    done_at = NINE.strftime("%Y-%m-%dT10:00:00Z")
    assert (await native.send("DELETE", f"/resources/anna/closures/{done_at}")).status_code == 204
    assert at(60) in await native.slots(query)


async def test_the_whole_is_read_and_put_back(native):
    read = await native.get("/catalog")
    whole = done(read)
    assert [each["slug"] for each in whole["services"]] == ["colour", "cut", "seat"]
    answer = await native.send("PUT", "/catalog", whole)
    version = int(read.headers["etag"].strip('"'))
    assert done(answer) == {"version": version, "differences": [], "affected": [], "options": []}
    assert answer.headers["etag"] == read.headers["etag"]


async def test_a_dry_run_tells_and_writes_nothing(native):
    visit = await native.book("seat", start=60)
    whole = done(await native.get("/catalog"))
    before = await version(native)
    wanted = whole | {"services": [each for each in whole["services"] if each["slug"] != "seat"]}
    told = done(await native.send("PUT", "/catalog?dry_run=true", wanted))
    (difference,) = told["differences"]
    assert (difference["kind"], difference["slug"], difference["change"]) == ("service", "seat", "retired")
    (hit,) = told["affected"]
    assert (hit["visit"]["id"], hit["visit"]["starts_at"]) == (visit["id"], at(60))
    assert [reason["rule"] for reason in hit["reasons"]] == ["bookable"]
    refused(await native.send("PUT", "/catalog", wanted), 409, "visits_in_the_way", count=1, visits=visit["id"])
    assert await version(native) == before
    applied = done(await native.send("PUT", "/catalog?force=true", wanted))
    assert applied["differences"] == told["differences"]
    assert await version(native) == f'"{applied["version"]}"' != before
    assert listed(await native.get("/services")) == ["colour", "cut"]


async def test_the_whole_is_refused_by_its_place(native):
    answer = await native.send("PUT", "/catalog", {"branches": [NEW["branch"] | {"time_zone": "Mars/Base"}]})
    refused(answer, 422, "field_invalid", field="branches[0].time_zone", expected="time_zone")
    answer = await native.send("PUT", "/catalog", {"tenant": {"slug": "mine"}})
    refused(answer, 422, "field_invalid", field="tenant", expected="absent")
