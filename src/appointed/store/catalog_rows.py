"""The catalogue as the database writes it, and as the core has it."""

from datetime import date, timedelta
from typing import TypeAlias

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
from appointed.core.language import Text
from appointed.core.localtime import MINUTE
from appointed.core.options import Options
from appointed.core.places import Address, GeoPoint
from appointed.core.questions import CustomerFact, Question, ResourceChoice, ScreeningQuestion


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
    family_id: ServiceId | None
    description: Text | None
    questions: tuple[Question, ...]
    screening: tuple[ScreeningQuestion, ...]
    resource_choice: ResourceChoice
    required_facts: frozenset[CustomerFact]
    added_duration_minutes: int | None
    index: int

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
            family_id=self.family_id,
            description=self.description,
            questions=self.questions,
            screening=self.screening,
            resource_choice=self.resource_choice,
            required_facts=self.required_facts,
            added_duration=None if self.added_duration_minutes is None else self.added_duration_minutes * MINUTE,
            index=self.index,
        )


class CatalogRow(msgspec.Struct):
    """A catalogue as `catalog_as_json` writes it."""

    branches: list[Branch]
    resources: list[Resource]
    services: list[_Service]
    groups: list[ServiceGroup]
    options: Options

    def value(self, version: int) -> Catalog:
        """The same as the core has it."""
        return Catalog(
            version=version,
            branches={branch.id: branch for branch in self.branches},
            resources={resource.id: resource for resource in self.resources},
            services={row.id: row.value() for row in self.services},
            groups={group.id: group for group in self.groups},
            options=self.options,
        )


def minutes(length: timedelta) -> int:
    """A length of time as the rows have it. Raises ValueError where it is no whole number of minutes."""
    count, rest = divmod(length, MINUTE)
    if rest:
        raise ValueError(f"{length} is no whole number of minutes")
    return count


Value: TypeAlias = Schedule | tuple[Translation, ...] | Options | tuple[Question, ...] | tuple[ScreeningQuestion, ...]


def json_text(value: Value) -> str:
    """A value of the core's as JSON, in the names and the order that it has there."""
    return msgspec.json.encode(value).decode()


def json_text_of(value: Address | GeoPoint | Text | None) -> str | None:
    """The same of a value that may not be there."""
    return None if value is None else msgspec.json.encode(value).decode()
