from pathlib import Path

import pytest

from appointed.core import transitions
from appointed.core.errors import StateForbids
from appointed.core.visit import State

# Written from the design's words and not from the product's table: every other pair must be refused.
EXPECTED_STEPS = """
    held: confirmed released expired absorbed
    confirmed: waiting parked serving done cancelled no_show
    waiting: parked called serving cancelled no_show
    parked: waiting called cancelled no_show
    called: serving waiting parked cancelled no_show
    serving: done waiting cancelled
"""
EXPECTED_UNDO = """
    waiting: confirmed
    parked: confirmed
    called: waiting
    serving: called
    done: serving
"""
EVERY_CELL = [(state, to) for state in State for to in State]


def cells(text: str) -> set[tuple[State, State]]:
    lines = [line.split(":") for line in text.strip().splitlines()]
    return {(State(state.strip()), State(to)) for state, following in lines for to in following.split()}


@pytest.mark.parametrize(("state", "to"), EVERY_CELL)
def test_step(state: State, to: State):
    if (state, to) in cells(EXPECTED_STEPS):
        assert transitions.step(state, to) is to
    else:
        with pytest.raises(StateForbids) as refused:
            transitions.step(state, to)
        assert refused.value.facts() == {"state": state.value, "step": to.value}


@pytest.mark.parametrize(("state", "previous"), EVERY_CELL)
def test_undo(state: State, previous: State):
    if (state, previous) in cells(EXPECTED_UNDO):
        assert transitions.undo(state, previous) is previous
    else:
        with pytest.raises(StateForbids) as refused:
            transitions.undo(state, previous)
        assert refused.value.facts() == {"state": state.value, "step": previous.value}


def test_every_state_has_a_row():
    assert set(transitions.TRANSITIONS) == set(State)


def test_a_visit_starts_in_four_states():
    assert {state.value for state in transitions.START} == {"held", "confirmed", "waiting", "parked"}


def test_what_can_be_undone_was_a_step():
    assert all(state in transitions.TRANSITIONS[to] for state, after in transitions.UNDO.items() for to in after)


def test_nothing_leads_out_of_a_state_that_freed_claims():
    freed = transitions.FREES_CLAIMS
    assert {state.value for state in freed} == {"released", "expired", "absorbed", "cancelled", "no_show"}
    assert not any(transitions.TRANSITIONS[state] or state in transitions.UNDO for state in freed)


@pytest.mark.parametrize("to", State)
def test_sources_are_the_table_read_backwards(to: State):
    assert transitions.sources(to) == {state for state, after in cells(EXPECTED_STEPS) if after is to}


def test_the_page_shows_the_table():
    """A red run means: put what `transitions.diagram()` returns between the fences of docs/visit-life.md."""
    page = (Path(__file__).parents[2] / "docs" / "visit-life.md").read_text(encoding="utf-8")
    assert page.split("```mermaid\n")[1].split("```")[0] == transitions.diagram()


def test_the_diagram_has_every_arrow_once():
    arrows = transitions.diagram().splitlines()[1:]
    ends = sum(1 for following in transitions.TRANSITIONS.values() if not following)
    steps = len(cells(EXPECTED_STEPS)) + len(cells(EXPECTED_UNDO))
    assert len(arrows) == len(set(arrows)) == len(transitions.START) + steps + ends
