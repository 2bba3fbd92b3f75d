"""Every refusal has its sentence in every language."""

import ast
import re
import string
from dataclasses import fields
from pathlib import Path

import pytest

import appointed
from appointed.core.errors import (
    REFUSALS,
    BodyTooLarge,
    ContactMissing,
    FieldInvalid,
    MalformedBody,
    PartyTooLarge,
    SlotNotOffered,
    SlotTaken,
    StateForbids,
    VisitsInTheWay,
)
from appointed.core.visit import State
from appointed.i18n import catalog

SOURCE = Path(appointed.__file__).parent
# Facts that are codes, and the argument they are given to. What is not listed is said as it is.
CODES = {"expected": FieldInvalid, "problem": MalformedBody, "reason": SlotNotOffered}


def constants_given(name: str) -> set[str]:
    """Every text that the sources pass as the argument `name` to anything."""
    return {
        keyword.value.value
        for path in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg == name and isinstance(keyword.value, ast.Constant) and isinstance(keyword.value.value, str)
    }


@pytest.mark.parametrize("language", catalog.LOCALES)
@pytest.mark.parametrize("kind", REFUSALS.values(), ids=REFUSALS)
def test_a_sentence_uses_the_facts_there_are(language, kind):
    template = catalog._LOCALES[language].sentences[kind.code]
    named = {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}
    assert named <= {field.name for field in fields(kind)}
    said = catalog.sentence(kind(**{field.name: "x" for field in fields(kind)}), language)
    assert said[0].isupper() or said.startswith("x")
    assert said.endswith(".")
    assert not re.search("[{}]", said)


@pytest.mark.parametrize("language", catalog.LOCALES)
def test_there_is_no_sentence_too_many(language):
    assert set(catalog._LOCALES[language].sentences) == set(REFUSALS)


@pytest.mark.parametrize("language", catalog.LOCALES)
@pytest.mark.parametrize("name", CODES)
def test_every_code_in_the_sources_has_words(language, name):
    words = catalog._LOCALES[language].words[name]
    parts = {part for code in constants_given(name) for part in code.split("_or_")}
    assert parts - set(words) == set()


@pytest.mark.parametrize("language", catalog.LOCALES)
@pytest.mark.parametrize("name", ["state", "step"])
def test_every_state_has_words(language, name):
    assert set(catalog._LOCALES[language].words[name]) == {state.value for state in State}


@pytest.mark.parametrize("language", catalog.LOCALES)
def test_a_language_has_what_english_has(language):
    ours, english = catalog._LOCALES[language].words, catalog._LOCALES["en"].words
    assert {name: set(table) for name, table in ours.items()} == {name: set(table) for name, table in english.items()}


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        (FieldInvalid("booking.start", "instant"), "booking.start must be an ISO 8601 instant with an offset or Z."),
        (FieldInvalid("a", "boolean_or_object"), "a must be true or false or an object."),
        (FieldInvalid("a{b}", "unheard_of_thing"), "a{b} must be unheard_of_thing."),
        (MalformedBody("empty"), "The body cannot be read: it is empty."),
        (BodyTooLarge(2_000_000), "The body is longer than 2000000 bytes."),
        (ContactMissing("phone"), "The service needs a telephone number to reach the customer."),
        (StateForbids("no_show", "serving"), "The visit is a no-show and can no longer become being served."),
    ],
)
def test_sentences(refusal, said):
    assert catalog.sentence(refusal, "en") == said


@pytest.mark.parametrize("language", [None, "", "en", "EN", "en-GB", "en_US", "xx", "xx-YY", "*", "../en", "\x00"])
def test_any_language_gets_an_answer(language):
    assert catalog.nearest(language) == "en"
    assert catalog.sentence(SlotTaken(), language)
    assert catalog.failure(language)


@pytest.mark.parametrize(
    ("language", "tag"), [("sv-FI", "sv"), ("PT_br", "pt-BR"), ("pt-PT", "en"), ("en-GB", "en"), ("sve", "en")]
)
def test_the_nearest_language_is_chosen(language, tag):
    assert catalog.nearest(language, ("en", "pt-BR", "sv")) == tag


@pytest.mark.parametrize("language", catalog.LOCALES)
def test_one_of_something_is_said_in_a_sentence_of_its_own(language):
    """Of refusals that there are, with nothing in it that is not known."""
    locale = catalog._LOCALES[language]
    assert set(locale.one) <= set(locale.sentences)
    for code, template in locale.one.items():
        named = {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}
        assert named <= {field.name for field in fields(REFUSALS[code])}


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        (VisitsInTheWay(1, "a"), "One visit could not take place after this change."),
        (VisitsInTheWay(2, "a, b"), "2 visits could not take place after this change."),
        (PartyTooLarge(1), "One visit of the service may stand for one person."),
        (PartyTooLarge(21), "One visit of the service may stand for 21 people at most."),
    ],
)
def test_one_is_not_many(refusal, said):
    assert catalog.sentence(refusal, "en").startswith(said)
