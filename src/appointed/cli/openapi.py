"""`appointed openapi`."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from appointed.cli.console import NOT_READY, WRONG_SETTING, stop
from appointed.dialects import DIALECTS
from appointed.wire.openapi import document

EVERY = "all"
_BY_NAME = {dialect.name: dialect for dialect in DIALECTS}


def openapi(
    dialect: Annotated[str, typer.Option(help=f"One of {', '.join(_BY_NAME)}, or {EVERY}.")] = "native",
    output: Annotated[Path | None, typer.Option(help="A file to write; standard output without it.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON, which is what is printed anyway.")] = True,
) -> None:
    """Print the OpenAPI 3.1 document of a dialect; of all of them, one object with a document for each name.

    It is what the server answers at /openapi.json beneath the dialect's mount, and needs no server and no database.
    """
    del as_json
    if dialect != EVERY and dialect not in _BY_NAME:
        stop(f"there is no dialect {dialect}; there are: {', '.join(_BY_NAME)}, {EVERY}", WRONG_SETTING)
    made: Any = (
        {name: document(each) for name, each in _BY_NAME.items()} if dialect == EVERY else document(_BY_NAME[dialect])
    )
    text = json.dumps(made, indent=2, ensure_ascii=False, default=dict) + "\n"
    if output is None:
        typer.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        stop(f"cannot write {output}: {error.strerror}", NOT_READY)
