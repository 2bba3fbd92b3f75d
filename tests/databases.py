"""PostgreSQL servers and databases for tests, all of them over private Unix sockets."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg

from appointed.store.embedded import EmbeddedServer, attach_or_start

DEBIAN_15 = Path("/usr/lib/postgresql/15/bin")


def start_session_server(
    directory: Path, *, binaries: Path | None = None, settings: Mapping[str, str] | None = None
) -> EmbeddedServer:
    """A server for one run of tests, with the product's durable settings unless `settings` say otherwise.

    Give each xdist worker a directory of its own: a worker that owned a shared server would end it under the others.
    """
    server = attach_or_start(directory, binaries=binaries, settings=settings)
    assert server.owner, f"{directory} is in use"
    return server


def debian_binaries() -> Path | None:
    """The programs of Debian's PostgreSQL 15 where they are installed."""
    return DEBIAN_15 if (DEBIAN_15 / "postgres").is_file() and (DEBIAN_15 / "initdb").is_file() else None


def without_btree_gist(binaries: Path, directory: Path) -> Path:
    """The same PostgreSQL as Debian lays it out, in an installation below `directory` that lacks `btree_gist`.

    The programs are copied, since they find the rest by where they stand; all else is links.
    """
    major = binaries.parent.name
    copied = directory / "usr/lib/postgresql" / major / "bin"
    copied.mkdir(parents=True)
    for program in ("postgres", "initdb"):
        shutil.copy2(binaries / program, copied / program)
    (copied.parent / "lib").symlink_to(binaries.parent / "lib")
    share = Path("/usr/share/postgresql") / major
    linked = directory / "usr/share/postgresql" / major
    (linked / "extension").mkdir(parents=True)
    for source in [*share.iterdir(), *(share / "extension").iterdir()]:
        target = linked / source.relative_to(share)
        if source.name != "extension" and not source.name.startswith("btree_gist"):
            target.symlink_to(source)
    return copied


def database_dsn(dsn: str, name: str) -> str:
    """The same server's database of this name."""
    return urlsplit(dsn)._replace(path=f"/{name}").geturl()


async def create_database(dsn: str, name: str, *, template: str = "template0") -> str:
    """Make a database and give its DSN. A migrated one may be the `template`, if nobody is connected to it."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    finally:
        await connection.close()
    return database_dsn(dsn, name)


async def drop_database(dsn: str, name: str) -> None:
    """Remove a database, whoever is connected to it."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    finally:
        await connection.close()
