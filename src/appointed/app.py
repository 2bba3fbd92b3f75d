"""The composition root: the only file that knows every room."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from time import monotonic

import uvicorn
from opentelemetry.trace import Tracer

from appointed.core.errors import StoreUnavailable
from appointed.dialects import DIALECTS
from appointed.settings import DialectHosts, RateLimits, SettingInvalid
from appointed.store.readiness import running_transactions, unready
from appointed.usecases.context import Context
from appointed.wire.access_log import access_log
from appointed.wire.asgi import DialectApp, Scope
from appointed.wire.dialect import Dialect
from appointed.wire.limits import Limiter, Limits, Rate
from appointed.wire.metrics import MEDIA_TYPE, HeldBack, Metrics, is_local
from appointed.wire.pages import DOCS, HOME, PROBLEMS, Document, Pages, problems_folder
from appointed.wire.route import Answer
from appointed.wire.server import Page, Server
from appointed.wire.watching import Teller, Watch

DRAIN_SECONDS = 10
LOOK_SECONDS = 2
METRICS = "/metrics"


@dataclass(frozen=True, slots=True)
class Edge:
    """How clients are met: how often a credential may ask, how many processes share that, and the dialects that have a
    host name or a port for themselves."""

    rate_limits: RateLimits = "off"
    processes: int = 1
    dialect_hosts: DialectHosts = ()


@dataclass(frozen=True, slots=True)
class Watching:
    """What is told of the work, and to whom. `log` gets a line for each request; `metrics` is off, loopback or on;
    `database_alive` is asked of an embedded database."""

    log: Callable[[bytes], object] | None = None
    metrics: str = "loopback"
    tracer: Tracer | None = None
    database_alive: Callable[[], bool] | None = None


def http(server: Server) -> uvicorn.Config:
    """How the application is served over HTTP: no header or log that the application did not ask for."""
    return uvicorn.Config(
        server,
        http="httptools",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )


def make_server(context: Context, watching: Watching | None = None, edge: Edge | None = None) -> Server:
    """Every dialect, the health checks, the pages and the metrics, over one pool and one clock.

    Raises SettingInvalid for a place that is bound to a dialect that there is not.
    """
    watching, edge = watching or Watching(), edge or Edge()

    async def live() -> Sequence[str]:
        return ()

    async def ready() -> Sequence[str]:
        return [problem.code for problem in await unready(context.pool, context.clock)]

    tellers: list[Teller] = [] if watching.log is None else [access_log(watching.log, context.clock)]
    pages = make_pages()
    if watching.metrics != "off":
        metrics = Metrics()
        tellers.append(metrics.count)
        pages[METRICS] = _metrics_page(context, metrics, watching)
    watch = Watch(tellers, watching.tracer)
    limits = _limits(edge)
    apps = [DialectApp(dialect, context, watch, limits[dialect.name]) for dialect in DIALECTS]
    bound = {
        where: DialectApp(dialect, context, watch, limits[dialect.name])
        for where, dialect in dialects_alone(edge.dialect_hosts).items()
    }
    return Server(
        apps, live, ready, pages=pages, watch=watch, bound=bound, bound_pages=_pages_alone() if bound else None
    )


def dialects_alone(hosts: DialectHosts) -> dict[str | int, Dialect]:
    """The dialects that have a host name or a port for themselves, as they stand at its root.

    Raises SettingInvalid for a dialect that there is not, or that stands at the root anyway.
    """
    movable = {dialect.name: dialect for dialect in DIALECTS if dialect.mount}
    unknown = next((name for name, _ in hosts if name not in movable), None)
    if unknown is not None:
        raise SettingInvalid(
            f"APPOINTED_DIALECT_HOSTS: {unknown} is no dialect that can be bound; {', '.join(movable)} can"
        )
    return {where: replace(movable[name], mount="") for name, where in hosts}


def _limits(edge: Edge) -> dict[str, Limits | None]:
    """What binds each dialect, by its name. A rate for all of them is kept across them, since a credential may be good
    for several."""
    if edge.rate_limits == "off":
        return {dialect.name: None for dialect in DIALECTS}
    if edge.rate_limits == "vendor":
        return {dialect.name: _limits_of(dialect, edge.processes) for dialect in DIALECTS}
    common = Limits(Limiter(Rate(*edge.rate_limits).share(edge.processes)))
    return {dialect.name: common for dialect in DIALECTS}


def _limits_of(dialect: Dialect, processes: int) -> Limits:
    rate = dialect.limit.rate
    own = {route.name: Limiter(route.rate.share(processes)) for route in dialect.routes if route.rate is not None}
    return Limits(None if rate is None else Limiter(rate.share(processes)), own)


def make_pages() -> dict[str, Page]:
    """The pages for people."""
    documents = [Document(each.name, each.title, f"{each.mount}/openapi.json") for each in DIALECTS]
    pages = Pages(documents, problems_folder())
    return {HOME: pages.home, DOCS: pages.docs, PROBLEMS: pages.problem}


def _pages_alone() -> dict[str, Page]:
    """The pages at a place of a dialect's own: what problems mean, which its answers may name, and their files."""
    pages = Pages((), problems_folder())
    return {PROBLEMS: pages.problem, DOCS: pages.file}


def _metrics_page(context: Context, metrics: Metrics, watching: Watching) -> Page:
    held_back, reachable = HeldBack(), [0.0]
    pool = context.pool
    connections: Mapping[str, Callable[[], float]] = {
        "open": lambda: pool.connections.open,
        "busy": lambda: pool.connections.busy,
        "limit": lambda: pool.connections.limit,
    }
    metrics.gauges("appointed_pool_connections", "Connections of the pool.", "state", connections)
    kept: Mapping[str, Callable[[], float]] = {
        "catalogues": lambda: len(context.catalogs),
        "rosters": lambda: len(context.rosters),
    }
    metrics.gauges("appointed_kept", "What is kept in the process.", "what", kept)
    metrics.gauge("appointed_database_up", "Whether the database has answered this scrape.", lambda: reachable[0])
    metrics.gauge(
        "appointed_events_held_back_seconds",
        "How long a transaction that runs has kept events from their readers, as far as scrapes saw.",
        lambda: held_back.seconds,
    )
    if watching.database_alive is not None:
        metrics.gauge(
            "appointed_embedded_database_alive", "Whether the embedded database runs.", watching.database_alive
        )

    async def page(scope: Scope, rest: str) -> Answer | None:
        if rest or (watching.metrics == "loopback" and not is_local(scope)):
            return None
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                held_back.look(*await running_transactions(pool), monotonic())
            reachable[0] = 1.0
        except (TimeoutError, StoreUnavailable):
            reachable[0] = 0.0
        headers = ((b"content-type", MEDIA_TYPE.encode()), (b"cache-control", b"no-store"))
        return Answer(HTTPStatus.OK, metrics.text(), headers)

    return page
