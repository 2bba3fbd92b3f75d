"""A limit over HTTP: who is counted and when, what is said, and where it shows."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from appointed.core.caller import Caller, Scope
from appointed.core.errors import CredentialUnknown
from appointed.core.ids import CredentialId, TenantId
from appointed.wire.access_log import access_log
from appointed.wire.asgi import DialectApp
from appointed.wire.limits import Limit, Limiter, Limits, Rate
from appointed.wire.metrics import Metrics
from appointed.wire.route import Answer, Credential, Route
from appointed.wire.watching import Watch
from toy_dialect import Shelf, client, toy_dialect

NOON = datetime(2027, 3, 28, 12, tzinfo=UTC)
KEYS = {"reader-key": {Scope.READ}, "booker-key": {Scope.READ, Scope.BOOK}, "public-key": {Scope.READ}}


class Clock:
    """What use cases work with, as far as the plumbing asks: the time, which a test moves."""

    def __init__(self):
        self.now = NOON

    def clock(self):
        return self.now

    def wait(self, seconds):
        self.now += timedelta(seconds=seconds)


async def identify(context, secret):
    if secret not in KEYS:
        raise CredentialUnknown
    credential = None if secret == "public-key" else CredentialId(UUID(int=ord(secret[0])))
    return Caller(TenantId(UUID(int=1)), credential, secret, frozenset(KEYS[secret]))


@pytest.fixture
def clock():
    return Clock()


def limited(clock, limits=None, watch=None, key="booker-key", shelf=None, **changes):
    """A client of the toy where two requests a minute are in order."""
    limits = limits or Limits(Limiter(Rate(2, 60)))
    dialect = toy_dialect(shelf or Shelf(), mount="", identify=identify, **changes)
    return client(DialectApp(dialect, clock, watch or Watch(), limits), key)


def url(path):
    return "http://here" + path


async def test_answers_tell_what_is_left_and_the_third_is_refused(clock):
    async with limited(clock) as toy:
        first, second, third = [await toy.get(url("/refuse")) for _ in range(3)]
        assert [each.status_code for each in (first, second, third)] == [409, 409, 429]
        assert {each.headers["ratelimit-policy"] for each in (first, second, third)} == {'"default";q=2;w=60'}
        assert [each.headers["ratelimit"] for each in (first, second, third)] == [
            '"default";r=1;t=60',
            '"default";r=0;t=60',
            '"default";r=0;t=60',
        ]
        assert [each.headers.get("retry-after") for each in (first, second, third)] == [None, None, "60"]
        error = third.json()["error"]
        assert error["code"] == "TOO_MANY_REQUESTS"
        assert error["message"] == "This credential has asked too often. Please try again in 60 seconds."
        clock.wait(60)
        assert (await toy.get(url("/refuse"))).status_code == 409


async def test_a_refused_request_does_not_count(clock):
    async with limited(clock) as toy:
        for _ in range(2):
            await toy.get(url("/refuse"))
        for _ in range(5):
            clock.wait(11)
            assert (await toy.get(url("/refuse"))).status_code == 429
        clock.wait(5)
        assert [(await toy.get(url("/refuse"))).status_code for _ in range(3)] == [409, 409, 429]


async def test_it_is_counted_before_scope_and_body(clock):
    async with limited(clock, key="reader-key") as toy:
        codes = [(await toy.post(url("/loans"), content="not json")).status_code for _ in range(3)]
        assert codes == [403, 403, 429]
    async with limited(clock) as toy:
        codes = [(await toy.post(url("/loans"), content="not json")).status_code for _ in range(3)]
        assert codes == [400, 400, 429]


async def test_only_who_is_known_is_counted(clock):
    """Not who presents nothing or a wrong credential, not the public, not a path that is none."""
    async with limited(clock) as toy:
        for key, path, status in (
            ("wrong", "/refuse", 401),
            ("", "/refuse", 401),
            ("", "/loans/search?limit=1", 200),
            ("public-key", "/refuse", 409),
            ("booker-key", "/public", 200),
            ("booker-key", "/nothing", 404),
        ):
            for _ in range(4):
                answer = await toy.get(url(path), headers={"Shelf-Key": key})
                assert (answer.status_code, "ratelimit" in answer.headers) == (status, False)
        assert (await toy.get(url("/refuse"))).headers["ratelimit"] == '"default";r=1;t=60'


async def test_credentials_do_not_stand_in_each_others_way(clock):
    async with limited(clock) as toy:
        for key in ("booker-key", "reader-key"):
            codes = [(await toy.get(url("/refuse"), headers={"Shelf-Key": key})).status_code for _ in range(3)]
            assert codes == [409, 409, 429]


async def test_without_a_limit_nothing_is_said(clock):
    async with client(DialectApp(toy_dialect(Shelf(), mount="", identify=identify), clock)) as toy:
        for _ in range(5):
            answer = await toy.get(url("/refuse"))
            assert (answer.status_code, [name for name in answer.headers if "rate" in name]) == (409, [])


async def test_a_dialect_may_name_the_header_fields_itself(clock):
    limit = Limit(fields=lambda standing: ((b"remaining", str(standing.left).encode()),))
    async with limited(clock, limit=limit) as toy:
        answer = await toy.get(url("/refuse"))
        assert (answer.headers["remaining"], "ratelimit" in answer.headers) == ("1", False)


async def test_a_route_may_have_a_rate_of_its_own(clock):
    limits = Limits(Limiter(Rate(2, 60)), {"fail": Limiter(Rate(1, 1))})
    async with limited(clock, limits) as toy:
        assert (await toy.get(url("/fail"))).headers["ratelimit"] == '"default";r=0;t=1'
        assert (await toy.get(url("/fail"))).status_code == 429
        assert (await toy.get(url("/refuse"))).headers["ratelimit"] == '"default";r=1;t=60'


async def test_a_handler_that_learns_who_asks_counts_by_itself(clock):
    async def give_out(request):
        request.known_as(Caller(TenantId(UUID(int=1)), CredentialId(UUID(int=5)), "a client", frozenset()))
        return Answer(200, {})

    route = Route(
        method="POST",
        path="/tokens",
        name="give_out",
        summary="Give out",
        handler=give_out,
        responses={200: dict[str, object]},
        credential=Credential.NONE,
        changes=False,
    )
    limits = Limits(None, {"give_out": Limiter(Rate(1, 1))})
    async with limited(clock, limits, routes=(route,)) as toy:
        assert [(await toy.post(url("/tokens"))).status_code for _ in range(2)] == [200, 429]
        clock.wait(1)
        assert (await toy.post(url("/tokens"))).headers["ratelimit"] == '"default";r=0;t=1'
    async with client(DialectApp(toy_dialect(Shelf(), mount="", routes=(route,)), clock)) as toy:
        assert [(await toy.post(url("/tokens"))).status_code for _ in range(2)] == [200, 200]


async def test_it_shows_in_counts_and_in_the_log(clock):
    metrics, lines = Metrics(), []
    watch = Watch((metrics.count, access_log(lines.append, clock.clock)))
    async with limited(clock, watch=watch) as toy:
        for _ in range(3):
            await toy.get(url("/refuse"))
    assert b'appointed_refusals_total{code="too_many_requests",dialect="toy"} 1.0' in metrics.text()
    assert b'"status":429' in lines[2]
    assert str(UUID(int=ord("b"))).encode() in lines[2]
