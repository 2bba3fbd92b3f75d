"""Who serves visits: asked for apart, after the visits themselves."""

from collections.abc import Mapping, Sequence

from appointed.core.caller import Caller, Scope
from appointed.core.ids import ItemId, VisitId
from appointed.core.visit import Visit
from appointed.store.serving import Serving, read_served
from appointed.usecases.context import Context
from appointed.usecases.visit_list import ListedVisit

__all__ = ["Servers", "Serving", "find_servers"]

Servers = Mapping[VisitId, Mapping[ItemId, Sequence[Serving]]]
"""Those who serve each item of visits, in the order of the roles; an item that nobody serves is absent."""


async def find_servers(context: Context, caller: Caller, visits: Sequence[Visit | ListedVisit]) -> Servers:
    """Who serves these visits, as long as they are what they are here: one that has changed since is absent.

    The claims of a hold that lapsed count until somebody tidies. Raises ScopeMissing.
    """
    caller.require(Scope.READ)
    served = await read_served(context.pool, caller.tenant, [visit.id for visit in visits])
    return {
        visit.id: served[visit.id].items
        for visit in visits
        if visit.id in served and served[visit.id].version == visit.version
    }
