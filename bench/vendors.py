"""The same questions in the vendors' words: what a dialect costs beside our own API."""

import asyncio
import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from appointed.dialects.qmatic.tokens import AUDIENCE
from appointed.store.pool import open_pool
from appointed.usecases.clock import system_clock
from appointed.usecases.context import Context
from appointed.usecases.tokens import issue
from bench import booked, offered
from bench.case import Case
from bench.http import HOLD, OK, QUEUES, RATE_AT_MOST, Ask, Load
from bench.own import AT_MOST, CREATED
from bench.world import BRANCH, CREDENTIAL, QUEUE, SLOT, TENANT, World

HALF_HOURS = offered.HALF_HOURS


def beside(own: Sequence[Case], load: Load, world: World) -> list[Case]:
    """The cases of our own API, each with the same in the vendors' words right after it."""
    found = cases(load, world)
    return [each for case in own for each in (case, *(other for other in found if other.baseline == case.name))]


def cases(load: Load, world: World) -> list[Case]:
    """A hold and a day of slots in each dialect, against the same in our own API. A token is got once, before."""
    sent = {
        "Authorization": f"Bearer {asyncio.run(_token(world))}",
        "X-TENANT-ID": str(TENANT),
        "Accept-Language": "en",
    }

    def case(name: str, what: str, ask: Ask, baseline: str) -> Case:
        return Case(name, what, lambda seconds: load.run(ask, seconds), baseline, 1 / AT_MOST)

    return [
        case("ombori-slots", "a day of half hours in Ombori's words", _ombori_slots(world), "own-slots"),
        case("qmatic-slots", "the same in Qmatic's, with a token", _qmatic_slots(world, sent), "own-slots"),
        case("ombori-hold", "a hold in Ombori's words", _ombori_hold(world), "own-hold"),
        case("qmatic-hold", "the same in Qmatic's, with a token", _qmatic_hold(world, sent), "own-hold"),
    ]


async def _token(world: World) -> str:
    pool = await open_pool(world.dsn, 1)
    try:
        context = Context(pool, system_clock)
        given = await issue(context, audience=AUDIENCE, credential=str(CREDENTIAL), secret=world.key)
        return given.access_token
    finally:
        await pool.close()


def _ombori_slots(world: World) -> Ask:
    path = f"{QUEUES}/{HALF_HOURS.id}/timeslots?date={world.tomorrow.date()}"
    return Ask(path, lambda _: [""], OK, OK, method="GET", slots={path: _free(world)})


def _qmatic_slots(world: World, sent: Mapping[str, str]) -> Ask:
    day = world.tomorrow.date()
    query = f"branchId={HALF_HOURS.branch_id}&startDate={day}&endDate={day}"
    path = f"/qmatic/external/v1/services/{HALF_HOURS.id}/timeslots?{query}"
    return Ask(path, lambda _: [""], OK, OK, method="GET", slots={path: _free(world)}, headers=sent)


def _free(world: World) -> int:
    last = world.tomorrow + timedelta(days=1)
    return booked.count([HALF_HOURS], offered.taken(world.tomorrow), world.tomorrow, last)


def _ombori_hold(world: World) -> Ask:
    starts = _starts(world.tomorrow + timedelta(days=80_000))

    def body() -> str:
        start = next(starts)
        return json.dumps(HOLD | {"booking": {"start": _utc(start), "end": _utc(start + SLOT)}})

    return Ask(f"{QUEUES}/{QUEUE}/reservations", _many(body), CREATED, CREATED, once=True)


def _qmatic_hold(world: World, sent: Mapping[str, str]) -> Ask:
    starts = _starts(world.tomorrow + timedelta(days=90_000))

    def body() -> str:
        start = next(starts)
        slot = {"startTime": _utc(start), "endTime": _utc(start + SLOT)}
        return json.dumps({"serviceId": str(QUEUE), "branchId": str(BRANCH), "timeSlot": slot, "notes": "Rings twice"})

    return Ask("/qmatic/external/v1/reservations", _many(body), CREATED, CREATED, once=True, headers=sent)


def _starts(first: datetime) -> Iterator[datetime]:
    return (first + number * SLOT for number in itertools.count())


def _many(body: Callable[[], str]) -> Callable[[float], list[str]]:
    return lambda seconds: [body() for _ in range(int(seconds * RATE_AT_MOST))]


def _utc(instant: datetime) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}"
