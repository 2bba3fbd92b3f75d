"""What every use case works with, made once by the application."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from appointed.core.caller import Caller
from appointed.core.catalog import Catalog
from appointed.core.ids import ServiceId, TenantId
from appointed.core.inquiry import Steady
from appointed.core.timeline import Axis, Timeline
from appointed.store.pool import Pool
from appointed.usecases.offers import Offers
from appointed.usecases.rosters import Rosters
from appointed.usecases.sharing import Sharing
from appointed.usecases.tokens_at_hand import TokensAtHand

CATALOGS = 1_000
STEADY = 64
ASKED = 256


@dataclass(frozen=True, slots=True, eq=False)
class AtHand:
    """A catalogue, and what was worked out of it alone: timelines, and what questions come to."""

    catalog: Catalog
    steady: Steady = field(default_factory=dict[tuple[ServiceId, int, int, Axis, bool], Timeline])
    asked: dict[Hashable, Any] = field(default_factory=dict[Hashable, Any])


class Catalogs:
    """The catalogues read last, by tenant. One may be old: whoever claims names its version, and the database looks."""

    def __init__(self, limit: int = CATALOGS) -> None:
        self._limit = limit
        self._by_tenant: OrderedDict[TenantId, AtHand] = OrderedDict()

    def __len__(self) -> int:
        """How many are at hand."""
        return len(self._by_tenant)

    def get(self, tenant: TenantId) -> Catalog | None:
        """The catalogue at hand, if any."""
        kept = self._by_tenant.get(tenant)
        if kept is None:
            return None
        self._by_tenant.move_to_end(tenant)
        return kept.catalog

    def steady(self, tenant: TenantId, catalog: Catalog) -> Steady:
        """What was worked out of this catalogue alone, to be added to."""
        steady = self._of(tenant, catalog).steady
        if len(steady) > STEADY:
            steady.clear()
        return steady

    def asked(self, tenant: TenantId, catalog: Catalog) -> dict[Hashable, Any]:
        """What questions come to in this catalogue, to be added to."""
        asked = self._of(tenant, catalog).asked
        if len(asked) > ASKED:
            asked.clear()
        return asked

    def put(self, tenant: TenantId, catalog: Catalog) -> None:
        """Keep what was read, unless a newer one is here, and let go of what was used longest ago."""
        kept = self._by_tenant.get(tenant)
        if kept is not None and kept.catalog.version > catalog.version:
            return
        self._by_tenant[tenant] = AtHand(catalog)
        self._by_tenant.move_to_end(tenant)
        if len(self._by_tenant) > self._limit:
            self._by_tenant.popitem(last=False)

    def _of(self, tenant: TenantId, catalog: Catalog) -> AtHand:
        """What is kept with just this catalogue; nothing is where another one has come."""
        kept = self._by_tenant.get(tenant)
        return kept if kept is not None and kept.catalog is catalog else AtHand(catalog)


@dataclass(frozen=True, slots=True)
class Known:
    """A caller as the database gave it, and until when that may be believed."""

    caller: Caller
    until: datetime


@dataclass(frozen=True, slots=True)
class Context:
    """`clock` tells the server's time in UTC."""

    pool: Pool
    clock: Callable[[], datetime]
    catalogs: Catalogs = field(default_factory=Catalogs)
    rosters: Rosters = field(default_factory=Rosters)
    offers: Offers = field(default_factory=Offers)
    sharing: Sharing = field(default_factory=Sharing)
    callers: OrderedDict[bytes, Known] = field(default_factory=OrderedDict[bytes, Known])
    tokens: TokensAtHand = field(default_factory=TokensAtHand)
