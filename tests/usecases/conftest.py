"""What the tests of the use cases share. The worlds that the engine is tested with stand in its own folder."""

import sys
from pathlib import Path

import pytest

from appointed.usecases.context import Context
from people import Person
from salon import Salon

sys.path.append(str(Path(__file__).parents[1] / "core"))


@pytest.fixture
def salon(context: Context, dsn: str, alice: Person) -> Salon:
    """Alice's, in a sandbox whose clock stands at MORNING, an hour before nine, with nobody in it yet."""
    return Salon(context, dsn, alice)
