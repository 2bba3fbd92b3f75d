"""What a catalogue shows, and in which order."""

from dataclasses import replace
from uuid import uuid4  # noqa: TID251 - tests make identities too

from appointed.core.catalog import Catalog, ServiceGroup
from appointed.core.ids import ServiceGroupId
from appointed.core.listing import listed_branches, listed_services, overview
from people import new_branch, new_service

NORTH, SOUTH, CLOSED = (new_branch(name=name) for name in ("North", "South", "Closed"))
CLOSED = replace(CLOSED, retired=True)
CUT = new_service(NORTH, name="Cut", bookable=False)
CUT_SOUTH = new_service(SOUTH, name="Cut", family_id=CUT.id)
ART = new_service(NORTH, name="Art", index=1)
WASH = new_service(NORTH, name="Wash")
OLD = new_service(NORTH, name="Old", retired=True)
AWAY = new_service(CLOSED, name="Away")


def group(name, *services, **changes):
    return ServiceGroup(ServiceGroupId(uuid4()), name, tuple(each.id for each in services), **changes)


def catalog(*groups):
    services = (AWAY, OLD, ART, CUT_SOUTH, WASH, CUT)
    return Catalog(
        1,
        {each.id: each for each in (SOUTH, CLOSED, NORTH)},
        {each.id: each for each in services},
        groups={each.id: each for each in groups},
    )


def seen(families):
    return [(family.service, family.bookable) for family in families]


def test_lists_go_by_index_then_name_then_branch_and_leave_out_what_is_retired():
    assert listed_services(catalog()) == (CUT, CUT_SOUTH, WASH, ART)
    assert listed_branches(catalog()) == (NORTH, SOUTH)


def test_a_family_stands_once_and_can_be_booked_where_any_of_it_can():
    assert seen(overview(catalog()).alone) == [(CUT, True), (WASH, True), (ART, True)]


def test_a_group_keeps_its_order_among_those_of_one_index():
    groups = (
        group("Late", ART, WASH, CUT_SOUTH, CUT, OLD, index=2),
        group("None", OLD, AWAY),
        group("Gone", WASH, retired=True),
    )
    found = overview(catalog(*groups))
    assert found.alone == ()
    assert [(each.name, seen(families)) for each, families in found.groups] == [
        ("None", []),
        ("Late", [(WASH, True), (CUT, True), (ART, True)]),
    ]
    assert seen(overview(catalog(group("Gone", WASH, retired=True))).alone)[1] == (WASH, True)
