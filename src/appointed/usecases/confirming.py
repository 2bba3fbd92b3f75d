"""A promise is made of a hold, and who comes may be told with it, or told anew."""

from dataclasses import replace

from appointed.core.acceptance import (
    asks,
    check_answers,
    check_birth_date,
    check_contact,
    check_facts,
    check_told,
    required_facts,
)
from appointed.core.caller import Caller, Scope
from appointed.core.customer import Introduction
from appointed.core.ids import CustomerId, ServiceId, VisitId
from appointed.core.localtime import to_local, zone
from appointed.core.once import Once
from appointed.core.transitions import TRANSITIONS, sources
from appointed.core.versions import Expected
from appointed.core.visit import State, Visit
from appointed.store.visits import Changes
from appointed.usecases.clock import new_id
from appointed.usecases.context import Context
from appointed.usecases.deciding import Decision
from appointed.usecases.holds import limits_of, reminder_of
from appointed.usecases.reading import Reading
from appointed.usecases.settling import Among, clock_of, expected_visit, one, services_of, settle, visit_of

_ALLOWED = sources(State.CONFIRMED)
_PROMISED = frozenset(state for state in State if TRANSITIONS[state] and state is not State.HELD)


async def confirm(
    context: Context,
    caller: Caller,
    service_id: ServiceId | None,
    visit_id: VisitId,
    once: Once | None = None,
    expected: Expected = None,
    introduced: Introduction | None = None,
) -> Visit:
    """Make a promise of a hold; one that is confirmed already is answered as it is.

    Who is `introduced` comes: the customer with that reference, made or written anew. Nothing is written anew where the
    visit is confirmed for them already. Raises ContactMissing, AnswerMissing, QuestionUnknown and CustomerFactMissing
    for what the services ask and nobody told, CustomerDiffers, CustomerLimitReached, HoldLapsed, StateForbids,
    VisitNotFound, VersionStale, ScopeMissing.
    """
    caller.require(Scope.BOOK)

    def decide(reading: Reading, changes: Changes) -> Decision:
        visit, version = expected_visit(reading, service_id, expected)
        service = reading.catalog.service(service_id or visit.items[0].service_id)
        visit = replace(visit, reminder_at=reminder_of(service, visit.starts_at))
        if introduced is not None:
            return _introducing(reading, changes, visit, introduced, version)
        version = _told_enough(reading, visit) or version
        facts = required_facts(services_of(reading, visit))
        return Decision(lambda: one(changes.confirm(visit, _ALLOWED, visit.reminder_at, version, facts)))

    return await settle(context, caller, visit_id, decide, once)


def _introducing(
    reading: Reading, changes: Changes, visit: Visit, introduced: Introduction, version: int | None
) -> Decision:
    """What makes a promise of a visit for whoever is introduced."""
    if visit.state is State.CONFIRMED:
        return Decision(lambda: one(changes.confirm_introduced(visit, _ALLOWED, introduced, None)))
    told = _introduced(reading, visit, introduced)
    if visit.state_at(reading.now) in _ALLOWED:
        check_facts(services_of(reading, visit), introduced.facts)
    version = _told_enough(reading, told) or version
    limits = limits_of(reading.catalog, clock_of(reading, visit), [told])
    customer_id = CustomerId(new_id())
    return Decision(lambda: one(changes.confirm_introduced(told, _ALLOWED, introduced, customer_id, limits, version)))


def _told_enough(reading: Reading, visit: Visit) -> int | None:
    """The version for which it is true that nothing is missing that the services ask; None where they ask nothing.

    Whether a visit may be promised at all the database tells. Raises ContactMissing, AnswerMissing, QuestionUnknown.
    """
    services = services_of(reading, visit)
    if visit.state_at(reading.now) not in _ALLOWED:
        return None
    check_told(services, visit.details)
    return visit.version if any(map(asks, services)) else None


async def introduce(
    context: Context,
    caller: Caller,
    visit_id: VisitId,
    introduction: Introduction,
    once: Once | None = None,
    among: Among = None,
) -> Visit:
    """Tell anew who comes to a visit that was promised, the same customer or another.

    The answers that it has stay where the introduction brings none. Raises ContactMissing, QuestionUnknown,
    AnswerMissing, CustomerFactMissing, BirthDateAhead, CustomerLimitReached, StateForbids, VisitNotFound, ScopeMissing.
    """
    caller.require(Scope.BOOK)

    def decide(reading: Reading, changes: Changes) -> Decision:
        visit = visit_of(reading, None, among)
        services = services_of(reading, visit)
        told = _introduced(reading, visit, introduction)
        for service in services:
            check_contact(service, told.details.contact)
        if introduction.answers:
            check_answers(services, introduction.answers)
        check_facts(services, introduction.facts)
        limits = limits_of(reading.catalog, clock_of(reading, visit), [told])
        customer_id = CustomerId(new_id())
        return Decision(lambda: one(changes.introduce(told, _PROMISED, introduction, customer_id, limits)))

    return await settle(context, caller, visit_id, decide, once)


def _introduced(reading: Reading, visit: Visit, introduction: Introduction) -> Visit:
    """The visit with the contact and the answers of whoever comes. Raises BirthDateAhead."""
    branch = reading.catalog.branches[visit.branch_id]
    check_birth_date(introduction.birth_date, to_local(zone(branch.time_zone), reading.now).day)
    channels = (service.required_contact for service in services_of(reading, visit))
    contact = introduction.contact(next(filter(None, channels), None))
    answers = introduction.answers or visit.details.answers
    return replace(visit, details=replace(visit.details, contact=contact, answers=answers))
