"""What Qmatic's clients send, and what it means to us."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated

import msgspec

from appointed.core.customer import Introduction, PersonName
from appointed.core.errors import FieldInvalid, FieldMissing
from appointed.core.plan import PARTS_AT_MOST
from appointed.core.questions import QUESTION_CHARACTERS_AT_MOST
from appointed.core.visit import Answer
from appointed.dialects.qmatic.shapes import MOST_PEOPLE
from appointed.wire.instants import parse_date, parse_instant
from appointed.wire.json_text import member

LONGEST_NAME = 255
LONGEST_ANSWER = 2048
LONGEST_NOTES = 4096

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_NAME)]
AnswerText = Annotated[str, msgspec.Meta(max_length=LONGEST_ANSWER)]
QuestionText = Annotated[str, msgspec.Meta(max_length=QUESTION_CHARACTERS_AT_MOST)]
People = Annotated[int, msgspec.Meta(ge=1, le=MOST_PEOPLE)]
Notes = Annotated[str, msgspec.Meta(max_length=LONGEST_NOTES)]

_REFERENCE = re.compile(r"[A-Za-z0-9]{10,48}", re.ASCII)
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
# Looser than what can be delivered to: the document lets an address have 255 characters.
_EMAIL = re.compile(r"[^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f.]+(?:\.[^@\s\x00-\x1f\x7f.]+)+")
_PHONE = re.compile(r"[0-9+\- ]{0,255}", re.ASCII)


class TimeSlot(msgspec.Struct, rename="camel"):
    """A time as it was listed, or with any other offset."""

    start_time: str | None = None
    end_time: str | None = None


class Times(msgspec.Struct, rename="camel"):
    """A time slot, or the two times of it side by side with the rest."""

    time_slot: TimeSlot | None = None
    start_time: str | None = None
    end_time: str | None = None

    def times(self) -> tuple[datetime, datetime]:
        """Start and end in UTC. Raises FieldMissing, FieldInvalid."""
        slot = self.time_slot or TimeSlot()
        start = _instant(slot.start_time, self.start_time, "startTime")
        end = _instant(slot.end_time, self.end_time, "endTime")
        if end <= start:
            raise FieldInvalid(field="timeSlot.endTime", expected="after_start")
        return start, end


def _instant(inside: str | None, beside: str | None, name: str) -> datetime:
    field = f"timeSlot.{name}"
    text = inside or beside
    if not text:
        raise FieldMissing(field=field)
    instant = parse_instant(text, field)
    if inside and beside and parse_instant(beside, name) != instant:
        raise FieldInvalid(field=name, expected="one_value")
    return instant


class Reserving(Times, rename="camel", kw_only=True):
    """A time at a branch; who is asked for, and a word to those who serve."""

    branch_id: str
    requested_resource_id: str | None = None
    notes: Notes | None = None


class ReservationBody(Reserving, rename="camel", kw_only=True):
    """A service at a branch at a time, for so many; who is asked for, and a word to those who serve."""

    service_id: str | list[str]
    number_of_reservations: People = 1

    def service(self) -> str:
        """The one service. Raises FieldInvalid where there are several, or none."""
        if isinstance(self.service_id, str):
            return self.service_id
        if len(self.service_id) != 1:
            raise FieldInvalid(field="serviceId", expected="one_value")
        return self.service_id[0]


class CombinedService(msgspec.Struct, rename="camel"):
    """One of several services, for so many."""

    service_id: str
    number_of_reservations: People = 1


class CombinationBody(Reserving, rename="camel", kw_only=True):
    """Services of a branch that are given one after the other by the same."""

    services: Annotated[list[CombinedService], msgspec.Meta(min_length=1, max_length=PARTS_AT_MOST)]


class AnswerBody(msgspec.Struct, rename="camel"):
    """What the customer answered to one of the questions: a text, or several."""

    question_text: QuestionText | None = None
    question: QuestionText | None = None
    answer: AnswerText | list[AnswerText] | None = None


class CustomerBody(msgspec.Struct, rename="camel"):
    """A customer, known by an id that the client keeps."""

    personal_identifier: str
    first_name: Name
    last_name: Name
    email: Name
    phone_number: str | int | None = None
    date_of_birth: str | None = None

    def reference(self, *, hyphens: bool) -> str:
        """The client's id of the customer. Raises FieldInvalid; an id with hyphens will only do with `hyphens`."""
        return reference_of(self.personal_identifier, "personalIdentifier", hyphens=hyphens)

    def introduction(self, answers: tuple[Answer, ...] = (), *, hyphens: bool) -> Introduction:
        """The customer as the core has them. Raises FieldInvalid."""
        for name, text in (("firstName", self.first_name), ("lastName", self.last_name)):
            if not text.strip():
                raise FieldInvalid(field=name, expected="longer")
        return Introduction(
            reference=self.reference(hyphens=hyphens),
            name=PersonName(given=self.first_name, family=self.last_name),
            email=self._email(),
            phone=self._phone(),
            birth_date=self._birth_date(),
            answers=answers,
        )

    def _email(self) -> str:
        if not _EMAIL.fullmatch(self.email):
            raise FieldInvalid(field="email", expected="email")
        return self.email

    def _phone(self) -> str | None:
        if self.phone_number is None:
            return None
        text = str(self.phone_number)
        if len(text) > LONGEST_NAME:
            raise FieldInvalid(field="phoneNumber", expected="shorter")
        if not _PHONE.fullmatch(text):
            raise FieldInvalid(field="phoneNumber", expected="phone")
        return text if text.strip() else None

    def _birth_date(self) -> date | None:
        return parse_date(self.date_of_birth, "dateOfBirth") if self.date_of_birth else None


class ConfirmationBody(CustomerBody, rename="camel", kw_only=True):
    """Who comes, and what they answer to the service's questions."""

    information_questions: list[AnswerBody | AnswerText] = []

    @property
    def bare(self) -> bool:
        """Whether an answer comes without its question, so that its place has to tell."""
        return any(isinstance(each, str) for each in self.information_questions)

    def answers(self, questions: Sequence[str] = ()) -> tuple[Answer, ...]:
        """What was answered; `questions` are those of the service, in order. Raises FieldMissing, FieldInvalid."""
        found: list[Answer] = []
        for place, each in enumerate(self.information_questions):
            path = f"informationQuestions[{place}]"
            if isinstance(each, AnswerBody):
                found.append(_answer(each, path))
            elif place < len(questions):
                found.append(Answer(questions[place], (each,)))
            else:
                raise FieldInvalid(field=path, expected="absent")
        return tuple(found)


def _answer(body: AnswerBody, path: str) -> Answer:
    question = body.question_text or body.question
    if not question:
        raise FieldMissing(field=member(path, "questionText"))
    texts = (body.answer,) if isinstance(body.answer, str) else tuple(body.answer or ())
    if sum(map(len, texts)) > LONGEST_ANSWER:
        raise FieldInvalid(field=member(path, "answer"), expected="shorter")
    return Answer(question, texts)


class CustomerKey(msgspec.Struct, rename="camel"):
    """A customer by the client's id alone."""

    personal_identifier: str | None = None


class SearchBody(msgspec.Struct, rename="camel"):
    """Whose appointments are wanted: the customer's id, inside `customer` or by itself."""

    customer: CustomerKey | None = None
    personal_identifier: str | None = None


class RescheduleBody(msgspec.Struct, rename="camel"):
    """The reservation whose time the appointment is to have."""

    reservation_id: str


def needs_hyphens(reference: str) -> bool:
    """Whether it is an id with hyphens, which not every tenant takes."""
    return _GUID.fullmatch(reference) is not None


def reference_of(text: str, field: str, *, hyphens: bool) -> str:
    """The client's id of a customer: 10 to 48 letters and digits, or with `hyphens` a GUID. Raises FieldInvalid."""
    if _REFERENCE.fullmatch(text) or (hyphens and needs_hyphens(text)):
        return text
    raise FieldInvalid(field=field, expected="reference")
