"""A visit as Ombori's clients see it: a position."""

import json
from collections.abc import Mapping

import msgspec

from appointed.core.availability import Slot
from appointed.core.visit import Contact, Origin, State, Visit
from appointed.dialects.ombori.bodies import VirtualAppointment
from appointed.wire.instants import in_milliseconds, minute_in_milliseconds

STATUS: Mapping[State, str] = {
    State.HELD: "reserved",
    State.CONFIRMED: "draft",
    State.WAITING: "pending",
    State.PARKED: "pending",
    State.CALLED: "notified",
    State.SERVING: "fulfilled",
    State.DONE: "completed",
    State.RELEASED: "rejected",
    State.EXPIRED: "rejected",
    State.ABSORBED: "rejected",
    State.CANCELLED: "rejected",
    State.NO_SHOW: "rejected",
}

TYPE: Mapping[Origin, str] = {Origin.BOOKING: "booking", Origin.WALK_IN: "anonymous", Origin.STAFF: "manual"}

PRIORITY: Mapping[Origin, int] = {Origin.BOOKING: 100, Origin.WALK_IN: 0, Origin.STAFF: 0}


class SentSettings(msgspec.Struct, omit_defaults=True):
    """The addresses that were given, and no others."""

    to: str | None = None
    recipient: str | None = None


class SentNotification(msgspec.Struct):
    """The notification as it was given."""

    type: str
    settings: SentSettings


class SlotTimes(msgspec.Struct):
    """Start and end of a slot, in UTC with three digits of a second."""

    start: str
    end: str


class Position(msgspec.Struct, rename="camel", frozen=True):
    """The keys of the document's sample, in its order, all of them always there."""

    location: None
    type: str
    priority: int
    locale: str
    notification: SentNotification | None
    number_of_people: int
    booking: SlotTimes
    status: str
    label: str
    id: str
    queue: str
    created_at: str
    check_in_code: str = msgspec.field(name="QRCodeCheckInPositionId")
    booking_reminder_at: str | None
    custom_data: msgspec.Raw | None


class FullBooking(SlotTimes, rename="camel"):
    """A slot, and whether the customer comes by video."""

    virtual_appointment: VirtualAppointment


class FullPosition(Position, rename="camel", kw_only=True, frozen=True):
    """A position with what staff see beside it."""

    booking: FullBooking
    customer_info: tuple[str, ...] | None


class OfferedSlot(SlotTimes):
    """A slot with the number of places it has, and of those that are left."""

    capacity: int
    available: int


def position(visit: Visit) -> Position:
    """What the calls that change a position answer."""
    item = visit.items[0]
    details = visit.details
    visit_id = str(visit.id)
    return Position(
        location=None,
        type=TYPE[visit.origin],
        priority=PRIORITY[visit.origin],
        locale=details.locale,
        notification=_notification(details.contact),
        number_of_people=details.party_size,
        booking=SlotTimes(in_milliseconds(item.starts_at), in_milliseconds(item.ends_at)),
        status=STATUS[visit.state],
        label="",
        id=visit_id,
        queue=str(item.service_id),
        created_at=in_milliseconds(visit.created_at),
        check_in_code=json.dumps({"type": "check-in-position", "positionId": visit_id}, separators=(",", ":")),
        booking_reminder_at=None if visit.reminder_at is None else in_milliseconds(visit.reminder_at),
        custom_data=None if details.custom_data is None else msgspec.Raw(details.custom_data.encode()),
    )


def full_position(visit: Visit) -> FullPosition:
    """What reading a position answers."""
    short = position(visit)
    shown = {name: getattr(short, name) for name in Position.__struct_fields__ if name != "booking"}
    return FullPosition(
        **shown,
        booking=FullBooking(
            start=short.booking.start,
            end=short.booking.end,
            virtual_appointment=VirtualAppointment(bool(visit.details.remote)),
        ),
        customer_info=visit.details.customer_info,
    )


def offered_slot(slot: Slot) -> OfferedSlot:
    """A slot that can be sent back as a booking, unchanged."""
    return OfferedSlot(
        minute_in_milliseconds(slot.starts), minute_in_milliseconds(slot.ends), slot.capacity, slot.available
    )


def _notification(contact: Contact | None) -> SentNotification | None:
    if contact is None:
        return None
    if contact.channel == "phone":
        return SentNotification("phoneNumber", SentSettings(to=contact.address, recipient=contact.alternate))
    return SentNotification("email", SentSettings(to=contact.alternate, recipient=contact.address))
