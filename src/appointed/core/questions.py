"""What a service asks of whoever comes, and what it tells them to ask themselves."""

from dataclasses import dataclass
from enum import StrEnum

from appointed.core.language import Text

QUESTIONS_AT_MOST = 50
"""How many one service asks. Whoever takes answers takes as many."""
QUESTION_CHARACTERS_AT_MOST = 2_000
"""How long a question is in any language. Whoever takes answers takes the text of a question so long."""


@dataclass(frozen=True, slots=True)
class Question:
    """Something the customer is asked at the booking. One that is `required` has to be answered."""

    text: Text
    clarification: Text | None = None
    required: bool = False

    @property
    def wordings(self) -> frozenset[str]:
        """How it is put, in any of its languages. No two questions of a service have one in common."""
        return frozenset(map(wording, (self.text.text, *(each.text for each in self.text.translations))))


def wording(text: str) -> str:
    """What tells one question from another: the text whatever its case, without the space around it."""
    return text.strip().casefold()


@dataclass(frozen=True, slots=True)
class ScreeningQuestion:
    """Something customers ask themselves before they book; their answer is not sent.

    Who should come answers yes where `yes_required`, else no; everybody else is told the `denial`.
    """

    text: Text
    clarification: Text | None = None
    denial: Text | None = None
    yes_required: bool = True


class CustomerFact(StrEnum):
    """What may have to be known about a customer, beside name and contact."""

    BIRTH_DATE = "birth_date"


class ResourceChoice(StrEnum):
    """Whether customers choose who serves them.

    OPEN: who knows a resource may ask for it, and none is listed. LISTED: those there are may be chosen from. REQUIRED:
    one of them has to be chosen.
    """

    OPEN = "open"
    LISTED = "listed"
    REQUIRED = "required"
