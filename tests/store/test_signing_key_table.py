"""The keys that sign tokens belong to no tenant: nobody is given the table, its functions give what they have to."""

import asyncio
from datetime import datetime, timedelta
from uuid import uuid4  # noqa: TID251 - tests make identities too

import asyncpg
import pytest

from appointed.store.pool import ROLE, WORKER_ROLE
from people import MORNING
from proofs.raw import World, connect
from proofs.servers import Home
from test_overbooked_under_locks import connections, until_it_waits

FUNCTIONS = (
    "credential_grant(uuid, bytea)",
    "credentials_changed(timestamptz)",
    "signing_keys(timestamptz)",
    "signing_key_add(timestamptz, uuid, bytea, interval, interval, interval)",
    "signing_keys_end(timestamptz)",
)
LONG = timedelta(days=1)
SECOND = timedelta(seconds=1)


async def test_no_role_has_the_table(owner, home: Home, app) -> None:
    """Whoever serves makes keys and reads them by functions alone, and cannot change one."""
    for role in (ROLE, WORKER_ROLE):
        for verb in ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES"):
            assert not await owner.fetchval("SELECT has_table_privilege($1, 'signing_key', $2)", role, verb), (
                role,
                verb,
            )
    for statement in ("SELECT secret FROM signing_key", "DELETE FROM signing_key"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await app.execute(statement)
    assert await owner.fetchval("SELECT relrowsecurity FROM pg_class WHERE oid = 'signing_key'::regclass")
    assert await owner.fetchval("SELECT count(*) FROM pg_policies WHERE tablename = 'signing_key'") == 0


async def test_only_whoever_serves_may_call_the_functions(owner, home: Home) -> None:
    for function in FUNCTIONS:
        may = "SELECT has_function_privilege($1, $2, 'EXECUTE')"
        assert await owner.fetchval(may, ROLE, function), function
        assert not await owner.fetchval(may, WORKER_ROLE, function), function
        assert not await owner.fetchval(may, "public", function), function
    worker = await connect(home.dsn, role=WORKER_ROLE)
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await worker.fetch("SELECT * FROM signing_keys($1)", MORNING)
    finally:
        await worker.close()


async def test_a_grant_needs_the_id_and_the_secret_of_one_credential(owner, app, world: World) -> None:
    row = await owner.fetchrow("SELECT * FROM credential WHERE tenant_id = $1", world.tenant)
    ask = "SELECT * FROM credential_grant($1, $2)"
    found = await app.fetchrow(ask, row["credential_id"], row["key_hash"])
    assert found["tenant_id"] == world.tenant
    assert found["digest"] not in row["key_hash"]
    assert len(found["digest"]) == 12
    assert await app.fetch(ask, uuid4(), row["key_hash"]) == []
    assert await app.fetch(ask, row["credential_id"], bytes(32)) == []
    await owner.execute("UPDATE credential SET revoked_at = $2 WHERE tenant_id = $1", world.tenant, MORNING)
    assert await app.fetch(ask, row["credential_id"], row["key_hash"]) == []


async def test_of_what_changed_no_more_is_told_than_ids_and_digests(owner, app, world: World) -> None:
    """What changed before is not told at all."""
    await owner.execute("UPDATE credential SET revoked_at = $2 WHERE tenant_id = $1", world.tenant, MORNING)
    identity = await owner.fetchval("SELECT credential_id FROM credential WHERE tenant_id = $1", world.tenant)
    rows = await app.fetch("SELECT * FROM credentials_changed($1)", MORNING)
    assert {tuple(row.keys()) for row in rows} == {("credential_id", "digest")}
    assert [row["digest"] for row in rows if row["credential_id"] == identity] == [None]
    later = await app.fetch("SELECT * FROM credentials_changed($1)", MORNING + timedelta(microseconds=1))
    assert identity not in {row["credential_id"] for row in later}


async def test_the_table_takes_no_key_that_is_too_short_or_ends_before_it_begins(owner) -> None:
    insert = "INSERT INTO signing_key VALUES ($1, $2, $3, $4, $5, $6)"
    for secret, begins, until, ends in (
        (bytes(31), MORNING, MORNING, MORNING),
        (bytes(33), MORNING, MORNING, MORNING),
        (bytes(32), MORNING + LONG, MORNING, MORNING + LONG),
        (bytes(32), MORNING, MORNING + LONG, MORNING),
    ):
        with pytest.raises(asyncpg.CheckViolationError):
            await owner.execute(insert, uuid4(), secret, MORNING, begins, until, ends)


async def add(connection: asyncpg.Connection, now: datetime) -> None:
    """Ask for a key, as every process does that finds none or one that is about to end."""
    ask = "SELECT signing_key_add($1, $2, $3, $4, $5, $6)"
    await connection.execute(ask, now, uuid4(), bytes(32), 7 * LONG, LONG, timedelta(hours=1))


async def test_of_two_who_find_none_the_first_makes_the_key(owner, home: Home) -> None:
    """The second waits until the first is done, and has it then."""
    await owner.execute("DELETE FROM signing_key")
    async with connections(home.dsn, 2) as (early, late):
        transaction = early.transaction()
        await transaction.start()
        await add(early, MORNING)
        task = asyncio.create_task(add(late, MORNING))
        waiting = asyncio.create_task(until_it_waits(owner, late))
        await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        await transaction.commit()
        await task
    assert await owner.fetchval("SELECT count(*) FROM signing_key") == 1


async def test_a_key_gets_one_successor_in_its_last_day(owner, app) -> None:
    await owner.execute("DELETE FROM signing_key")
    for passed, keys in (
        (timedelta(), 1),
        (6 * LONG - SECOND, 1),
        (6 * LONG, 2),
        (7 * LONG - SECOND, 2),
        (7 * LONG, 2),
    ):
        for _ in range(2):
            await add(app, MORNING + passed)
        assert await owner.fetchval("SELECT count(*) FROM signing_key") == keys, passed
    begun = await owner.fetch("SELECT signs_from, signs_until, ends_at FROM signing_key ORDER BY signs_from")
    assert [tuple(row) for row in begun] == [
        (start, start + 7 * LONG, start + 7 * LONG + timedelta(hours=1)) for start in (MORNING, MORNING + 7 * LONG)
    ]
