"""What the tests of Qmatic's dialect share."""

import httpx
import pytest_asyncio

from appointed.usecases.context import Context
from people import new_owner
from qmatic_client import TUESDAY, Qmatic, new_hall


@pytest_asyncio.fixture(loop_scope="session")
async def qmatic(client: httpx.AsyncClient, context: Context) -> Qmatic:
    """The owner of a town hall, on a Tuesday morning before it opens, with a token."""
    owner = await new_owner(context, sandbox_at=TUESDAY)
    return await (await Qmatic(client, context, owner, new_hall()).by(owner)).open()
