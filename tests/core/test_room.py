"""What a resource holds and what is left of it. Times are minutes of UTC since 1970."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appointed.core.catalog import CapacityStep, PoolScope, Resource, ResourceKind
from appointed.core.ids import BranchId, ResourceId
from appointed.core.occupancy import Plain, Taken
from appointed.core.room import room

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HORIZON = 12
OVERLAP, SAME_SLOT = PoolScope.OVERLAP, PoolScope.SAME_SLOT


def exclusive() -> Resource:
    return Resource(ResourceId(UUID(int=2)), BranchId(UUID(int=1)), "Ada", ResourceKind.EXCLUSIVE)


def pool(scope: PoolScope, *steps: tuple[float, int]) -> Resource:
    held = tuple(CapacityStep(EPOCH + timedelta(minutes=minute), capacity) for minute, capacity in steps)
    return Resource(ResourceId(UUID(int=2)), BranchId(UUID(int=1)), "seats", ResourceKind.POOL, scope, held)


spans = st.tuples(st.integers(0, HORIZON), st.integers(1, 6)).map(lambda span: (span[0], span[0] + span[1]))
claims = st.lists(st.builds(lambda span, units: Taken(*span, units), spans, st.integers(1, 3)), max_size=8)
steps = st.dictionaries(st.integers(-3, HORIZON + 3), st.integers(0, 9), max_size=4).map(dict.items)
capacities = st.none() | st.integers(0, 9)


def held(steps, minute):
    begun = [step for step in steps if step[0] <= minute]
    return max(begun)[1] if begun else 0


def used(taken, minute):
    return sum(claim.units for claim in taken if claim.starts <= minute < claim.ends)


@given(claims, spans)
def test_an_exclusive_resource_has_one_unit_where_nobody_else_is(taken, span):
    found = room(exclusive(), taken, 0)
    assert found.left(*span) == (not any(used(taken, minute) for minute in range(*span)))
    assert found.left(*span, capacity=5) == found.left(*span)
    assert found.capacity(*span) == 1


@given(steps, claims, spans, capacities)
def test_a_pool_of_overlapping_claims_has_what_is_left_in_the_worst_minute(steps, taken, span, capacity):
    found = room(pool(OVERLAP, *steps), taken, 0)
    holds = {minute: held(steps, minute) if capacity is None else capacity for minute in range(*span)}
    assert found.capacity(*span, capacity) == min(holds.values())
    assert found.left(*span, capacity) == max(0, min(holds[minute] - used(taken, minute) for minute in holds))


@given(steps, claims, spans, capacities)
def test_a_pool_counted_by_slot_has_what_the_claims_of_just_this_slot_leave(steps, taken, span, capacity):
    found = room(pool(SAME_SLOT, *steps), taken, 0)
    least = min(held(steps, minute) for minute in range(*span)) if capacity is None else capacity
    same = sum(claim.units for claim in taken if (claim.starts, claim.ends) == span)
    assert found.capacity(*span, capacity) == least
    assert found.left(*span, capacity) == max(0, least - same)


@given(claims, spans, st.sampled_from([exclusive(), pool(OVERLAP), pool(SAME_SLOT)]))
def test_the_claims_that_overlap_are_found_in_order(taken, span, resource):
    near = [claim for claim in taken if any(claim.starts <= minute < claim.ends for minute in range(*span))]
    assert room(resource, taken, 0).overlapping(*span) == sorted(near, key=lambda claim: (claim.starts, claim.ends))


@given(claims, spans, st.sampled_from([exclusive(), pool(OVERLAP, (0, 5)), pool(SAME_SLOT, (0, 5))]), st.randoms())
def test_plain_claims_take_what_the_same_told_one_by_one_take(taken, span, resource, order):
    plain = [claim for claim in taken if claim.units == 1]
    order.shuffle(plain)
    minutes = Plain(tuple(claim.starts for claim in plain), tuple(claim.ends for claim in plain))
    packed = room(resource, [claim for claim in taken if claim.units != 1], 0, minutes)
    told = room(resource, taken, 0)
    for starts, ends in (span, *(claim[:2] for claim in taken)):
        assert packed.left(starts, ends) == told.left(starts, ends)
    assert [*packed.short(2)] == [*told.short(2)]
    assert sorted(packed.full_slots(3, 4)) == sorted(told.full_slots(3, 4))
    assert sorted(packed.claims) == sorted(taken)
    assert sorted(packed.overlapping(*span)) == sorted(told.overlapping(*span))


@pytest.mark.parametrize("resource", [exclusive(), pool(OVERLAP, (0, 1)), pool(SAME_SLOT, (0, 1))])
def test_a_claim_takes_nothing_from_the_microsecond_at_which_it_lapses(resource):
    taken = [Taken(10, 20, expires=600)]
    assert room(resource, taken, 599).left(10, 20) == 0
    assert room(resource, taken, 600).left(10, 20) == 1
    assert room(resource, taken, 600).claims == []


@pytest.mark.parametrize("resource", [exclusive(), pool(OVERLAP, (0, 1))])
def test_a_claim_is_closed_at_the_start_and_open_at_the_end(resource):
    found = room(resource, [Taken(10, 20)], 0)
    assert [found.left(5, 10), found.left(5, 11), found.left(19, 25), found.left(20, 25)] == [1, 0, 0, 1]


def test_a_pool_holds_nothing_before_its_first_step():
    found = room(pool(OVERLAP, (10, 4)), [], 0)
    assert [found.left(8, 10), found.left(9, 11), found.left(10, 12)] == [0, 0, 4]


def test_steps_count_in_order_of_their_instants():
    assert room(pool(OVERLAP, (10, 4), (0, 2)), [], 0).left(10, 12) == 4


def test_a_minute_within_which_the_capacity_changes_has_the_least_of_it():
    found = room(pool(OVERLAP, (20.75, 6), (10.5, 3), (0, 5), (20.25, 1), (30, 2)), [], 0)
    assert [found.left(minute, minute + 1) for minute in (9, 10, 11, 19, 20, 21, 29, 30)] == [5, 3, 3, 3, 1, 6, 6, 2]


def test_a_short_claim_within_a_long_one_changes_nothing():
    """Exclusive claims do not overlap, but for the minutes that their ends are rounded to."""
    assert room(exclusive(), [Taken(0, 10), Taken(2, 3)], 0).left(5, 6) == 0


def test_stretches_that_overlap_are_one_and_a_minute_between_two_is_free():
    found = room(exclusive(), [Taken(0, 5), Taken(2, 4), Taken(4, 6), Taken(7, 8)], 0)
    assert [*found.short(1)] == [(0, 6), (7, 8)]
    assert [found.left(minute, minute + 1) for minute in range(5, 9)] == [0, 1, 0, 1]
