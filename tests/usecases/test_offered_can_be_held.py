"""What is offered can be held; what is refused has a reason that `explain` names. In small random worlds on disk."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4  # noqa: TID251 - tests make identities too

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from appointed.core.catalog import Catalog, Service
from appointed.core.errors import (
    CustomerLimitReached,
    PartyTooLarge,
    Refusal,
    SlotNotOffered,
    SlotTaken,
)
from appointed.core.ids import ResourceId, TenantId
from appointed.core.intervals import Interval
from appointed.core.localtime import instant_of
from appointed.core.occupancy import Taken
from appointed.core.visit import Contact, Details
from appointed.store import catalog as store
from appointed.store.pool import Pool, open_pool
from appointed.usecases.clock import system_clock
from appointed.usecases.context import Context
from appointed.usecases.holds import Wish, hold_together
from appointed.usecases.inquiring import Want, Wanted
from appointed.usecases.slots import explain, find_slots
from availability_worlds import NOBODY, worlds
from drawn_world import Drawn
from jammed_worlds import jams
from people import LONG_AGO, Person, new_owner
from proofs.raw import dumps

MOST_STARTS = 8
MICROSECOND = timedelta(microseconds=1)
EPOCH = instant_of(0)
PERFORM = "SELECT visit_perform($1, $2, 'tester', 'hold', $3, NULL, NULL)"


@dataclass
class Undoing:
    """A pool that takes every hold back as soon as it has succeeded."""

    pool: Pool
    tenant: TenantId

    async def call(self, sql: str, *arguments: object) -> Any:
        if "visit_perform" not in sql:
            return await self.pool.call(sql, *arguments)
        async with self.pool.transaction(self.tenant) as tx:
            inner = tx.transaction()
            await inner.start()
            try:
                return await tx.fetchval(sql, *arguments)
            finally:
                await inner.rollback()


def known_to_all(service: Service) -> Service:
    """The service as a catalogue takes it: without strangers, and with a limit where it grows with the party."""
    roles = tuple(
        replace(role, resource_ids=tuple(each for each in role.resource_ids if each != NOBODY))
        for role in service.roles
    )
    limit = service.party_limit or (3 if service.per_extra_person else None)
    return replace(service, roles=roles, party_limit=limit, customer_daily_limit=service.customer_daily_limit or None)


async def settled(pool: Pool, drawn: Drawn) -> Person:
    """The world in the database, with all the claims that it lets in."""
    person = await new_owner(Context(pool, system_clock), sandbox_at=drawn.now)
    services = {key: known_to_all(service) for key, service in drawn.catalog.services.items()}
    catalog = replace(drawn.catalog, services=services)
    async with pool.transaction(person.tenant) as tx:
        version = await store.put(tx, person.tenant, catalog, LONG_AGO)
    taken = [(resource, claim) for resource, claims in drawn.claims.items() for claim in claims]
    for args in [
        *(visit_of(drawn, version, service, start) for service, start in drawn.visits),
        *(claim_of(drawn.catalog, version, resource, claim) for resource, claim in taken),
    ]:
        try:
            await pool.call(PERFORM, person.tenant, drawn.now, dumps(args))
        except SlotTaken:
            event("a claim found no room")
    return person


def visit_of(drawn: Drawn, version: int, service_id: UUID, start: int) -> dict[str, Any]:
    """A visit of the customer that takes nobody."""
    visit, starts_at = uuid4(), instant_of(start)
    args = a_visit(drawn.catalog, version, visit, service_id, starts_at, starts_at + timedelta(minutes=5))
    limit = {"visit_id": visit, "customer": "+481", "service_id": service_id, "starts_at": starts_at}
    return {**args, "claims": [], "limits": [{**limit, "ends_at": starts_at + timedelta(minutes=1), "most": 99}]}


def claim_of(catalog: Catalog, version: int, resource: ResourceId, claim: Taken) -> dict[str, Any]:
    """A visit of somebody else that takes just this."""
    starts_at, ends_at = instant_of(claim.starts), instant_of(claim.ends)
    service_id = claim.service_id or next(iter(catalog.services))
    expires_at = None if claim.expires is None else EPOCH + claim.expires * MICROSECOND
    args = a_visit(catalog, version, claim.visit_id, service_id, starts_at, ends_at)
    taken = {
        "claim_id": claim.claim_id,
        "item_id": args["items"][0]["item_id"],
        "resource_id": resource,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "units": claim.units,
        "role": claim.role,
        # Nobody's role may be one that its service does not have.
        "named": claim.named or claim.service_id is None,
    }
    return {**args, "expires_at": expires_at, "claims": [taken]}


def a_visit(
    catalog: Catalog, version: int, visit: UUID | None, service_id: UUID, starts_at: datetime, ends_at: datetime
) -> dict[str, Any]:
    item = {"item_id": uuid4(), "service_id": service_id, "sequence": 1, "starts_at": starts_at, "ends_at": ends_at}
    return {
        "visit_id": visit,
        "catalog_version": version,
        "branch_id": next(iter(catalog.branches)),
        "state": "held",
        "origin": "booking",
        "locale": "en",
        "party_size": 1,
        "items": [item],
    }


@dataclass(frozen=True)
class Asking:
    """A plan, asked of a world in the database by its first guest; the second one is somebody else."""

    context: Context
    person: Person
    parts: tuple[Wanted, ...]
    people: int

    @property
    def want(self) -> Want:
        return Want(self.parts, self.people, "+481")

    async def offered(self, window: tuple[int, int]) -> dict[int, int]:
        span = Interval(instant_of(window[0]), instant_of(window[1]))
        found = await find_slots(self.context, self.person.caller, self.want, span)
        return {slot.starts: slot.available for slot in found.slots}

    async def hold(self, start: int) -> Refusal | None:
        guests = [Details("en", self.people, Contact("phone", number)) for number in ("+481", "+482")]
        count = 1 + max(part.guest for part in self.parts)
        try:
            wish = Wish(self.parts, instant_of(start), tuple(guests[:count]))
            made = await hold_together(self.context, self.person.caller, wish)
        except Refusal as refused:
            return refused
        assert len(made) == count
        assert made[0].items[0].starts_at >= instant_of(start)
        return None

    async def reasons(self, start: int) -> set[str]:
        found = await explain(self.context, self.person.caller, self.want, instant_of(start))
        return {block.rule for block in found.blocks}


async def check(pool: Pool, drawn: Drawn, others: Iterable[int]) -> None:
    person = await settled(pool, drawn)
    guests = list(dict.fromkeys(part.guest for part in drawn.plan.parts))
    parts = tuple(
        Wanted(part.service.id, guests.index(part.guest), part.gap, part.beside, part.preferences)
        for part in drawn.plan.parts
    )
    asking = Asking(Context(Undoing(pool, person.tenant), system_clock), person, parts, drawn.plan.party_size)
    slots = await asking.offered(drawn.window)
    free = [start for start, available in slots.items() if available]
    full = [start for start, available in slots.items() if not available]
    event(f"offered: {bool(free)}, full: {bool(full)}")
    for start in free[:: len(free) // MOST_STARTS + 1]:
        assert await asking.hold(start) is None
        assert await asking.reasons(start) == set()
    for start in {*full[:: len(full) // MOST_STARTS + 1], *(start for start in others if start not in free)}:
        refused, reasons = await asking.hold(start), await asking.reasons(start)
        event(f"refused: {type(refused).__name__}")
        assert reasons
        assert isinstance(refused, SlotTaken | SlotNotOffered | CustomerLimitReached | PartyTooLarge)
        assert isinstance(refused, SlotTaken | PartyTooLarge) or start not in full
        if isinstance(refused, SlotNotOffered):
            assert refused.reason in reasons
        if isinstance(refused, CustomerLimitReached | PartyTooLarge):
            assert {CustomerLimitReached: "customer_limit", PartyTooLarge: "party_size"}[type(refused)] in reasons


@pytest.mark.parametrize("examples", [20, pytest.param(1000, marks=pytest.mark.exhaustive, id="exhaustive")])
def test_what_is_offered_can_be_held_and_what_is_refused_has_a_reason(dsn: str, examples: int) -> None:
    with asyncio.Runner() as runner:
        pool = runner.run(open_pool(dsn, 2))

        @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
        @given(worlds() | worlds(crowded=True) | jams(), st.data())
        def in_a_world(drawn: Drawn, data: st.DataObject) -> None:
            minutes = st.integers(drawn.window[0], drawn.window[1] - 1)
            runner.run(check(pool, drawn, data.draw(st.sets(minutes, max_size=4), "other minutes")))

        try:
            in_a_world()
        finally:
            runner.run(pool.close())
