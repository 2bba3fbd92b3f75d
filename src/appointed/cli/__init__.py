"""The command line: what an operator types."""

import typer

from appointed.cli.apply import apply
from appointed.cli.audit import audit
from appointed.cli.demo import demo
from appointed.cli.doctor import doctor
from appointed.cli.export import export, schema
from appointed.cli.importing import importing
from appointed.cli.keys import keys
from appointed.cli.migrate import migrate
from appointed.cli.openapi import openapi
from appointed.cli.serve import serve
from appointed.cli.version import version
from appointed.cli.work import work

app = typer.Typer(
    name="appointed",
    help="A server that gives people a time, or a place in line, and keeps the promise.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.callback()(version)
app.command()(serve)
app.command()(work)
app.command()(migrate)
app.command()(apply)
app.command()(export)
app.command()(schema)
app.command()(demo)
app.add_typer(importing)
app.add_typer(keys)
app.add_typer(audit)
app.command()(doctor)
app.command()(openapi)


def main() -> None:
    """Run the command line."""
    app()
