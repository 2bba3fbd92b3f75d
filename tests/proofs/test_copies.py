"""Sixteen copies of one request have one effect and one answer, also when the server is killed while it answers."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from proofs.product import Product, product

COPIES = 16
KINDS = ("hold", "book", "confirm", "customer")
SPAN = {"from": "2020-06-16T00:00:00Z", "to": "2020-07-31T00:00:00Z"}


class Spa:
    """The demo's spa over our own API, with keys for repeated requests."""

    def __init__(self, one: Product) -> None:
        reach = json.loads((one.data_dir / "demo.json").read_text())["zenoti"]["own_api"]
        self._http, self._base, self._headers = one.client, reach["base_url"], reach["headers"]

    async def ask(self, path: str, body: object = None, key: str | None = None, **query: str) -> httpx.Response:
        """POST where there is a key."""
        headers = self._headers | {"X-Request-Id": "asked"} | ({} if key is None else {"Idempotency-Key": key})
        method = "GET" if key is None else "POST"
        content = None if body is None else json.dumps(body).encode()
        return await self._http.request(method, self._base + path, content=content, params=query, headers=headers)

    async def first_of_each_day(self) -> list[str]:
        """A free start on each day on which there is one."""
        slots = (await self.ask("/slots", service="massage", **SPAN)).json()["slots"]
        return list({slot["local_start"][:10]: slot["starts_at"] for slot in reversed(slots)}.values())

    async def effects(self, address: str) -> dict[str, Any]:
        """What there is of somebody: visits with their events, and customers."""
        visits = (await self.ask("/visits", contact=address)).json()["visits"]
        events = [(await self.ask(f"/visits/{visit['id']}/events")).json()["events"] for visit in visits]
        customers = (await self.ask("/customers", contact=address)).json()["customers"]
        return {
            "visits": [visit["state"] for visit in visits],
            "events": [[event["kind"] for event in one] for one in events],
            "customers": len(customers),
        }


def wanted(start: str, address: str) -> dict[str, Any]:
    """The body of a hold, and of a booking."""
    guest = {"contact": {"channel": "email", "address": address}}
    return {"parts": [{"service": "massage"}], "starts_at": start, "guests": [guest]}


def told(answer: httpx.Response) -> tuple[object, ...]:
    """An answer to the byte, but for how long it took."""
    headers = sorted(pair for pair in answer.headers.multi_items() if pair[0] not in ("server-timing", "date"))
    return answer.status_code, headers, answer.content


async def requests(spa: Spa, starts: list[str], name: str) -> dict[str, tuple[str, object, str]]:
    """One request of each kind: its path, body and key. The hold to confirm is made."""
    held = (await spa.ask("/holds", wanted(starts.pop(), f"confirm@{name}.example"), f"{name}-made")).json()
    contact = {"channel": "email", "address": f"customer@{name}.example"}
    return {
        "hold": ("/holds", wanted(starts.pop(), f"hold@{name}.example"), f"{name}-hold"),
        "book": ("/visits", wanted(starts.pop(), f"book@{name}.example"), f"{name}-book"),
        "confirm": (f"/visits/{held['visits'][0]['id']}/confirm", None, f"{name}-confirm"),
        "customer": ("/customers", {"family_name": "Lovelace", "contacts": [contact]}, f"{name}-customer"),
    }


async def copies(
    one: Product, spa: Spa, asked: dict[str, tuple[str, object, str]], fatal: int | None
) -> dict[str, list[tuple[object, ...]]]:
    """All copies of all requests at once; the server is killed at the `fatal`-th answer. What was answered, by kind."""
    found: dict[str, list[tuple[object, ...]]] = {kind: [] for kind in asked}

    async def ask(kind: str) -> None:
        try:
            answer = await spa.ask(*asked[kind])
        except httpx.TransportError:
            assert fatal is not None
            return
        found[kind].append(told(answer))
        if sum(map(len, found.values())) == fatal:
            one.kill("server")

    await asyncio.gather(*(ask(kind) for _ in range(COPIES) for kind in asked))
    return found


async def check_effects(spa: Spa, name: str) -> None:
    """One of each, done once."""
    nothing = {"visits": [], "events": [], "customers": 0}
    expected = {
        "hold": nothing | {"visits": ["held"], "events": [["held"]]},
        "book": nothing | {"visits": ["confirmed"], "events": [["confirmed"]]},
        "confirm": nothing | {"visits": ["confirmed"], "events": [["held", "confirmed"]]},
        "customer": nothing | {"customers": 1},
    }
    for kind, effects in expected.items():
        assert await spa.effects(f"{kind}@{name}.example") == effects, kind


@pytest.mark.parametrize("rounds", [3, pytest.param(20, marks=pytest.mark.exhaustive)])
async def test_copies_have_one_effect_and_one_answer_through_kills(tmp_path: Path, rounds: int) -> None:
    """First undisturbed; then with a kill at another answer each time, after which all of them ask again."""
    async with product(tmp_path / "data") as one:
        await one.start("--demo")
        spa = Spa(one)
        starts = await spa.first_of_each_day()
        for number in range(rounds):
            name = f"round-{number}"
            asked = await requests(spa, starts, name)
            fatal = None if number == 0 else 1 + 7 * (number - 1) % (COPIES * (len(asked) - 1))
            before = await copies(one, spa, asked, fatal)
            if fatal is not None:
                assert sum(map(len, before.values())) < COPIES * len(asked), "all was answered before the kill"
                await one.ended()
                await one.start()
            after = await copies(one, spa, asked, None)
            for kind in KINDS:
                answers = before[kind] + after[kind]
                assert len(after[kind]) == COPIES
                assert len({str(each) for each in answers}) == 1, kind
                assert answers[0][0] in (200, 201), answers[0]
            await check_effects(spa, name)
