"""What a request has cost, as those above may ask: a count is begun with the request and filled by the store."""

from appointed.store.spent import SPENT, Spent

__all__ = ["Spent", "begin"]


def begin() -> Spent:
    """Count from here on for whatever this task does, and the tasks it starts."""
    spent = Spent()
    SPENT.set(spent)
    return spent
