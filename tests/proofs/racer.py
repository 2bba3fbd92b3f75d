"""A process of racers: reads a list of calls as a line of JSON, makes them all at once, writes how each ended.

python racer.py <dsn> <number of connections>
"""

import asyncio
import json
import sys
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from appointed.core.caller import Caller, Scope
from appointed.core.errors import Refusal
from appointed.core.visit import Details
from appointed.store.pool import open_pool
from appointed.usecases.clock import system_clock
from appointed.usecases.context import Context
from appointed.usecases.holds import Wish, book
from proofs.raw import connect, outcome, perform


async def run(call: dict[str, Any], connection: asyncpg.Connection, context: Context) -> str:
    """Wait at the gate with everybody else, then call."""
    await connection.execute(
        f"SELECT pg_advisory_lock_shared({call['gate']}), pg_advisory_unlock_shared({call['gate']})"
    )
    tenant = UUID(call["tenant"])
    try:
        if call["kind"] == "book":
            caller = Caller(tenant, None, "tester", frozenset(Scope), sandbox=True)
            starts_at, ends_at = (datetime.fromisoformat(call[name]) for name in ("starts_at", "ends_at"))
            wish = Wish.single(call["service_id"], starts_at, ends_at, Details("en"))
            return (await book(context, caller, wish)).state
        now = datetime.fromisoformat(call["now"])
        if call["kind"] == "lapse":
            await connection.fetchval("SELECT lapse($1, $2, 100)", tenant, now)
            return "lapsed"
        keys = [call.get(name) and UUID(call[name]) for name in ("request", "fingerprint")]
        return outcome(await perform(connection, tenant, now, call["verb"], call["args"], *keys))
    except Refusal as refusal:
        return refusal.code
    except asyncpg.PostgresError as error:
        return f"{type(error).__name__}: {error} {error.context}"


async def main(dsn: str, clients: int) -> None:
    """Serve calls until the input ends."""
    loop = asyncio.get_running_loop()
    context = Context(await open_pool(dsn, clients), system_clock)
    connections = [await connect(dsn) for _ in range(clients)]
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        calls = json.loads(line)
        for call in calls:
            if "service_id" in call:
                call["service_id"] = UUID(call["service_id"])
        outcomes = await asyncio.gather(
            *(run(call, connection, context) for call, connection in zip(calls, connections, strict=False))
        )
        sys.stdout.write(json.dumps(outcomes) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
