"""A database that moved to another cluster goes on with the events where readers stopped."""

import os
import subprocess
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from appointed.store.embedded import EmbeddedServer, wheel_binaries
from appointed.store.events import START, events_after
from appointed.store.migrate import migrate
from appointed.store.pool import open_pool
from appointed.usecases.clock import system_clock
from appointed.usecases.context import Context
from databases import create_database, start_session_server
from people import MORNING
from proofs.raw import Ask, connect, new_world, perform, slot


def program(name: str, dsn: str, *arguments: str) -> bytes:
    """What one of PostgreSQL's own programs writes."""
    parts = urlsplit(dsn)
    where = {name: value[0] for name, value in parse_qs(parts.query).items()}
    environment = {"PGHOST": where["host"], "PGPORT": where["port"], "PGUSER": "postgres", "PATH": os.defpath}
    command = [str(wheel_binaries() / name), "--dbname", parts.path[1:], *arguments]
    return subprocess.run(command, check=True, capture_output=True, env=environment).stdout


async def test_a_dump_in_a_fresh_cluster_goes_on_after_the_old_cursor(embedded: EmbeddedServer, tmp_path: Path) -> None:
    old = await create_database(embedded.dsn, "before_the_move")
    await migrate(old)
    busy = await connect(old, role=None)
    for _ in range(3000):
        await busy.execute("SELECT pg_current_xact_id()")
    await busy.close()
    pool = await open_pool(old, 2)
    world = await new_world(Context(pool, system_clock))
    app = await connect(old)
    await perform(app, world.tenant, MORNING, "hold", world.hold(Ask(world.exclusive[0], *slot(0))))
    await app.close()
    seen = await events_after(pool, world.tenant, START)
    await pool.close()
    assert len(seen) == 1
    dump = tmp_path / "dump.sql"
    dump.write_bytes(program("pg_dump", old))

    with start_session_server(tmp_path / "fresh") as fresh:
        server = await connect(fresh.dsn, role=None)
        await server.execute("CREATE ROLE appointed_app NOLOGIN")
        await server.execute("CREATE ROLE appointed_worker NOLOGIN")
        await server.close()
        new = await create_database(fresh.dsn, "after_the_move")
        program("psql", new, "--quiet", "--set", "ON_ERROR_STOP=1", "--file", str(dump))
        assert await migrate(new) == []
        pool = await open_pool(new, 2)
        app = await connect(new)
        booked = [world.hold(Ask(world.exclusive[0], *slot(number))) for number in range(1, 4)]
        for args in booked:
            assert "visit" in await perform(app, world.tenant, MORNING, "hold", args)
        found = await events_after(pool, world.tenant, seen[-1].cursor)
        again = await migrate(new)
        later = await events_after(pool, world.tenant, found[-1].cursor)
        await app.close()
        await pool.close()
    assert [event.visit_id for event in found] == [args["visit_id"] for args in booked]
    assert [event.cursor.xid < seen[-1].cursor.xid for event in found] == [True] * 3, "the cluster was not fresh enough"
    assert {event.cursor.epoch for event in found} == {2}
    assert (again, later) == ([], [])
