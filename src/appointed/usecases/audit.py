"""The audit: what happened beside visits, seals on all that happened, and whether any of it was touched since."""

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import timedelta
from types import MappingProxyType

from appointed.core.audit import Break, Chains, Seal, Seals, Trouble
from appointed.core.caller import Caller, Scope
from appointed.core.ids import TenantId
from appointed.store import audit as store
from appointed.store.audit import Ledger, OwnEvent, instant, open_ledger
from appointed.store.lapses import FIRST
from appointed.store.pool import Pool
from appointed.usecases.context import Context

__all__ = ["Ledger", "OwnEvent", "events", "instant", "open_ledger", "seal", "seal_due", "verify"]

SEALED_EVERY = timedelta(minutes=10)
"""How long a tenant's chains are protected by themselves alone, while a worker runs."""
TENANTS = 100
NOTHING_KEPT: Mapping[int, bytes] = MappingProxyType({})


async def events(context: Context, caller: Caller, after: int, limit: int) -> list[OwnEvent]:
    """What happened in a tenant beside its visits, after a position of its chain. Raises ScopeMissing."""
    caller.require(Scope.ADMINISTER)
    return await store.own_events(context.pool, caller.tenant, after, limit)


async def seal(context: Context, tenant: TenantId) -> list[Seal]:
    """Seal all that happened in a tenant so far; what an open transaction may still come before is left for later."""
    made: list[Seal] = []
    while new := await store.seal(context.pool, tenant, context.clock()):
        made.append(new)
        # What happens meanwhile can wait: else a busy tenant would be sealed event by event.
        if new.events < store.SEALED_AT_ONCE:
            break
    return made


async def seal_due(context: Context, finder: Pool) -> list[Seal]:
    """Seal what happened in every tenant that was not sealed for SEALED_EVERY.

    `finder` serves as the worker's role. Raises StoreUnavailable.
    """
    made: list[Seal] = []
    after = FIRST
    while found := await store.tenants_unsealed(finder, context.clock() - SEALED_EVERY, after, TENANTS):
        for tenant in found:
            made += await seal(context, tenant)
        after = found[-1]
    return made


async def verify(
    ledger: Ledger, tenant: TenantId, checked: Callable[[], None], kept: Mapping[int, bytes] = NOTHING_KEPT
) -> AsyncIterator[Break]:
    """What breaks the chains and the seals of a tenant, in the order in which it is found.

    `checked` is called for each event. One row after the other is read, however many there are. `kept` are hashes of
    seals by their numbers, which somebody has kept elsewhere.
    """
    chains = Chains()
    async for link in ledger.chains(tenant):
        for found in chains.follow(link):
            yield found
        checked()
    for found in chains.end():
        yield found
    async for visit in ledger.untold_visits(tenant):
        yield Break(tenant, Trouble.NO_EVENTS, visit=visit)
    seals = Seals()
    waiting = dict(kept)
    async for each, number, hashes in ledger.sealed(tenant):
        for found in seals.follow(each, number, hashes):
            yield found
        if waiting.pop(each.number, each.hash) != each.hash:
            yield Break(tenant, Trouble.KEPT, each.place, seal=each.number)
    for number in sorted(waiting):
        yield Break(tenant, Trouble.KEPT, seal=number)
