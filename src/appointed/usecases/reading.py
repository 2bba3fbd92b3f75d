"""Facts for a decision: one read, or none where what is at hand will do."""

from dataclasses import dataclass
from datetime import datetime

from appointed.core.availability import Occupied
from appointed.core.caller import Caller
from appointed.core.catalog import Catalog
from appointed.core.ids import ServiceId, VisitId
from appointed.core.intervals import Interval
from appointed.core.visit import Visit
from appointed.store.facts import read_facts
from appointed.usecases.context import Context


@dataclass(frozen=True, slots=True)
class Reading:
    """What is known at `now` on the tenant's clock. `fresh` tells that it was just read."""

    now: datetime
    catalog: Catalog
    visit: Visit | None = None
    occupied: tuple[Occupied, ...] = ()
    fresh: bool = True


def at_hand(context: Context, caller: Caller) -> Reading | None:
    """A reading without a read: the catalogue used last, on the server's clock. A sandbox's clock has to be read."""
    catalog = None if caller.sandbox or caller.credential is None else context.catalogs.get(caller.tenant)
    return None if catalog is None else Reading(now=context.clock(), catalog=catalog, fresh=False)


async def read(
    context: Context,
    caller: Caller,
    *,
    visit: VisitId | None = None,
    service: ServiceId | None = None,
    window: Interval | None = None,
) -> Reading:
    """One call to the database; what it answers of the catalogue is kept."""
    known = context.catalogs.get(caller.tenant)
    facts = await read_facts(
        context.pool,
        caller.tenant,
        context.clock(),
        known=known and known.version,
        visit=visit,
        service=service,
        window=window,
    )
    catalog = facts.catalog or known or Catalog(version=0)
    if facts.catalog is not None:
        context.catalogs.put(caller.tenant, facts.catalog)
    return Reading(now=facts.now, catalog=catalog, visit=facts.visit, occupied=facts.occupied)
