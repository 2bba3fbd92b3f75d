"""What the authorisation test has to know of a dialect to ask each of its routes."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import httpx

from appointed.usecases.context import Context
from people import Person

Ids = Mapping[str, str]


@dataclass(frozen=True)
class Row:
    """How to ask a route so that nothing but its caller can be wrong.

    `ids` names the ids in its path, `path` gives the rest of it; a body may be made of the ids. `instead` names another
    of the world's ids for one in the path.
    """

    ids: tuple[str, ...] = ()
    body: bytes | Callable[[Ids], bytes] | None = None
    success: int = 200
    path: Mapping[str, str] = field(default_factory=dict)
    query: str = ""
    instead: Mapping[str, str] = field(default_factory=dict)

    def content(self, ids: Ids) -> bytes | None:
        return self.body(ids) if callable(self.body) else self.body


@dataclass(frozen=True)
class World:
    """A dialect's rows by the names of its routes, how its key is sent, and ids by the names in its paths.

    `ids` makes what the routes need for somebody; `own` gives what another has of the same kind, as far as it has it.
    `sent` tells what somebody sends with a call where that is not just the key.
    """

    rows: Mapping[str, Row]
    headers: Callable[[str], dict[str, str]]
    ids: Callable[[httpx.AsyncClient, Context, Person], Awaitable[Ids]]
    own: Callable[[Context, Person], Awaitable[Ids]]
    sent: Callable[[httpx.AsyncClient, Person], Awaitable[dict[str, str]]] | None = None

    async def credential(self, http: httpx.AsyncClient, who: Person | str) -> dict[str, str]:
        """The headers of somebody, or of whoever has a secret."""
        if isinstance(who, str) or self.sent is None:
            return self.headers(who if isinstance(who, str) else who.key)
        return await self.sent(http, who)
