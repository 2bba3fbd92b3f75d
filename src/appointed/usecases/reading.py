"""Facts for a decision that needs no times: one read, or none where what is at hand will do."""

from dataclasses import dataclass
from datetime import datetime

from appointed.core.caller import Caller
from appointed.core.catalog import Catalog
from appointed.core.ids import VisitId
from appointed.core.visit import Visit
from appointed.store.facts import read_facts
from appointed.usecases.context import Context


@dataclass(frozen=True, slots=True)
class Reading:
    """What is known at `now` on the tenant's clock."""

    now: datetime
    catalog: Catalog
    visit: Visit | None = None


async def read(context: Context, caller: Caller, *, visit: VisitId | None = None) -> Reading:
    """One call to the database; what it answers of the catalogue is kept."""
    known = context.catalogs.get(caller.tenant)
    facts = await read_facts(
        context.pool, caller.tenant, context.clock(), known=None if known is None else known.version, visit=visit
    )
    catalog = facts.catalog or known or Catalog(version=0)
    if facts.catalog is not None:
        context.catalogs.put(caller.tenant, facts.catalog)
    return Reading(now=facts.now, catalog=catalog, visit=facts.visit)
