"""Assignments: complete, preferred, with as few moves as possible. Times are minutes of UTC since 1970."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from time import process_time
from uuid import UUID

from hypothesis import event, given, settings
from hypothesis import strategies as st

from appointed.core import matching, placing
from appointed.core.catalog import CapacityStep, PoolScope, Resource, ResourceKind
from appointed.core.ids import BranchId, ClaimId, ResourceId, VisitId
from appointed.core.matching import Assignment, Demand, Movable, assign, make_room
from appointed.core.occupancy import Taken
from appointed.core.room import Room, room
from matching_brute_force import World, fewest_moves, lawful, solutions

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
BRANCH = BranchId(UUID(int=1))
A, B, C, D, E = (ResourceId(UUID(int=number)) for number in range(10, 15))
POOL, SLOTS, NOBODY = (ResourceId(UUID(int=number)) for number in range(20, 23))
HORIZON = 8
# So many the brute force can try.
MOST_MOVABLES = 7


def exclusive(resource_id: ResourceId) -> Resource:
    return Resource(resource_id, BRANCH, "somebody", ResourceKind.EXCLUSIVE)


def pool(resource_id: ResourceId, scope: PoolScope, *steps: tuple[int, int]) -> Resource:
    held = tuple(CapacityStep(EPOCH + timedelta(minutes=minute), capacity) for minute, capacity in steps)
    return Resource(resource_id, BRANCH, "pool", ResourceKind.POOL, scope, held)


def rooms(world: World) -> dict[ResourceId, Room]:
    return {
        resource_id: room(resource, world.claims.get(resource_id, ()), 0)
        for resource_id, resource in world.resources.items()
    }


def staff(busy: dict[ResourceId, Sequence[tuple[int, int]]], *demands: Demand, stuck: Sequence[int] = ()) -> World:
    """People who may all do each other's work, with what keeps them busy; `stuck` claims, by number, stay."""
    resources = {resource_id: exclusive(resource_id) for resource_id in busy}
    claims: dict[ResourceId, list[Taken]] = {resource_id: [] for resource_id in busy}
    movables = []
    number = 0
    for resource_id, times in busy.items():
        for starts, ends in times:
            claim_id, visit_id = ClaimId(UUID(int=100 + number)), VisitId(UUID(int=200 + number))
            claims[resource_id].append(Taken(starts, ends, visit_id=visit_id, claim_id=claim_id))
            if number not in stuck:
                movables.append(Movable(claim_id, visit_id, resource_id, starts, ends, tuple(busy)))
            number += 1
    return World(resources, claims, demands, movables)


def placed(world: World, known: Mapping[ResourceId, Room]) -> Assignment | None:
    """Nobody moves where all can be placed as things stand."""
    return assign(world.demands, known) or make_room(world.demands, known, world.movables)


def solve(world: World) -> Assignment | None:
    found = placed(world, rooms(world))
    without_moves = found is not None and not found.moves
    assert placing.placeable(world.demands, rooms(world)) is without_moves
    if found is not None:
        numbers = {movable.claim_id: number for number, movable in enumerate(world.movables)}
        moved = {numbers[move.movable.claim_id]: move.resource_id for move in found.moves}
        assert len(moved) == len(found.moves)
        assert lawful(world, found.chosen, moved)
    return found


@st.composite
def worlds(draw, movable: bool, people: int = 4) -> World:
    """A few resources, most of the time busy with each other's claims, and a few demands."""
    units = st.integers(1, 2)
    ids = [A, B, C, D][: draw(st.integers(1, people))]
    resources = {resource_id: exclusive(resource_id) for resource_id in ids}
    claims: dict[ResourceId, list[Taken]] = {}
    movables: list[Movable] = []
    number = 0
    for resource_id in ids:
        edges = sorted(draw(st.sets(st.integers(0, HORIZON), max_size=6)))
        claims[resource_id] = []
        for starts, ends in zip(edges[::2], edges[1::2], strict=False):
            number += 1
            claim_id, visit_id = ClaimId(UUID(int=100 + number)), VisitId(UUID(int=200 + number))
            claims[resource_id].append(Taken(starts, ends, visit_id=visit_id, claim_id=claim_id))
            if movable and draw(st.integers(0, 4)):
                options = draw(st.permutations([*ids, NOBODY, POOL]))[: draw(st.integers(1, 6))]
                movables.append(Movable(claim_id, visit_id, resource_id, starts, ends, tuple(options)))
    for resource_id, scope in ((POOL, PoolScope.OVERLAP), (SLOTS, PoolScope.SAME_SLOT)):
        steps = draw(st.dictionaries(st.integers(-1, HORIZON), st.integers(0, 4), max_size=3)).items()
        resources[resource_id] = pool(resource_id, scope, *steps)
        claims[resource_id] = [Taken(*draw(spans()), units=draw(units)) for _ in range(draw(st.integers(0, 2)))]
        ids = [*ids, resource_id]
    demands = []
    for _ in range(draw(st.integers(1, 2 if movable else 4))):
        starts, ends = draw(spans())
        options = tuple(draw(st.permutations([*ids, NOBODY]))[: draw(st.integers(1, 5))])
        capacity = draw(st.none() | st.integers(0, 4))
        demands.append(Demand(starts, ends, options, draw(units), capacity))
    return World(resources, claims, demands, movables[:MOST_MOVABLES])


@st.composite
def crowds(draw) -> World:
    """People with hardly a gap between their claims, most of which may go to most of the others."""
    ids = [A, B, C, D][: draw(st.integers(2, 4))]
    claims: dict[ResourceId, list[Taken]] = {}
    movables: list[Movable] = []
    for resource_id in ids:
        claims[resource_id] = []
        at = draw(st.integers(0, 2))
        while at < HORIZON:
            ends = at + draw(st.integers(1, 3))
            number = 10 * len(claims) + len(claims[resource_id])
            claim_id, visit_id = ClaimId(UUID(int=100 + number)), VisitId(UUID(int=200 + number))
            claims[resource_id].append(Taken(at, ends, visit_id=visit_id, claim_id=claim_id))
            if draw(st.integers(0, 7)):
                others = tuple(option for option in draw(st.permutations(ids)) if draw(st.integers(0, 3)))
                movables.append(Movable(claim_id, visit_id, resource_id, at, ends, others))
            at = ends + draw(st.integers(0, 3))
    demands = []
    for _ in range(draw(st.integers(1, 3))):
        starts = draw(st.integers(0, HORIZON - 1))
        demands.append(Demand(starts, starts + draw(st.integers(1, 3)), tuple(ids)))
    return World(
        {resource_id: exclusive(resource_id) for resource_id in ids}, claims, demands, movables[:MOST_MOVABLES]
    )


def spans():
    return st.tuples(st.integers(0, HORIZON - 1), st.integers(1, 4)).map(lambda span: (span[0], span[0] + span[1]))


@settings(max_examples=300, deadline=None)
@given(worlds(movable=False))
def test_without_moves_the_first_of_all_assignments_is_found_exactly_when_there_is_one(world):
    first = next(solutions(world), None)
    found = solve(world)
    event(f"found: {found is not None}")
    assert (found and found.chosen) == (first and first[0])


@settings(max_examples=300, deadline=None)
@given(worlds(movable=True) | crowds())
def test_an_assignment_with_the_fewest_moves_is_found_exactly_when_there_is_one(world):
    least = fewest_moves(world)
    found = solve(world)
    event(f"moves: {least}")
    assert (None if found is None else len(found.moves)) == least


def test_the_first_options_of_the_first_demands_win():
    world = staff({A: [], B: []}, Demand(0, 10, (B, A)), Demand(0, 10, (B, A)))
    assert solve(world) == Assignment((B, A))


def test_a_demand_gives_way_to_one_that_has_no_choice():
    world = staff({A: [], B: []}, Demand(0, 10, (A, B)), Demand(5, 15, (A,)))
    assert solve(world) == Assignment((B, A))


def test_only_as_many_preferences_are_given_up_as_have_to_be():
    """The last of four has no choice, so somebody goes without; the first two need not, though a matching might."""
    choosy = Demand(0, 10, (A, B, C, D))
    world = staff({A: [], B: [], C: [], D: []}, choosy, choosy, choosy, Demand(0, 10, (C,)))
    assert solve(world) == Assignment((A, B, D, C))


def test_demands_in_a_row_may_have_the_same_resource():
    assert solve(staff({A: []}, Demand(0, 10, (A,)), Demand(10, 20, (A,)))) == Assignment((A, A))


def test_demands_that_overlap_by_a_minute_may_not():
    assert solve(staff({A: []}, Demand(0, 11, (A,)), Demand(10, 20, (A,)))) is None


def test_three_that_meet_two_at_a_time_need_no_more_than_two():
    """A chain that is no clique: the one in the middle decides, though it is asked last."""
    world = staff({A: [], B: []}, Demand(0, 10, (A, B)), Demand(18, 30, (A, B)), Demand(5, 20, (A,)))
    assert solve(world) == Assignment((B, B, A))


def test_units_of_a_pool_add_up_at_each_instant():
    resources = {POOL: pool(POOL, PoolScope.OVERLAP, (0, 3))}
    claims = {POOL: [Taken(10, 20)]}
    before, beside, after = Demand(0, 11, (POOL,)), Demand(5, 15, (POOL,)), Demand(11, 15, (POOL,))
    assert solve(World(resources, claims, [before, beside, after])) == Assignment((POOL, POOL, POOL))
    assert solve(World(resources, claims, [before, beside, beside])) is None


def test_a_pool_counted_by_slot_adds_up_equal_intervals_only():
    resources = {SLOTS: pool(SLOTS, PoolScope.SAME_SLOT, (0, 2))}
    claims = {SLOTS: [Taken(0, 10)]}
    one, other = Demand(0, 10, (SLOTS,)), Demand(0, 9, (SLOTS,), units=2)
    assert solve(World(resources, claims, [one, other])) == Assignment((SLOTS, SLOTS))
    assert solve(World(resources, claims, [one, one])) is None


def test_each_demand_keeps_to_its_own_capacity_of_a_pool():
    resources = {POOL: pool(POOL, PoolScope.OVERLAP, (0, 9))}
    roomy, narrow = Demand(0, 10, (POOL,)), Demand(5, 15, (POOL,), capacity=1)
    assert solve(World(resources, {}, [narrow])) == Assignment((POOL,))
    assert solve(World(resources, {}, [roomy, narrow])) is None
    assert solve(World(resources, {}, [narrow, roomy])) is None


def test_nobody_serves_nobody():
    assert solve(staff({A: []}, Demand(0, 10, (NOBODY,)))) is None
    assert solve(staff({A: []})) == Assignment(())


def test_a_claim_moves_only_when_nobody_is_free():
    world = staff({A: [(0, 10)], B: []}, Demand(5, 15, (A, B)))
    assert solve(world) == Assignment((B,))


def test_a_claim_makes_room():
    world = staff({A: [(0, 10)], B: []}, Demand(5, 15, (A,)))
    found = solve(world)
    assert found is not None
    assert (found.chosen, [(move.movable.resource_id, move.resource_id) for move in found.moves]) == ((A,), [(A, B)])


def test_a_claim_that_may_not_move_stays():
    assert solve(staff({A: [(0, 10)], B: []}, Demand(5, 15, (A,)), stuck=[0])) is None


def test_a_claim_that_has_lapsed_need_not_move():
    """It is named among the movables, but the room does not count it any more."""
    world = staff({A: [(0, 10)], B: []}, Demand(5, 15, (A,)))
    lapsed = [world.claims[A][0]._replace(expires=1)]
    assert placed(world, rooms(World(world.resources, {A: lapsed}, ()))) is not None
    free = {A: room(world.resources[A], lapsed, 1), B: room(world.resources[B], (), 1)}
    assert placed(world, free) == Assignment((A,))


def test_claims_make_room_for_one_another_in_a_chain():
    world = staff({A: [(0, 10)], B: [(4, 12)], C: [(0, 3), (11, 20)], D: [(0, 20)]}, Demand(0, 10, (A,)), stuck=[2, 3])
    found = solve(world)
    assert found is None
    roomier = staff({A: [(0, 10)], B: [(4, 12)], C: [(0, 3), (12, 20)]}, Demand(0, 10, (A,)), stuck=[2, 3])
    found = solve(roomier)
    assert found is not None
    assert [(move.movable.resource_id, move.resource_id) for move in found.moves] == [(A, B), (B, C)]


def test_two_claims_may_change_places():
    """The short one only fits where the long one leaves from, beside the demand."""
    world = staff({A: [(0, 10)], B: [(5, 10)]}, Demand(0, 5, (A,)))
    found = solve(world)
    assert found is not None
    assert [(move.movable.resource_id, move.resource_id) for move in found.moves] == [(A, B), (B, A)]


def test_nobody_moves_for_a_demand_that_another_group_could_not_help():
    """Two demands that never meet: one needs a move, the other keeps its first choice and moves nobody."""
    world = staff({A: [(0, 10)], B: [], C: [(30, 40)], D: []}, Demand(0, 10, (A,)), Demand(30, 40, (C, D)))
    found = solve(world)
    assert found is not None
    assert (found.chosen, len(found.moves)) == ((A, D), 1)


def test_demands_that_fill_a_pool_and_one_that_needs_a_move():
    resources = {A: exclusive(A), B: exclusive(B), POOL: pool(POOL, PoolScope.OVERLAP, (0, 2))}
    either = Demand(0, 10, (POOL, A))
    world = staff({A: [(0, 10)], B: []}, either, either, either)
    found = solve(World(resources, world.claims, world.demands, world.movables))
    assert found is not None
    assert (sorted(found.chosen), len(found.moves)) == ([A, POOL, POOL], 1)


def test_a_crowd_that_is_full_at_one_instant_is_refused_without_a_search(monkeypatch):
    """A search would go to its limit, which takes seconds here."""
    monkeypatch.setattr(matching, "MOST_STEPS", 5_000_000)
    people = [ResourceId(UUID(int=number)) for number in range(300, 315)]
    busy = {person: [(60 * hour + number, 60 * hour + 55) for hour in range(9)] for number, person in enumerate(people)}
    before = process_time()
    assert solve(staff(busy, Demand(0, 30, tuple(people)))) is None
    assert process_time() - before < 1


def test_what_is_not_found_within_the_limits_is_not_offered(monkeypatch):
    world = staff({A: [(0, 10)], B: []}, Demand(5, 15, (A,)))
    assert solve(world) is not None
    monkeypatch.setattr(matching, "MOST_STEPS", 1)
    assert solve(world) is None
    chain = staff({A: [], B: []}, Demand(0, 10, (A, B)), Demand(18, 30, (A, B)), Demand(5, 20, (A,)))
    assert solve(chain) is not None
    monkeypatch.setattr(placing, "MOST_STATES", 0)
    assert solve(chain) is None


def test_fifty_guests_side_by_side_are_seated_and_one_more_is_refused():
    """Hall's condition in one stroke; any search by trial would never end."""
    people = tuple(ResourceId(UUID(int=number)) for number in range(300, 350))
    fifty = [Demand(0, 10, people[::-1] if number % 2 else people) for number in range(50)]
    busy: dict[ResourceId, Sequence[tuple[int, int]]] = {person: [] for person in people}
    assert solve(staff(busy, *fifty)) is not None
    assert solve(staff(busy, *fifty, Demand(9, 20, people))) is None


def test_twins_are_tried_one_way_only(monkeypatch):
    """Four that want the same, of six: fifteen ways for them, not 360, until those are left that others must have."""
    people = tuple(ResourceId(UUID(int=number)) for number in range(300, 306))
    busy: dict[ResourceId, Sequence[tuple[int, int]]] = {person: [] for person in people}
    twins = [Demand(0, 30, people)] * 4
    late = [Demand(20, 40, people[:1]), Demand(25, 40, people[1:2]), Demand(35, 45, people)]
    monkeypatch.setattr(placing, "MOST_STATES", 60)
    assert solve(staff(busy, *twins, *late)) == Assignment((*people[2:], *people[:3]))


def test_what_fits_at_every_instant_may_not_fit_in_all():
    """The second demand keeps the first from one person, and the third from the other."""
    world = staff({A: [], B: []}, Demand(3, 10, (A, B)), Demand(0, 4, (B,)), Demand(9, 12, (A,)))
    assert solve(world) is None


def test_preferences_count_in_the_order_of_the_demands_and_not_of_their_starts():
    people: dict[ResourceId, Sequence[tuple[int, int]]] = {A: [], B: [], C: []}
    world = staff(people, Demand(10, 20, (A, B, C)), Demand(0, 12, (A, B, C)), Demand(0, 5, (B,)))
    assert solve(world) == Assignment((A, C, B))


def test_twins_may_share_a_pool():
    resources = {A: exclusive(A), POOL: pool(POOL, PoolScope.OVERLAP, (0, 2))}
    twin = Demand(0, 10, (A, POOL))
    assert solve(World(resources, {}, [twin, twin, Demand(5, 15, (A,))])) == Assignment((POOL, POOL, A))


def test_a_long_chain_without_a_way_is_refused_in_few_states():
    """Each of forty has two ways beside the one before; that the last two fail does not depend on them."""
    chain = [Demand(10 * number, 10 * number + 15, (A, B, C, D)[: 3 + number // 39]) for number in range(40)]
    people = dict.fromkeys((A, B, C, D, E), ())
    gadget = [Demand(403, 410, (D, E)), Demand(400, 404, (D,)), Demand(409, 412, (E,))]
    before = process_time()
    assert solve(staff(people, *chain, *gadget)) is None
    assert process_time() - before < 1


def test_one_move_is_better_than_two_that_begin_with_a_preferred_resource():
    world = staff({A: [(0, 10)], B: [(0, 10)], C: [(0, 10)], D: []}, Demand(0, 10, (A, B)))
    first, *others = world.movables
    found = solve(World(world.resources, world.claims, world.demands, [replace(first, options=(C,)), *others]))
    assert found is not None
    assert (found.chosen, [move.resource_id for move in found.moves]) == ((B,), [D])


def test_two_demands_that_need_a_move_each_get_both():
    world = staff({A: [(0, 10)], B: [], C: [(0, 10)], D: []}, Demand(0, 10, (A,)), Demand(0, 10, (C,)))
    found = solve(world)
    assert found is not None
    assert len(found.moves) == 2


def test_a_way_that_was_given_up_leaves_no_move_behind():
    """By the first person one would have to move who has no place; by the second, two who have."""
    world = staff({A: [(0, 10)], B: [(0, 5), (5, 10)], C: [(0, 10)], D: []}, Demand(0, 10, (A, B)))
    options = ((C,), (D,), (D,), ())
    movables = [replace(movable, options=their) for movable, their in zip(world.movables, options, strict=True)]
    found = solve(World(world.resources, world.claims, world.demands, movables))
    assert found is not None
    assert (found.chosen, [move.resource_id for move in found.moves]) == ((B,), [D, D])


def test_demands_are_counted_at_the_instants_at_which_they_are_there():
    """Never more than two at a time, for two people, one of whom has to be freed first."""
    row = [Demand(5, 20, (A, B)), Demand(0, 8, (A, B)), Demand(15, 25, (A, B))]
    found = solve(staff({A: [(0, 25)], B: [], C: []}, *row))
    assert found is not None
    assert len(found.moves) == 1
