"""The servers that the store has to work on: ours, and Debian's 15 if it is there, with and without btree_gist."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from appointed.store.embedded import EmbeddedServer
from appointed.store.migrate import migrate
from appointed.store.pool import open_pool
from appointed.usecases.clock import system_clock
from appointed.usecases.context import Context
from databases import create_database, debian_binaries, start_session_server, without_btree_gist

SERVERS = ("embedded", "debian 15", "debian 15 without btree_gist")


@dataclass(frozen=True)
class Home:
    """A server, a migrated database on it, and what use cases work with."""

    server: EmbeddedServer
    dsn: str
    context: Context
    btree_gist: bool


@pytest_asyncio.fixture(scope="session", loop_scope="session", params=SERVERS)
async def home(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Home]:
    """Each server in its turn."""
    directory: Path = tmp_path_factory.mktemp("home")
    binaries = None
    if request.param != "embedded":
        binaries = debian_binaries() or pytest.skip("PostgreSQL 15 of Debian is not installed")
        if request.param.endswith("without btree_gist"):
            binaries = without_btree_gist(binaries, directory)
    with start_session_server(directory / "server", binaries=binaries) as server:
        dsn = await create_database(server.dsn, "home")
        await migrate(dsn)
        pool = await open_pool(dsn, 16)
        yield Home(server, dsn, Context(pool, system_clock), btree_gist=request.param == "debian 15")
        await pool.close()
