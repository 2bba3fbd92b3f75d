"""What every dialect's tests share. That this file is here puts its folder on the path."""

from collections.abc import Iterator

import httpx
import pytest
import pytest_asyncio

from appointed.usecases.context import Context
from ombori_client import DOCUMENTED_QUEUE, Ombori
from people import Person, new_queue
from proofs.in_process import InProcess, in_process


@pytest_asyncio.fixture
async def ombori(client: httpx.AsyncClient, context: Context, alice: Person) -> Ombori:
    """Alice at a queue of hers with one place for each slot; it has the id that the document shows."""
    return Ombori(client, context, alice, await new_queue(context, alice, id=DOCUMENTED_QUEUE))


@pytest.fixture
def open_queue(client: httpx.AsyncClient, context: Context, alice: Person):
    """Make another catalogue for Alice, of one queue, and give what speaks to it."""

    async def make(**changes: object) -> Ombori:
        return Ombori(client, context, alice, await new_queue(context, alice, **changes))

    return make


@pytest.fixture(scope="module")
def application(dsn: str) -> Iterator[InProcess]:
    """The application for those who are not asynchronous."""
    with in_process(dsn) as application:
        yield application
