"""What a process keeps is as old as the answer and no older; and where it is older, it grants nothing."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from appointed.core.catalog import NEVER, PoolScope, Resource, Schedule, Service
from appointed.core.errors import SlotTaken
from appointed.store import tenants
from appointed.store.pool import Pool
from appointed.usecases import visits
from appointed.usecases.context import Catalogs, Context
from appointed.usecases.offers import Offers
from appointed.usecases.rosters import Rosters
from appointed.usecases.sharing import Sharing
from people import ALWAYS, MORNING, Person, new_owner, pool_resource, set_clock
from proofs.raw import MINUTE
from salon import Salon, at, minutes


@dataclass
class Glass:
    """A pool that shows what the facts were; `blind` keeps it from seeing that a resource moved.

    `late` is what the next facts wait for after they were read.
    """

    pool: Pool
    blind: bool = False
    late: asyncio.Event | None = None
    seen: list[dict[str, Any]] = field(default_factory=list)

    async def call(self, sql: str, *arguments: object) -> Any:
        answer = await self.pool.call(sql, *arguments)
        if "facts(" not in sql:
            return answer
        facts = json.loads(answer[0])
        if self.blind:
            facts.pop("occupied", None)
        self.seen.append(facts)
        if self.late is not None:
            late, self.late = self.late, None
            await late.wait()
        return [json.dumps(facts).encode(), *answer[1:]]

    def transaction(self, tenant):
        return self.pool.transaction(tenant)


def behind_glass(salon: Salon) -> tuple[Salon, Glass]:
    """A process of its own, whose reads can be watched."""
    glass = Glass(salon.context.pool)
    return replace(salon, context=Context(glass, salon.context.clock)), glass


def one_clerk(salon: Salon) -> tuple[Service, tuple[Resource, ...]]:
    clerks = salon.clerks(1)
    return salon.service(10, clerks), clerks


def two_clerks(salon: Salon) -> tuple[Service, tuple[Resource, ...]]:
    clerks = salon.clerks(2)
    return salon.service(10, clerks), clerks


def places_of_a_slot(salon: Salon) -> tuple[Service, tuple[Resource, ...]]:
    places = pool_resource(salon.branch.id, 2)
    return salon.service(10, [places]), (places,)


def places(salon: Salon) -> tuple[Service, tuple[Resource, ...]]:
    pool = pool_resource(salon.branch.id, 2, scope=PoolScope.OVERLAP)
    return salon.service(10, [pool]), (pool,)


@pytest.mark.parametrize("kind", [one_clerk, two_clerks, places_of_a_slot, places])
async def test_a_stale_process_can_offer_and_never_grant(salon: Salon, kind: Callable[[Salon], Any]) -> None:
    """It does not see that the versions moved: the slot is still on its list, and the database refuses it."""
    service, resources = kind(salon)
    await salon.put(service, *resources)
    stale, glass = behind_glass(salon)
    left = (await stale.offered(service))[0]
    for _ in range(left):
        await salon.elsewhere().hold(service)
    glass.blind = True
    assert (await stale.offered(service))[0] == left
    with pytest.raises(SlotTaken):
        await stale.hold(service)
    assert (await stale.offered(service))[0] == left
    (row,) = await salon.rows("SELECT count(*) AS claims FROM claim WHERE live")
    assert row["claims"] == left
    assert await salon.problems() == []
    glass.blind = False
    assert 0 not in await stale.offered(service)
    with pytest.raises(SlotTaken):
        await stale.hold(service)


async def test_what_another_process_did_is_seen_by_the_next_request(salon: Salon) -> None:
    """A hold, a confirmation that takes its end away, a move, a cancellation; in between nothing is read twice."""
    service, resources = two_clerks(salon)
    await salon.put(service, *resources)
    here, glass = behind_glass(salon)
    there = salon.elsewhere()
    assert (await here.offered(service))[0] == 2
    visit = await there.hold(service, lifetime=minutes(30))
    assert (await here.offered(service))[0] == 1
    await here.offered(service)
    assert "occupied" not in glass.seen[-1]
    caller = salon.person.caller
    await visits.confirm(there.context, caller, service.id, visit.id)
    await here.offered(service)
    await set_clock(salon.context, salon.person, MORNING + minutes(45))
    assert (await here.offered(service))[0] == 1
    change = visits.Change(lambda details: details, lambda _: (at(30), at(40)))
    await visits.change(there.context, caller, service.id, visit.id, change)
    found = await here.offered(service)
    assert (found[0], found[30]) == (2, 1)
    await visits.cancel(there.context, caller, service.id, visit.id)
    assert (await here.offered(service))[30] == 2


async def test_a_lapse_is_seen_though_nobody_writes(salon: Salon) -> None:
    """To the microsecond at which it comes, and the process need not read the claims again."""
    service, resources = one_clerk(salon)
    await salon.put(service, *resources)
    here, glass = behind_glass(salon)
    await salon.elsewhere().hold(service, lifetime=minutes(5))
    await salon.elsewhere().hold(service, start=20, lifetime=minutes(7))
    assert not {0, 20} & set(await here.offered(service))
    await set_clock(salon.context, salon.person, MORNING + minutes(5) - timedelta(microseconds=1))
    assert not {0, 20} & set(await here.offered(service))
    await set_clock(salon.context, salon.person, MORNING + minutes(5))
    found = await here.offered(service)
    assert (found.get(0), found.get(20)) == (1, None)
    assert "occupied" not in glass.seen[-1]
    await set_clock(salon.context, salon.person, MORNING + minutes(7))
    assert (await here.offered(service))[20] == 1
    assert "occupied" not in glass.seen[-1]
    assert (await here.hold(service)).items[0].starts_at == at(0)
    assert await salon.problems(MORNING + minutes(7)) == []


async def test_an_answer_that_was_overtaken_replaces_nothing_newer(salon: Salon) -> None:
    service, resources = one_clerk(salon)
    await salon.put(service, *resources)
    here, glass = behind_glass(salon)
    await here.offered(service)
    await salon.hold(service, start=30)
    released = glass.late = asyncio.Event()
    slow = asyncio.ensure_future(here.offered(service))
    while glass.late is not None:
        await asyncio.sleep(0)
    await salon.hold(service)
    # An equal question would wait for the slow one; this one has what the process keeps, and not its turn.
    beside = replace(here, context=replace(here.context, sharing=Sharing()))
    assert 0 not in await beside.offered(service)
    released.set()
    assert 0 in await slow
    assert 0 not in await here.offered(service)
    # It was not read again either.
    assert "occupied" not in glass.seen[-1]


async def test_a_process_that_keeps_hardly_anything_answers_the_same(salon: Salon) -> None:
    clerks = salon.clerks(3)
    known = [salon.service(10, clerks), salon.service(20, clerks[:2], clerks[1:]), salon.service(15, clerks[2:])]
    await salon.put(*known, *clerks)
    small = replace(
        salon, context=replace(salon.elsewhere().context, catalogs=Catalogs(1), rosters=Rosters(1), offers=Offers(1))
    )
    other = await new_owner(salon.context)
    for round_, service in enumerate((*known, *known)):
        await small.hold(service, start=round_ * 10, lifetime=minutes(5 + round_))
        await set_clock(salon.context, salon.person, MORNING + round_ * MINUTE)
        if round_ % 2:
            # Somebody else's questions push out what was kept.
            strange = replace(small, person=other)
            await strange.put(service, *clerks)
            await strange.offered(service)
        for asked in known:
            for parts in ((asked,), (asked, known[0])):
                assert await small.offered(*parts) == await salon.elsewhere().offered(*parts)
    assert await salon.problems(MORNING + 5 * MINUTE) == []


async def test_offers_of_another_minute_are_others(salon: Salon) -> None:
    """And within a minute: what has to be booked an hour ahead may be so up to the second."""
    service, resources = one_clerk(salon)
    service = replace(service, lead_time=minutes(60))
    await salon.put(service, *resources)
    assert next(iter(await salon.offered(service))) == 0
    for seconds, first in ((1, 5), (59, 5), (60, 5), (300, 5), (301, 10)):
        await set_clock(salon.context, salon.person, MORNING + timedelta(seconds=seconds))
        assert next(iter(await salon.offered(service))) == first, seconds
        assert next(iter(await salon.elsewhere().offered(service))) == first, seconds


async def test_offers_of_another_catalogue_are_others(salon: Salon) -> None:
    service, clerks = one_clerk(salon)
    await salon.put(service, *clerks)
    there = salon.elsewhere()
    assert await salon.offered(service)
    await there.put(replace(salon.branch, opening_hours=NEVER))
    assert await salon.offered(service) == {}
    await there.put(replace(salon.branch, opening_hours=ALWAYS))
    off = Schedule(week=())
    await there.put(replace(clerks[0], schedule=off))
    assert await salon.offered(service) == {}
    await there.put(replace(clerks[0], schedule=Schedule()), replace(service, grid=minutes(30)))
    assert await salon.offered(service) == {0: 1, 30: 1}


async def test_offers_of_other_questions_are_others(salon: Salon) -> None:
    """The same service for another party, another span, another order and another customer."""
    (clerk,) = salon.clerks(1)
    pool = pool_resource(salon.branch.id, 3)
    longer = salon.service(10, [clerk], per_extra_person=minutes(10), party_limit=3, grid=minutes(10))
    limited = salon.service(10, [pool], customer_daily_limit=1, grid=minutes(30))
    await salon.put(longer, limited, clerk, pool)
    await salon.hold(longer, start=40)
    for _ in range(2):
        assert await salon.offered(longer) == dict.fromkeys((0, 10, 20, 30, 50), 1)
        assert await salon.offered(longer, people=3) == dict.fromkeys((0, 10, 50), 1)
        assert await salon.offered(longer, first=30, minutes=30) == {30: 1, 50: 1}
        assert await salon.offered(longer, limited) == dict.fromkeys((0, 10, 20, 30, 50), 1)
        assert await salon.offered(limited, longer) == {0: 1}
        visit = await salon.hold(limited, customer="+4812")
        assert await salon.offered(limited, customer="+4812") == {}
        assert await salon.offered(limited, customer="+4813") == {0: 2, 30: 3}
        assert await salon.offered(limited) == {0: 2, 30: 3}
        await visits.cancel(salon.context, salon.person.caller, limited.id, visit.id)


async def test_tenants_that_ask_the_same_share_nothing(salon: Salon, charlie: Person) -> None:
    """Even where one's catalogue is the other's to the letter, ids included."""
    service, clerks = one_clerk(salon)
    theirs = replace(salon, person=charlie)
    for each in (salon, theirs):
        await each.put(service, *clerks)
    assert await salon.offered(service) == await theirs.offered(service)
    await salon.hold(service)
    for _ in range(2):
        assert 0 not in await salon.offered(service)
        assert 0 in await theirs.offered(service)
    await set_clock(salon.context, charlie, at(0))
    assert 5 in await theirs.offered(service)
    assert 0 not in await theirs.offered(service)
    assert (await salon.explained(service)).blocks
    await theirs.hold(service, start=5)
    assert 20 in await salon.offered(service)


async def test_a_sandbox_that_was_reset_is_empty_at_once(salon: Salon) -> None:
    """In every process, though as many visits as before are made."""
    service, clerks = one_clerk(salon)
    await salon.put(service, *clerks)
    there = salon.elsewhere()
    await there.hold(service, lifetime=minutes(5))
    assert 0 not in await salon.offered(service)
    async with salon.context.pool.transaction(salon.person.tenant) as tx:
        await tenants.reset_sandbox(tx, salon.person.tenant, MORNING)
    await there.hold(service, start=30)
    found = await salon.offered(service)
    assert 0 in found
    assert 30 not in found
