"""The database that a command works with."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from appointed.cli.console import NOT_READY, stop
from appointed.settings import Settings
from appointed.store.embedded import EmbeddedServer, EmbeddedServerError, attach_or_start, exists


@dataclass(frozen=True, slots=True)
class Database:
    """Where it is, and the embedded server if it is that one."""

    dsn: str
    embedded: EmbeddedServer | None


@contextmanager
def database(settings: Settings, *, looking: bool = False) -> Generator[Database]:
    """The database of the settings: the one at DATABASE_URL and no other, or the embedded one, started if need be.

    Who is only `looking` makes no embedded one: where there is none, the process ends with a sentence.
    """
    if settings.database_url is not None:
        yield Database(settings.database_url, None)
        return
    if looking and not exists(settings.data_dir):
        stop(f"there is nothing yet in {settings.data_dir}: `appointed migrate` makes a database there", NOT_READY)
    try:
        server = attach_or_start(settings.data_dir)
    except EmbeddedServerError as error:
        stop(str(error), NOT_READY)
    with server:
        yield Database(server.dsn, server)
