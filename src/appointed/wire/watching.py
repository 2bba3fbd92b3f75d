"""What is told of a request once it is answered, and to whom."""

from collections.abc import Callable, Sequence
from time import perf_counter

from opentelemetry.trace import Tracer

from appointed.core.caller import Caller
from appointed.core.errors import Refusal, SlotTaken
from appointed.usecases.spending import Spent, begin
from appointed.wire.route import Answer, Route

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Served:
    """One request. Nothing in it is a path, a query, a header or a body, so that none of it speaks of a person.

    `operation` is the name of its route, or of a page; `none` where path or method led nowhere. `status` is None where
    the client went away before it was answered, `seconds` the time until then.
    """

    __slots__ = (
        "_started",
        "caller",
        "dialect",
        "method",
        "operation",
        "refusal",
        "request_id",
        "route",
        "seconds",
        "spent",
        "status",
    )

    def __init__(self, dialect: str, method: str, request_id: str) -> None:
        self.dialect = dialect
        self.method = method if method in METHODS else "other"
        self.request_id = request_id
        self.operation = "none"
        self.route: Route | None = None
        self.caller: Caller | None = None
        self.refusal: Refusal | None = None
        self.status: int | None = None
        self.seconds = 0.0
        self.spent: Spent = begin()
        self._started = perf_counter()

    def found(self, route: Route) -> None:
        """Note which route it belongs to."""
        self.route = route
        self.operation = route.name

    @property
    def took_a_place(self) -> bool | None:
        """Whether the request got the place it wanted; False where it was taken, None where it wanted none."""
        if self.route is None or self.route.method != "POST" or SlotTaken not in self.route.refusals:
            return None
        if isinstance(self.refusal, SlotTaken):
            return False
        return True if self.refusal is None and self.status is not None and self.status < 300 else None

    def end(self, answer: Answer | None) -> None:
        """Note how it was answered, if it was, and when."""
        self.status = None if answer is None else int(answer.status)
        self.seconds = perf_counter() - self._started

    def timing(self) -> tuple[bytes, bytes]:
        """The header Server-Timing, in milliseconds."""
        spent = self.spent
        text = f'total;dur={self.seconds * 1e3:.1f}, db;dur={spent.seconds * 1e3:.1f};desc="{spent.calls} calls"'
        return b"server-timing", text.encode()


Teller = Callable[[Served], None]


class Watch:
    """Those who are told of each request, and the tracer that spans are made with, if any."""

    __slots__ = ("tellers", "tracer")

    def __init__(self, tellers: Sequence[Teller] = (), tracer: Tracer | None = None) -> None:
        self.tellers = tuple(tellers)
        self.tracer = tracer

    def tell(self, served: Served) -> None:
        """Pass it on."""
        for teller in self.tellers:
            teller(served)


NOBODY = Watch()
