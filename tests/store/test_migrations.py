"""The schema comes about once, whoever starts first, and not by other files than these."""

import asyncio
import hashlib
import os
import sys
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4  # noqa: TID251 - tests make identities too

import asyncpg
import pytest
import pytest_asyncio

from appointed.core.caller import ROLES, KeyRole, Scope
from appointed.core.catalog import NEVER, Resource, ResourceKind, Role, Schedule, Service, WeeklyHours
from appointed.core.ids import TenantId
from appointed.core.preference import Preference
from appointed.core.visit import Details, State
from appointed.store.credentials import list_keys
from appointed.store.facts import read_facts
from appointed.store.migrate import MigrationError, migrate, migrations
from appointed.store.pool import open_pool
from appointed.store.readiness import unready
from appointed.store.tenants import Tenant, add_tenant, find_tenant
from appointed.usecases.clock import system_clock
from appointed.usecases.context import Context
from appointed.usecases.holds import Wish, book
from databases import create_database, drop_database, start_session_server
from people import MORNING, new_owner, new_queue
from proofs.raw import FIVE, HOUR, MINUTE, connect
from proofs.servers import Home

ALL = [migration.number for migration in migrations()]
PROGRAM = """
import asyncio, sys
from appointed.store.migrate import migrate
sys.stdin.readline()
sys.stdout.write(" ".join(str(each.number) for each in asyncio.run(migrate(sys.argv[1]))) + "\\n")
"""
BEFORE_SCHEDULES, BEFORE_WISHES, BEFORE_SCOPES = 10, 24, 28
HISTORY = "CREATE TABLE migration (number integer PRIMARY KEY, name text, digest bytea, applied_at timestamptz)"
APPLIED = "INSERT INTO migration (number, name, digest) VALUES ($1, $2, $3)"
SOURCES = str(Path(__file__).parents[2] / "src")


@pytest_asyncio.fixture(loop_scope="session")
async def empty(home: Home):
    """An empty database."""
    name = f"empty_{uuid4().hex[:8]}"
    yield await create_database(home.server.dsn, name)
    await drop_database(home.server.dsn, name)


async def numbers(dsn: str) -> list[int]:
    return [migration.number for migration in await migrate(dsn)]


async def test_they_are_numbered_without_gaps() -> None:
    assert list(range(1, len(ALL) + 1)) == ALL


async def test_each_is_applied_once(empty: str) -> None:
    assert await numbers(empty) == ALL
    assert await numbers(empty) == []


async def test_four_processes_at_once_apply_each_once(empty: str) -> None:
    running = [
        await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            PROGRAM,
            empty,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": SOURCES},
        )
        for _ in range(4)
    ]
    answers = [(await each.communicate(b"go\n"))[0].split() for each in running]
    assert [each.returncode for each in running] == [0] * 4
    assert sorted(int(number) for answer in answers for number in answer) == ALL


async def test_a_file_that_changed_afterwards_is_noticed(empty: str) -> None:
    await migrate(empty)
    other = hashlib.sha256(b"other").digest()
    await run(empty, "UPDATE migration SET digest = $1 WHERE number = 2", other)
    with pytest.raises(MigrationError, match="2"):
        await migrate(empty)


async def test_a_database_of_a_later_release_is_refused(empty: str) -> None:
    await migrate(empty)
    await run(empty, "INSERT INTO migration (number, name, digest) VALUES (9999, 'later', '')")
    with pytest.raises(MigrationError, match="9999"):
        await migrate(empty)


async def test_one_that_fails_leaves_nothing_and_is_made_again(empty: str) -> None:
    """What stands in the way is a table of the same name."""
    await run(empty, "CREATE SCHEMA appointed CREATE TABLE visit (x integer)")
    with pytest.raises(MigrationError, match="visit"):
        await migrate(empty)
    assert await run(empty, "SELECT to_regclass('appointed.item')") is None
    await run(empty, "DROP TABLE appointed.visit")
    done = await numbers(empty)
    assert done == ALL[-len(done) :]
    assert await numbers(empty) == []


async def test_an_owner_who_is_no_superuser_migrates_and_serves(tmp_path: Path) -> None:
    """As on a server that somebody else runs: a role that may make roles, and owns its database."""
    with start_session_server(tmp_path / "server") as server:
        await run(server.dsn, "CREATE ROLE keeper LOGIN CREATEROLE PASSWORD 'x'")
        dsn = await create_database(server.dsn, "kept")
        await run(server.dsn, "ALTER DATABASE kept OWNER TO keeper")
        theirs = dsn.replace("//postgres@", "//keeper:x@")
        assert await numbers(theirs) == ALL
        pool = await open_pool(theirs, 2)
        try:
            context = Context(pool, system_clock)
            assert await unready(pool, system_clock) == []
            person = await new_owner(context)
            service = await new_queue(context, person)
            wish = Wish.single(service.id, MORNING + HOUR, MORNING + HOUR + FIVE, Details("en"))
            assert (await book(context, person.caller, wish)).state is State.CONFIRMED
            tenant = Tenant(TenantId(uuid4()), "a tenant", slug="kept")
            async with pool.transaction(tenant.id) as tx:
                await add_tenant(tx, tenant, MORNING)
            assert await find_tenant(pool, "kept") == tenant
        finally:
            await pool.close()


async def test_what_is_not_durable_or_not_secured_is_not_ready(home: Home, empty: str) -> None:
    await migrate(empty)
    pool = await open_pool(empty, 2)
    try:
        assert await unready(pool, system_clock) == []
        assert [each.code for each in await unready(pool, lambda: system_clock() - 2 * FIVE)] == ["clocks_differ"]
        await run(empty, "ALTER TABLE appointed.item DISABLE ROW LEVEL SECURITY")
        assert [each.code for each in await unready(pool, system_clock)] == ["row_level_security_off"]
        await run(empty, "ALTER TABLE appointed.item ENABLE ROW LEVEL SECURITY")
    finally:
        await pool.close()
    name = urlsplit(empty).path[1:]
    await run(home.server.dsn, f'ALTER DATABASE "{name}" SET synchronous_commit = off')
    pool = await open_pool(empty, 2)
    try:
        assert [(each.code, each.found) for each in await unready(pool, system_clock)] == [
            ("not_durable", "synchronous_commit")
        ]
    finally:
        await pool.close()


async def run(dsn: str, statement: str, *arguments):
    """One statement as the owner; its value if it has one."""
    connection = await connect(dsn, role=None)
    try:
        return await connection.fetchval(statement, *arguments)
    finally:
        await connection.close()


async def migrated(dsn: str, last: int) -> asyncpg.Connection:
    """An empty database brought as far as this migration; a connection of the owner to it."""
    owner = await connect(dsn, role=None)
    await owner.execute("CREATE SCHEMA appointed")
    await owner.execute(HISTORY)
    for migration in migrations():
        if migration.number <= last:
            await owner.execute(migration.sql)
            await owner.execute(APPLIED, migration.number, migration.name, migration.digest)
    return owner


async def test_what_a_branch_had_stays(empty: str) -> None:
    """Hours and roles of a data directory from before schedules are what they were."""
    tenant, branch, closed, service, first, second = (uuid4() for _ in range(6))
    owner = await migrated(empty, BEFORE_SCHEDULES)
    await owner.execute("INSERT INTO tenant (tenant_id, name, created_at) VALUES ($1, 'old', $2)", tenant, MORNING)
    for each in (branch, closed):
        await owner.execute("INSERT INTO branch VALUES ($1, $2, 'a branch', 'Europe/Warsaw')", tenant, each)
    hours = [WeeklyHours(1, 0, 60), WeeklyHours(1, 540, 1020), WeeklyHours(6, 1200, 1700)]
    for each in reversed(hours):
        row = (each.weekday, each.opens_minute, each.closes_minute)
        await owner.execute("INSERT INTO opening_hours VALUES ($1, $2, $3, $4, $5)", tenant, branch, *row)
    for each in (first, second):
        await owner.execute("INSERT INTO resource VALUES ($1, $2, $3, 'somebody', 'exclusive')", tenant, each, branch)
    await owner.execute("INSERT INTO service VALUES ($1, $2, $3, 'a service', 30, 15, 'en')", tenant, service, branch)
    for role, preference, resource, units in ((0, 0, second, 2), (0, 1, first, 2), (1, 0, first, 1)):
        row = (role, preference, resource, units)
        await owner.execute("INSERT INTO service_resource VALUES ($1, $2, $3, $4, $5, $6)", tenant, service, *row)
    await owner.close()
    assert await numbers(empty) == [number for number in ALL if number > BEFORE_SCHEDULES]
    pool = await open_pool(empty, 1)
    try:
        catalog = (await read_facts(pool, TenantId(tenant), MORNING)).catalog
    finally:
        await pool.close()
    assert catalog.branches[branch].opening_hours == Schedule(tuple(hours))
    assert catalog.branches[closed].opening_hours == NEVER
    assert catalog.services[service].roles == (Role((second, first), 2), Role((first,)))
    assert catalog.services[service] == Service(
        service, branch, "a service", 30 * MINUTE, 15 * MINUTE, catalog.services[service].roles
    )
    assert catalog.resources[first] == Resource(first, branch, "somebody", ResourceKind.EXCLUSIVE)


async def test_who_was_asked_for_before_items_knew_it(empty: str) -> None:
    """What claims tell of it: a name for each role, and of several one. What is over asks for nobody."""
    tenant, branch, visit, over, first, second, a, b, c = (uuid4() for _ in range(9))
    owner = await migrated(empty, BEFORE_WISHES)
    await owner.execute("INSERT INTO tenant (tenant_id, name, created_at) VALUES ($1, 'old', $2)", tenant, MORNING)
    for each, state in ((visit, "confirmed"), (over, "cancelled")):
        await owner.execute(
            "INSERT INTO visit (tenant_id, visit_id, branch_id, state, origin, created_at, locale, party_size, claims)"
            " VALUES ($1, $2, $3, $4, 'booking', $5, 'en', 1, 0)",
            *(tenant, each, branch, state, MORNING),
        )
    for of, item, sequence in ((visit, first, 1), (visit, second, 2), (over, first, 1)):
        row = (tenant, of, item, sequence, uuid4(), MORNING, MORNING + HOUR)
        await owner.execute("INSERT INTO item VALUES ($1, $2, $3, $4, $5, $6, $7)", *row)
    for of, item, resource, role, named in (
        (visit, first, c, 1, True),
        (visit, first, a, 0, True),
        (visit, first, b, 0, False),
        (visit, second, b, 0, False),
        (over, first, a, 0, True),
    ):
        await owner.execute(
            "INSERT INTO claim (tenant_id, visit_id, claim_id, item_id, resource_id, starts_at, ends_at, mode, role,"
            " named, live) VALUES ($1, $2, gen_random_uuid(), $3, $4, $5, $6, 'overbooked', $7, $8, $9)",
            *(tenant, of, item, resource, MORNING, MORNING + HOUR, role, named, of == visit),
        )
    await owner.close()
    assert await numbers(empty) == [number for number in ALL if number > BEFORE_WISHES]
    pool = await open_pool(empty, 1)
    try:
        found, gone = [
            (await read_facts(pool, TenantId(tenant), MORNING, visit=each)).visit.items for each in (visit, over)
        ]
    finally:
        await pool.close()
    assert [item.preferences for item in found] == [(Preference(0, a), Preference(1, c)), ()]
    assert [item.preferences for item in gone] == [()]


async def test_whoever_could_book_can_still_move_and_cancel(empty: str) -> None:
    """What was one scope are three; nobody else may do more than before."""
    tenant, booking, reading, everything = (uuid4() for _ in range(4))
    owner = await migrated(empty, BEFORE_SCOPES)
    await owner.execute("INSERT INTO tenant (tenant_id, name, created_at) VALUES ($1, 'old', $2)", tenant, MORNING)
    for each, scopes in (
        (booking, ["book", "read"]),
        (reading, ["read", "administer"]),
        (everything, ["administer", "book", "configure", "overbook", "read"]),
    ):
        await owner.execute(
            "INSERT INTO credential (tenant_id, credential_id, key_hash, actor, scopes, created_at)"
            " VALUES ($1, $2, sha256(uuid_send($2)), 'somebody', $3, $4)",
            *(tenant, each, scopes, MORNING),
        )
    await owner.close()
    await migrate(empty)
    pool = await open_pool(empty, 1)
    try:
        found = {key.id: key.scopes for key in await list_keys(pool, TenantId(tenant))}
    finally:
        await pool.close()
    assert found == {
        booking: ROLES[KeyRole.BOOKING],
        reading: {Scope.READ, Scope.ADMINISTER},
        everything: set(Scope),
    }
