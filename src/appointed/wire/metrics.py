"""What is counted, in the text form of Prometheus. The names are in docs/operations.md."""

from collections.abc import Callable, Mapping
from ipaddress import ip_address

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)

from appointed.wire.asgi import Scope
from appointed.wire.request import Headers
from appointed.wire.watching import Served

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BUCKETS_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)

disable_created_metrics()


class Metrics:
    """Counts of one process, in a registry of its own."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._requests = Counter(
            "appointed_requests", "Requests answered.", ("dialect", "route", "status"), registry=registry
        )
        self._seconds = Histogram(
            "appointed_request_seconds",
            "Time from the request's headers to its answer.",
            ("dialect", "route"),
            buckets=BUCKETS_SECONDS,
            registry=registry,
        )
        self._calls = Counter("appointed_database_calls", "Calls of the database.", ("dialect",), registry=registry)
        self._calls_seconds = Counter(
            "appointed_database_seconds", "Time spent in them.", ("dialect",), registry=registry
        )
        self._refusals = Counter("appointed_refusals", "Requests refused.", ("dialect", "code"), registry=registry)
        self._holds = Counter(
            "appointed_holds",
            "POSTs that want a place: made, or taken by somebody else before.",
            ("dialect", "outcome"),
            registry=registry,
        )
        self._known: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self._of_dialect: dict[str, tuple[Counter, Counter]] = {}

    def count(self, served: Served) -> None:
        """Count a request; one whose client went away has the status class 0xx."""
        dialect, route, hundred = served.dialect, served.operation, (served.status or 0) // 100
        known = self._known.get((dialect, route, hundred))
        if known is None:
            known = (self._requests.labels(dialect, route, f"{hundred}xx"), self._seconds.labels(dialect, route))
            self._known[dialect, route, hundred] = known
        of_dialect = self._of_dialect.get(dialect)
        if of_dialect is None:
            of_dialect = self._of_dialect[dialect] = (self._calls.labels(dialect), self._calls_seconds.labels(dialect))
        known[0].inc()
        known[1].observe(served.seconds)
        of_dialect[0].inc(served.spent.calls)
        of_dialect[1].inc(served.spent.seconds)
        if served.refusal is not None:
            self._refusals.labels(dialect, served.refusal.code).inc()
        took = served.took_a_place
        if took is not None:
            self._holds.labels(dialect, "made" if took else "taken").inc()

    def gauge(self, name: str, help_text: str, read: Callable[[], float]) -> None:
        """Show what `read` answers at each scrape."""
        Gauge(name, help_text, registry=self._registry).set_function(read)

    def gauges(self, name: str, help_text: str, label: str, read: Mapping[str, Callable[[], float]]) -> None:
        """The same for several values of one label."""
        gauge = Gauge(name, help_text, (label,), registry=self._registry)
        for value, function in read.items():
            gauge.labels(value).set_function(function)

    def text(self) -> bytes:
        """All of it, now."""
        return generate_latest(self._registry)


class HeldBack:
    """How long readers of events have been kept waiting by a transaction that has not ended, as far as was seen.

    Each look tells the number of the oldest transaction that still runs. One that is there at two looks has run at
    least from the first to the second.
    """

    def __init__(self) -> None:
        self._oldest: int | None = None
        self._since = 0.0
        self.seconds = 0.0

    def look(self, oldest: int, following: int, at: float) -> None:
        """Note what is seen at an instant in seconds of a clock that does not jump."""
        if oldest != self._oldest:
            self._oldest, self._since = oldest, at
        self.seconds = at - self._since if oldest < following else 0.0


def is_local(scope: Scope) -> bool:
    """Whether the request came from this machine, and not through a proxy on it."""
    peer = scope.get("client")
    headers = Headers(scope["headers"])
    if peer is None or any(headers.get(name) for name in ("forwarded", "x-forwarded-for")):
        return False
    try:
        return ip_address(peer[0]).is_loopback
    except ValueError:
        return False
