"""`appointed audit`."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from appointed.cli.acting import REFUSED, JsonOption, connected
from appointed.cli.console import NOT_READY, WRONG_SETTING, err, out, settings, stop
from appointed.cli.customers import erase_command, export_command
from appointed.cli.database import database
from appointed.cli.migrate import require_schema
from appointed.core.audit import Break, Seal, Trouble
from appointed.core.errors import StoreUnavailable
from appointed.core.ids import TenantId
from appointed.store.audit import NotTheOwnerError
from appointed.usecases.audit import Ledger, instant, open_ledger, verify
from appointed.usecases.audit import seal as seal_tenant
from appointed.usecases.clock import system_clock
from appointed.usecases.context import Context

BROKEN = 1
NAMED = 1_000

TenantsOption = Annotated[
    str | None, typer.Option("--tenant", help="The slug or the id of one tenant; without it all of them.")
]

_WORDS = {
    Trouble.CONTENT: "is not what it was when it was written",
    Trouble.PREVIOUS: "follows another one than stands before it",
    Trouble.MISSING: "had others before it that are gone",
    Trouble.DATA: "has other data than it was written with",
    Trouble.ERASED: "has lost its data, and no event says that it was erased",
    Trouble.COUNT: "stands for more or fewer events than there are",
    Trouble.SEALED: "stands for other events than there are",
    Trouble.NO_EVENTS: "is there, but nothing tells of it",
    Trouble.KEPT: "is not the one that was kept elsewhere",
}

audit = typer.Typer(
    name="audit",
    help="What happened, and whether anybody has touched it since. docs/audit.md explains it.",
    no_args_is_help=True,
)


audit.command("export")(export_command)
audit.command("erase")(erase_command)


@audit.command("verify")
def verify_command(
    tenant: TenantsOption = None,
    seals: Annotated[
        Path | None,
        typer.Option("--seals", help="What `audit seal --json` has printed over time, kept elsewhere.", dir_okay=False),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Check every event against its chain and its seal, and name the rows that break them. Nothing is changed.

    Status 0 means that all is whole, 1 that something was touched. The login of the settings has to own the tables.
    Whoever owns the database can remove seals too, and nothing here tells of it: that is seen only with --seals.

    Example: appointed audit verify --seals seals.jsonl
    """
    kept = {} if seals is None else _kept(seals)
    with database(settings(), looking=True) as where:
        checked = asyncio.run(_verify(where.dsn, tenant, kept, quiet=as_json))
    if as_json:
        told = {"whole": not checked.broken, "tenants": len(checked.names), "events": checked.events}
        typer.echo(msgspec.json.encode({**told, "broken": checked.broken, "breaks": [_told(b) for b in checked.found]}))
    else:
        for each in checked.found:
            out.print(_sentence(each, checked.names), style="red", markup=False)
        more = f" (the first {NAMED} are named)" if checked.broken > NAMED else ""
        whole = f"{_many(checked.broken, 'break')}{more}" if checked.broken else "all of it is whole"
        style = "red" if checked.broken else "green"
        out.print(f"{_many(checked.events, 'event')} of {_many(len(checked.names), 'tenant')}: {whole}", style=style)
    raise typer.Exit(BROKEN if checked.broken else 0)


@audit.command("seal")
def seal_command(tenant: TenantsOption = None, as_json: JsonOption = False) -> None:
    """Seal what happened since the last seal, so that no chain can be cut short without being noticed.

    Whoever keeps the printed hashes elsewhere can tell later that nothing before them was touched, not even by somebody
    who owns the database.

    Example: appointed audit seal --json >> seals.jsonl
    """
    with database(settings()) as where:
        made = asyncio.run(_seal(where.dsn, tenant))
    for name, each in made:
        if as_json:
            told = {"tenant": each.tenant, "seal": each.number, "at": instant(each.at), "events": each.events}
            typer.echo(msgspec.json.encode({**told, "hash": each.hash.hex()}))
        else:
            out.print(f"{name}: seal {each.number} on {each.events} events, {each.hash.hex()}", markup=False)
    if not made and not as_json:
        out.print("there is nothing new to seal")


@dataclass
class _Checked:
    """The tenants by what they are called, the number of their events and of what breaks them, and the first of it."""

    names: dict[TenantId, str]
    events: int
    broken: int = 0
    found: list[Break] = field(default_factory=list[Break])

    def add(self, broken: Break) -> None:
        self.broken += 1
        if self.broken <= NAMED:
            self.found.append(broken)


class _KeptSeal(msgspec.Struct):
    tenant: TenantId
    seal: int
    hash: str


Kept = dict[TenantId, dict[int, bytes]]


def _kept(path: Path) -> Kept:
    """The hashes of seals by tenant and number; a file that has none ends the process."""
    kept: Kept = {}
    try:
        for seal in msgspec.json.Decoder(_KeptSeal).decode_lines(path.read_bytes()):
            kept.setdefault(seal.tenant, {})[seal.seal] = bytes.fromhex(seal.hash)
    except (OSError, ValueError) as error:
        stop(f"{path} does not hold what `audit seal --json` prints: {error}", WRONG_SETTING)
    return kept


async def _verify(dsn: str, tenant: str | None, kept: Kept, *, quiet: bool) -> _Checked:
    await require_schema(dsn)
    try:
        async with open_ledger(dsn) as ledger:
            tenants = await _meant(ledger, tenant)
            names = {each: slug or str(each) for each, (slug, _) in tenants.items()}
            checked = _Checked(names, sum(events for _, events in tenants.values()))
            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
            with Progress(*columns, console=err, transient=True, disable=quiet or not err.is_terminal) as progress:
                task = progress.add_task("events", total=checked.events)
                for each in tenants:
                    async for broken in verify(ledger, each, lambda: progress.advance(task), kept.pop(each, {})):
                        checked.add(broken)
            if tenant is None:
                for gone, its in kept.items():
                    names[gone] = str(gone)
                    for number in its:
                        checked.add(Break(gone, Trouble.KEPT, seal=number))
            return checked
    except NotTheOwnerError:
        stop("this login sees only one tenant at a time: use that of the role that owns the tables", NOT_READY)
    except StoreUnavailable:
        stop("the database does not answer", NOT_READY)


async def _seal(dsn: str, tenant: str | None) -> list[tuple[str, Seal]]:
    made: list[tuple[str, Seal]] = []
    async with connected(dsn) as pool:
        try:
            async with open_ledger(dsn) as ledger:
                tenants = await _meant(ledger, tenant)
        except NotTheOwnerError:
            stop("this login sees only one tenant at a time: use that of the role that owns the tables", NOT_READY)
        context = Context(pool, system_clock)
        for each, (slug, _) in tenants.items():
            made += [(slug or str(each), seal) for seal in await seal_tenant(context, each)]
    return made


async def _meant(ledger: Ledger, tenant: str | None) -> dict[TenantId, tuple[str, int]]:
    tenants = await ledger.tenants()
    if tenant is None:
        return tenants
    meant = {each: facts for each, facts in tenants.items() if tenant in (str(each), facts[0])}
    if not meant:
        stop(f"there is no tenant {tenant}", REFUSED)
    return meant


def _many(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def _told(broken: Break) -> dict[str, Any]:
    return {
        "tenant": broken.tenant,
        "trouble": broken.trouble,
        "cursor": broken.place,
        "visit": broken.visit,
        "position": broken.position,
        "seal": broken.seal,
    }


def _sentence(broken: Break, names: dict[TenantId, str]) -> str:
    cursor = "" if broken.place is None else f" at {'.'.join(str(part) for part in broken.place)}"
    chain = "the tenant's own chain" if broken.visit is None else f"visit {broken.visit}"
    if broken.seal is not None:
        what = f"seal {broken.seal}{cursor}"
    elif broken.trouble is Trouble.NO_EVENTS:
        what = chain
    else:
        what = f"event {broken.position} of {chain}{cursor}"
    return f"{names[broken.tenant]}: {what} {_WORDS[broken.trouble]}"
