"""The composition root: the only file that knows every room."""

from collections.abc import Sequence

import uvicorn

from appointed.dialects import DIALECTS
from appointed.store.readiness import unready
from appointed.usecases.context import Context
from appointed.usecases.identify import identify
from appointed.wire.asgi import DialectApp
from appointed.wire.server import Server

DRAIN_SECONDS = 10


def http(server: Server) -> uvicorn.Config:
    """How the application is served over HTTP: no header or log that the application did not ask for."""
    return uvicorn.Config(
        server,
        http="httptools",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )


def make_server(context: Context) -> Server:
    """Every dialect and the health checks over one pool and one clock."""

    async def live() -> Sequence[str]:
        return ()

    async def ready() -> Sequence[str]:
        return [problem.code for problem in await unready(context.pool, context.clock)]

    return Server([DialectApp(dialect, context, identify) for dialect in DIALECTS], live, ready)
