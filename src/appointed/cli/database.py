"""The database that a command works with."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from appointed.cli.console import NOT_READY, stop
from appointed.settings import Settings
from appointed.store.embedded import EmbeddedServer, EmbeddedServerError, attach_or_start


@dataclass(frozen=True, slots=True)
class Database:
    """Where it is, and the embedded server if it is that one."""

    dsn: str
    embedded: EmbeddedServer | None


@contextmanager
def database(settings: Settings) -> Generator[Database]:
    """The database of the settings: the one at DATABASE_URL and no other, or the embedded one, started if need be."""
    if settings.database_url is not None:
        yield Database(settings.database_url, None)
        return
    try:
        server = attach_or_start(settings.data_dir)
    except EmbeddedServerError as error:
        stop(str(error), NOT_READY)
    with server:
        yield Database(server.dsn, server)
