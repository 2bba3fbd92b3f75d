"""Visits in a list, page by page, and what happened to one of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from appointed.core.caller import Caller, Scope
from appointed.core.errors import VisitNotFound
from appointed.core.ids import VisitId
from appointed.core.visit import State, Visit
from appointed.core.visit_filter import Place, VisitFilter
from appointed.store import visit_list
from appointed.store.events import Event, events_of_visit
from appointed.store.visit_rows import ItemRow as ListedItem
from appointed.store.visit_rows import VisitRow as ListedVisit
from appointed.usecases.context import Context

__all__ = ["ListedItem", "ListedVisit", "Page", "list_events", "list_visits", "visits_of_reference"]

MOST_OF_A_CUSTOMER = 10_000


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Page:
    """Visits in the order of their starts, as they are at `now` on the tenant's clock.

    `after` is where the next page begins; None where this is the last. Those who ask at once get the same object, so
    that what is made of it can be kept with it.
    """

    now: datetime
    visits: Sequence[ListedVisit]
    after: Place | None


async def list_visits(context: Context, caller: Caller, wanted: VisitFilter, after: Place | None, limit: int) -> Page:
    """At most `limit` visits that stand after a place. Raises ScopeMissing.

    A visit that comes or moves behind the place is found later, one before it is not; none is told twice unless it
    moved there.
    """
    caller.require(Scope.READ)
    question = caller.tenant, wanted, after, limit
    return await context.sharing.ask(question, lambda: _list(context, caller, wanted, after, limit))


async def _list(context: Context, caller: Caller, wanted: VisitFilter, after: Place | None, limit: int) -> Page:
    found = await visit_list.list_visits(context.pool, caller.tenant, context.clock(), wanted, after, limit + 1)
    visits = found.visits[:limit]
    more = len(found.visits) > limit
    return Page(found.now, visits, _place(visits[-1]) if more else None)


async def visits_of_reference(
    context: Context, caller: Caller, reference: str, states: Sequence[State]
) -> tuple[Visit, ...]:
    """All visits in these states of the customer whom the tenant knows by a reference, in the order of their starts.

    A hold that lapsed counts as expired. Nothing where there is no such customer. Raises ScopeMissing.
    """
    caller.require(Scope.READ)
    wanted = VisitFilter(states=tuple(states), customer_reference=reference)
    found = await visit_list.list_visits(context.pool, caller.tenant, context.clock(), wanted, None, MOST_OF_A_CUSTOMER)
    return tuple(visit.value(found.now) for visit in found.visits)


async def list_events(context: Context, caller: Caller, visit_id: VisitId) -> Sequence[Event]:
    """All that happened to a visit, in order. Raises VisitNotFound, ScopeMissing."""
    caller.require(Scope.READ)
    events = await events_of_visit(context.pool, caller.tenant, visit_id)
    if not events:
        raise VisitNotFound
    return events


def _place(visit: ListedVisit) -> Place:
    return Place(min(item.starts_at for item in visit.items), visit.id)
