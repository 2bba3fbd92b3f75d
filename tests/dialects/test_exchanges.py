"""What a vendor's document shows as asked and answered is answered so."""

import pytest

from adapters import ADAPTERS
from appointed.dialects import DIALECTS
from exchanges import exchanges, replay, unread

VENDORS = [dialect.name for dialect in DIALECTS if dialect.mount]
RECORDED = {f"{name}.{exchange}": found for name in VENDORS for exchange, found in exchanges(name).items()}


@pytest.mark.parametrize("name", VENDORS)
def test_every_vendor_has_exchanges_and_every_file_is_one(name):
    assert exchanges(name), f"no exchange in tests/dialects/{name}/exchanges"
    assert unread(name) == set()


@pytest.mark.parametrize("name", RECORDED)
async def test_what_was_recorded_is_what_is_answered(name, client, context):
    adapter = ADAPTERS[name.partition(".")[0]]
    await replay(client, adapter.dialect, RECORDED[name], await adapter.stage(client, context))
