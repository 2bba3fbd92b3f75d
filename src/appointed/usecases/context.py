"""What every use case works with, made once by the application."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from appointed.core.caller import Caller
from appointed.core.catalog import Catalog
from appointed.core.ids import TenantId
from appointed.store.pool import Pool

CATALOGS = 1_000


class Catalogs:
    """The catalogues read last, by tenant. One may be old: whoever claims names its version, and the database looks."""

    def __init__(self, limit: int = CATALOGS) -> None:
        self._limit = limit
        self._by_tenant: OrderedDict[TenantId, Catalog] = OrderedDict()

    def get(self, tenant: TenantId) -> Catalog | None:
        """The catalogue at hand, if any."""
        catalog = self._by_tenant.get(tenant)
        if catalog is not None:
            self._by_tenant.move_to_end(tenant)
        return catalog

    def put(self, tenant: TenantId, catalog: Catalog) -> None:
        """Keep what was read, and let go of what was used longest ago."""
        self._by_tenant[tenant] = catalog
        self._by_tenant.move_to_end(tenant)
        if len(self._by_tenant) > self._limit:
            self._by_tenant.popitem(last=False)


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
    callers: OrderedDict[bytes, Known] = field(default_factory=OrderedDict[bytes, Known])
