"""`appointed import`."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TextIO

import msgspec
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from appointed.cli.acting import REFUSED, JsonOption, TenantOption, acting_for
from appointed.cli.console import NOT_READY, WRONG_SETTING, err, out, settings, stop
from appointed.cli.database import database
from appointed.core.errors import Refusal, StoreUnavailable
from appointed.core.ids import VisitId
from appointed.i18n.catalog import sentence
from appointed.importers import IMPORTERS
from appointed.importers.imported import SENTENCES, Asked, Imported, Left, Source, SourceInvalid
from appointed.usecases.importing import Arrived, Arriving, take_in
from appointed.usecases.reading import read

CHUNK = 1 << 16
NAMED = 3

DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Only say what would come over; change nothing.")]
DumpArgument = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, show_default=False)]
FilesArgument = Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, readable=True, show_default=False)]


class Become(StrEnum):
    """What the events of a calendar are here."""

    VISITS = "visits"
    CLOSURES = "closures"


importing = typer.Typer(
    name="import",
    help="Bring over what another system has. docs/importing.md says what comes over from each and what does not.",
    no_args_is_help=True,
)


@importing.command("ics")
def ics(
    files: FilesArgument,
    tenant: TenantOption,
    resource: Annotated[str | None, typer.Option("--resource", help="Whose calendars these are: slug or id.")] = None,
    service: Annotated[str | None, typer.Option("--service", help="What the events are visits of: slug or id.")] = None,
    become: Annotated[
        Become, typer.Option("--as", help="Visits of a service, or time off of the resource.")
    ] = Become.VISITS,
    until: Annotated[
        datetime | None,
        typer.Option("--until", formats=["%Y-%m-%d"], help="Up to which day, in UTC; a year ahead if not told."),
    ] = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Take the events of calendars over, as visits of one service or as time off of one resource.

    Once more with the same calendars changes nothing: what is there already stays as it is.

    Example: appointed import ics anna.ics --tenant clinic --resource anna --as closures --dry-run
    """

    def asked(given: Asked) -> Asked:
        last = None if until is None else until.replace(tzinfo=UTC)
        return Asked(given.tenant, given.catalog, given.now, service, resource, become is Become.CLOSURES, last)

    _import("ics", files, tenant, asked, dry_run=dry_run, as_json=as_json)


@importing.command("easyappointments")
def easyappointments(
    dump: DumpArgument,
    tenant: TenantOption,
    prefix: Annotated[
        str | None, typer.Option("--prefix", help="What the names of its tables begin with, if there are several.")
    ] = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Take an installation of Easy!Appointments over from a dump that mysqldump wrote.

    Once more with a later dump adds what is new there, and puts services and providers back to how they are there.

    Example: appointed import easyappointments dump.sql --tenant clinic --dry-run
    """

    def asked(given: Asked) -> Asked:
        return Asked(given.tenant, given.catalog, given.now, prefix=prefix)

    _import("easyappointments", [dump], tenant, asked, dry_run=dry_run, as_json=as_json)


@importing.command("calcom")
def calcom(
    dump: DumpArgument, tenant: TenantOption, dry_run: DryRunOption = False, as_json: JsonOption = False
) -> None:
    """Take a Cal.com over from a dump that pg_dump wrote as plain text.

    Once more with a later dump adds what is new there, and puts event types and hosts back to how they are there.

    Example: appointed import calcom dump.sql --tenant clinic --dry-run
    """
    _import("calcom", [dump], tenant, lambda given: given, dry_run=dry_run, as_json=as_json)


def _import(
    source: str,
    files: Sequence[Path],
    tenant: str,
    asked: Callable[[Asked], Asked],
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    with database(settings(), looking=dry_run) as where:
        try:
            imported, arrived = asyncio.run(
                _take(where.dsn, source, files, tenant, asked, dry_run=dry_run, quiet=as_json)
            )
        except SourceInvalid as error:
            stop(str(error), WRONG_SETTING)
        except StoreUnavailable:
            stop("the database does not answer", NOT_READY)
        except Refusal as refusal:
            stop(sentence(refusal, None), REFUSED)
    if as_json:
        typer.echo(msgspec.json.encode(_told(imported, arrived, dry_run=dry_run)))
    else:
        _print(imported, arrived, dry_run=dry_run)


async def _take(
    dsn: str,
    source: str,
    files: Sequence[Path],
    tenant: str,
    asked: Callable[[Asked], Asked],
    *,
    dry_run: bool,
    quiet: bool,
) -> tuple[Imported, Arrived]:
    async with acting_for(dsn, tenant, looking=dry_run) as (context, caller):
        known = await read(context, caller)
        with ExitStack() as stack:
            opened = [stack.enter_context(_open(file)) for file in files]
            sources = [Source(str(file), _chunks(text)) for file, text in zip(files, opened, strict=True)]
            imported = IMPORTERS[source](sources, asked(Asked(caller.tenant, known.catalog, known.now)))
        visits = [Arriving(each.visit, each.claims) for each in imported.visits]
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=err, transient=True, disable=quiet) as progress:
            task = progress.add_task("visits", total=len(visits))
            arrived = await take_in(
                context, caller, imported.catalog, visits, dry_run=dry_run, written=lambda: progress.advance(task)
            )
    return imported, arrived


def _open(file: Path) -> TextIO:
    # What is no UTF-8 stands in columns that nobody reads, such as sessions.
    return file.open(encoding="utf-8", errors="replace", newline="")


def _chunks(text: TextIO) -> Iterator[str]:
    while chunk := text.read(CHUNK):
        yield chunk


def _told(imported: Imported, arrived: Arrived, *, dry_run: bool) -> dict[str, Any]:
    names = _names(imported)
    return {
        "dry_run": dry_run,
        "differences": [
            {"kind": each.kind, "slug": each.slug, "name": each.name, "change": each.change}
            for each in arrived.differences
        ],
        "visits": {
            "added": len(arrived.added),
            "known": len(arrived.known),
            "overbooked": [
                {"visit": each.visit_id, "source_id": names[each.visit_id], "resources": each.resources}
                for each in arrived.overbooked
            ],
        },
        "left": [
            {
                "kind": each.kind,
                "source_id": each.source_id,
                "part": each.part,
                "reason": each.reason,
                "detail": each.detail,
            }
            for each in imported.left
        ],
    }


def _names(imported: Imported) -> dict[VisitId, str]:
    return {each.visit.id: each.source_id for each in imported.visits}


def _print(imported: Imported, arrived: Arrived, *, dry_run: bool) -> None:
    if dry_run:
        out.print("This is a dry run: nothing has changed.", style="bold")
    counts: defaultdict[str, int] = defaultdict(int)
    for each in arrived.differences:
        counts[f"{each.kind} {each.change}"] += 1
    counts["visit added"] = len(arrived.added)
    counts["visit there already"] = len(arrived.known)
    counts["visit overbooked, of those added"] = len(arrived.overbooked)
    table = _table("comes over", "how many")
    for what, count in counts.items():
        if count:
            table.add_row(what, str(count))
    out.print(table if table.row_count else "There is nothing to bring over.")
    names = _names(imported)
    if arrived.overbooked:
        out.print("\nThese visits overlap others on the same resource, and stand beside them:")
        for each in arrived.overbooked:
            out.print(f"  {names[each.visit_id]}: visit {each.visit_id}", markup=False)
    if imported.left:
        out.print()
        out.print(_left_table(imported.left))


def _left_table(left: Sequence[Left]) -> Table:
    """What does not come over, by kind, part and reason."""
    found: defaultdict[tuple[str, str, str], list[str]] = defaultdict(list)
    for each in left:
        found[each.kind, each.part, each.reason].append(each.source_id)
    table = _table("does not come over", "why", "how many", "which")
    for (kind, part, reason), ids in sorted(found.items()):
        named = ", ".join(dict.fromkeys(ids[:NAMED])) + (", …" if len(ids) > NAMED else "")
        what = kind if not part else f"{kind}: {part}"
        sentences = {str(known): said for known, said in SENTENCES.items()}
        table.add_row(*(_plain(cell) for cell in (what, sentences[reason], str(len(ids)), named)))
    return table


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _plain(text: str) -> str:
    return text.replace("[", "\\[")
