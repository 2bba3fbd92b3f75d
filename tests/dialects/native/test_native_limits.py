"""What is too much, too far away or too late to be refused with its field, before it costs anything."""

import asyncio
from time import process_time
from uuid import UUID

import httpx
import pytest

from native_client import NINE, at, done, refused, wanted

FAR = ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:00-14:00")


def role(**changes) -> dict[str, object]:
    return {"resources": ["seats"], **changes}


def service(**changes) -> dict[str, object]:
    return {"slug": "many", "name": "Many", "branch": "main", "duration_minutes": 30, "roles": [role()], **changes}


@pytest.mark.parametrize(
    ("roles", "field"),
    [
        ([role(count=32_768)], "roles[0].count"),
        ([role(count=51)], "roles[0].count"),
        ([role(units=10_001)], "roles[0].units"),
        ([role()] * 21, "roles"),
        ([role(count=26), role(count=25)], "roles"),
        ([role(resources=["anna", "ben"], count=3)], "roles[0].count"),
        ([role(), role(resources=["anna"], count=2)], "roles[1].count"),
    ],
)
async def test_a_service_takes_no_more_than_there_is_time_to_look_for(native, roles, field):
    """Whichever way it comes in; and a look at what it would hit is refused as well."""
    before = (await native.get("/catalog")).headers["etag"]
    refused(await native.post("/services", service(roles=roles)), 422, "field_invalid", field=field)
    refused(await native.send("PATCH", "/services/cut", {"roles": roles}), 422, "field_invalid", field=field)
    edits = {"services": [{"service": "cut", "change": {"roles": roles}}]}
    refused(await native.post("/impact", edits), 422, "field_invalid", field=f"services[0].change.{field}")
    catalog = done(await native.get("/catalog"))
    number = [each["slug"] for each in catalog["services"]].index("cut")
    catalog["services"][number]["roles"] = roles
    refused(await native.send("PUT", "/catalog", catalog), 422, "field_invalid", field=f"services[{number}].{field}")
    assert (await native.get("/catalog")).headers["etag"] == before


async def test_who_retires_leaves_a_catalogue_that_can_be_put_back(native):
    """And the service can still be changed, though fewer are left than it asks for."""
    two = role(resources=["anna", "ben"], count=2)
    done(await native.post("/services", service(roles=[two])), 201)
    assert (await native.send("DELETE", "/resources/ben?force=true")).status_code == 204
    catalog = done(await native.get("/catalog"))
    assert done(await native.send("PUT", "/catalog?dry_run=true", catalog))["differences"] == []
    assert done(await native.send("PATCH", "/services/many", {"name": "More"}))["name"] == "More"


async def test_parts_take_no_more_together(native):
    done(await native.post("/services", service(roles=[role(count=26)])), 201)
    parts, span = [{"service": "many"}] * 2, {"from": at(0), "to": at(60)}
    refused(await native.post("/holds", wanted("many", "many")), 422, "field_invalid", field="parts")
    search = {"wants": [{"parts": parts}], **span}
    refused(await native.post("/slots/search", search), 422, "field_invalid", field="wants[0].parts")
    refused(await native.get("/slots?service=many,many"), 422, "field_invalid", field="service")
    refused(await native.get(f"/explain?service=many,many&starts_at={at(0)}"), 422, "field_invalid", field="service")


@pytest.mark.parametrize("roles", [[role(count=50)], [role(resources=["seats", "anna", "ben"], count=50)]])
async def test_the_most_that_is_allowed_costs_little_more_than_one(native, roles):
    """A month on a fine grid, and a look at one start; beside a service that takes one of the same."""
    done(await native.send("PATCH", "/resources/seats", {"capacity": 1000}))
    one = service(slug="one", roles=[{**roles[0], "count": 1}], grid_minutes=5)
    for each in (one, service(roles=roles, grid_minutes=5)):
        done(await native.post("/services", each), 201)
    end = (NINE.replace(year=2020, month=12, day=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
    for path in (f"/slots?from={at(0)}&to={end}", f"/explain?starts_at={at(0)}"):
        spent: dict[str, float] = {}
        for slug in ("one", "many"):
            began = process_time()
            done(await native.get(f"{path}&service={slug}"))
            spent[slug] = process_time() - began
        assert spent["many"] < 10 * spent["one"]


@pytest.mark.parametrize("far", FAR)
async def test_an_instant_beyond_all_calendars_is_a_field(native, far):
    visit = await native.book("cut")
    search = {"wants": [{"parts": [{"service": "cut"}]}], "from": at(0), "to": at(60)}
    refused(await native.post("/slots/search", search | {"from": far}), 422, "field_invalid", field="from")
    refused(await native.post("/slots/search", search | {"to": far}), 422, "field_invalid", field="to")
    for path in ("/holds", "/visits", f"/visits/{visit['id']}/move"):
        body = {"starts_at": far} if "move" in path else wanted() | {"starts_at": far}
        refused(await native.post(path, body), 422, "field_invalid", field="starts_at")
    clock = {"instant": far, "running": True}
    refused(await native.send("PUT", "/sandbox/clock", clock), 422, "field_invalid", field="instant")
    refused(await native.post("/branches/main/closures", {"from": far}), 422, "field_invalid", field="from")
    closed = {"branches": [{"branch": "main", "closures": [{"from": at(0), "to": far}]}]}
    refused(await native.post("/impact", closed), 422, "field_invalid", field="branches[0].closures[0].to")
    apply = {"stamp": "x", "choices": [{"visit": visit["id"], "fate": "move", "starts_at": far}]}
    refused(await native.post("/impact/apply", apply), 422, "field_invalid", field="choices[0].starts_at")


@pytest.mark.parametrize("far", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:00Z"])
async def test_a_closure_that_no_clock_can_show_is_never_kept(native, far):
    done(await native.send("PATCH", "/branches/main", {"time_zone": "Pacific/Kiritimati"}))
    refused(await native.post("/branches/main/closures", {"from": far}), 422, "field_invalid", field="from")
    done(await native.get("/catalog"))


async def test_no_name_means_the_id_of_nothing(native):
    """One resource has the id of zeros; a name that is a mistake is not it."""
    nothing = {"id": str(UUID(int=0)), "slug": "zero", "name": "Zero", "branch": "main"}
    done(await native.post("/resources", nothing), 201)
    refused(await native.send("DELETE", "/resources/typo"), 404, "resource_not_found")
    assert "retired" not in done(await native.get("/resources/zero"))


async def test_twenty_at_once_wait_for_each_other(native):
    new = [{"slug": f"branch-{number}", "name": "A branch", "time_zone": "Europe/Oslo"} for number in range(20)]
    answers = await asyncio.gather(*(native.post("/branches", each) for each in new))
    assert [answer.status_code for answer in answers] == [201] * 20
    assert len({answer.headers["etag"] for answer in answers}) == 20


async def test_a_stamp_stands_for_its_own_change(native):
    """Both close the same visit out; to look at one is not to have looked at the other."""
    visit = await native.book("colour", start=60)
    looked_at = {"branches": [{"branch": "main", "closures": [{"from": at(60), "to": at(120)}]}]}
    other = {"branches": [{"branch": "main", "closures": [{"from": at(60), "to": at(1200)}]}]}
    stamp = done(await native.post("/impact", looked_at))["stamp"]
    choices = {"stamp": stamp, "choices": [{"visit": visit["id"], "fate": "keep"}]}
    refused(await native.post("/impact/apply", other | choices), 409, "impact_moved")
    done(await native.post("/impact/apply", looked_at | choices))


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/branches", {"slug": "north", "name": "North", "time_zone": "Europe/Oslo"}),
        ("/branches/main/closures", {"from": at(60)}),
        ("/impact/apply", {"stamp": "x"}),
        ("/sandbox/reset", None),
        ("/keys", {"name": "another", "scopes": ["read"]}),
    ],
)
async def test_a_key_that_would_not_be_kept_is_refused(native, path, body):
    answer = await native.post(path, body, Idempotency_Key="a")
    refused(answer, 422, "field_invalid", field="Idempotency-Key")


async def test_a_question_passes_a_key_over(native):
    search = {"wants": [{"parts": [{"service": "cut"}]}], "from": at(0), "to": at(60)}
    done(await native.post("/slots/search", search, Idempotency_Key="a"))
    done(await native.post("/impact", {}, Idempotency_Key="a"))


async def test_the_first_part_is_the_start(native):
    gap = wanted()
    gap["parts"][0]["gap_minutes"] = 5
    refused(await native.post("/holds", gap), 422, "field_invalid", field="parts[0].gap_minutes")
    search = {"wants": [{"parts": gap["parts"]}], "from": at(0), "to": at(60)}
    refused(await native.post("/slots/search", search), 422, "field_invalid", field="wants[0].parts[0].gap_minutes")


@pytest.mark.parametrize("zone", ["localtime", "Factory", "posixrules", "Europe/Nowhere", "../UTC", "europe"])
async def test_a_time_zone_has_a_name(native, zone):
    new = {"slug": "north", "name": "North", "time_zone": zone}
    refused(await native.post("/branches", new), 422, "field_invalid", field="time_zone")


async def test_a_name_is_of_some_length(native):
    new = {"slug": "north", "name": "n" * 201, "time_zone": "Europe/Oslo"}
    refused(await native.post("/branches", new), 422, "field_invalid", field="name")
    done(await native.post("/branches", new | {"name": "n" * 200}), 201)


async def test_a_change_of_nothing_writes_nothing(native):
    visit = await native.book("cut", guests=[{"names": ["Ada"], "party_size": 1}])
    before = await native.get(f"/visits/{visit['id']}")
    for change in ({}, {"names": ["Ada"]}):
        answer = await native.send("PATCH", f"/visits/{visit['id']}", change)
        assert (done(answer), answer.headers["etag"]) == (done(before), before.headers["etag"])
    refused(await native.send("PATCH", f"/visits/{visit['id']}", {}, If_Match='"7"'), 412, "version_stale")
    assert await native.kinds(visit) == ["confirmed"]
    version = (await native.get("/catalog")).headers["etag"]
    assert (await native.send("PATCH", "/branches/main", {})).headers["etag"] == version


@pytest.mark.parametrize("path", ["/", "/v1/docs", "/v1/problems", "/v1/problems/slot_taken"])
async def test_a_page_says_what_it_understands(client: httpx.AsyncClient, path: str) -> None:
    asked = await client.request("OPTIONS", path)
    assert (asked.status_code, asked.headers["allow"], asked.content) == (204, "GET, HEAD, OPTIONS", b"")
    for method in ("POST", "DELETE"):
        answer = await client.request(method, path)
        refused(answer, 405, "method_unknown", allowed="GET, HEAD, OPTIONS")
        assert answer.headers["allow"] == "GET, HEAD, OPTIONS"
