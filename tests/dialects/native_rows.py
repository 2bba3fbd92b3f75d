"""How each route of our own API is asked by the authorisation test."""

import json
from collections.abc import Callable
from typing import Any

import httpx

from appointed.usecases.context import Context
from authorisation_rows import Ids, Row, World
from people import Person, new_colleague, new_queue

SLUG = "advice"
SLOT = "2020-11-30T15:00:00Z"
NEXT_SLOT = "2020-11-30T15:05:00Z"


async def ids(http: httpx.AsyncClient, context: Context, person: Person) -> Ids:
    """A service, a visit that is held, one that is booked, a group of held ones, a key and a customer."""
    known = dict(await own(context, person))

    async def taken(path: str, guests: int) -> Any:
        answer = await http.post(path, content=booking(known, guests), headers=_headers(person.key))
        assert answer.status_code == 201, answer.text
        return answer.json()

    known["visit"] = (await taken("/v1/holds", 1))["visits"][0]["id"]
    known["booked"] = (await taken("/v1/visits", 1))["visits"][0]["id"]
    known["group"] = (await taken("/v1/holds", 2))["group_id"]
    known["key"] = str((await new_colleague(context, person.tenant)).caller.credential)
    customer = await http.post("/v1/customers", content=CUSTOMER, headers=_headers(person.key))
    known["customer"] = customer.json()["id"]
    whose = json.dumps({"customer_id": known["customer"]}).encode()
    named = await http.put(f"/v1/visits/{known['booked']}/customer", content=whose, headers=_headers(person.key))
    assert named.status_code == 204, named.text
    for path in ("branches", "services", "resources"):
        closure = f"/v1/{path}/{known[path.removesuffix('es') if path == 'branches' else path[:-1]]}/closures"
        closed = await http.post(closure, content=CLOSURE, headers=_headers(person.key))
        assert closed.status_code == 201, closed.text
    group = await http.post("/v1/service-groups", content=GROUP, headers=_headers(person.key))
    known["service_group"] = group.json()["id"]
    switched = await http.patch("/v1/options", content=b'{"combinations": true}', headers=_headers(person.key))
    assert switched.status_code == 200, switched.text
    shown = await http.post("/v1/impact", content=b"{}", headers=_headers(person.key))
    known["stamp"] = shown.json()["stamp"]
    return known


async def own(context: Context, person: Person) -> Ids:
    """A service, its branch and its resource."""
    service = await new_queue(context, person, capacity=9, slug=SLUG)
    return {
        "service": str(service.id),
        "branch": str(service.branch_id),
        "resource": str(service.roles[0].resource_ids[0]),
    }


def booking(ids: Ids, guests: int = 1) -> bytes:
    """The body of a hold."""
    parts = [{"service": ids["service"], "guest": guest} for guest in range(guests)]
    return json.dumps({"parts": parts, "starts_at": SLOT, "guests": [{}] * guests}).encode()


def search(ids: Ids) -> bytes:
    """The body of a search."""
    span = {"from": "2020-11-30T15:00:00Z", "to": "2020-11-30T16:00:00Z"}
    return json.dumps({"wants": [{"parts": [{"service": ids["service"]}]}], **span}).encode()


def _headers(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def _catalogue() -> dict[str, Row]:
    """Each kind of thing in the catalogue; by force where visits stand in the way."""
    force = "?force=true"
    rows = {
        "read_catalog": Row(),
        "apply_catalog": Row(body=b"{}", query="?dry_run=true"),
        "read_options": Row(),
        "change_options": Row(body=b'{"combinations": true}'),
        "list_combinations": Row(("branch",)),
        "preview_impact": Row(body=b"{}"),
        "apply_impact": Row(body=lambda ids: json.dumps({"stamp": ids["stamp"]}).encode()),
        "read_sandbox_clock": Row(),
        "set_sandbox_clock": Row(body=b'{"running": false}'),
        "reset_sandbox": Row(body=b"{}"),
    }
    new: dict[str, dict[str, Any]] = {
        "branch": {"time_zone": "UTC"},
        "resource": {"branch": "branch"},
        "service": {"branch": "branch", "duration_minutes": 5},
        "service_group": {},
    }
    for one, fields in new.items():
        many = "branches" if one == "branch" else f"{one}s"
        rows[f"list_{many}"] = Row()
        rows[f"read_{one}"] = Row((one,))
        rows[f"create_{one}"] = Row(body=_new(one, fields), success=201)
        rows[f"change_{one}"] = Row((one,), body=b'{"name": "another"}')
        rows[f"retire_{one}"] = Row((one,), query=force, success=204)
        if one != "service_group":
            rows[f"close_{one}"] = Row((one,), body=b'{"from": "2031-01-01", "to": "2031-01-02"}', success=201)
            rows[f"open_{one}"] = Row((one,), path={"starts_at": "2030-01-01T00:00:00Z"}, success=204)
    return rows


def _new(one: str, fields: dict[str, Any]) -> Callable[[Ids], bytes]:
    return lambda ids: json.dumps(
        {"slug": "new", "name": one, **{key: ids.get(str(value), value) for key, value in fields.items()}}
    ).encode()


VISIT = ("visit",)
CLOSURE = b'{"from": "2030-01-01T00:00:00Z", "to": "2030-01-02T00:00:00Z"}'
GROUP = b'{"slug": "all", "name": "All"}'
CUSTOMER = b'{"family_name": "Doe"}'

WORLD = World(
    rows={
        "read_me": Row(),
        "list_keys": Row(),
        "create_key": Row(body=b'{"name": "a website", "scopes": ["administer"]}', success=201),
        "revoke_key": Row(("key",), success=204),
        "list_customers": Row(),
        "create_customer": Row(body=CUSTOMER, success=201),
        "read_customer": Row(("customer",)),
        "change_customer": Row(("customer",), body=CUSTOMER),
        "export_customer": Row(("customer",)),
        "erase_customer": Row(("customer",)),
        "name_customer": Row(VISIT, body=b'{"customer_id": null}', success=204),
        "list_audit_events": Row(),
        "list_slots": Row(query=f"?service={SLUG}"),
        "search_slots": Row(body=search),
        "find_next_slots": Row(query=f"?service={SLUG}"),
        "explain_start": Row(query=f"?service={SLUG}&starts_at={SLOT}"),
        "create_hold": Row(body=booking, success=201),
        "create_visit": Row(body=booking, success=201),
        "confirm_group": Row(("group",)),
        "list_visits": Row(),
        "read_visit": Row(VISIT),
        "change_visit": Row(VISIT, body=b'{"party_size": 2}'),
        "list_visit_events": Row(VISIT),
        "confirm_visit": Row(VISIT),
        "extend_visit": Row(VISIT, body=b"{}"),
        "release_visit": Row(VISIT),
        "cancel_visit": Row(VISIT, instead={"visit": "booked"}),
        **_catalogue(),
        "move_visit": Row(VISIT, body=json.dumps({"starts_at": NEXT_SLOT}).encode()),
    },
    headers=_headers,
    ids=ids,
    own=own,
)
