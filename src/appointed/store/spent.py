"""What one request has cost in calls of the database."""

from contextvars import ContextVar


class Spent:
    """Calls of the database and the seconds they took, the wait for a connection included."""

    __slots__ = ("calls", "seconds")

    def __init__(self) -> None:
        self.calls = 0
        self.seconds = 0.0

    def add(self, seconds: float) -> None:
        """Count one call."""
        self.calls += 1
        self.seconds += seconds


SPENT: ContextVar[Spent | None] = ContextVar("SPENT", default=None)
"""Where the calls of this request are counted; None where nobody asked."""
