"""Racers for the races."""

import random
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from proofs.racers import Racers, started

PROCESSES, CLIENTS = 8, 8


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def racers(dsn: str) -> AsyncIterator[Racers]:
    """64 clients in eight processes."""
    async with started(dsn, PROCESSES, CLIENTS) as racers:
        yield racers


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> random.Random:
    """Chance that is the same in every run of a test."""
    return random.Random(request.node.name)
