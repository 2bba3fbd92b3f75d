"""Who is asking: a key and an access token, both known already, and a token that was never seen before."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import perf_counter

import uvloop

from appointed.core.caller import Caller, Scope
from appointed.core.ids import CredentialId, TenantId
from appointed.store import tenants
from appointed.store.pool import open_pool
from appointed.usecases.clock import new_id, system_clock
from appointed.usecases.context import Context
from appointed.usecases.identify import identify
from appointed.usecases.tokens import identify_by_token, issue
from bench.case import Case, Sample
from bench.world import TENANT, World

AUDIENCE = "bench"
SECRET = "a secret of the benchmark"
AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class _Asking:
    """A process that has a key and a token for it."""

    context: Context
    token: str

    async def key(self) -> Caller:
        return await identify(self.context, SECRET)

    async def known(self) -> Caller:
        return await identify_by_token(self.context, AUDIENCE, self.token)

    async def new(self) -> Caller:
        self.context.tokens.verified.clear()
        return await self.known()


def cases(world: World) -> list[Case]:
    """The cases, the key first."""

    def case(name: str, what: str, who: Callable[[_Asking], Callable[[], Awaitable[Caller]]]) -> Case:
        baseline = None if name == "key-check" else "key-check"
        return Case(name, what, lambda seconds: _run(world, who, seconds), baseline)

    return [
        case("key-check", "who has this key, without HTTP; known already", lambda asking: asking.key),
        case("token-check", "who has this access token; known already", lambda asking: asking.known),
        case("token-first", "the same for a token that was never seen", lambda asking: asking.new),
    ]


def _run(world: World, who: Callable[[_Asking], Callable[[], Awaitable[Caller]]], seconds: float) -> Sample:
    return uvloop.run(_measure(world.dsn, who, seconds))


async def _measure(dsn: str, who: Callable[[_Asking], Callable[[], Awaitable[Caller]]], seconds: float) -> Sample:
    pool = await open_pool(dsn, 1)
    try:
        ask = who(await _asking(Context(pool, system_clock)))
        await ask()
        done, started = 0, perf_counter()
        while (passed := perf_counter() - started) < seconds:
            for _ in range(AT_ONCE):
                await ask()
            done += AT_ONCE
            await asyncio.sleep(0)
    finally:
        await pool.close()
    return Sample(done / passed)


async def _asking(context: Context) -> _Asking:
    tenant, credential = TenantId(TENANT), CredentialId(new_id())
    async with context.pool.transaction(tenant) as tx:
        # One secret for whichever credential came last: the others are nobody's.
        await tx.execute("DELETE FROM credential WHERE key_hash = $1", tenants.hash_key(SECRET))
        given = (credential, SECRET, "benchmark", frozenset(Scope), context.clock())
        await tenants.add_credential(tx, tenant, *given)
    token = await issue(context, audience=AUDIENCE, credential=str(credential), secret=SECRET)
    return _Asking(context, token.access_token)
