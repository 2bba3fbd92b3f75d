"""What Ombori's clients send, and what it means to us."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated

import msgspec

from appointed.core.errors import FieldInvalid, FieldMissing
from appointed.core.visit import Contact, Details, Item
from appointed.usecases.visits import Change
from appointed.wire import contacts
from appointed.wire.instants import parse_instant

PEOPLE_AT_MOST = 1_000_000

Locale = Annotated[str, msgspec.Meta(max_length=64)]
People = Annotated[int, msgspec.Meta(ge=1, le=PEOPLE_AT_MOST)]


class NotificationSettings(msgspec.Struct):
    """`to` is a phone number in E.164, `recipient` an e-mail address."""

    to: str | None = None
    recipient: str | None = None


class Notification(msgspec.Struct):
    """How the customer is told. `type` is phoneNumber or email."""

    type: str
    settings: NotificationSettings


class VirtualAppointment(msgspec.Struct, rename="camel"):
    """Whether the customer comes by video."""

    is_enabled: bool | None = None


class Booking(msgspec.Struct, rename="camel"):
    """The slot. The document lists isEnabled beside virtualAppointment and its sample puts it inside: both are read."""

    start: str
    end: str
    virtual_appointment: VirtualAppointment | bool | None = None
    is_enabled: bool | None = None

    @property
    def remote(self) -> bool | None:
        """Whether the customer comes by video; None where nothing is said. Raises FieldInvalid where both are."""
        return _remote(self.virtual_appointment, self.is_enabled)

    def times(self) -> tuple[datetime, datetime]:
        """Start and end in UTC. Raises FieldInvalid."""
        start = parse_instant(self.start, "booking.start")
        end = parse_instant(self.end, "booking.end")
        if start >= end:
            raise FieldInvalid(field="booking.end", expected="after_start")
        return start, end


class PositionBody(msgspec.Struct, rename="camel"):
    """What may be told of a position, all of it optional."""

    locale: Locale | None = None
    notification: Notification | None = None
    customer_info: list[str] | str | None = None
    number_of_people: People | None = None
    custom_data: dict[str, object] | None = None

    def contact(self) -> Contact | None:
        """The customer's address. Raises FieldMissing, FieldInvalid."""
        return None if self.notification is None else _contact(self.notification)

    def details(self, before: Details) -> Details:
        """`before` with everything that this body says."""
        info = (self.customer_info,) if isinstance(self.customer_info, str) else self.customer_info
        return Details(
            locale=self.locale or before.locale,
            party_size=self.number_of_people or before.party_size,
            contact=self.contact() or before.contact,
            customer_info=before.customer_info if info is None else tuple(info),
            custom_data=before.custom_data if self.custom_data is None else _text(self.custom_data),
            remote=before.remote,
            customer_id=before.customer_id,
        )


class ReservationBody(PositionBody, rename="camel", kw_only=True):
    """A position with the slot it is to have."""

    booking: Booking

    def details(self, before: Details) -> Details:
        """`before` with everything that this body says."""
        told = super().details(before)
        return told if self.booking.remote is None else replace(told, remote=self.booking.remote)


class BookingPatch(msgspec.Struct, rename="camel"):
    """A slot, or a part of what is said of it."""

    start: str | None = None
    end: str | None = None
    virtual_appointment: VirtualAppointment | bool | None = None
    is_enabled: bool | None = None

    def after(self, item: Item) -> Booking:
        """The booking as a whole, what is not said being as it is."""
        return Booking(
            start=self.start or item.starts_at.isoformat(),
            end=self.end or item.ends_at.isoformat(),
            virtual_appointment=self.virtual_appointment,
            is_enabled=self.is_enabled,
        )


class ReservationPatch(PositionBody, rename="camel"):
    """What is to change, the slot too."""

    booking: BookingPatch | None = None

    def change(self) -> Change:
        """The change this body asks for. Raises FieldMissing, FieldInvalid."""
        self.contact()
        booking = self.booking
        if booking is None:
            return Change(details=self.details)

        def details(before: Details) -> Details:
            told = self.details(before)
            remote = _remote(booking.virtual_appointment, booking.is_enabled)
            return told if remote is None else replace(told, remote=remote)

        return Change(details=details, times=lambda item: booking.after(item).times())


def _remote(virtual: VirtualAppointment | bool | None, beside: bool | None) -> bool | None:
    inside = virtual.is_enabled if isinstance(virtual, VirtualAppointment) else virtual
    if inside is not None and beside is not None and inside != beside:
        raise FieldInvalid(field="booking.isEnabled", expected="one_value")
    return beside if inside is None else inside


def _contact(notification: Notification) -> Contact:
    settings = notification.settings
    recipient = settings.recipient or None
    match notification.type:
        case "phoneNumber":
            if settings.to:
                return Contact("phone", contacts.phone(settings.to, "notification.settings.to"), recipient)
            if recipient is None:
                raise FieldMissing(field="notification.settings.to")
            return Contact("phone", contacts.phone(recipient, "notification.settings.recipient"))
        case "email":
            if recipient is None:
                raise FieldMissing(field="notification.settings.recipient")
            return Contact("email", contacts.email(recipient, "notification.settings.recipient"), settings.to or None)
        case _:
            raise FieldInvalid(field="notification.type", expected="notification_type")


def _text(value: dict[str, object]) -> str:
    return msgspec.json.encode(value).decode()
