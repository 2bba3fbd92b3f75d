"""What a service asks of those who come."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from appointed.core.catalog import Service
from appointed.core.errors import (
    AnswerMissing,
    BirthDateAhead,
    ContactMissing,
    CustomerFactMissing,
    PartyTooLarge,
    QuestionUnknown,
    RemoteNotOffered,
)
from appointed.core.questions import CustomerFact, wording
from appointed.core.visit import Answer, Contact, Details


def accept(
    service: Service, details: Details, *, introduced_later: bool = False, party_size: int | None = None
) -> Details:
    """The details as the service takes them, its own locale in place of none.

    It is for `party_size` of those who come, for all of them where that is None. Of customers who are
    `introduced_later` no contact is asked. Raises ContactMissing, PartyTooLarge, RemoteNotOffered.
    """
    if not introduced_later:
        check_contact(service, details.contact)
    check_party(service, party_size or details.party_size)
    if details.remote and not service.remote_allowed:
        raise RemoteNotOffered
    return details if details.locale else replace(details, locale=service.locale)


def check_party(service: Service, party_size: int) -> None:
    """Raise PartyTooLarge where more come than one visit of the service may stand for."""
    if service.party_limit is not None and party_size > service.party_limit:
        raise PartyTooLarge(limit=service.party_limit)


def check_birth_date(born: date | None, today: date) -> None:
    """Raise BirthDateAhead for a day that is still to come where the visit is."""
    if born is not None and born > today:
        raise BirthDateAhead


def check_contact(service: Service, contact: Contact | None) -> None:
    """Raise ContactMissing where the service wants another way to reach the customer."""
    channel = service.required_contact
    if channel is not None and (contact is None or contact.channel != channel):
        raise ContactMissing(channel=channel)


def check_answers(services: Sequence[Service], answers: Sequence[Answer], *, introduced_later: bool = False) -> None:
    """Raise QuestionUnknown for an answer to what none of the services asks, and AnswerMissing where one is wanted.

    A question may be put in any of its languages. Of customers who are `introduced_later` no answer is wanted.
    """
    put = {each for service in services for question in service.questions for each in question.wordings}
    for answer in answers:
        if wording(answer.question) not in put:
            raise QuestionUnknown(question=answer.question)
    if not introduced_later:
        check_answered(services, answers)


def check_answered(services: Sequence[Service], answers: Sequence[Answer]) -> None:
    """Raise AnswerMissing where one is wanted and not among these, which may be to other questions, too."""
    given = {wording(answer.question) for answer in answers if answer.given}
    for question in (question for service in services for question in service.questions):
        if question.required and given.isdisjoint(question.wordings):
            raise AnswerMissing(question=question.text.text)


def check_told(services: Sequence[Service], details: Details) -> None:
    """Raise what is wrong with a promise of these services: ContactMissing, AnswerMissing, QuestionUnknown."""
    for service in services:
        check_contact(service, details.contact)
    check_answers(services, details.answers)


def is_told(services: Sequence[Service], details: Details) -> bool:
    """Whether nothing that these services ask is missing."""
    try:
        check_told(services, details)
    except (ContactMissing, AnswerMissing, QuestionUnknown):
        return False
    return True


def asks(service: Service) -> bool:
    """Whether there is anything that has to be told before it is promised."""
    return service.required_contact is not None or any(question.required for question in service.questions)


def required_facts(services: Iterable[Service]) -> tuple[CustomerFact, ...]:
    """What has to be known of the customer of these services, in one order."""
    return tuple(sorted({fact for service in services for fact in service.required_facts}))


def check_facts(services: Iterable[Service], known: Iterable[CustomerFact]) -> None:
    """Raise CustomerFactMissing where the services want to know more."""
    for fact in required_facts(services):
        if fact not in known:
            raise CustomerFactMissing(fact=fact.value)
