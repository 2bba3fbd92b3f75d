"""The command line: what an operator types."""

import typer

from appointed.cli.demo import demo
from appointed.cli.migrate import migrate
from appointed.cli.serve import serve

app = typer.Typer(
    name="appointed",
    help="A server that gives people a time, or a place in line, and keeps the promise.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(serve)
app.command()(migrate)
app.command()(demo)


def main() -> None:
    """Run the command line."""
    app()
