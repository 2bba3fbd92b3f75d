"""Whoever runs the machine, acting for a tenant of the database of the settings."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Annotated, TypeVar

import typer

from appointed.cli.console import NOT_READY, settings, stop
from appointed.cli.database import database
from appointed.cli.migrate import apply, require_schema
from appointed.core.caller import Caller, Scope
from appointed.core.errors import StoreUnavailable
from appointed.store.pool import Pool, open_pool
from appointed.store.tenants import find_tenant
from appointed.usecases.clock import system_clock
from appointed.usecases.context import Context

Done = TypeVar("Done")

REFUSED = 1
ACTOR = "command line"

TenantOption = Annotated[str, typer.Option("--tenant", help="The slug of the tenant.", show_default=False)]
JsonOption = Annotated[bool, typer.Option("--json", help="As JSON, for scripts.")]


@asynccontextmanager
async def connected(dsn: str, *, looking: bool = False) -> AsyncGenerator[Pool]:
    """The database, brought up to date, or for who is only `looking` found so.

    Where that cannot be the process ends with a sentence.
    """
    if looking:
        await require_schema(dsn)
    else:
        await apply(dsn)
    try:
        pool = await open_pool(dsn, 2)
    except StoreUnavailable:
        stop("the database does not answer", NOT_READY)
    try:
        yield pool
    finally:
        await pool.close()


def act_for(tenant: str, work: Callable[[Context, Caller], Awaitable[Done]], *, looking: bool = False) -> Done:
    """What `work` comes to for a tenant in the database of the settings, which `looking` leaves as it is."""

    async def run(dsn: str) -> Done:
        async with acting_for(dsn, tenant, looking=looking) as (context, caller):
            return await work(context, caller)

    with database(settings(), looking=looking) as where:
        return asyncio.run(run(where.dsn))


def act(work: Callable[[Context], Awaitable[Done]]) -> Done:
    """What `work` comes to in the database of the settings, where it concerns no tenant."""

    async def run(dsn: str) -> Done:
        async with connected(dsn) as pool:
            return await work(Context(pool, system_clock))

    with database(settings()) as where:
        return asyncio.run(run(where.dsn))


@asynccontextmanager
async def acting_for(dsn: str, slug: str, *, looking: bool = False) -> AsyncGenerator[tuple[Context, Caller]]:
    """What use cases work with, and a caller who may do everything there."""
    async with connected(dsn, looking=looking) as pool:
        tenant = await find_tenant(pool, slug)
        if tenant is None:
            stop(f"there is no tenant {slug}", REFUSED)
        caller = Caller(tenant.id, None, ACTOR, frozenset(Scope), sandbox=tenant.sandbox)
        yield Context(pool, system_clock), caller
