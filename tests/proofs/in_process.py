"""The application in process for those who are not asynchronous: it lives on a loop of its own, in a thread."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any, TypeVar

import httpx

from appointed.app import make_server
from appointed.store.pool import open_pool
from appointed.usecases.clock import system_clock
from appointed.usecases.context import Context

Found = TypeVar("Found")
Message = MutableMapping[str, Any]


class InProcess:
    """An ASGI application that may be called from any loop, and what is beneath it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, context: Context) -> None:
        self._loop = loop
        self.context = context
        self._server = make_server(context)

    def run(self, work: Coroutine[Any, Any, Found]) -> Found:
        """Do it over there and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    def client(self) -> httpx.AsyncClient:
        """For use over there."""
        return httpx.AsyncClient(transport=httpx.ASGITransport(self._server), base_url="http://appointed.test")

    async def __call__(
        self,
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        """One request with its whole body."""
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        sent: list[Message] = []

        async def answer() -> None:
            async def given() -> Message:
                return {"type": "http.request", "body": body, "more_body": False}

            async def keep(message: Message) -> None:
                sent.append(message)

            await self._server(scope, given, keep)

        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(answer(), self._loop))
        for message in sent:
            await send(message)


@contextmanager
def in_process(dsn: str) -> Iterator[InProcess]:
    """An application over a migrated database, ended afterwards."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def run(work: Coroutine[Any, Any, Found]) -> Found:
        return asyncio.run_coroutine_threadsafe(work, loop).result(60)

    try:
        pool = run(open_pool(dsn, 4))
        try:
            yield InProcess(loop, Context(pool, system_clock))
        finally:
            run(pool.close())
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
