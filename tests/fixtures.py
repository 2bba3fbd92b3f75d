"""Fixtures: one embedded server and one migrated database for each worker, and the application over it in process."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
import pytest_asyncio

from appointed.app import make_server
from appointed.store.embedded import EmbeddedServer
from appointed.store.migrate import migrate
from appointed.store.pool import open_pool
from appointed.usecases.clock import system_clock
from appointed.usecases.context import Context
from appointed.wire.server import Server
from databases import create_database, start_session_server
from people import Person, new_colleague, new_owner


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """The embedded server, with the settings of the product."""
    with start_session_server(tmp_path_factory.mktemp("embedded")) as server:
        yield server


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def dsn(embedded: EmbeddedServer) -> str:
    """A migrated database, as its owner."""
    name = await create_database(embedded.dsn, "suite")
    await migrate(name)
    return name


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def context(dsn: str) -> AsyncIterator[Context]:
    """What use cases work with."""
    pool = await open_pool(dsn, 16)
    yield Context(pool, system_clock)
    await pool.close()


@pytest.fixture(scope="session")
def server(context: Context) -> Server:
    """The application."""
    return make_server(context)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def client(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application, in process. Bring a key of your own."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(server), base_url="http://appointed.test") as client:
        yield client


@pytest_asyncio.fixture(loop_scope="session")
async def alice(context: Context) -> Person:
    """The owner of a new sandbox tenant."""
    return await new_owner(context)


@pytest_asyncio.fixture(loop_scope="session")
async def bob(context: Context, alice: Person) -> Person:
    """Somebody who works for Alice."""
    return await new_colleague(context, alice.tenant)


@pytest_asyncio.fixture(loop_scope="session")
async def charlie(context: Context) -> Person:
    """The owner of another tenant."""
    return await new_owner(context)
