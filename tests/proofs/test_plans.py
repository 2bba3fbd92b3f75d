"""What the hot path reads does not grow with history: 20,000 old claims on each resource."""

from collections import Counter
from datetime import timedelta
from uuid import uuid4  # noqa: TID251 - tests make identities too

import pytest
import pytest_asyncio

from appointed.store.migrate import migrate
from appointed.store.pool import open_pool
from appointed.usecases.clock import system_clock
from appointed.usecases.context import Context
from databases import create_database, drop_database
from people import MORNING
from proofs.plans import Plans, Scan
from proofs.raw import FIVE, Ask, World, confirm, connect, end, new_world, outcome, perform, slot
from proofs.servers import Home, home

__all__ = ["home"]

pytestmark = pytest.mark.parametrize(
    ("home", "aged"),
    [
        ("embedded", "analysed"),
        ("embedded", "never analysed"),
        ("debian 15", "analysed"),
        pytest.param("debian 15", "never analysed", marks=pytest.mark.exhaustive),
        pytest.param("debian 15 without btree_gist", "analysed", marks=pytest.mark.exhaustive),
        pytest.param("debian 15 without btree_gist", "never analysed", marks=pytest.mark.exhaustive),
    ],
    indirect=True,
    scope="module",
)

OLD, AHEAD, FEW = 20_000, 30, 2_000
GROWING = {"visit", "item", "claim", "event", "idempotency", "visit_group"}
HISTORY = """
WITH numbers AS (
    SELECT gen_random_uuid() AS visit_id, gen_random_uuid() AS item_id,
           $3::timestamptz - n * interval '10 minutes' AS at
      FROM generate_series(1, $4) AS n
), visits AS (
    INSERT INTO visit (tenant_id, visit_id, branch_id, state, origin, created_at, locale, party_size, claims)
    SELECT $1, n.visit_id, $2, 'confirmed', 'booking', n.at, 'en', 1, 1 FROM numbers n
), items AS (
    INSERT INTO item (tenant_id, visit_id, item_id, sequence, service_id, starts_at, ends_at)
    SELECT $1, n.visit_id, n.item_id, 1, $1, n.at, n.at + interval '5 minutes' FROM numbers n
), events AS (
    INSERT INTO event (tenant_id, epoch, xid, ordinal, visit_id, kind, at, actor, position, hash)
    SELECT $1, 1, pg_current_xact_id(), row_number() OVER (), n.visit_id, 'confirmed', n.at, 'history', 0, ''
      FROM numbers n
), groups AS (
    INSERT INTO visit_group (tenant_id, group_id, created_at) SELECT $1, n.visit_id, n.at FROM numbers n
), outcomes AS (
    INSERT INTO idempotency (tenant_id, request, fingerprint, outcome, expires_at)
    SELECT $1, n.visit_id, n.item_id, '{}', n.at FROM numbers n
)
INSERT INTO claim (tenant_id, visit_id, claim_id, item_id, resource_id, starts_at, ends_at, mode)
SELECT $1, n.visit_id, r.resource_id, n.item_id, r.resource_id, n.at, n.at + interval '5 minutes',
       CASE r.kind::text WHEN 'pool' THEN 'pooled' ELSE 'exclusive' END{cast}
  FROM numbers n CROSS JOIN resource r WHERE r.tenant_id = $1
"""
TYPE_OF_MODE = """
SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'claim'::regclass AND attname = 'mode'
"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def aged(request: pytest.FixtureRequest, home: Home):
    """A database in which every resource has a history, and a world in it."""
    name = f"aged_{uuid4().hex[:8]}"
    dsn = await create_database(home.server.dsn, name)
    await migrate(dsn)
    pool = await open_pool(dsn, 2)
    owner = await connect(dsn, role=None)
    for table in GROWING:
        await owner.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = off)")
    world = await new_world(Context(pool, system_clock), exclusive=2)
    app = await connect(dsn)
    sql = HISTORY.replace("{cast}", f"::{await owner.fetchval(TYPE_OF_MODE)}")
    await owner.execute(sql, world.tenant, world.service.branch_id, MORNING - timedelta(days=2), OLD)
    for resource in (*world.exclusive, *world.pools, *world.slotted):
        for number in range(AHEAD):
            args = world.hold(Ask(resource, *slot(10 + number)))
            assert outcome(await perform(app, world.tenant, MORNING, "hold", args)) == "held"
    if request.param == "analysed":
        await owner.execute("VACUUM ANALYZE")
    yield dsn, world
    for connection in (app, owner, pool):
        await connection.close()
    await drop_database(home.server.dsn, name)


async def everything(app, world: World, base: int) -> None:
    """Each hot call in each of its forms."""
    first = await app.fetchval("SELECT pg_snapshot_xmin(pg_current_snapshot())::text")
    for number, kind in enumerate(("exclusive", "pools", "slotted")):
        resource = getattr(world, kind)[0]
        units = 1 if kind == "exclusive" else 2
        lapsing = world.hold(Ask(resource, *slot(base + number), units), expires_at=MORNING + FIVE)
        taken = Ask(resource, *slot(10), units)
        calls = [
            ("hold", lapsing, "held"),
            ("hold", world.hold(Ask(resource, *slot(base + 10 + number), units)), "held"),
            ("hold", world.hold(taken), "slot_taken"),
            ("hold", over := world.hold(taken, overbook=True), "held"),
            ("end", end(over), "released"),
            ("confirm", confirm(lapsing), "confirmed"),
            ("move", world.move(lapsing, Ask(resource, *slot(base + 20 + number), units)), "confirmed"),
            ("end", end(lapsing), "cancelled"),
        ]
        for verb, args, expected in calls:
            assert outcome(await perform(app, world.tenant, MORNING, verb, args, uuid4(), uuid4())) == expected
        for again in (base + 30 + 2 * number, base + 31 + 2 * number):
            lapsed = world.hold(Ask(resource, *slot(again), units), expires_at=MORNING + FIVE)
            assert outcome(await perform(app, world.tenant, MORNING, "hold", lapsed)) == "held"
        late = world.hold(Ask(resource, *slot(base + 30 + 2 * number), units))
        assert outcome(await perform(app, world.tenant, MORNING + FIVE, "hold", late)) == "held"
        assert await app.fetchval("SELECT lapse($1, $2, 100)", world.tenant, MORNING + FIVE) == 1
    several = world.hold(*(Ask(each[0], *slot(base + 40)) for each in (world.exclusive, world.pools, world.slotted)))
    assert outcome(await perform(app, world.tenant, MORNING, "hold", several)) == "held"
    await more(app, world, base)
    facts = "SELECT facts($1, $2, NULL, $3, $4, $5, NULL, $6, $7, $8, $9, $10)"
    day = (int(MORNING.timestamp()) // 60, int(MORNING.timestamp()) // 60 + 1440)
    resources = [*world.exclusive, *world.pools, *world.slotted]
    for detail in (False, True):
        args = (several["visit_id"], resources, [None] * len(resources), *day, detail, "+48", [world.service.id])
        await app.fetchval(facts, world.tenant, MORNING, *args)
    events = "SELECT * FROM events_after($1, 1, $2::text::xid8, -1, 100)"
    assert await app.fetch(events, world.tenant, first)


async def more(app, world: World, base: int) -> None:
    """Several visits at once, of a customer who is counted, and a claim that goes elsewhere to make room."""
    one, other = world.exclusive
    old = world.hold(Ask(one, *slot(base + 50)))
    assert outcome(await perform(app, world.tenant, MORNING, "hold", old)) == "held"
    parts = [world.hold(Ask(each, *slot(base + 50))) for each in (one, world.pools[0])]
    starts_at, ends_at = slot(base + 50)
    group = {
        "catalog_version": world.version,
        "visits": parts,
        "claims": [{**claim, "visit_id": part["visit_id"]} for part in parts for claim in part.pop("claims")],
        "moves": [
            {
                "visit_id": old["visit_id"],
                "claim_id": old["claims"][0]["claim_id"],
                "from_resource": one,
                "to_resource": other,
            }
        ],
        "limits": [
            {
                "visit_id": part["visit_id"],
                "customer": "+48",
                "service_id": world.service.id,
                "starts_at": starts_at,
                "ends_at": ends_at,
                "most": 2,
            }
            for part in parts
        ],
    }
    answer = await perform(app, world.tenant, MORNING, "hold", group)
    assert [visit["state"] for visit in answer["visits"]] == ["held", "held"], answer
    answer = await perform(app, world.tenant, MORNING, "confirm", {"visits": [confirm(part) for part in parts]})
    assert [visit["state"] for visit in answer["visits"]] == ["confirmed", "confirmed"], answer


def faults(scans: list[Scan]) -> list[str]:
    """What reads more than it needs, and by which statement."""
    return [f"{fault}: {scan}" for scan in scans if (fault := _fault(scan)) is not None]


def _fault(scan: Scan) -> str | None:
    if scan.table not in GROWING or scan.how == "BITMAPHEAPSCAN":
        return None
    if scan.how not in ("INDEXSCAN", "INDEXONLYSCAN", "BITMAPINDEXSCAN"):
        return "reads the whole table"
    if scan.index == "claim_exclusive":
        return "reads through the constraint"
    if not {1, 2} <= set(scan.bound):
        return "is bound by the tenant alone"
    if scan.index == "claim_by_time" and not (scan.at_one_instant or Counter(scan.bound)[3] >= 2):
        return "has no two ends in time"
    return None


@pytest.mark.parametrize("mode", ["force_generic_plan", "force_custom_plan"])
async def test_no_statement_reads_history(aged, mode: str) -> None:
    dsn, world = aged
    app = await connect(dsn)
    try:
        plans = Plans(app)
        await plans.watch(mode)
        await everything(app, world, 100 if mode.startswith("force_generic") else 200)
        scans = await plans.scans()
    finally:
        await app.close()
    found = faults(scans)
    assert found == [], chr(10).join(found)
    assert {scan.table for scan in scans} >= {"visit", "item", "claim", "event", "idempotency"}
    assert {scan.index for scan in scans if scan.table == "claim"} - {None} == {"claim_by_time", "claim_pkey"}


async def test_the_plans_are_seen_to_go_wrong(aged) -> None:
    """Without the index the same check finds the statements that needed it."""
    dsn, world = aged
    owner, app = await connect(dsn, role=None), await connect(dsn)
    index = await owner.fetchval("SELECT pg_get_indexdef('claim_by_time'::regclass)")
    await owner.execute("DROP INDEX claim_by_time")
    try:
        plans = Plans(app)
        await plans.watch("force_generic_plan")
        await everything(app, world, 300)
        found = faults(await plans.scans())
        assert any("claims_in_the_way" in fault for fault in found)
        assert any("pool_room" in fault for fault in found)
    finally:
        await owner.execute(index)
        await owner.close()
        await app.close()


READ = """
SELECT pg_stat_get_tuples_returned(c.oid) + pg_stat_get_tuples_fetched(c.oid)
       + (SELECT sum(pg_stat_get_tuples_returned(i.indexrelid)) FROM pg_index i WHERE i.indrelid = c.oid)
  FROM pg_class c WHERE c.oid = $1::regclass
"""


async def test_the_rows_that_are_read_are_dozens(aged) -> None:
    """By the server's own count, over some fifty calls of a few rows each, and once for a read of all."""
    dsn, world = aged
    app = await connect(dsn)

    async def read() -> dict[str, int]:
        await app.execute("SELECT pg_stat_force_next_flush()")
        return {table: await app.fetchval(READ, table) for table in ("claim", "visit", "item", "event", "idempotency")}

    try:
        before = await read()
        await everything(app, world, 400)
        after = await read()
        assert {table: after[table] - before[table] < FEW for table in before} == dict.fromkeys(before, True), (
            before,
            after,
        )
        await app.execute("SELECT set_config('appointed.tenant', $1, false)", str(world.tenant))
        assert after["claim"] > before["claim"]
        assert await app.fetchval("SELECT count(*) FROM claim WHERE mode::text <> 'x'") > OLD
        assert (await read())["claim"] - after["claim"] > OLD
    finally:
        await app.close()
