"""A sandbox: a tenant for trying things, whose clock can be put forward, and which can begin again."""

from datetime import datetime

from appointed.core.caller import Caller, Scope
from appointed.core.errors import ClockGoesForward, NotASandbox
from appointed.store.audit import note
from appointed.store.clocks import SandboxClock
from appointed.store.clocks import read_clock as stored_clock
from appointed.store.tenants import reset_sandbox
from appointed.store.tenants import set_clock as put_clock
from appointed.usecases.context import Context

__all__ = ["SandboxClock", "read_clock", "reset", "set_clock"]


async def read_clock(context: Context, caller: Caller) -> SandboxClock:
    """What the sandbox's clock shows now. Raises NotASandbox, ScopeMissing."""
    caller.require(Scope.ADMINISTER)
    _require_sandbox(caller)
    async with context.pool.transaction(caller.tenant) as tx:
        return await stored_clock(tx, caller.tenant, context.clock())


async def set_clock(context: Context, caller: Caller, instant: datetime | None, *, running: bool) -> SandboxClock:
    """Put the clock forward to an instant, or leave it where it is, and let it run from there or stand.

    Raises ClockGoesForward for an instant before the one that it shows, NotASandbox, ScopeMissing.
    """
    caller.require(Scope.ADMINISTER)
    _require_sandbox(caller)
    async with context.pool.transaction(caller.tenant) as tx:
        at = context.clock()
        before = await stored_clock(tx, caller.tenant, at)
        instant = before.instant if instant is None else instant
        if instant < before.instant:
            raise ClockGoesForward
        await put_clock(tx, caller.tenant, instant, at if running else None)
    return SandboxClock(instant, running)


async def reset(context: Context, caller: Caller, instant: datetime | None) -> SandboxClock:
    """Take every visit and customer away with all that is theirs; the clock stands at an instant, or the one it shows.

    The catalogue and the keys stay. Raises NotASandbox, ScopeMissing.
    """
    caller.require(Scope.ADMINISTER)
    _require_sandbox(caller)
    async with context.pool.transaction(caller.tenant) as tx:
        at = context.clock()
        if instant is None:
            instant = (await stored_clock(tx, caller.tenant, at)).instant
        await reset_sandbox(tx, caller.tenant, instant)
        await note(tx, caller.tenant, "sandbox_reset", at, caller.actor, {"instant": instant})
    return SandboxClock(instant, running=False)


def _require_sandbox(caller: Caller) -> None:
    if not caller.sandbox:
        raise NotASandbox
