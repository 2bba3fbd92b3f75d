"""Whether this database can keep a promise."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from appointed.store.pool import ROLE, Pool

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
