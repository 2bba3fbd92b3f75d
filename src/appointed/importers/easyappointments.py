"""A dump of Easy!Appointments, as mysqldump or phpMyAdmin write it: what it offers, and its appointments.

Its tables are those of the releases 1.3 to 1.6. Every date and time in them is on the clock of the provider's zone.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import lcm

from appointed.core.catalog import (
    ANY_TIME,
    NO_TIME,
    Branch,
    CapacityStep,
    Catalog,
    Closure,
    Days,
    GridAnchor,
    Resource,
    ResourceKind,
    Role,
    Schedule,
    Service,
    ServiceGroup,
)
from appointed.core.difference import Kind
from appointed.core.ids import BranchId, ResourceId, ServiceGroupId, ServiceId
from appointed.importers import values
from appointed.importers.easyappointments_tables import Tables, read_tables
from appointed.importers.easyappointments_visits import Known, Provider, closures_of, read_visits
from appointed.importers.identities import Identities
from appointed.importers.imported import Asked, Imported, Left, Reason, Source, SourceInvalid
from appointed.importers.sql_dump import Row
from appointed.importers.working_plan import Day, WorkingPlan, exception_of, exceptions_of, starting_hours, week_of

ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)

_DEFAULT_GRID_MINUTES = 15
_MOST_UNITS = 100_000
_UNKNOWN_PARTS = ("price", "description", "location", "is_private")


def read_easyappointments(sources: Sequence[Source], asked: Asked) -> Imported:
    """What an installation has. Raises SourceInvalid where it is not a dump of one."""
    if len(sources) != 1:
        raise SourceInvalid("a dump is one file")
    return _Reading(read_tables(sources[0], asked.prefix), asked).all()


@dataclass(frozen=True, slots=True)
class _Attendants:
    """Whoever gives a service to several at once is a pool of `units`, of which a service for fewer takes more."""

    units: int

    def of(self, count: int) -> int:
        return self.units // count if count and self.units % count == 0 else 1


class _Reading:
    def __init__(self, tables: Tables, asked: Asked) -> None:
        self._tables = tables
        self._asked = asked
        self._ids = Identities("easyappointments", asked)
        self._left: list[Left] = []
        self._settings = {values.text(row, "name"): values.text(row, "value") for row in tables.rows("settings")}
        self._branches: dict[str, Branch] = {}
        self._attendants = self._count_attendants()
        self._plans = self._read_plans()

    def all(self) -> Imported:
        providers = self._providers()
        services = {
            values.text(row, "id"): service
            for row in self._tables.rows("services")
            if (service := self._service(row, providers)) is not None
        }
        groups = [self._group(row, services) for row in self._categories()]
        known = Known(self._ids, self._asked.now, providers, services, self._left)
        visits = read_visits(self._tables, known)
        catalog = Catalog(
            0,
            {branch.id: branch for branch in self._branches.values()},
            {service.id: service for service in services.values()},
            {provider.resource.id: provider.resource for provider in providers.values()},
            {group.id: group for group in groups},
        )
        return Imported(catalog, visits, tuple(self._left))

    def _leave(self, kind: str, source_id: str, reason: Reason, part: str = "", detail: str = "") -> None:
        self._left.append(Left(kind, source_id, reason, part, detail))

    def _branch(self, zone_name: str) -> Branch:
        """The branch of a time zone. It has no hours of its own: each provider's are all that count."""
        branch = self._branches.get(zone_name)
        if branch is None:
            branch_id = BranchId(self._ids.id("branch", zone_name))
            name = self._settings.get("company_name") or "Easy!Appointments"
            if self._branches:
                name = f"{name}, {zone_name}"
            slug = self._ids.slug(Kind.BRANCH, branch_id, name, zone_name)
            branch = Branch(branch_id, name, zone_name, Schedule(closures=self._closures(zone_name)), slug)
            self._branches[zone_name] = branch
        return branch

    def _closures(self, zone_name: str) -> tuple[Closure, ...]:
        """The periods in which nobody works, on the clock of this zone; what is left is told for the first one."""
        where = values.named_zone(zone_name)
        rows = self._tables.rows("blocked_periods")
        told = self._left if not self._branches else []
        return () if where is None else closures_of("blocked period", rows, where, self._asked.now, told)

    def _count_attendants(self) -> _Attendants:
        counts: set[int] = set()
        for row in self._tables.rows("services"):
            try:
                counts.add(max(1, values.whole(row, "attendants_number", 1)))
            except ValueError:
                continue
        units = lcm(*counts) if counts else 1
        return _Attendants(units if units <= _MOST_UNITS else max(counts))

    def _read_plans(self) -> dict[str, WorkingPlan]:
        exceptions: defaultdict[str, dict[date, Day | None]] = defaultdict(dict)
        weeks: dict[str, dict[int, Day]] = {}
        for row in self._tables.rows("user_settings"):
            provider = values.text(row, "id_users")
            try:
                weeks[provider] = week_of(values.text(row, "working_plan"))
            except ValueError as error:
                self._leave("provider", provider, Reason.UNREADABLE, "working_plan", str(error))
            try:
                exceptions[provider] |= exceptions_of(values.text(row, "working_plan_exceptions"))
            except ValueError as error:
                self._leave("provider", provider, Reason.UNREADABLE, "working_plan_exceptions", str(error))
        for row in self._tables.rows("working_plan_exceptions"):
            try:
                exceptions[values.key(row, "id_users_provider")] |= exception_of(row)
            except ValueError as error:
                self._leave("exception", values.text(row, "id"), Reason.UNREADABLE, detail=str(error))
        since = (self._asked.now - timedelta(days=1)).date()
        for provider, days in exceptions.items():
            for day in sorted(day for day in days if day < since):
                self._leave("exception", provider, Reason.OVER, detail=str(day))
                del days[day]
        return {
            provider: WorkingPlan(weeks.get(provider, {}), exceptions.get(provider, {}))
            for provider in weeks.keys() | exceptions.keys()
        }

    def _providers(self) -> dict[str, Provider]:
        roles = {values.text(row, "id"): values.text(row, "slug") for row in self._tables.rows("roles")}
        several = {
            values.text(row, "id")
            for row in self._tables.rows("services")
            if values.text(row, "attendants_number") not in ("", "0", "1")
        }
        pools = {
            values.text(row, "id_users")
            for row in self._tables.rows("services_providers")
            if values.text(row, "id_services") in several
        }
        away: defaultdict[str, list[Row]] = defaultdict(list)
        for row in self._tables.rows("appointments"):
            if Tables.is_time_off(row):
                away[values.text(row, "id_users_provider")].append(row)
        found: dict[str, Provider] = {}
        for row in self._tables.rows("users"):
            role = roles.get(values.text(row, "id_roles"), "")
            source_id = values.text(row, "id")
            if role == "provider":
                provider = self._provider(source_id, row, away[source_id], pool=source_id in pools)
                if provider is not None:
                    found[source_id] = provider
            elif role != "customer":
                self._leave(role or "person", source_id, Reason.UNSUPPORTED)
        return found

    def _provider(self, source_id: str, row: Row, away: list[Row], *, pool: bool) -> Provider | None:
        zone_name = values.text(row, "timezone") or self._settings.get("default_timezone") or "UTC"
        where = values.named_zone(zone_name)
        if where is None:
            self._leave("provider", source_id, Reason.TIME_ZONE, detail=zone_name)
            return None
        name = f"{values.text(row, 'first_name')} {values.text(row, 'last_name')}".strip() or source_id
        resource_id = ResourceId(self._ids.id("provider", source_id))
        plan = self._plans.get(source_id, WorkingPlan())
        closures = closures_of("unavailability", away, where, self._asked.now, self._left)
        resource = Resource(
            id=resource_id,
            branch_id=self._branch(zone_name).id,
            name=name,
            kind=ResourceKind.POOL if pool else ResourceKind.EXCLUSIVE,
            capacity=(CapacityStep(ALWAYS, self._attendants.units),) if pool else (),
            schedule=plan.schedule(closures),
            slug=self._ids.slug(Kind.RESOURCE, resource_id, name, source_id),
        )
        return Provider(resource, where, plan)

    def _service(self, row: Row, providers: dict[str, Provider]) -> Service | None:
        source_id = values.text(row, "id")
        try:
            made = self._made(source_id, row, providers)
        except ValueError as error:
            self._leave("service", source_id, Reason.UNREADABLE, detail=str(error))
            return None
        if not made.fits_a_day:
            self._leave("service", source_id, Reason.TOO_LONG)
            return None
        for part in _UNKNOWN_PARTS:
            if values.text(row, part) not in ("", "0", "0.00"):
                self._leave("service", source_id, Reason.UNSUPPORTED, part)
        return made

    def _made(self, source_id: str, row: Row, providers: dict[str, Provider]) -> Service:
        serving = [
            providers[provider_id]
            for each in self._tables.rows("services_providers")
            if values.text(each, "id_services") == source_id
            and (provider_id := values.text(each, "id_users")) in providers
        ]
        duration, grid = values.whole(row, "duration"), values.whole(row, "slot_interval", 0)
        if not grid:
            grid = duration if values.text(row, "availabilities_type") == "fixed" else _DEFAULT_GRID_MINUTES
        if duration <= 0 or grid <= 0:
            raise ValueError("it has no duration")
        attendants = max(1, values.whole(row, "attendants_number", 1))
        if attendants > 1:
            self._leave("service", source_id, Reason.NEARLY, "attendants_number")
        zones = [self._zone_of(provider) for provider in serving]
        home = max(zones, key=zones.count) if zones else self._settings.get("default_timezone") or "UTC"
        alone = len(set(zones)) <= 1
        if not alone:
            self._leave("service", source_id, Reason.NEARLY, "slot_interval", "its providers are in several time zones")
        name = values.text(row, "name") or source_id
        service_id = ServiceId(self._ids.id("service", source_id))
        return Service(
            id=service_id,
            branch_id=self._branch(home if values.named_zone(home) else "UTC").id,
            name=name,
            duration=timedelta(minutes=duration),
            grid=timedelta(minutes=grid),
            roles=(Role(tuple(each.resource.id for each in serving), units=self._attendants.of(attendants)),),
            anchor=GridAnchor.OPENING if alone else GridAnchor.CLOCK,
            booking_hours=starting_hours(each.plan for each in serving) if alone and serving else ANY_TIME,
            lead_time=timedelta(minutes=self._setting("book_advance_timeout")) if self._settings else NO_TIME,
            horizon=Days(self._setting("future_booking_limit")) if self._setting("future_booking_limit") else None,
            slug=self._ids.slug(Kind.SERVICE, service_id, name, source_id),
        )

    def _zone_of(self, provider: Provider) -> str:
        return next(name for name, branch in self._branches.items() if branch.id == provider.resource.branch_id)

    def _setting(self, name: str) -> int:
        written = self._settings.get(name, "")
        return int(written) if written.isdigit() else 0

    def _categories(self) -> list[Row]:
        return [*self._tables.rows("service_categories"), *self._tables.rows("categories")]

    def _group(self, row: Row, services: dict[str, Service]) -> ServiceGroup:
        source_id = values.text(row, "id")
        group_id = ServiceGroupId(self._ids.id("category", source_id))
        name = values.text(row, "name") or source_id
        inside = tuple(
            services[values.text(each, "id")].id
            for each in self._tables.rows("services")
            if values.text(each, "id") in services
            and source_id in (values.text(each, "id_service_categories"), values.text(each, "id_categories"))
        )
        slug = self._ids.slug(Kind.GROUP, group_id, name, source_id)
        return ServiceGroup(group_id, name, inside, slug)
