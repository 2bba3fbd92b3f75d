"""Which services of a branch go together."""

from dataclasses import replace
from uuid import UUID

import pytest

from appointed.core.catalog import Branch, Catalog, Role, Service
from appointed.core.combining import check_combinable, check_combination, combinations_at
from appointed.core.errors import CombinationsOff, NotCombined
from appointed.core.ids import BranchId, ResourceId, ServiceId
from appointed.core.localtime import MINUTE
from appointed.core.options import Options

ADA, BEA, ROOM = (ResourceId(UUID(int=number)) for number in (11, 12, 13))
CLERKS, REVERSED = Role((ADA, BEA)), Role((BEA, ADA))
HERE = BranchId(UUID(int=1))


def service(number: int, *roles: Role, **rest) -> Service:
    return Service(
        ServiceId(UUID(int=20 + number)), HERE, f"s{number}", 30 * MINUTE, 30 * MINUTE, roles or (CLERKS,), **rest
    )


WASH, CUT, DRY, COLOUR = service(1), service(2, REVERSED), service(3), service(4)
ROOMED, ALONE = service(5, CLERKS, Role((ROOM,))), service(6, Role((ROOM,)))


def catalog(*services: Service, together: tuple[set[ServiceId], ...] = (), on: bool = True) -> tuple[Catalog, Branch]:
    branch = Branch(HERE, "b", "UTC", combinations=tuple(map(frozenset, together)))
    known = {each.id: each for each in services}
    return Catalog(1, {HERE: branch}, known, options=Options(combinations=on)), branch


def numbers(service_ids) -> list[int]:
    return [service_id.int - 20 for service_id in service_ids]


def test_of_each_kind_of_resource_what_goes_together():
    """Alone in what it asks for, or asking for several: not combinable."""
    known, branch = catalog(WASH, CUT, DRY, ROOMED, ALONE, together=({WASH.id, CUT.id},))
    clerks, room = combinations_at(known, branch)
    assert clerks.resource_ids == {ADA, BEA}
    assert (numbers(clerks.combined), numbers(clerks.combinable), numbers(clerks.not_combinable)) == ([1, 2], [3], [5])
    assert room.resource_ids == {ROOM}
    assert (room.combined, room.combinable, numbers(room.not_combinable)) == ((), (), [5, 6])


@pytest.mark.parametrize(
    "other",
    [Role((ADA,)), Role((ADA, BEA), units=2), Role((ADA, BEA), count=2), Role((ADA, BEA), skills=frozenset({"cut"}))],
)
def test_resources_units_count_and_skills_have_to_be_the_same(other: Role):
    known, branch = catalog(WASH, service(2, other), together=({WASH.id, CUT.id},))
    assert [(each.combined, len(each.not_combinable)) for each in combinations_at(known, branch)] == [((), 1), ((), 1)]
    with pytest.raises(NotCombined) as refused:
        check_combinable(known, [WASH.id, CUT.id])
    assert refused.value.service == str(CUT.id)


def test_an_id_stays_as_long_as_the_same_is_asked_for():
    known, branch = catalog(WASH, CUT, ALONE)
    first, second = (each.id for each in combinations_at(known, branch))
    assert first != second
    known, branch = catalog(replace(CUT, name="cut"), DRY)
    assert [each.id for each in combinations_at(known, branch)] == [first]
    (elsewhere,) = combinations_at(
        replace(known, services={WASH.id: replace(WASH, branch_id=BranchId(UUID(int=2)))}),
        replace(branch, id=BranchId(UUID(int=2))),
    )
    assert elsewhere.id != first


def test_who_is_there_no_more_goes_with_nobody():
    known, branch = catalog(WASH, replace(CUT, retired=True), together=({WASH.id, CUT.id},))
    (clerks,) = combinations_at(known, branch)
    assert (clerks.combined, clerks.combinable, numbers(clerks.not_combinable)) == ((), (), [1])


def test_services_are_in_the_order_of_lists():
    known, branch = catalog(WASH, replace(CUT, index=-1), replace(DRY, name="a"))
    (clerks,) = combinations_at(known, branch)
    assert numbers(clerks.combinable) == [2, 3, 1]


def test_whoever_has_it_off_combines_nothing():
    known, branch = catalog(WASH, CUT, together=({WASH.id, CUT.id},), on=False)
    with pytest.raises(CombinationsOff):
        combinations_at(known, branch)
    with pytest.raises(CombinationsOff):
        check_combination(known, branch, [WASH.id, CUT.id])


@pytest.mark.parametrize(
    ("asked", "refused"),
    [
        ([WASH, CUT], None),
        ([CUT, WASH], None),
        ([WASH, CUT, DRY], None),
        ([DRY, COLOUR], None),
        ([WASH, COLOUR], COLOUR),
        # Two that go together each with a third need not go together all three.
        ([WASH, DRY, COLOUR], COLOUR),
        ([WASH, ROOMED], ROOMED),
        ([ROOMED, WASH], ROOMED),
        ([ALONE, WASH], WASH),
        # For more people there is the party, and its limit.
        ([WASH, WASH], WASH),
        ([WASH, CUT, WASH], WASH),
    ],
)
def test_what_is_named_together_is_booked_together(asked: list[Service], refused: Service | None):
    sets = ({WASH.id, CUT.id, DRY.id}, {DRY.id, COLOUR.id}, {WASH.id, ROOMED.id}, {WASH.id, ALONE.id})
    known, branch = catalog(WASH, CUT, DRY, COLOUR, ROOMED, ALONE, together=sets)
    service_ids = [each.id for each in asked]
    if refused is None:
        check_combination(known, branch, service_ids)
        return
    with pytest.raises(NotCombined) as raised:
        check_combination(known, branch, service_ids)
    assert raised.value.service == str(refused.id)


def test_who_is_not_combined_is_told_by_the_id_that_it_is_asked_for_by():
    elsewhere = ServiceId(UUID(int=99))
    known, branch = catalog(WASH, replace(CUT, family_id=elsewhere), replace(ALONE, family_id=elsewhere))
    for other in (CUT, ALONE):
        with pytest.raises(NotCombined) as raised:
            check_combination(known, branch, [WASH.id, other.id])
        assert raised.value.service == str(elsewhere)


def test_what_only_could_go_together_is_not_booked_together():
    known, branch = catalog(WASH, CUT)
    check_combinable(known, [WASH.id, CUT.id])
    with pytest.raises(NotCombined):
        check_combination(known, branch, [WASH.id, CUT.id])
