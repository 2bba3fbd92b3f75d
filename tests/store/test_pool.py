"""Connections that break, a server that is away, and whether the database may serve."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import asyncpg
import pytest
import pytest_asyncio

from appointed.core.errors import CredentialUnknown, StoreUnavailable
from appointed.store.migrate import migrate
from appointed.store.pool import Pool, open_pool
from appointed.store.readiness import unready
from appointed.usecases.clock import system_clock
from appointed.usecases.context import Context
from appointed.usecases.identify import identify
from databases import start_session_server
from people import MORNING
from proofs.raw import Ask, World, dumps, slot
from proofs.servers import Home
from test_claims import rows

KEY = 4_711
PERFORM = "SELECT visit_perform($1, $2, 'tester', 'hold', $3, NULL, NULL)"
BREAKS_OFF = """
CREATE SCHEMA broken;
GRANT USAGE ON SCHEMA broken TO PUBLIC;
CREATE SEQUENCE broken.tries;
GRANT ALL ON SEQUENCE broken.tries TO PUBLIC;
CREATE FUNCTION broken.off(p_times integer, p_state text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_try bigint := nextval('broken.tries');
BEGIN
    IF v_try <= p_times THEN
        RAISE EXCEPTION USING ERRCODE = p_state;
    END IF;
    RETURN v_try;
END
$$
"""


@pytest_asyncio.fixture(loop_scope="session")
async def small(home: Home) -> AsyncIterator[Pool]:
    """A pool of one connection."""
    pool = await open_pool(home.dsn, 1)
    yield pool
    await pool.close()


async def cut(owner: asyncpg.Connection, how: str) -> None:
    """Do something to the one session that waits for KEY."""
    waiting = "locktype = 'advisory' AND objid = $1 AND NOT granted"
    async with asyncio.timeout(20):
        while not await owner.fetch(f"SELECT pg_{how}_backend(pid) FROM pg_locks WHERE {waiting}", KEY):
            pass


@pytest.mark.parametrize("how", ["call", "rows", "transaction", "connection"])
@pytest.mark.parametrize("cause", ["terminate", "cancel"])
async def test_a_session_that_is_cut_is_the_store_away(owner, small: Pool, how: str, cause: str) -> None:
    """Whatever it was used for, and also where only its statement took too long; the next one is served again."""
    wait = f"SELECT pg_advisory_xact_lock({KEY})"

    async def use() -> None:
        if how == "transaction":
            async with small.transaction(KEY) as tx:
                await tx.execute(wait)
        elif how == "connection":
            async with small.connection() as connection:
                await connection.execute(wait)
        else:
            await getattr(small, how)(wait)

    await owner.execute("SELECT pg_advisory_lock($1)", KEY)
    try:
        waiting = asyncio.create_task(use())
        await cut(owner, cause)
        with pytest.raises(StoreUnavailable):
            await waiting
    finally:
        await owner.execute("SELECT pg_advisory_unlock($1)", KEY)
    assert await small.call("SELECT 1") == 1


async def test_an_idle_session_that_was_cut_is_not_noticed(owner, small: Pool) -> None:
    """Or it is the store away once, but never anything else."""
    process = await small.call("SELECT pg_backend_pid()")
    assert await owner.fetchval("SELECT pg_terminate_backend($1, 10000)", process)
    with pytest.raises((StoreUnavailable, CredentialUnknown)):
        await identify(Context(small, system_clock), "no key of anybody")
    assert await small.call("SELECT 1") == 1


async def test_a_server_that_went_away(tmp_path) -> None:
    """Every use of the pool says so, the look-up of a credential too, and so does a new pool."""
    with start_session_server(tmp_path) as server:
        await migrate(server.dsn)
        pool = await open_pool(server.dsn, 2)
        with pytest.raises(CredentialUnknown):
            await identify(Context(pool, system_clock), "no key of anybody")
    for _ in range(3):
        with pytest.raises(StoreUnavailable):
            await identify(Context(pool, system_clock), "no key of anybody")
        with pytest.raises(StoreUnavailable):
            await pool.call("SELECT 1")
        with pytest.raises(StoreUnavailable):
            await unready(pool, system_clock)
    with pytest.raises(StoreUnavailable):
        await open_pool(server.dsn, 1)
    await pool.close()


@pytest_asyncio.fixture(loop_scope="session")
async def broken(owner) -> AsyncIterator[str]:
    """A function that breaks off as often as it is told, then tells how often it was tried."""
    await owner.execute(BREAKS_OFF)
    yield "SELECT broken.off($1, $2)"
    await owner.execute("DROP SCHEMA broken CASCADE")


@pytest.mark.parametrize("state", ["40001", "40P01"], ids=["serialization failure", "deadlock"])
async def test_what_was_broken_off_is_made_again(small: Pool, broken: str, state: str) -> None:
    assert await small.call(broken, 2, state) == 3


async def test_what_is_broken_off_for_ever_is_the_store_away(small: Pool, broken: str) -> None:
    with pytest.raises(StoreUnavailable):
        await small.call(broken, 1000, "40P01")
    assert await small.call("SELECT last_value FROM broken.tries") == 3


async def test_a_sentence_of_ours_is_not_tried_twice(small: Pool, broken: str) -> None:
    """Only what left nothing behind."""
    with pytest.raises(asyncpg.DivisionByZeroError):
        await small.call(broken, 1000, "22012")
    assert await small.call("SELECT last_value FROM broken.tries") == 1


async def test_two_visits_in_one_transaction(owner, world: World, small: Pool) -> None:
    """Their events have one transaction's number, and places of their own in it."""
    async with small.transaction(world.tenant) as tx:
        for number in range(2):
            ask = world.hold(Ask(world.exclusive[0], *slot(number)))
            await tx.fetchval(PERFORM, world.tenant, MORNING, dumps(ask))
    events = (await rows(owner, world))["event"]
    assert len(events) == 2
    ordinals = "SELECT xid::text, ordinal FROM event WHERE tenant_id = $1 ORDER BY 2"
    (first, zero), (second, one) = await owner.fetch(ordinals, world.tenant)
    assert (first, zero, one) == (second, 0, 1)


async def test_what_was_taken_back_leaves_no_gap(owner, world: World, small: Pool) -> None:
    """A savepoint takes the place of its event back with the event."""
    asks = [world.hold(Ask(world.exclusive[0], *slot(number))) for number in range(3)]
    async with small.transaction(world.tenant) as tx:
        for ask in asks:
            savepoint = tx.transaction()
            await savepoint.start()
            await tx.fetchval(PERFORM, world.tenant, MORNING, dumps(ask))
            await (savepoint.rollback() if ask is asks[1] else savepoint.commit())
    ordinals = "SELECT ordinal FROM event WHERE tenant_id = $1 ORDER BY 1"
    assert [row[0] for row in await owner.fetch(ordinals, world.tenant)] == [0, 1]


async def test_a_busy_pool_is_no_wrong_clock(small: Pool) -> None:
    """To wait for a connection for longer than clocks may differ says nothing of the clocks."""
    async with small.connection() as connection:
        asking = asyncio.create_task(unready(small, system_clock))
        await connection.execute("SELECT pg_sleep(1.2)")
        assert not asking.done()
    assert await asking == []


@pytest.mark.parametrize(("seconds", "found"), [(-2, ["clocks_differ"]), (-0.5, []), (0.5, []), (2, ["clocks_differ"])])
async def test_a_wrong_clock_is_seen(small: Pool, seconds: float, found: list[str]) -> None:
    problems = await unready(small, lambda: system_clock() + timedelta(seconds=seconds))
    assert [problem.code for problem in problems] == found
