"""`appointed migrate`."""

import asyncio

from appointed.cli.console import NOT_READY, out, settings, stop
from appointed.cli.database import database
from appointed.store import migrate as store
from appointed.store.readiness import SchemaUnseenError, schema


def migrate() -> None:
    """Bring the database to the schema of this release.

    Migrations are numbered, applied once, in order, under a lock: any number of processes may start at the same time.
    `serve` does the same before it serves.
    """
    with database(settings()) as where:
        for migration in asyncio.run(apply(where.dsn)):
            out.print(f"applied {migration.number:04} {migration.name}")
    out.print("the database is up to date")


async def apply(dsn: str) -> list[store.Migration]:
    """Migrate, and end the process with a sentence where that cannot be."""
    try:
        return await store.migrate(dsn)
    except store.MigrationError as error:
        stop(f"the database cannot be migrated: {error}", NOT_READY)


async def require_schema(dsn: str) -> None:
    """End the process with a sentence where the database is not at the schema of this release; nothing is changed."""
    try:
        found = await schema(dsn)
    except SchemaUnseenError as error:
        stop(f"the database does not let us in: {error}", NOT_READY)
    if found.unknown or found.changed:
        stop("the database is at the schema of another release: see `appointed doctor`", NOT_READY)
    if found.pending:
        stop("the database is older than this release: run `appointed migrate` first", NOT_READY)
