"""The life of a visit, as one table. A step that the table lacks is refused."""

from collections.abc import Mapping
from types import MappingProxyType

from appointed.core.errors import StateForbids
from appointed.core.visit import State

START = frozenset({State.HELD, State.CONFIRMED, State.WAITING, State.PARKED})

TRANSITIONS: Mapping[State, frozenset[State]] = MappingProxyType(
    {
        State.HELD: frozenset({State.CONFIRMED, State.RELEASED, State.EXPIRED, State.ABSORBED}),
        State.CONFIRMED: frozenset(
            {State.WAITING, State.PARKED, State.SERVING, State.DONE, State.CANCELLED, State.NO_SHOW}
        ),
        State.WAITING: frozenset({State.PARKED, State.CALLED, State.SERVING, State.CANCELLED, State.NO_SHOW}),
        State.PARKED: frozenset({State.WAITING, State.CALLED, State.CANCELLED, State.NO_SHOW}),
        State.CALLED: frozenset({State.SERVING, State.WAITING, State.PARKED, State.CANCELLED, State.NO_SHOW}),
        State.SERVING: frozenset({State.DONE, State.WAITING, State.CANCELLED}),
        State.DONE: frozenset(),
        State.RELEASED: frozenset(),
        State.EXPIRED: frozenset(),
        State.ABSORBED: frozenset(),
        State.CANCELLED: frozenset(),
        State.NO_SHOW: frozenset(),
    }
)

UNDO: Mapping[State, frozenset[State]] = MappingProxyType(
    {
        State.WAITING: frozenset({State.CONFIRMED}),
        State.PARKED: frozenset({State.CONFIRMED}),
        State.CALLED: frozenset({State.WAITING}),
        State.SERVING: frozenset({State.CALLED}),
        State.DONE: frozenset({State.SERVING}),
    }
)

# DONE is absent: it can be undone, and no step may lead out of a state whose capacity others could have taken since.
FREES_CLAIMS = frozenset({State.RELEASED, State.EXPIRED, State.ABSORBED, State.CANCELLED, State.NO_SHOW})


def step(state: State, to: State) -> State:
    """The state after the step. Raises StateForbids where the table has no such step."""
    if to not in TRANSITIONS[state]:
        raise StateForbids(state=state.value, step=to.value)
    return to


def undo(state: State, previous: State) -> State:
    """The state after taking back the last step, which led here from `previous`. Raises StateForbids.

    For how long a step may be taken back is the policy of the caller.
    """
    if previous not in UNDO.get(state, frozenset()):
        raise StateForbids(state=state.value, step=previous.value)
    return previous


def sources(to: State) -> frozenset[State]:
    """The states from which one step leads to `to`."""
    return frozenset(state for state, following in TRANSITIONS.items() if to in following)


def diagram() -> str:
    """The table as a Mermaid state diagram, one line per arrow, ending in a newline."""
    lines = ["stateDiagram-v2"]
    lines += [f"    [*] --> {state}" for state in State if state in START]
    for state in State:
        lines += [f"    {state} --> {to}" for to in State if to in TRANSITIONS[state]]
        lines += [f"    {state} --> {to} : undo" for to in State if to in UNDO.get(state, frozenset())]
    lines += [f"    {state} --> [*]" for state in State if not TRANSITIONS[state]]
    return "\n".join(lines) + "\n"
