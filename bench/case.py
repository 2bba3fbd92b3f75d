"""What is measured: cases, each against a baseline of the same round."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

CLIENTS = 16


@dataclass(frozen=True, slots=True)
class Sample:
    """One measurement. `rate` is per second; the percentiles are in milliseconds where they were taken."""

    rate: float
    median_ms: float | None = None
    p99_ms: float | None = None
    counts: Mapping[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True, slots=True)
class Case:
    """`run` measures for so many seconds. A case without a baseline is one; one without a target informs."""

    name: str
    what: str
    run: Callable[[float], Sample]
    baseline: str | None = None
    target: float | None = None
