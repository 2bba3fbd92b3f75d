"""The commands as an operator runs them: processes of their own."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from server_processes import killed_at_end

SECONDS = 60


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def environment(data_dir: Path, **settings: str) -> dict[str, str]:
    """This environment without settings but these."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("APPOINTED_", "DATABASE_URL"))}
    return {
        **kept,
        "PYTHONPATH": os.pathsep.join(sys.path),
        "PYTHONUNBUFFERED": "1",
        "APPOINTED_DATA_DIR": str(data_dir),
        **settings,
    }


def run(data_dir: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """What a command said, and how it ended."""
    return subprocess.run(
        [sys.executable, "-m", "appointed", *arguments],
        env=environment(data_dir, **settings),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


class Serving:
    """`appointed serve`, once it listens. `said` is what it has printed so far."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process = process
        self.port = port
        self.said = ""
        self._reading = threading.Thread(target=self._read, daemon=True)
        self.listens = threading.Event()

    def _read(self) -> None:
        for line in self.process.stdout:
            self.said += line
            if "listens on" in line:
                self.listens.set()
        self.listens.set()

    def wait_until_it_listens(self) -> None:
        self._reading.start()
        assert self.listens.wait(SECONDS), self.said
        assert "listens on" in self.said, self.said

    def ended(self) -> int:
        """Its exit status, once it has one."""
        status = self.process.wait(SECONDS)
        self._reading.join(SECONDS)
        return status

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.ended()


@contextmanager
def serving(data_dir: Path, *arguments: str, port: int | None = None, **settings: str) -> Iterator[Serving]:
    """A server that listens, killed at the end if it still runs."""
    port = port or free_port()
    with killed_at_end(
        [sys.executable, "-m", "appointed", "serve", *arguments],
        env=environment(data_dir, APPOINTED_PORT=str(port), **settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        server = Serving(process, port)
        server.wait_until_it_listens()
        yield server


def databases_of(data_dir: Path) -> list[int]:
    """The living processes of the embedded database of a data directory, whatever their titles say."""
    cluster = str(data_dir.resolve() / "postgres")
    found: list[int] = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (process / "comm").read_text() == "postgres\n" and os.readlink(process / "cwd") == cluster:
                found.append(int(process.name))
    return found
