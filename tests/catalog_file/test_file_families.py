"""Families, combinations, questions and options in a file: what may be left out, and what cannot be."""

from uuid import UUID

import pytest

from appointed.catalog_file.text import read, write
from appointed.catalog_file.values import derived_id
from appointed.catalog_file.written import to_file
from appointed.core.catalog import Catalog
from appointed.core.difference import Kind
from appointed.core.language import Text, Translation
from appointed.core.options import Options
from appointed.core.places import Address, GeoPoint
from appointed.core.questions import CustomerFact, Question, ResourceChoice, ScreeningQuestion
from test_file_problems import problems
from test_file_round_trip import TENANT

TOWN = """\
options: {languages: [en, nl-BE], combinations: true}
branches:
  - slug: centre
    name: Centre
    time_zone: Europe/Brussels
    address: {street: Main Street 1, city: Brussels}
    geo: {longitude: 4.35, latitude: 51}
    combinations: [[card, pass]]
  - {slug: north, name: North, time_zone: Europe/Brussels, address: Canal 2}
services:
  - slug: card
    branch: centre
    name: Card
    duration_minutes: 15
    added_duration_minutes: 5
    description: {text: A card., translations: {nl: Een kaart.}}
    questions:
      - {text: Which number?, required: true}
    screening:
      - {text: Do you live here?, denial: Ask at home.}
    required_facts: [birth_date]
    resource_choice: listed
    index: 3
  - {slug: pass, branch: centre, name: Pass, duration_minutes: 15}
  - {slug: card-north, branch: north, name: Card, duration_minutes: 15, family: card}
  - {slug: permit, branch: north, name: Permit, duration_minutes: 15, family: permits}
groups:
  - {slug: papers, name: Papers, index: 2, services: [card]}
"""


def town(text: str = TOWN, loaded: Catalog | None = None) -> Catalog:
    return read(text).catalog(TENANT, loaded)


def service(catalog: Catalog, slug: str):
    return next(each for each in catalog.services.values() if each.slug == slug)


def test_each_field_means_what_it_says() -> None:
    catalog = town()
    centre, north = catalog.branches.values()
    card, passport, other, permit = catalog.services.values()
    assert catalog.options == Options(("en", "nl-BE"), combinations=True)
    assert (centre.address, centre.geo) == (Address("Main Street 1", "", "Brussels"), GeoPoint(4.35, 51.0))
    assert (north.address, north.geo) == (Address("Canal 2"), None)
    assert centre.combinations == (frozenset({card.id, passport.id}),)
    assert card.description == Text("A card.", (Translation("nl", "Een kaart."),))
    assert card.questions == (Question(Text("Which number?"), None, required=True),)
    assert card.screening == (ScreeningQuestion(Text("Do you live here?"), None, Text("Ask at home."), True),)
    assert (card.required_facts, card.resource_choice) == ({CustomerFact.BIRTH_DATE}, ResourceChoice.LISTED)
    assert (card.added_duration.seconds, card.index, next(iter(catalog.groups.values())).index) == (300, 3, 2)
    assert (passport.family_id, other.family, permit.family) == (
        None, card.id, derived_id(TENANT, Kind.SERVICE, "permits")
    )  # fmt: skip


def test_a_file_without_options_has_the_usual_ones() -> None:
    assert town(TOWN.partition("\n")[2]).options == Options()
    assert "options" not in write(to_file(town(TOWN.partition("\n")[2]), TENANT))


def test_what_is_written_is_what_people_would_write() -> None:
    text = write(to_file(town(), TENANT))
    assert "address: Canal 2\n" in text
    assert "family: card\n" in text
    assert "- [card, pass]\n" in text
    assert "text: Which number?\n" in text


def test_a_family_goes_by_the_id_that_a_service_was_given() -> None:
    given = UUID("3fa85f64-5717-4562-b3fc-2c963f66afa6")
    text = TOWN.replace("slug: card\n", f"slug: card\n    id: {given}\n")
    before = town(text)
    assert service(before, "card-north").family == given
    renamed = text.replace("slug: card\n", "slug: id-card\n").replace("[card", "[id-card")
    after = town(renamed.replace("family: card}", "family: id-card}"), before)
    assert service(after, "card-north").family == service(after, "id-card").id == given
    assert "family: id-card\n" in write(to_file(after, TENANT))


def test_a_family_may_be_named_by_an_id_too() -> None:
    card = service(town(), "card").id
    assert service(town(TOWN.replace("family: card}", f"family: {card}}}")), "card-north").family == card


OWN_ID = str(derived_id(TENANT, Kind.SERVICE, "card"))


@pytest.mark.parametrize("named", ["card", OWN_ID, OWN_ID.upper()])
def test_whoever_names_itself_is_a_family_of_its_own(named: str) -> None:
    text = TOWN.replace("index: 3\n", f"family: {named}\n")
    assert service(town(text), "card").family_id is None


@pytest.mark.parametrize(
    ("before", "after", "line", "field", "says"),
    [
        ("[en, nl-BE]", "[en, nl_BE]", 1, "options.languages[1]", "a language tag such as en"),
        ("[en, nl-BE]", "[en, EN]", 1, "options.languages[1]", "lists the language EN twice"),
        ("languages: [en, nl-BE]", "languages: [], languages_strict: true", 1, "options.languages", "are strict"),
        ("combinations: true", "combination: true", 1, "options.combination", "is it combinations?"),
        ("longitude: 4.35", "longitude: 180.5", 7, "branches[0].geo.longitude", "a number of at most 180"),
        ("latitude: 51", "latitude: -91", 7, "branches[0].geo.latitude", "a number of at least -90"),
        (", latitude: 51", "", 7, "branches[0].geo", "latitude is missing"),
        ("{street: Main Street 1, ", "{", 6, "branches[0].address", "street is missing"),
        ("[[card, pass]]", "[[card]]", 8, "branches[0].combinations[0]", "a list of at least 2"),
        ("[[card, pass]]", "[[card, card]]", 8, "branches[0].combinations[0][1]", "lists the service card twice"),
        ("[[card, pass]]", "[[card, visa]]", 8, "branches[0].combinations[0][1]", "there is no service visa"),
        ("[[card, pass]]", "[[card, permit]]", 8, "branches[0].combinations[0]", "permit is no service of this"),
        ("added_duration_minutes: 5", "added_duration_minutes: 0", 15, "S.added_duration_minutes", "at least 1"),
        ("added_duration_minutes: 5", "added_duration_minutes: 1440\n    buffer_after_minutes: 5", 14,
         "S.duration_minutes", "more than a day"),
        ("text: A card.", "text: ' '", 16, "S.description.text", "is empty"),
        ("{nl: Een kaart.}", "{nl: ''}", 16, "S.description.translations.nl", "is empty"),
        ("{text: Which number?", "{text: ''", 18, "S.questions[0].text", "is empty"),
        ("{text: Which number?, ", "{", 18, "S.questions[0]", "text is missing"),
        ("text: Which number?, required: true}", "text: Number?}\n      - {text: ' NUMBER?'}", 19,
         "S.questions[1].text", "asks the same as another question"),
        ("text: Which number?", f"text: {'x' * 2001}", 18, "S.questions[0].text", "at most 2000 characters"),
        ("text: Which number?", f"text: {{text: x, translations: {{nl: {'x' * 2001}}}}}", 18,
         "S.questions[0].text.translations.nl", "at most 2000 characters"),
        ("index: 3", "names: {nl: Kaart, NL: Kaart}", 23, "S.names.NL", "names the language NL twice"),
        ("index: 3", "names: {not a tag: Kaart}", 23, "S.names.not a tag", "a language tag such as en"),
        ("{nl: Een kaart.}", "{nl: Een kaart., Nl: Kaart}", 16, "S.description.translations.Nl", "language Nl twice"),
        ("{nl: Een kaart.}", "{nl_NL: Een kaart.}", 16, "S.description.translations.nl_NL", "a language tag such as"),
        ("text: Which number?", "text: {text: x, translations: {n: y}}", 18, "S.questions[0].text.translations.n",
         "a language tag such as"),
        ("name: Papers,", "name: Papers, names: {english please: x},", 28, "groups[0].names.english please",
         "a language tag such as"),
        ("name: Centre\n", "name: Centre\n    names: {x: Centrum}\n", 5, "branches[0].names.x", "a language tag such"),
        ("denial: Ask at home.", "denial: {text: ' '}", 20, "S.screening[0].denial.text", "is empty"),
        ("[birth_date]", "[shoe_size]", 21, "S.required_facts[0]", "expected birth_date"),
        ("choice: listed", "choice: none", 22, "S.resource_choice", "open or listed or required"),
        ("index: 3", "index: first", 23, "S.index", "a whole number"),
        ("family: card}", "family: Card!}", 25, "services[2].family", "neither a slug nor an id"),
        ("branch: north, name: Permit, duration_minutes: 15, family: permits",
         "branch: centre, name: Permit, duration_minutes: 15, family: card", 26, "services[3].family",
         "card is of the same family"),
        ("family: permits", "family: card-north", 26, "services[3].family", "card-north is itself of another"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_with_its_line(before: str, after: str, line: int, field: str, says: str) -> None:
    assert before in TOWN
    found = problems(TOWN.replace(before, after, 1))
    expected = (line, field.replace("S.", "services[0]."))
    assert any(each[:2] == expected and says in each[2] for each in found), found
    assert {each[:2] for each in found} == {expected}, found


def test_a_service_asks_fifty_questions_at_most() -> None:
    asked = "      - {text: Which number?, required: true}\n"
    most, longest = "".join(asked.replace("Which", f"{number}th") for number in range(50)), "x" * 2000
    long = asked.replace("Which number?", f"{{text: {longest}, translations: {{nl: {longest[1:]}}}}}")
    assert len(service(town(TOWN.replace(asked, most)), "card").questions) == 50
    ((line, field, says),) = problems(TOWN.replace(asked, most + asked))
    assert (line, field, says) == (17, "services[0].questions", "expected a list of at most 50")
    file = read(TOWN.replace(asked, long)).file
    assert read(write(file)).file == file
    assert service(town(write(file)), "card").questions[0].text.text == longest


def test_all_who_name_one_family_at_one_branch_are_told() -> None:
    found = problems(TOWN.replace("family: permits", "family: card"))
    assert found == [
        (25, "services[2].family", "permit is of the same family and the same branch"),
        (26, "services[3].family", "card-north is of the same family and the same branch"),
    ]


def test_what_only_follows_from_a_wrong_name_is_not_said_again() -> None:
    found = problems(TOWN.replace("branch: north", "branch: west").replace("family: permits", "family: card"))
    assert [(line, field) for line, field, _ in found] == [(25, "services[2].branch"), (26, "services[3].branch")]
