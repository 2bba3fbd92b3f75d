"""`appointed serve`."""

import asyncio
import logging
import signal
import socket
import sys
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager, nullcontext, suppress
from typing import Annotated

import msgspec
import structlog
import typer
import uvicorn
import uvloop
from opentelemetry.trace import Tracer

from appointed.app import Edge, Watching, dialects_alone, http, make_server
from appointed.cli.console import NOT_READY, WRONG_SETTING, err, out, settings, stop
from appointed.cli.database import Database, database
from appointed.cli.demo import demo_file, prepare_demo
from appointed.cli.migrate import apply
from appointed.cli.tracing import tracer
from appointed.core.errors import StoreUnavailable
from appointed.settings import SettingInvalid, Settings
from appointed.store.embedded import EmbeddedServer
from appointed.store.pool import WORKER_ROLE, open_pool
from appointed.store.readiness import unready
from appointed.usecases.clock import system_clock
from appointed.usecases.context import Context
from appointed.wire.dialect import Client
from appointed.worker.jobs import jobs
from appointed.worker.loop import work

LOOK_SECONDS = 0.5


def serve(
    demo: Annotated[bool, typer.Option("--demo", help="Load the demo, as new, and print how to use it.")] = False,
) -> None:
    """Start the database, bring it up to date, serve, and tidy up.

    Without settings the database is an embedded PostgreSQL in ./data, and the server listens on 127.0.0.1:8000.
    Ctrl-C lets running requests end and stops both. Settings are environment variables; see docs/settings.md.
    """
    chosen = settings()
    try:
        dialects_alone(chosen.dialect_hosts)
    except SettingInvalid as error:
        stop(str(error), WRONG_SETTING)
    log_json(chosen.log_level)
    with database(chosen) as where:
        status = uvloop.run(_serve(chosen, where, demo or chosen.demo, tracer()))
    raise typer.Exit(status)


def log_json(level: str) -> None:
    """Log to standard output from a level on, a line of JSON for each entry."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(serializer=_json),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.BytesLoggerFactory(sys.stdout.buffer),
        cache_logger_on_first_use=True,
    )


def _write(entry: bytes) -> None:
    """Nobody who reads the log any more is no reason to serve nobody any more."""
    with suppress(OSError):
        sys.stdout.buffer.write(entry)
        sys.stdout.buffer.flush()


def _json(entry: object, default: object) -> bytes:
    del default
    return msgspec.json.encode(entry)


async def _serve(settings: Settings, where: Database, with_demo: bool, tracer: Tracer | None) -> int:
    with _listeners(settings) as listeners:
        await apply(where.dsn)
        try:
            pool = await open_pool(where.dsn, settings.pool_size, tracer=tracer)
        except StoreUnavailable:
            stop("the database does not answer", NOT_READY)
        try:
            context = Context(pool, system_clock)
            problems = await unready(pool, system_clock)
            if problems:
                stop("\n".join(f"not ready: {problem.code}: {problem.found}" for problem in problems), NOT_READY)
            if with_demo:
                _show(settings, await prepare_demo(context, settings.data_dir, settings.public_url))
            async with _worker(context, where) if settings.worker else nullcontext():
                alive = None if where.embedded is None else where.embedded.alive
                logged = settings.access_log and settings.log_level in ("DEBUG", "INFO")
                watching = Watching(_write if logged else None, settings.metrics, tracer, alive)
                edge = Edge(settings.rate_limits, settings.processes, settings.dialect_hosts)
                server = _Server(http(make_server(context, watching, edge)), settings)
                return await _listening(server, listeners, where.embedded)
        finally:
            await pool.close()


@asynccontextmanager
async def _worker(context: Context, where: Database) -> AsyncGenerator[None]:
    """Tidy up beside what is done within; what has begun is ended before this ends."""
    finder = await open_pool(where.dsn, 1, role=WORKER_ROLE)
    stopping = asyncio.Event()
    working = asyncio.create_task(work(jobs(context, finder), stopping))
    try:
        yield
    finally:
        stopping.set()
        await working
        await finder.close()


class _Server(uvicorn.Server):
    """Uvicorn's would raise the signal again once it has drained, and end the process before the database stops."""

    def __init__(self, config: uvicorn.Config, settings: Settings) -> None:
        super().__init__(config)
        self.public_url = settings.public_url
        self.dialect_hosts = settings.dialect_hosts

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """The first signal lets running requests end, the second does not wait for them."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Only from here on is it true that the server listens, and that a signal ends it."""
        await super().startup(sockets)
        for name, where in self.dialect_hosts:
            out.print(f"{name} answers alone at the root of {_place(where)}", markup=False)
        out.print(f"Appointed listens on {self.public_url} (Ctrl-C stops it)", markup=False)


def _place(where: str | int) -> str:
    return f"port {where}" if isinstance(where, int) else where


async def _listening(server: _Server, listeners: list[socket.socket], embedded: EmbeddedServer | None) -> int:
    """Serve until told to stop; 1 where the embedded database ended before."""
    serving = asyncio.create_task(server.serve(sockets=listeners))
    lost = False
    while not serving.done():
        await asyncio.wait({serving}, timeout=LOOK_SECONDS)
        if embedded is not None and not lost and not embedded.alive():
            err.print("the embedded database has ended; start again and it recovers", style="red")
            lost = server.should_exit = True
    await serving
    return 1 if lost else 0


@contextmanager
def _listeners(settings: Settings) -> Generator[list[socket.socket]]:
    """What is listened on: the port, and those that dialects have for themselves."""
    with ExitStack() as stack:
        yield [stack.enter_context(_listen(settings.host, port)) for port in settings.ports]


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        stop(f"cannot listen on {host}:{port}: {error.strerror}", NOT_READY)
    listener.listen(2048)
    listener.setblocking(False)
    return listener


def _show(settings: Settings, clients: Mapping[str, Client]) -> None:
    """The demo's keys, and a first call to paste."""
    out.print(f"The demo is loaded; {demo_file(settings.data_dir)} has this too (`appointed demo`).\n", markup=False)
    for name, client in clients.items():
        out.print(f"{name}", style="bold")
        out.print(f"  base URL  {client.base_url}", markup=False)
        for header, value in client.headers.items():
            out.print(f"  header    {header}: {value}", markup=False)
        out.print(f"\n{client.first_call}\n", markup=False)
