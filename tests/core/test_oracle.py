"""The product against the oracle, over small random catalogues around the days of a clock change."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

import oracle
from appointed.core import availability
from appointed.core.availability import Occupied
from appointed.core.catalog import Branch, CapacityStep, OpeningHours, PoolScope, Resource, ResourceKind, Role, Service
from appointed.core.errors import SlotNotOffered, SlotTaken
from appointed.core.ids import BranchId, ResourceId, ServiceId
from appointed.core.intervals import Interval

MINUTE = timedelta(minutes=1)
IDS = [ResourceId(UUID(int=number)) for number in range(1, 6)]
BRANCH_ID = BranchId(UUID(int=9))

places = st.sampled_from(
    [
        ("Europe/Amsterdam", date(2026, 3, 29)),
        ("Europe/Amsterdam", date(2026, 10, 25)),
        ("America/New_York", date(2026, 11, 1)),
        ("Australia/Lord_Howe", date(2026, 4, 5)),
        ("Australia/Lord_Howe", date(2026, 10, 4)),
        ("Africa/Cairo", date(2026, 4, 24)),
        ("Africa/Cairo", date(2026, 10, 29)),
        ("Asia/Kolkata", date(2026, 3, 4)),
        ("America/Santiago", date(2026, 9, 6)),
    ]
)


@st.composite
def hours(draw, weekday: int) -> OpeningHours:
    opens = draw(st.integers(0, 143)) * 10
    return OpeningHours(weekday, opens, min(2880, opens + draw(st.integers(1, 90)) * 10))


@st.composite
def scenes(draw, shared: bool):
    """A service, its branch, its resources, claims on them, a window of up to 10 hours, and now."""
    zone, day = draw(places)
    nearby = st.sampled_from([(day + timedelta(days=n)).weekday() for n in (-1, 0, 1)])
    weekdays = draw(st.lists(nearby, min_size=1, max_size=3))
    branch = Branch(BRANCH_ID, "b", zone, tuple(draw(hours(weekday)) for weekday in weekdays))
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    start = midnight + draw(st.integers(-60, 60)) * 10 * MINUTE
    window = Interval(start, start + draw(st.integers(1, 600)) * MINUTE)
    duration, grid = draw(st.integers(1, 90)), draw(st.integers(5, 90))
    resources = {one: draw(resource(one, window)) for one in IDS}
    few = st.lists(st.sampled_from(IDS), min_size=1, max_size=3, unique=True)
    chosen = draw(st.lists(few, min_size=1, max_size=3)) if shared else [IDS[:2], IDS[2:4]][: draw(st.integers(1, 2))]
    roles = tuple(Role(tuple(ids), draw(st.integers(1, 2))) for ids in chosen)
    service = Service(
        ServiceId(UUID(int=8)),
        BRANCH_ID,
        "s",
        duration * MINUTE,
        grid * MINUTE,
        roles,
        past_slots_allowed=draw(st.booleans()),
    )
    now = window.start + draw(st.integers(-30, 300)) * MINUTE
    return service, branch, resources, window, now


@st.composite
def resource(draw, resource_id: ResourceId, window: Interval) -> Resource:
    if draw(st.booleans()):
        return Resource(resource_id, BRANCH_ID, "r", ResourceKind.EXCLUSIVE)
    instants = draw(st.lists(st.integers(-30, 300), min_size=1, max_size=3, unique=True))
    steps = tuple(CapacityStep(window.start + at * MINUTE, draw(st.integers(0, 4))) for at in instants)
    return Resource(resource_id, BRANCH_ID, "r", ResourceKind.POOL, draw(st.sampled_from(PoolScope)), steps)


def claims(draw, anchors: list[datetime], service: Service, now: datetime) -> list[Occupied]:
    """Claims near the anchors, some of them on a whole slot and some about to lapse."""
    found = []
    for _ in range(draw(st.integers(0, 8))):
        start = draw(st.sampled_from(anchors)) + draw(st.sampled_from([0, 0, 0, -20, -1, 1, 20])) * MINUTE
        length = draw(st.sampled_from([service.duration, service.duration, MINUTE, 30 * MINUTE]))
        expires = draw(st.sampled_from([None, None, now, now + MINUTE]))
        found.append(Occupied(draw(st.sampled_from(IDS)), start, start + length, draw(st.integers(1, 3)), expires))
    return found


@settings(max_examples=150, deadline=None)
@given(scenes(shared=False), st.data())
def test_slots(scene, data):
    service, branch, resources, window, now = scene
    empty = availability.slots(service, branch, resources, (), window, now)
    anchors = [slot.starts_at for slot in empty] or [window.start]
    occupied = claims(data.draw, anchors, service, now)
    expected = oracle.slots(service, branch, resources, occupied, window, now)
    assert availability.slots(service, branch, resources, occupied, window, now) == expected
    assert not [slot for slot in expected if why(service, branch, slot.starts_at, now)]


@settings(max_examples=60, deadline=None)
@given(scenes(shared=False))
def test_offered_gives_the_reason_of_every_minute(scene):
    service, branch, _, window, now = scene
    known = oracle.openings(branch, window)
    for n in range(min(window.length // MINUTE, 120)):
        start = window.start + n * MINUTE
        assert why(service, branch, start, now) == oracle.reason(service, branch, known, start, now), start


def why(service: Service, branch: Branch, start: datetime, now: datetime) -> str | None:
    try:
        availability.offered(service, branch, start, start + service.duration, now)
    except SlotNotOffered as refusal:
        return refusal.reason
    return None


@settings(max_examples=200, deadline=None)
@given(scenes(shared=True), st.data())
def test_choice(scene, data):
    """The first complete assignment in the order of preference, and SlotTaken only where there is none."""
    service, branch, resources, window, now = scene
    start, end = window.start, window.start + service.duration
    occupied = claims(data.draw, [start], service, now)
    complete = oracle.choices(service, resources, occupied, start, end, now)
    try:
        chosen = availability.choose(service, resources, occupied, start, end, now)
    except SlotTaken:
        assert not complete
    else:
        assert not availability.needs_choice(service) or tuple(one for one, _ in chosen) == complete[0]
    for slot in availability.slots(service, branch, resources, occupied, window, now):
        possible = oracle.choices(service, resources, occupied, slot.starts_at, slot.ends_at, now)
        assert (slot.available > 0) == bool(possible)
