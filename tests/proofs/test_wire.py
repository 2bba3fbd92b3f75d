"""How often a use case asks the database, counted between the driver and the server."""

import contextlib
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from appointed.core.errors import SlotTaken
from appointed.core.visit import Details
from appointed.store.pool import open_pool
from appointed.usecases.clock import system_clock
from appointed.usecases.context import Context
from appointed.usecases.holds import Wish, book, hold
from appointed.usecases.identify import identify
from appointed.usecases.visits import cancel, confirm, find_visit
from people import MORNING, new_owner, new_queue
from proofs.raw import FIVE, HOUR
from proofs.wire import relayed

TOMORROW = datetime.combine(system_clock().date() + timedelta(days=1), MORNING.timetz(), UTC)


@pytest_asyncio.fixture(loop_scope="session")
async def counted(dsn: str):
    """What use cases work with, over one connection that is counted, and the counter."""
    async with relayed(dsn) as (through, relay):
        pool = await open_pool(through, 1)
        yield Context(pool, system_clock), relay
        await pool.close()


def wish(service, at: datetime, minutes: int) -> Wish:
    start = at + HOUR + timedelta(minutes=minutes)
    return Wish.single(service.id, start, start + FIVE, Details("en"))


@pytest.fixture(params=[None, MORNING], ids=["real", "sandbox"])
def sandbox_at(request: pytest.FixtureRequest):
    return request.param


async def test_a_call_is_counted(counted) -> None:
    """The relay sees every round, or the other tests prove nothing."""
    context, relay = counted
    await context.pool.call("SELECT 1")
    before = relay.calls
    for _ in range(3):
        await context.pool.call("SELECT 1")
    await context.pool.call("SELECT 1 + 1")
    assert relay.calls - before == 3 + 2


async def test_a_hold_is_one_call_and_two_where_facts_are_needed(counted, sandbox_at) -> None:
    """A sandbox's clock is read each time; the first hold that a process sees reads the catalogue before that."""
    context, relay = counted
    person = await new_owner(context, sandbox_at=sandbox_at)
    service = await new_queue(context, person)
    at = sandbox_at or TOMORROW
    await warm(context, at)

    async def calls(minutes: int, use=hold) -> int:
        before = relay.calls
        with contextlib.suppress(SlotTaken):
            await use(context, person.caller, wish(service, at, minutes))
        return relay.calls - before

    expected = 1 if sandbox_at is None else 2
    assert await calls(0) == 3
    assert [await calls(5 * n, use) for n, use in ((1, hold), (2, hold), (3, book))] == [expected] * 3
    # That it is taken, the facts tell already.
    assert await calls(15, book) == 1


async def test_every_other_step_is_facts_and_one_call(counted) -> None:
    context, relay = counted
    person = await new_owner(context)
    service = await new_queue(context, person)
    await warm(context, MORNING)
    visit = await hold(context, person.caller, wish(service, MORNING, 0))
    counts = []
    for use in (find_visit, confirm, cancel):
        before = relay.calls
        await use(context, person.caller, service.id, visit.id)
        counts.append(relay.calls - before)
    assert counts == [1, 2, 2]


async def test_a_key_is_looked_up_once_in_a_while(counted) -> None:
    context, relay = counted
    person = await new_owner(context)
    await identify(context, person.key)
    before = relay.calls
    for _ in range(10):
        assert await identify(context, person.key) == person.caller
    assert relay.calls == before


async def warm(context: Context, at: datetime) -> None:
    """Have every statement prepared: the driver asks for that once for each connection."""
    other = await new_owner(context, sandbox_at=MORNING)
    service = await new_queue(context, other)
    visit = await hold(context, other.caller, wish(service, MORNING, 0))
    await confirm(context, other.caller, service.id, visit.id)
