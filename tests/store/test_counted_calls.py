"""Each call of the database is counted for the request it is made for, and told as a span without its values."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio
from opentelemetry.trace import NonRecordingSpan, SpanContext

from appointed.core.errors import SlotTaken
from appointed.store.pool import Pool, open_pool
from appointed.store.spent import SPENT, Spent
from proofs.raw import World
from proofs.servers import Home

REFUSES = "SELECT refuse('slot_taken', json_build_object())"


class SpanKept(NonRecordingSpan):
    """A span that can be asked what it was told."""

    def __init__(self, name, attributes):
        super().__init__(SpanContext(1, 2, is_remote=False))
        self.name, self.attributes, self.ended = name, dict(attributes), False

    def set_attribute(self, key, value):
        self.attributes[key] = value

    def end(self, end_time=None):
        self.ended = True


class TracerKept:
    """A tracer that keeps its spans."""

    def __init__(self):
        self.spans = []

    def start_span(self, name, kind=None, attributes=None):
        self.spans.append(SpanKept(name, attributes))
        return self.spans[-1]


@pytest.fixture
def tracer() -> TracerKept:
    return TracerKept()


@pytest_asyncio.fixture(loop_scope="session")
async def traced(home: Home, tracer: TracerKept) -> AsyncIterator[Pool]:
    """A pool whose calls are told."""
    pool = await open_pool(home.dsn, 2, tracer=tracer)
    yield pool
    await pool.close()


@pytest.fixture
def spent() -> Spent:
    """What this test spends."""
    counted = Spent()
    SPENT.set(counted)
    return counted


async def test_calls_are_counted_with_their_time(home: Home, world: World, spent: Spent) -> None:
    pool = home.context.pool
    SPENT.set(spent)
    await pool.call("SELECT pg_sleep(0.02)")
    assert spent.calls == 1
    assert 0.02 <= spent.seconds < 10
    await pool.rows("SELECT 1")
    async with pool.transaction(world.tenant) as tx:
        await tx.execute("SELECT 1")
    with pytest.raises(asyncpg.SyntaxOrAccessError):
        await pool.call("SELECT nothing()")
    assert spent.calls == 4


async def test_tasks_of_one_request_count_together_and_others_apart(home: Home) -> None:
    pool = home.context.pool

    async def request(calls: int) -> int:
        counted = Spent()
        SPENT.set(counted)
        await asyncio.gather(*(pool.call("SELECT 1") for _ in range(calls)))
        return counted.calls

    assert await asyncio.gather(*(asyncio.create_task(request(calls)) for calls in (3, 5, 1))) == [3, 5, 1]


async def test_nobody_has_to_count(home: Home) -> None:
    async def uncounted() -> int:
        SPENT.set(None)
        return await home.context.pool.call("SELECT 7")

    assert await asyncio.create_task(uncounted()) == 7


async def test_each_call_is_a_span_without_values(traced: Pool, tracer: TracerKept, world: World) -> None:
    await traced.rows("SELECT * FROM identify($1)", b"secret")
    await traced.call("SELECT 'secret'")
    async with traced.transaction(world.tenant):
        pass
    with pytest.raises(asyncpg.SyntaxOrAccessError):
        await traced.call("SELECT nothing($1)", "secret")
    assert [span.name for span in tracer.spans] == ["db identify", "db statement", "db transaction", "db nothing"]
    assert all(span.ended for span in tracer.spans)
    assert tracer.spans[0].attributes == {"db.system.name": "postgresql", "db.operation.name": "identify"}
    assert tracer.spans[-1].attributes["error.type"] == "UndefinedFunctionError"
    assert "secret" not in str([(span.name, span.attributes) for span in tracer.spans])


async def test_refusals_keep_their_names_and_others_theirs(traced: Pool) -> None:
    with pytest.raises(SlotTaken):
        await traced.call(REFUSES)
    with pytest.raises(ZeroDivisionError):
        async with traced.connection():
            raise ZeroDivisionError


async def test_what_a_pool_has_is_told(home: Home) -> None:
    pool = await open_pool(home.dsn, 3)
    try:
        before = pool.connections
        assert (before.open, before.busy, before.limit) == (3, 0, 3)
        async with pool.connection():
            assert pool.connections.busy == 1
    finally:
        await pool.close()
