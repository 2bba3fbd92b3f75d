"""What is shown in columns: ids in one piece, times by the clock of the branch, nothing cut where nobody looks on."""

import io
from datetime import UTC, datetime
from uuid import UUID, uuid4  # noqa: TID251 - tests make identities too

import pytest
from rich.console import Console

from appointed.cli import console
from appointed.cli.differences import Words, field_texts, tree
from appointed.cli.keys import table_of
from appointed.core.caller import ROLES, KeyRole, Scope
from appointed.core.catalog import ANY_TIME, CapacityStep, Catalog, Closure, Days, Schedule
from appointed.core.difference import FieldDifference, difference
from appointed.core.ids import CredentialId
from appointed.usecases.keys import Key
from people import exclusive_resource, new_branch

LONG = "a name of more than eighty characters, since that is where a line was cut: 0123456789 " * 2
NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
BRANCH = new_branch(name=LONG, slug="main")
ANNA = exclusive_resource(BRANCH.id)


def keys() -> list[Key]:
    made = datetime(2026, 11, 21, tzinfo=UTC)
    some = [
        Key(CredentialId(uuid4()), "the tablet in the waiting room", "apt_x1y2z3", frozenset(Scope), made, made),
        Key(CredentialId(uuid4()), "website", "apt_a1b2c3", ROLES[KeyRole.BOOKING], made),
    ]
    return [*some, Key(CredentialId(uuid4()), "odd", "", frozenset({Scope.READ, Scope.ADMINISTER}), made)]


@pytest.mark.parametrize("width", [60, 80, 200])
def test_an_id_stands_in_one_piece(width: int) -> None:
    screen = io.StringIO()
    listed = keys()
    Console(file=screen, width=width, force_terminal=True).print(table_of(listed))
    shown = screen.getvalue()
    assert [key.id for key in listed if str(key.id) not in shown] == []


def test_where_nobody_looks_on_nothing_is_cut(capsys: pytest.CaptureFixture[str]) -> None:
    before, after = Catalog(0), Catalog(0, {BRANCH.id: BRANCH})
    console.show(tree(difference(before, after), Words.of(before, after), "main"))
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "a name of" in line]
    assert LONG.strip() in line


def test_times_are_those_of_the_branch() -> None:
    """Of Warsaw, where it is two hours later; the tenant's own have no branch."""
    closed = Schedule(closures=(Closure(NOON, NOON.replace(hour=22)),))
    words = Words.of(Catalog(0, {BRANCH.id: BRANCH}, {}, {ANNA.id: ANNA}))
    for thing_id, starts, ends in (
        (BRANCH.id, "2026-07-01 14:00", "2026-07-02 00:00"),
        (ANNA.id, "2026-07-01 14:00", "2026-07-02 00:00"),
        (None, "2026-07-01 12:00Z", "2026-07-01 22:00Z"),
    ):
        (text,) = field_texts(FieldDifference("schedule", ANY_TIME, closed), words, thing_id)
        assert text.plain == f"schedule closed from {starts}  nothing → until {ends}"
    steps = FieldDifference("capacity", (), (CapacityStep(NOON, 3),))
    assert [text.plain for text in field_texts(steps, words, ANNA.id)] == [
        "capacity  nothing → 3 from 2026-07-01 14:00"
    ]
    assert words.moment(NOON, UUID(int=0)) == "2026-07-01 12:00Z"


def test_one_day_is_not_days() -> None:
    words = Words.of(Catalog(0))
    for days, said in ((Days(1), "1 day"), (Days(2), "2 days"), (Days(1, business=True), "1 business day")):
        (text,) = field_texts(FieldDifference("horizon", None, days), words)
        assert text.plain == f"horizon  nothing → {said}"
