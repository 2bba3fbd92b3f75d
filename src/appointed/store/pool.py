"""Connections that serve as the application's role, and what the database's refusals are called."""

import json
import re
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from time import perf_counter
from types import TracebackType
from typing import Any, TypeAlias

import asyncpg
from opentelemetry.trace import Span, SpanKind, Tracer

from appointed.core.errors import REFUSALS, Refusal, StoreUnavailable
from appointed.core.ids import TenantId
from appointed.store.spent import SPENT

ROLE = "appointed_app"
WORKER_ROLE = "appointed_worker"
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


_FUNCTION = re.compile(r"SELECT (?:\* FROM )?([a-z_]+)\(")


@dataclass(frozen=True, slots=True)
class Connections:
    """How many a pool has open, how many of those are at work, and how many it may open."""

    open: int
    busy: int
    limit: int


class Pool:
    """A bounded set of connections. Every one has set the role that row-level security binds.

    With a tracer, each call is a span, named for the function of ours that it calls; its values are not told.
    """

    def __init__(self, connections: "asyncpg.Pool[asyncpg.Record]", tracer: Tracer | None = None) -> None:
        self._connections = connections
        self._tracer = tracer

    @property
    def connections(self) -> Connections:
        """What the pool has now."""
        pool = self._connections
        return Connections(pool.get_size(), pool.get_size() - pool.get_idle_size(), pool.get_max_size())

    async def call(self, sql: str, *arguments: object) -> Any:
        """The one value of a statement that is a transaction of its own. Raises Refusal as the database decides.

        A transaction that the database broke off in favour of another left nothing behind and is made again.
        """
        with _Call(self._tracer, sql):
            for _ in range(RETRIES):
                with suppress(asyncpg.TransactionRollbackError):
                    return await self._value(sql, arguments)
            return await self._value(sql, arguments)

    async def _value(self, sql: str, arguments: tuple[object, ...]) -> Any:
        async with self._connections.acquire() as connection:
            return await connection.fetchval(sql, *arguments)

    async def rows(self, sql: str, *arguments: object) -> list[asyncpg.Record]:
        """The rows of a statement that is a transaction of its own."""
        with _Call(self._tracer, sql):
            async with self._connections.acquire() as connection:
                return await connection.fetch(sql, *arguments)

    @asynccontextmanager
    async def transaction(self, tenant: TenantId) -> AsyncGenerator[Connection]:
        """Several statements as one, for use cases that are not hot. Sees the tenant's rows and no others."""
        with _Call(self._tracer, ""):
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


class _Call:
    """One call: counted for the request it is made for, told as a span where somebody listens, its refusals named."""

    __slots__ = ("_span", "_spent", "_started")

    def __init__(self, tracer: Tracer | None, sql: str) -> None:
        self._spent = SPENT.get()
        self._span = None if tracer is None else _span(tracer, sql)

    def __enter__(self) -> None:
        self._started = perf_counter()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._spent is not None:
            self._spent.add(perf_counter() - self._started)
        if self._span is not None:
            if kind is not None:
                self._span.set_attribute("error.type", kind.__name__)
            self._span.end()
        if error is not None:
            _name(error)


def _span(tracer: Tracer, sql: str) -> Span:
    """A span below that of the request. Neither the statement's text nor its values are told, only what it calls."""
    attributes = {"db.system.name": "postgresql", "db.operation.name": _operation(sql)}
    return tracer.start_span(f"db {_operation(sql)}", kind=SpanKind.CLIENT, attributes=attributes)


@cache
def _operation(sql: str) -> str:
    """What a statement is called: the function of ours that it calls, if it does."""
    found = _FUNCTION.match(sql)
    return found[1] if found else ("statement" if sql else "transaction")


@contextmanager
def naming() -> Generator[None]:
    """Give the database's refusals their names: that of our own SQL, or StoreUnavailable for a server that is away."""
    try:
        yield
    except (asyncpg.PostgresError, OSError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
        _name(error)
        raise


def _name(error: BaseException) -> None:
    """Raise what the error means, where it means something to those above."""
    if isinstance(error, asyncpg.PostgresError):
        if error.sqlstate == "AP001":
            kind: Callable[..., Refusal] = REFUSALS[error.message or ""]
            raise kind(**json.loads(error.detail or "{}")) from error
        if isinstance(error, _AWAY):
            raise StoreUnavailable from error
    elif isinstance(error, OSError | asyncpg.InterfaceError | asyncpg.InternalClientError):
        raise StoreUnavailable from error


async def open_pool(dsn: str, size: int, *, role: str = ROLE, tracer: Tracer | None = None) -> Pool:
    """Connect at most `size` times to `dsn` and serve as the role. Raises StoreUnavailable."""

    async def serve(connection: Connection) -> None:
        await connection.execute(f"SET ROLE {role}")

    with naming():
        connections = await asyncpg.create_pool(
            dsn, min_size=min(size, 4), max_size=size, init=serve, reset=_keep, server_settings=SETTINGS
        )
    return Pool(connections, tracer)


async def _keep(connection: Connection) -> None:
    """Asyncpg would reset each connection at release, a round trip; ours set nothing beyond their transaction."""
