"""A client of Ombori's interface, and what its document shows."""

import copy
import json
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from appointed.core.catalog import Service
from appointed.core.ids import ServiceId
from appointed.usecases.context import Context
from exchanges import without_trailing_commas
from people import Person

EXCHANGES = Path(__file__).parent / "ombori/exchanges"
DOCUMENTED_REQUEST = (EXCHANGES / "create-reservation.request.json").read_bytes()
DOCUMENTED_RESPONSE = (EXCHANGES / "create-reservation.response.json").read_bytes()
DOCUMENTED_QUEUE = ServiceId(UUID("64aa8a7f-a616-44e8-806a-165e08d91192"))
COUNTED = ("visit", "item", "claim", "event", "idempotency")


def changed(path: str, value: object = ..., body: Any = None) -> Any:
    """The documented body, or `body`, with another value at a path such as `booking.start`; without it for `...`."""
    body = without_trailing_commas(DOCUMENTED_REQUEST) if body is None else copy.deepcopy(body)
    *parents, last = path.split(".")
    owner = body
    for key in parents:
        owner = owner.setdefault(key, {})
    if value is ...:
        del owner[last]
    else:
        owner[last] = value
    return body


def booked(start: str, end: str) -> Any:
    """The documented body for another slot."""
    return changed("booking", {"start": start, "end": end})


@dataclass(frozen=True)
class Ombori:
    """Somebody with a key at a queue. The key goes along unless `key` is empty."""

    http: httpx.AsyncClient
    context: Context
    person: Person
    queue: Service
    key: str | None = None

    @property
    def path(self) -> str:
        return f"/ombori/regions/eu/queues/v1/organizations/{self.person.tenant}/queues/{self.queue.id}"

    def with_key(self, key: str) -> "Ombori":
        return replace(self, key=key)

    async def send(self, method: str, path: str, body: object = None, **headers: str) -> httpx.Response:
        """Send a request beneath the queue: bytes as they are, anything else as JSON, and None as no body."""
        key = self.person.key if self.key is None else self.key
        given = {"ApiKey": key} if key else {}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None:
            given.setdefault("Content-Type", "application/json")
        content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        return await self.http.request(method, self.path + path, content=content, headers=given)

    async def reserve(self, body: object = DOCUMENTED_REQUEST, **headers: str) -> httpx.Response:
        return await self.send("POST", "/reservations", body, **headers)

    async def book(self, body: object = DOCUMENTED_REQUEST, **headers: str) -> httpx.Response:
        return await self.send("POST", "/bookings", body, **headers)

    async def confirm(self, position: str, **headers: str) -> httpx.Response:
        return await self.send("POST", f"/reservations/{position}/confirm", **headers)

    async def update(self, position: str, body: object) -> httpx.Response:
        return await self.send("PATCH", f"/reservations/{position}", body)

    async def cancel(self, position: str) -> httpx.Response:
        return await self.send("PUT", f"/positions/{position}/cancel-position")

    async def position(self, position: str) -> Any:
        """A position as staff see it."""
        return accepted(await self.send("GET", f"/positions/{position}"))

    async def slots(self, query: str = "date=2020-11-30") -> Any:
        """The slots with a place left, by start."""
        offered = accepted(await self.send("GET", f"/timeslots?{query}"))
        return {slot["start"]: slot for slot in offered}

    async def rows(self) -> dict[str, int]:
        """How many rows the tenant has in each table that a visit is written to."""
        async with self.context.pool.transaction(self.person.tenant) as tx:
            return {table: await tx.fetchval(f"SELECT count(*) FROM {table}") for table in COUNTED}

    async def sweep(self, now: datetime) -> int:
        """Tidy up the tenant's lapsed holds, as a worker would, and tell how many there were."""
        return await self.context.pool.call("SELECT lapse($1, $2, 1000)", self.person.tenant, now)


def accepted(response: httpx.Response, status: int = 200) -> Any:
    """The body of a success."""
    assert response.status_code == status, response.text
    if status == 204:
        return None
    assert response.headers["content-type"] == "application/json"
    return response.json()


def refused(
    response: httpx.Response, status: int | None = None, code: str | None = None, field: str | None = None
) -> Any:
    """The error of a refusal, whose shape is always the same."""
    assert 400 <= response.status_code < 500, response.text
    assert response.headers["content-type"] == "application/json"
    assert set(response.json()) == {"error"}
    error = response.json()["error"]
    assert set(error) == {"code", "message", "details"}
    assert isinstance(error["code"], str)
    assert isinstance(error["message"], str)
    assert error["code"]
    assert error["message"]
    if error["code"] in ("field_invalid", "field_missing"):
        assert error["details"]["field"]
    assert status in (None, response.status_code), response.text
    assert code in (None, error["code"]), response.text
    assert field in (None, error["details"].get("field")), response.text
    return error
