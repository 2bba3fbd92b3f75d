"""`appointed work`."""

import asyncio
import signal
from typing import Annotated

import typer
import uvloop

from appointed.cli.console import NOT_READY, out, settings, stop
from appointed.cli.database import database
from appointed.cli.migrate import apply
from appointed.cli.serve import log_json
from appointed.core.errors import StoreUnavailable
from appointed.store.pool import WORKER_ROLE, open_pool
from appointed.usecases.clock import system_clock
from appointed.usecases.context import Context
from appointed.worker.jobs import jobs
from appointed.worker.loop import work as work_on
from appointed.worker.loop import work_once

CONNECTIONS = 2


def work(
    once: Annotated[bool, typer.Option("--once", help="Do what is due now, and end.")] = False,
) -> None:
    """Tidy up: mark holds that have lapsed, and forget the outcomes of requests that are a day old.

    `serve` does this inside, unless APPOINTED_WORKER is 0. No promise depends on it: a hold that has lapsed is free
    whether it is marked or not. Any number of workers may run; SIGTERM and Ctrl-C end one after what it has begun.
    """
    chosen = settings()
    log_json(chosen.log_level)
    with database(chosen) as where:
        uvloop.run(_work(where.dsn, once))


async def _work(dsn: str, once: bool) -> None:
    await apply(dsn)
    try:
        pool = await open_pool(dsn, CONNECTIONS)
        finder = await open_pool(dsn, 1, role=WORKER_ROLE)
    except StoreUnavailable:
        stop("the database does not answer", NOT_READY)
    todo = jobs(Context(pool, system_clock), finder)
    try:
        if once:
            pieces = await work_once(todo)
            out.print(f"did {pieces} {'piece' if pieces == 1 else 'pieces'} of work" if pieces else "nothing was due")
            return
        stopping = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stopping.set)
        out.print("the worker runs (Ctrl-C stops it)")
        await work_on(todo, stopping)
    except StoreUnavailable:
        stop("the database does not answer", NOT_READY)
    finally:
        await finder.close()
        await pool.close()
