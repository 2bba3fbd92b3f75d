"""`appointed keys` and `appointed audit`, as an operator runs them."""

import asyncio
import json
import re
from pathlib import Path
from uuid import uuid4  # noqa: TID251 - tests make identities too

import asyncpg
import pytest

from appointed.core.ids import TenantId
from appointed.store import tenants
from appointed.store.audit import note
from appointed.store.migrate import migrate
from appointed.store.pool import open_pool
from commands import run
from databases import create_database
from people import MORNING


async def prepared(server: str, name: str) -> str:
    dsn = await create_database(server, name)
    await migrate(dsn)
    pool = await open_pool(dsn, 1)
    tenant = tenants.Tenant(TenantId(uuid4()), "A clinic", slug="clinic")
    async with pool.transaction(tenant.id) as tx:
        await tenants.add_tenant(tx, tenant, MORNING)
        for _ in range(3):
            await note(tx, tenant.id, "noted", MORNING, "tester")
    await pool.close()
    return dsn


@pytest.fixture
def clinic(embedded, tmp_path: Path):
    """Run a command on a database with one tenant, the clinic, that has three events; `dsn` is where it is."""
    dsn = asyncio.run(prepared(embedded.dsn, f"clinic_{uuid4().hex[:8]}"))

    def appointed(*arguments: str, url: str = dsn):
        return run(tmp_path / "data", *arguments, DATABASE_URL=url)

    appointed.dsn = dsn
    return appointed


def owner(dsn: str, statement: str) -> str:
    async def execute() -> str:
        connection = await asyncpg.connect(dsn, server_settings={"search_path": "appointed"})
        try:
            return await connection.execute(statement)
        finally:
            await connection.close()

    return asyncio.run(execute())


def test_a_key_from_the_cradle_to_the_grave(clinic) -> None:
    made = clinic("keys", "create", "--tenant", "clinic", "--role", "staff", "--name", "[front] desk")
    assert (made.returncode, made.stderr) == (0, "")
    secret = made.stdout.splitlines()[0]
    assert re.fullmatch(r"apt_[A-Za-z0-9_-]{43}", secret)
    other = json.loads(clinic("keys", "create", "--tenant", "clinic", "--json").stdout)
    assert (other["role"], other["name"]) == ("booking", "booking")
    listed = json.loads(clinic("keys", "list", "--tenant", "clinic", "--json").stdout)
    assert [key["name"] for key in listed] == ["[front] desk", "booking"]
    shown = clinic("keys", "list", "--tenant", "clinic")
    assert "[front] desk" in shown.stdout
    assert secret not in shown.stdout
    revoked = clinic("keys", "revoke", "--tenant", "clinic", secret[:10])
    assert (revoked.returncode, revoked.stderr) == (0, "")
    listed = json.loads(clinic("keys", "list", "--tenant", "clinic", "--json").stdout)
    assert [key["revoked_at"] is None for key in listed] == [False, True]


def test_what_is_not_there_ends_it_with_a_sentence(clinic) -> None:
    for arguments, said in (
        (("keys", "list", "--tenant", "nobody"), "there is no tenant nobody"),
        (("keys", "revoke", "--tenant", "clinic", "apt_x"), "clinic has no key that begins with apt_x"),
        (("audit", "verify", "--tenant", "nobody"), "there is no tenant nobody"),
    ):
        refused = clinic(*arguments)
        assert (refused.returncode, refused.stdout, refused.stderr.strip()) == (1, "", said)


def test_verify_names_the_row_and_its_status_tells_scripts(clinic, tmp_path: Path) -> None:
    seals = tmp_path / "seals.jsonl"
    seals.write_text(clinic("audit", "seal", "--json").stdout)
    sealed = json.loads(seals.read_text())
    assert (sealed["seal"], sealed["events"], len(sealed["hash"])) == (0, 3, 64)
    assert clinic("audit", "seal").stdout == "there is nothing new to seal\n"
    whole = clinic("audit", "verify")
    assert (whole.returncode, whole.stdout) == (0, "3 events of 1 tenant: all of it is whole\n")
    assert owner(clinic.dsn, "UPDATE event SET actor = 'nobody' WHERE position = 1") == "UPDATE 1"
    broken = clinic("audit", "verify", "--tenant", "clinic")
    assert broken.returncode == 1
    named = r"clinic: event 1 of the tenant's own chain at 1\.\d+\.1 is not what it was when it was written\n"
    assert re.match(named, broken.stdout), broken.stdout
    told = clinic("audit", "verify", "--json")
    assert told.returncode == 1
    report = json.loads(told.stdout)
    assert (report["whole"], report["events"], report["broken"]) == (False, 3, 1)
    (found,) = report["breaks"]
    assert (found["trouble"], found["position"], found["visit"]) == ("content", 1, None)
    assert owner(clinic.dsn, "DELETE FROM seal") == "DELETE 1"
    told = clinic("audit", "verify", "--json", "--seals", str(seals))
    assert [each["trouble"] for each in json.loads(told.stdout)["breaks"]] == ["content", "kept"]
    wrong = clinic("audit", "verify", "--seals", __file__)
    assert (wrong.returncode, wrong.stdout) == (2, "")


def test_a_customer_is_exported_and_forgotten(clinic) -> None:
    customer = "6f9619ff-8b86-d011-b42d-00c04fc964ff"
    names = "tenant_id, customer_id, given_name, created_at"
    owner(clinic.dsn, f"INSERT INTO customer ({names}) SELECT tenant_id, '{customer}', 'Jane', now() FROM tenant")
    told = clinic("audit", "export", "--tenant", "clinic", customer)
    assert (told.returncode, json.loads(told.stdout)["customer"]["name"]["given"]) == (0, "Jane")
    asked = clinic("audit", "erase", "--tenant", "clinic", customer)
    assert asked.returncode == 1
    erased = clinic("audit", "erase", "--tenant", "clinic", customer, "--yes")
    assert (erased.returncode, erased.stdout) == (0, f"{customer} is erased, from 0 visits too\n")
    gone = clinic("audit", "export", "--tenant", "clinic", customer)
    assert (gone.returncode, gone.stderr) == (1, "clinic has no such customer\n")
    assert clinic("audit", "verify").stdout == "5 events of 1 tenant: all of it is whole\n"


def test_verify_needs_the_owner_and_the_schema(clinic, embedded) -> None:
    """A login that is shown nothing would find nothing wrong."""
    refused = clinic("audit", "verify", url=f"{clinic.dsn}&role=appointed_app")
    assert (refused.returncode, refused.stdout) == (3, "")
    assert refused.stderr
    bare = asyncio.run(create_database(embedded.dsn, f"bare_{uuid4().hex[:8]}"))
    refused = clinic("audit", "verify", url=bare)
    assert (refused.returncode, refused.stdout) == (3, "")
    assert "appointed migrate" in refused.stderr


def test_who_only_looks_migrates_nothing(clinic, embedded, tmp_path: Path) -> None:
    file = tmp_path / "clinic.yaml"
    file.write_text("tenant: {slug: clinic}")
    bare = asyncio.run(create_database(embedded.dsn, f"bare_{uuid4().hex[:8]}"))
    for looks in (
        ("keys", "list", "--tenant", "clinic"),
        ("export", "--tenant", "clinic"),
        ("apply", str(file), "--dry-run"),
        ("audit", "verify"),
    ):
        refused = clinic(*looks, url=bare)
        assert (refused.returncode, refused.stdout) == (3, "")
        assert "run `appointed migrate` first" in refused.stderr
    assert owner(bare, "DROP SCHEMA IF EXISTS appointed") == "DROP SCHEMA"
    assert clinic("export", "--tenant", "clinic").returncode == 0


def test_a_number_that_does_not_fit_is_named(clinic) -> None:
    """As a chain has them, no transaction has a number of 64 bits."""
    assert owner(clinic.dsn, "UPDATE event SET xid = '18446744073709551615' WHERE position = 2") == "UPDATE 1"
    broken = clinic("audit", "verify")
    assert (broken.returncode, broken.stderr) == (1, "")
    assert "event 2 of the tenant's own chain at 1.18446744073709551615." in broken.stdout


def test_help_says_what_verify_cannot_tell(clinic) -> None:
    assert "--seals" in clinic("audit", "verify", "--help").stdout.split("Options")[0]
