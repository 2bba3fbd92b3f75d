"""A load generator that costs little, since client, server and database share the machine.

`python -m bench.load` reads a plan as JSON from standard input, keeps a number of connections busy for its seconds and
prints what it saw as JSON, and as `busy` the share of a core that it took itself. It reads of an answer the status, the
length and, where a request follows from it, the id.
"""

import asyncio
import itertools
import json
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from time import perf_counter, process_time
from typing import Any

import uvloop

ID = b'"id":"'


class Plan:
    """The requests. `method`, each of `paths` in turn and one of `bodies` are what is repeated.

    `bodies` is a list to go through instead, each once, from the first. With `undo`, a path in which `ID` stands for
    the id in an answer, each answer that created something is followed by a PUT there. `keyed` sends a new
    Idempotency-Key each time.
    """

    def __init__(self, told: dict[str, Any]) -> None:
        self.port: int = told["port"]
        self.seconds: float = told["seconds"]
        self.warm_up: float = told["warm_up"]
        self.clients: int = told["clients"]
        self._told = told
        bodies: list[str] = told["bodies"]
        self._bodies: Iterator[str] = iter(bodies) if told["once"] else iter(lambda: random.choice(bodies), None)
        self._paths = itertools.cycle(told["paths"])
        self._keys = itertools.count()
        self._mark = f"{random.getrandbits(64):x}"

    def first(self) -> bytes:
        """The next request of the plan. Raises StopIteration after the last of `bodies`."""
        headers = f"Idempotency-Key: {self._mark}-{next(self._keys)}\r\n" if self._told["keyed"] else ""
        return self._request(self._told["method"], next(self._paths), headers, next(self._bodies))

    def after(self, status: int, answer: bytes) -> bytes:
        """The request that follows an answer."""
        if status != 201 or not self._told["undo"]:
            return self.first()
        start = answer.index(ID) + len(ID)
        return self._request("PUT", self._told["undo"].replace("ID", answer[start : start + 36].decode()), "", "")

    def _request(self, method: str, path: str, headers: str, body: str) -> bytes:
        credential = f"{self._told['credential']}\r\nContent-Type: application/json\r\n"
        length = f"Content-Length: {len(body)}\r\n" if method != "GET" else ""
        return f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{credential}{headers}{length}\r\n{body}".encode()


class Client(asyncio.Protocol):
    """One connection that asks again as soon as it is answered."""

    def __init__(self, plan: Plan, seen: Callable[[int, float, float, bytes], None]) -> None:
        self._plan = plan
        self._seen = seen
        self._buffer = b""
        self._sent = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport
        self._ask(self._plan.first())

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head = self._buffer.find(b"\r\n\r\n")
        if head < 0:
            return
        at = self._buffer.find(b"content-length: ") + 16
        end = head + 4 + int(self._buffer[at : self._buffer.index(b"\r", at)])
        if len(self._buffer) < end:
            return
        answer, self._buffer = self._buffer, b""
        status = int(answer[9:12])
        now = perf_counter()
        self._seen(status, self._sent, now, answer)
        self._ask(self._plan.after(status, answer))

    def _ask(self, request: bytes) -> None:
        self._sent = perf_counter()
        self._transport.write(request)


async def run(plan: Plan) -> dict[str, Any]:
    """Keep all clients busy and tell what was answered after the warm-up."""
    statuses: Counter[int] = Counter()
    waits: list[float] = []
    first = perf_counter() + plan.warm_up
    last = first + plan.seconds
    odd = b""

    def seen(status: int, sent: float, now: float, answer: bytes) -> None:
        nonlocal odd
        if status not in (200, 201, 409):
            odd = answer
        if first <= now < last:
            statuses[status] += 1
            waits.append(now - sent)

    loop = asyncio.get_running_loop()
    busy: list[float] = []
    loop.call_later(plan.warm_up, lambda: busy.append(process_time()))
    transports = [
        (await loop.create_connection(lambda: Client(plan, seen), "127.0.0.1", plan.port))[0]
        for _ in range(plan.clients)
    ]
    await asyncio.sleep(last - perf_counter())
    busy.append(process_time())
    for transport in transports:
        transport.abort()
    waits.sort()
    return {
        "statuses": {str(status): count for status, count in statuses.items()},
        "median_ms": 1000 * waits[len(waits) // 2] if waits else None,
        "p99_ms": 1000 * waits[len(waits) * 99 // 100] if waits else None,
        "busy": (busy[-1] - busy[-2]) / plan.seconds,
        "odd": odd.decode(errors="replace"),
    }


if __name__ == "__main__":
    print(json.dumps(uvloop.run(run(Plan(json.load(sys.stdin))))))
