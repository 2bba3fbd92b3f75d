"""A client of our own API, and a salon to speak of."""

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import httpx

from appointed.core.catalog import Branch, Catalog, Resource, Role, Service
from appointed.core.language import Text, Translation
from appointed.core.questions import Question
from appointed.store import catalog as store
from appointed.usecases.context import Context
from people import MORNING, Person, exclusive_resource, new_branch, new_service, pool_resource, set_clock

MINUTE = timedelta(minutes=1)
# An hour after the clock of the sandbox.
NINE = MORNING + 60 * MINUTE


def at(minutes: int) -> str:
    """So many minutes past nine, as our own API writes it."""
    return (NINE + minutes * MINUTE).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True)
class Salon:
    """Anna and Ben cut for half an hour, Anna colours for an hour; ten seats are counted by slot. All in Warsaw."""

    branch: Branch
    anna: Resource
    ben: Resource
    seats: Resource
    cut: Service
    colour: Service
    seat: Service


def new_salon() -> Salon:
    """A salon with a slug for everything."""
    branch = new_branch(slug="main", name="Main Street")
    anna, ben = (
        replace(exclusive_resource(branch.id), name=name, slug=name.lower(), traits=frozenset({trait}))
        for name, trait in (("Anna", "senior"), ("Ben", "junior"))
    )
    seats = pool_resource(branch.id, 10, slug="seats")
    half, hour = 30 * MINUTE, 60 * MINUTE
    either, only_anna = Role((anna.id, ben.id)), Role((anna.id,))
    return Salon(
        branch=branch,
        anna=anna,
        ben=ben,
        seats=seats,
        cut=new_service(branch, slug="cut", duration=half, grid=half, roles=(either,), customer_daily_limit=5),
        colour=new_service(branch, slug="colour", duration=hour, grid=half, roles=(only_anna,), party_limit=2),
        seat=new_service(branch, seats, slug="seat", duration=half, grid=half),
    )


@dataclass(frozen=True)
class Native:
    """Somebody with a key to a salon."""

    http: httpx.AsyncClient
    context: Context
    person: Person
    salon: Salon

    def by(self, person: Person) -> "Native":
        return replace(self, person=person)

    async def open(self) -> None:
        """Put the salon into the catalogue."""
        salon = self.salon
        services = (salon.cut, salon.colour, salon.seat)
        resources = (salon.anna, salon.ben, salon.seats)
        catalog = Catalog(
            0,
            {salon.branch.id: salon.branch},
            {each.id: each for each in services},
            {each.id: each for each in resources},
        )
        async with self.context.pool.transaction(self.person.tenant) as tx:
            await store.put(tx, self.person.tenant, catalog, MORNING)

    async def ask_why(self, **changes: Any) -> None:
        """From now on whoever wants a cut is asked why, in two languages, and which colour."""
        why = Question(Text("Why?", (Translation("nl", "Waarom?"),)), required=True)
        cut = replace(self.salon.cut, questions=(why, Question(Text("Colour?"))), **changes)
        async with self.context.pool.transaction(self.person.tenant) as tx:
            await store.put(tx, self.person.tenant, Catalog(0, {}, {cut.id: cut}, {}), MORNING)

    async def send(self, method: str, path: str, body: object = None, **headers: str) -> httpx.Response:
        """Send a request beneath /v1: bytes as they are, anything else as JSON, and None as no body."""
        given = {"Authorization": f"Bearer {self.person.key}", "X-Request-Id": "asked"}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        return await self.http.request(method, f"/v1{path}", content=content, headers=given)

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self.send("GET", path, **headers)

    async def post(self, path: str, body: object = None, **headers: str) -> httpx.Response:
        return await self.send("POST", path, body, **headers)

    async def hold(self, *services: str, start: int = 0, **changes: Any) -> Any:
        """A visit that is held."""
        (visit,) = done(await self.post("/holds", wanted(*services, start=start, **changes)), 201)["visits"]
        return visit

    async def book(self, *services: str, start: int = 0, **changes: Any) -> Any:
        """A visit that is confirmed."""
        (visit,) = done(await self.post("/visits", wanted(*services, start=start, **changes)), 201)["visits"]
        return visit

    async def visit(self, visit: Any) -> Any:
        """A visit as it is now."""
        return done(await self.get(f"/visits/{visit['id']}"))

    async def slots(self, query: str) -> list[str]:
        """The starts on offer, in UTC."""
        return [slot["starts_at"] for slot in done(await self.get(f"/slots?{query}"))["slots"]]

    async def kinds(self, visit: Any) -> list[str]:
        """What happened to a visit."""
        events = done(await self.get(f"/visits/{visit['id']}/events"))["events"]
        return [event["kind"] for event in events]

    async def later(self, past: timedelta) -> None:
        """Put the clock so far past the morning."""
        await set_clock(self.context, self.person, MORNING + past)

    async def rows(self, table: str) -> int:
        """How many rows the tenant has in a table."""
        async with self.context.pool.transaction(self.person.tenant) as tx:
            return await tx.fetchval(f"SELECT count(*) FROM {table}")


def wanted(*services: str, start: int = 0, **changes: Any) -> dict[str, Any]:
    """A body that wants services in order, for one guest."""
    return {"parts": [{"service": each} for each in services or ("cut",)], "starts_at": at(start), **changes}


def done(response: httpx.Response, status: int = 200) -> Any:
    """The body of a success."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    return response.json()


def refused(response: httpx.Response, status: int, code: str, **facts: object) -> Any:
    """The problem of a refusal, whose shape is always the same."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert (
        {"type", "title", "status", "code", "request_id"}
        <= set(problem)
        <= {
            "type",
            "title",
            "status",
            "code",
            "request_id",
            "facts",
        }
    )
    assert problem["code"] == code, problem
    assert problem["title"]
    assert "{" not in problem["title"]
    assert facts.items() <= problem.get("facts", {}).items(), problem
    return problem


def later_than(instant: str, seconds: int) -> str:
    """The instant so many seconds after another."""
    return (datetime.fromisoformat(instant) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
