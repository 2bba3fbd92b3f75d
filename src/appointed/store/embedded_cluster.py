"""What the embedded server keeps on disk and leaves in the list of processes, and how both are put in order.

Everything here is called by the process that holds the lock of the data directory, or only reads.
"""

import contextlib
import errno
import hashlib
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from appointed.store import embedded_child

PORT = 5432
"""Only a part of the socket's name: the server listens on no network address."""

ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
"""All that the server's programs get of the environment, so that no PG variable of the caller's reaches them."""

STOP_SECONDS = 30.0
"""How long a fast stop may take before the server is told to stop without a checkpoint."""

KILL_SECONDS = 5.0
POLL_SECONDS = 0.005

_PROGRAM = "postgres"
_PREFIX = "appointed-"
_PARTIAL = "postgres.new-"
_INITDB_SECONDS = 300.0
_ORPHAN_SECONDS = 0.5
_LOW_DISK_BYTES = 32 * 2**20
_SOCKET_NAME = f".s.PGSQL.{PORT}"
_SOCKET_PATH_BYTES = 107 if sys.platform == "linux" else 103
_FIRST_WITH_BUILTIN_LOCALES = 17
_CHOOSE = "choose another APPOINTED_DATA_DIR"


class EmbeddedServerError(Exception):
    """The embedded server cannot be had. The message says what to do."""


@dataclass(frozen=True)
class Places:
    """The files of one data directory, whose path is absolute and free of links."""

    root: Path

    @property
    def lock(self) -> Path:
        return self.root / "lock"

    @property
    def cluster(self) -> Path:
        return self.root / "postgres"

    @property
    def log(self) -> Path:
        return self.root / "postgres.log"

    @property
    def socket(self) -> Path:
        return self.root / "postgres-socket"

    @property
    def socket_elsewhere(self) -> Path:
        """The file that remembers a socket directory which could not stand below the root."""
        return self.root / "postgres-socket.path"

    @property
    def mark(self) -> str:
        """The cluster's name, which stands in the command line of each of its processes."""
        return f"{_PREFIX}{hashlib.sha256(os.fsencode(self.root)).hexdigest()[:16]}"


@dataclass(frozen=True)
class User:
    """Whom the server runs as when we are root."""

    uid: int
    gid: int


@dataclass(frozen=True)
class Running:
    """A server by its main process and the directory of its socket."""

    process: int
    socket: str

    @property
    def socket_file(self) -> str:
        return f"{self.socket}/{_SOCKET_NAME}"


def read_running(places: Places) -> Running | None:
    """What the server wrote when it became ready, or None. It may be a dead server's."""
    try:
        lines = (places.cluster / "postmaster.pid").read_text(errors="surrogateescape").splitlines()
    except FileNotFoundError:
        return None
    if len(lines) < 8 or lines[7].strip() != "ready":
        return None
    return Running(int(lines[0]), lines[4])


def command(death_signal: signal.Signals, user: User | None, writes: list[Path], program: list[str]) -> list[str]:
    """The command line that runs a program through the child, which gets the signal when this thread ends."""
    keep = embedded_child.CAP_DAC_READ_SEARCH
    if not Path(program[0]).stat().st_mode & stat.S_IXOTH:
        keep = embedded_child.CAP_DAC_OVERRIDE
    uid, gid = (user.uid, user.gid) if user is not None else (-1, -1)
    numbers = (os.getpid(), death_signal.value, uid, gid, keep, len(writes))
    child = [sys.executable, "-I", "-S", embedded_child.__file__]
    return [*child, *map(str, numbers), *map(str, writes), *program]


def server_user(places: Places) -> User | None:
    """None unless we are root; else the owner of the cluster, or `nobody` for a new one."""
    if os.geteuid() != 0:
        return None
    if not places.cluster.exists():
        nobody = pwd.getpwnam("nobody")
        return User(nobody.pw_uid, nobody.pw_gid)
    found = places.cluster.stat()
    if found.st_uid == 0:
        raise EmbeddedServerError(
            f"{places.cluster} belongs to root, as whom no database runs: chown -R nobody {places.cluster}"
        )
    return User(found.st_uid, found.st_gid)


def make_cluster(places: Places, binaries: Path) -> None:
    """Make the cluster if there is none. It appears whole or not at all. Raises EmbeddedServerError."""
    for partial in places.root.glob(f"{_PARTIAL}*"):
        shutil.rmtree(partial, ignore_errors=True)
    major = _major(binaries)
    if places.cluster.exists():
        _refuse_other_version(places, major)
        return
    user = server_user(places)
    with contextlib.ExitStack() as undo:
        partial = Path(tempfile.mkdtemp(prefix=_PARTIAL, dir=places.root))
        undo.callback(shutil.rmtree, partial, ignore_errors=True)
        _give(partial, user)
        _run_initdb(places, partial, binaries, major, user)
        partial.rename(places.cluster)
    root = os.open(places.root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(root)
    finally:
        os.close(root)


def _run_initdb(places: Places, partial: Path, binaries: Path, major: int, user: User | None) -> None:
    locale = ["--locale=C"]
    if major >= _FIRST_WITH_BUILTIN_LOCALES:
        locale += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    access = ["--username=postgres", "--auth-local=trust", "--auth-host=reject"]
    program = [str(binaries / "initdb"), "-D", str(partial), "--encoding=UTF8", *locale, *access, "--no-instructions"]
    try:
        done = subprocess.run(
            command(signal.SIGKILL, user, [partial], program),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd="/",
            env=ENVIRONMENT,
            start_new_session=True,
            timeout=_INITDB_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise EmbeddedServerError(f"making {places.cluster} took over {_INITDB_SECONDS:.0f} seconds") from error
    if done.returncode != 0:
        raise EmbeddedServerError(explain_failure("initdb failed", done.stdout.decode(errors="replace"), places))


def _major(binaries: Path) -> int:
    said = subprocess.run(
        [str(binaries / _PROGRAM), "--version"], stdout=subprocess.PIPE, cwd="/", env=ENVIRONMENT, check=False
    ).stdout.decode(errors="replace")
    number = said.partition(") ")[2].partition(".")[0]
    if not number.isdecimal():
        raise EmbeddedServerError(f"{binaries / _PROGRAM} does not run on this machine, it said: {said.strip()!r}")
    return int(number)


def _refuse_other_version(places: Places, major: int) -> None:
    try:
        made_by = (places.cluster / "PG_VERSION").read_text().strip()
    except FileNotFoundError as error:
        raise EmbeddedServerError(
            f"{places.cluster} is no PostgreSQL data directory: move it away, or {_CHOOSE}"
        ) from error
    if made_by != str(major):
        raise EmbeddedServerError(
            f"{places.cluster} was made by PostgreSQL {made_by}, and this release brings PostgreSQL {major}: dump it "
            f"with {made_by} and load the dump into a new data directory, or {_CHOOSE}"
        )


def _give(path: Path, user: User | None) -> None:
    if user is not None:
        os.chown(path, user.uid, user.gid)


def make_socket_directory(places: Places, user: User | None) -> Path:
    """A directory only the server's user enters, below the root or, where that path is too long, elsewhere."""
    directory = places.socket
    if _fits(directory):
        directory.mkdir(mode=0o700, exist_ok=True)
        directory.chmod(0o700)
        _give(directory, user)
    else:
        directory = _remembered_socket_directory(places, user) or _new_socket_directory(places, user)
    for stale in (_SOCKET_NAME, f"{_SOCKET_NAME}.lock"):
        (directory / stale).unlink(missing_ok=True)
    return directory


def _fits(directory: Path) -> bool:
    # A comma separates directories in the server's setting and hosts in a database URL.
    path = os.fsencode(directory / _SOCKET_NAME)
    return len(path) <= _SOCKET_PATH_BYTES and not set(path) & set(b",\n")


def _remembered_socket_directory(places: Places, user: User | None) -> Path | None:
    try:
        directory = Path(places.socket_elsewhere.read_text(errors="surrogateescape"))
        found = directory.lstat()
    except FileNotFoundError:
        return None
    owner = user.uid if user is not None else os.geteuid()
    private = stat.S_ISDIR(found.st_mode) and stat.S_IMODE(found.st_mode) == 0o700 and found.st_uid == owner
    return directory if private and directory.name.startswith(_PREFIX) else None


def _new_socket_directory(places: Places, user: User | None) -> Path:
    for parent in (tempfile.gettempdir(), "/tmp"):
        if not _fits(Path(parent) / f"{_PREFIX}12345678"):
            continue
        directory = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
        _give(directory, user)
        places.socket_elsewhere.write_text(str(directory), errors="surrogateescape")
        return directory
    raise EmbeddedServerError(f"the path {places.socket} is too long for a socket: {_CHOOSE}")


def forget_socket_directory(places: Places) -> None:
    """Remove a socket directory that stands elsewhere."""
    directory = _remembered_socket_directory(places, server_user(places))
    if directory is not None:
        shutil.rmtree(directory, ignore_errors=True)
    places.socket_elsewhere.unlink(missing_ok=True)


def processes(places: Places) -> dict[int, bool]:
    """The living processes of this cluster's server by pid, and whether each is the main one."""
    mark = places.mark.encode()
    return {pid: not line.startswith(b"postgres: ") for pid, line in _command_lines().items() if mark in line}


def _command_lines() -> dict[int, bytes]:
    """The command lines of all living processes named postgres, by pid."""
    return _command_lines_linux() if sys.platform == "linux" else _command_lines_elsewhere()


def _command_lines_linux() -> dict[int, bytes]:
    # By name and command line, which anybody may read; a container's root may not read another user's `cwd`.
    found: dict[int, bytes] = {}
    for entry in os.scandir("/proc"):
        if not entry.name.isdecimal():
            continue
        with contextlib.suppress(FileNotFoundError, ProcessLookupError, PermissionError):
            if Path(entry.path, "comm").read_bytes().strip() == _PROGRAM.encode():
                found[int(entry.name)] = Path(entry.path, "cmdline").read_bytes()
    return {pid: line for pid, line in found.items() if line}


def _command_lines_elsewhere() -> dict[int, bytes]:
    listed = subprocess.run(["ps", "-axww", "-o", "pid=,command="], stdout=subprocess.PIPE, check=True).stdout
    pairs = (line.split(maxsplit=1) for line in listed.splitlines())
    lines = {int(pair[0]): pair[1] for pair in pairs if len(pair) == 2}
    name = _PROGRAM.encode()
    return {pid: line for pid, line in lines.items() if line.split()[0].rstrip(b":").split(b"/")[-1] == name}


def end_remains(places: Places) -> None:
    """End what an owner that died left running, and clear a pid that now belongs to somebody else.

    Raises EmbeddedServerError where something cannot be ended.
    """
    found = processes(places)
    if found and not any(found.values()):
        # Backends whose main process died end by themselves, unless they are busy.
        _wait_gone(places, _ORPHAN_SECONDS)
    for wanted, seconds in (
        (signal.SIGINT, STOP_SECONDS),
        (signal.SIGQUIT, KILL_SECONDS),
        (signal.SIGKILL, KILL_SECONDS),
    ):
        found = processes(places)
        main = [pid for pid, is_main in found.items() if is_main]
        if wanted == signal.SIGINT and not main:
            continue
        for pid in main if main and wanted != signal.SIGKILL else found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, wanted)
        if _wait_gone(places, seconds):
            _clear_foreign_pid(places)
            return
    pids = " ".join(map(str, processes(places)))
    raise EmbeddedServerError(f"the last run's database processes do not end: kill -9 {pids}, then start again")


def _wait_gone(places: Places, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while processes(places):
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def _clear_foreign_pid(places: Places) -> None:
    """Remove `postmaster.pid` if its pid is another program's or nobody has collected the dead one.

    Both are common in containers, and PostgreSQL takes either for a running server.
    """
    pid_file = places.cluster / "postmaster.pid"
    try:
        pid = int(pid_file.read_text(errors="surrogateescape").split(maxsplit=1)[0])
    except FileNotFoundError:
        return
    except (ValueError, IndexError):
        pid_file.unlink()
        return
    if pid not in _command_lines() and _exists(pid):
        pid_file.unlink()


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def explain(error: OSError, places: Places) -> str:
    """What to do about a file or program that could not be used."""
    if error.errno == errno.ENOSPC:
        return _disk_full(places)
    what = f"{error.filename or places.root}: {error.strerror}"
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"{what}: start as the user who owns {places.root}, or {_CHOOSE}"
    return f"the embedded database cannot use {what}"


def explain_failure(what: str, said: str, places: Places) -> str:
    """What to do about a program that ended, by its last words."""
    if "No space left on device" in said or _free_bytes(places) < _LOW_DISK_BYTES:
        return _disk_full(places)
    words = "\n".join(said.strip().splitlines()[-12:])
    return f"{what} in {places.root}; its last words:\n{words}"


def _disk_full(places: Places) -> str:
    free = _free_bytes(places) // 2**20
    return f"the disk that holds {places.root} is full ({free} MiB free): free some space and start again"


def _free_bytes(places: Places) -> int:
    return shutil.disk_usage(places.root).free
