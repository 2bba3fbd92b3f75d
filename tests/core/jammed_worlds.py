"""Small random worlds in which somebody has to move."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from hypothesis import strategies as st

from appointed.core.catalog import ANY_TIME, Branch, Catalog, Resource, ResourceKind, Role, Service
from appointed.core.ids import ResourceId, ServiceId
from appointed.core.occupancy import Taken
from appointed.core.plan import Part, Plan
from availability_worlds import BRANCH, DAY, details, rarely
from drawn_world import Drawn
from oracle.values import EPOCH, MINUTE, instant


@st.composite
def jams(draw: st.DrawFn) -> Drawn:
    """Whoever is wanted is mostly taken, by somebody who could often go elsewhere. The window is one slot's start."""
    at = (datetime(2026, 5, 11, 9, tzinfo=UTC) - EPOCH) // MINUTE
    everybody = [
        Resource(ResourceId(UUID(int=10 + number)), BRANCH, f"resource {number}", ResourceKind.EXCLUSIVE)
        for number in range(draw(st.integers(3, 5)))
    ]
    booked = [draw(_jammed_services(number, everybody, most)) for number, most in enumerate((2, 1, 5, 5, 5))]
    catalog = Catalog(
        1,
        {BRANCH: Branch(BRANCH, "a branch", "UTC", ANY_TIME)},
        {each.id: each for each in booked},
        {each.id: each for each in everybody},
    )
    parts = [Part(each, guest=draw(st.integers(0, 1))) for each in booked[: draw(st.sampled_from((1, 1, 2)))]]
    now = instant(at - DAY)
    drawn = Drawn(catalog, catalog.branches[BRANCH], Plan(tuple(parts)), {}, now, (at, at + 1))
    taken: dict[ResourceId, tuple[Taken, ...]] = {}
    for number, resource in enumerate(everybody):
        starts = at - 20 * draw(st.integers(0, 3))
        every: list[Taken] = []
        for _ in range(draw(st.sampled_from((0, 1, 1, 0, 2)))):
            ends = starts + 20 * draw(st.integers(1, 3))
            every.append(draw(details(Taken(starts, ends), number * 2 + len(every), drawn, resource.id)))
            starts = ends + 20 * draw(st.integers(0, 2))
        taken[resource.id] = tuple(every)
    return replace(drawn, claims=taken)


@st.composite
def _jammed_services(draw: st.DrawFn, number: int, everybody: Sequence[Resource], most: int) -> Service:
    order = draw(st.permutations([resource.id for resource in everybody]))
    roles_of_it = [
        Role(
            tuple(order[place : place + draw(st.integers((most + 1) // 2, most))]),
            count=1 + (most > 1 and rarely(draw, 8)),
            interchangeable=not rarely(draw, 4),
        )
        for place in range(1 + rarely(draw, 3))
    ]
    return Service(
        ServiceId(UUID(int=50 + number)),
        BRANCH,
        f"service {number}",
        draw(st.sampled_from((20, 40, 60))) * MINUTE,
        20 * MINUTE,
        tuple(roles_of_it),
    )
