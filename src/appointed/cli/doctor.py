"""`appointed doctor`."""

import asyncio
import json
import os
from contextlib import ExitStack
from dataclasses import asdict
from typing import Annotated
from urllib.parse import urlsplit

import typer
from rich.table import Table

from appointed.cli import examination
from appointed.cli.console import show
from appointed.cli.examination import Finding, Mark
from appointed.settings import Settings, read_settings
from appointed.store.embedded import EmbeddedServerError, attach_or_start

WRONG = 1
_STYLES = {Mark.FINE: "green", Mark.LOOK: "yellow", Mark.WRONG: "red"}


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="The findings as JSON, for scripts.")] = False,
) -> None:
    """Look at settings, database, schema, roles, clock, disk and port, and say what to do.

    Nothing is changed. An embedded database that does not run is started for the look and stopped again; one that was
    never made is not made. Status 0 means that the server can start, 1 that something is wrong.
    """
    findings = _examine()
    wrong = any(finding.mark is Mark.WRONG for finding in findings)
    if as_json:
        told = {"fine": not wrong, "findings": [asdict(finding) for finding in findings]}
        typer.echo(json.dumps(told, indent=2))
    else:
        table = Table(box=None, pad_edge=False)
        for column in ("", "what", "found", "what to do"):
            table.add_column(column, overflow="fold")
        for finding in findings:
            style = _STYLES[finding.mark]
            table.add_row(f"[{style}]{finding.mark}[/]", finding.what, *_plain(finding.found, finding.advice))
        show(table)
    raise typer.Exit(WRONG if wrong else 0)


def _plain(*texts: str) -> list[str]:
    return [text.replace("[", "\\[") for text in texts]


def _examine() -> list[Finding]:
    findings = examination.look_at_settings(os.environ)
    if any(finding.mark is Mark.WRONG for finding in findings):
        return findings
    settings = read_settings()
    findings += _look_at_database(settings)
    if settings.database_url is None:
        findings.append(examination.look_at_disk(settings.data_dir))
    return [*findings, *examination.look_at_ports(settings), examination.look_at_demo(settings)]


def _look_at_database(settings: Settings) -> list[Finding]:
    if settings.database_url is not None:
        parts = urlsplit(settings.database_url)
        shown = f"{parts.path.lstrip('/') or 'the default database'} at {parts.hostname or 'a socket'}"
        return asyncio.run(examination.look_at_database(settings.database_url, shown))
    if not settings.data_dir.exists():
        told = f"there is none in {settings.data_dir} yet"
        return [Finding("database", Mark.FINE, told, "`appointed serve` makes it; APPOINTED_DATA_DIR says where")]
    with ExitStack() as stack:
        try:
            server = stack.enter_context(attach_or_start(settings.data_dir))
        except EmbeddedServerError as error:
            return [Finding("database", Mark.WRONG, str(error), "see docs/operations.md, the embedded database")]
        shown = f"embedded in {settings.data_dir}" + ("" if server.owner else ", of a process that runs")
        return asyncio.run(examination.look_at_database(server.dsn, shown))
