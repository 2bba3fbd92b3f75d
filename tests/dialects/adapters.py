"""Every dialect's adapter, by the name of the dialect; a new one is a line."""

from collections.abc import Mapping

from appointed.dialects import DIALECTS
from appointed.wire.ability import Ability
from conformance import Adapter
from conformance_native import NativeAdapter
from conformance_ombori import OmboriAdapter
from conformance_qmatic import QmaticAdapter

ADAPTERS: Mapping[str, Adapter] = {
    adapter.dialect.name: adapter for adapter in (NativeAdapter(), OmboriAdapter(), QmaticAdapter())
}
for _dialect in DIALECTS:
    assert _dialect.name in ADAPTERS, (
        f"{_dialect.name} has no adapter: write one and add it to tests/dialects/adapters.py"
    )


def having(*abilities: Ability) -> list[str]:
    """The dialects that declare all of these."""
    return [dialect.name for dialect in DIALECTS if set(abilities) <= dialect.abilities]
