"""What is told of each request: a header, a line, counts, a span. Never whom it was about."""

import asyncio
import json
import re
from uuid import UUID

import pytest
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, get_current_span

from appointed.store.spent import SPENT
from appointed.usecases.clock import system_clock
from appointed.wire.access_log import access_log
from appointed.wire.asgi import DialectApp
from appointed.wire.metrics import HeldBack, Metrics, is_local
from appointed.wire.route import Answer
from appointed.wire.server import Server
from appointed.wire.watching import Watch
from toy_dialect import CONTEXT, Shelf, client, toy_dialect, well

KEYS = [
    "request_id", "dialect", "route", "method", "status", "duration_ms", "db_ms", "db_calls", "tenant_id",
    "credential_id", "timestamp", "event", "level",
]  # fmt: skip
LOAN = {"booking": {"start": "2026-03-29T10:00:00Z", "end": "2026-03-29T10:05:00Z"}, "title": "secret-title"}


class SpanKept(NonRecordingSpan):
    """A span that can be asked what it was told."""

    def __init__(self, name, context, attributes):
        super().__init__(SpanContext(1, 2, is_remote=False, trace_flags=TraceFlags(1)))
        self.name, self.parent, self.attributes, self.ended = name, context, dict(attributes or {}), False

    def set_attribute(self, key, value):
        self.attributes[key] = value

    def update_name(self, name):
        self.name = name

    def end(self, end_time=None):
        self.ended = True


class TracerKept:
    """A tracer that keeps its spans."""

    def __init__(self):
        self.spans = []

    def start_span(self, name, context=None, kind=None, attributes=None):
        self.spans.append(SpanKept(name, context, attributes))
        return self.spans[-1]


@pytest.fixture
def lines():
    return []


@pytest.fixture
def metrics():
    return Metrics()


@pytest.fixture
def tracer():
    return TracerKept()


@pytest.fixture
def shelf():
    return Shelf()


def served(shelf, *tellers, tracer=None, pages=None, **changes):
    watch = Watch(tellers, tracer)
    app = DialectApp(toy_dialect(shelf, **changes), CONTEXT, watch)
    return client(Server([app], well, well, pages=pages, watch=watch))


@pytest.fixture
async def toy(shelf, lines, metrics, tracer):
    async with served(shelf, access_log(lines.append, system_clock), metrics.count, tracer=tracer) as toy:
        yield toy


def entries(lines):
    assert all(line.endswith(b"\n") and line.count(b"\n") == 1 for line in lines)
    return [json.loads(line) for line in lines]


async def spend(request):
    SPENT.get().add(0.25)
    SPENT.get().add(0.5)
    return await Shelf().public(request)


async def test_the_time_is_told_where_the_dialect_wants_it(shelf):
    shelf.public = spend
    async with served(shelf, tells_timing=True) as toy:
        for path, calls in (("/public", 2), ("/nothing", 0), ("/fail", 0)):
            header = (await toy.get(path)).headers["server-timing"]
            told = re.fullmatch(r'total;dur=(\d+\.\d), db;dur=(\d+\.\d);desc="(\d+) calls"', header)
            assert told, header
            assert (float(told[2]), int(told[3])) == ((750.0, 2) if calls else (0.0, 0))


async def test_and_nowhere_else(toy):
    for path in ("/public", "/nothing", "/refuse"):
        assert "server-timing" not in (await toy.get(path)).headers


async def test_requests_at_once_are_counted_apart(shelf, lines):
    both = asyncio.Barrier(2)

    async def once(request):
        await both.wait()
        SPENT.get().add(1.0)
        await both.wait()
        return await Shelf().public(request)

    shelf.public = once
    async with served(shelf, access_log(lines.append, system_clock)) as toy:
        await asyncio.gather(toy.get("/public"), toy.get("/public"))
    assert [entry["db_calls"] for entry in entries(lines)] == [1, 1]


async def test_a_line_for_each_request(toy, lines):
    headers = {"X-Request-Id": "r-1"}
    assert (await toy.post("/loans?secret=1", json=LOAN, headers=headers)).status_code == 201
    assert (await toy.get("/loans/secret-7", headers={"Shelf-Key": "secret-key"})).status_code == 401
    assert (await toy.get("/secret-path")).status_code == 404
    assert (await toy.get("/fail")).status_code == 500
    assert (await toy.request("SECRET", "/public")).status_code == 405
    made, refused, lost, failed, odd = entries(lines)
    assert list(made) == KEYS
    assert (made["request_id"], made["dialect"], made["route"], made["method"], made["status"]) == (
        "r-1",
        "toy",
        "make_loan",
        "POST",
        201,
    )
    assert (made["tenant_id"], made["credential_id"]) == (str(UUID(int=1)), str(UUID(int=len("booker-key"))))
    assert (made["event"], made["level"], made["timestamp"][-1]) == ("request", "info", "Z")
    assert (refused["route"], refused["status"], refused["tenant_id"]) == ("show_loan", 401, None)
    assert (lost["route"], lost["status"]) == ("none", 404)
    assert (failed["route"], failed["status"]) == ("fail", 500)
    assert odd["method"] == "other"
    assert not re.search(b"secret|SECRET|booker", b"".join(lines))


async def test_one_who_goes_away_leaves_a_line_without_status(shelf, lines):
    async def receive():
        return {"type": "http.disconnect"}

    app = DialectApp(toy_dialect(shelf), CONTEXT, Watch([access_log(lines.append, system_clock)]))
    scope = {"method": "POST", "query_string": b"", "headers": [(b"shelf-key", b"booker-key")]}
    await app.serve(scope, receive, None, "/loans")
    (entry,) = entries(lines)
    assert (entry["route"], entry["status"]) == ("make_loan", None)


def sample(metrics, name, **labels):
    """The value of a series; None where it is not there."""
    for line in metrics.text().decode().splitlines():
        if line.partition(" ")[0].partition("{")[0] == name:
            found = dict(re.findall(r'(\w+)="([^"]*)"', line))
            if found == labels:
                return float(line.rpartition(" ")[2])
    return None


async def test_requests_are_counted(toy, metrics):
    for _ in range(2):
        await toy.get("/public")
    await toy.get("/nothing")
    await toy.get("/refuse")
    counted = {"dialect": "toy", "route": "public", "status": "2xx"}
    assert sample(metrics, "appointed_requests_total", **counted) == 2
    assert sample(metrics, "appointed_requests_total", **{**counted, "route": "none", "status": "4xx"}) == 1
    assert sample(metrics, "appointed_request_seconds_count", dialect="toy", route="public") == 2
    assert sample(metrics, "appointed_request_seconds_bucket", dialect="toy", route="public", le="+Inf") == 2
    assert sample(metrics, "appointed_refusals_total", dialect="toy", code="slot_taken") == 1


async def test_calls_of_the_database_are_counted(shelf, metrics):
    shelf.public = spend
    async with served(shelf, metrics.count) as toy:
        await toy.get("/public")
    assert sample(metrics, "appointed_database_calls_total", dialect="toy") == 2
    assert sample(metrics, "appointed_database_seconds_total", dialect="toy") == 0.75


async def test_places_made_and_lost_are_counted(shelf, toy, metrics):
    """A route that may answer that the slot is taken is one that wants a place; a bad body is neither."""
    await toy.post("/loans", json=LOAN)
    await toy.post("/loans", content=b"not json")
    await toy.get("/refuse")
    made = {"dialect": "toy", "outcome": "made"}
    assert sample(metrics, "appointed_holds_total", **made) == 1
    assert sample(metrics, "appointed_holds_total", **{**made, "outcome": "taken"}) is None
    shelf.make = shelf.refuse
    async with served(shelf, metrics.count) as lost:
        await lost.post("/loans", json=LOAN)
    assert sample(metrics, "appointed_holds_total", **{**made, "outcome": "taken"}) == 1


def test_registries_are_apart():
    """Of two applications in one process, and of others who use the library."""
    first, second = Metrics(), Metrics()
    first.gauge("appointed_some", "Some.", lambda: 7.0)
    assert sample(first, "appointed_some") == 7
    assert sample(second, "appointed_some") is None
    assert b"python_info" not in first.text()


def test_a_transaction_that_is_seen_twice_holds_events_back():
    held_back = HeldBack()
    told = []
    for oldest, following, at in ((10, 12, 0.0), (10, 30, 4.0), (25, 30, 5.0), (30, 30, 9.0), (30, 30, 12.0)):
        held_back.look(oldest, following, at)
        told.append(held_back.seconds)
    assert told == [0.0, 4.0, 0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("peer", "headers", "local"),
    [
        (("127.0.0.1", 1), [], True),
        (("::1", 1), [], True),
        (("127.9.9.9", 1), [], True),
        (("192.0.2.7", 1), [], False),
        (("127.0.0.1", 1), [(b"x-forwarded-for", b"192.0.2.7")], False),
        (("127.0.0.1", 1), [(b"forwarded", b"for=192.0.2.7")], False),
        (("/run/some.sock", 0), [], False),
        (None, [], False),
    ],
)
def test_who_is_local(peer, headers, local):
    assert is_local({"client": peer, "headers": headers}) is local


async def test_a_span_for_each_request(toy, tracer):
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    await toy.post("/loans?secret=1", json=LOAN, headers={"traceparent": parent, "X-Request-Id": "r-1"})
    await toy.get("/loans/secret-7", headers={"Shelf-Key": "secret-key"})
    made, refused = tracer.spans
    assert (made.name, made.ended) == ("toy.make_loan", True)
    assert made.attributes == {
        "appointed.dialect": "toy",
        "appointed.request_id": "r-1",
        "appointed.tenant_id": str(UUID(int=1)),
        "http.request.method": "POST",
        "http.route": "/loans",
        "http.response.status_code": 201,
    }
    assert get_current_span(made.parent).get_span_context().trace_id == int(parent.split("-")[1], 16)
    assert refused.attributes["appointed.refusal"] == "credential_unknown"
    assert "secret" not in str([span.attributes for span in tracer.spans])


async def test_what_is_done_for_a_request_is_below_its_span(shelf, toy, tracer):
    seen = []

    async def look(request):
        seen.append(get_current_span())
        return await Shelf().public(request)

    shelf.public = look
    async with served(shelf, tracer=tracer) as watched:
        await watched.get("/public")
    assert seen == tracer.spans
    assert not isinstance(get_current_span(), SpanKept)


async def test_a_page_is_told_of_too(shelf, lines):
    async def page(scope, rest):
        return None if rest else Answer(200, b"<p>", ((b"content-type", b"text/html"),))

    async with served(shelf, access_log(lines.append, system_clock), pages={"/some/page": page}) as toy:
        shown = await toy.get("http://here/some/page", headers={"X-Request-Id": "r-1"})
        assert (shown.text, shown.headers["content-type"], shown.headers["x-request-id"]) == ("<p>", "text/html", "r-1")
        assert (await toy.head("http://here/some/page")).content == b""
        assert (await toy.get("http://here/some/page/beneath")).status_code == 404
        assert (await toy.post("http://here/some/page")).status_code == 405
    assert [(entry["dialect"], entry["route"], entry["status"]) for entry in entries(lines)] == [
        ("pages", "/some/page", 200),
        ("pages", "/some/page", 200),
        ("pages", "/some/page", 405),
    ]
