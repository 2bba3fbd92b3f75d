"""The same service at several branches: found by its family, and whatever does not agree is found, too."""

from dataclasses import replace
from uuid import UUID

import pytest

from appointed.core.catalog import Branch, Catalog, Service
from appointed.core.coherence import misfits
from appointed.core.difference import Kind, difference, options_differing
from appointed.core.errors import BranchNotFound, ServiceNotFound
from appointed.core.ids import BranchId, ServiceId
from appointed.core.localtime import MINUTE
from appointed.core.options import Options

CENTRE, NORTH, SOUTH = (Branch(BranchId(UUID(int=each)), "a branch", "UTC") for each in (1, 2, 3))
UNKNOWN = ServiceId(UUID(int=99))


def service(number: int, branch: Branch, family: int | None = None, **changes) -> Service:
    made = Service(ServiceId(UUID(int=number)), branch.id, "service", 30 * MINUTE, 30 * MINUTE, ())
    return replace(made, family_id=None if family is None else ServiceId(UUID(int=family)), **changes)


def catalog(*services: Service, branches: tuple[Branch, ...] = (CENTRE, NORTH, SOUTH)) -> Catalog:
    return Catalog(0, {each.id: each for each in branches}, {each.id: each for each in services})


def found(*services: Service, branches: tuple[Branch, ...] = (CENTRE, NORTH, SOUTH)) -> list[tuple]:
    return [
        (each.kind, each.id.int, each.path, each.expected, each.other.int)
        for each in misfits(catalog(*services, branches=branches))
    ]


def test_alone_it_is_a_family_of_its_own() -> None:
    alone = service(10, CENTRE)
    assert alone.family == alone.id
    assert catalog(alone).family(alone.id) == (alone,)
    assert catalog(alone).of_family(alone.id, CENTRE.id) == alone


def test_a_family_is_found_by_the_id_of_the_first_or_one_of_nobody() -> None:
    first, second, of_nobody = service(10, CENTRE), service(11, NORTH, 10), service(12, CENTRE, 99)
    whole = catalog(first, second, of_nobody)
    assert whole.family(first.id) == (first, second)
    assert whole.of_family(first.id, NORTH.id) == second
    assert whole.of_family(UNKNOWN, CENTRE.id) == of_nobody
    for wrong in (second.id, of_nobody.id):
        with pytest.raises(ServiceNotFound):
            whole.family(wrong)


def test_what_is_retired_is_of_no_family_and_a_branch_without_it_is_none_of_it() -> None:
    first, second = service(10, CENTRE), service(11, NORTH, 10)
    assert catalog(first, replace(second, retired=True)).family(first.id) == (first,)
    assert catalog(replace(first, retired=True), second).family(first.id) == (second,)
    closed = catalog(first, second, branches=(CENTRE, replace(NORTH, retired=True)))
    assert closed.family(first.id) == (first,)
    for branch_id in (NORTH.id, SOUTH.id, BranchId(UUID(int=98))):
        with pytest.raises(BranchNotFound):
            closed.of_family(first.id, branch_id)
    with pytest.raises(ServiceNotFound):
        closed.of_family(UNKNOWN, CENTRE.id)
    with pytest.raises(ServiceNotFound):
        catalog(replace(first, retired=True)).family(first.id)


def test_one_branch_has_one_service_of_a_family() -> None:
    first, second, third = service(10, CENTRE), service(11, CENTRE, 10), service(12, NORTH, 10)
    assert found(first, third) == []
    assert found(first, second) == [(Kind.SERVICE, 11, ("family",), "family_of_its_own", 10)]
    assert found(second, first) == found(first, second)
    assert found(first, replace(second, retired=True)) == found(replace(first, retired=True), second) == []


def test_a_family_does_not_go_by_a_service_of_another() -> None:
    chain = service(10, CENTRE), service(11, NORTH, 10), service(12, SOUTH, 11)
    assert found(*chain) == [(Kind.SERVICE, 12, ("family",), "first_of_family", 11)]


def test_a_branch_combines_its_own_services() -> None:
    here, there = service(10, CENTRE), service(11, NORTH)
    whole = replace(CENTRE, combinations=(frozenset({here.id}), frozenset({here.id, there.id, UNKNOWN})))
    assert found(here, there, branches=(whole, NORTH)) == [
        (Kind.BRANCH, 1, ("combinations", 1), "service_of_branch", 11),
        (Kind.BRANCH, 1, ("combinations", 1), "service_of_branch", 99),
    ]


def test_what_is_combined_in_another_order_is_no_difference() -> None:
    some, others = frozenset({ServiceId(UUID(int=1)), UNKNOWN}), frozenset({ServiceId(UUID(int=2)), UNKNOWN})
    before, after = (
        catalog(branches=(replace(CENTRE, combinations=each),)) for each in ((some, others), (others, some))
    )
    assert difference(before, after) == ()
    (changed,) = difference(before, catalog(branches=(replace(CENTRE, combinations=(some,)),)))
    assert [field.field for field in changed.fields] == ["combinations"]


def test_options_that_differ_are_told() -> None:
    before = catalog()
    after = replace(before, options=Options(("nl",), combinations=True))
    assert [(each.field, each.after) for each in options_differing(before, after)] == [
        ("languages", ("nl",)), ("combinations", True)
    ]  # fmt: skip
    assert options_differing(after, after) == difference(before, after) == ()


def test_what_is_added_has_to_fit_into_a_day_as_often_as_it_may_come() -> None:
    assert service(10, CENTRE, added_duration=60 * MINUTE, party_limit=24).fits_a_day
    assert not service(10, CENTRE, added_duration=60 * MINUTE, party_limit=25).fits_a_day
    assert not service(10, CENTRE, added_duration=1440 * MINUTE, buffer_after=MINUTE).fits_a_day
