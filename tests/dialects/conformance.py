"""What the conformance suite knows of a dialect, and a calendar on which all dialects meet.

An adapter says in the vendor's words what every dialect can say. It has a method under the name of each ability that
the dialect declares, and no others; the cases are in `test_conformance*.py`.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

import httpx

from answers import check_answer
from appointed.core.catalog import Service
from appointed.core.errors import Refusal
from appointed.usecases.context import Context
from appointed.wire.ability import Ability
from appointed.wire.dialect import Dialect
from authorisation_rows import World
from exchanges import Stage
from people import (
    MORNING,
    Person,
    exclusive_resource,
    new_branch,
    new_owner,
    new_service,
    offer,
    set_clock,
)

FIRST = MORNING + timedelta(hours=1)
APART = timedelta(minutes=30)
# What the record of a request itself leaves behind, whatever it led to.
_NO_EFFECT = frozenset({"idempotency"})


@dataclass(frozen=True)
class Calendar:
    """A service of five minutes that one person gives, in a sandbox an hour before the first start."""

    context: Context
    person: Person
    service: Service

    def start(self, number: int) -> datetime:
        """The start of a slot; slots of different numbers do not touch."""
        return FIRST + number * APART

    def end(self, start: datetime) -> datetime:
        return start + self.service.duration

    async def past(self, hold_for: timedelta) -> None:
        """Put the clock so far past the morning."""
        await set_clock(self.context, self.person, MORNING + hold_for)

    async def rows(self) -> dict[str, list[object]]:
        """All that the tenant has, by table: what leaves it as it is has changed nothing."""
        return await rows_of(self.context, self.person)

    async def count(self, state: str) -> int:
        """How many visits are in a state."""
        async with self.context.pool.transaction(self.person.tenant) as tx:
            return await tx.fetchval("SELECT count(*) FROM visit WHERE state = $1", state)


async def rows_of(context: Context, person: Person) -> dict[str, list[object]]:
    """Every row of a tenant, by table."""
    async with context.pool.transaction(person.tenant) as tx:
        tables = await tx.fetch(
            "SELECT relname FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid "
            "WHERE attname = 'tenant_id' AND relkind IN ('r', 'p') AND has_table_privilege(attrelid, 'SELECT')"
        )
        names = sorted(name for (name,) in tables if name not in _NO_EFFECT)
        return {name: await tx.fetch(f"SELECT * FROM {name} ORDER BY 1, 2, 3") for name in names}


async def new_calendar(context: Context, person: Person | None = None) -> Calendar:
    """A calendar of somebody's own."""
    person = person or await new_owner(context)
    branch = new_branch()
    somebody = exclusive_resource(branch.id)
    return Calendar(context, person, await offer(context, person, branch, new_service(branch, somebody), somebody))


class Adapter(ABC):
    """How one dialect is spoken.

    `lifetime` is what a hold has where the client names none; None where it never lapses. `repeated` tells what a step
    that is taken twice is refused with the second time; one that is not in it is answered again. `world` is how each
    route is asked. `visit_in` finds the id of the visit in an answer, `starts_in` the starts of the slots.
    """

    dialect: ClassVar[Dialect]
    lifetime: ClassVar[timedelta | None]
    repeated: ClassVar[Mapping[Ability, type[Refusal]]] = {}
    world: ClassVar[World]

    @property
    def speaks(self) -> frozenset[Ability]:
        """What it has words for."""
        return frozenset(ability for ability in Ability if hasattr(self, ability.value))

    async def headers(self, http: httpx.AsyncClient, person: Person) -> Mapping[str, str]:
        """The credential as it is sent, with what goes along with every request."""
        return await self.world.credential(http, person)

    async def stage(self, http: httpx.AsyncClient, context: Context) -> Stage:
        """Where the exchanges that the vendor's document shows can take place."""
        return Stage(await self.headers(http, await new_owner(context)), {})

    @abstractmethod
    def visit_in(self, body: Any) -> str: ...

    def visit_in_step(self, body: Any) -> str:
        """The id of the visit in the answer to a confirmation, where it has another shape."""
        return self.visit_in(body)

    @abstractmethod
    def starts_in(self, body: Any) -> set[datetime]: ...


@dataclass(frozen=True)
class Speaker:
    """Somebody who speaks a dialect at a calendar, beneath its mount, or `at_root` of a host of its own.

    `behind` stands at the end of every body: white space changes its bytes and not its meaning.
    """

    adapter: Adapter
    http: httpx.AsyncClient
    calendar: Calendar
    credential: Mapping[str, str]
    at_root: bool = False
    behind: bytes = b""

    @property
    def dialect(self) -> Dialect:
        return self.adapter.dialect

    @property
    def abilities(self) -> frozenset[Ability]:
        return self.dialect.abilities

    async def send(self, method: str, path: str, body: object = None, **headers: str) -> httpx.Response:
        """Ask what stands at a path; whatever the answer is, it has to be one that the dialect's document has."""
        given = {"X-Request-Id": "asked", **self.credential}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        content = (content or b"") + self.behind or None
        mount = "" if self.at_root else self.dialect.mount
        answer = await self.http.request(method, mount + path, content=content, headers=given)
        check_answer(self.dialect, method, path, answer)
        return answer

    async def do(self, ability: Ability, *about: object, **headers: str) -> httpx.Response:
        """Say it in the words of the dialect."""
        return await getattr(self.adapter, ability.value)(self, *about, **headers)

    async def done(self, ability: Ability, *about: object, **headers: str) -> Any:
        """Say it, and have it done: the body of the answer."""
        answer = await self.do(ability, *about, **headers)
        assert answer.is_success, f"{ability}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    async def refused(self, kind: type[Refusal], ability: Ability, *about: object, **headers: str) -> httpx.Response:
        """Say it, and have it refused for a reason."""
        answer = await self.do(ability, *about, **headers)
        assert_refused(self.dialect, answer, kind)
        return answer

    async def hold(self, start: datetime, **headers: str) -> str:
        """The id of a visit that is held."""
        return self.adapter.visit_in(await self.done(Ability.HOLD, start, **headers))

    async def promise(self, start: datetime) -> str:
        """The id of a visit that is confirmed, in as many steps as it takes."""
        if Ability.BOOK in self.abilities:
            return self.adapter.visit_in(await self.done(Ability.BOOK, start))
        visit = await self.hold(start)
        await self.done(Ability.CONFIRM, visit)
        return visit

    async def take(self, start: datetime) -> httpx.Response:
        """Try to get a start by the first step there is."""
        return await self.do(Ability.HOLD if Ability.HOLD in self.abilities else Ability.BOOK, start)

    async def offered(self) -> set[datetime]:
        """The starts on offer today."""
        return self.adapter.starts_in(await self.done(Ability.OFFER))


async def speaker(
    adapter: Adapter, http: httpx.AsyncClient, calendar: Calendar, person: Person | None = None
) -> Speaker:
    """Somebody at a calendar: its owner, or another."""
    headers = await adapter.headers(http, person or calendar.person)
    return Speaker(adapter, http, calendar, headers)


def assert_refused(dialect: Dialect, answer: httpx.Response, *kinds: type[Refusal]) -> None:
    """The answer is the row that the dialect has for one of these refusals."""
    rows = [dialect.errors[kind] for kind in kinds]
    said = [row for row in rows if row.status == answer.status_code and json.dumps(row.code) in answer.text]
    assert said, f"{answer.status_code} {answer.text[:500]} is none of {[kind.__name__ for kind in kinds]}"
