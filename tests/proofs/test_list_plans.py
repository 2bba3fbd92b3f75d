"""A list of visits reads what it shows and not the history: 20,000 visits of a tenant, and of each contact few."""

from datetime import timedelta
from uuid import UUID, uuid4  # noqa: TID251 - tests make identities too

import pytest

from people import MORNING
from proofs.plans import Plans
from proofs.raw import Ask, confirm, connect, outcome, perform, slot
from proofs.servers import home
from proofs.test_plans import READ, aged, faults

__all__ = ["aged", "home"]

pytestmark = pytest.mark.parametrize(
    ("home", "aged"),
    [
        ("embedded", "analysed"),
        ("embedded", "never analysed"),
        pytest.param("debian 15", "analysed", marks=pytest.mark.exhaustive),
        pytest.param("debian 15", "never analysed", marks=pytest.mark.exhaustive),
    ],
    indirect=True,
    scope="module",
)

LIST = "SELECT visits_listed($1, $2, ROW($3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)::asked_list)"
FIRST = UUID(int=0)
NOTHING = (None,) * 5
PAGE = 50
REFERENCE = "ada0000001"


def lists(world, group: UUID, customer: UUID):
    """The arguments of a list with each of its filters, and of a page in the middle."""
    for plain in _lists(world, group):
        yield (*plain, None, None)
    yield (None, None, None, *NOTHING, None, PAGE, customer, None)
    yield (None, None, None, *NOTHING, None, PAGE, None, REFERENCE)


def _lists(world, group: UUID):
    yesterday, branch = MORNING - timedelta(days=1), world.service.branch_id
    yield (None, None, None, *NOTHING, None, PAGE)
    yield (MORNING - timedelta(days=30), uuid4(), None, *NOTHING, None, PAGE)
    yield (yesterday, FIRST, MORNING + timedelta(days=1), *NOTHING, None, PAGE)
    yield (yesterday, FIRST, None, branch, world.service.id, None, ["held", "confirmed"], None, None, PAGE)
    yield (yesterday, FIRST, None, None, None, world.exclusive[0], None, None, None, PAGE)
    yield (None, None, None, None, None, None, None, "+4812345", None, PAGE)
    yield (None, None, None, branch, None, None, ["held"], "+4812345", None, PAGE)
    yield (None, None, None, *NOTHING, group, PAGE)


async def prepared(app, world, base: int) -> tuple[UUID, UUID]:
    """Some visits of one contact, which are also a group and have a history, and one of a customer."""
    asks = [Ask(pool, *slot(base)) for pool in (world.pools[0], world.slotted[0])]
    parts = [world.hold(ask, contact_channel="phone", contact_address="+4812345") for ask in asks]
    claims = [{**claim, "visit_id": part["visit_id"]} for part in parts for claim in part.pop("claims")]
    group = {"catalog_version": world.version, "visits": parts, "claims": claims, "group_id": uuid4()}
    await perform(app, world.tenant, MORNING, "hold", group)
    later = {"visit_id": parts[0]["visit_id"], "allowed": ["held"], "expires_at": MORNING + timedelta(hours=1)}
    assert outcome(await perform(app, world.tenant, MORNING, "extend", later)) == "held"
    await perform(app, world.tenant, MORNING, "confirm", {"visits": [confirm(part) for part in parts]})
    events = await app.fetch("SELECT kind FROM events_of_visit($1, $2)", world.tenant, parts[0]["visit_id"])
    assert [event["kind"] for event in events] == ["held", "extended", "confirmed"]
    who = {"reference": REFERENCE, "customer_id": uuid4(), "title": "", "given_name": "Ada", "middle_name": ""}
    who |= {"family_name": "", "contacts": [], "contact_channel": "phone", "contact_address": "+4812345"}
    told = {"visit_id": parts[0]["visit_id"], "allowed": ["confirmed"], "introduced": who}
    introduced = await perform(app, world.tenant, MORNING, "introduce", told)
    return group["group_id"], UUID(introduced["visit"]["customer_id"])


@pytest.mark.parametrize("mode", ["force_generic_plan", "force_custom_plan"])
async def test_no_list_reads_history(aged, mode: str) -> None:
    dsn, world = aged
    app = await connect(dsn)
    try:
        plans = Plans(app)
        await plans.watch(mode)
        known = await prepared(app, world, 500 if mode.startswith("force_generic") else 510)
        for arguments in lists(world, *known):
            await app.fetchval(LIST, world.tenant, MORNING, *arguments)
        scans = await plans.scans()
    finally:
        await app.close()
    found = faults(scans)
    assert found == [], chr(10).join(found)
    used = {scan.index for scan in scans}
    assert {"item_by_start", "visit_of_contact", "visit_of_group", "visit_by_customer", "customer_by_reference"} <= used


async def test_the_rows_that_a_page_reads_are_those_it_shows(aged) -> None:
    """By the server's own count, for every list but those whose filters leave out some of what they pass."""
    dsn, world = aged
    app = await connect(dsn)

    async def read() -> int:
        await app.execute("SELECT pg_stat_force_next_flush()")
        return sum([await app.fetchval(READ, table) for table in ("visit", "item", "claim", "event")])

    try:
        known = await prepared(app, world, 520)
        for arguments in lists(world, *known):
            before = await read()
            await app.fetchval(LIST, world.tenant, MORNING, *arguments)
            assert (await read()) - before < 20 * PAGE, arguments
    finally:
        await app.close()
