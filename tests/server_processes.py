"""Looking at an embedded server from outside, and owning it from another process that may be killed."""

import asyncio
import contextlib
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import asyncpg

OWNER = """
import sys
from pathlib import Path
from appointed.store.embedded import attach_or_start
server = attach_or_start(Path(sys.argv[1]))
print(server.owner, server.process, server.dsn, flush=True)
sys.stdin.read()
server.stop()
"""


def until(condition, seconds=20.0):
    """Wait for a condition; fail when it does not come."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        threading.Event().wait(0.005)


def ask(dsn, statement):
    async def run():
        connection = await asyncpg.connect(dsn, timeout=10)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    return asyncio.run(run())


def gone(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state == "Z"


@contextlib.contextmanager
def killed_at_end(command, **options):
    with subprocess.Popen(command, **options) as process:
        try:
            yield process
        finally:
            process.kill()


def other_process(data_dir):
    """Another Python process that owns or attaches, killed at the end if it still runs."""
    return killed_at_end(
        [sys.executable, "-c", OWNER, str(data_dir)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        start_new_session=True,
    )


def told(process):
    owner, pid, dsn = process.stdout.readline().split()
    return owner == "True", int(pid), dsn
