"""What was answered with yes is there after kill -9, whoever was killed and whenever."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from proofs.product import Product, product
from proofs.raw import INVARIANTS, connect

CLIENTS = 12
BODY = {
    "locale": "en",
    "notification": {"type": "phoneNumber", "settings": {"to": "+48000"}},
    "customerInfo": ["Firstname Lastname"],
    "numberOfPeople": 1,
}


def all_slots() -> list[tuple[str, str]]:
    """Every slot of the demo from its first day to the end of the year."""
    five = timedelta(minutes=5)
    days = [datetime(2020, 11, 30, 8, tzinfo=UTC) + timedelta(days=n) for n in range(32)]
    starts = [day + n * five for day in days if day.weekday() < 5 for n in range(1, 96)]
    return [(start.isoformat(), (start + five).isoformat()) for start in starts]


async def load(
    one: Product, slots: list[tuple[str, str]], yes: dict[str, str], fatal: int, whom: tuple[str, ...]
) -> None:
    """Reserve slots until nobody answers any more; the `fatal`-th request is when the killing happens."""
    demo = one.demo
    url = f"{demo['base_url']}/queues/{demo['ids']['queue']}/reservations"
    asked = 0

    async def client() -> None:
        nonlocal asked
        while slots:
            start, end = slots.pop()
            asked += 1
            if asked == fatal:
                one.kill(*whom)
            try:
                answer = await one.client.post(
                    url, headers=demo["headers"], json={**BODY, "booking": {"start": start, "end": end}}
                )
            except httpx.TransportError:
                return
            if answer.status_code == 201:
                yes[answer.json()["id"]] = start
            elif answer.status_code >= 500:
                return

    await asyncio.gather(*(client() for _ in range(CLIENTS)))


async def check(one: Product, yes: dict[str, str], asked_again: list[str]) -> None:
    """Everything that was promised is on disk, whole, and can be read by whoever has the id."""
    owner = await connect(one.dsn(), role=None)
    try:
        rows = await owner.fetch(
            "SELECT v.visit_id, i.starts_at FROM visit v JOIN item i USING (tenant_id, visit_id)"
            " JOIN claim c USING (tenant_id, visit_id, item_id) WHERE v.state = 'held' AND c.live"
        )
        found = {row["visit_id"]: row["starts_at"] for row in rows}
        missing = [one_id for one_id, start in yes.items() if found.get(UUID(one_id)) != datetime.fromisoformat(start)]
        assert missing == []
        tenants = [row["tenant_id"] for row in await owner.fetch("SELECT tenant_id FROM tenant")]
        assert await owner.fetch(INVARIANTS, datetime.now(UTC), tenants) == []  # noqa: TID251 - no hold of Ombori's lapses
    finally:
        await owner.close()
    demo = one.demo
    for one_id in asked_again:
        url = f"{demo['base_url']}/queues/{demo['ids']['queue']}/positions/{one_id}"
        answer = await one.client.get(url, headers=demo["headers"])
        assert (answer.status_code, answer.json()["id"]) == (200, one_id)


@pytest.mark.parametrize("rounds", [3, pytest.param(20, marks=pytest.mark.exhaustive)])
async def test_every_yes_is_there_after_a_kill(tmp_path: Path, rounds: int) -> None:
    """In turn the server, the database and both at once; each round goes on where the last was killed."""
    chance = random.Random(rounds)
    slots = all_slots()
    chance.shuffle(slots)
    yes: dict[str, str] = {}
    async with product(tmp_path / "data") as one:
        await one.start("--demo")
        for number in range(rounds):
            whom = (("server",), ("database",), ("server", "database"))[number % 3]
            one.find_database()
            before = len(yes)
            await load(one, slots, yes, chance.randrange(20, 90), whom)
            assert len(yes) > before, "nothing was promised before the kill"
            await one.ended()
            await one.start()
            await check(one, yes, list(yes)[before:])
        assert await one.client.get(f"http://127.0.0.1:{one.port}/health/ready")
