"""What tells two catalogues apart is told whole, and what means the same is no difference."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from appointed.core.catalog import (
    Branch,
    Catalog,
    Hours,
    Resource,
    ResourceKind,
    Schedule,
    Service,
    ServiceGroup,
    SpecialDay,
    Translation,
    WeeklyHours,
)
from appointed.core.difference import Change, Kind, difference
from appointed.core.ids import BranchId, ResourceId, ServiceGroupId, ServiceId
from appointed.core.localtime import MINUTE

MONDAY, TUESDAY = WeeklyHours(0, 540, 600), WeeklyHours(1, 540, 600)
LATER = WeeklyHours(0, 660, 720)
BRANCH = Branch(BranchId(UUID(int=1)), "a branch", "UTC", Schedule((MONDAY, TUESDAY)), slug="b")
CLERK = Resource(ResourceId(UUID(int=2)), BRANCH.id, "clerk", ResourceKind.EXCLUSIVE, slug="r")
SERVICE = Service(ServiceId(UUID(int=3)), BRANCH.id, "service", 30 * MINUTE, 30 * MINUTE, (), slug="s")
GROUP = ServiceGroup(ServiceGroupId(UUID(int=4)), "group", (SERVICE.id,), slug="g")
ALL = (BRANCH, CLERK, SERVICE, GROUP)
KINDS = (Branch, Service, Resource, ServiceGroup)


def catalog(*things, version: int = 0) -> Catalog:
    return Catalog(version, *({each.id: each for each in things if isinstance(each, kind)} for kind in KINDS))


def told(before: Catalog, after: Catalog) -> list[tuple[Kind, str, Change, list[str]]]:
    return [
        (each.kind, each.slug, each.change, [field.field for field in each.fields])
        for each in difference(before, after)
    ]


def test_a_catalogue_is_no_different_from_itself() -> None:
    assert difference(catalog(*ALL), catalog(*ALL, version=7)) == ()


def test_what_comes_and_goes_is_told_by_kind() -> None:
    both = [(Kind.BRANCH, "b"), (Kind.RESOURCE, "r"), (Kind.SERVICE, "s"), (Kind.GROUP, "g")]
    assert told(catalog(), catalog(*ALL)) == [(*each, Change.ADDED, []) for each in both]
    assert told(catalog(*ALL), catalog()) == [(*each, Change.REMOVED, []) for each in both]


@pytest.mark.parametrize(
    ("thing", "changes", "fields"),
    [
        (BRANCH, {"name": "x"}, ["name"]),
        (BRANCH, {"names": (Translation("nl", "x"),), "address": "y"}, ["names", "address"]),
        (BRANCH, {"opening_hours": Schedule((MONDAY,))}, ["opening_hours"]),
        (CLERK, {"skills": frozenset({"x"})}, ["skills"]),
        (SERVICE, {"grid": 5 * MINUTE, "slug": "x"}, ["grid", "slug"]),
        (GROUP, {"service_ids": ()}, ["service_ids"]),
    ],
)
def test_what_changes_is_told_by_field(thing, changes, fields: list[str]) -> None:
    after = replace(thing, **changes)
    others = [each for each in ALL if each is not thing]
    (found,) = difference(catalog(*others, thing), catalog(*others, after))
    assert (found.id, found.change, [field.field for field in found.fields]) == (thing.id, Change.CHANGED, fields)
    assert [(field.before, field.after) for field in found.fields] == [
        (getattr(thing, name), getattr(after, name)) for name in fields
    ]


@pytest.mark.parametrize("thing", ALL, ids=lambda thing: type(thing).__name__)
def test_what_retires_and_returns(thing) -> None:
    retired = replace(thing, retired=True)
    ((_, _, change, fields),) = told(catalog(thing), catalog(retired))
    assert (change, fields) == (Change.RETIRED, ["retired"])
    ((_, _, change, fields),) = told(catalog(retired), catalog(replace(thing, name="x")))
    assert (change, fields) == (Change.RETURNED, ["name", "retired"])


def test_weekdays_and_dates_have_no_order_of_their_own_and_hours_of_a_day_have() -> None:
    one, two = SpecialDay(date(2026, 1, 1)), SpecialDay(date(2026, 1, 2), (Hours(0, 60),))
    first = replace(BRANCH, opening_hours=Schedule((MONDAY, TUESDAY), (TUESDAY, MONDAY), (one, two)))
    same = replace(BRANCH, opening_hours=Schedule((TUESDAY, MONDAY), (MONDAY, TUESDAY), (two, one)))
    assert difference(catalog(first), catalog(same)) == ()
    assert difference(
        catalog(replace(BRANCH, opening_hours=Schedule((MONDAY, LATER)))),
        catalog(replace(BRANCH, opening_hours=Schedule((LATER, MONDAY)))),
    )
