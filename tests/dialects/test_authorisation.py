"""Every route of every dialect, asked by nobody, by strangers, by those who may not, and across tenants."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import uuid4  # noqa: TID251 - tests make identities too

import httpx
import pytest

from adapters import ADAPTERS
from appointed.core.caller import Scope
from appointed.dialects import DIALECTS
from appointed.usecases.context import Context
from appointed.wire.dialect import Dialect
from appointed.wire.route import Credential, Route
from authorisation_rows import Row, World
from ombori_client import accepted
from people import Person, new_colleague, new_owner

ROUTES = {f"{dialect.name}.{route.name}": (dialect, route) for dialect in DIALECTS for route in dialect.routes}

# What may be asked without a credential. This list may only become shorter.
OPEN = frozenset(
    {
        "ombori.listTimeslots",
        "ombori.listTimeSlots",
        "ombori.listBookingTimeslots",
        "ombori.createBooking",
        "qmatic.getToken",
    }
)
# What every key may ask, whatever its scopes. This list may only become shorter, too.
FOR_EVERY_KEY = frozenset({"native.read_me", "qmatic.getToken"})

WORLDS: Mapping[str, World] = {name: adapter.world for name, adapter in ADAPTERS.items()}
ROWS: Mapping[str, Row] = {
    f"{name}.{route}": row for name, world in WORLDS.items() for route, row in world.rows.items()
}


@dataclass(frozen=True)
class Asked:
    """One route with ids to put in its path."""

    http: httpx.AsyncClient
    dialect: Dialect
    route: Route
    row: Row
    world: World
    ids: Mapping[str, str]

    async def by(self, who: Person | str | None, /, **ids: str) -> httpx.Response:
        instead = {name: self.ids[other] for name, other in self.row.instead.items()}
        known = {**self.ids, **instead, **ids}
        path = self.dialect.mount + self.route.path.format(**self.row.path, **known) + self.row.query
        # An id of its own would tell one answer from another.
        headers = {"X-Request-Id": "asked"} | ({} if who is None else await self.world.credential(self.http, who))
        return await self.http.request(self.route.method, path, content=self.row.content(known), headers=headers)


@pytest.fixture(params=ROUTES)
async def asked(request: pytest.FixtureRequest, client: httpx.AsyncClient, context: Context, alice: Person) -> Asked:
    """A route with ids of what is Alice's."""
    dialect, route = ROUTES[request.param]
    world = WORLDS[dialect.name]
    return Asked(client, dialect, route, ROWS[request.param], world, await world.ids(client, context, alice))


def told(response: httpx.Response) -> tuple[object, ...]:
    """All that an answer tells, but how long it took."""
    headers = sorted(pair for pair in response.headers.multi_items() if pair[0] != "server-timing")
    return response.status_code, headers, response.content


def assert_refused(asked: Asked, response: httpx.Response, code: str) -> None:
    """The refusal has the status and the code of its row in the dialect's table."""
    row = next(row for kind, row in asked.dialect.errors.items() if kind.code == code)
    assert response.status_code == row.status
    assert str(row.code) in response.text


def test_every_route_has_a_row_and_every_row_a_route():
    assert set(ROWS) == set(ROUTES)
    for name, row in ROWS.items():
        assert {*row.ids, *row.path} == set(ROUTES[name][1].path_parameters), name


def test_what_is_open_is_listed_and_what_is_listed_is_open():
    assert {name for name, (_, route) in ROUTES.items() if route.credential is not Credential.REQUIRED} == OPEN


async def test_with_the_right_key_it_is_answered(asked, alice):
    accepted(await asked.by(alice), asked.row.success)


async def test_without_a_credential_it_is_refused_unless_it_is_open(asked):
    response = await asked.by(None)
    if asked.route.credential is Credential.REQUIRED:
        assert response.status_code == 401
        assert_refused(asked, response, "credential_missing")
    else:
        accepted(response, asked.row.success)


async def test_with_an_unknown_credential_it_is_refused(asked):
    if asked.route.credential is Credential.NONE:
        return
    response = await asked.by("nobody's")
    assert response.status_code == 401
    assert_refused(asked, response, "credential_unknown")


async def test_without_its_scope_it_is_refused(asked, context, alice):
    if asked.route.scope is None:
        assert f"{asked.dialect.name}.{asked.route.name}" in FOR_EVERY_KEY
        return
    enough = frozenset({asked.route.scope, *asked.route.other_scopes})
    others = frozenset(Scope) - enough
    for scopes in (others, frozenset[Scope]()):
        colleague = await new_colleague(context, alice.tenant, scopes=scopes)
        response = await asked.by(colleague)
        assert response.status_code == 403
        assert_refused(asked, response, "scope_missing")
    sufficient = await new_colleague(context, alice.tenant, scopes=enough)
    accepted(await asked.by(sufficient), asked.row.success)


async def test_across_tenants_what_exists_looks_like_what_does_not(asked, context, charlie):
    """Any of Alice's ids among Charlie's own is answered to the byte like an id that nobody has."""
    stranger = await new_owner(context)
    own = {name: value for name, value in (await asked.world.own(context, charlie)).items() if name in asked.row.ids}
    for name in asked.row.ids:
        kept = {other: value for other, value in own.items() if other != name}
        foreign = await asked.by(charlie, **kept)
        unknown = await asked.by(charlie, **{**kept, name: str(uuid4())})
        assert foreign.status_code in (403, 404)
        assert told(foreign) == told(unknown)
    if not asked.row.ids:
        return
    everything_random = await asked.by(charlie, **{name: str(uuid4()) for name in asked.row.ids})
    for who in (charlie, stranger):
        assert told(await asked.by(who)) == told(everything_random)


async def test_a_foreign_key_changes_nothing(asked, context, alice, charlie):
    async def rows() -> list[object]:
        async with context.pool.transaction(alice.tenant) as tx:
            return [await tx.fetch(f"SELECT * FROM {table} ORDER BY 1, 2") for table in ("visit", "claim")]

    before = await rows()
    await asked.by(charlie)
    await asked.by("nobody's")
    assert await rows() == before
