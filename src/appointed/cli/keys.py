"""`appointed keys`."""

from typing import Annotated, Any

import msgspec
import typer
from rich.table import Table

from appointed.cli.acting import REFUSED, JsonOption, TenantOption, act_for
from appointed.cli.console import out, stop
from appointed.core.caller import ROLES, Caller, KeyRole, Scope, role_of
from appointed.usecases.context import Context
from appointed.usecases.keys import Key, NewKey, create_key, list_keys, revoke_key_of

keys = typer.Typer(
    name="keys",
    help="The keys of a tenant: who may act for it, and how far.",
    no_args_is_help=True,
)


@keys.command("list")
def list_command(tenant: TenantOption, as_json: JsonOption = False) -> None:
    """Show all keys of a tenant, revoked ones too. Secrets are not kept and cannot be shown.

    Example: appointed keys list --tenant clinic
    """

    async def work(context: Context, caller: Caller) -> list[Key]:
        return await list_keys(context, caller)

    found = act_for(tenant, work, looking=True)
    if as_json:
        typer.echo(msgspec.json.encode([_told(key) for key in found]))
        return
    table = Table(box=None, pad_edge=False)
    for column in ("key", "begins with", "name", "may", "created", "revoked"):
        table.add_column(column, overflow="fold")
    for key in found:
        revoked = "" if key.revoked_at is None else f"{key.revoked_at:%Y-%m-%d %H:%M}Z"
        style = "dim" if revoked else ""
        may = role_of(key.scopes) or ", ".join(scope for scope in Scope if scope in key.scopes)
        cells = (key.prefix, key.name.replace("[", "\\["), may, f"{key.created_at:%Y-%m-%d %H:%M}Z", revoked)
        table.add_row(str(key.id), *cells, style=style)
    out.print(table)


@keys.command("create")
def create_command(
    tenant: TenantOption,
    name: Annotated[
        str | None, typer.Option("--name", help="What the key is for; the audit names it so. Else that is the role.")
    ] = None,
    role: Annotated[
        KeyRole, typer.Option("--role", help="What it may do; each role may do what those before it may.")
    ] = KeyRole.BOOKING,
    as_json: JsonOption = False,
) -> None:
    """Make a key and show its secret, this once.

    reader: look. booking: take places and give them back. staff: take places beyond what there is. manager: change the
    catalogue. owner: keys, audit, customers' data.

    Example: appointed keys create --tenant clinic --role booking --name website
    """

    async def work(context: Context, caller: Caller) -> NewKey:
        return await create_key(context, caller, name or role, ROLES[role])

    made = act_for(tenant, work)
    if as_json:
        typer.echo(msgspec.json.encode({**_told(made.key), "secret": made.secret}))
        return
    out.print(f"{made.secret}", style="bold", markup=False)
    out.print(f"This is the {role} key {made.key.id}. Keep it: it cannot be shown again.", markup=False)


@keys.command("revoke")
def revoke_command(
    tenant: TenantOption,
    key: Annotated[
        str, typer.Argument(help="The id of the key, what it begins with, or all of it.", show_default=False)
    ],
) -> None:
    """Let a key act for nobody. Every server refuses it within ten seconds.

    Example: appointed keys revoke --tenant clinic apt_x1y2z3
    """

    async def work(context: Context, caller: Caller) -> Key:
        known = await list_keys(context, caller)
        meant = [
            each for each in known if key == str(each.id) or each.prefix.startswith(key) or key.startswith(each.prefix)
        ]
        if len(meant) != 1:
            stop(f"{tenant} has {'several keys that begin' if meant else 'no key that begins'} with {key}", REFUSED)
        await revoke_key_of(context, caller, meant[0].id)
        return meant[0]

    revoked = act_for(tenant, work)
    out.print(f"{revoked.id} ({revoked.name}) is revoked", markup=False)


def _told(key: Key) -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "prefix": key.prefix,
        "role": role_of(key.scopes),
        "scopes": [scope for scope in Scope if scope in key.scopes],
        "created_at": key.created_at,
        "revoked_at": key.revoked_at,
    }
