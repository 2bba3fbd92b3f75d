"""`appointed apply`."""

import asyncio
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, NoReturn

import msgspec
import typer
from rich.progress import Progress

from appointed.catalog_file.text import Document, FileInvalid, read
from appointed.catalog_file.values import derived_tenant
from appointed.cli.acting import ACTOR, REFUSED, JsonOption, connected
from appointed.cli.console import WRONG_SETTING, err, out, settings, show, stop
from appointed.cli.database import database
from appointed.cli.differences import Words, counts, tree, visit_texts
from appointed.core.caller import Caller, Scope
from appointed.core.catalog import Catalog
from appointed.core.errors import Refusal
from appointed.core.ids import TenantId
from appointed.i18n.catalog import sentence
from appointed.store.pool import Pool
from appointed.store.tenants import Tenant, find_tenant, tenant_with_id
from appointed.usecases.catalog import Applied, load
from appointed.usecases.catalog import apply as apply_catalog
from appointed.usecases.clock import system_clock
from appointed.usecases.context import Context

SHOWN_FROM = 50
"""So many things take long enough for somebody to want to see how far it is."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was typed."""

    path: Path
    tenant: str | None
    dry_run: bool
    force: bool
    as_json: bool


def apply(
    file: Annotated[Path, typer.Argument(help="The catalogue, as YAML or JSON.", show_default=False)],
    tenant: Annotated[
        str | None, typer.Option("--tenant", help="The slug of the tenant, in place of the one that the file names.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would change.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Even where visits are in the way; they stay as they are.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Make a tenant's catalogue as a file describes it: all of it, or where something is in the way nothing.

    What the file does not name is removed, or retired where a visit ever used it. A tenant that the file names and that
    does not exist is made. The file is explained in docs/catalogue.md; `appointed export` writes one.

    Ends with 0 when all is as the file says, 1 when it was refused, 2 for a file that cannot be, 3 without a database.

    Example: appointed apply clinic.yaml --dry-run
    """
    wanted = Wanted(file, tenant, dry_run, force, as_json)
    document = _document(file, as_json=as_json)
    with database(settings(), looking=dry_run) as where:
        asyncio.run(_apply(wanted, document, where.dsn))


def _document(path: Path, *, as_json: bool) -> Document:
    try:
        text = path.read_bytes().decode()
    except OSError as error:
        stop(f"{path} cannot be read: {error.strerror}", WRONG_SETTING)
    except UnicodeDecodeError as error:
        stop(f"{path} is not UTF-8 text from byte {error.start} on", WRONG_SETTING)
    try:
        return read(text)
    except FileInvalid as error:
        _stop_for(path, error, as_json=as_json)


def _stop_for(path: Path, error: FileInvalid, *, as_json: bool) -> NoReturn:
    if as_json:
        told = [{"line": each.line, "field": each.field, "problem": each.problem} for each in error.problems]
        typer.echo(msgspec.json.encode({"problems": told}))
        raise typer.Exit(WRONG_SETTING)
    said = (f"{path}:{each.line}: {f'{each.field}: ' if each.field else ''}{each.problem}" for each in error.problems)
    stop("\n".join(said), WRONG_SETTING)


async def _apply(wanted: Wanted, document: Document, dsn: str) -> None:
    async with connected(dsn, looking=wanted.dry_run) as pool:
        tenant, is_new = await _tenant(wanted, document, pool)
        context = Context(pool, system_clock)
        caller = Caller(tenant.id, None, ACTOR, frozenset(Scope), sandbox=tenant.sandbox)
        try:
            loaded = await load(context, caller)
            desired = document.catalog(tenant.id, loaded)
            plan = await apply_catalog(context, caller, desired, dry_run=True)
            blocked = bool(plan.affected) and not wanted.force
            _show(wanted, tenant, plan, loaded, desired)
            if wanted.dry_run or blocked or not (plan.differs or is_new):
                _end(wanted, tenant, plan, blocked=blocked and not wanted.dry_run)
                return
            with _progress(plan) as written:
                done = await apply_catalog(
                    context,
                    caller,
                    desired,
                    force=wanted.force,
                    expected=(plan.version,),
                    written=written,
                    new=tenant if is_new else None,
                )
            _end(wanted, tenant, done, done=True)
        except FileInvalid as error:
            _stop_for(wanted.path, error, as_json=wanted.as_json)
        except Refusal as refusal:
            stop(sentence(refusal, None), REFUSED)


async def _tenant(wanted: Wanted, document: Document, pool: Pool) -> tuple[Tenant, bool]:
    """The tenant that is meant, and whether it is yet to be made."""
    named = None if document.file.tenant is msgspec.UNSET else document.file.tenant
    slug = wanted.tenant or (named.slug if named else None)
    if slug is None:
        stop(f"{wanted.path} names no tenant: add `tenant: {{slug: ...}}`, or say --tenant", WRONG_SETTING)
    found = await find_tenant(pool, slug)
    own = named if named and named.slug == slug else None
    if own is None:
        if found is None:
            stop(f"there is no tenant {slug}; a file makes one that names it as its tenant", WRONG_SETTING)
        return found, False
    if found is not None:
        if own.id not in (None, found.id):
            stop(f"the tenant {slug} has the id {found.id} already, and keeps it", REFUSED)
        _check_sandbox(slug, own.sandbox, found)
        return found, False
    new = Tenant(derived_tenant(slug) if own.id is None else TenantId(own.id), own.name or slug, own.sandbox, slug)
    there = await tenant_with_id(pool, new.id)
    if there is not None and there.slug:
        stop(f"the id {there.id} is that of the tenant {there.slug}, which keeps its slug", REFUSED)
    _check_sandbox(slug, own.sandbox, there)
    return new, True


def _check_sandbox(slug: str, wanted: bool, found: Tenant | None) -> None:
    if found is not None and wanted != found.sandbox:
        stop(f"the tenant {slug} is {'a' if found.sandbox else 'no'} sandbox, and remains so", REFUSED)


def _show(wanted: Wanted, tenant: Tenant, plan: Applied, loaded: Catalog, desired: Catalog) -> None:
    """The differences, and the visits that they hit."""
    if wanted.as_json:
        return
    words = Words.of(loaded, desired)
    if plan.differs:
        title = ", ".join(filter(None, (counts(plan.differences), "other options" if plan.options else "")))
        show(tree(plan.differences, words, f"{tenant.slug}: {title}", plan.options))
    if plan.affected:
        title = "This visit" if len(plan.affected) == 1 else f"These {len(plan.affected)} visits"
        out.print(f"\n{title} could not take place any more:", style="yellow")
        for text in visit_texts(plan.affected, words):
            out.print(f"  {text}", markup=False)


def _end(wanted: Wanted, tenant: Tenant, plan: Applied, *, blocked: bool = False, done: bool = False) -> None:
    """Say how it ended."""
    if wanted.as_json:
        typer.echo(msgspec.json.encode(_told(tenant, plan, blocked=blocked, done=done)))
    elif blocked:
        err.print("\nNothing was changed. Move or cancel those visits first, or say --force to keep them.", style="red")
    elif not plan.differs:
        out.print(f"{tenant.slug} is as the file says; nothing to do")
    elif done:
        out.print(f"\nApplied. The catalogue of {tenant.slug} is at version {plan.version} now.", style="green")
    else:
        out.print("\nA dry run: nothing was changed.", style="dim")
    if blocked:
        raise typer.Exit(REFUSED)


def _told(tenant: Tenant, plan: Applied, *, blocked: bool, done: bool) -> dict[str, object]:
    return {
        "tenant": tenant.slug,
        "version": plan.version,
        "applied": done and plan.differs,
        "refused": blocked,
        "differences": plan.differences,
        "options": plan.options,
        "visits": [
            {"id": each.visit.id, "starts_at": each.visit.starts_at, "reasons": each.reasons} for each in plan.affected
        ],
    }


@contextmanager
def _progress(plan: Applied) -> Generator[Callable[[], None]]:
    """Shows how much of a long write is done, to somebody who watches."""
    total = len(plan.differences)
    with Progress(console=err, transient=True, disable=total < SHOWN_FROM or not err.is_terminal) as progress:
        task = progress.add_task("writing", total=total)
        yield lambda: progress.advance(task)
