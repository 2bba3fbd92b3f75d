"""The worker seals what happened, tenant by tenant and not too often, and tells the log of each seal."""

import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4  # noqa: TID251 - tests make identities too

import pytest_asyncio
import structlog

from appointed.core.audit import Trouble
from appointed.core.ids import TenantId
from appointed.store import audit as store
from appointed.store.lapses import FIRST
from appointed.store.migrate import migrate
from appointed.store.pool import WORKER_ROLE, Pool, open_pool
from appointed.usecases.audit import SEALED_EVERY, open_ledger, seal_due, verify
from appointed.usecases.clock import system_clock
from appointed.usecases.context import Context
from appointed.worker.jobs import jobs
from appointed.worker.loop import work_once
from databases import create_database, drop_database
from people import Person, new_owner
from proofs.raw import connect


class Apart:
    """A database of its own, whose server's clock is told: all tenants that it has are looked at."""

    def __init__(self, dsn: str, pool: Pool, finder: Pool) -> None:
        self.dsn, self.finder = dsn, finder
        self.now = system_clock()
        self.context = Context(pool, lambda: self.now)

    async def owner(self, events: int = 1) -> Person:
        person = await new_owner(self.context)
        for _ in range(events):
            await self.happen(person)
        return person

    async def happen(self, person: Person) -> None:
        async with self.context.pool.transaction(person.tenant) as tx:
            await store.note(tx, person.tenant, "key_created", self.now, "tester", {"key": "a key"})

    async def seal(self) -> list[tuple[TenantId, int, int]]:
        """The tenants, numbers and events of the seals that are made now."""
        await until_settled(self.dsn)
        return [(each.tenant, each.number, each.events) for each in await seal_due(self.context, self.finder)]

    async def broken(self, tenant: TenantId, kept: dict[int, bytes]) -> list[Trouble]:
        async with open_ledger(self.dsn) as ledger:
            return [each.trouble async for each in verify(ledger, tenant, lambda: None, kept)]


async def until_settled(dsn: str) -> None:
    """Until no transaction is open that could still write an event before those that are there: whatever else runs on
    the server ends within some time."""
    owner = await connect(dsn, role=None)
    try:
        last = await owner.fetchval("SELECT coalesce(max(xid::text::bigint), 0) FROM event")
        for _ in range(10_000):
            if await owner.fetchval("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint") > last:
                return
    finally:
        await owner.close()
    raise AssertionError("something stays open")


@pytest_asyncio.fixture(loop_scope="session")
async def apart(dsn: str) -> AsyncIterator[Apart]:
    name = f"sealing_{uuid4().hex[:8]}"
    own = await create_database(dsn, name)
    await migrate(own)
    pool, finder = await open_pool(own, 2), await open_pool(own, 1, role=WORKER_ROLE)
    yield Apart(own, pool, finder)
    await finder.close()
    await pool.close()
    await drop_database(dsn, name)


async def test_each_tenant_that_has_something_new_is_sealed(apart: Apart) -> None:
    some, more, _ = await apart.owner(1), await apart.owner(3), await apart.owner(0)
    assert sorted(await apart.seal()) == sorted([(some.tenant, 0, 1), (more.tenant, 0, 3)])
    apart.now += SEALED_EVERY
    assert await apart.seal() == []
    await apart.happen(some)
    assert await apart.seal() == [(some.tenant, 1, 1)]
    assert await apart.broken(some.tenant, {}) == []


async def test_nobody_is_sealed_more_often_than_that(apart: Apart) -> None:
    """However much happens; what happened meanwhile goes into one seal."""
    busy = await apart.owner()
    assert await apart.seal() == [(busy.tenant, 0, 1)]
    for _ in range(3):
        await apart.happen(busy)
        apart.now += (SEALED_EVERY - timedelta(seconds=1)) / 3
        assert await apart.seal() == []
    apart.now += timedelta(seconds=1)
    assert await apart.seal() == [(busy.tenant, 1, 3)]


async def test_more_tenants_than_are_found_at_once_are_all_sealed(apart: Apart, monkeypatch: Any) -> None:
    monkeypatch.setattr("appointed.usecases.audit.TENANTS", 2)
    tenants = sorted([(await apart.owner()).tenant for _ in range(5)])
    assert [tenant for tenant, _, _ in await apart.seal()] == tenants


async def test_what_an_open_transaction_may_still_come_before_waits(apart: Apart) -> None:
    """It is not even found, so that nobody asks for a seal in vain."""
    one, other = await apart.owner(0), await apart.owner(0)
    async with apart.context.pool.transaction(one.tenant) as tx:
        await store.note(tx, one.tenant, "key_created", apart.now, "tester")
        await apart.happen(other)
        assert await store.tenants_unsealed(apart.finder, apart.now, FIRST, 10) == []
        assert await seal_due(apart.context, apart.finder) == []
    assert len(await apart.seal()) == 2


async def test_the_log_is_what_seals_are_checked_against(apart: Apart) -> None:
    """A line has all that `audit verify --seals` reads, and work is done only where something was sealed."""
    person = await apart.owner(2)
    await until_settled(apart.dsn)
    with structlog.testing.capture_logs() as logs:
        assert await work_once(jobs(apart.context, apart.finder)) == 1
        assert await work_once(jobs(apart.context, apart.finder)) == 0
    (line,) = [json.loads(json.dumps(entry)) for entry in logs if entry["event"] == "sealed"]
    assert (line["tenant"], line["seal"], line["events"]) == (str(person.tenant), 0, 2)
    assert datetime.fromisoformat(line["at"]) == apart.now
    kept = {line["seal"]: bytes.fromhex(line["hash"])}
    assert await apart.broken(person.tenant, kept) == []
    owner = await connect(apart.dsn, role=None)
    try:
        await owner.execute("DELETE FROM seal")
    finally:
        await owner.close()
    assert await apart.broken(person.tenant, {}) == []
    assert await apart.broken(person.tenant, kept) == [Trouble.KEPT]
