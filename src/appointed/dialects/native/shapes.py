"""What our own API answers: slots and visits. Instants are in UTC unless their name says `local`."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Annotated

import msgspec

from appointed.core.availability import Slot
from appointed.core.catalog import Branch
from appointed.core.ids import BranchId, CustomerId, GroupId, ItemId, ResourceId, ServiceId, VisitId
from appointed.core.localtime import clock_between, zone
from appointed.core.questions import QUESTION_CHARACTERS_AT_MOST
from appointed.core.visit import Answer, Origin, State, Visit
from appointed.usecases.serving import Servers
from appointed.usecases.visit_list import ListedItem, ListedVisit
from appointed.wire.wall_times import local_text, utc_text

LONGEST_ADDRESS = 500
LONGEST_ANSWER = 4096

InstantText = Annotated[str, msgspec.Meta(extra_json_schema={"format": "date-time"})]

_SECOND = timedelta(seconds=1)
_NOTHING = timedelta()


class BranchName(msgspec.Struct):
    """A branch by all its names; the slug is empty where it was given none."""

    id: BranchId
    slug: str
    name: str


class SlotShape(msgspec.Struct):
    """A start and an end on offer. `local_start` is what the clock of the branch shows, with its offset.

    `capacity` visits fit in all, `available` still do.
    """

    starts_at: InstantText
    ends_at: InstantText
    local_start: InstantText
    capacity: int
    available: int


class OfferShape(msgspec.Struct):
    """Slots of one branch, in order."""

    branch: BranchName
    time_zone: str
    slots: list[SlotShape]


class ContactShape(msgspec.Struct, forbid_unknown_fields=True):
    """How the customer is reached: `channel` is phone or email. A phone number is one in E.164."""

    channel: str
    address: Annotated[str, msgspec.Meta(max_length=LONGEST_ADDRESS)]


class AnswerShape(msgspec.Struct, forbid_unknown_fields=True):
    """What the customer answered, in one text or several, to a question as the service has it, in any language."""

    question: Annotated[str, msgspec.Meta(min_length=1, max_length=QUESTION_CHARACTERS_AT_MOST)]
    texts: Annotated[list[Annotated[str, msgspec.Meta(max_length=LONGEST_ANSWER)]], msgspec.Meta(max_length=20)]


class ResourceName(msgspec.Struct):
    """A resource by all its names."""

    id: ResourceId
    slug: str
    name: str


class ItemShape(msgspec.Struct):
    """One service of a visit, and for how many people it is.

    One that `continues` is given by whoever gives the one before it. With `with_resources=true` it tells who serves
    it, and nobody once its place is free. Of a visit that changed while it was read nothing is told.
    """

    id: ItemId
    service_id: ServiceId
    starts_at: datetime
    ends_at: datetime
    party_size: int
    continues: bool
    resources: list[ResourceName] | msgspec.UnsetType = msgspec.UNSET


class VisitShape(msgspec.Struct):
    """One coming of a party, from the hold to the end.

    `expires_at` and `seconds_left` are those of a hold that lapses. `customer_id` says whose it is, where that is
    known. `notes` are for those who serve, `answers` to what the services ask. `version` is also the ETag.
    """

    id: VisitId
    version: int
    state: State
    origin: Origin
    branch_id: BranchId
    group_id: GroupId | None
    customer_id: CustomerId | None
    starts_at: datetime
    ends_at: datetime
    items: list[ItemShape]
    party_size: int
    locale: str
    names: tuple[str, ...] | None
    contact: ContactShape | None
    custom_data: msgspec.Raw | None
    remote: bool | None
    notes: str | None
    answers: list[AnswerShape]
    created_at: datetime
    expires_at: datetime | None
    seconds_left: int | None
    reminder_at: datetime | None


class VisitsShape(msgspec.Struct):
    """Visits that were taken in one request: one for each guest, tied by a group where there are several."""

    group_id: GroupId | None
    visits: list[VisitShape]


def branch_name(branch: Branch) -> BranchName:
    """The names of a branch."""
    return BranchName(branch.id, branch.slug, branch.name)


def offer_shape(branch: Branch, slots: Iterable[Slot]) -> OfferShape:
    """Slots as they are listed."""
    return OfferShape(branch_name(branch), branch.time_zone, slot_shapes(branch, tuple(slots)))


def slot_shapes(branch: Branch, slots: tuple[Slot, ...]) -> list[SlotShape]:
    """Slots, in order, on the clock of their branch."""
    if not slots:
        return []
    clock = clock_between(zone(branch.time_zone), slots[0].starts_at, slots[-1].starts_at)
    stretches = iter(clock.stretches)
    stretch = next(stretches)
    found: list[SlotShape] = []
    for starts, ends, capacity, available in slots:
        while starts * 60 >= stretch.ends:
            stretch = next(stretches)
        found.append(SlotShape(utc_text(starts), utc_text(ends), local_text(starts, stretch), capacity, available))
    return found


def visit_shape(visit: Visit) -> VisitShape:
    """A visit as it is at the time that it was seen: a hold that has lapsed by then has expired."""
    details = visit.details
    contact = details.contact
    state, seconds_left = _seen(visit.state, visit.expires_at, visit.as_of)
    return VisitShape(
        visit.id,
        visit.version,
        state,
        visit.origin,
        visit.branch_id,
        visit.group_id,
        details.customer_id,
        visit.starts_at,
        visit.ends_at,
        [
            ItemShape(
                item.id,
                item.service_id,
                item.starts_at,
                item.ends_at,
                item.party_size or details.party_size,
                item.continues,
            )
            for item in visit.items
        ],
        details.party_size,
        details.locale,
        details.customer_info,
        None if contact is None else ContactShape(contact.channel, contact.address),
        None if details.custom_data is None else msgspec.Raw(details.custom_data.encode()),
        details.remote,
        details.notes,
        [AnswerShape(answer.question, list(answer.texts)) for answer in details.answers],
        visit.created_at,
        visit.expires_at,
        seconds_left,
        visit.reminder_at,
    )


def answers_of(shapes: Iterable[AnswerShape]) -> tuple[Answer, ...]:
    """Answers as the core has them."""
    return tuple(Answer(shape.question, tuple(shape.texts)) for shape in shapes)


def listed_shape(visit: ListedVisit, now: datetime) -> VisitShape:
    """The same of a visit in a list, as it is at `now`."""
    items = visit.items
    if len(items) > 1:
        items.sort(key=_sequence)
    channel, address, data = visit.contact_channel, visit.contact_address, visit.custom_data
    state, seconds_left = _seen(visit.state, visit.expires_at, now)
    return VisitShape(
        visit.id,
        visit.version,
        state,
        visit.origin,
        visit.branch_id,
        visit.group_id,
        visit.customer_id,
        items[0].starts_at,
        items[0].ends_at if len(items) == 1 else max(item.ends_at for item in items),
        [
            ItemShape(
                item.item_id,
                item.service_id,
                item.starts_at,
                item.ends_at,
                item.party_size or visit.party_size,
                item.continues,
            )
            for item in items
        ],
        visit.party_size,
        visit.locale,
        visit.customer_info,
        None if channel is None or address is None else ContactShape(channel, address),
        None if data is None else msgspec.Raw(data.encode()),
        visit.remote,
        visit.notes,
        [AnswerShape(question, list(texts)) for question, texts in visit.answers or ()],
        visit.created_at,
        visit.expires_at,
        seconds_left,
        visit.reminder_at,
    )


def with_resources(shape: VisitShape, servers: Servers) -> VisitShape:
    """The same, in place, with those who serve each item. A hold that has lapsed is served by nobody."""
    serving = servers.get(shape.id)
    if serving is not None:
        told: list[ResourceName] = []
        for item in shape.items:
            if not item.continues:
                told = [ResourceName(each.resource_id, each.slug, each.name) for each in serving.get(item.id, ())]
            item.resources = [] if shape.state is State.EXPIRED else told
    return shape


def _sequence(item: ListedItem) -> int:
    return item.sequence


def _seen(state: State, expires_at: datetime | None, now: datetime | None) -> tuple[State, int | None]:
    """The state of a visit at `now`, and the seconds until it lapses, rounded down; None where it never does, or is no
    hold. One that has lapsed has expired."""
    if expires_at is None or now is None or state is not State.HELD:
        return state, None
    left = expires_at - now
    return (State.HELD, left // _SECOND) if left > _NOTHING else (State.EXPIRED, 0)
