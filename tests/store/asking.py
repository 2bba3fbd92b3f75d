"""Visits and claims as the use cases hand them to the store, and a store to hand them to."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import uuid4  # noqa: TID251 - tests make identities too

from appointed.core.ids import ClaimId, ItemId, ResourceId, VisitId
from appointed.core.once import Once
from appointed.core.visit import Claim, Contact, DailyLimit, Details, Item, Origin, Reassigned, State, Visit
from appointed.store.pool import Pool
from appointed.store.visits import Changes
from people import MORNING
from proofs.raw import Ask, World
from proofs.servers import Home


@dataclass(frozen=True)
class Wanted:
    """A visit of one item, and its claims."""

    visit: Visit
    claims: tuple[Claim, ...]

    def moved(self, ask: Ask, **changes: Any) -> "Wanted":
        """The same visit at another time, with one other claim."""
        item = replace(self.visit.items[0], starts_at=ask.starts_at, ends_at=ask.ends_at)
        claims = (_claim(item, ask, changes),)
        return Wanted(replace(self.visit, items=(item,)), claims)

    def reassigned(self, to: ResourceId) -> Reassigned:
        """The first claim, to go to another resource."""
        claim = self.claims[0]
        return Reassigned(self.visit.id, claim.id, claim.resource_id, to)

    def limit(self, most: int, starts_at: datetime, ends_at: datetime) -> DailyLimit:
        """At most so many of the customer's visits of the service between these."""
        return DailyLimit(self.visit.id, self.visit.items[0].service_id, starts_at, ends_at, most)


def _claim(item: Item, ask: Ask, changes: dict[str, Any]) -> Claim:
    claim = Claim(ClaimId(uuid4()), item.id, ResourceId(ask.resource), ask.starts_at, ask.ends_at, ask.units)
    return replace(claim, **changes)


def wanted(
    world: World, *asks: Ask, customer: str | None = None, expires_at: datetime | None = None, **changes: Any
) -> Wanted:
    """A hold of these claims; `changes` are made to each of them."""
    first, last = min(ask.starts_at for ask in asks), max(ask.ends_at for ask in asks)
    item = Item(ItemId(uuid4()), world.service.id, 1, first, last)
    visit = Visit(
        id=VisitId(uuid4()),
        branch_id=world.service.branch_id,
        state=State.HELD,
        origin=Origin.BOOKING,
        details=Details(
            "en",
            contact=None if customer is None else Contact("phone", customer),
            custom_data=f'{{"claims": {len(asks)}}}',
        ),
        created_at=MORNING,
        version=1,
        items=(item,),
        expires_at=expires_at,
    )
    return Wanted(visit, tuple(_claim(item, ask, changes) for ask in asks))


class OneTry:
    """A pool that makes no call again that the database broke off: a deadlock is StoreUnavailable."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def call(self, sql: str, *arguments: object) -> Any:
        async with self._pool.connection() as connection:
            return await connection.fetchval(sql, *arguments)


class Store:
    """What changes the visits of a world, by a clock that stands at MORNING unless it is told otherwise."""

    def __init__(self, home: Home, world: World) -> None:
        self._pool = OneTry(home.context.pool)
        self._world = world

    def changes(self, now: datetime = MORNING, once: Once | None = None) -> Changes:
        """The store's own."""
        return Changes(self._pool, self._world.person.tenant, "tester", now, once)

    async def hold(
        self,
        *several: Wanted,
        now: datetime = MORNING,
        once: Once | None = None,
        choice: bool = False,
        moves: Sequence[Reassigned] = (),
        limits: Sequence[DailyLimit] = (),
        **changes: Any,
    ) -> tuple[Visit, ...]:
        """Hold all of these together."""
        return await self.changes(now, once).hold(
            [each.visit for each in several],
            [claim for each in several for claim in each.claims],
            self._world.version,
            choice,
            moves=moves,
            limits=limits,
            **changes,
        )

    async def move(self, to: Wanted, *, version: int = 1, **changes: Any) -> Visit:
        """Move a visit that is at this version."""
        visit = replace(to.visit, version=version)
        allowed = (State.HELD, State.CONFIRMED)
        return await self.changes().change(visit, allowed, to.claims, self._world.version, False, **changes)
