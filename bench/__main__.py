"""`python -m bench`: prepare, measure in rounds, print the table, keep it as build/bench.json."""

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import asyncpg
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from appointed.store.embedded import attach_or_start
from appointed.usecases.clock import system_clock
from bench import applying, growth, http, own, pgbench, report, slots, tokens, vendors
from bench.case import Case, Sample
from bench.world import prepare

GROWTH = "growth"
APPLYING = "applying"
GROWTH_ROUNDS = 3
WIDTH = 160
"""Of the table, in characters, where it goes to a file."""


def options() -> argparse.Namespace:
    """What was typed."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round, to see that everything runs")
    parser.add_argument(
        "--only",
        metavar="NAME",
        action="append",
        help="this case and its baselines, growth, or applying (may be repeated)",
    )
    parser.add_argument("--rounds", type=int, default=5, help="how often each case is measured (5)")
    parser.add_argument("--seconds", type=float, default=2, help="how long each time (2)")
    parser.add_argument("--markdown", action="store_true", help="print the table for docs/performance.md")
    return parser.parse_args()


def chosen(cases: Sequence[Case], names: Iterable[str] | None) -> list[Case]:
    """The cases asked for with the baselines they need. Ends the process for a name that there is not."""
    if names is None:
        return list(cases)
    names = [name for name in names if name not in (GROWTH, APPLYING)]
    by_name = {case.name: case for case in cases}
    wanted: set[str] = set()
    for name in names:
        if name not in by_name:
            raise SystemExit(f"there is no case {name}; there are: {', '.join(by_name)}, {GROWTH}, {APPLYING}")
        following: str | None = name
        while following is not None:
            wanted.add(following)
            following = by_name[following].baseline
    return [case for case in cases if case.name in wanted]


def measure(
    cases: Sequence[Case], rounds: int, seconds: float, console: Console
) -> tuple[dict[str, list[Sample]], list[float]]:
    """All cases in each round, in turn from the first and from the last, so that drift favours none."""
    samples: dict[str, list[Sample]] = {case.name: [] for case in cases}
    loads: list[float] = []
    columns = (TextColumn("{task.description:15}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=rounds * len(cases))
        for number in range(rounds):
            loads.append(os.getloadavg()[0])
            for case in cases if number % 2 == 0 else reversed(cases):
                progress.update(task, description=case.name)
                samples[case.name].append(case.run(seconds))
                progress.advance(task)
    return samples, loads


async def server_facts(dsn: str) -> tuple[str, int]:
    """The server's version, and how many deadlocks all of this has led to."""
    connection = await asyncpg.connect(dsn)
    try:
        version = await connection.fetchval("SHOW server_version")
        return version, int(await connection.fetchval("SELECT sum(deadlocks) FROM pg_stat_database"))
    finally:
        await connection.close()


def main() -> None:
    """Measure and tell."""
    told = options()
    console = Console() if sys.stdout.isatty() else Console(width=WIDTH)
    started = system_clock()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="appointed-bench-")))
        server = stack.enter_context(attach_or_start(folder / "data"))
        with console.status("preparing two databases, one of them with a past"):
            empty = asyncio.run(prepare(server.dsn, "empty", old=False))
            old = asyncio.run(prepare(server.dsn, "old", old=True))
        load, load_old = (http.Load(stack.enter_context(http.serving(world)), world) for world in (empty, old))
        known = [
            *pgbench.cases(pgbench.Scripts(folder), empty, old),
            *http.reading(load, empty),
            *slots.cases(load, empty),
            *http.writing(load, empty, load_old, old),
            *vendors.beside(own.cases(load, empty), load, empty),
            *tokens.cases(empty),
        ]
        cases = chosen(known, told.only)
        rounds, seconds = (1, 1.0) if told.quick else (told.rounds, told.seconds)
        samples, loads = measure(cases, rounds, seconds, console)
        grown: list[dict[str, Any]] = []
        if told.only is None or GROWTH in told.only:
            with console.status("growth with days, resources and tenants"):
                grown = growth.run(server.dsn, min(rounds, GROWTH_ROUNDS), seconds / 4)
        applied: list[dict[str, Any]] = []
        if told.only is None or APPLYING in told.only:
            with console.status("applying a catalogue"):
                applied = applying.run(server.dsn, folder, min(rounds, GROWTH_ROUNDS))
        version, deadlocks = asyncio.run(server_facts(server.dsn))
    facts = {
        "at": started.isoformat(),
        "postgresql": version,
        "rounds": rounds,
        "seconds": seconds,
        "deadlocks": deadlocks,
        "load_average": loads,
        GROWTH: grown,
        APPLYING: applied,
    }
    report.say(console, cases, samples, facts, told.markdown)
    if grown:
        console.print(growth.table(grown, told.markdown))
    if applied:
        console.print(applying.table(applied, told.markdown))
    report.write(report.RESULT, cases, samples, facts)
    console.print(f"kept in {report.RESULT}")


if __name__ == "__main__":
    main()
