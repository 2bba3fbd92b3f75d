"""Whole timelines of starts at which all needs are served at once, against every assignment of every start."""

from collections.abc import Sequence
from datetime import timedelta

from hypothesis import event, given, settings
from hypothesis import strategies as st

from appointed.core import placing
from appointed.core.catalog import ANY_TIME, PoolScope, Resource, Role, Service
from appointed.core.inquiry import Inquiry
from appointed.core.localtime import MINUTE, minute_of
from appointed.core.matching import Demand
from appointed.core.occupancy import Taken
from appointed.core.plan import Need, Part, Plan
from appointed.core.preference import Preference
from appointed.core.together import served_at_once
from matching_brute_force import World, solutions
from small_branch import LONG_AGO, START, asking, exclusive, pool, service, weekly

QUIET = frozenset({"quiet"})
ANY_QUIET = Preference(0, traits=QUIET)
PEOPLE = tuple(exclusive(number, traits=QUIET if number % 2 else frozenset()) for number in range(31, 36))
FEW = pool(41, PoolScope.OVERLAP, (LONG_AGO, 2))
SLOTS = pool(42, PoolScope.SAME_SLOT, (LONG_AGO, 2))
CHANGING = pool(
    43, PoolScope.OVERLAP, (LONG_AGO, 2), (START + 5 * MINUTE, 1), (START + 9 * MINUTE, 4), (START + 16 * MINUTE, 2)
)
A, B, C, *_ = PEOPLE
UNITS = st.sampled_from((1, 1, 1, 1, 2))
# START is at nine on the clock of the branch.
RANGES = weekly((540, 544, 3), (544, 549, 1), (549, 720))


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
            Demand(
                start + need.claims_from,
                start + need.claims_to,
                tuple(each for each in need.role.resource_ids if asked_for(need, resources[each])),
                need.units,
                *asked.limit(need, start),
            )
            for need in asked.plan.needs
        ]
        if next(solutions(World(resources, claims, demands)), None) is not None:
            found.append(start - asked.window[0])
    return found


def asked_for(need: Need, resource: Resource) -> bool:
    asked = need.preference
    return asked is None or (asked.resource_id in (None, resource.id) and asked.traits <= resource.traits)


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
    """A few people, most of the time busy, and now and then a pool; services of all kinds, for two to six guests."""
    guests = draw(st.sampled_from((2, 2, 3, 3, 4, 5, 6)))
    people = PEOPLE[: draw(st.integers(2, 5 if guests < 5 else 4))]
    known: list[Resource] = [*people, *draw(st.sampled_from(((), (), (FEW,), (SLOTS,), (CHANGING,))))]
    parts = tuple(draw(drawn_parts(known, guest, count=guests < 5)) for guest in range(guests))
    claims: list[tuple[Resource, Taken]] = []
    for resource in known:
        at = draw(st.sampled_from((-4, 0, 3, 8, 14, 24)))
        while at < 24 and draw(st.integers(0, 3)):
            ends = at + draw(st.integers(1, 6))
            claims.append((resource, Taken(at, ends)))
            at = ends + draw(st.integers(0, 9))
    first = minute_of(START)
    taken = [
        (resource, claim._replace(starts=first + claim.starts, ends=first + claim.ends)) for resource, claim in claims
    ]
    return inquiry(Plan(parts), 12, *known, claims=taken)


@st.composite
def drawn_parts(draw: st.DrawFn, known: Sequence[Resource], guest: int, *, count: bool) -> Part:
    """One service for a guest; with `count` it may want two of its role."""
    who = draw(st.permutations(known))[: draw(st.integers(1, len(known)))] if draw(st.booleans()) else known
    role = Role(tuple(each.id for each in who), draw(UNITS), draw(st.sampled_from((1, 1, 1, 2))) if count else 1)
    buffers = [draw(st.sampled_from((0, 0, 0, 1, 3))) * MINUTE for _ in range(2)]
    offered = service(
        draw(st.integers(1, 6)),
        1,
        role,
        buffer_before=buffers[0],
        buffer_after=buffers[1],
        booking_hours=draw(st.sampled_from((ANY_TIME, ANY_TIME, RANGES))),
    )
    preference = draw(
        st.sampled_from((*[None] * 6, Preference(0, who[0].id), Preference(0, who[-1].id, QUIET), ANY_QUIET))
    )
    return Part(
        offered,
        guest=guest,
        gap=draw(st.integers(0, 9)) * MINUTE,
        preferences=() if preference is None else (preference,),
    )


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
