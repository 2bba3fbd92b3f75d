"""Whole catalogues, drawn: every field of every thing that the database and the file can keep."""

from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4  # noqa: TID251 - tests make identities too

from hypothesis import strategies as st

from appointed.core.catalog import (
    Branch,
    CapacityStep,
    Catalog,
    Closure,
    Days,
    GridAnchor,
    Hours,
    PartyCount,
    PoolScope,
    Resource,
    ResourceKind,
    Role,
    Schedule,
    Service,
    ServiceGroup,
    SpecialDay,
    Translation,
    WeeklyHours,
)
from appointed.core.ids import BranchId, ResourceId, ServiceGroupId, ServiceId
from appointed.core.language import Text
from appointed.core.options import Options
from appointed.core.places import Address, GeoPoint
from appointed.core.questions import CustomerFact, Question, ResourceChoice, ScreeningQuestion

MINUTE = timedelta(minutes=1)
WORDS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=5)
MINUTES = st.integers(0, 200).map(lambda count: count * MINUTE)
NAMES_OF_ONE = WORDS.filter(str.strip)
DATES = st.dates(date(1900, 1, 1), date(2399, 12, 31))
INSTANTS = st.datetimes(datetime(1900, 1, 1), datetime(2399, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
COUNTS = st.none() | st.integers(1, 9)
DAYS = st.none() | st.builds(Days, st.integers(0, 400), st.booleans())


@st.composite
def bounds(draw) -> tuple[int, int]:
    opens = draw(st.integers(0, 1439))
    return opens, draw(st.integers(opens + 1, 2880))


@st.composite
def weekly(draw) -> WeeklyHours:
    return WeeklyHours(draw(st.integers(0, 6)), *draw(bounds()), draw(st.none() | st.integers(0, 9)))


@st.composite
def closures(draw) -> Closure:
    starts_at = draw(INSTANTS)
    ends_at = draw(st.none() | st.timedeltas(timedelta(microseconds=1), timedelta(days=9)))
    return Closure(starts_at, ends_at and starts_at + ends_at)


def apart(listed: list) -> tuple:
    """Those hours that overlap none before them on the same day."""
    found: list = []
    for each in listed:
        same_day = [other for other in found if getattr(other, "weekday", 0) == getattr(each, "weekday", 0)]
        if all(
            each.closes_minute <= other.opens_minute or other.closes_minute <= each.opens_minute for other in same_day
        ):
            found.append(each)
    return tuple(found)


def not_the_same(listed: list[Question]) -> tuple[Question, ...]:
    """Those questions that are in no language the same as one before them."""
    found: list[Question] = []
    for each in listed:
        if all(each.wordings.isdisjoint(other.wordings) for other in found):
            found.append(each)
    return tuple(found)


def schedule(week: tuple | None, breaks: tuple, special_days: tuple, closed: tuple) -> Schedule:
    """A schedule with those of the breaks that go past midnight only within hours that do."""
    kept = [
        each
        for each in breaks
        if each.closes_minute <= 1440
        or any(
            (hours.weekday, min(hours.opens_minute, each.opens_minute)) == (each.weekday, hours.opens_minute)
            and hours.closes_minute >= each.closes_minute
            for hours in week or ()
        )
    ]
    return Schedule(week, tuple(kept), special_days, closed)


HOURS = st.lists(st.builds(lambda both, capacity: Hours(*both, capacity), bounds(), COUNTS), max_size=2).map(apart)
WEEKS = st.lists(weekly(), max_size=3).map(apart)
SPECIAL_DAYS = st.lists(st.builds(SpecialDay, DATES, HOURS), max_size=3, unique_by=lambda special: special.day).map(
    tuple
)
SCHEDULES = st.builds(schedule, st.none() | WEEKS, WEEKS, SPECIAL_DAYS, st.lists(closures(), max_size=2).map(tuple))
SKILLS = st.frozensets(WORDS, max_size=2)
LANGUAGES = st.sampled_from(("en-GB", "EN", "nl", "zh-Hant-TW", "de-CH-1996", "sgn-BE-FR", "no"))
NAMES = st.lists(st.builds(Translation, LANGUAGES, NAMES_OF_ONE), max_size=3, unique_by=lambda name: name.language).map(
    tuple
)
TEXTS = st.builds(Text, NAMES_OF_ONE, NAMES)
MAYBE_TEXTS = st.none() | TEXTS
QUESTIONS = st.builds(Question, TEXTS, MAYBE_TEXTS, st.booleans())
SCREENING = st.builds(ScreeningQuestion, TEXTS, MAYBE_TEXTS, MAYBE_TEXTS, st.booleans())
ADDRESSES = st.none() | st.builds(Address, WORDS) | st.builds(Address, WORDS, WORDS, WORDS, WORDS)
POINTS = st.none() | st.builds(GeoPoint, st.floats(-180, 180), st.floats(-90, 90))
INDICES = st.integers(-9, 9)
TAGS = st.sampled_from(("en-GB", "en-US", "nl", "zh-Hant-TW", "de-CH-1996", "sgn-BE-FR"))
SLUGS = st.just("") | st.builds(lambda: str(uuid4()))


def whole(made, /, **values):
    """A value of which each field is drawn: one that was forgotten would always come back as its default."""
    assert values.keys() == {each.name for each in fields(made)}
    return made(**values)


@st.composite
def resources(draw, branch: BranchId) -> Resource:
    steps = draw(st.lists(INSTANTS, max_size=3, unique=True).map(sorted))
    return whole(
        Resource,
        id=ResourceId(uuid4()),
        branch_id=branch,
        name=draw(NAMES_OF_ONE),
        kind=draw(st.sampled_from(ResourceKind)),
        scope=draw(st.sampled_from(PoolScope)),
        capacity=tuple(CapacityStep(each, draw(st.integers(0, 9))) for each in steps),
        schedule=draw(SCHEDULES),
        skills=draw(SKILLS),
        traits=draw(SKILLS),
        slug=draw(SLUGS),
        retired=draw(st.booleans()),
    )


@st.composite
def services(draw, branch: BranchId, of: list[Resource]) -> Service:
    serving = [each.id for each in of if not each.retired]
    ids = st.lists(st.sampled_from(serving), max_size=3, unique=True).map(tuple) if serving else st.just(())
    role = st.builds(Role, ids, st.integers(1, 9), st.integers(1, 9), SKILLS, st.booleans()).map(
        lambda role: replace(role, count=min(role.count, len(role.resource_ids) or 1))
    )
    first, last = draw(st.none() | DATES), draw(st.none() | DATES)
    party_limit = draw(COUNTS)
    return whole(
        Service,
        id=ServiceId(uuid4()),
        branch_id=branch,
        name=draw(NAMES_OF_ONE),
        duration=draw(st.integers(1, 200)) * MINUTE,
        grid=draw(st.integers(1, 1440)) * MINUTE,
        roles=tuple(draw(st.lists(role, max_size=3))),
        locale=draw(WORDS),
        required_contact=draw(st.sampled_from((None, "phone", "email"))),
        party_limit=party_limit,
        reminder=draw(st.none() | st.integers(1, 9999).map(lambda count: count * MINUTE)),
        past_slots_allowed=draw(st.booleans()),
        anchor=draw(st.sampled_from(GridAnchor)),
        per_extra_person=draw(st.integers(0, 90)) * MINUTE if party_limit else timedelta(),
        party_count=draw(st.sampled_from(PartyCount)),
        buffer_before=draw(MINUTES),
        buffer_after=draw(MINUTES),
        booking_hours=draw(SCHEDULES),
        lead_time=draw(MINUTES),
        lead_days=draw(DAYS),
        horizon=draw(DAYS),
        bookable_from=min(first, last) if first and last else first,
        bookable_until=max(first, last) if first and last else last,
        customer_daily_limit=draw(COUNTS),
        remote_allowed=draw(st.booleans()),
        bookable=draw(st.booleans()),
        slug=draw(SLUGS),
        names=draw(NAMES),
        retired=draw(st.booleans()),
        family_id=draw(st.none() | st.builds(lambda: ServiceId(uuid4()))),
        description=draw(MAYBE_TEXTS),
        questions=not_the_same(draw(st.lists(QUESTIONS, max_size=2))),
        screening=tuple(draw(st.lists(SCREENING, max_size=2))),
        resource_choice=draw(st.sampled_from(ResourceChoice)),
        required_facts=draw(st.frozensets(st.sampled_from(CustomerFact))),
        added_duration=draw(st.none() | st.integers(1, 100).map(lambda count: count * MINUTE)),
        index=draw(INDICES),
    )


@st.composite
def branches_of(draw) -> Branch:
    return whole(
        Branch,
        id=BranchId(uuid4()),
        name=draw(NAMES_OF_ONE),
        time_zone=draw(st.sampled_from(("Europe/Warsaw", "Asia/Kathmandu"))),
        opening_hours=draw(SCHEDULES),
        slug=draw(SLUGS),
        names=draw(NAMES),
        address=draw(ADDRESSES),
        retired=draw(st.booleans()),
        geo=draw(POINTS),
        combinations=(),
    )


@st.composite
def groups(draw, of: list[Service]) -> ServiceGroup:
    return whole(
        ServiceGroup,
        id=ServiceGroupId(uuid4()),
        name=draw(NAMES_OF_ONE),
        service_ids=tuple(draw(st.permutations([each.id for each in of]))),
        slug=draw(SLUGS),
        names=draw(NAMES),
        retired=draw(st.booleans()),
        index=draw(INDICES),
    )


@st.composite
def combined(draw, branch: Branch, of: list[Service]) -> Branch:
    """The branch with combinations of its services."""
    own = [each.id for each in of if each.branch_id == branch.id]
    if len(own) < 2:
        return branch
    together = st.lists(st.sampled_from(own), min_size=2, unique=True).map(frozenset)
    return replace(branch, combinations=tuple(draw(st.lists(together, max_size=2))))


@st.composite
def options(draw) -> Options:
    languages = tuple(draw(st.lists(TAGS, max_size=3, unique=True)))
    return whole(
        Options,
        languages=languages,
        languages_strict=bool(languages) and draw(st.booleans()),
        hyphens_in_references=draw(st.booleans()),
        combinations=draw(st.booleans()),
    )


@st.composite
def catalogs(draw) -> Catalog:
    branches = [draw(branches_of()) for _ in range(2)]
    branch = st.sampled_from([each.id for each in branches])
    some = [draw(resources(draw(branch))) for _ in range(draw(st.integers(0, 3)))]
    offered = [draw(services(draw(branch), some)) for _ in range(draw(st.integers(0, 3)))]
    branches = [draw(combined(each, offered)) for each in branches]
    shown = [draw(groups(offered)) for _ in range(draw(st.integers(0, 2)))]
    kinds = (branches, offered, some, shown)
    return whole(
        Catalog,
        version=0,
        **{
            field.name: {each.id: each for each in kind}
            for field, kind in zip(fields(Catalog)[1:5], kinds, strict=True)
        },
        options=draw(options()),
    )
