"""What the tests of the use cases share. The worlds that the engine is tested with stand in its own folder."""

import sys
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from appointed.usecases.context import Context
from people import Person
from salon import Salon
from token_processes import Counting, Process

sys.path.append(str(Path(__file__).parents[1] / "core"))


@pytest.fixture
def salon(context: Context, dsn: str, alice: Person) -> Salon:
    """Alice's, in a sandbox whose clock stands at MORNING, an hour before nine, with nobody in it yet."""
    return Salon(context, dsn, alice)


@pytest.fixture
def counting(context: Context) -> Counting:
    return Counting(context.pool._connections)


@pytest_asyncio.fixture(loop_scope="session")
async def no_keys(dsn: str) -> None:
    """No key signs anything yet."""
    owner = await asyncpg.connect(dsn)
    await owner.execute("DELETE FROM appointed.signing_key")
    await owner.close()


@pytest_asyncio.fixture(loop_scope="session")
async def here(context: Context, counting: Counting, no_keys: None) -> Process:
    return Process(counting, context.clock())


@pytest_asyncio.fixture(loop_scope="session")
async def elsewhere(context: Context, here: Process) -> Process:
    return Process(context.pool, here.now)
