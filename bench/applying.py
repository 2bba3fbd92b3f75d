"""How long it takes to apply a catalogue of 1,000 resources and 100 services, and where the time goes.

The steps are those of `appointed apply`, in this process; `command` is the whole command in a process of its own, which
also starts Python and prints the difference.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import asyncpg
from rich import box
from rich.table import Table

from appointed.catalog_file.text import read
from appointed.catalog_file.values import derived_tenant
from appointed.core.caller import Caller, Scope
from appointed.core.ids import TenantId
from appointed.store.migrate import migrate
from appointed.store.pool import open_pool
from appointed.store.tenants import Tenant, add_tenant
from appointed.usecases.catalog import apply, load
from appointed.usecases.clock import system_clock
from appointed.usecases.context import Context

RESOURCES, SERVICES = 1_000, 100
OF_EACH_SERVICE = 10
STEPS = ("read", "load", "values", "dry run", "apply")
CHANGES = {"fresh": "Number 0", "no change": "Number 0", "one resource": "Another name"}
"""What is measured, one after the other, and what the first resource is called then."""

_WEEK = "week: {mon: [09:00-17:00], tue: [09:00-17:00], wed: [10:00-12:00], thu: [09:00-17:00], fri: [09:00-15:00]}"
_HEAD = """
branches:
  - {{slug: branch, name: A branch, time_zone: Europe/Amsterdam, opening_hours: {{{week}}}}}
resources:
"""


def text(slug: str, first: str) -> str:
    """The file of a tenant; `first` is what the first resource is called."""
    lines = [f"tenant: {{slug: {slug}}}", _HEAD.format(week=_WEEK).strip()]
    for number in range(RESOURCES):
        name = f"Number {number}" if number else first
        lines.append(
            f"  - {{slug: resource-{number}, name: {name}, schedule: {{{_WEEK}, breaks: {{mon: [12:00-12:30]}}}}}}"
        )
    lines.append("services:")
    for number in range(SERVICES):
        some = range(number * OF_EACH_SERVICE, (number + 1) * OF_EACH_SERVICE)
        roles = f"[{{resources: [{', '.join(f'resource-{each % RESOURCES}' for each in some)}]}}]"
        lines.append(f"  - {{slug: service-{number}, name: Number {number}, duration_minutes: 30, roles: {roles}}}")
    return "\n".join(lines) + "\n"


def run(server: str, folder: Path, rounds: int) -> list[dict[str, Any]]:
    """Apply to new tenants, round by round. The medians, in seconds."""
    dsn = server.replace("/postgres?", "/applying?")
    asyncio.run(_prepare(server, dsn))
    found: dict[str, list[Mapping[str, float]]] = {what: [] for what in CHANGES}
    for number in range(rounds):
        for what, seconds in asyncio.run(_apply(dsn, f"round-{number}")).items():
            found[what].append(seconds | {"command": _command(dsn, folder, f"command-{number}", CHANGES[what])})
    return [
        {"what": what, **{step: median(each[step] for each in rows) for step in (*STEPS, "command")}}
        for what, rows in found.items()
    ]


async def _prepare(server: str, dsn: str) -> None:
    admin = await asyncpg.connect(server)
    try:
        await admin.execute("CREATE DATABASE applying")
    finally:
        await admin.close()
    await migrate(dsn)


async def _apply(dsn: str, slug: str) -> dict[str, dict[str, float]]:
    """What each step takes, of each change."""
    pool = await open_pool(dsn, 2)
    try:
        tenant = derived_tenant(slug)
        async with pool.transaction(tenant) as tx:
            await add_tenant(tx, Tenant(tenant, slug, False, slug), system_clock())
        context = Context(pool, system_clock)
        return {what: await _steps(context, tenant, text(slug, first)) for what, first in CHANGES.items()}
    finally:
        await pool.close()


async def _steps(context: Context, tenant: TenantId, written: str) -> dict[str, float]:
    caller = Caller(tenant, None, "bench", frozenset(Scope))
    times = [perf_counter()]

    def passed() -> None:
        times.append(perf_counter())

    document = read(written)
    passed()
    loaded = await load(context, caller)
    passed()
    desired = document.catalog(tenant, loaded)
    passed()
    plan = await apply(context, caller, desired, dry_run=True)
    passed()
    await apply(context, caller, desired, expected=(plan.version,))
    passed()
    return {step: last - first for step, (first, last) in zip(STEPS, pairwise(times), strict=True)}


def _command(dsn: str, folder: Path, slug: str, first: str) -> float:
    """What the command takes. Raises CalledProcessError where it fails."""
    path = folder / "applied.yaml"
    path.write_text(text(slug, first))
    started = perf_counter()
    subprocess.run(
        [sys.executable, "-m", "appointed", "apply", path],
        env={**os.environ, "DATABASE_URL": dsn},
        capture_output=True,
        check=True,
    )
    return perf_counter() - started


def table(rows: Sequence[Mapping[str, Any]], markdown: bool) -> Table:
    """The seconds for people."""
    shown = Table(box=box.MARKDOWN if markdown else box.HEAVY_HEAD)
    shown.add_column(f"{RESOURCES:,} resources, {SERVICES} services", no_wrap=True)
    for heading in (*STEPS, "together", "command"):
        shown.add_column(heading, justify="right")
    for row in rows:
        steps = [row[step] for step in STEPS]
        shown.add_row(row["what"], *(f"{each:.2f} s" for each in (*steps, sum(steps), row["command"])))
    return shown
