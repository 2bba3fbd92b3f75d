"""The server that is measured: every dialect, and beside them one with the baselines, slots in `states`, and use cases
alone.

`python -m bench.server DSN` prints its port and serves until its standard input ends.
"""

import asyncio
import os
import socket
import sys
from collections.abc import Sequence
from dataclasses import replace
from http import HTTPStatus

import msgspec
import uvicorn
import uvloop

from appointed.app import http
from appointed.core.caller import Scope
from appointed.dialects import DIALECTS
from appointed.dialects.ombori.dialect import OMBORI
from appointed.store.pool import open_pool
from appointed.usecases.clock import system_clock
from appointed.usecases.context import Context
from appointed.wire.access_log import access_log
from appointed.wire.asgi import DialectApp
from appointed.wire.metrics import Metrics
from appointed.wire.request import Request
from appointed.wire.route import Answer, Credential, Handler, Route
from appointed.wire.server import Server
from appointed.wire.watching import Watch
from bench import bare, states

CONNECTIONS = 16


class Number(msgspec.Struct):
    """The body of both baselines, there and back."""

    number: int


async def read(request: Request) -> Answer:
    """One statement that reads nothing."""
    return Answer(HTTPStatus.OK, Number(await request.context.pool.call("SELECT 1")))


async def write(request: Request) -> Answer:
    """One statement that commits one row."""
    number = request.body_as(Number).number
    sql = "INSERT INTO bench.row (id, number) VALUES (gen_random_uuid(), $1) RETURNING number"
    return Answer(HTTPStatus.CREATED, Number(await request.context.pool.call(sql, number)))


def _route(path: str, handler: Handler, status: HTTPStatus) -> Route:
    return Route(
        method="POST",
        path=path,
        name=path[1:],
        summary="A baseline",
        handler=handler,
        request_type=Number,
        responses={status: Number},
        credential=Credential.REQUIRED,
        scope=Scope.BOOK,
    )


ROUTES = (_route("/read", read, HTTPStatus.OK), _route("/write", write, HTTPStatus.CREATED), states.ROUTE, *bare.ROUTES)


async def _nothing() -> Sequence[str]:
    return ()


async def serve(dsn: str) -> None:
    """Serve as the command line does, on a port of the system's choice; the lines of the log go nowhere."""
    pool = await open_pool(dsn, CONNECTIONS)
    context = Context(pool, system_clock)
    dialects = (*DIALECTS, replace(OMBORI, name="bench", mount="/bench", routes=ROUTES))
    nowhere = open(os.devnull, "wb", buffering=0)  # noqa: ASYNC230, PTH123, SIM115 - once, before anything is measured
    watch = Watch([access_log(nowhere.write, system_clock), Metrics().count])
    server = uvicorn.Server(http(Server([DialectApp(each, context, watch) for each in dialects], _nothing, _nothing)))
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listener:
        listener.setblocking(False)
        print(listener.getsockname()[1], flush=True)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        server.should_exit = True
        await serving
    await pool.close()


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1]))
