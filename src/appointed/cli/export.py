"""`appointed export` and `appointed schema`."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from appointed.catalog_file.schema import schema_text
from appointed.catalog_file.shape import CatalogFile, TenantShape
from appointed.catalog_file.text import write, write_json
from appointed.catalog_file.values import derived_tenant
from appointed.catalog_file.written import to_file
from appointed.cli.acting import ACTOR, REFUSED, JsonOption, connected
from appointed.cli.console import WRONG_SETTING, err, settings, stop
from appointed.cli.database import database
from appointed.core.caller import Caller, Scope
from appointed.store.tenants import find_tenant
from appointed.usecases.catalog import load
from appointed.usecases.clock import system_clock
from appointed.usecases.context import Context


def export(
    tenant: Annotated[str, typer.Option("--tenant", help="The slug of the tenant.", show_default=False)],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The file to write, in place of the screen.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Write a tenant's catalogue as a file. To apply it again changes nothing.

    Example: appointed export --tenant clinic --output clinic.yaml
    """
    with database(settings(), looking=True) as where:
        file = asyncio.run(_export(tenant, where.dsn))
    text = write_json(file) if as_json else write(file)
    if output is None:
        typer.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        stop(f"{output} cannot be written: {error.strerror}", WRONG_SETTING)
    err.print(f"wrote {output}", markup=False)


def schema() -> None:
    """Print the JSON Schema of the catalogue's file, by which editors check and complete it.

    Example: appointed schema > catalog.schema.json
    """
    typer.echo(schema_text(), nl=False)


async def _export(slug: str, dsn: str) -> CatalogFile:
    async with connected(dsn, looking=True) as pool:
        tenant = await find_tenant(pool, slug)
        if tenant is None:
            stop(f"there is no tenant {slug}", REFUSED)
        caller = Caller(tenant.id, None, ACTOR, frozenset(Scope), sandbox=tenant.sandbox)
        catalog = await load(Context(pool, system_clock), caller)
    file = to_file(catalog, tenant.id)
    file.tenant = TenantShape(
        slug=tenant.slug,
        id=None if tenant.id == derived_tenant(slug) else tenant.id,
        name="" if tenant.name == slug else tenant.name,
        sandbox=tenant.sandbox,
    )
    return file
