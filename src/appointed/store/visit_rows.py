"""A visit as the database writes it, and as the core has it."""

from datetime import datetime

import msgspec

from appointed.core.ids import BranchId, CustomerId, GroupId, ItemId, ResourceId, ServiceId, VisitId
from appointed.core.preference import Preference
from appointed.core.visit import Answer, Contact, Details, Item, Origin, State, Visit


class ItemRow(msgspec.Struct):
    """A part of a visit."""

    item_id: ItemId
    service_id: ServiceId
    sequence: int
    starts_at: datetime
    ends_at: datetime
    wishes: list[tuple[int, ResourceId | None, frozenset[str]]] | None = None
    party_size: int | None = None
    continues: bool = False

    def value(self) -> Item:
        return Item(
            id=self.item_id,
            service_id=self.service_id,
            sequence=self.sequence,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            preferences=tuple(Preference(*wish) for wish in self.wishes or ()),
            party_size=self.party_size,
            continues=self.continues,
        )


class VisitRow(msgspec.Struct, kw_only=True):
    """A visit as `visit_as_json` writes it. A list leaves out what is null, and has items in any order."""

    id: VisitId
    branch_id: BranchId
    state: State
    origin: Origin
    version: int
    created_at: datetime
    expires_at: datetime | None = None
    group_id: GroupId | None = None
    customer_id: CustomerId | None = None
    reminder_at: datetime | None = None
    locale: str
    party_size: int
    contact_channel: str | None = None
    contact_address: str | None = None
    contact_alternate: str | None = None
    customer_info: tuple[str, ...] | None = None
    custom_data: str | None = None
    remote: bool | None = None
    notes: str | None = None
    answers: list[tuple[str, tuple[str, ...]]] | None = None
    items: list[ItemRow]

    def value(self, as_of: datetime | None = None) -> Visit:
        """The same as the core has it; it was so at `as_of` on the tenant's clock."""
        contact = None
        if self.contact_channel is not None and self.contact_address is not None:
            contact = Contact(self.contact_channel, self.contact_address, self.contact_alternate)
        return Visit(
            id=self.id,
            branch_id=self.branch_id,
            state=self.state,
            origin=self.origin,
            details=Details(
                locale=self.locale,
                party_size=self.party_size,
                contact=contact,
                customer_info=self.customer_info,
                custom_data=self.custom_data,
                remote=self.remote,
                customer_id=self.customer_id,
                notes=self.notes,
                answers=tuple(Answer(question, texts) for question, texts in self.answers or ()),
            ),
            created_at=self.created_at,
            version=self.version,
            items=tuple(item.value() for item in sorted(self.items, key=_sequence)),
            expires_at=self.expires_at,
            group_id=self.group_id,
            reminder_at=self.reminder_at,
            as_of=as_of,
        )


def _sequence(item: ItemRow) -> int:
    return item.sequence
