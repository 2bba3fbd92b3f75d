"""`appointed keys`."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
import typer
from rich.table import Table

from appointed.cli.acting import REFUSED, JsonOption, TenantOption, act, act_for
from appointed.cli.console import out, show, stop
from appointed.core.caller import ROLES, Caller, KeyRole, Scope, role_of
from appointed.core.ids import TenantId
from appointed.usecases.context import Context
from appointed.usecases.keys import Key, NewKey, create_key, list_keys, revoke_key_of
from appointed.usecases.tokens import Rotation, rotate_signing_key

ID_CHARACTERS = 36

keys = typer.Typer(
    name="keys",
    help="The keys of a tenant: who may act for it, and how far.",
    no_args_is_help=True,
)


@keys.command("list")
def list_command(tenant: TenantOption, as_json: JsonOption = False) -> None:
    """Show all keys of a tenant, revoked ones too. Secrets are not kept and cannot be shown.

    Where a dialect asks for access tokens, the id of a key is the client id, and its secret the client secret.

    Example: appointed keys list --tenant clinic
    """

    async def work(context: Context, caller: Caller) -> list[Key]:
        return await list_keys(context, caller)

    found = act_for(tenant, work, looking=True)
    if as_json:
        typer.echo(msgspec.json.encode([_told(key) for key in found]))
        return
    show(table_of(found))


def table_of(found: Sequence[Key]) -> Table:
    """Keys for somebody who looks: an id stands in one piece however narrow it is."""
    table = Table(box=None, pad_edge=False)
    table.add_column("key", no_wrap=True, min_width=ID_CHARACTERS)
    for column in ("begins with", "name", "may", "made"):
        table.add_column(column, overflow="fold")
    for key in found:
        made = f"{key.created_at:%Y-%m-%d}"
        made += "" if key.revoked_at is None else f", revoked {key.revoked_at:%Y-%m-%d}"
        may = role_of(key.scopes) or ", ".join(scope for scope in Scope if scope in key.scopes)
        cells = (key.prefix, key.name.replace("[", "\\["), may, made)
        table.add_row(str(key.id), *cells, style="" if key.revoked_at is None else "dim")
    return table


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

    reader: look. booking: take places, move and cancel. staff: take places beyond what there is. manager: change the
    catalogue. owner: keys, audit, customers' data.

    Where a dialect asks for access tokens, the id of the key is the client id, and its secret the client secret.

    Example: appointed keys create --tenant clinic --role booking --name website
    """

    async def work(context: Context, caller: Caller) -> tuple[NewKey, TenantId]:
        return await create_key(context, caller, name or role, ROLES[role]), caller.tenant

    made, tenant_id = act_for(tenant, work)
    if as_json:
        typer.echo(msgspec.json.encode({**_told(made.key), "secret": made.secret, "tenant_id": tenant_id}))
        return
    out.print(f"{made.secret}", style="bold", markup=False)
    out.print(f"This is the {role} key {made.key.id}. Keep it: it cannot be shown again.", markup=False)
    out.print("Where access tokens are asked for, its id is the client id, and this the client secret.", markup=False)


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


@keys.command("rotate-signing")
def rotate_signing_command(
    end_others: Annotated[
        bool,
        typer.Option("--end-others", help="Refuse every token given so far: clients have to get new ones."),
    ] = False,
) -> None:
    """Sign access tokens with a new key, of this server and all its tenants.

    It happens by itself once a week, and no token suffers. By hand it is for a key that may have been seen by others,
    with --end-others: every server refuses what the old ones signed within ten seconds.

    Example: appointed keys rotate-signing --end-others
    """

    async def work(context: Context) -> Rotation:
        return await rotate_signing_key(context, end_others=end_others)

    done = act(work)
    out.print(f"the key {done.key.id} signs from {done.key.signs_from:%Y-%m-%d %H:%M:%S}Z on", markup=False)
    if end_others:
        out.print("tokens that were given before are refused", markup=False)
    elif done.accepted:
        out.print("tokens that were given before are good until they are over", markup=False)


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
