"""How a client of Ombori reaches this server: what to put where the vendor's base URL and key stood."""

from collections.abc import Mapping
from uuid import UUID

from appointed.core.ids import TenantId
from appointed.wire.dialect import Client

FIRST_CALL = """\
curl --location --request POST '{base_url}/queues/{queue}/reservations' \\
  --header 'Content-Type: application/json' \\
  --header 'ApiKey: {key}' \\
  --data-raw '{{
    "locale": "en",
    "notification": {{"type": "phoneNumber", "settings": {{"to": "+48000"}}}},
    "customerInfo": ["Firstname Lastname"],
    "numberOfPeople": 1,
    "booking": {{"start": "2020-11-30T14:30:00.000Z", "end": "2020-11-30T14:35:00.000Z"}}
  }}'"""


def client(public_url: str, tenant: TenantId, key: str, ids: Mapping[str, UUID]) -> Client:
    """The base URL stands for the vendor's `https://api.omborigrid.com/regions/...` as a whole."""
    base_url = f"{public_url}/ombori/regions/eu/queues/v1/organizations/{tenant}"
    return Client(
        base_url=base_url,
        headers={"ApiKey": key},
        first_call=FIRST_CALL.format(base_url=base_url, key=key, queue=ids["queue"]),
    )
