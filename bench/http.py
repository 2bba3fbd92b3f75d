"""Cases over HTTP: client, server and database together."""

import itertools
import json
import subprocess
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http import HTTPStatus
from http.client import HTTPConnection
from typing import Any

from appointed.core.ids import ServiceId
from bench.case import CLIENTS, Case, Sample
from bench.world import BUSY, DAY, DAY_CLAIMS, QUEUE, SLOT, TENANT, World

WARM_UP_SECONDS = 0.5
FEW_SLOTS = 4
LOST_SLOTS = 8
DAY_SLOTS = 288
RATE_AT_MOST = 6_000
"""Requests a second for which slots are prepared."""

OK = frozenset({200})
QUEUES = f"/ombori/regions/eu/queues/v1/organizations/{TENANT}/queues"
HOLD = {
    "locale": "en",
    "notification": {"type": "phoneNumber", "settings": {"to": "+48000000000"}},
    "customerInfo": ["Firstname Lastname"],
    "numberOfPeople": 1,
}


@contextmanager
def serving(world: World) -> Generator[int]:
    """A server of its own process over this database; its port."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.server", world.dsn], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.stdin.close()
            process.wait(30)


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked for, again and again; see `bench.load.Plan`. `slots` says how many free ones paths have to list.

    `paths` stands in for `path` where it is another each time. `own` asks our own API, in whose way the key is sent;
    `headers` are sent instead of a key.
    """

    path: str
    bodies: Callable[[float], list[str]]
    expected: frozenset[int]
    counted: frozenset[int]
    method: str = "POST"
    once: bool = False
    keyed: bool = False
    undo: str | None = None
    paths: Callable[[float], list[str]] | None = None
    slots: Mapping[str, int] = field(default_factory=dict[str, int])
    own: bool = False
    headers: Mapping[str, str] | None = None

    def credential(self, key: str) -> Mapping[str, str]:
        """The headers that say who asks."""
        if self.headers is not None:
            return self.headers
        return {"Authorization": f"Bearer {key}"} if self.own else {"ApiKey": key}


class Load:
    """Asks a server that works on a world."""

    def __init__(self, port: int, world: World) -> None:
        self._port = port
        self._world = world

    def run(self, ask: Ask, seconds: float) -> Sample:
        """Measure; the rate is that of the answers whose status counts. Raises RuntimeError for an unexpected one."""
        self._look(ask)
        plan: Mapping[str, Any] = {
            "port": self._port,
            "credential": "\r\n".join(map(": ".join, ask.credential(self._world.key).items())),
            "seconds": seconds,
            "warm_up": WARM_UP_SECONDS,
            "clients": CLIENTS,
            "method": ask.method,
            "paths": [ask.path] if ask.paths is None else ask.paths(seconds + WARM_UP_SECONDS),
            "bodies": ask.bodies(seconds + WARM_UP_SECONDS),
            "once": ask.once,
            "keyed": ask.keyed,
            "undo": ask.undo,
        }
        done = subprocess.run(
            [sys.executable, "-m", "bench.load"], input=json.dumps(plan), capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        told = json.loads(done.stdout)
        statuses = {int(status): count for status, count in told["statuses"].items()}
        if told["odd"] or not statuses.keys() <= ask.expected:
            raise RuntimeError(f"{ask.path}: {statuses} {told['odd']}")
        counted = sum(count for status, count in statuses.items() if status in ask.counted)
        return Sample(
            rate=counted / seconds,
            median_ms=told["median_ms"],
            p99_ms=told["p99_ms"],
            counts={"client_busy": told["busy"]}
            | {f"status_{status}": count / seconds for status, count in sorted(statuses.items())},
        )

    def _look(self, ask: Ask) -> None:
        """Raise RuntimeError where an answer has not as many free slots as it should. Slots that do not tell what is
        left of them are free."""
        with closing(HTTPConnection("127.0.0.1", self._port, timeout=30)) as connection:
            for path, wanted in ask.slots.items():
                connection.request("GET", path, headers=dict(ask.credential(self._world.key)))
                answer = connection.getresponse()
                body = answer.read()
                listed: Any = json.loads(body)
                slots = listed["slots"] if ask.own and answer.status == HTTPStatus.OK else listed
                if answer.status != HTTPStatus.OK or sum(slot.get("available", 1) > 0 for slot in slots) != wanted:
                    raise RuntimeError(f"{path}: {answer.status}, not {wanted} free slots: {body[:1000]!r}")


class Slots:
    """Slots of a queue, none of them given out twice."""

    def __init__(self, world: World, after: timedelta) -> None:
        self._from = world.tomorrow + after
        self._numbers = itertools.count()

    def take(self, seconds: float) -> list[str]:
        """More bodies of a hold than can be asked for in so many seconds."""
        return [self.body() for _ in range(int(seconds * RATE_AT_MOST))]

    def body(self) -> str:
        """The body of a hold on the next slot."""
        start = self._from + next(self._numbers) * SLOT
        text = [instant.isoformat().replace("+00:00", "Z") for instant in (start, start + SLOT)]
        return json.dumps(HOLD | {"booking": {"start": text[0], "end": text[1]}})


def _holds(service: ServiceId, bodies: Callable[[float], list[str]], **more: Any) -> Ask:
    created = frozenset({201})
    ask = Ask(f"{QUEUES}/{service}/reservations", bodies, expected=created, counted=created, once=True)
    return replace(ask, **more)


def asks(world: World) -> dict[str, Ask]:
    """What is asked for in each case."""
    created, both = frozenset({201}), frozenset({201, 409})
    slots = Slots(world, timedelta())
    keyed = Slots(world, timedelta(days=36_500))
    raced = Slots(world, timedelta())
    late = Slots(world, timedelta(days=365))
    lost = [late.body() for _ in range(LOST_SLOTS)]

    def few(_: float) -> list[str]:
        """New ones for each run, since a run that ends leaves some of its slots held."""
        return [raced.body() for _ in range(FEW_SLOTS)]

    day = f"{QUEUES}/{DAY}/timeslots?date={world.tomorrow.date()}"
    cancel = f"{QUEUES}/{BUSY}/positions/ID/cancel-position"
    return {
        "B0r": Ask("/bench/read", lambda _: ['{"number":1}'], OK, OK),
        "B0w": Ask("/bench/write", lambda _: ['{"number":1}'], created, created),
        "http-hold": _holds(QUEUE, slots.take),
        "http-hold-key": _holds(QUEUE, keyed.take, keyed=True),
        "http-race": _holds(BUSY, few, expected=both | OK, counted=both, once=False, undo=cancel),
        "http-lost": _holds(BUSY, lambda _: lost, expected=both, counted=both, once=False),
        "http-slots": Ask(day, lambda _: [""], OK, OK, method="GET", slots={day: DAY_SLOTS - DAY_CLAIMS}),
    }


def reading(load: Load, world: World) -> list[Case]:
    """`B0r`, to which the targets of all that reads refer, and a day of a pool."""
    known = asks(world)
    return [
        Case("B0r", "POST that does one SELECT 1", lambda seconds: load.run(known["B0r"], seconds)),
        Case(
            "http-slots",
            f"GET the {DAY_SLOTS} slots of a day with {DAY_CLAIMS} claims",
            lambda seconds: load.run(known["http-slots"], seconds),
            "B0r",
        ),
    ]


def writing(empty: Load, world: World, old: Load, old_world: World) -> list[Case]:
    """The cases that write. `B0w` is the one to which the targets refer."""

    def case(name: str, what: str, baseline: str | None = None, target: float | None = None) -> Case:
        ask = known[name]
        return Case(name, what, lambda seconds: empty.run(ask, seconds), baseline, target)

    known = asks(world)
    over_old = asks(old_world)["http-hold"]
    return [
        case("B0w", "POST that commits a one-row INSERT"),
        case("http-hold", "hold, each on another slot", "B0w", 0.7),
        case("http-hold-key", "the same with Idempotency-Key", "B0w"),
        case("http-race", f"holds of {FEW_SLOTS} slots, each cancelled once won", "B0w", 0.35),
        case("http-lost", f"holds of {LOST_SLOTS} slots that are taken", "B0w", 0.35),
        Case(
            "http-hold-old",
            "http-hold over 20,000 old claims",
            lambda seconds: old.run(over_old, seconds),
            "http-hold",
            0.8,
        ),
    ]
