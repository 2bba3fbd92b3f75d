"""From what somebody wants to an inquiry of the core: one call to the database, two without a catalogue at hand."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeAlias

from appointed.core.availability import needs_claims
from appointed.core.caller import Caller
from appointed.core.catalog import NO_TIME, Branch, Catalog
from appointed.core.combining import check_combinable, check_combination
from appointed.core.errors import BranchesDiffer, CatalogMoved, FieldInvalid, Refusal, SlotNotOffered
from appointed.core.ids import BranchId, ResourceId, ServiceId, TenantId, VisitId
from appointed.core.inquiry import Inquiry, axis_of, clock_of, concerned, moves_others
from appointed.core.localtime import EPOCH, FIRST_INSTANT, LAST_INSTANT, MINUTES_PER_DAY, WallClock, minute_of
from appointed.core.occupancy import Occupancy
from appointed.core.plan import NEEDS_AT_MOST, PARTS_AT_MOST, Part, Plan, taken
from appointed.core.preference import Preference
from appointed.core.room import Room
from appointed.core.roster import Roster
from appointed.core.timeline import Axis
from appointed.store.facts import Facts, read_facts
from appointed.usecases.context import Context
from appointed.usecases.reading import read
from appointed.usecases.rosters import Kept, made, still

Window = tuple[int, int]
_MICROSECOND = timedelta(microseconds=1)
_READS = 3


@dataclass(frozen=True, slots=True)
class Wanted:
    """One service that is wanted, for one guest; see `core.plan.Part`.

    Raises ValueError for one that continues another and stands beside it.
    """

    service_id: ServiceId
    guest: int = 0
    gap: timedelta = NO_TIME
    beside: bool = False
    preferences: tuple[Preference, ...] = ()
    continues: bool = False
    party_size: int | None = None

    def __post_init__(self) -> None:
        if self.continues and self.beside:
            raise ValueError("nobody gives two services at once")


@dataclass(frozen=True, slots=True)
class Want:
    """What is wanted together. `customer` is the contact address by which visits of a day are counted.

    `visit` is a visit that is to move: its own claims are in nobody's way, and what it was booked for together stays
    together as long as somebody can give all of it.
    """

    parts: tuple[Wanted, ...]
    party_size: int = 1
    customer: str | None = None
    visit: VisitId | None = None

    def plan(self, catalog: Catalog) -> Plan:
        """The plan that it is in a catalogue.

        Raises ServiceNotFound, BranchesDiffer, CombinationsOff, NotCombined, and FieldInvalid for too much.
        """
        branch = self.branch(catalog)
        check_size(self.parts, catalog, "parts")
        parts = (
            Part(
                catalog.service(each.service_id),
                each.guest,
                each.gap,
                each.beside,
                each.preferences,
                each.continues,
                each.party_size,
            )
            for each in self.parts
        )
        plan = Plan(tuple(parts), self.party_size)
        if len(self.parts) > 1 and plan.added:
            self._check_added(plan, catalog, branch)
        return plan

    def _check_added(self, plan: Plan, catalog: Catalog, branch: Branch) -> None:
        """Raise CombinationsOff, NotCombined, or FieldInvalid, where not all parts can go on that are to."""
        for first, others in plan.added.items():
            services = [plan.parts[number].service.id for number in (first, *others)]
            if self.visit is None:
                check_combination(catalog, branch, services)
            else:
                check_combinable(catalog, services)
        if any(need.length > MINUTES_PER_DAY for need in plan.needs):
            raise FieldInvalid(field="parts", expected="shorter")

    def branch(self, catalog: Catalog) -> Branch:
        """Where it would be. Raises ServiceNotFound, and BranchesDiffer where that is not one place."""
        first, *others = {catalog.service(each.service_id).branch_id for each in self.parts}
        if others:
            raise BranchesDiffer
        return catalog.branches[first]


Naming: TypeAlias = Callable[[Catalog], Want]
"""Makes a want of names, by a catalogue, for which it may be asked again: a name means what it means there.

Those that are equal mean the same. It raises a Refusal for what is not there.
"""


def meant(want: Want | Naming, catalog: Catalog) -> Want:
    """What is wanted, in the words of a catalogue. Raises what the names do."""
    return want if isinstance(want, Want) else want(catalog)


def check_size(parts: Sequence[Wanted], catalog: Catalog, field: str) -> None:
    """Raise FieldInvalid where parts are more, or take more, than a plan may. Raises ServiceNotFound."""
    if len(parts) > PARTS_AT_MOST:
        raise FieldInvalid(field=field, expected="shorter")
    own = [catalog.service(each.service_id).roles for each in parts if not each.continues] if len(parts) > 1 else ()
    if sum(map(taken, own)) > NEEDS_AT_MOST:
        raise FieldInvalid(field=field, expected="shorter")


def start_window(starts_at: datetime) -> Window:
    """The window that holds one start. Raises SlotNotOffered for an instant in which no calendar has days."""
    if not FIRST_INSTANT <= starts_at < LAST_INSTANT:
        raise SlotNotOffered(reason="opening_hours")
    start = minute_of(starts_at)
    return start, start + 1


def always(window: Window) -> Callable[[Branch, datetime], Window]:
    """The same window whatever the branch and its time."""
    return lambda _branch, _now: window


async def inquire(
    context: Context,
    caller: Caller,
    want: Want | Naming,
    window: Callable[[Branch, datetime], Window],
    *,
    detail: bool = False,
) -> Inquiry:
    """What the core needs to answer for a window: minutes of UTC since 1970, by the branch and the tenant's time.

    Names are taken as the catalogue of the inquiry has them, and refused only by one that was read. Raises
    ServiceNotFound, BranchesDiffer, what names raise, and CatalogMoved where it changes faster than it can be read.
    """
    _, asked = await inquire_named(context, caller, want, window, detail=detail)
    return asked


async def inquire_named(
    context: Context,
    caller: Caller,
    want: Want | Naming,
    window: Callable[[Branch, datetime], Window],
    *,
    detail: bool = False,
) -> tuple[Want, Inquiry]:
    """The same with what the names mean in it."""
    now = context.clock()
    for _ in range(_READS):
        catalog = context.catalogs.get(caller.tenant)
        known = None if catalog is None else _known(want, catalog)
        if catalog is None or known is None:
            reading = await read(context, caller)
            catalog, now = reading.catalog, reading.now
            known = meant(want, catalog)
        branch = known.branch(catalog)
        minutes = window(branch, now)
        asking = _asking(context, caller.tenant, catalog, known, minutes, detail=detail)
        asked = await _Question(context, caller.tenant, want, known, minutes, asking).ask()
        if asked is not None:
            # The tenant's clock may be another, and then so may be what is asked.
            if window(branch, asked.now) == minutes:
                return known, asked
            now = asked.now
    raise CatalogMoved


def at_hand(context: Context, caller: Caller, want: Want | Naming, window: Window) -> Inquiry | None:
    """An inquiry without a read, by the catalogue used last and on the server's clock; None where it does not do.

    A sandbox has a clock of its own, which has to be read, and the public does not say whether it asks one.
    """
    catalog = context.catalogs.get(caller.tenant)
    if catalog is None or caller.sandbox or caller.credential is None:
        return None
    known = _known(want, catalog)
    return None if known is None else without_claims(known, window, catalog, context.clock())


def _known(want: Want | Naming, catalog: Catalog) -> Want | None:
    """What is wanted, where a catalogue of any age can be asked for it; None where a newer one has to be read."""
    try:
        known = meant(want, catalog)
        known.plan(catalog)
    except Refusal:
        return None
    return known


def without_claims(want: Want, window: Window, catalog: Catalog, now: datetime) -> Inquiry | None:
    """An inquiry that knows no claims; None where those of others could change which resources are asked for.

    Whether these are free, the claim finds out.
    """
    plan = want.plan(catalog)
    if needs_claims(plan, catalog) or any(part.service.customer_daily_limit is not None for part in plan.parts):
        return None
    axis = axis_of(plan, window, catalog)
    clocks = _Clocks(catalog, axis, now)
    known = [catalog.resources[resource_id] for resource_id in concerned(plan, catalog)]
    rosters = {each.id: Roster(each, Room(each, ()), clocks.of(each.id), axis) for each in known}
    return Inquiry(plan, want.branch(catalog), window, now, catalog, rosters)


@dataclass(frozen=True, slots=True, eq=False)
class Asking:
    """What a want comes to in one catalogue. `counted` are the services of which a customer has only so many a day."""

    catalog: Catalog
    plan: Plan
    branch: Branch
    axis: Axis
    resources: tuple[ResourceId, ...]
    detail: bool
    counted: tuple[ServiceId, ...]


def _asking(
    context: Context, tenant: TenantId, catalog: Catalog, want: Want, window: Window, *, detail: bool
) -> Asking:
    """The same for the same question, as long as the catalogue is the same. Raises ServiceNotFound, BranchesDiffer."""
    kept = context.catalogs.asked(tenant, catalog)
    key = want, window, detail
    found = kept.get(key)
    if found is None:
        plan = want.plan(catalog)
        services = [part.service for part in plan.parts if want.customer is not None]
        found = kept[key] = Asking(
            catalog=catalog,
            plan=plan,
            branch=want.branch(catalog),
            axis=axis_of(plan, window, catalog),
            resources=concerned(plan, catalog),
            detail=detail or want.visit is not None or moves_others(plan, catalog),
            counted=tuple(service.id for service in services if service.customer_daily_limit is not None),
        )
    return found


@dataclass(frozen=True, slots=True)
class _Question:
    context: Context
    tenant: TenantId
    asked_for: Want | Naming
    want: Want
    window: Window
    asking: Asking

    async def ask(self) -> Inquiry | None:
        """None where the catalogue is another by now; the new one is kept."""
        asking, tenant, rosters, visit = self.asking, self.tenant, self.context.rosters, self.want.visit
        known: dict[ResourceId, Kept | None] = {
            each: rosters.find(tenant, each, asking.axis, detail=asking.detail) if visit is None else None
            for each in asking.resources
        }
        span = rosters.span(tenant, asking.resources, asking.axis)
        facts = await read_facts(
            self.context.pool,
            tenant,
            self.context.clock(),
            known=asking.catalog.version,
            visit=visit,
            resources={each: None if kept is None else kept.occupancy.version for each, kept in known.items()},
            span=span,
            detail=asking.detail,
            customer=self.want.customer if asking.counted else None,
            services=asking.counted,
        )
        if facts.catalog is None:
            return self._inquiry(asking, facts, known)
        self.context.catalogs.put(tenant, facts.catalog)
        if meant(self.asked_for, facts.catalog) != self.want:
            return None
        again = _asking(self.context, tenant, facts.catalog, self.want, self.window, detail=asking.detail)
        # What was read often does for the new catalogue as well.
        enough = (
            span[0] <= again.axis.starts
            and again.axis.ends <= span[1]
            and known.keys() == set(again.resources)
            and all(kept is None or kept.covers(again.axis) for kept in known.values())
            and (again.branch.time_zone, again.detail) == (asking.branch.time_zone, asking.detail)
            and again.counted == asking.counted
        )
        return self._inquiry(again, facts, known) if enough else None

    def _inquiry(self, asking: Asking, facts: Facts, known: Mapping[ResourceId, Kept | None]) -> Inquiry:
        return Inquiry(
            plan=asking.plan,
            branch=asking.branch,
            window=self.window,
            now=facts.now,
            catalog=asking.catalog,
            rosters=self._rosters(asking, facts, known),
            customer_starts=facts.customer_starts,
            steady=self.context.catalogs.steady(self.tenant, asking.catalog),
        )

    def _rosters(
        self, asking: Asking, facts: Facts, known: Mapping[ResourceId, Kept | None]
    ) -> dict[ResourceId, Roster]:
        now = (facts.now - EPOCH) // _MICROSECOND
        clocks = _Clocks(asking.catalog, asking.axis, facts.now)
        found: dict[ResourceId, Roster] = {}
        for resource_id, kept in known.items():
            clock = clocks.of(resource_id)
            read_now = facts.occupied.get(resource_id)
            if read_now is None and kept is not None and still(kept, asking.catalog, clock, now):
                found[resource_id] = kept.roster
                continue
            occupancy = read_now if read_now is not None else _occupancy(kept)
            if self.want.visit is not None:
                occupancy = _without(occupancy, self.want.visit)
            new = made(occupancy, asking.catalog, resource_id, clock, now, detail=asking.detail)
            if self.want.visit is None:
                self.context.rosters.keep(self.tenant, resource_id, new)
            found[resource_id] = new.roster
        return found


class _Clocks:
    """The clocks of the branches that resources belong to: a schedule is told by the clock on one's own wall."""

    def __init__(self, catalog: Catalog, axis: Axis, now: datetime) -> None:
        self._catalog = catalog
        self._axis = axis
        self._now = now
        self._by_branch: dict[BranchId, WallClock] = {}

    def of(self, resource_id: ResourceId) -> WallClock:
        branch_id = self._catalog.resources[resource_id].branch_id
        clock = self._by_branch.get(branch_id)
        if clock is None:
            clock = clock_of(self._catalog.branches[branch_id], self._axis, self._now)
            self._by_branch[branch_id] = clock
        return clock


def _occupancy(kept: Kept | None) -> Occupancy:
    """What is known of a resource that did not move. Raises TypeError for one that should have been read."""
    if kept is None:
        raise TypeError("a resource that was asked for is missing")
    return kept.occupancy


def _without(occupancy: Occupancy, visit: VisitId) -> Occupancy:
    """The same without a visit's own claims; whose they are has to be known, and then all of them are listed."""
    return replace(occupancy, listed=tuple(claim for claim in occupancy.listed if claim.visit_id != visit))
