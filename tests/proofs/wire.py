"""A relay between the driver and the server that counts what the driver asks for."""

import asyncio
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

_CODE_AND_LENGTH = 5


class Relay:
    """`messages` counts what went to the server by its code: P parse, B bind, E execute, S sync, Q query."""

    def __init__(self, target: str) -> None:
        self.messages: Counter[str] = Counter()
        self._target = target
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def calls(self) -> int:
        """The times that the driver waited for the server, each ended by a Sync, a Query or a Flush."""
        return self.messages["S"] + self.messages["Q"] + self.messages["H"]

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection in both directions."""
        from_server, to_server = await asyncio.open_unix_connection(self._target)
        tasks = [
            asyncio.ensure_future(self._count(reader, to_server)),
            asyncio.ensure_future(_pass(from_server, writer)),
        ]
        self._tasks.update(tasks)
        await asyncio.wait(tasks)
        self._tasks.difference_update(tasks)

    async def _count(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        length = int.from_bytes(first := await reader.readexactly(4))
        writer.write(first + await reader.readexactly(length - 4))
        try:
            while True:
                head = await reader.readexactly(_CODE_AND_LENGTH)
                self.messages[chr(head[0])] += 1
                writer.write(head + await reader.readexactly(int.from_bytes(head[1:]) - 4))
        except asyncio.IncompleteReadError:
            writer.close()


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
    writer.close()


@asynccontextmanager
async def relayed(dsn: str) -> AsyncIterator[tuple[str, Relay]]:
    """A DSN that leads to the same database by way of a relay."""
    parts = urlsplit(dsn)
    where = {name: value[0] for name, value in parse_qs(parts.query).items()}
    name = f".s.PGSQL.{where['port']}"
    relay = Relay(str(Path(where["host"]) / name))
    with tempfile.TemporaryDirectory(prefix="relay-") as directory:
        server = await asyncio.start_unix_server(relay.connected, Path(directory) / name)
        try:
            yield parts._replace(query=f"host={quote(directory)}&port={where['port']}").geturl(), relay
        finally:
            server.close()
