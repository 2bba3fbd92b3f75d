"""The catalogue as the database writes it, and as the core has it."""

from datetime import date, timedelta

import msgspec

from appointed.core.catalog import (
    Branch,
    Catalog,
    Days,
    GridAnchor,
    PartyCount,
    Resource,
    Role,
    Schedule,
    Service,
    ServiceGroup,
    Translation,
)
from appointed.core.ids import BranchId, ServiceId
from appointed.core.localtime import MINUTE


class _Service(msgspec.Struct):
    id: ServiceId
    branch_id: BranchId
    name: str
    duration_minutes: int
    grid_minutes: int
    roles: tuple[Role, ...]
    locale: str
    required_contact: str | None
    party_limit: int | None
    reminder_minutes: int | None
    past_slots_allowed: bool
    anchor: GridAnchor
    per_extra_person_minutes: int
    party_count: PartyCount
    buffer_before_minutes: int
    buffer_after_minutes: int
    booking_hours: Schedule
    lead_time_minutes: int
    lead_days: int | None
    lead_days_business: bool
    horizon_days: int | None
    horizon_days_business: bool
    bookable_from: date | None
    bookable_until: date | None
    customer_daily_limit: int | None
    remote_allowed: bool
    bookable: bool
    slug: str
    names: tuple[Translation, ...]
    retired: bool

    def value(self) -> Service:
        return Service(
            id=self.id,
            branch_id=self.branch_id,
            name=self.name,
            duration=self.duration_minutes * MINUTE,
            grid=self.grid_minutes * MINUTE,
            roles=self.roles,
            locale=self.locale,
            required_contact=self.required_contact,
            party_limit=self.party_limit,
            reminder=None if self.reminder_minutes is None else self.reminder_minutes * MINUTE,
            past_slots_allowed=self.past_slots_allowed,
            anchor=self.anchor,
            per_extra_person=self.per_extra_person_minutes * MINUTE,
            party_count=self.party_count,
            buffer_before=self.buffer_before_minutes * MINUTE,
            buffer_after=self.buffer_after_minutes * MINUTE,
            booking_hours=self.booking_hours,
            lead_time=self.lead_time_minutes * MINUTE,
            lead_days=None if self.lead_days is None else Days(self.lead_days, self.lead_days_business),
            horizon=None if self.horizon_days is None else Days(self.horizon_days, self.horizon_days_business),
            bookable_from=self.bookable_from,
            bookable_until=self.bookable_until,
            customer_daily_limit=self.customer_daily_limit,
            remote_allowed=self.remote_allowed,
            bookable=self.bookable,
            slug=self.slug,
            names=self.names,
            retired=self.retired,
        )


class CatalogRow(msgspec.Struct):
    """A catalogue as `catalog_as_json` writes it."""

    branches: list[Branch]
    resources: list[Resource]
    services: list[_Service]
    groups: list[ServiceGroup]

    def value(self, version: int) -> Catalog:
        """The same as the core has it."""
        return Catalog(
            version=version,
            branches={branch.id: branch for branch in self.branches},
            resources={resource.id: resource for resource in self.resources},
            services={row.id: row.value() for row in self.services},
            groups={group.id: group for group in self.groups},
        )


def minutes(length: timedelta) -> int:
    """A length of time as the rows have it. Raises ValueError where it is no whole number of minutes."""
    count, rest = divmod(length, MINUTE)
    if rest:
        raise ValueError(f"{length} is no whole number of minutes")
    return count


def schedule_text(schedule: Schedule) -> str:
    """A schedule as JSON, in the names and the order of the core's."""
    return msgspec.json.encode(schedule).decode()


def names_text(names: tuple[Translation, ...]) -> str:
    """Names in other languages as JSON."""
    return msgspec.json.encode(names).decode()
