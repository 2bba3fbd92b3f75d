"""What somebody knew of a thing before asking for a change of it."""

from collections.abc import Collection
from typing import TypeAlias

from appointed.core.errors import VersionStale

Expected: TypeAlias = Collection[int] | None
"""The versions of a thing that a change is meant for; None where it is meant for any."""


def check_version(expected: Expected, current: int) -> None:
    """Raise VersionStale unless the version is one that was expected."""
    if expected is not None and current not in expected:
        raise VersionStale(current=current)
