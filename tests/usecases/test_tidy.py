"""Tidying marks what has lapsed, of every tenant by its own clock, and never a hold without a lifetime."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from appointed.core.visit import Visit
from appointed.store.pool import WORKER_ROLE, Pool, open_pool
from appointed.usecases.context import Context
from appointed.usecases.holds import hold
from appointed.usecases.tidy import tidy
from appointed.worker.jobs import jobs
from appointed.worker.loop import work_once
from people import MORNING, new_owner, set_clock
from proofs.raw import MINUTE, connect
from salon import Salon, wish

LIFETIME = 15 * MINUTE


@pytest_asyncio.fixture(loop_scope="session")
async def finder(dsn: str) -> AsyncIterator[Pool]:
    """A pool of the worker's role."""
    pool = await open_pool(dsn, 1, role=WORKER_ROLE)
    yield pool
    await pool.close()


async def states(salon: Salon, *held: Visit) -> list[str]:
    """The states as they stand in the tables, with how many claims are live."""
    owner = await connect(salon.dsn, role=None)
    try:
        sql = (
            "SELECT state::text || ' ' || (SELECT count(*) FROM claim c WHERE c.live AND c.visit_id = v.visit_id"
            " AND c.tenant_id = v.tenant_id) FROM visit v WHERE v.tenant_id = $1 AND v.visit_id = $2"
        )
        return [await owner.fetchval(sql, salon.person.tenant, visit.id) for visit in held]
    finally:
        await owner.close()


@pytest.fixture
async def three(salon: Salon) -> tuple[Visit, Visit, Visit]:
    """A hold that lapses after a quarter of an hour, one that never does, as Ombori's, and one that lapses later."""
    clerks = salon.clerks(3)
    service = salon.service(30, clerks)
    await salon.put(service, *clerks)
    taken = [
        await hold(salon.context, salon.person.caller, wish(service, lifetime=lifetime))
        for lifetime in (LIFETIME, None, 3 * LIFETIME)
    ]
    return taken[0], taken[1], taken[2]


async def test_what_has_lapsed_is_marked_and_a_hold_without_end_is_not(salon: Salon, finder: Pool, three) -> None:
    await set_clock(salon.context, salon.person, MORNING + LIFETIME)
    await tidy(salon.context, finder)
    assert await states(salon, *three) == ["expired 0", "held 1", "held 1"]
    await set_clock(salon.context, salon.person, MORNING + timedelta(days=10_000))
    await tidy(salon.context, finder)
    assert await states(salon, *three) == ["expired 0", "held 1", "expired 0"]


async def test_a_clock_that_stands_lets_nothing_lapse(salon: Salon, finder: Pool, three) -> None:
    """Whatever the server's clock says."""
    late = Context(salon.context.pool, lambda: salon.context.clock() + timedelta(days=9))
    await tidy(late, finder)
    assert await states(salon, *three) == ["held 1"] * 3


async def test_one_pass_does_all_tenants(context: Context, dsn: str, finder: Pool) -> None:
    salons = [Salon(context, dsn, await new_owner(context)) for _ in range(3)]
    held: list[Visit] = []
    for salon in salons:
        (clerk,) = salon.clerks(1)
        service = salon.service(30, (clerk,))
        await salon.put(service, clerk)
        held.append(await hold(context, salon.person.caller, wish(service, lifetime=LIFETIME)))
        await set_clock(context, salon.person, MORNING + LIFETIME)
    await work_once({"tidy": jobs(context, finder)["tidy"]})
    assert [await states(salon, visit) for salon, visit in zip(salons, held, strict=True)] == [["expired 0"]] * 3
    assert (await tidy(context, finder)).tenants == 0
