"""When the parts of a plan start, and what each needs."""

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appointed.core.catalog import PartyCount, Role, Service
from appointed.core.ids import BranchId, ResourceId, ServiceId
from appointed.core.localtime import MINUTE
from appointed.core.plan import Part, Plan
from appointed.core.preference import Preference
from availability_worlds import worlds
from combined_worlds import combinations
from drawn_world import Drawn, as_oracle
from oracle import resource_rules, slots, start_rules

ADA, BEA, ROOM = (ResourceId(UUID(int=number)) for number in (11, 12, 13))
SOMEBODY = Role((ADA, BEA))


def service(duration: int = 30, roles: tuple[Role, ...] = (SOMEBODY,), **rest) -> Service:
    return Service(ServiceId(UUID(int=2)), BranchId(UUID(int=1)), "s", duration * MINUTE, 30 * MINUTE, roles, **rest)


CUT, COLOUR = service(30), service(60)


@pytest.mark.parametrize(
    ("parts", "offsets", "length"),
    [
        ([Part(CUT)], (0,), 30),
        ([Part(CUT), Part(COLOUR)], (0, 30), 90),
        ([Part(CUT), Part(COLOUR, gap=5 * MINUTE), Part(CUT)], (0, 35, 95), 125),
        ([Part(CUT, gap=10 * MINUTE)], (10,), 40),
        ([Part(COLOUR), Part(CUT, beside=True)], (0, 0), 60),
        ([Part(COLOUR), Part(CUT, beside=True, gap=10 * MINUTE)], (0, 10), 60),
        # Whoever follows what stood beside something follows that, and not what ends last.
        ([Part(COLOUR), Part(CUT, beside=True), Part(CUT)], (0, 0, 30), 60),
        ([Part(COLOUR), Part(CUT, guest=1), Part(CUT), Part(COLOUR, guest=1)], (0, 0, 60, 30), 90),
        ([Part(COLOUR), Part(CUT, guest=1, gap=7 * MINUTE)], (0, 7), 60),
        # A guest's first part has nothing to be beside of.
        ([Part(COLOUR), Part(CUT, guest=1, gap=7 * MINUTE, beside=True)], (0, 7), 60),
    ],
)
def test_parts_follow_each_other_guest_by_guest(parts: list[Part], offsets: tuple[int, ...], length: int):
    plan = Plan(tuple(parts), 1)
    assert plan.offsets == offsets
    assert plan.length == length


def test_a_party_takes_longer_where_the_service_says_so():
    grows = service(30, per_extra_person=10 * MINUTE)
    assert [Plan.single(grows, size).length for size in (1, 2, 5)] == [30, 40, 70]
    assert Plan((Part(grows), Part(CUT), Part(grows)), 3).offsets == (0, 50, 80)
    assert Plan.single(CUT, 5).length == 30


def test_buffers_are_part_of_the_claim_and_not_of_the_item():
    what = service(30, buffer_before=10 * MINUTE, buffer_after=5 * MINUTE)
    plan = Plan((Part(what), Part(what)), 1)
    first, second = plan.needs
    assert (first.starts, first.ends, first.claims_from, first.claims_to, first.length) == (0, 30, -10, 35, 45)
    assert (second.starts, second.ends, second.claims_from, second.claims_to) == (30, 60, 20, 65)
    assert plan.length == 60


def test_a_role_that_counts_two_is_two_equal_needs():
    what = service(roles=(Role((ADA, BEA), count=2), Role((ROOM,), units=3)))
    needs = Plan.single(what, 4).needs
    assert needs[0] is needs[1]
    assert [(need.place, need.units) for need in needs] == [(0, 1), (0, 1), (1, 3)]


@pytest.mark.parametrize(("counts", "units"), [(PartyCount.TICKETS, 3), (PartyCount.HEADS, 12)])
def test_units_are_those_of_a_ticket_or_of_each_head(counts: PartyCount, units: int):
    what = service(roles=(Role((ROOM,), units=3),), party_count=counts)
    (need,) = Plan.single(what, 4).needs
    assert need.units == units


def test_a_preference_belongs_to_the_need_of_its_role_and_part():
    what = service(roles=(SOMEBODY, Role((ROOM,))))
    wish = Preference(1, traits=frozenset({"bright"}))
    needs = Plan((Part(what, preferences=(wish,)), Part(what)), 1).needs
    assert [need.preference for need in needs] == [None, wish, None, None]


def test_a_name_is_asked_of_the_first_of_a_role_and_traits_of_all():
    what = service(roles=(Role((ADA, BEA, ROOM), count=3),))
    bright = frozenset({"bright"})

    def asked(*wishes: Preference) -> list[tuple]:
        needs = Plan.single(what, 1, wishes).needs
        assert needs[1] is needs[2]
        return [need.preference and (need.preference.resource_id, need.preference.traits) for need in needs[:2]]

    assert asked() == [None, None]
    assert asked(Preference(0, BEA)) == [(BEA, frozenset()), None]
    assert asked(Preference(0, traits=bright)) == [(None, bright)] * 2
    assert asked(Preference(0, BEA, bright)) == [(BEA, bright), (None, bright)]


def test_a_plan_of_nothing_takes_no_time_and_needs_nobody():
    plan = Plan((), 1)
    assert (plan.offsets, plan.length, plan.needs) == ((), 0, ())
    assert Plan.single(service(roles=()), 1).needs == ()


@given(worlds() | combinations(), st.integers(-10_000, 10_000))
def test_plans_are_those_of_the_oracle(drawn: Drawn, at: int):
    _, plan = as_oracle(drawn)
    ours = drawn.plan
    assert [at + offset for offset in ours.offsets] == start_rules.starts_of(plan, at)
    assert at + ours.length == slots.end_of(plan, at)
    theirs = resource_rules.needs(plan, at)
    assert [(need.part, need.place, need.role.resource_ids, need.units) for need in ours.needs] == [
        (need.part, need.role, need.wanted.resources, need.units) for need in theirs
    ]
    # Who asks for nothing at all is as good as nobody who asks.
    assert [
        (None, frozenset()) if need.preference is None else (need.preference.resource_id, need.preference.traits)
        for need in ours.needs
    ] == [need.asked[-1] if need.asked else (None, frozenset()) for need in theirs]
    assert [
        tuple(at + minutes for minutes in (need.starts, need.ends, need.claims_from, need.claims_to))
        for need in ours.needs
    ] == [(need.starts, need.ends, need.claim_starts, need.claim_ends) for need in theirs]


def test_lengths_come_in_whole_minutes():
    assert Plan.single(service(30), 1).minutes(Part(service(45))) == timedelta(minutes=45) // MINUTE
