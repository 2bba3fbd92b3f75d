"""`appointed --version`."""

from importlib.metadata import version as installed
from typing import Annotated

import typer

from appointed.cli.console import out


def _show(wanted: bool) -> None:
    if wanted:
        out.print(f"appointed {installed('appointed')}")
        raise typer.Exit


def version(
    shown: Annotated[
        bool, typer.Option("--version", help="Print the version and end.", callback=_show, is_eager=True)
    ] = False,
) -> None:
    """A server that gives people a time, or a place in line, and keeps the promise."""
    del shown
