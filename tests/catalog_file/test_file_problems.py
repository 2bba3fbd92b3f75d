"""What is wrong with a file is said with its line and its field, and all of it at once."""

import itertools
import time

import pytest

from appointed.catalog_file.hours import hours_text, parse_hours
from appointed.catalog_file.shape import CatalogFile
from appointed.catalog_file.text import FileInvalid, read
from appointed.core.ids import TenantId
from test_file_round_trip import TENANT

LASTS, WEEK, INNER = "duration_minutes: 30", "week:\n", 6 * " "

GOOD = """\
branches:
  - slug: main
    name: Main
    time_zone: Europe/Oslo
    opening_hours:
      week:
        mon: [09:00-17:00]
resources:
  - slug: anna
    name: Anna
services:
  - slug: visit
    name: Visit
    duration_minutes: 30
    roles:
      - resources: [anna]
"""


NINE_TIMES = "{after}: &{after} [" + ",".join(["*{before}"] * 9) + "]\n"
LAUGHS = "a: &a [1,1]\n" + "".join(
    NINE_TIMES.format(before=before, after=after) for before, after in itertools.pairwise("abcdefghij")
)


def problems(text: str, tenant: TenantId = TENANT) -> list[tuple[int, str, str]]:
    try:
        read(text).catalog(tenant)
    except FileInvalid as error:
        return [tuple(each) for each in error.problems]
    return []


def test_a_good_file_has_none() -> None:
    assert problems(GOOD) == []


@pytest.mark.parametrize(
    ("before", "after", "line", "field", "says"),
    [
        ("    name: Main", "    adress: Oslo\n    name: Main", 3, "branches[0].adress", "is it address?"),
        ("    name: Main\n", "", 2, "branches[0]", "name is missing"),
        ("Europe/Oslo", "Europe/Atlantis", 4, "branches[0].time_zone", "there is no time zone Europe/Atlantis"),
        ("[09:00-17:00]", "[9 to 5]", 7, "B.week.mon[0]", "hours such as 09:00-17:00"),
        ("[09:00-17:00]", "[25:00-26:00]", 7, "B.week.mon[0]", "hours such as 09:00-17:00"),
        ("[09:00-17:00]", "09:00-17:00", 7, "B.week.mon", "square brackets"),
        ("mon:", "monday:", 7, "B.week.monday", "is it mon?"),
        ("slug: anna", "slug: Anna B", 9, "resources[0].slug", "small letters"),
        ("name: Anna", "name: 7.5", 10, "resources[0].name", None),
        ("name: Anna", "name: 24", 10, "resources[0].name", "put it in quotes"),
        (LASTS, "duration_minutes: half an hour", 14, "S.duration_minutes", "a whole number"),
        (LASTS, "duration_minutes: 0", 14, "S.duration_minutes", "at least 1"),
        (LASTS, "duration_minutes: 1441", 14, "S.duration_minutes", "at most 1440"),
        (LASTS, "duration_minutes: 1440\n    buffer_after_minutes: 1", 14, "S.duration_minutes", "more than a day"),
        (LASTS, LASTS + "\n    per_extra_person_minutes: 5", 12, "S.party_limit", "needs a party_limit"),
        (LASTS, LASTS + "\n    anchor: noon", 15, "S.anchor", "opening or clock or packed"),
        (LASTS, LASTS + "\n    bookable: yes", 15, "S.bookable", "true or false"),
        (LASTS, LASTS + "\n    bookable_from: soon", 15, "S.bookable_from", "a date such as"),
        (LASTS, LASTS + "\n    id: 12", 15, "S.id", "expected an id such as"),
        (LASTS, LASTS + "\n    bookable_from: 12", 15, "S.bookable_from", "expected a date such as"),
        (LASTS, LASTS + "\n    bookable_from: 0001-01-01", 15, "S.bookable_from", "not between 1900-01-01"),
        (LASTS, LASTS + "\n    bookable_until: 9999-12-31", 15, "S.bookable_until", "and 2399-12-31"),
        (LASTS, LASTS + "\n    bookable_until: 2026-01-01\n    bookable_from: 2026-01-02", 15, "S.bookable_until",
         "2026-01-01 is before the first date, 2026-01-02"),
        ("[09:00-17:00]", "[09:00-25:00]", 7, "B.week.mon[0]", "hours such as 09:00-17:00"),
        ("[09:00-17:00]", "[09:00-09:00]", 7, "B.week.mon[0]", "hours such as 09:00-17:00"),
        ("[09:00-17:00]", "[13:00-17:00, 09:00-13:01]", 7, "B.week.mon[1]", "09:00-13:01 overlaps other hours"),
        (WEEK, "breaks: {mon: [12:00-13:00, 12:30-14:00]}\n" + INNER + WEEK, 6, "B.breaks.mon[1]",
         "12:30-14:00 overlaps"),
        (WEEK, "breaks: {mon: [13:00-12:00]}\n" + INNER + WEEK, 6, "B.breaks.mon[0]",
         "13:00-12:00 ends on the next day"),
        (LASTS, LASTS + "\n    booking_hours: {week: {mon: [9:00-12:00, {hours: 11:00-12:00, capacity: 2}]}}", 15,
         "S.booking_hours.week.mon[1]", "11:00-12:00 overlaps"),
        ("[anna]", "[anna, anna]", 16, "S.roles[0].resources[1]", "lists the resource anna twice"),
        ("name: Anna", "name: ''", 10, "resources[0].name", "is empty"),
        ("name: Visit", "name: Visit\n    names: {nl: ' '}", 14, "S.names.nl", "is empty"),
        ("[anna]", "[ben]", 16, "S.roles[0].resources[0]", "there is no resource ben"),
        ("name: Anna", "name: Anna\n    branch: other", 11, "resources[0].branch", "there is no branch other"),
        ("name: Anna", "name: Anna\n    retired: true", 17, "S.roles[0].resources[0]", "is retired"),
        ("name: Anna", "name: Anna\n  - {slug: anna, name: Ben}", 11, "resources[1].slug", "has the slug anna"),
        ("anna", "2f1c2c57-6d0e-4b52-8a37-6f5e0f1b7a02", 9, "resources[0].slug", "cannot look like an id"),
        ("services:", "service:", 11, "service", "is it services?"),
        ("branches:", "appointed: 2\nbranches:", 1, "appointed", "reads 1"),
        ("name: Anna", "name: Anna\n    name: Ben", 11, "", "name stands twice"),
        ("name: Anna", "name: !!str Anna", 10, "", "tag"),
        ("name: Anna", "name: 'Anna", 17, "", None),
        (WEEK, "special_days: {2026-02-30: []}\n" + INNER + WEEK, 6, "B.special_days.2026-02-30", "no date"),
        (WEEK, "special_days: {soon: []}\n" + INNER + WEEK, 6, "B.special_days.soon", "a date such as"),
        (WEEK, "special_days:\n        2026-02-01: []\n        2026-02-02: [x]\n" + INNER + WEEK, 8,
         "B.special_days.2026-02-02[0]", "hours such as"),
        (WEEK, "closures: [{from: 2026-02-02, to: 2026-02-01}]\n" + INNER + WEEK, 6, "B.closures[0].to", "later"),
        (WEEK, "closures: [{from: tomorrow}]\n" + INNER + WEEK, 6, "B.closures[0].from", "no moment"),
        (WEEK, "closures: [{from: 2026-02-02 12:00:30}]\n" + INNER + WEEK, 6, "B.closures[0].from", "no moment"),
    ],
)  # fmt: skip
def test_a_problem_has_its_line_and_field(before: str, after: str, line, field, says) -> None:
    text = GOOD.replace(before, after)
    assert text != GOOD
    field = field.replace("B.", "branches[0].opening_hours.").replace("S.", "services[0].")
    ((found_line, found_field, problem),) = problems(text)
    assert (found_line, found_field) == (line, field)
    assert says is None or says in problem


@pytest.mark.parametrize(
    ("before", "after", "field", "says"),
    [
        ("slug: anna", 'slug: "anna\\n"', "resources[0].slug", "small letters"),
        ("[09:00-17:00]", '["09:00-17:00\\n"]', "B.week.mon[0]", "hours such as"),
        (WEEK, 'special_days: {"2026-02-28\\n": []}\n' + INNER + WEEK, "B.special_days.2026-02-28\n", "a date such as"),
        ("branches:", 'options: {languages: ["nl-NL\\n"]}\nbranches:', "options.languages[0]", "a language tag"),
    ],
)
def test_nothing_ends_with_a_line_feed(before: str, after: str, field: str, says: str) -> None:
    """`$` finds the end in front of one, too; in a header it would break every answer."""
    ((_, found, problem),) = problems(GOOD.replace(before, after, 1))
    assert found == field.replace("B.", "branches[0].opening_hours.")
    assert says in problem


def test_who_names_no_branch_is_told_that_the_only_one_is_retired() -> None:
    found = problems(GOOD.replace("name: Main", "name: Main\n    retired: true"))
    assert [(field, says) for _, field, says in found] == [
        (field, "names no branch, and there is none that is not retired")
        for field in ("resources[0].branch", "services[0].branch")
    ]


def test_a_group_lists_a_service_once() -> None:
    found = problems(GOOD + "groups:\n  - {slug: all, name: All, services: [visit, visit]}\n")
    assert found == [(18, "groups[0].services[1]", "lists the service visit twice")]


def test_all_problems_are_said_at_once() -> None:
    text = (
        GOOD.replace("name: Anna", "nme: Anna\n    colour: red\n    kind: person")
        .replace("30", "x")
        .replace("mon:", "mo:")
    )
    assert [(line, field) for line, field, _ in problems(text)] == [
        (7, "branches[0].opening_hours.week.mo"),
        (9, "resources[0]"),
        (10, "resources[0].nme"),
        (11, "resources[0].colour"),
        (12, "resources[0].kind"),
        (16, "services[0].duration_minutes"),
    ]


def test_lines_are_those_of_json_too() -> None:
    text = '{\n  "branches": [\n    {"slug": "a", "name": "\\ud83d\\ude00",\n     "time_zone": "Nowhere"}\n  ]\n}'
    assert [(line, field) for line, field, _ in problems(text)] == [(4, "branches[0].time_zone")]


@pytest.mark.parametrize(
    ("written", "read_as"),
    [("no", "no"), ("yes", "yes"), ("on", "on"), ("09:00", "09:00"), ("2026-12-24", "2026-12-24"), ("1e3", "1e3"),
     ("0x10", "0x10"), ("1_000", "1_000"), ("007", "007"), ("+31201234567", "+31201234567"), ("'24'", "24"),
     ("=", "=")],
)  # fmt: skip
def test_what_yaml_takes_for_something_else_stays_text(written: str, read_as: str) -> None:
    file = read(GOOD.replace("name: Anna", f"name: {written}")).file
    assert file.resources[0].name == read_as


def test_norwegian_is_a_language() -> None:
    file = read(GOOD.replace("name: Visit", "name: Visit\n    names: {no: Besøk, on: Ba}")).file
    assert file.services[0].names == {"no": "Besøk", "on": "Ba"}


def test_anchors_repeat_what_they_name() -> None:
    week = "week: {mon: &day [09:00-12:00, 13:00-17:00], tue: *day}"
    file = read(GOOD.replace("week:\n        mon: [09:00-17:00]", week)).file
    assert file.branches[0].opening_hours.week.tue == ["09:00-12:00", "13:00-17:00"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[" * 200_000, "too deeply"),
        (LAUGHS, "repeats"),
        ("a: &a [*a]", "anchor"),
        ("a: *b", "anchor"),
        ("", "is empty"),
        ("- a", "is no catalogue"),
        ("text", "is no catalogue"),
        ("a: 1\n---\nb: 2", "second document"),
        ("a: \x01", "character"),
        ('a: "\\0"', "character"),
        ("? [a]\n: b", "a key has to be text"),
        ("{}: b", "a key has to be text"),
    ],
    ids=range(12),
)  # fmt: skip
def test_what_is_no_file_is_refused_quickly(text: str, says: str) -> None:
    began = time.monotonic()
    ((_, field, problem),) = problems(text)
    assert (field, says in problem) == ("", True), problem
    assert time.monotonic() - began < 5


def test_an_empty_catalogue_is_one() -> None:
    assert read("appointed: 1").file == CatalogFile()
    assert read("branches:\nservices: []").file == CatalogFile()


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("09:00-17:00", (540, 1020)), ("22:00-02:00", (1320, 1560)), ("00:00-24:00", (0, 1440)),
     ("9:00 - 33:00", (540, 1980)), ("09:00-33:20", (540, 2000)),
     ("00:00-48:00", (0, 2880)), ("23:59-00:00", (1439, 1440))],
)  # fmt: skip
def test_hours_in_minutes(text: str, minutes: tuple[int, int]) -> None:
    assert parse_hours(text) == minutes


def test_hours_are_read_as_they_are_written() -> None:
    for opens in range(0, 1440, 7):
        for closes in range(opens + 1, 2881, 11):
            assert parse_hours(hours_text(opens, closes)) == (opens, closes)
