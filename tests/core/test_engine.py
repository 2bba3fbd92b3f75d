"""The engine against the oracle, which was written by other hands and walks the minutes one by one."""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from appointed.core import availability
from appointed.core.errors import CustomerLimitReached, SlotNotOffered, SlotTaken
from appointed.core.explain import explain
from availability_worlds import worlds
from causes import without
from combined_worlds import combinations
from drawn_world import Drawn, as_oracle
from inquiries import inquiry
from jammed_worlds import jams
from oracle import assignments, start_rules
from oracle import slots as oracle

REFUSALS = (SlotNotOffered, SlotTaken, CustomerLimitReached)
EXAMPLES = pytest.mark.parametrize("examples", [100, pytest.param(5000, marks=pytest.mark.exhaustive, id="exhaustive")])


def over(drawn: st.SearchStrategy[Drawn], examples: int, check: Callable[[Drawn, st.DataObject], None]) -> None:
    """Check so many worlds."""
    checking = settings(
        deadline=None,
        max_examples=examples,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
    )
    checking(given(drawn, st.data())(check))()


def some_minute(drawn: Drawn, data: st.DataObject) -> int:
    return data.draw(st.integers(drawn.window[0], drawn.window[1] - 1), "minute")


def refused_minute(drawn: Drawn, data: st.DataObject) -> int:
    """More often than not one that is on the grid, where there is more to be said against it."""
    world, plan = as_oracle(drawn)
    starts_of = [(at, start_rules.starts_of(plan, at)[0]) for at in range(*drawn.window)]
    on_grid = [at for at, start in starts_of if not start_rules.START_RULES["slot_grid"](world, plan, 0, start)]
    if on_grid and data.draw(st.integers(0, 3), "on grid"):
        return data.draw(st.sampled_from(on_grid), "minute")
    return some_minute(drawn, data)


def reasons_of_the_oracle(drawn: Drawn, at: int) -> set[tuple]:
    world, plan = as_oracle(drawn)
    owner = {claim.claim_id: claim.visit_id for claims in drawn.claims.values() for claim in claims}
    return {
        (
            reason.rule,
            reason.resource,
            reason.bypassed_by_overbooking,
            None if reason.part is None else drawn.plan.parts[reason.part].service.id,
            frozenset(owner[claim] for claim in reason.claims),
        )
        for reason in oracle.explain(world, plan, at)
    }


def reasons_of_the_engine(drawn: Drawn, at: int) -> set[tuple]:
    found = explain(inquiry(drawn, (at, at + 1)))
    return {
        (block.rule, block.resource_id, block.bypassable, block.service_id, frozenset(block.visits)) for block in found
    }


@EXAMPLES
def test_slots_are_those_of_the_oracle(examples: int):
    def check(drawn: Drawn, _data: st.DataObject):
        world, plan = as_oracle(drawn)
        expected = oracle.slots(world, plan, drawn.window)
        event(f"slots: {min(len(expected), 3)}, full: {any(not slot[3] for slot in expected)}")
        assert [tuple(slot) for slot in availability.slots(inquiry(drawn))] == expected

    over(worlds(), examples, check)


@EXAMPLES
def test_slots_where_somebody_has_to_move(examples: int):
    def check(drawn: Drawn, _data: st.DataObject):
        world, plan = as_oracle(drawn)
        assert [tuple(slot) for slot in availability.slots(inquiry(drawn))] == oracle.slots(world, plan, drawn.window)

    over(jams(), examples, check)


@EXAMPLES
def test_slots_of_services_in_one_go(examples: int):
    def check(drawn: Drawn, _data: st.DataObject):
        world, plan = as_oracle(drawn)
        expected = oracle.slots(world, plan, drawn.window)
        limits = {limit.with_steps for each in inquiry(drawn).limits for limit in each}
        event(f"slots: {min(len(expected), 3)}, steps beside hours: {True in limits}")
        assert [tuple(slot) for slot in availability.slots(inquiry(drawn))] == expected

    over(combinations(), examples, check)


@EXAMPLES
@pytest.mark.parametrize("drawn", [worlds(), jams(), combinations()], ids=["worlds", "jams", "combined"])
def test_reasons_are_those_of_the_oracle(drawn: st.SearchStrategy[Drawn], examples: int):
    def check(drawn: Drawn, data: st.DataObject):
        at = some_minute(drawn, data)
        found = reasons_of_the_engine(drawn, at)
        event(f"reasons: {min(len(found), 3)}")
        assert found == reasons_of_the_oracle(drawn, at)

    over(drawn, examples, check)


@EXAMPLES
@pytest.mark.parametrize("drawn", [worlds(), jams(), combinations()], ids=["worlds", "jams", "combined"])
def test_a_hold_takes_an_assignment_of_the_oracle_with_as_few_moves(drawn: st.SearchStrategy[Drawn], examples: int):
    """Exactly where there is one; the reason of a refusal is one of the oracle's."""

    def check(drawn: Drawn, data: st.DataObject):
        at = some_minute(drawn, data)
        world, plan = as_oracle(drawn)
        asked = inquiry(drawn, (at, at + 1))
        reasons = {reason.rule for reason in oracle.explain(world, plan, at)}
        if reasons:
            assert refusal(asked) in reasons | {None}
            return
        found = availability.assignment(asked)
        moves = {move.movable.claim_id: move.resource_id for move in found.moves}
        fewest = assignments.fewest_moves(world, plan, at)
        event(f"fewest moves: {fewest}")
        assert len(moves) == len(found.moves) == fewest
        assert assignments.is_assignment(world, plan, at, found.chosen, moves)

    over(drawn, examples, check)


def refusal(asked) -> str | None:
    """The rule that a refused hold names; None where resources are taken, which names none."""
    with pytest.raises(REFUSALS) as refused:
        availability.assignment(asked)
    if isinstance(refused.value, SlotNotOffered):
        return refused.value.reason
    return "customer_limit" if isinstance(refused.value, CustomerLimitReached) else None


@EXAMPLES
@pytest.mark.parametrize("drawn", [worlds(), jams(), combinations()], ids=["worlds", "jams", "combined"])
def test_without_a_named_cause_it_is_bookable_or_the_next_is_named(drawn: st.SearchStrategy[Drawn], examples: int):
    def check(drawn: Drawn, data: st.DataObject):
        at = refused_minute(drawn, data)
        blocks = sorted(explain(inquiry(drawn, (at, at + 1))), key=repr)
        assume(blocks)
        named = data.draw(st.sampled_from(sorted({block.rule for block in blocks})), "rule")
        cause = data.draw(st.sampled_from([block for block in blocks if block.rule == named]), "cause")
        freed = without(drawn, cause, at)
        left = reasons_of_the_engine(freed, at)
        event(f"{cause.rule}, bookable: {not left}")
        assert left == reasons_of_the_oracle(freed, at)
        assert (cause.rule, cause.resource_id, cause.bypassable, cause.service_id) not in left
        asked = inquiry(freed, (at, at + 1))
        if left:
            assert refusal(asked) in {rule for rule, *_ in left} | {None}
        else:
            assert len(availability.assignment(asked).chosen) == len(freed.plan.needs)
            assert [slot.starts for slot in availability.slots(asked) if slot.available] == [at]

    over(drawn, examples, check)
