"""`appointed keys rotate-signing`, and what the doctor says of the key that signs."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar
from uuid import uuid4  # noqa: TID251 - tests make identities too

import pytest

from appointed.core.errors import CredentialUnknown
from appointed.store.migrate import migrate
from appointed.store.pool import open_pool
from appointed.usecases.clock import system_clock
from appointed.usecases.context import Context
from appointed.usecases.tokens import identify_by_token, issue, signing_keys
from commands import run
from databases import create_database
from people import new_owner

Found = TypeVar("Found")


def within(dsn: str, work: Callable[[Context], Awaitable[Found]]) -> Found:
    """What `work` comes to in a process of its own over this database."""

    async def do() -> Found:
        pool = await open_pool(dsn, 2)
        try:
            return await work(Context(pool, system_clock))
        finally:
            await pool.close()

    return asyncio.run(do())


async def given(context: Context) -> str:
    person = await new_owner(context)
    token = await issue(context, audience="toy", credential=str(person.caller.credential), secret=person.key)
    return token.access_token


def is_good(dsn: str, token: str) -> bool:
    async def look(context: Context) -> bool:
        try:
            await identify_by_token(context, "toy", token)
        except CredentialUnknown:
            return False
        return True

    return within(dsn, look)


@pytest.fixture
def dsn(embedded) -> str:
    made = asyncio.run(create_database(embedded.dsn, f"signing_{uuid4().hex[:8]}"))
    asyncio.run(migrate(made))
    return made


def signing_key_found(data_dir: Path, dsn: str) -> str:
    told = json.loads(run(data_dir, "doctor", "--json", DATABASE_URL=dsn).stdout)
    (found,) = (each for each in told["findings"] if each["what"] == "signing key")
    assert found["mark"] == "fine"
    return found["found"]


def test_a_new_key_signs_and_the_old_tokens_stay_or_go(dsn: str, tmp_path: Path) -> None:
    assert "there is none" in signing_key_found(tmp_path, dsn)
    token = within(dsn, given)
    assert signing_key_found(tmp_path, dsn) == "has signed access tokens for 0 h; 1 are accepted"
    kept = run(tmp_path, "keys", "rotate-signing", DATABASE_URL=dsn)
    assert (kept.returncode, kept.stderr) == (0, "")
    assert "good until they are over" in kept.stdout
    assert is_good(dsn, token)
    ended = run(tmp_path, "keys", "rotate-signing", "--end-others", DATABASE_URL=dsn)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "are refused" in ended.stdout
    assert not is_good(dsn, token)
    (key,) = within(dsn, signing_keys)
    assert f"the key {key.id} signs from {key.signs_from:%Y-%m-%d %H:%M:%S}Z on" in ended.stdout
    assert is_good(dsn, within(dsn, given))


def test_no_key_is_told(dsn: str, tmp_path: Path) -> None:
    """Its id is; what it signs with is nobody's business."""
    done = run(tmp_path, "keys", "rotate-signing", DATABASE_URL=dsn)
    (key,) = within(dsn, signing_keys)
    for text in (key.secret.hex(), key.secret.decode("latin-1"), repr(key.secret)):
        assert text not in done.stdout + done.stderr
