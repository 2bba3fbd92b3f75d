"""What is shown of a change before it is made: every value in words."""

from datetime import timedelta
from uuid import UUID

import pytest

from appointed.cli.differences import Words, field_texts, tree
from appointed.core.catalog import Branch, Catalog, Service
from appointed.core.difference import FieldDifference
from appointed.core.ids import BranchId, ServiceId
from appointed.core.language import Text, Translation
from appointed.core.places import Address, GeoPoint
from appointed.core.questions import CustomerFact, Question, ResourceChoice, ScreeningQuestion

HOUR = timedelta(hours=1)
MAIN = Branch(BranchId(UUID(int=1)), "Main", "UTC", slug="main")
CARD, PASS = (
    Service(ServiceId(UUID(int=n)), MAIN.id, s, HOUR, HOUR, (), slug=s) for n, s in ((2, "card"), (3, "pass"))
)
WORDS = Words.of(Catalog(0, {MAIN.id: MAIN}, {CARD.id: CARD, PASS.id: PASS}))
SAID = Text("Where?", (Translation("nl", "Waar?"),))
HERE, NAMED = Text("Here?"), Text("Name?")


@pytest.mark.parametrize(
    ("field", "before", "after", "lines"),
    [
        ("address", None, Address("Main 1", "", "Oslo"), ["address  nothing → Main 1, Oslo"]),
        ("geo", GeoPoint(4.5, 51.0), None, ["geo  4.5 east, 51.0 north → nothing"]),
        ("family_id", None, CARD.id, ["family id  nothing → card"]),
        ("description", HERE, SAID, ["description  Here? → Where?", "description nl  nothing → Waar?"]),
        ("combinations", (), (frozenset({CARD.id, PASS.id}),), ["combinations  nothing → card + pass"]),
        ("combinations", (frozenset({CARD.id, PASS.id}),), (), ["combinations  card + pass → nothing"]),
        ("questions", (), (Question(SAID, HERE, required=True), Question(NAMED)),
         ["questions 1  nothing → Where? / Waar? / Here? / to be answered", "questions 2  nothing → Name?"]),
        ("screening", (ScreeningQuestion(HERE, None, NAMED),), (ScreeningQuestion(HERE, yes_required=False),),
         ["screening 1  Here? / Name? / yes to come → Here? / no to come"]),
        ("resource_choice", ResourceChoice.OPEN, ResourceChoice.LISTED, ["resource choice  open → listed"]),
        ("required_facts", frozenset(), frozenset(CustomerFact), ["required facts  nothing → birth_date"]),
        ("added_duration", None, HOUR, ["added duration  nothing → 60 min"]),
        ("index", 0, 3, ["index  0 → 3"]),
        ("languages", (), ("nl", "en-GB"), ["languages  nothing → nl, en-GB"]),
    ],
)  # fmt: skip
def test_a_field_is_shown_in_words(field, before, after, lines) -> None:
    assert [text.plain for text in field_texts(FieldDifference(field, before, after), WORDS)] == lines


def test_options_stand_before_the_rest() -> None:
    options = [FieldDifference("combinations", before=False, after=True)]
    lines = [str(branch.label) for branch in tree((), WORDS, "all", options).children]
    assert lines == ["options"]
    (option,) = tree((), WORDS, "all", options).children[0].children
    assert str(option.label) == "combinations  no → yes"
    assert tree((), WORDS, "all").children == []
