"""Several processes over one database, each with a memory and a clock of its own, that give out and judge tokens."""

import base64
import json
from datetime import datetime, timedelta
from typing import Any

import asyncpg

from appointed.core.caller import Caller, Scope
from appointed.core.errors import CredentialUnknown, StoreUnavailable
from appointed.store.pool import Pool
from appointed.usecases.context import Context
from appointed.usecases.keys import NewKey, create_key
from appointed.usecases.tokens import Token, identify_by_token, issue
from people import Person

HERE = "toy"
SECOND = timedelta(seconds=1)


class Process:
    """One here of several over the same database: its own memory, and a clock that is put forward by hand."""

    def __init__(self, pool: Pool, now: datetime) -> None:
        self.now = now
        self.context = Context(pool, lambda: self.now)

    def later(self, passed: timedelta) -> None:
        self.now += passed

    async def token(self, person: Person, **wanted: Any) -> Token:
        return await issue(
            self.context, audience=HERE, credential=str(person.caller.credential), secret=person.key, **wanted
        )

    async def caller(self, token: str, audience: str = HERE) -> Caller:
        return await identify_by_token(self.context, audience, token)

    async def refuses(self, token: str, audience: str = HERE) -> bool:
        try:
            await self.caller(token, audience)
        except CredentialUnknown:
            return True
        return False


class Counting(Pool):
    """Counts questions, and can be away."""

    def __init__(self, connections: "asyncpg.Pool[asyncpg.Record]") -> None:
        super().__init__(connections)
        self.asked = 0
        self.away = False

    async def rows(self, sql: str, *arguments: object) -> list[asyncpg.Record]:
        self.asked += 1
        if self.away:
            raise StoreUnavailable
        return await super().rows(sql, *arguments)


def unpacked(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def packed(value: object) -> str:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def parts_of(token: str) -> tuple[dict[str, Any], dict[str, Any], str]:
    header, claims, signature = token.split(".")
    return json.loads(unpacked(header)), json.loads(unpacked(claims)), signature


async def new_key(here: Process, alice: Person) -> tuple[NewKey, str]:
    made = await create_key(here.context, alice.caller, "website", {Scope.READ})
    given = await issue(here.context, audience=HERE, credential=str(made.key.id), secret=made.secret)
    return made, given.access_token
