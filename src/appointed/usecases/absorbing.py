"""A promise goes over to a place that was held for it."""

from dataclasses import dataclass, replace
from datetime import datetime

from appointed.core.acceptance import check_answered, check_contact, required_facts
from appointed.core.caller import Caller, Scope
from appointed.core.catalog import Catalog
from appointed.core.errors import ServiceDiffers, StateForbids
from appointed.core.ids import ServiceId, VisitId
from appointed.core.once import Once
from appointed.core.questions import CustomerFact
from appointed.core.visit import State, Visit
from appointed.store.visits import Changes
from appointed.usecases.context import Context
from appointed.usecases.deciding import Deciding, Decision
from appointed.usecases.holds import limits_of, reminder_of
from appointed.usecases.reading import Reading, read
from appointed.usecases.settling import Among, clock_of, one, services_of, visit_of

_ABSORBING = frozenset({State.CONFIRMED})


@dataclass(frozen=True, slots=True)
class _Pair:
    """A visit and the hold whose place it is to have."""

    now: datetime
    visit: Visit
    held: Reading
    hold: Visit


async def absorb(
    context: Context,
    caller: Caller,
    visit_id: VisitId,
    hold_id: VisitId,
    once: Once | None = None,
    among: Among = None,
) -> Visit:
    """Give a confirmed visit the times, the claims, the branch and the party of a hold, and end the hold as absorbed.

    The hold has to be of the same families of services, in the same order, and one of a group is refused: the others
    would be left with nobody to be confirmed with. The visit keeps its id, its customer and what was told about it.
    Raises ServiceDiffers, ContactMissing, AnswerMissing and CustomerFactMissing for what the services at another branch
    ask and nobody told, CustomerLimitReached, HoldLapsed, StateForbids, VisitNotFound, ScopeMissing.
    """
    caller.require(Scope.RESCHEDULE)

    async def look() -> _Pair:
        visit = visit_of(await read(context, caller, visit=visit_id), None, among)
        held = await read(context, caller, visit=hold_id)
        return _Pair(held.now, visit, held, visit_of(held, None))

    def decide(pair: _Pair, changes: Changes) -> Decision:
        visit, hold, held = pair.visit, pair.hold, pair.held
        if _families(held.catalog, visit) != _families(held.catalog, hold):
            raise ServiceDiffers
        if hold.group_id is not None:
            raise StateForbids(state=hold.state_at(pair.now).value, step=State.ABSORBED.value)
        services = services_of(held, hold)
        facts: tuple[CustomerFact, ...] = ()
        if [item.service_id for item in visit.items] != [item.service_id for item in hold.items]:
            for service in services:
                check_contact(service, visit.details.contact)
            check_answered(services, visit.details.answers)
            facts = required_facts(services)
        limits = limits_of(held.catalog, clock_of(held, hold), [replace(visit, items=hold.items)])
        reminder_at = reminder_of(services[0], hold.starts_at)
        version = held.catalog.version
        return Decision(lambda: one(changes.absorb(visit, hold, _ABSORBING, reminder_at, version, limits, facts)))

    (moved,) = await Deciding(look, lambda pair: pair.now, decide).settle(context, caller, once)
    return moved


def _families(catalog: Catalog, visit: Visit) -> list[ServiceId]:
    return [catalog.service(item.service_id).family for item in visit.items]
