"""Racers in processes of their own, and the gate that lets all of them start together."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg

from people import MORNING
from proofs.raw import World, connect, dumps

TESTS = Path(__file__).parents[1]
_GATE = 0x47415445
_WAITING = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = $1 AND NOT granted"


class Racers:
    """Some processes with some connections each."""

    def __init__(self, dsn: str, owner: asyncpg.Connection, processes: Sequence[asyncio.subprocess.Process]) -> None:
        self.dsn = dsn
        self._owner = owner
        self._processes = processes

    async def race(self, calls: Sequence[dict[str, Any]]) -> list[str]:
        """Make all these calls at once and answer how each ended, in their order."""
        shares = [list(range(n, len(calls), len(self._processes))) for n in range(len(self._processes))]
        await self._owner.execute(f"SELECT pg_advisory_lock({_GATE})")
        for process, share in zip(self._processes, shares, strict=True):
            line = dumps([{**calls[n], "gate": _GATE} for n in share])
            process.stdin.write(line.encode() + b"\n")
        async with asyncio.timeout(60):
            while await self._owner.fetchval(_WAITING, _GATE) < len(calls):
                pass
        await self._owner.execute(f"SELECT pg_advisory_unlock({_GATE})")
        outcomes = [""] * len(calls)
        for process, share in zip(self._processes, shares, strict=True):
            for n, answer in zip(share, json.loads(await process.stdout.readline()), strict=True):
                outcomes[n] = answer
        return outcomes

    async def deadlocks(self) -> int:
        """How many the database has counted up to now."""
        await self._owner.execute("SELECT pg_stat_force_next_flush()")
        sql = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        return await self._owner.fetchval(sql)


def perform_call(world: World, verb: str, args: dict[str, Any], now: datetime = MORNING, **keys: Any) -> dict[str, Any]:
    """A call of `visit_perform` for a racer."""
    return {"kind": "perform", "tenant": world.tenant, "now": now, "verb": verb, "args": args, **keys}


@asynccontextmanager
async def started(dsn: str, processes: int, clients: int) -> AsyncIterator[Racers]:
    """Racers that are ready, ended afterwards."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS.parent / "src")])}
    command = [sys.executable, str(TESTS / "proofs" / "racer.py"), dsn, str(clients)]
    running = []
    owner = await connect(dsn, role=None)
    try:
        for _ in range(processes):
            running.append(  # noqa: PERF401 - what was started has to be ended, if the next fails too
                await asyncio.create_subprocess_exec(
                    *command,
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    env=environment,
                    limit=2**24,
                )
            )
        for process in running:
            assert await process.stdout.readline() == b"ready\n"
        yield Racers(dsn, owner, running)
    finally:
        await owner.close()
        for process in running:
            process.stdin.close()
            await process.wait()
