"""Any route of any dialect, asked in full: what it needs is in the rows of the authorisation test."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import uuid4  # noqa: TID251 - tests make identities too

import httpx

from adapters import ADAPTERS
from answers import check_answer
from appointed.dialects import DIALECTS
from appointed.usecases.context import Context
from appointed.wire.dialect import Dialect
from appointed.wire.route import Route
from authorisation_rows import Ids, Row
from people import Person, new_owner

ROUTES: Mapping[str, tuple[Dialect, Route]] = {
    f"{dialect.name}.{route.name}": (dialect, route) for dialect in DIALECTS for route in dialect.routes
}


@dataclass(frozen=True)
class Asker:
    """Somebody with one of everything, who asks a dialect's routes."""

    http: httpx.AsyncClient
    context: Context
    person: Person
    dialect: Dialect
    ids: Ids
    credential: Mapping[str, str]

    def row(self, route: Route) -> Row:
        return ADAPTERS[self.dialect.name].world.rows[route.name]

    def content(self, route: Route) -> bytes | None:
        """A body that the route accepts."""
        return self.row(route).content(self._known(route))

    def path(self, route: Route, **ids: str) -> str:
        """The path beneath the mount, with these ids in the place of one's own."""
        row = self.row(route)
        return route.path.format(**row.path, **{**self._known(route), **ids}) + row.query

    async def ask(self, route: Route, content: bytes | None = None, **headers: str) -> httpx.Response:
        """Ask the route for what is one's own."""
        return await self.send(route.method, self.path(route), content, **headers)

    async def send(self, method: str, path: str, content: bytes | None = None, **headers: str) -> httpx.Response:
        """Ask beneath the mount; whatever the answer is, the document has to have it."""
        given = {"X-Request-Id": "asked", **self.credential}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        answer = await self.http.request(method, self.dialect.mount + path, content=content, headers=given)
        check_answer(self.dialect, method, path, answer)
        return answer

    def _known(self, route: Route) -> Ids:
        return self.ids | {name: self.ids[other] for name, other in self.row(route).instead.items()}


async def new_asker(name: str, http: httpx.AsyncClient, context: Context) -> Asker:
    """Somebody new, with a dialect's own."""
    adapter, person = ADAPTERS[name], await new_owner(context)
    ids = dict(await adapter.world.ids(http, context, person))
    return Asker(http, context, person, adapter.dialect, ids, await adapter.headers(http, person))


def somewhere(dialect: Dialect) -> Mapping[str, tuple[str, set[str]]]:
    """Each path of a dialect, other spellings too, with ids that nobody has, and the methods that it has."""
    found: dict[str, tuple[str, set[str]]] = {}
    for route in dialect.routes:
        for template in (route.path, *route.also):
            path = template.format(**{name: str(uuid4()) for name in route.path_parameters})
            found.setdefault(template, (path, set()))[1].add(route.method)
    return found
