"""A line for each request that was served, without anything that a person wrote or is known by.

It looks like the lines of structlog and is made without it, at less than a tenth of the cost.
"""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import msgspec

from appointed.wire.watching import Served, Teller


class _Entry(msgspec.Struct):
    """Durations are in milliseconds, that of the database is the sum of its calls; the timestamp is in UTC."""

    request_id: str
    dialect: str
    route: str
    method: str
    status: int | None
    duration_ms: float
    db_ms: float
    db_calls: int
    tenant_id: UUID | None
    credential_id: UUID | None
    timestamp: datetime
    event: str = "request"
    level: str = "info"


_encode = msgspec.json.Encoder().encode


def access_log(write: Callable[[bytes], object], clock: Callable[[], datetime]) -> Teller:
    """What writes a line of JSON for each request, its end included."""

    def log_request(served: Served) -> None:
        caller, spent = served.caller, served.spent
        entry = _Entry(
            request_id=served.request_id,
            dialect=served.dialect,
            route=served.operation,
            method=served.method,
            status=served.status,
            duration_ms=round(served.seconds * 1e3, 1),
            db_ms=round(spent.seconds * 1e3, 1),
            db_calls=spent.calls,
            tenant_id=None if caller is None else caller.tenant,
            credential_id=None if caller is None else caller.credential,
            timestamp=clock(),
        )
        write(_encode(entry) + b"\n")

    return log_request
