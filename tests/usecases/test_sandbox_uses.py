"""A sandbox's clock, and its beginning again."""

from dataclasses import replace
from datetime import timedelta

import pytest

from appointed.core.caller import Scope
from appointed.core.errors import ClockGoesForward, NotASandbox, ScopeMissing
from appointed.usecases import sandbox
from appointed.usecases.context import Context
from appointed.usecases.sandbox import SandboxClock
from people import MORNING, new_owner
from proofs.raw import HOUR, MINUTE
from salon import Salon

SECOND = timedelta(seconds=1)


def later(context: Context, by: timedelta) -> Context:
    """The same process so much later."""
    now = context.clock() + by
    return replace(context, clock=lambda: now)


async def test_a_clock_stands_until_it_is_put_forward(salon):
    context, caller = salon.context, salon.person.caller
    assert await sandbox.read_clock(later(context, HOUR), caller) == SandboxClock(MORNING, running=False)
    put = await sandbox.set_clock(context, caller, MORNING + HOUR, running=False)
    assert put == await sandbox.read_clock(later(context, HOUR), caller) == SandboxClock(MORNING + HOUR, running=False)
    with pytest.raises(ClockGoesForward):
        await sandbox.set_clock(context, caller, MORNING + HOUR - SECOND, running=False)


async def test_a_running_clock_runs_and_does_not_go_back_to_where_it_was_put(salon):
    now, caller = later(salon.context, timedelta()), salon.person.caller
    assert await sandbox.set_clock(now, caller, None, running=True) == SandboxClock(MORNING, running=True)
    assert await sandbox.read_clock(later(now, HOUR), caller) == SandboxClock(MORNING + HOUR, running=True)
    with pytest.raises(ClockGoesForward):
        await sandbox.set_clock(later(now, HOUR), caller, MORNING + HOUR - SECOND, running=False)
    stopped = await sandbox.set_clock(later(now, HOUR), caller, None, running=False)
    assert stopped == await sandbox.read_clock(later(now, 2 * HOUR), caller)
    assert stopped == SandboxClock(MORNING + HOUR, running=False)


async def test_who_was_never_given_a_clock_has_the_servers(context):
    person = await new_owner(context, sandbox_at=None)
    at = context.clock()
    caller = replace(person.caller, sandbox=True)
    found = await sandbox.read_clock(replace(context, clock=lambda: at), caller)
    assert found == SandboxClock(at, running=True)


async def test_after_a_reset_everything_is_free_again_in_the_same_process(salon):
    clerks = salon.clerks(1)
    cut = salon.service(30, clerks)
    await salon.put(*clerks, cut)
    await salon.hold(cut, start=60)
    assert 60 not in await salon.offered(cut, minutes=120)
    assert await salon.why(cut, start=60) == {"claims"}
    await sandbox.set_clock(salon.context, salon.person.caller, MORNING + 3 * HOUR, running=False)
    assert await salon.offered(cut, minutes=60) == {}
    clock = await sandbox.reset(salon.context, salon.person.caller, MORNING)
    assert clock == SandboxClock(MORNING, running=False)
    assert 60 in await salon.offered(cut, minutes=120)
    assert await salon.why(cut, start=60) == set()
    visit = await salon.hold(cut, start=60)
    assert await salon.times(visit) == [(60, 90)]
    assert await salon.problems() == []


async def test_a_reset_without_an_instant_keeps_the_time(salon):
    now, caller = later(salon.context, timedelta()), salon.person.caller
    await sandbox.set_clock(now, caller, MORNING + HOUR, running=True)
    clock = await sandbox.reset(later(now, MINUTE), caller, None)
    assert clock == SandboxClock(MORNING + HOUR + MINUTE, running=False)
    assert await sandbox.read_clock(later(now, HOUR), caller) == clock


async def test_a_real_tenant_has_no_clock_to_put_and_is_never_reset(context):
    person = await new_owner(context, sandbox_at=None)
    salon = Salon(context, "", person)
    clerks = salon.clerks(1)
    cut = salon.service(30, clerks, past_slots_allowed=True)
    await salon.put(*clerks, cut)
    visit = await salon.hold(cut, start=60)
    for ask in (
        lambda: sandbox.read_clock(context, person.caller),
        lambda: sandbox.set_clock(context, person.caller, MORNING, running=True),
        lambda: sandbox.reset(context, person.caller, None),
    ):
        with pytest.raises(NotASandbox):
            await ask()
    # One who lies about it does not get past the database.
    with pytest.raises(NotASandbox):
        await sandbox.reset(context, replace(person.caller, sandbox=True), MORNING)
    assert await salon.times(visit) == [(60, 90)]


async def test_another_tenants_sandbox_stays_as_it_is(salon, context):
    clerks = salon.clerks(1)
    cut = salon.service(30, clerks)
    await salon.put(*clerks, cut)
    visit = await salon.hold(cut, start=60)
    stranger = await new_owner(context)
    await sandbox.set_clock(context, stranger.caller, MORNING + HOUR, running=True)
    await sandbox.reset(context, stranger.caller, None)
    assert await sandbox.read_clock(context, salon.person.caller) == SandboxClock(MORNING, running=False)
    assert await salon.times(visit) == [(60, 90)]


async def test_only_who_administers_touches_the_clock(salon):
    caller = replace(salon.person.caller, scopes=frozenset(Scope) - {Scope.ADMINISTER})
    for ask in (
        lambda: sandbox.read_clock(salon.context, caller),
        lambda: sandbox.set_clock(salon.context, caller, None, running=True),
        lambda: sandbox.reset(salon.context, caller, None),
    ):
        with pytest.raises(ScopeMissing):
            await ask()
