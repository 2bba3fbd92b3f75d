"""Whoever changes what happened is found out: by the chain of events, or by the seals on it."""

import asyncio
from collections.abc import Mapping
from uuid import UUID, uuid4  # noqa: TID251 - tests make identities too

import pytest

from appointed.core.audit import Break, Trouble
from appointed.core.ids import TenantId
from appointed.store import audit, tenants
from appointed.store.migrate import migrate, migrations
from appointed.usecases.audit import NOTHING_KEPT, open_ledger, verify
from databases import create_database, drop_database
from people import MORNING
from proofs.raw import FIVE, Ask, World, confirm, connect, end, new_world, outcome, perform, slot
from proofs.servers import Home

BEFORE_CHAINS = 22
MIDDLE = 1
HISTORY = "CREATE TABLE migration (number integer PRIMARY KEY, name text, digest bytea, applied_at timestamptz)"


async def breaks(dsn: str, tenant: UUID, kept: Mapping[int, bytes] = NOTHING_KEPT) -> list[Break]:
    async with open_ledger(dsn) as ledger:
        return [found async for found in verify(ledger, TenantId(tenant), lambda: None, kept)]


async def seal(home: Home, tenant: UUID) -> int:
    """How many events were sealed; whatever other transactions are open ends within the deadline."""
    for _ in range(1000):
        sealed = await audit.seal(home.context.pool, TenantId(tenant), MORNING)
        if sealed is not None:
            return sealed.events
    raise AssertionError("something stays open")


async def booked(app, world: World, number: int = 0) -> UUID:
    """A visit with three events."""
    args = world.hold(Ask(world.exclusive[0], *slot(number)))
    for verb, call in (("hold", args), ("confirm", confirm(args)), ("end", end(args))):
        assert "visit" in await perform(app, world.tenant, MORNING, verb, call)
    return args["visit_id"]


async def told(owner, world: World, number: int = 0) -> UUID:
    """A visit with three events, of which the later two have data."""
    args = world.hold(Ask(world.exclusive[0], *slot(number)))
    assert outcome(await perform(owner, world.tenant, MORNING, "hold", args)) == "held"
    for data in ('{"to": "one"}', '{"to": "two"}'):
        add = "SELECT event_add($1, $2, 'reassigned', $3, 'tester', $4)"
        await owner.execute(add, world.tenant, args["visit_id"], MORNING, data)
    return args["visit_id"]


async def row_of(owner, visit: UUID, position: int) -> tuple[int, int, int]:
    row = await owner.fetchrow("SELECT * FROM event WHERE visit_id = $1 AND position = $2", visit, position)
    return row["epoch"], int(row["xid"]), row["ordinal"]


async def tamper(owner, statement: str, *arguments: object) -> None:
    """As somebody who owns the database, and turns its constraints off."""
    async with owner.transaction():
        await owner.execute("SET LOCAL session_replication_role = replica")
        assert await owner.execute(statement, *arguments) in ("UPDATE 1", "DELETE 1")


async def test_all_that_visits_do_leaves_chains_and_seals_whole(home: Home, app, owner, world: World) -> None:
    """Lapses and moves too, and several visits in one call."""
    for number in range(3):
        await booked(app, world, number)
    old = world.hold(Ask(world.pools[0], *slot(9), 2), expires_at=MORNING)
    await perform(app, world.tenant, MORNING.replace(hour=1), "hold", old)
    new = world.hold(Ask(world.pools[0], *slot(9), 2))
    await perform(app, world.tenant, MORNING, "hold", new)
    await perform(app, world.tenant, MORNING, "move", world.move(new, Ask(world.pools[0], *slot(10), 2)))
    assert await seal(home, world.tenant) == 13
    await booked(app, world, 4)
    assert await seal(home, world.tenant) == 3
    assert await breaks(home.dsn, world.tenant) == []
    chains = await owner.fetch(
        "SELECT visit_id, array_agg(position ORDER BY position) AS positions FROM event WHERE tenant_id = $1"
        " GROUP BY visit_id",
        world.tenant,
    )
    assert sorted(row["positions"] for row in chains) == [[0, 1]] * 2 + [[0, 1, 2]] * 4


async def test_many_at_once_make_one_chain(home: Home, world: World) -> None:
    """What belongs to no visit waits for its turn; none is lost and none has two behind it."""

    async def note(number: int) -> None:
        async with home.context.pool.transaction(world.tenant) as tx:
            await audit.note(tx, world.tenant, "noted", MORNING, "tester", {"number": number})

    await asyncio.gather(*(note(number) for number in range(24)))
    found = await audit.own_events(home.context.pool, world.tenant, -1, 100)
    assert [event.position for event in found] == list(range(24))
    assert {event.data["number"] for event in found} == set(range(24))
    assert await breaks(home.dsn, world.tenant) == []


FLIPS = {
    "epoch": "epoch + 1",
    "xid": "(xid::text::bigint + (1::bigint << 40))::text::xid8",
    "ordinal": "ordinal + 65536",
    "visit_id": "gen_random_uuid()",
    "kind": "overlay(kind PLACING 'R' FROM 1 FOR 1)",
    "at": "at + interval '1 microsecond'",
    "actor": "actor || ' '",
    "position": "position + 256",
    "digest": "set_byte(digest, 0, (get_byte(digest, 0) + 1) % 256)",
    "previous": "set_byte(previous, 31, (get_byte(previous, 31) + 1) % 256)",
    "hash": "set_byte(hash, 16, (get_byte(hash, 16) + 1) % 256)",
}


@pytest.mark.parametrize("column", FLIPS)
async def test_a_changed_column_names_its_row(home: Home, owner, world: World, column: str) -> None:
    visit = await told(owner, world)
    await told(owner, world, 1)
    assert await breaks(home.dsn, world.tenant) == []
    hash_before = await owner.fetchval("SELECT hash FROM event WHERE visit_id = $1 AND position = $2", visit, MIDDLE)
    change = f"UPDATE event SET {column} = {FLIPS[column]} WHERE visit_id = $1 AND position = {MIDDLE} RETURNING *"
    async with owner.transaction():
        await owner.execute("SET LOCAL session_replication_role = replica")
        row = await owner.fetchrow(change, visit)
    assert (row["hash"] == hash_before) is (column != "hash")
    found = await breaks(home.dsn, world.tenant)
    named = Break(
        world.tenant,
        Trouble.CONTENT,
        (row["epoch"], int(row["xid"]), row["ordinal"]),
        row["visit_id"],
        row["position"],
    )
    assert named in found
    others = [each for each in found if each != named]
    moved_away = column in ("visit_id", "position")
    assert [each.trouble for each in others] == [Trouble.MISSING] * moved_away


async def test_changed_data_names_its_row(home: Home, owner, world: World) -> None:
    visit = await told(owner, world)
    place = await row_of(owner, visit, MIDDLE)
    await tamper(owner, 'UPDATE event SET data = \'{"to": "two"}\' WHERE visit_id = $1 AND position = 1', visit)
    assert await breaks(home.dsn, world.tenant) == [Break(world.tenant, Trouble.DATA, place, visit, MIDDLE)]


async def test_data_that_was_never_there_names_its_row(home: Home, owner, world: World) -> None:
    visit = await told(owner, world)
    place = await row_of(owner, visit, 0)
    await tamper(owner, "UPDATE event SET data = '{}' WHERE visit_id = $1 AND position = 0", visit)
    assert await breaks(home.dsn, world.tenant) == [Break(world.tenant, Trouble.DATA, place, visit, 0)]


async def test_data_may_go_only_where_an_event_says_so(home: Home, owner, world: World) -> None:
    visit = await told(owner, world)
    place = await row_of(owner, visit, MIDDLE)
    async with owner.transaction():
        await owner.execute("UPDATE event SET data = NULL WHERE visit_id = $1", visit)
    assert await breaks(home.dsn, world.tenant) == [Break(world.tenant, Trouble.ERASED, place, visit, MIDDLE)]
    await owner.execute("SELECT event_add($1, $2, 'erased', $3, 'tester')", world.tenant, visit, MORNING)
    assert await breaks(home.dsn, world.tenant) == []


async def test_a_row_that_went_to_another_tenant_is_missed_and_found(home: Home, owner, world: World) -> None:
    other = await new_world(home.context)
    visit = await told(owner, world)
    place, following = await row_of(owner, visit, MIDDLE), await row_of(owner, visit, 2)
    await tamper(owner, "UPDATE event SET tenant_id = $2 WHERE visit_id = $1 AND position = 1", visit, other.tenant)
    assert await breaks(home.dsn, world.tenant) == [Break(world.tenant, Trouble.MISSING, following, visit, 2)]
    assert await breaks(home.dsn, other.tenant) == [Break(other.tenant, Trouble.CONTENT, place, visit, MIDDLE)]


async def test_a_missing_row_is_named_by_the_one_after_it(home: Home, owner, world: World) -> None:
    for gone in (0, MIDDLE):
        visit = await told(owner, world, gone)
        following = await row_of(owner, visit, gone + 1)
        await tamper(owner, "DELETE FROM event WHERE visit_id = $1 AND position = $2", visit, gone)
        assert Break(world.tenant, Trouble.MISSING, following, visit, gone + 1) in await breaks(home.dsn, world.tenant)


async def test_a_cut_tail_is_named_by_its_seal(home: Home, app, owner, world: World) -> None:
    """The chain itself ends a little sooner and is whole. The seals beside it are not blamed."""
    first = await booked(app, world)
    await seal(home, world.tenant)
    visit = await booked(app, world, 1)
    await seal(home, world.tenant)
    await booked(app, world, 2)
    await seal(home, world.tenant)
    await tamper(owner, "DELETE FROM event WHERE visit_id = $1 AND position = 2", visit)
    (found,) = await breaks(home.dsn, world.tenant)
    assert (found.trouble, found.seal) == (Trouble.COUNT, 1)
    await tamper(owner, "DELETE FROM event WHERE visit_id = $1 AND position = 2", first)
    assert [each.seal for each in await breaks(home.dsn, world.tenant)] == [0, 1]


async def test_a_visit_without_its_events_is_named(home: Home, app, owner, world: World) -> None:
    visit = await booked(app, world)
    assert await seal(home, world.tenant) == 3
    async with owner.transaction():
        await owner.execute("DELETE FROM event WHERE visit_id = $1", visit)
    found = await breaks(home.dsn, world.tenant)
    assert [(each.trouble, each.visit, each.seal) for each in found] == [
        (Trouble.NO_EVENTS, visit, None),
        (Trouble.COUNT, None, 0),
    ]


async def test_a_visit_that_is_gone_as_a_whole_is_named_by_its_seal(home: Home, app, owner, world: World) -> None:
    visit = await booked(app, world)
    await booked(app, world, 1)
    assert await seal(home, world.tenant) == 6
    await owner.execute("DELETE FROM visit WHERE visit_id = $1", visit)
    assert [(each.trouble, each.seal) for each in await breaks(home.dsn, world.tenant)] == [(Trouble.COUNT, 0)]


async def test_a_chain_that_was_reckoned_anew_is_named_by_its_seal(home: Home, app, owner, world: World) -> None:
    """Whoever knows how the hashes are made can make a chain that is whole, but not that its seal was put on."""
    visit = await booked(app, world)
    await seal(home, world.tenant)
    await tamper(
        owner,
        "UPDATE event e SET actor = 'nobody', hash = event_hash(e.previous, e.tenant_id, e.visit_id, e.position,"
        " e.epoch, e.xid, e.ordinal, e.at, e.digest, e.kind, 'nobody') WHERE visit_id = $1 AND position = 2",
        visit,
    )
    assert [(each.trouble, each.seal) for each in await breaks(home.dsn, world.tenant)] == [(Trouble.SEALED, 0)]


async def test_seals_that_were_made_anew_are_not_those_that_were_kept(home: Home, app, owner, world: World) -> None:
    """Whoever owns the database can make everything fit, but not a hash that stands elsewhere."""
    visit = await booked(app, world)
    kept = await audit.seal(home.context.pool, world.tenant, MORNING)
    assert kept is not None
    await owner.execute("DELETE FROM visit WHERE visit_id = $1", visit)
    await owner.execute("DELETE FROM seal WHERE tenant_id = $1", world.tenant)
    await booked(app, world, 1)
    assert await breaks(home.dsn, world.tenant, {0: kept.hash}) == [Break(world.tenant, Trouble.KEPT, seal=0)]
    await seal(home, world.tenant)
    assert await breaks(home.dsn, world.tenant) == []
    (found,) = await breaks(home.dsn, world.tenant, {0: kept.hash})
    assert (found.trouble, found.seal) == (Trouble.KEPT, 0)


SEAL_FLIPS = {
    "number": "number + 256",
    "at": "at + interval '1 microsecond'",
    "events": "events + 1",
    "epoch": "epoch + 1",
    "xid": "(xid::text::bigint + 1)::text::xid8",
    "ordinal": "ordinal + 1",
    "previous": "set_byte(previous, 0, (get_byte(previous, 0) + 1) % 256)",
    "hash": "set_byte(hash, 0, (get_byte(hash, 0) + 1) % 256)",
}


@pytest.mark.parametrize("column", SEAL_FLIPS)
async def test_a_changed_seal_is_named(home: Home, app, owner, world: World, column: str) -> None:
    for number in range(3):
        await booked(app, world, number)
        await seal(home, world.tenant)
    assert await breaks(home.dsn, world.tenant) == []
    change = f"UPDATE seal SET {column} = {SEAL_FLIPS[column]} WHERE tenant_id = $1 AND number = 1 RETURNING number"
    number = await owner.fetchval(change, world.tenant)
    found = await breaks(home.dsn, world.tenant)
    assert number in {each.seal for each in found}
    if column not in ("number", "epoch", "xid"):
        assert {each.seal for each in found} == {number}


async def test_a_seal_that_is_gone_is_named_by_the_one_after_it(home: Home, app, owner, world: World) -> None:
    for number in range(3):
        await booked(app, world, number)
        await seal(home, world.tenant)
    await owner.execute("DELETE FROM seal WHERE tenant_id = $1 AND number = 1", world.tenant)
    assert [(each.trouble, each.seal) for each in await breaks(home.dsn, world.tenant)] == [(Trouble.MISSING, 2)]


async def test_a_seal_waits_for_what_may_still_come_before_it(home: Home, app, world: World) -> None:
    """An open transaction has the lower number: what a later one wrote is sealed only after it."""
    early = await connect(home.dsn)
    try:
        opened = early.transaction()
        await opened.start()
        await perform(early, world.tenant, MORNING, "hold", world.hold(Ask(world.exclusive[0], *slot(0))))
        await booked(app, world, 1)
        assert await audit.seal(home.context.pool, world.tenant, MORNING) is None
        await opened.commit()
    finally:
        await early.close()
    assert await seal(home, world.tenant) == 4
    assert await breaks(home.dsn, world.tenant) == []


async def test_a_sandbox_that_was_reset_is_whole(home: Home, app, world: World) -> None:
    await booked(app, world)
    async with home.context.pool.transaction(world.tenant) as tx:
        await audit.note(tx, world.tenant, "noted", MORNING, "tester")
    await seal(home, world.tenant)
    await booked(app, world, 1)
    async with home.context.pool.transaction(world.tenant) as tx:
        await tenants.reset_sandbox(tx, world.tenant, MORNING)
    assert await breaks(home.dsn, world.tenant) == []
    assert await audit.own_events(home.context.pool, world.tenant, -1, 10) == []
    await booked(app, world, 2)
    await seal(home, world.tenant)
    assert await breaks(home.dsn, world.tenant) == []


async def test_who_is_not_the_owner_is_told_so(home: Home) -> None:
    """Row-level security would show nothing at all, and nothing would be wrong with that."""
    with pytest.raises(audit.NotTheOwnerError):
        await breaks(f"{home.dsn}&role=appointed_app" if "?" in home.dsn else f"{home.dsn}?role=appointed_app", uuid4())


async def test_what_happened_before_there_were_chains_gets_them(home: Home) -> None:
    name = f"unchained_{uuid4().hex[:8]}"
    dsn = await create_database(home.server.dsn, name)
    owner = await connect(dsn, role=None)
    tenant, visits = uuid4(), [uuid4() for _ in range(3)]
    await owner.execute("CREATE SCHEMA appointed")
    await owner.execute(HISTORY)
    for migration in migrations():
        if migration.number < BEFORE_CHAINS:
            await owner.execute(migration.sql)
            applied = "INSERT INTO migration (number, name, digest) VALUES ($1, $2, $3)"
            await owner.execute(applied, migration.number, migration.name, migration.digest)
    await owner.execute("INSERT INTO tenant (tenant_id, name, created_at) VALUES ($1, 'old', $2)", tenant, MORNING)
    for visit in visits:
        await owner.execute(
            "INSERT INTO visit (tenant_id, visit_id, branch_id, state, origin, created_at, locale, party_size, claims)"
            " VALUES ($1, $2, $2, 'done', 'booking', $3, 'en', 1, 0)",
            tenant,
            visit,
            MORNING,
        )
    for number, kind in enumerate(("held", "confirmed", "reassigned", "done")):
        for visit in visits:
            await owner.execute(
                "SELECT event_add($1, $2, $3, $4, 'tester', $5)",
                tenant,
                visit,
                kind,
                MORNING + number * FIVE,
                '{"to": "somebody"}' if kind == "reassigned" else None,
            )
    assert BEFORE_CHAINS in [migration.number for migration in await migrate(dsn)]
    assert await breaks(dsn, tenant) == []
    await owner.execute("SELECT event_add($1, $2, 'undone', $3, 'tester')", tenant, visits[0], MORNING)
    assert await breaks(dsn, tenant) == []
    await owner.execute("UPDATE event SET actor = 'x' WHERE visit_id = $1 AND kind = 'confirmed'", visits[1])
    assert [each.visit for each in await breaks(dsn, tenant)] == [visits[1]]
    await owner.close()
    await drop_database(home.server.dsn, name)
