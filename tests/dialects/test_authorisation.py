"""Every route of every dialect, asked by nobody, by strangers, by those who may not, and across tenants."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from uuid import uuid4  # noqa: TID251 - tests make identities too

import httpx
import pytest

from appointed.core.caller import Scope
from appointed.dialects import DIALECTS
from appointed.usecases.context import Context
from appointed.wire.dialect import Dialect
from appointed.wire.route import Credential, Route
from ombori_client import DOCUMENTED_REQUEST, Ombori, accepted
from people import Person, new_colleague, new_owner, new_queue

ROUTES = {f"{dialect.name}.{route.name}": (dialect, route) for dialect in DIALECTS for route in dialect.routes}

# What may be asked without a credential. This list may only become shorter.
OPEN = frozenset(
    {
        "ombori.listTimeslots",
        "ombori.listTimeSlots",
        "ombori.listBookingTimeslots",
        "ombori.createBooking",
    }
)

RESERVATION = ("organizationId", "queueId", "reservationId")
POSITION = ("organizationId", "queueId", "positionId")


@dataclass(frozen=True)
class Row:
    """How to ask a route so that nothing but its caller can be wrong. `ids` names the ids in its path."""

    ids: tuple[str, ...] = ("organizationId", "queueId")
    body: bytes | None = None
    success: int = 200
    path: Mapping[str, str] = field(default_factory=lambda: {"region": "eu"})


ROWS: Mapping[str, Row] = {
    "ombori.listTimeslots": Row(),
    "ombori.listTimeSlots": Row(),
    "ombori.listBookingTimeslots": Row(),
    "ombori.createReservation": Row(body=DOCUMENTED_REQUEST, success=201),
    "ombori.updateReservation": Row(RESERVATION, body=b'{"numberOfPeople": 2}'),
    "ombori.confirmReservation": Row(RESERVATION),
    "ombori.createBooking": Row(body=DOCUMENTED_REQUEST, success=201),
    "ombori.getPosition": Row(POSITION),
    "ombori.cancelPosition": Row(POSITION),
}
KEY_HEADERS: Mapping[str, Callable[[str], dict[str, str]]] = {"ombori": lambda key: {"ApiKey": key}}


@dataclass(frozen=True)
class Asked:
    """One route with ids to put in its path."""

    http: httpx.AsyncClient
    dialect: Dialect
    route: Route
    row: Row
    ids: Mapping[str, str]

    async def by(self, key: str | None, **ids: str) -> httpx.Response:
        path = self.dialect.mount + self.route.path.format(**self.row.path, **{**self.ids, **ids})
        headers = {} if key is None else KEY_HEADERS[self.dialect.name](key)
        return await self.http.request(self.route.method, path, content=self.row.body, headers=headers)


@pytest.fixture(params=ROUTES)
async def asked(request: pytest.FixtureRequest, client: httpx.AsyncClient, context: Context, alice: Person) -> Asked:
    """A route with the ids of Alice's queue and of a reservation of hers."""
    ombori = Ombori(client, context, alice, await new_queue(context, alice, capacity=9))
    visit = accepted(await ombori.reserve(), 201)["id"]
    ids = {"organizationId": str(alice.tenant), "queueId": str(ombori.queue.id)}
    ids |= {"reservationId": visit, "positionId": visit}
    return Asked(client, *ROUTES[request.param], ROWS[request.param], ids)


def told(response: httpx.Response) -> tuple[object, ...]:
    """All that an answer tells, but the id of the request."""
    headers = sorted(pair for pair in response.headers.multi_items() if pair[0] != "x-request-id")
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
    accepted(await asked.by(alice.key), asked.row.success)


async def test_without_a_credential_it_is_refused_unless_it_is_open(asked):
    response = await asked.by(None)
    if asked.route.credential is Credential.REQUIRED:
        assert response.status_code == 401
        assert_refused(asked, response, "credential_missing")
    else:
        accepted(response, asked.row.success)


async def test_with_an_unknown_credential_it_is_refused(asked):
    response = await asked.by("nobody's")
    assert response.status_code == 401
    assert_refused(asked, response, "credential_unknown")


async def test_without_its_scope_it_is_refused(asked, context, alice):
    assert asked.route.scope is not None
    others = frozenset(Scope) - {asked.route.scope}
    for scopes in (others, frozenset[Scope]()):
        colleague = await new_colleague(context, alice.tenant, scopes=scopes)
        response = await asked.by(colleague.key)
        assert response.status_code == 403
        assert_refused(asked, response, "scope_missing")
    sufficient = await new_colleague(context, alice.tenant, scopes=frozenset({asked.route.scope}))
    accepted(await asked.by(sufficient.key), asked.row.success)


async def test_across_tenants_what_exists_looks_like_what_does_not(asked, context, charlie):
    """Any of Alice's ids among Charlie's own is answered to the byte like an id that nobody has."""
    stranger = await new_owner(context)
    queue = await new_queue(context, charlie)
    own = {"organizationId": str(charlie.tenant), "queueId": str(queue.id)}
    for name in asked.row.ids:
        kept = {other: own[other] for other in asked.row.ids if other in own and other != name}
        foreign = await asked.by(charlie.key, **kept)
        unknown = await asked.by(charlie.key, **{**kept, name: str(uuid4())})
        assert foreign.status_code in (403, 404)
        assert told(foreign) == told(unknown)
    everything_random = await asked.by(charlie.key, **{name: str(uuid4()) for name in asked.row.ids})
    for key in (charlie.key, stranger.key):
        assert told(await asked.by(key)) == told(everything_random)


async def test_a_foreign_key_changes_nothing(asked, context, alice, charlie):
    async def rows() -> list[object]:
        async with context.pool.transaction(alice.tenant) as tx:
            return [await tx.fetch(f"SELECT * FROM {table} ORDER BY 1, 2") for table in ("visit", "claim")]

    before = await rows()
    await asked.by(charlie.key)
    await asked.by("nobody's")
    assert await rows() == before
