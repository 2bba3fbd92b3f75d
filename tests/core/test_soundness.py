"""What cannot be about a thing by itself, wherever it came from."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appointed.core.catalog import Hours, Schedule, ServiceGroup, SpecialDay, Translation, WeeklyHours
from appointed.core.ids import ServiceGroupId
from appointed.core.language import Text
from appointed.core.questions import Question, ScreeningQuestion
from appointed.core.soundness import flaws, joined
from people import exclusive_resource, new_branch, new_service

BRANCH = new_branch()
DAY = date(2026, 12, 24)
MORNING, NOON, LONG = (9 * 60, 12 * 60), (11 * 60, 14 * 60), (22 * 60, 30 * 60)


def week(*ranges: tuple[int, int], weekday: int = 0, capacity: int | None = None) -> tuple[WeeklyHours, ...]:
    return tuple(WeeklyHours(weekday, *each, capacity) for each in ranges)


def found(thing: Any) -> list[tuple[str, str]]:
    return [(".".join(map(str, flaw.path)), flaw.expected) for flaw in flaws(thing)]


def of_three(schedule: Schedule) -> list[list[tuple[str, str]]]:
    """What is found of a branch, a resource and a service with this schedule, without the name of the field."""
    things = (
        replace(BRANCH, opening_hours=schedule),
        replace(exclusive_resource(BRANCH.id), schedule=schedule),
        replace(new_service(BRANCH), booking_hours=schedule),
    )
    return [[(path.partition(".")[2], expected) for path, expected in found(thing)] for thing in things]


def test_hours_of_one_day_do_not_overlap() -> None:
    """Those of a service may, as long as none of them says how many there is room for."""
    overlapping = [("week.tue.1", "other_value")]
    assert of_three(Schedule(week(MORNING, NOON, weekday=1))) == [overlapping, overlapping, []]
    counted = (*week(MORNING, weekday=1), *week(NOON, weekday=1, capacity=3))
    assert of_three(Schedule(counted)) == [overlapping] * 3
    assert of_three(Schedule((*week(MORNING), *week(NOON, weekday=1)))) == [[]] * 3
    assert of_three(Schedule(week(MORNING, (12 * 60, 13 * 60)))) == [[]] * 3
    special = Schedule(special_days=(SpecialDay(DAY, (Hours(*NOON), Hours(*MORNING))),))
    assert of_three(special) == [[("special_days.2026-12-24.1", "other_value")]] * 2 + [[]]


def test_breaks_do_not_overlap() -> None:
    assert of_three(Schedule(breaks=week(NOON, MORNING))) == [[("breaks.mon.1", "other_value")]] * 3


def test_a_break_goes_past_midnight_only_within_hours_that_do() -> None:
    """One that ends before it begins is read as one until the next day."""
    reversed_ = week((13 * 60, 36 * 60))
    for hours in (None, week((9 * 60, 17 * 60)), week((9 * 60, 34 * 60))):
        assert of_three(Schedule(hours, reversed_)) == [[("breaks.mon.0", "within_hours")]] * 3
    late = week((23 * 60 + 30, 24 * 60 + 15))
    assert of_three(Schedule(week(LONG), late)) == [[]] * 3
    assert of_three(Schedule(week(LONG, weekday=1), late)) == [[("breaks.mon.0", "within_hours")]] * 3
    assert of_three(Schedule(None, week((23 * 60, 24 * 60)))) == [[]] * 3


def test_names_say_something() -> None:
    names = (Translation("nl", " "), Translation("de", "Haus"))
    assert found(replace(BRANCH, name=" ", names=names)) == [("name", "text"), ("names.nl", "text")]
    assert found(replace(exclusive_resource(BRANCH.id), name="")) == [("name", "text")]
    assert found(ServiceGroup(ServiceGroupId(BRANCH.id), "\t")) == [("name", "text")]


def test_nothing_is_said_twice_in_one_language() -> None:
    """Tags that differ in case only are of one language."""
    twice = (Translation("nl", "Huis"), Translation("de", "Haus"), Translation("NL", "Thuis"))
    text, plain = Text("House", twice), Text("House", twice[:2])
    assert found(replace(BRANCH, names=twice)) == [("names.NL", "language_of_its_own")]
    assert found(ServiceGroup(ServiceGroupId(BRANCH.id), "Houses", names=twice)) == [
        ("names.NL", "language_of_its_own")
    ]
    service = replace(new_service(BRANCH), names=twice, description=text)
    service = replace(service, questions=(Question(plain, plain), Question(Text("Why?"), text)))
    service = replace(service, screening=(ScreeningQuestion(text, None, text), ScreeningQuestion(plain, text)))
    assert found(service) == [
        (f"{path}.NL", "language_of_its_own")
        for path in (
            "names",
            "description.translations",
            "questions.1.clarification.translations",
            "screening.0.text.translations",
            "screening.0.denial.translations",
            "screening.1.clarification.translations",
        )
    ]
    assert found(replace(service, names=(), description=plain, questions=(Question(text),), screening=())) == [
        ("questions.0.text.translations.NL", "language_of_its_own")
    ]


@pytest.mark.parametrize("second", [Text("Your  child?"), Text("Who?", (Translation("nl", "Uw kind"),)), Text("Uw?")])
def test_questions_that_differ_are_two(second: Text) -> None:
    first = Question(Text("Your child?", (Translation("nl", "Uw kind?"), Translation("en", "Your child?"))))
    assert found(replace(new_service(BRANCH), questions=(first, Question(second)))) == []


@pytest.mark.parametrize(
    "second",
    [
        Text("Stra\u00dfe?"),
        Text(" STRASSE? "),
        Text("uw straat?"),
        Text("Which street?", (Translation("de", "strasse?"),)),
        Text("Which street?", (Translation("fr", "Rue?"), Translation("nl", "UW STRAAT?"))),
    ],
)
def test_no_two_questions_of_a_service_are_the_same_in_any_language(second: Text) -> None:
    """One answer would be an answer to both."""
    first = Question(Text("Stra\u00dfe?", (Translation("nl", "Uw straat?"),)), required=True)
    last = Question(second)
    service = replace(new_service(BRANCH), questions=(first, Question(Text("Why?")), last))
    assert found(service) == [("questions.2.text", "question_of_its_own")]
    assert found(replace(service, questions=(last, first))) == [("questions.1.text", "question_of_its_own")]


def test_dates_lie_where_visits_are_and_in_order() -> None:
    first, last = date(1, 1, 1), date(9999, 12, 31)
    service = new_service(BRANCH)
    both = replace(service, bookable_from=first, bookable_until=last)
    assert found(both) == [("bookable_from", "date"), ("bookable_until", "date")]
    assert found(replace(service, bookable_from=DAY, bookable_until=DAY)) == []
    assert found(replace(service, bookable_from=DAY, bookable_until=date(2026, 12, 23))) == [
        ("bookable_until", "after_start")
    ]
    far = Schedule(special_days=(SpecialDay(first, ()),))
    assert found(replace(BRANCH, opening_hours=far)) == [("opening_hours.special_days.0001-01-01", "date")]


RANGES = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 9)).map(lambda each: (each[0], sum(each))), max_size=8)


@given(RANGES)
def test_ranges_that_are_joined_have_the_same_minutes_and_no_flaw(ranges: list[tuple[int, int]]) -> None:
    def minutes(of: list[tuple[int, int]]) -> set[int]:
        return {minute for starts, ends in of for minute in range(starts, ends)}

    done = joined(ranges)
    assert minutes(done) == minutes(ranges)
    assert of_three(Schedule(week(*done), week(*done))) == [[]] * 3


@pytest.mark.parametrize("ranges", [[(0, 5), (5, 9)], [(5, 9), (0, 5)]])
def test_ranges_that_only_meet_stay_apart(ranges: list[tuple[int, int]]) -> None:
    assert joined(ranges) == [(0, 5), (5, 9)]
