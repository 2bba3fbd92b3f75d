"""Events have one order in which none comes late."""

import asyncio
import random
from uuid import UUID, uuid4  # noqa: TID251 - tests make identities too

from appointed.store.events import START, Cursor, Event, events_after
from people import MORNING
from proofs.raw import Ask, World, confirm, connect, end, new_world, perform, slot
from proofs.servers import Home


class Reader:
    """Reads on from where it was, a few at a time."""

    def __init__(self, home: Home, world: World, limit: int = 3) -> None:
        self._pool = home.context.pool
        self._tenant = world.tenant
        self._limit = limit
        self.seen: list[Event] = []

    @property
    def cursor(self) -> Cursor:
        return self.seen[-1].cursor if self.seen else START

    async def poll(self) -> int:
        """How many are new."""
        found = await events_after(self._pool, self._tenant, self.cursor, self._limit)
        self.seen += found
        return len(found)

    async def drain(self) -> None:
        while await self.poll():
            pass

    def kinds(self) -> list[tuple[UUID, str]]:
        return [(event.visit_id, event.kind) for event in self.seen]


def hold_of(world: World, number: int):
    return world.hold(Ask(world.exclusive[0], *slot(number)))


async def test_transactions_that_commit_in_reverse_order_lose_nothing(home: Home, world: World) -> None:
    """What the second wrote stays hidden while the first is open, since that one stands before it."""
    reader = Reader(home, world)
    early, late = [await connect(home.dsn) for _ in range(2)]
    first, second = (hold_of(world, number) for number in range(2))
    try:
        opened = early.transaction()
        await opened.start()
        await perform(early, world.tenant, MORNING, "hold", first)
        await perform(late, world.tenant, MORNING, "hold", second)
        assert await reader.poll() == 0
        await opened.commit()
        await reader.drain()
    finally:
        await early.close()
        await late.close()
    assert reader.kinds() == [(first["visit_id"], "held"), (second["visit_id"], "held")]


async def test_what_is_rolled_back_is_never_seen(home: Home, world: World) -> None:
    reader = Reader(home, world)
    connection = await connect(home.dsn)
    try:
        opened = connection.transaction()
        await opened.start()
        await perform(connection, world.tenant, MORNING, "hold", hold_of(world, 0))
        await opened.rollback()
        kept = hold_of(world, 1)
        await perform(connection, world.tenant, MORNING, "hold", kept)
        await reader.drain()
    finally:
        await connection.close()
    assert reader.kinds() == [(kept["visit_id"], "held")]


async def test_readers_that_poll_while_many_write_see_each_once_and_in_one_order(home: Home, world: World) -> None:
    """Writers keep their transactions open for a random while, so that numbers and commits go apart."""
    chance = random.Random(7)
    readers = [Reader(home, world, limit) for limit in (1, 3, 1000)]
    written: dict[UUID, list[str]] = {}
    writing = True

    async def write(number: int) -> None:
        connection = await connect(home.dsn)
        try:
            for turn in range(12):
                args = hold_of(world, 100 * number + turn)
                kinds = ["held"]
                opened = connection.transaction()
                await opened.start()
                await perform(connection, world.tenant, MORNING, "hold", args)
                for _ in range(chance.randrange(8)):
                    await connection.execute("SELECT 1")
                if chance.random() < 0.2:
                    await opened.rollback()
                    continue
                await opened.commit()
                for verb, call, kind in (("confirm", confirm, "confirmed"), ("end", end, "cancelled")):
                    if chance.random() < 0.6 or kind == "cancelled" == kinds[-1]:
                        await perform(connection, world.tenant, MORNING, verb, call(args))
                        kinds.append("released" if kind == "cancelled" and kinds == ["held"] else kind)
                written[args["visit_id"]] = kinds
        finally:
            await connection.close()

    async def read(reader: Reader) -> None:
        while writing:
            await reader.poll()

    reading = [asyncio.ensure_future(read(reader)) for reader in readers]
    await asyncio.gather(*(write(number) for number in range(8)))
    writing = False
    await asyncio.gather(*reading)
    for reader in readers:
        await reader.drain()
        cursors = [event.cursor for event in reader.seen]
        assert cursors == sorted(set(cursors))
        found: dict[UUID, list[str]] = {}
        for visit_id, kind in reader.kinds():
            found.setdefault(visit_id, []).append(kind)
        assert found == written
    assert readers[0].seen == readers[1].seen == readers[2].seen


async def test_a_call_that_ends_lapsed_visits_writes_all_of_it_in_order(home: Home, app, world: World) -> None:
    """The lapses come before what they made room for."""
    times = slot(0)
    old = [world.hold(Ask(pool, *times, 2), expires_at=MORNING) for pool in (*world.pools, *world.slotted)]
    for args in old:
        await perform(app, world.tenant, MORNING.replace(hour=1), "hold", args)
    new = world.hold(*(Ask(pool, *times, 2) for pool in (*world.pools, *world.slotted)))
    await perform(app, world.tenant, MORNING, "hold", new)
    reader = Reader(home, world)
    await reader.drain()
    assert reader.kinds()[:2] == [(args["visit_id"], "held") for args in old]
    lapsed = sorted(args["visit_id"] for args in old)
    assert reader.kinds()[2:] == [*((visit_id, "expired") for visit_id in lapsed), (new["visit_id"], "held")]


async def test_each_tenant_has_events_of_its_own(home: Home, app, world: World) -> None:
    other = await new_world(home.context)
    for one in (world, other):
        await perform(app, one.tenant, MORNING, "hold", hold_of(one, 0))
    reader = Reader(home, other)
    await reader.drain()
    assert len(reader.seen) == 1
    assert await events_after(home.context.pool, uuid4(), START) == []
