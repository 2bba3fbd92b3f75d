"""Masks kept in the process: what is taken of each resource, true by the version that the database moves.

Every reader asks for the versions and reads again what has moved, so that nothing here is older than the answer. No
claim trusts it: the database looks for itself.
"""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

from appointed.core.catalog import Catalog
from appointed.core.ids import ResourceId, TenantId
from appointed.core.localtime import MINUTES_PER_DAY, WallClock
from appointed.core.occupancy import Occupancy
from appointed.core.room import room
from appointed.core.roster import Roster
from appointed.core.timeline import Axis

RESOURCES = 5_000
SPAN_AT_MOST = 100 * MINUTES_PER_DAY


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """A roster, and what it was made of. With `detail`, it is known whose the claims are.

    `lapses` is the first microsecond since 1970 at which a claim that counts does so no more.
    """

    occupancy: Occupancy
    detail: bool
    catalog: Catalog
    clock: WallClock
    lapses: int | None
    roster: Roster

    def covers(self, axis: Axis) -> bool:
        """Whether all claims on the axis are known."""
        return self.occupancy.starts <= axis.starts and axis.ends <= self.occupancy.ends


class Rosters:
    """The rosters used last, of all tenants. Instants are microseconds since 1970."""

    def __init__(self, limit: int = RESOURCES) -> None:
        self._limit = limit
        self._kept: OrderedDict[tuple[TenantId, ResourceId], Kept] = OrderedDict()

    def __len__(self) -> int:
        """How many are kept."""
        return len(self._kept)

    def find(self, tenant: TenantId, resource_id: ResourceId, axis: Axis, *, detail: bool) -> Kept | None:
        """What is known of a resource, if that is enough for the axis."""
        kept = self._kept.get((tenant, resource_id))
        if kept is None or not kept.covers(axis) or (detail and not kept.detail):
            return None
        self._kept.move_to_end((tenant, resource_id))
        return kept

    def span(self, tenant: TenantId, resources: Iterable[ResourceId], axis: Axis) -> tuple[int, int]:
        """The minutes to read so that the axis is known: whole days, and what is known beside them as well."""
        starts = axis.starts // MINUTES_PER_DAY * MINUTES_PER_DAY
        ends = -(-axis.ends // MINUTES_PER_DAY) * MINUTES_PER_DAY
        for resource_id in resources:
            kept = self._kept.get((tenant, resource_id))
            if kept is not None and kept.occupancy.starts <= ends and starts <= kept.occupancy.ends:
                first, last = min(starts, kept.occupancy.starts), max(ends, kept.occupancy.ends)
                if last - first <= SPAN_AT_MOST:
                    starts, ends = first, last
        return starts, ends

    def keep(self, tenant: TenantId, resource_id: ResourceId, made: Kept) -> None:
        """Keep what was made, unless something newer is here: answers may overtake each other."""
        key = tenant, resource_id
        known = self._kept.get(key)
        if known is None or known.occupancy.version <= made.occupancy.version:
            self._kept[key] = made
            if len(self._kept) > self._limit:
                self._kept.popitem(last=False)


def made(
    occupancy: Occupancy, catalog: Catalog, resource_id: ResourceId, clock: WallClock, now: int, *, detail: bool
) -> Kept:
    """A roster of what was read."""
    resource, listed = catalog.resources[resource_id], occupancy.listed
    roster = Roster(
        resource, room(resource, listed, now, occupancy.plain), clock, Axis(occupancy.starts, occupancy.ends)
    )
    lapses = min((c.expires for c in listed if c.expires is not None and c.expires > now), default=None)
    return Kept(occupancy, detail, catalog, clock, lapses, roster)


def still(kept: Kept, catalog: Catalog, clock: WallClock, now: int) -> bool:
    """Whether a roster is what would be made again."""
    return kept.catalog is catalog and kept.clock is clock and (kept.lapses is None or now < kept.lapses)
