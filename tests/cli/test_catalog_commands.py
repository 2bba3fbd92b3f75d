"""`appointed apply`, `appointed export` and `appointed schema`, as an operator runs them."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from appointed.catalog_file.values import derived_id, derived_tenant
from appointed.core.caller import Caller, Scope
from appointed.core.difference import Kind
from appointed.core.ids import ServiceId
from appointed.core.visit import Details
from appointed.store.embedded import attach_or_start
from appointed.store.pool import open_pool
from appointed.store.tenants import find_tenant, reset_sandbox
from appointed.usecases.clock import system_clock
from appointed.usecases.context import Context
from appointed.usecases.holds import Wish, book
from appointed.usecases.inquiring import Wanted
from commands import run
from people import MORNING

CLINIC = """\
tenant: {slug: clinic, name: The clinic, sandbox: true}
branches:
  - slug: main
    name: Main street
    time_zone: Europe/Warsaw
    opening_hours:
      week: {mon: [09:00-17:00]}
resources:
  - {slug: anna, name: Anna}
services:
  - slug: visit
    name: Visit
    duration_minutes: 30
    roles: [{resources: [anna]}]
"""


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("apply") / "data"


@pytest.fixture
def clinic(tmp_path: Path) -> Path:
    path = tmp_path / "clinic.yaml"
    path.write_text(CLINIC)
    return path


def test_a_file_is_applied_exported_and_applied_again(data_dir: Path, clinic: Path) -> None:
    """From nothing: the database is made, and so is the tenant. Whoever only looks makes neither of them."""
    for looks in (("apply", str(clinic), "--dry-run"), ("export", "--tenant", "clinic"), ("audit", "verify")):
        nothing = run(data_dir, *looks)
        assert (nothing.returncode, "there is nothing yet" in nothing.stderr) == (3, True), nothing.stderr
    assert not data_dir.exists()
    assert run(data_dir, "migrate").returncode == 0
    dry = run(data_dir, "apply", str(clinic), "--dry-run")
    assert (dry.returncode, dry.stderr) == (0, "")
    assert "+ main" in dry.stdout
    assert "nothing was changed" in dry.stdout
    assert run(data_dir, "export", "--tenant", "clinic").returncode == 1
    done = run(data_dir, "apply", str(clinic))
    assert (done.returncode, done.stderr) == (0, "")
    assert "Applied" in done.stdout
    for how in ("yaml", "json"):
        written = clinic.with_suffix(f".out.{how}")
        exported = run(
            data_dir, "export", "--tenant", "clinic", "--output", str(written), *(["--json"] * (how == "json"))
        )
        assert exported.returncode == 0
        again = run(data_dir, "apply", str(written), "--json")
        assert again.returncode == 0
        assert json.loads(again.stdout) == {
            "tenant": "clinic", "version": 2, "applied": False, "refused": False, "differences": [], "options": [],
            "visits": []
        }  # fmt: skip
    assert json.loads(written.read_text())["services"][0]["slug"] == "visit"


def test_a_change_is_told_for_scripts_too(data_dir: Path, clinic: Path) -> None:
    assert run(data_dir, "apply", str(clinic)).returncode == 0
    clinic.write_text(CLINIC.replace("Anna}", "Anne}"))
    told = json.loads(run(data_dir, "apply", str(clinic), "--dry-run", "--json").stdout)
    (difference,) = told["differences"]
    assert (difference["kind"], difference["slug"], difference["change"]) == ("resource", "anna", "changed")
    assert difference["fields"] == [{"field": "name", "before": "Anna", "after": "Anne"}]
    assert told["applied"] is False


def test_a_change_of_the_options_alone_is_one(data_dir: Path, clinic: Path) -> None:
    assert run(data_dir, "apply", str(clinic)).returncode == 0
    clinic.write_text(CLINIC + "options: {languages: [pl]}\n")
    shown = run(data_dir, "apply", str(clinic), "--dry-run")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "other options" in shown.stdout
    assert "languages  nothing → pl" in shown.stdout
    done = json.loads(run(data_dir, "apply", str(clinic), "--json").stdout)
    assert (done["applied"], done["differences"]) == (True, [])
    assert done["options"] == [{"field": "languages", "before": [], "after": ["pl"]}]
    assert json.loads(run(data_dir, "apply", str(clinic), "--json").stdout)["applied"] is False


def test_a_bad_file_is_told_by_line(data_dir: Path, clinic: Path) -> None:
    clinic.write_text(CLINIC.replace("[anna]", "[ben]").replace("Europe/Warsaw", "Mars"))
    refused = run(data_dir, "apply", str(clinic))
    assert (refused.returncode, refused.stdout) == (2, "")
    assert f"{clinic}:5: branches[0].time_zone: there is no time zone Mars" in refused.stderr
    assert f"{clinic}:14: services[0].roles[0].resources[0]: there is no resource ben" in refused.stderr
    told = run(data_dir, "apply", str(clinic), "--json")
    assert (told.returncode, told.stderr) == (2, "")
    assert json.loads(told.stdout)["problems"][0] == {
        "line": 5, "field": "branches[0].time_zone", "problem": "there is no time zone Mars"
    }  # fmt: skip
    clinic.write_text(CLINIC.replace("mon:", "moon:"))
    told = run(data_dir, "apply", str(clinic), "--json")
    assert [each["line"] for each in json.loads(told.stdout)["problems"]] == [7]


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (["apply", "absent.yaml"], 2, "absent.yaml cannot be read"),
        (["apply", "{clinic}", "--tenant", "nobody"], 2, "there is no tenant nobody"),
        (["export", "--tenant", "nobody"], 1, "there is no tenant nobody"),
        (["export"], 2, "--tenant"),
    ],
)
def test_what_cannot_be_done_says_why(data_dir: Path, clinic: Path, arguments, status: int, says: str) -> None:
    refused = run(data_dir, *(argument.format(clinic=clinic) for argument in arguments))
    assert (refused.returncode, says in refused.stderr) == (status, True), refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("sandbox: true", "sandbox: false", "is a sandbox, and remains so"),
        ("slug: clinic,", "slug: clinic, id: 2f1c2c57-6d0e-4b52-8a37-6f5e0f1b7a02,", "has the id"),
    ],
)
def test_a_tenant_stays_who_it_is(data_dir: Path, clinic: Path, before: str, after: str, says: str) -> None:
    assert run(data_dir, "apply", str(clinic)).returncode == 0
    clinic.write_text(CLINIC.replace(before, after))
    refused = run(data_dir, "apply", str(clinic))
    assert (refused.returncode, says in refused.stderr) == (1, True), refused.stderr


def test_no_slug_gets_at_the_catalogue_of_another(data_dir: Path, clinic: Path) -> None:
    assert run(data_dir, "apply", str(clinic)).returncode == 0
    before = run(data_dir, "export", "--tenant", "clinic").stdout
    its = f"slug: clinic-new, id: {derived_tenant('clinic')},"
    clinic.write_text(CLINIC.replace("slug: clinic,", its).replace("Anna}", "Nobody}"))
    for how in ([], ["--dry-run"]):
        refused = run(data_dir, "apply", str(clinic), *how)
        assert (refused.returncode, refused.stdout) == (1, ""), refused.stdout
        assert "is that of the tenant clinic, which keeps its slug" in refused.stderr
    assert run(data_dir, "export", "--tenant", "clinic").stdout == before


def test_a_catalogue_without_a_database(clinic: Path, tmp_path: Path) -> None:
    refused = run(tmp_path, "apply", str(clinic), DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    assert refused.returncode == 3
    assert "Traceback" not in refused.stderr


def change(clinic: Path, before: str, after: str) -> None:
    clinic.write_text(CLINIC.replace(before, after))


async def book_at_ten(data_dir: Path) -> str:
    """A visit to the clinic on Monday, the last of November 2020."""
    with attach_or_start(data_dir) as server:
        pool = await open_pool(server.dsn, 1)
        try:
            tenant = await find_tenant(pool, "clinic")
            caller = Caller(tenant.id, None, "tester", frozenset(Scope), sandbox=True)
            async with pool.transaction(tenant.id) as tx:
                await reset_sandbox(tx, tenant.id, MORNING)
            service = ServiceId(derived_id(tenant.id, Kind.SERVICE, "visit"))
            wish = Wish((Wanted(service),), MORNING + timedelta(hours=1), (Details("en", 1),))
            return str((await book(Context(pool, system_clock), caller, wish)).id)
        finally:
            await pool.close()


async def test_visits_in_the_way_are_listed_and_nothing_is_done(data_dir: Path, clinic: Path) -> None:
    assert run(data_dir, "apply", str(clinic)).returncode == 0
    visit = await book_at_ten(data_dir)
    change(clinic, "09:00-17:00", "12:00-17:00")
    refused = run(data_dir, "apply", str(clinic))
    assert refused.returncode == 1
    assert "2020-11-30 10:00  visit  opening hours" in refused.stdout
    assert visit in refused.stdout
    assert "Nothing was changed" in refused.stderr
    told = run(data_dir, "apply", str(clinic), "--json")
    assert told.returncode == 1
    assert [(each["id"], each["reasons"][0]["rule"]) for each in json.loads(told.stdout)["visits"]] == [
        (visit, "opening_hours")
    ]
    assert run(data_dir, "apply", str(clinic), "--dry-run").returncode == 0
    forced = run(data_dir, "apply", str(clinic), "--force", "--json")
    assert (forced.returncode, json.loads(forced.stdout)["applied"]) == (0, True)
    assert json.loads(run(data_dir, "apply", str(clinic), "--json").stdout)["differences"] == []


def test_the_help_teaches(tmp_path: Path) -> None:
    for command in ("apply", "export", "schema"):
        assert f"Example: appointed {command}" in run(tmp_path, command, "--help").stdout.replace("│", "")


def test_the_schema_is_printed(tmp_path: Path) -> None:
    printed = run(tmp_path, "schema")
    assert printed.returncode == 0
    assert printed.stdout == (Path(__file__).parents[2] / "docs/catalog.schema.json").read_text()
