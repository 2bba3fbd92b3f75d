"""A visit as the database writes it, and as the core has it."""

from datetime import datetime

import msgspec

from appointed.core.ids import BranchId, GroupId, ItemId, ServiceId, VisitId
from appointed.core.visit import Contact, Details, Item, Origin, State, Visit


class _ItemRow(msgspec.Struct):
    item_id: ItemId
    service_id: ServiceId
    sequence: int
    starts_at: datetime
    ends_at: datetime

    def value(self) -> Item:
        return Item(self.item_id, self.service_id, self.sequence, self.starts_at, self.ends_at)


class VisitRow(msgspec.Struct):
    """A visit as `visit_as_json` writes it."""

    id: VisitId
    branch_id: BranchId
    state: State
    origin: Origin
    version: int
    created_at: datetime
    expires_at: datetime | None
    group_id: GroupId | None
    reminder_at: datetime | None
    locale: str
    party_size: int
    contact_channel: str | None
    contact_address: str | None
    contact_alternate: str | None
    customer_info: tuple[str, ...] | None
    custom_data: str | None
    remote: bool | None
    items: list[_ItemRow]

    def value(self) -> Visit:
        """The same as the core has it."""
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
            ),
            created_at=self.created_at,
            version=self.version,
            items=tuple(item.value() for item in self.items),
            expires_at=self.expires_at,
            group_id=self.group_id,
            reminder_at=self.reminder_at,
        )
