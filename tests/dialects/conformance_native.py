"""Our own API as the conformance suite speaks it."""

from datetime import datetime, timedelta
from typing import Any

import httpx

import native_rows
from appointed.dialects.native.dialect import NATIVE
from appointed.dialects.native.holds import LIFETIME_SECONDS
from conformance import Adapter, Speaker


class NativeAdapter(Adapter):
    """A key for everything; a visit goes by one id from the hold to the end."""

    dialect = NATIVE
    lifetime = timedelta(seconds=LIFETIME_SECONDS)
    world = native_rows.WORLD

    def visit_in(self, body: Any) -> str:
        return body["visits"][0]["id"]

    def visit_in_step(self, body: Any) -> str:
        return body["id"]

    def starts_in(self, body: Any) -> set[datetime]:
        return {datetime.fromisoformat(slot["starts_at"]) for slot in body["slots"]}

    async def offer(self, by: Speaker) -> httpx.Response:
        return await by.send("GET", f"/v1/slots?service={by.calendar.service.id}&date=2020-11-30")

    async def hold(self, by: Speaker, start: datetime, **headers: str) -> httpx.Response:
        return await by.send("POST", "/v1/holds", self._wanted(by, start), **headers)

    async def book(self, by: Speaker, start: datetime, **headers: str) -> httpx.Response:
        return await by.send("POST", "/v1/visits", self._wanted(by, start), **headers)

    async def confirm(self, by: Speaker, visit: str, **headers: str) -> httpx.Response:
        return await by.send("POST", f"/v1/visits/{visit}/confirm", **headers)

    async def release(self, by: Speaker, visit: str, **headers: str) -> httpx.Response:
        return await by.send("POST", f"/v1/visits/{visit}/release", **headers)

    async def cancel(self, by: Speaker, visit: str, **headers: str) -> httpx.Response:
        return await by.send("POST", f"/v1/visits/{visit}/cancel", **headers)

    async def move(self, by: Speaker, visit: str, start: datetime, **headers: str) -> httpx.Response:
        return await by.send("POST", f"/v1/visits/{visit}/move", {"starts_at": start.isoformat()}, **headers)

    def _wanted(self, by: Speaker, start: datetime) -> Any:
        return {"parts": [{"service": str(by.calendar.service.id)}], "starts_at": start.isoformat()}
