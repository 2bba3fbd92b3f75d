"""Mark what has lapsed, and forget the outcomes of old requests. No promise depends on it."""

from dataclasses import dataclass
from typing import TypeAlias

from appointed.store.lapses import FIRST, lapse, tenants_due
from appointed.store.pool import Pool
from appointed.usecases.context import Context

Finder: TypeAlias = Pool
"""Connections of the worker's role, which learns who has something due and nothing else."""

TENANTS = 100
AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Tidied:
    """What one pass did: tenants that had something due, and holds that were marked as expired."""

    tenants: int = 0
    holds: int = 0


async def tidy(context: Context, finder: Finder) -> Tidied:
    """One pass over all tenants, at each of them by its own clock. A hold without a lifetime is never due.

    Of one tenant no more than some hundreds are done at once; the next pass goes on. Raises StoreUnavailable.
    """
    tenants = holds = 0
    after = FIRST
    while found := await tenants_due(finder, context.clock(), after, TENANTS):
        for due in found:
            holds += await lapse(context.pool, due, AT_ONCE)
        tenants += len(found)
        after = found[-1].tenant
    return Tidied(tenants, holds)
