"""What the tests of our own API share."""

import httpx
import pytest_asyncio

from appointed.usecases.context import Context
from native_client import Native, new_salon
from people import Person


@pytest_asyncio.fixture(loop_scope="session")
async def native(client: httpx.AsyncClient, context: Context, alice: Person) -> Native:
    """Alice's salon, in a sandbox whose clock stands an hour before nine in UTC."""
    native = Native(client, context, alice, new_salon())
    await native.open()
    return native
