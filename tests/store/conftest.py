"""The store's tests run on every server there is."""

from collections.abc import AsyncIterator

import asyncpg
import pytest_asyncio

from proofs.raw import World, connect, new_world
from proofs.servers import Home, home

__all__ = ["home"]


@pytest_asyncio.fixture(loop_scope="session")
async def app(home: Home) -> AsyncIterator[asyncpg.Connection]:
    """A connection of the application's role, with no tenant set."""
    connection = await connect(home.dsn)
    yield connection
    await connection.close()


@pytest_asyncio.fixture(loop_scope="session")
async def owner(home: Home) -> AsyncIterator[asyncpg.Connection]:
    """A connection of the owner."""
    connection = await connect(home.dsn, role=None)
    yield connection
    await connection.close()


@pytest_asyncio.fixture(loop_scope="session")
async def world(home: Home) -> World:
    """One exclusive resource, a pool and a pool counted by slot, both of two places."""
    return await new_world(home.context)
