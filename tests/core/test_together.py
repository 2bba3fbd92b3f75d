"""Whole timelines of starts at which all needs are served at once, against every assignment of every start."""

from collections.abc import Sequence
from datetime import timedelta

from hypothesis import event, given, settings
from hypothesis import strategies as st

from appointed.core import placing
from appointed.core.catalog import PoolScope, Resource, Role, Service
from appointed.core.inquiry import Inquiry
from appointed.core.localtime import MINUTE
from appointed.core.matching import Demand
from appointed.core.occupancy import Taken
from appointed.core.plan import Part, Plan
from appointed.core.together import served_at_once
from matching_brute_force import World, solutions
from small_branch import LONG_AGO, START, asking, exclusive, pool, service

PEOPLE = tuple(exclusive(number) for number in range(31, 36))
FEW = pool(41, PoolScope.OVERLAP, (LONG_AGO, 2))
SLOTS = pool(42, PoolScope.SAME_SLOT, (LONG_AGO, 2))
A, B, C, *_ = PEOPLE


def inquiry(plan: Plan, minutes: int, *resources: Resource, claims=()) -> Inquiry:
    """Starts in so many minutes from START on; claims are counted from there."""
    window = START, START + timedelta(minutes=minutes)
    return asking(plan.parts[0].service, window, *resources, plan=plan, claims=claims)


def served(asked: Inquiry) -> list[int]:
    """The starts in the window, in minutes after its first."""
    first, last = asked.window
    found = served_at_once(asked, asked.axis.span(first, last))
    return [minute - first for minute in asked.axis.minutes(found)]


def tried(asked: Inquiry) -> list[int]:
    """The same, by trying every assignment of every start."""
    resources = {key: roster.resource for key, roster in asked.rosters.items()}
    claims = {key: roster.room.claims for key, roster in asked.rosters.items()}
    found: list[int] = []
    for start in range(*asked.window):
        demands = [
            Demand(start + need.claims_from, start + need.claims_to, need.role.resource_ids, need.units)
            for need in asked.plan.needs
        ]
        if next(solutions(World(resources, claims, demands)), None) is not None:
            found.append(start - asked.window[0])
    return found


def beside(*parts: tuple[int, int, Sequence[Resource]], count: int = 1) -> Plan:
    """A guest for each part: when it starts, when it ends, and who can do it."""
    return Plan(
        tuple(
            Part(one_of(ends - starts, who, count), guest=guest, gap=starts * MINUTE)
            for guest, (starts, ends, who) in enumerate(parts)
        )
    )


def one_of(minutes: int, who: Sequence[Resource], count: int = 1) -> Service:
    return service(minutes, 1, Role(tuple(each.id for each in who), count=count))


@st.composite
def inquiries(draw: st.DrawFn) -> Inquiry:
    """A few people, most of the time busy, and now and then a pool."""
    known: list[Resource] = [*PEOPLE[: draw(st.integers(2, 4))], *draw(st.sampled_from(((), (), (FEW,), (SLOTS,))))]
    parts: list[tuple[int, int, Sequence[Resource]]] = []
    for _ in range(draw(st.integers(2, 4))):
        starts = draw(st.integers(0, 6))
        who = draw(st.permutations(known))[: draw(st.integers(1, len(known)))]
        parts.append((starts, starts + draw(st.integers(1, 8)), who if draw(st.booleans()) else known))
    claims: list[tuple[Resource, Taken]] = []
    for resource in known:
        at = draw(st.integers(-4, 8))
        while at < 24 and draw(st.integers(0, 3)):
            ends = at + draw(st.integers(1, 6))
            claims.append((resource, Taken(at, ends)))
            at = ends + draw(st.integers(0, 9))
    first = asking(one_of(1, known), (START, START + MINUTE), *known).window[0]
    taken = [
        (resource, claim._replace(starts=first + claim.starts, ends=first + claim.ends)) for resource, claim in claims
    ]
    return inquiry(beside(*parts, count=draw(st.sampled_from((1, 1, 2)))), 12, *known, claims=taken)


@settings(max_examples=150, deadline=None)
@given(inquiries())
def test_a_start_is_served_exactly_when_some_assignment_serves_it(asked: Inquiry):
    expected = tried(asked)
    event(f"served: {len(expected) // 4}")
    assert served(asked) == expected


def test_needs_that_all_overlap_and_have_too_few_between_them():
    """Any two of the three have two people, and all of them have two as well."""
    plan = beside((0, 10, (A, B)), (0, 10, (A, B)), (5, 15, (A, B)))
    assert served(inquiry(plan, 2, A, B)) == []
    assert served(inquiry(plan, 2, A, B, C)) == []
    assert served(inquiry(beside((0, 10, (A, B)), (0, 10, (A, B)), (5, 15, (A, B, C))), 2, A, B, C)) == [0, 1]


def test_needs_that_follow_each_other_may_have_the_same_person():
    assert served(inquiry(beside((0, 10, (A,)), (10, 20, (A,))), 2, A)) == [0, 1]
    assert served(inquiry(beside((0, 11, (A,)), (10, 20, (A,))), 2, A)) == []


def test_enough_at_every_instant_may_not_be_enough():
    """The one in the middle keeps the first from one person, and the last from the other."""
    assert served(inquiry(beside((3, 10, (A, B)), (0, 4, (B,)), (9, 12, (A,))), 2, A, B)) == []


def test_nobody_searches_where_each_can_take_the_first_that_is_left(monkeypatch):
    """In the order of the guests the last would find nobody; the search that helps there ends at once."""
    monkeypatch.setattr(placing, "MOST_STATES", 0)
    plan = beside((0, 10, (A, B)), (18, 30, (B, A)), (5, 20, (A, B)))
    assert served(inquiry(plan, 3, A, B)) == [0, 1, 2]
