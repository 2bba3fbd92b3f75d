"""Calls of use cases as parts of one transaction: all that they do is done together, or nothing of it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from appointed.core.ids import TenantId
from appointed.store.pool import Connection, Pool, naming


class Within(Pool):
    """A pool whose every call is a part of an open transaction of one tenant. A refusal undoes its own call alone."""

    def __init__(self, tx: Connection, tenant: TenantId) -> None:
        self._tx = tx
        self._tenant = tenant

    async def call(self, sql: str, *arguments: object) -> Any:
        """The one value of a statement. Raises Refusal as the database decides."""
        with naming():
            async with self._tx.transaction():
                return await self._tx.fetchval(sql, *arguments)

    async def rows(self, sql: str, *arguments: object) -> list[asyncpg.Record]:
        """The rows of a statement."""
        with naming():
            async with self._tx.transaction():
                return await self._tx.fetch(sql, *arguments)

    @asynccontextmanager
    async def transaction(self, tenant: TenantId) -> AsyncGenerator[Connection]:
        """Several statements as one part. Raises ValueError for another tenant's."""
        if tenant != self._tenant:
            raise ValueError("a transaction is of one tenant")
        with naming():
            async with self._tx.transaction():
                yield self._tx
