"""A tenant with some people who serve one at a time, and the questions that the tests ask of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import asyncpg

from appointed.core.catalog import Branch, Catalog, Resource, Role, Service
from appointed.core.ids import ResourceId
from appointed.core.intervals import Interval
from appointed.core.visit import Contact, Details, Visit
from appointed.store import catalog as store
from appointed.usecases import visits
from appointed.usecases.context import Context
from appointed.usecases.holds import Wish, hold_together
from appointed.usecases.inquiring import Want, Wanted
from appointed.usecases.slots import Explanation, explain, find_slots
from appointed.usecases.visits import Change
from people import MORNING, Person, exclusive_resource, new_branch, new_service
from proofs.raw import HOUR, MINUTE, problems

Part = Service | Wanted
CLAIMS = """
SELECT resource_id, starts_at, ends_at, units, role, named, mode::text FROM claim WHERE live AND visit_id = $1
 ORDER BY starts_at, role, resource_id
"""
# An hour after the clock of the sandbox.
NINE = MORNING + HOUR


def at(minutes: int) -> datetime:
    """So many minutes past nine."""
    return NINE + minutes * MINUTE


def wanted(*parts: Part) -> tuple[Wanted, ...]:
    return tuple(part if isinstance(part, Wanted) else Wanted(part.id) for part in parts)


def wish(*parts: Part, start: int = 0, people: int = 1, customer: str | None = None, **changes: Any) -> Wish:
    """A wish of parts that begin so many minutes past nine; every guest in it is the same customer."""
    asked = wanted(*parts)
    details = Details("en", people, None if customer is None else Contact("phone", customer))
    guests = (details,) * (1 + max(part.guest for part in asked))
    return replace(Wish(asked, at(start), guests), **changes)


@dataclass(frozen=True)
class Salon:
    """`clerks` are those who serve."""

    context: Context
    dsn: str
    person: Person
    branch: Branch = field(default_factory=lambda: new_branch(time_zone="UTC"))

    def clerks(self, count: int, **changes: Any) -> tuple[Resource, ...]:
        return tuple(
            replace(exclusive_resource(self.branch.id), name=f"clerk {number}", **changes) for number in range(count)
        )

    def service(self, minutes: int, *roles: Sequence[Resource] | Role, **changes: Any) -> Service:
        """A service that starts every five minutes; a role is one of some resources."""
        made = [role if isinstance(role, Role) else Role(tuple(each.id for each in role)) for role in roles]
        return new_service(self.branch, **{"duration": minutes * MINUTE, "roles": tuple(made), **changes})

    async def put(self, *known: Branch | Service | Resource, by: Person | None = None) -> None:
        """Add it all to the catalogue."""
        branches = {each.id: each for each in (self.branch, *known) if isinstance(each, Branch)}
        services = {each.id: each for each in known if isinstance(each, Service)}
        resources = {each.id: each for each in known if isinstance(each, Resource)}
        tenant = (by or self.person).tenant
        async with self.context.pool.transaction(tenant) as tx:
            await store.put(tx, tenant, Catalog(0, branches, services, resources), MORNING)

    def elsewhere(self) -> "Salon":
        """The same tenant, asked of a process that knows nothing yet."""
        return replace(self, context=Context(self.context.pool, self.context.clock))

    async def hold(self, *parts: Part, **asked: Any) -> Visit:
        (visit,) = await self.hold_all(*parts, **asked)
        return visit

    async def hold_all(self, *parts: Part, **asked: Any) -> tuple[Visit, ...]:
        return await hold_together(self.context, self.person.caller, wish(*parts, **asked))

    async def change(self, visit: Visit, start: int | None = None, end: int | None = None, **details: Any) -> Visit:
        """Change what is told of a visit, and its times where they are given."""
        times = None if start is None else (lambda _: (at(start), at(start + 10 if end is None else end)))
        change = Change(lambda before: replace(before, **details), times)
        return await visits.change(self.context, self.person.caller, visit.items[0].service_id, visit.id, change)

    async def cancel(self, visit: Visit) -> Visit:
        return await visits.cancel(self.context, self.person.caller, visit.items[0].service_id, visit.id)

    async def confirm(self, visit: Visit) -> Visit:
        return await visits.confirm(self.context, self.person.caller, visit.items[0].service_id, visit.id)

    async def offered(
        self, *parts: Part, first: int = 0, minutes: int = 60, people: int = 1, customer: str | None = None
    ) -> dict[int, int]:
        """How many are left of each slot, by the minutes past nine at which it starts; the full ones are absent."""
        want = Want(wanted(*parts), people, customer)
        span = Interval(at(first), at(first + minutes))
        found = (await find_slots(self.context, self.person.caller, want, span)).slots
        return {(slot.starts_at - NINE) // MINUTE: slot.available for slot in found if slot.available}

    async def explained(self, *parts: Part, start: int = 0, people: int = 1) -> Explanation:
        want = Want(wanted(*parts), people)
        return await explain(self.context, self.person.caller, want, at(start))

    async def why(self, *parts: Part, start: int = 0, people: int = 1) -> set[str]:
        """The rules that block a start."""
        return {block.rule for block in (await self.explained(*parts, start=start, people=people)).blocks}

    async def rows(self, sql: str, *arguments: object) -> list[asyncpg.Record]:
        async with self.context.pool.transaction(self.person.tenant) as tx:
            return await tx.fetch(sql, *arguments)

    async def claims(self, visit: Visit) -> list[asyncpg.Record]:
        """The live claims of a visit, in order of their starts and roles."""
        return await self.rows(CLAIMS, visit.id)

    async def held_by(self, visit: Visit) -> list[ResourceId]:
        """Who serves a visit, in the same order."""
        return [row["resource_id"] for row in await self.claims(visit)]

    async def times(self, visit: Visit) -> list[tuple[int, int]]:
        """From when until when its claims last, in minutes past nine."""
        return [
            ((row["starts_at"] - NINE) // MINUTE, (row["ends_at"] - NINE) // MINUTE) for row in await self.claims(visit)
        ]

    async def events(self, visit: Visit) -> list[str]:
        rows = await self.rows("SELECT kind FROM event WHERE visit_id = $1 ORDER BY epoch, xid, ordinal", visit.id)
        return [row["kind"] for row in rows]

    async def problems(self, now: datetime = MORNING) -> list[tuple[Any, ...]]:
        """What must never be and is, but that a visit has as many claims as roles: some of a role want several."""
        found = await problems(self.dsn, now, self.person.tenant)
        return [problem for problem in found if problem[0] != "a visit has a part of its claims"]


def items(visit: Visit) -> list[tuple[int, int]]:
    """From when until when each item lasts, in minutes past nine."""
    return [((item.starts_at - NINE) // MINUTE, (item.ends_at - NINE) // MINUTE) for item in visit.items]


def minutes(count: int) -> timedelta:
    return count * MINUTE
