"""Ombori's dialect as the conformance suite speaks it."""

from datetime import datetime
from typing import Any

import httpx

import ombori_rows
from appointed.dialects.ombori.dialect import OMBORI
from appointed.usecases.context import Context
from conformance import Adapter, Speaker
from exchanges import Stage
from ombori_client import DOCUMENTED_QUEUE
from people import new_owner, new_queue


class OmboriAdapter(Adapter):
    """A hold never lapses, and is given back by the call that also cancels what was promised."""

    dialect = OMBORI
    lifetime = None
    world = ombori_rows.WORLD

    async def stage(self, http: httpx.AsyncClient, context: Context) -> Stage:
        owner = await new_owner(context)
        await new_queue(context, owner, id=DOCUMENTED_QUEUE)
        return Stage(await self.headers(http, owner), {"{organizationId}": str(owner.tenant)})

    def visit_in(self, body: Any) -> str:
        return body["id"]

    def starts_in(self, body: Any) -> set[datetime]:
        return {datetime.fromisoformat(slot["start"]) for slot in body}

    async def offer(self, by: Speaker) -> httpx.Response:
        return await by.send("GET", self._queue(by) + "/timeslots?date=2020-11-30")

    async def hold(self, by: Speaker, start: datetime, **headers: str) -> httpx.Response:
        return await by.send("POST", self._queue(by) + "/reservations", self._booking(by, start), **headers)

    async def book(self, by: Speaker, start: datetime, **headers: str) -> httpx.Response:
        return await by.send("POST", self._queue(by) + "/bookings", self._booking(by, start), **headers)

    async def confirm(self, by: Speaker, visit: str, **headers: str) -> httpx.Response:
        return await by.send("POST", self._queue(by) + f"/reservations/{visit}/confirm", **headers)

    async def release(self, by: Speaker, visit: str, **headers: str) -> httpx.Response:
        return await by.send("PUT", self._queue(by) + f"/positions/{visit}/cancel-position", **headers)

    async def cancel(self, by: Speaker, visit: str, **headers: str) -> httpx.Response:
        return await self.release(by, visit, **headers)

    async def move(self, by: Speaker, visit: str, start: datetime, **headers: str) -> httpx.Response:
        body = self._booking(by, start)
        return await by.send("PATCH", self._queue(by) + f"/reservations/{visit}", body, **headers)

    def _queue(self, by: Speaker) -> str:
        calendar = by.calendar
        return f"/regions/eu/queues/v1/organizations/{calendar.person.tenant}/queues/{calendar.service.id}"

    def _booking(self, by: Speaker, start: datetime) -> Any:
        return {"booking": {"start": start.isoformat(), "end": by.calendar.end(start).isoformat()}}
