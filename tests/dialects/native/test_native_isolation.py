"""Whatever of another tenant is named, and wherever: the answer is that for what nobody has, to the byte."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import uuid4  # noqa: TID251 - tests make identities too

import httpx
import pytest
import pytest_asyncio

import native_rows
from appointed.dialects.native.dialect import NATIVE
from appointed.usecases.context import Context
from appointed.wire.openapi import document
from authorisation_rows import Row
from native_rows import WORLD
from people import Person, new_owner
from positions import Position, positions

POSITIONS = {str(each): each for each in positions(document(NATIVE))}
ROUTES = {route.name: route for route in NATIVE.routes}
ASKED = [(name, takes) for name, each in POSITIONS.items() for takes in each.takes]
# An export is an event, and would be in the lists when they are read again.
ANSWERED = [name for name, route in ROUTES.items() if route.method == "GET" and name != "export_customer"]

# What stands around a position, where the body that a route is asked with does not have it yet.
AROUND: Mapping[str, Mapping[str, Any]] = {
    "relations[]": {"kind": "parent"},
    "choices[]": {"fate": "keep"},
    "parts[].preferences[]": {"role": 0},
    "preferences[]": {"role": 0},
}
# Where one's own is answered like what nobody has: oneself, and a visit that the change does not hit.
PASSED_OVER = {"change_customer.body.relations[].to", "apply_impact.body.choices[].visit"}
PATHS = {"branch": "branches", "resource": "resources", "service": "services", "service_group": "service-groups"}
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
STAMP = re.compile(r'"stamp":"[0-9a-f]{32}"')


@dataclass(frozen=True)
class Asker:
    """Somebody with a world of their own, and what it has."""

    http: httpx.AsyncClient
    person: Person
    ids: Mapping[str, str]

    async def send(self, method: str, path: str, content: bytes | None = None) -> httpx.Response:
        headers = {**WORLD.headers(self.person.key), "X-Request-Id": "asked"}
        return await self.http.request(method, path, content=content, headers=headers)

    async def ask(self, position: Position, value: str) -> httpx.Response:
        """Ask the route of a position as it is asked best, but with this value there."""
        route, row = ROUTES[position.operation], WORLD.rows[position.operation]
        known = dict(self.ids) | {name: self.ids[other] for name, other in row.instead.items()}
        if position.where == "path":
            known[position.path] = value
        query = dict(parse_qsl(row.query.removeprefix("?")))
        if position.where == "query":
            query = {**({"service": native_rows.SLUG} if position.path == "resource" else {}), **query}
            query[position.path] = value
        content = row.content(known)
        if position.where == "body":
            around = _around(row, known, position)
            if position.operation == "apply_catalog":
                # Its references are to what the file itself has.
                around = (await self.send("GET", "/v1/catalog")).json()
            content = json.dumps(_with(around, position.path, value)).encode()
        path = route.path.format(**row.path, **known) + (f"?{urlencode(query)}" if query else "")
        return await self.send(route.method, path, content)


def _around(row: Row, known: Mapping[str, str], position: Position) -> Any:
    body = json.loads(row.content(known) or b"{}")
    if position.operation in ("preview_impact", "apply_impact"):
        # Here a list holds edits of what is there, not the things themselves.
        for words, kind in (("branches", "branch"), ("services", "service"), ("resources", "resource")):
            if position.path.startswith(words):
                body[words] = [{kind: known[kind]}]
    return body


def _with(body: Any, path: str, value: str, done: str = "") -> Any:
    """The body with a value at a path; what the path leads through and is not there is made."""
    name, _, rest = path.partition(".")
    inside = name.endswith("[]")
    name = name.removesuffix("[]")
    here = f"{done}.{name}".lstrip(".") + ("[]" if inside else "")
    if not rest:
        return {**body, name: [value] if inside else value}
    found = body.get(name)
    inner = (found or [None])[0] if inside else found
    if inner is None:
        inner = next((dict(made) for ending, made in AROUND.items() if here.endswith(ending)), {})
    inner = _with(inner, rest, value, here)
    return {**body, name: [inner] if inside else inner}


async def new_asker(client: httpx.AsyncClient, context: Context) -> Asker:
    """Somebody new who has one of everything."""
    person = await new_owner(context)
    return Asker(client, person, await WORLD.ids(client, context, person))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def owner(client: httpx.AsyncClient, context: Context) -> Asker:
    """Charlie, for what changes nothing."""
    return await new_asker(client, context)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def theirs(client: httpx.AsyncClient, context: Context) -> Mapping[tuple[str, str], str]:
    """What Alice has, ids and slugs by what they name."""
    alice = await new_owner(context)
    ids = dict(await WORLD.ids(client, context, alice))
    found = {(kind, "id"): value for kind, value in ids.items()}
    found["tenant", "id"] = str(alice.tenant)
    asker = Asker(client, alice, ids)
    for kind, path in PATHS.items():
        slug = found[kind, "slug"] = f"theirs-{uuid4().hex[:8]}"
        named = await asker.send("PATCH", f"/v1/{path}/{ids[kind]}", json.dumps({"slug": slug}).encode())
        assert named.status_code == 200, named.text
    async with context.pool.transaction(alice.tenant) as tx:
        found["tenant", "slug"] = f"theirs-{uuid4().hex[:8]}"
        await tx.execute("UPDATE tenant SET slug = $2 WHERE tenant_id = $1", alice.tenant, found["tenant", "slug"])
    return found


def told(response: httpx.Response, value: str) -> tuple[object, ...]:
    """All that an answer tells, but how long it took and the value that it was asked with."""
    headers = sorted((name, text.replace(value, "<it>")) for name, text in response.headers.multi_items())
    told_headers = [pair for pair in headers if pair[0] != "server-timing"]
    return response.status_code, told_headers, response.content.replace(value.encode(), b"<it>")


def shape(response: httpx.Response, value: str) -> tuple[object, ...]:
    """The same but for ids, which differ from world to world, and for the order that follows from them."""
    status, headers, content = told(response, value)
    # A stamp stands for the whole change that was looked at, the value included.
    text = STAMP.sub('"stamp":"<stamp>"', UUID.sub("<id>", content.decode()))
    return status, [pair for pair in headers if pair[0] != "content-length"], sorted(re.split(r"[{}]", text))


def test_every_position_is_of_a_kind_and_the_table_of_what_is_around_says_enough():
    assert [name for name, each in POSITIONS.items() if not each.kind] == []
    paths = {(each.operation, each.path) for each in POSITIONS.values() if each.where == "path"}
    expected = {(name, one) for name, route in ROUTES.items() for one in route.path_parameters if one != "starts_at"}
    assert paths == expected
    assert len(POSITIONS) > 80


@pytest.mark.parametrize(("name", "takes"), ASKED)
async def test_what_is_anothers_is_answered_like_what_nobody_has(name, takes, owner, theirs, client, context):
    """First what nobody has, then what Alice has; a name for something new in two worlds that are alike."""
    position = POSITIONS[name]
    foreign = theirs[position.kind, takes]
    unknown = str(uuid4()) if takes == "id" else f"nobody-{uuid4().hex[:8]}"
    assert len(unknown) == len(foreign)
    if position.names_itself:
        dry = "dry_run" in WORLD.rows[position.operation].query
        askers = (owner, owner) if dry else [await new_asker(client, context) for _ in range(2)]
        first, second = await askers[0].ask(position, unknown), await askers[1].ask(position, foreign)
        assert shape(second, foreign) == shape(first, unknown)
    else:
        first = await owner.ask(position, unknown)
        assert told(await owner.ask(position, foreign), foreign) == told(first, unknown)
    assert first.status_code < 500


async def test_the_value_at_a_position_is_looked_at(owner, client, context):
    """With what is their own, the same requests are answered otherwise; else the test before would prove nothing."""
    same = []
    for position in POSITIONS.values():
        if position.names_itself or str(position) in PASSED_OVER:
            continue
        asker = owner if ROUTES[position.operation].method == "GET" else await new_asker(client, context)
        unknown = str(uuid4())
        first = await asker.ask(position, unknown)
        own = asker.ids[WORLD.rows[position.operation].instead.get(position.kind, position.kind)]
        if shape(await asker.ask(position, own), own) == shape(first, unknown):
            same.append(f"{position} {first.status_code} {first.text}")
    assert not same, "\n".join(same)


def _next(answer: httpx.Response) -> str | None:
    """The cursor of the page after this one."""
    page = answer.json()
    return page["next"] if "next" in page else page["next_cursor"]


async def everything(asker: Asker) -> list[object]:
    """Every answer that a GET has, lists from their first page to their last one by one."""
    found: list[object] = []
    for name in ANSWERED:
        route, row = ROUTES[name], WORLD.rows[name]
        known = dict(asker.ids)
        query = dict(parse_qsl(row.query.removeprefix("?")))
        if "limit" in {parameter.name for parameter in route.parameters}:
            query["limit"] = "1"
        for _ in range(50):
            path = route.path.format(**row.path, **known) + (f"?{urlencode(query)}" if query else "")
            answer = await asker.send("GET", path)
            assert answer.status_code == 200, answer.text
            found.append((name, told(answer, "<none>")))
            following = _next(answer) if "limit" in query else None
            if following is None:
                break
            query["cursor"] = following
    return found


async def test_what_another_has_changes_no_list_and_no_count(client, context):
    """Before and after somebody else has the same: services, slots, visits at the same times, customers, keys."""
    owner = await new_asker(client, context)
    for guests in (1, 2):
        booked = await owner.send("POST", "/v1/visits", native_rows.booking(owner.ids, guests))
        assert booked.status_code == 201
    await owner.send("POST", "/v1/customers", b'{"family_name": "Roe"}')
    before = await everything(owner)
    asked = [name for name, _ in before]
    assert asked.count("list_visits") > 4
    assert min(asked.count(name) for name in ("list_customers", "list_audit_events")) > 1
    twin = await new_asker(client, context)
    for guests in (1, 2, 3):
        await twin.send("POST", "/v1/visits", native_rows.booking(twin.ids, guests))
    await twin.send("POST", "/v1/customers", b'{"family_name": "Doe"}')
    assert await everything(owner) == before
