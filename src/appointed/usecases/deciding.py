"""Read, decide, write, and once more where the world moved in between."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from appointed.core.caller import Caller
from appointed.core.errors import CatalogMoved, Refusal, SlotTaken, VisitMoved
from appointed.core.once import Once
from appointed.core.visit import Visit
from appointed.store.visits import Changes
from appointed.usecases.context import Context
from appointed.usecases.reading import read

READS = 2
CHOICES = 100

Ground = TypeVar("Ground")


@dataclass(frozen=True, slots=True)
class Decision:
    """`act` is the call that carries it out. With a `choice` of resources, to lose one says nothing of the others."""

    act: Callable[[], Awaitable[tuple[Visit, ...]]]
    choice: bool = False


@dataclass(frozen=True, slots=True)
class Deciding(Generic[Ground]):
    """How to come to a decision: `look` reads what it rests on, `at_hand` is what will do without, if anything.

    `now` is the time at which a ground was seen, on the tenant's clock.
    """

    look: Callable[[], Awaitable[Ground]]
    now: Callable[[Ground], datetime]
    decide: Callable[[Ground, Changes], Decision]
    at_hand: Ground | None = None

    async def settle(self, context: Context, caller: Caller, once: Once | None) -> tuple[Visit, ...]:
        """Decide on what is at hand, and on what is read where that proves old. A refusal always rests on a read.

        What moved between a read and the write is read once more; a choice that somebody else took, until none is left.
        """
        ground, fresh, reads = self.at_hand, False, 0
        while True:
            if ground is None:
                try:
                    ground, fresh, reads = await self.look(), True, reads + 1
                except Refusal as refused:
                    if refused.passing:
                        raise
                    now = (await read(context, caller)).now
                    return await Changes(context.pool, caller.tenant, caller.actor, now, once).refuse(refused)
            changes = Changes(context.pool, caller.tenant, caller.actor, self.now(ground), once)
            try:
                decision = self.decide(ground, changes)
            except Refusal as refused:
                if fresh:
                    return await changes.refuse(refused)
                ground = None
                continue
            ground = None
            try:
                return await decision.act()
            except (CatalogMoved, VisitMoved):
                if reads >= READS:
                    raise
            except SlotTaken:
                if not decision.choice or reads >= CHOICES:
                    raise
