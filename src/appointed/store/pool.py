"""Connections that serve as the application's role, and what the database's refusals are called."""

import json
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any, TypeAlias

import asyncpg

from appointed.core.errors import REFUSALS, Refusal, StoreUnavailable
from appointed.core.ids import TenantId

ROLE = "appointed_app"
RETRIES = 2

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"

_AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
)

SETTINGS = {
    "search_path": "appointed",
    "timezone": "UTC",
    "application_name": "appointed",
    "jit": "off",
    # Every statement of ours is a look-up by key; to plan one again for its values costs more than to run it.
    "plan_cache_mode": "force_generic_plan",
    "statement_timeout": "10s",
    "idle_in_transaction_session_timeout": "10s",
}


class Pool:
    """A bounded set of connections. Every one has set the role that row-level security binds."""

    def __init__(self, connections: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._connections = connections

    async def call(self, sql: str, *arguments: object) -> Any:
        """The one value of a statement that is a transaction of its own. Raises Refusal as the database decides.

        A transaction that the database broke off in favour of another left nothing behind and is made again.
        """
        with naming():
            for _ in range(RETRIES):
                with suppress(asyncpg.TransactionRollbackError):
                    return await self._value(sql, arguments)
            return await self._value(sql, arguments)

    async def _value(self, sql: str, arguments: tuple[object, ...]) -> Any:
        async with self._connections.acquire() as connection:
            return await connection.fetchval(sql, *arguments)

    async def rows(self, sql: str, *arguments: object) -> list[asyncpg.Record]:
        """The rows of a statement that is a transaction of its own."""
        with naming():
            async with self._connections.acquire() as connection:
                return await connection.fetch(sql, *arguments)

    @asynccontextmanager
    async def transaction(self, tenant: TenantId) -> AsyncGenerator[Connection]:
        """Several statements as one, for use cases that are not hot. Sees the tenant's rows and no others."""
        with naming():
            async with self._connections.acquire() as connection, connection.transaction():
                await connection.execute("SELECT set_config('appointed.tenant', $1, true)", str(tenant))
                yield connection

    @asynccontextmanager
    async def connection(self) -> AsyncGenerator[Connection]:
        """One connection, for questions about the server itself."""
        with naming():
            async with self._connections.acquire() as connection:
                yield connection

    async def close(self) -> None:
        """Let running statements end, then hang up."""
        await self._connections.close()


@contextmanager
def naming() -> Generator[None]:
    """Give the database's refusals their names: that of our own SQL, or StoreUnavailable for a server that is away."""
    try:
        yield
    except asyncpg.PostgresError as error:
        if error.sqlstate == "AP001":
            kind: Callable[..., Refusal] = REFUSALS[error.message or ""]
            raise kind(**json.loads(error.detail or "{}")) from error
        if isinstance(error, _AWAY):
            raise StoreUnavailable from error
        raise
    except (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
        raise StoreUnavailable from error


async def open_pool(dsn: str, size: int) -> Pool:
    """Connect `size` times to `dsn` and serve as the application's role. Raises StoreUnavailable."""
    with naming():
        connections = await asyncpg.create_pool(
            dsn, min_size=min(size, 4), max_size=size, init=_serve, reset=_keep, server_settings=SETTINGS
        )
    return Pool(connections)


async def _serve(connection: Connection) -> None:
    await connection.execute(f"SET ROLE {ROLE}")


async def _keep(connection: Connection) -> None:
    """Asyncpg would reset each connection at release, a round trip; ours set nothing beyond their transaction."""
