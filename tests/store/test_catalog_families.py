"""What the database lets a catalogue be: families, texts, places on the map, combinations and options."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4  # noqa: TID251 - tests make identities too

import asyncpg
import pytest
import pytest_asyncio

from appointed.core.catalog import Catalog
from appointed.core.ids import ServiceId, TenantId
from appointed.core.options import Options
from appointed.core.places import Address
from appointed.store import catalog as store
from appointed.store.facts import read_facts
from appointed.store.migrate import migrate
from appointed.store.pool import open_pool
from databases import create_database, drop_database
from people import MORNING, new_branch, new_owner, new_service, offer, pool_resource
from proofs.servers import Home
from test_migrations import migrated

BEFORE_PEOPLE = 26


async def two_services(home: Home):
    """Two services of one branch, and whose they are."""
    person = await new_owner(home.context)
    branch = new_branch()
    places = pool_resource(branch.id)
    services = [await offer(home.context, person, branch, new_service(branch, places), places) for _ in range(2)]
    return person, branch, services


async def put(home: Home, person, *services, branches=(), options: Options | None = None) -> None:
    catalog = Catalog(0, {each.id: each for each in branches}, {each.id: each for each in services})
    async with home.context.pool.transaction(person.tenant) as tx:
        await store.put(tx, person.tenant, replace(catalog, options=options or Options()), MORNING)


async def test_two_services_of_a_branch_are_not_of_one_family(home: Home) -> None:
    person, _, (first, second) = await two_services(home)
    with pytest.raises(asyncpg.ExclusionViolationError, match="service_of_family"):
        await put(home, person, replace(second, family_id=first.id))
    family = ServiceId(uuid4())
    with pytest.raises(asyncpg.ExclusionViolationError):
        await put(home, person, *(replace(each, family_id=family) for each in (first, second)))
    await put(home, person, replace(first, family_id=family, retired=True), replace(second, family_id=family))
    north = new_branch()
    await put(home, person, new_service(north, family_id=family), branches=[north])
    with pytest.raises(asyncpg.ExclusionViolationError):
        await put(home, person, replace(first, family_id=family))


async def test_two_services_exchange_their_families(home: Home) -> None:
    person, _, (first, second) = await two_services(home)
    one, other = ServiceId(uuid4()), ServiceId(uuid4())
    await put(home, person, replace(first, family_id=one), replace(second, family_id=other))
    await put(home, person, replace(first, family_id=other), replace(second, family_id=one))
    read = (await read_facts(home.context.pool, person.tenant, MORNING)).catalog
    assert [read.services[each.id].family for each in (first, second)] == [other, one]


async def test_a_combination_goes_with_its_services_and_its_branch(home: Home) -> None:
    person, branch, (first, second) = await two_services(home)
    together = frozenset({first.id, second.id})
    for combinations in ((together, frozenset({first.id})), (together,), ()):
        await put(home, person, branches=[replace(branch, combinations=combinations)])
        read = (await read_facts(home.context.pool, person.tenant, MORNING)).catalog
        assert read.branches[branch.id].combinations == combinations
    nobody = frozenset({first.id, ServiceId(uuid4())})
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await put(home, person, branches=[replace(branch, combinations=(nobody,))])


async def test_options_are_of_the_tenant(home: Home) -> None:
    person, another = await new_owner(home.context), await new_owner(home.context)
    options = Options(("nl", "en-GB"), languages_strict=True, hyphens_in_references=True, combinations=True)
    await put(home, person, options=options)
    read = await read_facts(home.context.pool, person.tenant, MORNING)
    assert (read.catalog.options, read.version) == (options, 2)
    assert (await read_facts(home.context.pool, another.tenant, MORNING, known=7)).catalog.options == Options()
    assert (await read_facts(home.context.pool, TenantId(uuid4()), MORNING, known=7)).catalog.options == Options()


@pytest.mark.parametrize(
    "change",
    [
        'UPDATE branch SET geo = \'{"longitude": 181, "latitude": 0}\'',
        "UPDATE branch SET geo = '{\"longitude\": 0}'",
        'UPDATE branch SET address = \'{"city": "Oslo"}\'',
        'UPDATE service SET description = \'{"text": 1, "translations": []}\'',
        'UPDATE service SET description = \'{"text": "a", "translations": [["nl", "b"], ["nl", "c"]]}\'',
        "UPDATE service SET questions = '[{}]'",
        'UPDATE service SET screening = \'[{"text": {"text": "a", "translations": 1}}]\'',
        "UPDATE service SET added_duration_minutes = 0",
        "UPDATE service SET added_duration_minutes = 721, party_limit = 2",
        "UPDATE service SET required_facts = '{shoe_size}'",
        "UPDATE tenant SET options = '[]'",
    ],
)
async def test_what_means_nothing_is_not_kept(home: Home, change: str) -> None:
    person, *_ = await two_services(home)
    with pytest.raises(asyncpg.CheckViolationError):
        async with home.context.pool.transaction(person.tenant) as tx:
            await tx.execute(f"{change} WHERE tenant_id = $1", person.tenant)


@pytest_asyncio.fixture(loop_scope="session")
async def old(home: Home):
    """A database that is yet to be migrated."""
    name = f"old_{uuid4().hex[:8]}"
    yield await create_database(home.server.dsn, name)
    await drop_database(home.server.dsn, name)


async def test_an_address_in_one_text_becomes_the_street(old: str) -> None:
    tenant, there, nowhere = uuid4(), uuid4(), uuid4()
    owner = await migrated(old, BEFORE_PEOPLE)
    await owner.execute("INSERT INTO tenant (tenant_id, name, created_at) VALUES ($1, 'old', $2)", tenant, MORNING)
    for branch, address in ((there, "Main Street 1, 1000 Brussels"), (nowhere, None)):
        await owner.execute(
            "INSERT INTO branch (tenant_id, branch_id, name, time_zone, address)"
            " VALUES ($1, $2, 'a branch', 'Europe/Brussels', $3)",
            *(tenant, branch, address),
        )
    await owner.close()
    await migrate(old)
    pool = await open_pool(old, 1)
    try:
        branches = (await read_facts(pool, TenantId(tenant), MORNING)).catalog.branches
    finally:
        await pool.close()
    assert branches[there].address == Address("Main Street 1, 1000 Brussels")
    assert (branches[nowhere].address, branches[there].geo, branches[there].combinations) == (None, None, ())


async def test_what_is_added_is_read_in_whole_minutes(home: Home) -> None:
    person, _, (first, _) = await two_services(home)
    await put(home, person, replace(first, added_duration=timedelta(minutes=7)))
    read = (await read_facts(home.context.pool, person.tenant, MORNING)).catalog
    assert read.services[first.id].added_duration == timedelta(minutes=7)
    with pytest.raises(ValueError, match="whole number of minutes"):
        await put(home, person, replace(first, added_duration=timedelta(seconds=30)))
