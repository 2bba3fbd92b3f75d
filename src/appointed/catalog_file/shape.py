"""The shape of a catalogue for people: what a file says, and what our own API reads and answers.

Hours are texts such as `09:00-17:00` on the branch's wall clock, and `22:00-02:00` ends on the next day. Lengths are
whole minutes. A moment is an ISO 8601 instant with an offset or Z, or a date with or without a time, which is then
meant on the branch's wall clock. What refers to something else names its slug, or its id. Everything that has a
default may be left out, and is left out when it is written. `values.py` makes the core's values of these.
"""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType, field

from appointed.core.catalog import GridAnchor, PartyCount, PoolScope, ResourceKind
from appointed.core.plan import NEEDS_AT_MOST, ROLES_AT_MOST, UNITS_AT_MOST
from appointed.core.questions import QUESTION_CHARACTERS_AT_MOST, QUESTIONS_AT_MOST, CustomerFact, ResourceChoice

FORMAT = 1
DEFAULT_LOCALE = "en"
# A line feed may stand after what `$` finds in Python, and nowhere in these.
SLUG_PATTERN = r"^[a-z0-9][a-z0-9._-]{0,62}$(?!\n)"
HOURS_PATTERN = r"^\d{1,2}:\d{2}\s*-\s*\d{1,2}:\d{2}$(?!\n)"
DATE_PATTERN = r"^\d{4}-\d{2}-\d{2}$(?!\n)"
LANGUAGE_PATTERN = r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$(?!\n)"
MANY = 1_000_000
NAME_AT_MOST = 200
TEXT_AT_MOST = 4000
LISTED_AT_MOST = 100

Slug = Annotated[
    str,
    Meta(
        pattern=SLUG_PATTERN,
        description="The stable name: small letters, digits, dots, dashes and underscores. It is what others refer to.",
        examples=["market-square"],
    ),
]
Reference = Annotated[str, Meta(min_length=1, description="A slug, or an id.", examples=["market-square"])]
Name = Annotated[str, Meta(max_length=NAME_AT_MOST, description="The name that people see.")]
Language = Annotated[str, Meta(pattern=LANGUAGE_PATTERN, description="A BCP 47 tag.", examples=["en-GB"])]
Names = Annotated[
    dict[Language, Annotated[str, Meta(max_length=NAME_AT_MOST)]],
    Meta(description="The name in other languages, by language tag.", examples=[{"nl": "Advies", "pt-BR": "Consulta"}]),
]
HoursText = Annotated[
    str,
    Meta(
        pattern=HOURS_PATTERN,
        description="From and until, on the branch's wall clock. An end that is earlier is on the next day.",
        examples=["09:00-17:00", "22:00-02:00", "00:00-24:00"],
    ),
]
Moment = Annotated[
    str,
    Meta(
        description="An instant with an offset or Z; or a date, with or without a time, on the branch's wall clock.",
        examples=["2026-12-24T12:00:00+01:00", "2026-12-24", "2026-12-24T12:00"],
    ),
]
DateText = Annotated[str, Meta(pattern=DATE_PATTERN, examples=["2026-12-24"])]
Minutes = Annotated[int, Meta(ge=0, le=MANY)]
MinutesOfDay = Annotated[int, Meta(ge=1, le=1440)]
Count = Annotated[int, Meta(ge=1, le=MANY)]
Index = Annotated[
    int, Meta(ge=-MANY, le=MANY, description="Its place in lists: the smaller come first, then it goes by name.")
]
Plain = Annotated[str, Meta(max_length=TEXT_AT_MOST)]
QuestionText = Annotated[str, Meta(max_length=QUESTION_CHARACTERS_AT_MOST)]


class Shape(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A field that is not named here is refused."""


class TextShape(Shape, kw_only=True):
    """What is said to people, and the same in other languages, by language tag."""

    text: Plain
    translations: Annotated[dict[Language, Plain], Meta(examples=[{"nl": "Breng een foto mee"}])] = {}


class QuestionTextShape(TextShape, kw_only=True):
    """What is asked, and the same in other languages, by language tag. The answer repeats it in one of them."""

    text: QuestionText
    translations: Annotated[dict[Language, QuestionText], Meta(examples=[{"nl": "Welk document?"}])] = {}


Said = Plain | TextShape


class HoursShape(Shape, kw_only=True):
    """Hours with a capacity of their own, which counts among a service's booking hours."""

    hours: HoursText
    capacity: Annotated[int, Meta(ge=0, le=MANY, description="How many visits may start at once.")] | None = None


HoursList = list[HoursText | HoursShape]


class WeekShape(Shape, kw_only=True):
    """The hours of each weekday; a day without any is a day off."""

    mon: HoursList = []
    tue: HoursList = []
    wed: HoursList = []
    thu: HoursList = []
    fri: HoursList = []
    sat: HoursList = []
    sun: HoursList = []


class ClosureShape(Shape, kw_only=True):
    """Closed from one moment until another, or until further notice."""

    from_: Moment = field(name="from")
    to: Moment | None = None


class ScheduleShape(Shape, kw_only=True):
    """When a branch is open, a service can be booked or a resource works, on the branch's wall clock.

    Without `week` it sets no limit; with an empty one it never opens.
    """

    week: Annotated[WeekShape | None, Meta(description="The hours of every week. Without it there is no limit.")] = None
    breaks: Annotated[WeekShape | None, Meta(description="Taken out of the week's hours.")] = None
    special_days: Annotated[
        dict[DateText, HoursList],
        Meta(
            description="The hours of single dates in place of their weekday's, breaks included; none for a day off.",
            examples=[{"2026-12-24": ["09:00-13:00"], "2026-12-25": []}],
        ),
    ] = {}
    closures: Annotated[list[ClosureShape], Meta(description="Closed then, whatever the hours say.")] = []


class AddressShape(Shape, kw_only=True):
    """A postal address in parts; `street` has the number of the house."""

    street: str
    postal_code: str = ""
    city: str = ""
    country: Annotated[str, Meta(description="The country as it is to be shown.")] = ""


class GeoShape(Shape, kw_only=True):
    """A point on the map, in degrees to the east and to the north."""

    longitude: Annotated[float, Meta(ge=-180, le=180)]
    latitude: Annotated[float, Meta(ge=-90, le=90)]


class BranchShape(Shape, kw_only=True):
    """A place people come to. Without opening hours it never opens."""

    slug: Slug | None = None
    id: UUID | None = None
    name: Name
    names: Names = {}
    time_zone: Annotated[str, Meta(description="An IANA name.", examples=["Europe/Amsterdam"])]
    address: Annotated[
        str | AddressShape | None, Meta(description="In parts, or as one text.", examples=["Market Square 1, Oslo"])
    ] = None
    geo: GeoShape | None = None
    opening_hours: ScheduleShape | None = None
    combinations: Annotated[
        list[Annotated[list[Reference], Meta(min_length=2, max_length=LISTED_AT_MOST)]],
        Meta(
            max_length=LISTED_AT_MOST,
            description="Services of the branch that may be booked together, where the options allow combinations.",
            examples=[["identity-card", "passport"]],
        ),
    ] = []
    retired: Annotated[bool, Meta(description="Kept for the visits it had, and offered no more.")] = False


class StepShape(Shape, kw_only=True):
    """From a moment on a pool holds so many, until the next step. Before the first it holds nothing."""

    from_: Moment = field(name="from")
    capacity: Annotated[int, Meta(ge=0, le=MANY)]


class ResourceShape(Shape, kw_only=True):
    """Who or what is occupied: a person, a room, a device, or with a capacity a pool of places."""

    slug: Slug | None = None
    id: UUID | None = None
    branch: Annotated[Reference | None, Meta(description="May be left out where there is one branch.")] = None
    name: Name
    kind: Annotated[
        ResourceKind | None, Meta(description="Without it: a pool where there is a capacity, else exclusive.")
    ] = None
    scope: Annotated[PoolScope, Meta(description="Which visits share a pool's capacity.")] = PoolScope.OVERLAP
    capacity: Annotated[
        Annotated[int, Meta(ge=0, le=MANY)] | list[StepShape] | None,
        Meta(description="How many a pool holds at once: a number, or steps in time.", examples=[3]),
    ] = None
    schedule: Annotated[ScheduleShape | None, Meta(description="When it is there; without it, always.")] = None
    skills: Annotated[list[str], Meta(description="What services ask for, in words of your own.")] = []
    traits: Annotated[list[str], Meta(description="What a customer may prefer, in words of your own.")] = []
    retired: Annotated[bool, Meta(description="Kept for the visits it had, and offered no more.")] = False


class RoleShape(Shape, kw_only=True):
    """A service needs `count` of these resources that have all `skills`, the first ones rather than the last.

    It cannot need more of them than there are, unless one is a pool, which may serve several times.
    """

    resources: list[Reference]
    units: Annotated[int, Meta(ge=1, le=UNITS_AT_MOST, description="How many places of a pool each takes.")] = 1
    count: Annotated[int, Meta(ge=1, le=NEEDS_AT_MOST)] = 1
    skills: list[str] = []
    interchangeable: Annotated[
        bool, Meta(description="Who was not asked for by name may be exchanged to make room for somebody else.")
    ] = False


class DaysShape(Shape, kw_only=True):
    """So many days after today; with `business` only those on which the branch opens."""

    days: Annotated[int, Meta(ge=0, le=MANY)]
    business: bool = False


DaysAhead = Annotated[int, Meta(ge=0, le=MANY)] | DaysShape


class QuestionShape(Shape, kw_only=True):
    """Something the customer is asked at the booking.

    No other question of the service has the same text in any language, whatever its case.
    """

    text: QuestionText | QuestionTextShape
    clarification: Said | None = None
    required: Annotated[bool, Meta(description="Whether nobody can book without an answer.")] = False


class ScreeningShape(Shape, kw_only=True):
    """Something customers ask themselves before they book; their answer is not sent."""

    text: Said
    clarification: Said | None = None
    denial: Annotated[Said | None, Meta(description="What those are told who should not come.")] = None
    yes_required: Annotated[bool, Meta(description="Whether who should come answers yes, else no.")] = True


class ServiceShape(Shape, kw_only=True):
    """What is booked: how long it lasts, when it may start, and what it takes."""

    slug: Slug | None = None
    id: UUID | None = None
    branch: Annotated[Reference | None, Meta(description="May be left out where there is one branch.")] = None
    family: Annotated[
        Reference | None,
        Meta(
            description="What several branches have in common: the same slug, or id, for the same service of each. The "
            "slug of a service stands for that one.",
            examples=["passport"],
        ),
    ] = None
    name: Name
    names: Names = {}
    description: Annotated[Said | None, Meta(description="What people are told about it.")] = None
    index: Index = 0
    duration_minutes: MinutesOfDay
    grid_minutes: Annotated[
        MinutesOfDay | None, Meta(description="How far apart starts are; without it, the duration.")
    ] = None
    anchor: Annotated[
        GridAnchor,
        Meta(description="What the starts count from: each opening, midnight on the clock, or packed against visits."),
    ] = GridAnchor.OPENING
    roles: Annotated[
        list[RoleShape],
        Meta(
            max_length=ROLES_AT_MOST,
            description=f"What it takes, all roles at once: {NEEDS_AT_MOST} resources at most. Without any it is "
            "listed, and never offered.",
        ),
    ] = []
    locale: Annotated[str, Meta(description="The language of messages where the customer names none.")] = DEFAULT_LOCALE
    required_contact: Literal["phone", "email"] | None = None
    required_facts: Annotated[list[CustomerFact], Meta(description="What has to be known about the customer.")] = []
    questions: Annotated[
        list[QuestionShape],
        Meta(max_length=QUESTIONS_AT_MOST, description="What the customer is asked, in this order."),
    ] = []
    screening: Annotated[
        list[ScreeningShape], Meta(max_length=LISTED_AT_MOST, description="What customers ask themselves before.")
    ] = []
    resource_choice: Annotated[
        ResourceChoice,
        Meta(
            description="Whether customers choose who serves them: open, whoever knows a resource may ask for it; "
            "listed, they are shown who there is; required, they have to choose."
        ),
    ] = ResourceChoice.OPEN
    party_limit: Annotated[Count | None, Meta(description="How many people one visit may stand for.")] = None
    party_count: Annotated[
        PartyCount, Meta(description="Whether a party takes a pool's units once, or once for each head.")
    ] = PartyCount.TICKETS
    per_extra_person_minutes: Annotated[Minutes, Meta(description="Longer by this for each after the first.")] = 0
    added_duration_minutes: Annotated[
        MinutesOfDay | None,
        Meta(description="How long each of it takes that is added to another service; without it, as long as alone."),
    ] = None
    buffer_before_minutes: Minutes = 0
    buffer_after_minutes: Minutes = 0
    booking_hours: Annotated[
        ScheduleShape | None, Meta(description="When it may be booked within the opening hours; without it, always.")
    ] = None
    lead_time_minutes: Annotated[Minutes, Meta(description="Booked at least this long before.")] = 0
    lead_days: Annotated[DaysAhead | None, Meta(description="Booked at least so many days before.")] = None
    horizon: Annotated[DaysAhead | None, Meta(description="Booked at most so many days before.")] = None
    bookable_from: Annotated[date | None, Meta(description="The first date of it.")] = None
    bookable_until: Annotated[date | None, Meta(description="The last date of it.")] = None
    customer_daily_limit: Annotated[Count | None, Meta(description="Visits of one customer on one date.")] = None
    past_slots_allowed: Annotated[bool, Meta(description="Whether a start that has passed can be booked.")] = False
    remote_allowed: Annotated[bool, Meta(description="Whether it can be given from afar.")] = True
    bookable: Annotated[bool, Meta(description="One that is not bookable is only listed.")] = True
    reminder_minutes: Annotated[Count | None, Meta(description="A reminder goes out so long before.")] = None
    retired: Annotated[bool, Meta(description="Kept for the visits it had, and offered no more.")] = False


class GroupShape(Shape, kw_only=True):
    """Services that are shown together, in this order."""

    slug: Slug | None = None
    id: UUID | None = None
    name: Name
    names: Names = {}
    index: Index = 0
    services: list[Reference] = []
    retired: Annotated[bool, Meta(description="Shown no more.")] = False


class TenantShape(Shape, kw_only=True):
    """Whose catalogue it is. Where there is no such tenant yet, it is made."""

    slug: Slug
    id: UUID | None = None
    name: Annotated[str, Meta(max_length=NAME_AT_MOST, description="Without it, the slug.")] = ""
    sandbox: Annotated[bool, Meta(description="A tenant for trying things, with a clock of its own.")] = False


class OptionsShape(Shape, kw_only=True):
    """What holds for all of the catalogue."""

    languages: Annotated[
        list[Language],
        Meta(max_length=LISTED_AT_MOST, description="Those that are spoken here; the first is the usual one."),
    ] = []
    languages_strict: Annotated[
        bool, Meta(description="Whether a reader of none of them is refused; else the first one answers.")
    ] = False
    hyphens_in_references: Annotated[
        bool, Meta(description="Whether a customer's reference may have hyphens, as an id has.")
    ] = False
    combinations: Annotated[
        bool, Meta(description="Whether services can be booked together as their branch has it.")
    ] = False


class CatalogFile(Shape, kw_only=True):
    """A catalogue: the places, what is taken there, and what is offered."""

    appointed: Annotated[Literal[1], Meta(description="The version of this format.")] = FORMAT
    tenant: TenantShape | UnsetType = UNSET
    options: Annotated[OptionsShape | None, Meta(description="Without it, all is as usual.")] = None
    branches: list[BranchShape] = []
    resources: list[ResourceShape] = []
    services: list[ServiceShape] = []
    groups: list[GroupShape] = []
