"""`appointed import`, as somebody who moves in types it."""

import json
from pathlib import Path

import pytest

from commands import run

DUMPS = Path(__file__).parents[1] / "importers"
CLINIC = """\
tenant: {slug: clinic, name: The clinic}
branches:
  - slug: main
    name: Main street
    time_zone: Europe/Berlin
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
CALENDAR = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//tests//EN
BEGIN:VEVENT
UID:holiday
DTSTART;VALUE=DATE:21001224
DTEND;VALUE=DATE:21001227
END:VEVENT
BEGIN:VEVENT
UID:[maybe]
STATUS:CANCELLED
DTSTART:21001224T100000Z
END:VEVENT
END:VCALENDAR
"""


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation that has one tenant with a small catalogue."""
    directory = tmp_path_factory.mktemp("import")
    (directory / "clinic.yaml").write_text(CLINIC)
    assert run(directory / "data", "apply", str(directory / "clinic.yaml")).returncode == 0
    return directory / "data"


def test_a_dump_comes_over_once(data_dir: Path) -> None:
    """A dry run says what comes, and changes nothing."""
    command = ["import", "easyappointments", str(DUMPS / "easyappointments.sql"), "--tenant", "clinic"]
    dry = run(data_dir, *command, "--dry-run")
    assert (dry.returncode, "Traceback" in dry.stderr) == (0, False)
    assert "This is a dry run: nothing has changed." in dry.stdout
    assert "it was cancelled or declined" in dry.stdout
    told = json.loads(run(data_dir, *command, "--dry-run", "--json").stdout)
    done = json.loads(run(data_dir, *command, "--json").stdout)
    assert {**told, "dry_run": False} == done
    assert done["visits"]["added"] > 0
    assert {each["change"] for each in done["differences"]} == {"added"}
    again = json.loads(run(data_dir, *command, "--json").stdout)
    assert (again["differences"], again["visits"]["added"]) == ([], 0)
    assert again["visits"]["known"] == done["visits"]["added"]


def test_what_came_over_is_a_catalogue_like_any_other(data_dir: Path, tmp_path: Path) -> None:
    """It can be exported as a file, and applying that changes nothing."""
    done = run(data_dir, "import", "calcom", str(DUMPS / "calcom.sql"), "--tenant", "clinic")
    assert (done.returncode, "service added" in done.stdout) == (0, True)
    written = tmp_path / "out.yaml"
    assert run(data_dir, "export", "--tenant", "clinic", "--output", str(written)).returncode == 0
    applied = run(data_dir, "apply", str(written), "--json")
    assert (applied.returncode, json.loads(applied.stdout)["differences"]) == (0, [])


def test_a_calendar_becomes_time_off(data_dir: Path, tmp_path: Path) -> None:
    calendar = tmp_path / "anna.ics"
    calendar.write_text(CALENDAR)
    command = ["import", "ics", str(calendar), "--tenant", "clinic", "--resource", "anna", "--as", "closures"]
    done = run(data_dir, *command, "--until", "2101-01-01")
    assert done.returncode == 0
    assert "resource changed" in done.stdout
    assert "[maybe]" in done.stdout
    exported = run(data_dir, "export", "--tenant", "clinic")
    assert "2100-12-24" in exported.stdout
    again = run(data_dir, *command, "--until", "2101-01-01")
    assert "There is nothing to bring over." in again.stdout


def test_what_cannot_be_brought_over_is_said_in_one_sentence(data_dir: Path, tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear all,\n")
    for source, more, said in (
        ("easyappointments", (), f"{letter} is no dump of a database"),
        ("calcom", (), f"{letter} is no dump of a database"),
        ("ics", ("--service", "visit"), f"{letter} is no calendar"),
    ):
        wrong = run(data_dir, "import", source, str(letter), "--tenant", "clinic", *more)
        assert (wrong.returncode, wrong.stdout) == (2, "")
        assert wrong.stderr.startswith(said)
        assert "Traceback" not in wrong.stderr
    nobody = run(data_dir, "import", "calcom", str(DUMPS / "calcom.sql"), "--tenant", "nobody")
    assert (nobody.returncode, nobody.stderr) == (1, "there is no tenant nobody\n")
    other = run(data_dir, "import", "calcom", str(DUMPS / "easyappointments.sql"), "--tenant", "clinic")
    assert (other.returncode, other.stdout) == (2, "")
