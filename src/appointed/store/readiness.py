"""Whether this database can keep a promise."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg

from appointed.store.migrate import migrations
from appointed.store.pool import ROLE, WORKER_ROLE, Pool

OLDEST_SERVER = 150000
CLOCKS_APART = timedelta(seconds=1)

_QUESTIONS = """
SELECT current_setting('server_version_num')::integer AS server,
       current_user AS role,
       (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = current_user) AS superuser,
       (SELECT r.rolbypassrls FROM pg_roles r WHERE r.rolname = current_user) AS bypass,
       EXISTS (SELECT FROM pg_class c
                WHERE c.relnamespace = 'appointed'::regnamespace
                  AND pg_has_role(current_user, c.relowner, 'USAGE')) AS owner,
       EXISTS (SELECT FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
                WHERE c.relnamespace = 'appointed'::regnamespace AND c.relkind = 'r' AND a.attname = 'tenant_id'
                  AND NOT c.relrowsecurity) AS open,
       current_setting('fsync') AS fsync,
       current_setting('full_page_writes') AS full_page_writes,
       current_setting('synchronous_commit') AS synchronous_commit,
       clock_timestamp() AS clock
"""


@dataclass(frozen=True, slots=True)
class Unready:
    """Something that has to be mended before the server may serve. `code` names it, `found` is what was found."""

    code: str
    found: str


async def unready(pool: Pool, clock: Callable[[], datetime]) -> list[Unready]:
    """Everything that stands against serving; empty where the server is ready. `clock` is the server's."""
    async with pool.connection() as connection:
        asked = clock()
        answer = await connection.fetchrow(_QUESTIONS)
        answered = clock()
    if answer is None:
        raise TypeError
    problems: list[Unready] = []
    if answer["server"] < OLDEST_SERVER:
        problems.append(Unready("database_too_old", str(answer["server"])))
    if answer["role"] != ROLE:
        problems.append(Unready("role_not_set", answer["role"]))
    problems += [
        Unready(f"role_is_{power}", answer["role"]) for power in ("superuser", "owner", "bypass") if answer[power]
    ]
    if answer["open"]:
        problems.append(Unready("row_level_security_off", "appointed"))
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):
        if answer[setting] == "off":
            problems.append(Unready("not_durable", setting))
    apart = max(asked - answer["clock"], answer["clock"] - answered)
    if apart > CLOCKS_APART:
        problems.append(Unready("clocks_differ", f"{apart.total_seconds():.1f} s"))
    return problems


async def running_transactions(pool: Pool) -> tuple[int, int]:
    """The number of the oldest transaction that may still write, and the number that the next one gets.

    Readers of events are shown nothing from the first on.
    """
    row = await pool.rows(
        "SELECT pg_snapshot_xmin(s)::text::bigint AS oldest, pg_snapshot_xmax(s)::text::bigint AS next"
        " FROM pg_current_snapshot() AS s"
    )
    return row[0]["oldest"], row[0]["next"]


class SchemaUnseenError(Exception):
    """The server does not let us look, or is not there; the message says why and holds no password."""


@dataclass(frozen=True, slots=True)
class Schema:
    """A server's version, how its schema differs from this release's, migration by migration, and the roles of ours
    that the one who looks cannot take."""

    server: str
    pending: tuple[str, ...]
    changed: tuple[str, ...]
    unknown: tuple[str, ...]
    barred: tuple[str, ...]


async def schema(dsn: str) -> Schema:
    """What stands at `dsn`, as the role of `dsn` sees it; nothing is changed. Raises SchemaUnseenError."""
    try:
        connection = await asyncpg.connect(dsn, timeout=10, server_settings={"search_path": "appointed"})
        try:
            server = await connection.fetchval("SHOW server_version")
            made = await connection.fetchval("SELECT to_regclass('appointed.migration') IS NOT NULL")
            rows = await connection.fetch("SELECT number, name, digest FROM migration") if made else []
            barred = [role for role in (ROLE, WORKER_ROLE) if not await _may_take(connection, role)]
        finally:
            await connection.close()
    except ValueError:
        raise SchemaUnseenError("its URL has a part that makes no sense") from None
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise SchemaUnseenError(str(error) or type(error).__name__) from error
    applied = {row["number"]: row for row in rows}
    pending: list[str] = []
    changed: list[str] = []
    for migration in migrations():
        row = applied.pop(migration.number, None)
        if row is None:
            pending.append(f"{migration.number:04} {migration.name}")
        elif row["digest"] != migration.digest:
            changed.append(f"{migration.number:04} {migration.name}")
    unknown = tuple(f"{number:04} {applied[number]['name']}" for number in sorted(applied))
    return Schema(server, tuple(pending), tuple(changed), unknown, tuple(barred))


async def _may_take(connection: "asyncpg.Connection[asyncpg.Record]", role: str) -> bool:
    try:
        await connection.execute(f"SET ROLE {role}")
    except (asyncpg.InsufficientPrivilegeError, asyncpg.InvalidParameterValueError):
        return False
    await connection.execute("RESET ROLE")
    return True
