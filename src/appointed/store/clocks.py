"""The clock of a sandbox, as it stands."""

from dataclasses import dataclass
from datetime import datetime

from appointed.core.ids import TenantId
from appointed.store.pool import Connection


@dataclass(frozen=True, slots=True)
class SandboxClock:
    """What a sandbox's clock shows, and whether it runs."""

    instant: datetime
    running: bool


async def read_clock(tx: Connection, tenant: TenantId, at: datetime) -> SandboxClock:
    """The clock at `at` on the server's. Nobody else puts it before the transaction ends.

    One that was never put shows the server's time, and runs.
    """
    row = await tx.fetchrow(
        "SELECT instant + coalesce($2 - running_since, interval '0') AS instant, running_since IS NOT NULL AS running"
        " FROM sandbox_clock WHERE tenant_id = $1 FOR UPDATE",
        tenant,
        at,
    )
    return SandboxClock(at, running=True) if row is None else SandboxClock(row["instant"], row["running"])
