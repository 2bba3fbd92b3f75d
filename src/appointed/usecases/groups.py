"""What becomes of visits that were held together."""

from dataclasses import dataclass
from datetime import datetime

from appointed.core.acceptance import check_told, required_facts
from appointed.core.caller import Caller, Scope
from appointed.core.catalog import Catalog
from appointed.core.errors import VisitNotFound
from appointed.core.ids import GroupId
from appointed.core.once import Once
from appointed.core.transitions import sources
from appointed.core.visit import State, Visit
from appointed.core.visit_filter import VisitFilter
from appointed.store.visit_list import list_visits
from appointed.store.visits import Changes
from appointed.usecases.context import Context
from appointed.usecases.deciding import Deciding, Decision
from appointed.usecases.holds import reminder_of
from appointed.usecases.reading import read

LARGEST = 10_000


@dataclass(frozen=True, slots=True)
class _Group:
    """The visits of a group at `now`."""

    now: datetime
    catalog: Catalog
    visits: tuple[Visit, ...]


async def confirm_group(
    context: Context, caller: Caller, group_id: GroupId, once: Once | None = None
) -> tuple[Visit, ...]:
    """Make promises of all the holds of a group, or of none; those that are confirmed already stay as they are.

    Raises ContactMissing, AnswerMissing, QuestionUnknown and CustomerFactMissing for what the services ask and nobody
    told, HoldLapsed, StateForbids, VisitNotFound where there is no such group, ScopeMissing.
    """
    caller.require(Scope.BOOK)

    async def look() -> _Group:
        reading = await read(context, caller)
        found = await list_visits(
            context.pool, caller.tenant, context.clock(), VisitFilter(group_id=group_id), None, LARGEST
        )
        if not found.visits:
            raise VisitNotFound
        return _Group(found.now, reading.catalog, tuple(row.value(found.now) for row in found.visits))

    def decide(group: _Group, changes: Changes) -> Decision:
        allowed = sorted(sources(State.CONFIRMED))
        services = [[group.catalog.service(item.service_id) for item in visit.items] for visit in group.visits]
        for visit, of_visit in zip(group.visits, services, strict=True):
            if visit.state_at(group.now) in allowed:
                check_told(of_visit, visit.details)
        reminders = [
            reminder_of(of_visit[0], visit.starts_at) for visit, of_visit in zip(group.visits, services, strict=True)
        ]
        facts = {visit.id: required_facts(of_visit) for visit, of_visit in zip(group.visits, services, strict=True)}
        return Decision(lambda: changes.confirm_group(group.visits, allowed, reminders, facts))

    return await Deciding(look, lambda group: group.now, decide).settle(context, caller, once)
