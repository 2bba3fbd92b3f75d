"""`appointed audit export` and `erase`: what is known of one customer."""

from typing import Annotated
from uuid import UUID

import msgspec
import typer

from appointed.cli.acting import REFUSED, TenantOption, act_for
from appointed.cli.console import out, stop
from appointed.core.errors import CustomerNotFound
from appointed.core.ids import CustomerId
from appointed.usecases import customers

CustomerArgument = Annotated[UUID, typer.Argument(help="The id of the customer.", show_default=False)]


def export_command(tenant: TenantOption, customer: CustomerArgument) -> None:
    """Print everything that is known of a customer as JSON. That it was asked for is an event.

    Example: appointed audit export --tenant clinic 6f9619ff-8b86-d011-b42d-00c04fc964ff > dossier.json
    """
    try:
        dossier = act_for(tenant, lambda context, caller: customers.export(context, caller, CustomerId(customer)))
    except CustomerNotFound:
        stop(f"{tenant} has no such customer", REFUSED)
    typer.echo(msgspec.json.format(msgspec.json.encode(dossier)))


def erase_command(
    tenant: TenantOption,
    customer: CustomerArgument,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Forget a customer for good: names, contacts and whatever else they told go, times and chains stay.

    Example: appointed audit erase --tenant clinic 6f9619ff-8b86-d011-b42d-00c04fc964ff
    """
    if not yes:
        typer.confirm("This cannot be taken back. Erase the customer?", abort=True)
    try:
        visits = act_for(tenant, lambda context, caller: customers.erase(context, caller, CustomerId(customer)))
    except CustomerNotFound:
        stop(f"{tenant} has no such customer", REFUSED)
    out.print(f"{customer} is erased, from {visits} {'visit' if visits == 1 else 'visits'} too", markup=False)
