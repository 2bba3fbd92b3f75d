"""Cases about slots: what the engine answers with its masks at hand, without them, and when something was booked."""

import itertools
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from appointed.core.catalog import Service
from bench import booked, offered
from bench.case import Case
from bench.http import OK, QUEUES, RATE_AT_MOST, Ask, Load
from bench.world import World

_numbers = itertools.count()


def span(first: datetime, last: datetime) -> str:
    """The query that asks for the starts between two instants."""
    return f"?from={first:%Y-%m-%dT%H:%MZ}&to={last:%Y-%m-%dT%H:%MZ}"


class Question:
    """So many days of services; `state` is that of the process as it answers, see `bench.states`."""

    def __init__(self, world: World, services: Sequence[Service], days: int, state: str | None = None) -> None:
        self._services = services
        self._first = world.tomorrow
        self._last = world.tomorrow + timedelta(days=days)
        self._taken = offered.taken(world.tomorrow)
        if state is None and len(services) == 1:
            self._path = f"{QUEUES}/{services[0].id}/timeslots"
        else:
            ids = ",".join(str(each.id) for each in services)
            self._path = f"/bench/{state or 'warm'}/services/{ids}/slots"

    def same(self) -> Ask:
        """The same each time."""
        return self._ask(lambda _: [self._path + span(self._first, self._last)])

    def windows(self) -> Ask:
        """Another window each time: it begins some minutes later, and ends some minutes later."""
        return self._ask(lambda seconds: [self._window(next(_numbers)) for _ in range(int(seconds * RATE_AT_MOST))])

    def _ask(self, paths: Callable[[float], list[str]]) -> Ask:
        moved = self._first + timedelta(minutes=615), self._last + timedelta(minutes=630)
        checked = {
            self._path + span(first, last): booked.count(self._services, self._taken, first, last)
            for first, last in ((self._first, self._last), moved)
        }
        return Ask("", lambda _: [""], OK, OK, method="GET", paths=paths, slots=checked)

    def _window(self, number: int) -> str:
        later, longer = number % 1_000, number // 1_000
        return self._path + span(self._first + later * booked.MINUTE, self._last + longer * booked.MINUTE)


def cases(load: Load, world: World) -> list[Case]:
    """The cases, all of them against `B0r`."""

    def case(name: str, what: str, ask: Ask, target: float | None = None) -> Case:
        return Case(name, what, lambda seconds: load.run(ask, seconds), "B0r", target)

    def month(state: str | None = None) -> Question:
        return Question(world, [offered.MONTH], offered.MONTH_DAYS, state)

    def day(state: str | None = None) -> Question:
        return Question(world, [offered.HALF_HOURS], 1, state)

    sequence, shared = (Question(world, services, offered.WEEK_DAYS) for services in (offered.SEQUENCE, offered.SHARED))
    return [
        case("slots-day", "a day of half hours, one of 3 people", day().same(), 0.7),
        case("slots-day-window", "the same, another window each time", day().windows()),
        case("slots-day-cold", "the same, nothing known of the claims", day("cold").same()),
        case("slots-month-warm", "30 days, 15 people, 4 rooms, 2 machines", month().same(), 0.5),
        case("slots-month-window", "the same, another window each time", month().windows()),
        case("slots-month-written", "the same, one of the 21 booked in between", month("moved").same()),
        case("slots-month-cold", "the same, nothing known of the claims", month("cold").same(), 1 / 12),
        case("slots-month-first", "the same, nothing known of the tenant", month("first").same()),
        case("slots-sequence", "7 days, three services with people of their own", sequence.same(), 0.3),
        case("slots-sequence-window", "the same, another window each time", sequence.windows()),
        case("slots-shared", "7 days, three services that share 15 people", shared.same()),
        case("slots-shared-window", "the same, another window each time", shared.windows()),
    ]
