"""No tenant learns that another's row exists, whatever SQL the application's role is made to run."""

import json
from datetime import timedelta
from uuid import uuid4  # noqa: TID251 - tests make identities too

import asyncpg
import pytest_asyncio

from appointed.core.ids import GroupId
from appointed.store import tenants
from people import MORNING
from proofs.raw import Ask, World, confirm, end, new_world, outcome, perform, slot
from proofs.servers import Home

# What belongs to no tenant: the history of the schema, the count of clusters that the events have seen, and what access
# tokens are signed with.
OF_NOBODY = {"migration", "event_epoch", "signing_key"}
TABLES = """
SELECT c.relname AS name, c.relrowsecurity AS secured,
       (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid) AS policies,
       (SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
         WHERE i.indrelid = c.oid AND i.indisprimary) AS key_starts_with,
       EXISTS (SELECT FROM pg_attribute a
                WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND a.attnotnull) AS of_tenant
  FROM pg_class c WHERE c.relnamespace = 'appointed'::regnamespace AND c.relkind IN ('r', 'p')
"""
GENERATED = "SELECT attname FROM pg_attribute WHERE attrelid = $1::text::regclass AND attgenerated <> ''"
FOREIGN_KEYS = """
SELECT k.conrelid::regclass::text AS name,
       (SELECT a.attname FROM pg_attribute a WHERE a.attrelid = k.conrelid AND a.attnum = k.conkey[1]) AS starts_with
  FROM pg_constraint k WHERE k.connamespace = 'appointed'::regnamespace AND k.contype = 'f'
"""


@pytest_asyncio.fixture(loop_scope="session")
async def theirs(home: Home, app, owner) -> World:
    """Another tenant, with a row in every table there is."""
    world = await new_world(home.context)
    group = GroupId(uuid4())
    async with home.context.pool.transaction(world.tenant) as tx:
        await tx.execute("INSERT INTO visit_group VALUES ($1, $2, $3)", world.tenant, group, MORNING)
        shown = await tx.fetchval("SELECT min(service_id::text)::uuid FROM service WHERE tenant_id = $1", world.tenant)
        await tx.execute(
            "INSERT INTO service_group (tenant_id, group_id, name) VALUES ($1, $2, '')", world.tenant, group
        )
        await tx.execute("INSERT INTO service_of_group VALUES ($1, $2, 1, $3)", world.tenant, group, shown)
        add = "INSERT INTO combination SELECT tenant_id, branch_id, 0, service_id FROM service WHERE service_id = $1"
        await tx.execute(add, shown)
        for customer in (group, world.tenant):
            add = "INSERT INTO customer (tenant_id, customer_id, created_at) VALUES ($1, $2, $3)"
            await tx.execute(add, world.tenant, customer, MORNING)
        await tx.execute("INSERT INTO customer_contact VALUES ($1, $2, 0, 'phone', '+48')", world.tenant, group)
        await tx.execute("INSERT INTO customer_relation VALUES ($1, $2, $1, 'partner')", world.tenant, group)
        await tx.execute("INSERT INTO seal VALUES ($1, 0, $2, 0, 0, '0', 0, NULL, '')", world.tenant, MORNING)
    args = world.hold(Ask(world.exclusive[0], *slot(0)), group_id=group)
    assert outcome(await perform(app, world.tenant, MORNING, "hold", args, uuid4(), uuid4())) == "held"
    for table in await tables(owner):
        assert await owner.fetchval(f"SELECT count(*) FROM {table} WHERE tenant_id = $1", world.tenant), table
    return world


async def tables(owner) -> list[str]:
    """Every table with rows of tenants."""
    return [row["name"] for row in await owner.fetch(TABLES) if row["name"] not in OF_NOBODY]


async def as_tenant(app, tenant) -> None:
    await app.execute("SELECT set_config('appointed.tenant', $1, true)", "" if tenant is None else str(tenant))


async def test_every_table_belongs_to_tenants_and_is_secured(owner) -> None:
    """A new table cannot be forgotten."""
    found = {row["name"]: row for row in await owner.fetch(TABLES)}
    assert set(found) > OF_NOBODY
    for name, row in found.items():
        if name not in OF_NOBODY:
            assert (row["of_tenant"], row["secured"], row["policies"] > 0, row["key_starts_with"]) == (
                True,
                True,
                True,
                "tenant_id",
            ), name
    for row in await owner.fetch(FOREIGN_KEYS):
        assert row["starts_with"] == "tenant_id", row["name"]


async def test_the_role_has_no_way_around(app) -> None:
    row = await app.fetchrow("SELECT * FROM pg_roles WHERE rolname = current_user")
    assert row["rolname"] == "appointed_app"
    for power in ("rolsuper", "rolbypassrls", "rolcreaterole", "rolcreatedb", "rolcanlogin", "rolreplication"):
        assert row[power] is False, power
    sql = "SELECT count(*) FROM pg_class WHERE relnamespace = 'appointed'::regnamespace AND pg_has_role(relowner, $1)"
    assert await app.fetchval(sql, "USAGE") == 0


async def test_only_named_functions_run_with_the_rights_of_the_owner(owner) -> None:
    sql = "SELECT proname FROM pg_proc WHERE pronamespace = 'appointed'::regnamespace AND prosecdef ORDER BY proname"
    known = [
        "credential_grant",
        "credentials_changed",
        "customer_erase",
        "identify",
        "sandbox_reset",
        "signing_key_add",
        "signing_keys",
        "signing_keys_end",
    ]
    assert [row["proname"] for row in await owner.fetch(sql)] == known


async def test_another_tenants_rows_are_not_seen(app, owner, world: World, theirs: World) -> None:
    """Neither with a tenant of one's own set, nor with none, nor with an empty one."""
    for name in await tables(owner):
        for tenant in (world.tenant, None):
            async with app.transaction():
                await as_tenant(app, tenant)
                seen = await app.fetch(f"SELECT tenant_id FROM {name}")
                assert {row["tenant_id"] for row in seen} <= {world.tenant}, name
                assert await app.fetch(f"SELECT 1 FROM {name} WHERE tenant_id = $1", theirs.tenant) == [], name
        assert await app.fetch(f"SELECT 1 FROM {name}") == [], name


async def test_another_tenants_rows_are_not_written(app, owner, world: World, theirs: World) -> None:
    """Changes touch none, and an INSERT of a copy or a row that moves over is refused."""
    for name in await tables(owner):
        before = await owner.fetch(f"SELECT * FROM {name} WHERE tenant_id = $1", theirs.tenant)
        for statement in (
            f"UPDATE {name} SET tenant_id = tenant_id WHERE tenant_id = $1",
            f"DELETE FROM {name} WHERE tenant_id = $1",
        ):
            assert await attempt(app, world.tenant, statement, theirs.tenant) in ("UPDATE 0", "DELETE 0", "denied"), (
                name
            )
        made = {each["attname"] for each in await owner.fetch(GENERATED, name)}
        row = {column: value for column, value in before[0].items() if column not in made}
        places = ", ".join(f"${n}" for n in range(1, len(row) + 1))
        copy = f"INSERT INTO {name} ({', '.join(row)}) VALUES ({places})"
        for tenant in (world.tenant, None):
            assert await attempt(app, tenant, copy, *row.values()) == "denied", name
        assert await owner.fetch(f"SELECT * FROM {name} WHERE tenant_id = $1", theirs.tenant) == before, name


async def test_a_row_of_ones_own_does_not_move_to_another_tenant(app, world: World, theirs: World) -> None:
    for name in ("branch", "service", "tenant", "resource"):
        statement = f"UPDATE {name} SET tenant_id = $1 WHERE tenant_id = $2"
        assert await attempt(app, world.tenant, statement, theirs.tenant, world.tenant) == "denied", name


async def attempt(app, tenant, statement: str, *arguments) -> str:
    """What became of a statement in the name of a tenant; nothing stays."""
    transaction = app.transaction()
    await transaction.start()
    try:
        await as_tenant(app, tenant)
        return await app.execute(statement, *arguments)
    except asyncpg.InsufficientPrivilegeError:
        return "denied"
    finally:
        await transaction.rollback()


async def test_events_and_the_history_of_the_schema_are_not_rewritten(app, theirs: World) -> None:
    for statement in (
        "UPDATE event SET kind = 'done'",
        "DELETE FROM event",
        "TRUNCATE event",
        "UPDATE seal SET number = 7",
        "DELETE FROM seal",
        "DELETE FROM customer",
        "UPDATE event_epoch SET epoch = 7",
        "DELETE FROM event_epoch",
        "INSERT INTO migration (number, name, digest) VALUES (99, 'x', '')",
        "DELETE FROM migration",
        "TRUNCATE visit CASCADE",
        "ALTER TABLE claim DISABLE ROW LEVEL SECURITY",
        "DROP POLICY of_tenant ON claim",
        "CREATE TABLE appointed.mine (x integer)",
    ):
        assert await attempt(app, theirs.tenant, statement) == "denied", statement


async def test_functions_do_not_find_the_visits_of_others(app, world: World, theirs: World) -> None:
    starts_at, ends_at = slot(1)
    limit = {"customer": "+48", "service_id": theirs.service.id, "starts_at": starts_at, "ends_at": ends_at, "most": 1}
    args = theirs.hold(Ask(theirs.exclusive[0], starts_at, ends_at))
    args["limits"] = [{**limit, "visit_id": args["visit_id"]}]
    assert outcome(await perform(app, theirs.tenant, MORNING, "hold", args)) == "held"
    move = {**theirs.move(args, Ask(world.exclusive[0], starts_at, ends_at)), "catalog_version": world.version}
    for verb, call in (("confirm", confirm(args)), ("end", end(args)), ("move", move)):
        assert outcome(await perform(app, world.tenant, MORNING, verb, call)) == "visit_not_found"
    facts = "SELECT facts($1, $2, NULL, $3, $4, $5, NULL, $6, $7, true, $8, $9)"
    span = (int(MORNING.timestamp()) // 60, int(MORNING.timestamp()) // 60 + 1440)
    asked = [*theirs.exclusive, *theirs.pools]
    versions = [None] * len(asked)
    about = (asked, versions, *span, "+48", [theirs.service.id])
    answer = await app.fetchval(facts, world.tenant, MORNING, args["visit_id"], *about)
    known = json.loads(answer[0])
    assert answer[1:] == [b""] * len(asked)
    assert known.pop("occupied") == [[0, []]] * len(asked)
    assert set(known) == {"now", "version", "catalog"}
    assert {"occupied", "customer_starts"} < set(
        json.loads((await app.fetchval(facts, theirs.tenant, MORNING, None, *about))[0])
    )
    for identity in (theirs.tenant, theirs.service.id, args["visit_id"], *theirs.exclusive, *theirs.pools):
        assert str(identity).encode() not in answer[0]
    seen = await app.fetch("SELECT * FROM events_after($1, 0, '0'::xid8, -1, 1000)", world.tenant)
    assert args["visit_id"] not in {row["visit_id"] for row in seen}
    assert await app.fetchval("SELECT lapse($1, $2, 100)", world.tenant, MORNING + timedelta(days=9999)) == 0


async def test_a_function_leaves_no_tenant_behind(app, world: World) -> None:
    """Each sets the tenant for its own transaction: the next statement of the connection has none."""
    args = world.hold(Ask(world.exclusive[0], *slot(0)))
    await perform(app, world.tenant, MORNING, "hold", args)
    nothing = ", ".join(["NULL"] * 7)
    await app.fetchval(f"SELECT facts($1, $2, {nothing}, false, NULL, NULL)", world.tenant, MORNING)
    await app.fetch("SELECT * FROM events_after($1, 0, '0'::xid8, -1, 10)", world.tenant)
    assert await app.fetch("SELECT * FROM visit") == []


async def test_a_key_finds_its_tenant_and_nothing_else(home: Home, app, owner, world: World) -> None:
    row = await app.fetchrow("SELECT * FROM identify($1)", tenants.hash_key(world.person.key))
    assert row["tenant_id"] == world.tenant
    assert await app.fetch("SELECT * FROM identify($1)", tenants.hash_key("somebody else's")) == []
    await owner.execute("UPDATE credential SET revoked_at = now() WHERE tenant_id = $1", world.tenant)
    assert await tenants.identify(home.context.pool, world.person.key) is None
