"""How a client of our own API reaches this server."""

from collections.abc import Mapping
from uuid import UUID

from appointed.core.ids import TenantId
from appointed.wire.dialect import Client

FIRST_CALL = """\
curl '{base_url}/me' --header 'Authorization: Bearer {key}'"""


def client(public_url: str, tenant: TenantId, key: str, ids: Mapping[str, UUID]) -> Client:
    """The key alone says whose it is: the tenant stands in no path."""
    del tenant, ids
    base_url = f"{public_url}/v1"
    return Client(
        base_url=base_url,
        headers={"Authorization": f"Bearer {key}"},
        first_call=FIRST_CALL.format(base_url=base_url, key=key),
    )
