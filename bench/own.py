"""Our own API over HTTP, and the use cases beneath it alone: the same server, the same tenant, the same questions.

A route beside the baselines (`bench.bare`) calls the use case with values that are at hand and answers an empty body.
It pays for HTTP, the key and, where there is one, a body, as every request does. What our own API takes beyond that is
its layer: reading the query or a larger body, finding things by their names, and writing the answer.
"""

import itertools
import json
from collections.abc import Callable, Sequence
from datetime import timedelta

from appointed.core.localtime import minute_of
from bench import bare, booked, offered
from bench.case import Case
from bench.http import OK, RATE_AT_MOST, Ask, Load
from bench.world import LISTED, LISTED_FROM, QUEUE, SLOT, World

CREATED = frozenset({201})
AT_MOST = 1.15
"""Times the use case alone."""

GUEST = {"names": ["Firstname Lastname"], "contact": {"channel": "phone", "address": "+48000000000"}, "locale": "en"}


def cases(load: Load, world: World) -> list[Case]:
    """The cases, each use case alone before what is compared with it."""

    def case(name: str, what: str, ask: Ask, baseline: str, target: float | None = None) -> Case:
        return Case(name, what, lambda seconds: load.run(ask, seconds), baseline, target)

    return [
        case("bare-slots", "a day of half hours, the use case alone", _read("/bench/slots"), "B0r"),
        case("own-slots", "the same in our own API", _slots(world), "bare-slots", 1 / AT_MOST),
        case("bare-hold", "a hold, the use case alone", _bare_hold(world), "B0w"),
        case("own-hold", "the same in our own API", _own_hold(world), "bare-hold", 1 / AT_MOST),
        case("bare-visits", f"{bare.LISTED} visits, the use case alone", _read("/bench/visits"), "B0r"),
        case("own-visits", f"a list of {bare.LISTED} visits", _visits([""]), "B0r", 0.5),
        case("own-visits-pages", "the same, another page each time", _visits(_pages()), "B0r"),
    ]


def _read(path: str) -> Ask:
    return Ask(path, lambda _: [""], OK, OK, method="GET")


def _slots(world: World) -> Ask:
    last = world.tomorrow + timedelta(days=1)
    path = f"/v1/slots?service={offered.HALF_HOURS.id}&date={world.tomorrow.date()}"
    free = booked.count([offered.HALF_HOURS], offered.taken(world.tomorrow), world.tomorrow, last)
    return Ask(path, lambda _: [""], OK, OK, method="GET", slots={path: free}, own=True)


def _own_hold(world: World) -> Ask:
    first, numbers = world.tomorrow + timedelta(days=73_000), itertools.count()

    def body() -> str:
        start = first + next(numbers) * SLOT
        wanted = {"parts": [{"service": str(QUEUE)}], "starts_at": f"{start:%Y-%m-%dT%H:%M:%SZ}", "guests": [GUEST]}
        return json.dumps(wanted)

    return Ask("/v1/holds", _many(body), CREATED, CREATED, once=True, own=True)


def _bare_hold(world: World) -> Ask:
    first, numbers = minute_of(world.tomorrow + timedelta(days=100_000)), itertools.count(step=SLOT // booked.MINUTE)
    return Ask("/bench/hold", _many(lambda: f'{{"number":{first + next(numbers)}}}'), OK, OK, once=True)


def _many(body: Callable[[], str]) -> Callable[[float], list[str]]:
    return lambda seconds: [body() for _ in range(int(seconds * RATE_AT_MOST))]


def _visits(queries: Sequence[str]) -> Ask:
    path = f"/v1/visits?limit={bare.LISTED}"
    return Ask("", lambda _: [""], OK, OK, method="GET", paths=lambda _: [path + each for each in queries], own=True)


def _pages() -> list[str]:
    starts = (LISTED_FROM + number * SLOT for number in range(LISTED - bare.LISTED))
    return [f"&from={start:%Y-%m-%dT%H:%MZ}" for start in starts]
