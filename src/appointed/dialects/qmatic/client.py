"""How a client of Qmatic reaches this server: where its tokens come from, and what it sends with each call."""

from base64 import b64encode
from collections.abc import Mapping
from uuid import UUID

from appointed.core.ids import TenantId
from appointed.wire.dialect import Client

FIRST_CALL = """\
token=$(curl -s '{base_url}/oauth2/token' --user '{client_id}:{key}' \\
  --data grant_type=client_credentials | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')
curl '{base_url}/external/v1/services' --header "Authorization: Bearer $token" \\
  --header 'X-TENANT-ID: {tenant}' --header 'Accept-Language: nl_NL'"""


def client(public_url: str, tenant: TenantId, key: str, ids: Mapping[str, UUID]) -> Client:
    """The base URL stands for the vendor's `https://api.eu-west-1.qmatic.io`. A key is a client: its id is the client's
    id, and its secret the client's secret."""
    base_url, client_id = f"{public_url}/qmatic", ids["client_id"]
    basic = b64encode(f"{client_id}:{key}".encode()).decode()
    return Client(
        base_url=base_url,
        headers={"Authorization": f"Basic {basic}", "X-TENANT-ID": str(tenant)},
        first_call=FIRST_CALL.format(base_url=base_url, client_id=client_id, key=key, tenant=tenant),
    )
