"""The one place that asks the machine for the time, and for new identities."""

from datetime import UTC, datetime
from uuid import UUID, uuid4


def system_clock() -> datetime:
    """The machine's time, in UTC."""
    return datetime.now(UTC)


def new_id() -> UUID:
    """A fresh identity."""
    return uuid4()
