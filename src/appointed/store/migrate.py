"""Brings a database to the schema of this release: numbered files, each once, in order, under a lock."""

import hashlib
from dataclasses import dataclass
from importlib.resources import files

import asyncpg

_LOCK = 0x4150504F494E54
_HISTORY = """
CREATE SCHEMA IF NOT EXISTS appointed;
CREATE TABLE IF NOT EXISTS appointed.migration (
    number integer PRIMARY KEY, name text NOT NULL, digest bytea NOT NULL, applied_at timestamptz NOT NULL DEFAULT now()
)
"""


class MigrationError(Exception):
    """The database could not be brought here, or was brought here by other files than these."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file: `0003_visits.sql` has number 3 and name visits."""

    number: int
    name: str
    sql: str

    @property
    def digest(self) -> bytes:
        """SHA-256 of the file as it was applied."""
        return hashlib.sha256(self.sql.encode()).digest()


def migrations() -> list[Migration]:
    """All migrations of this release, in order."""
    found: list[Migration] = []
    for file in files("appointed.store.migrations").iterdir():
        if file.name.endswith(".sql"):
            number, _, name = file.name.removesuffix(".sql").partition("_")
            found.append(Migration(int(number), name, file.read_text(encoding="utf-8")))
    return sorted(found, key=lambda migration: migration.number)


async def migrate(dsn: str) -> list[Migration]:
    """Apply what is missing and answer it. Raises MigrationError, also where an applied file has changed since.

    Also raises the epoch of the events where the cluster counts transactions from a lower number than they hold.
    """
    try:
        connection = await asyncpg.connect(dsn, server_settings={"search_path": "appointed", "timezone": "UTC"})
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise MigrationError(f"the database does not let us in: {error}") from error
    except ValueError:
        raise MigrationError("the URL of the database has a part that makes no sense") from None
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        await connection.execute(_HISTORY)
        applied = {row["number"]: row for row in await connection.fetch("SELECT number, name, digest FROM migration")}
        done: list[Migration] = []
        for migration in migrations():
            row = applied.pop(migration.number, None)
            if row is None:
                await _apply(connection, migration)
                done.append(migration)
            elif row["digest"] != migration.digest:
                raise MigrationError(f"migration {migration.number} ({migration.name}) changed after it was applied")
        if applied:
            raise MigrationError(f"the database has migration {max(applied)}, which this release does not know")
        await connection.fetchval("SELECT epoch_guard()")
        return done
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise MigrationError(str(error)) from error
    finally:
        await connection.close()


async def _apply(connection: "asyncpg.Connection[asyncpg.Record]", migration: Migration) -> None:
    async with connection.transaction():
        await connection.execute(migration.sql)
        await connection.execute(
            "INSERT INTO migration (number, name, digest) VALUES ($1, $2, $3)",
            migration.number,
            migration.name,
            migration.digest,
        )
