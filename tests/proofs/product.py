"""The product as somebody starts it: a process that serves the demo over HTTP, and the database that it starts."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from appointed.store.embedded import attach_or_start

SOURCES = Path(__file__).parents[2] / "src"
START_SECONDS = 60


class Product:
    """One data directory and one port, through any number of starts."""

    def __init__(self, data_dir: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.data_dir = data_dir
        self.client = httpx.AsyncClient(timeout=30, limits=httpx.Limits(max_connections=16), trust_env=False)
        self._process: asyncio.subprocess.Process | None = None

    @property
    def demo(self) -> dict[str, Any]:
        """How to reach Ombori's demo."""
        return json.loads((self.data_dir / "demo.json").read_text())["ombori"]

    async def start(self, *arguments: str) -> None:
        """Start, and wait until it says that it is ready."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "appointed", "serve", *arguments),
            env={
                **{name: value for name, value in os.environ.items() if name != "DATABASE_URL"},
                "PYTHONPATH": str(SOURCES),
                "APPOINTED_PORT": str(self.port),
                "APPOINTED_DATA_DIR": str(self.data_dir),
            },
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said = b""
        async with asyncio.timeout(START_SECONDS):
            while b"listens" not in said:
                line = await self._process.stdout.readline()
                said += line
                assert line, said.decode()
            self._draining = asyncio.ensure_future(self._process.stdout.read())
            while not await self._ready():
                pass

    async def _ready(self) -> bool:
        with contextlib.suppress(httpx.TransportError):
            return (await self.client.get(f"http://127.0.0.1:{self.port}/health/ready")).status_code == 200
        return False

    def dsn(self) -> str:
        """The database, while it runs."""
        server = attach_or_start(self.data_dir)
        assert not server.owner
        return server.dsn

    def kill(self, *whom: str) -> None:
        """End processes as a crash does: the server, the database's main process, or both."""
        if "database" in whom:
            os.kill(self._database, signal.SIGKILL)
        if "server" in whom:
            self._process.kill()

    def find_database(self) -> None:
        """Note which process is the database, as long as it can be asked."""
        self._database = attach_or_start(self.data_dir).process

    async def ended(self) -> int:
        """Wait until the server is gone."""
        async with asyncio.timeout(START_SECONDS):
            await self._draining
            return await self._process.wait()

    async def stop(self) -> None:
        """End what runs, as Ctrl-C does."""
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(signal.SIGINT)
            await self.ended()
        await self.client.aclose()


@asynccontextmanager
async def product(data_dir: Path) -> AsyncIterator[Product]:
    """A product that is not started yet, and is stopped afterwards."""
    one = Product(data_dir)
    try:
        yield one
    finally:
        await one.stop()
