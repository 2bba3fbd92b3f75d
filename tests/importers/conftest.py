"""What the tests of the importers share."""

import pytest
import pytest_asyncio

from appointed.core.catalog import Service
from appointed.importers.imported import Imported
from appointed.usecases.context import Context
from movers import NOW, Mover
from people import new_owner


@pytest_asyncio.fixture(loop_scope="session")
async def mover(context: Context) -> Mover:
    """A tenant of its own, whose clock stands at NOW."""
    return Mover(context, await new_owner(context, sandbox_at=NOW))


@pytest.fixture
def service_named():
    """A service of a catalogue by its name."""

    def named(imported: Imported, name: str) -> Service:
        return next(each for each in imported.catalog.services.values() if each.name == name)

    return named
