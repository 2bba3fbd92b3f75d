"""What a demo exports can be applied to it as often as one likes: nothing changes, over the API and by the commands."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
import yaml

from appointed.usecases.demo import STANDS
from proofs.product import SOURCES, Product, product


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def served(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Product]:
    """The demo."""
    async with product(tmp_path_factory.mktemp("demo") / "data") as one:
        await one.start("--demo")
        yield one


def reach(one: Product, name: str) -> Any:
    return json.loads((one.data_dir / "demo.json").read_text())[name]


async def command(one: Product, *arguments: str) -> str:
    """What a command says; it has to succeed."""
    settings = {"PYTHONPATH": str(SOURCES), "APPOINTED_DATA_DIR": str(one.data_dir), "APPOINTED_PORT": str(one.port)}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "appointed", *arguments),
        env={name: value for name, value in os.environ.items() if name != "DATABASE_URL"} | settings,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, wrong = await process.communicate()
    assert process.returncode == 0, wrong.decode()
    return said.decode()


@pytest.mark.parametrize("name", STANDS)
async def test_over_the_api(served, name):
    own = reach(served, name)["own_api"]
    url, headers = f"{own['base_url']}/catalog", own["headers"]
    first = await served.client.get(url, headers=headers)
    assert first.json()["services"]
    applied = await served.client.put(url, headers=headers, content=first.content)
    assert applied.status_code == 200, applied.text
    version = int(first.headers["etag"].strip('"'))
    assert applied.json() == {"version": version, "differences": [], "affected": [], "options": []}
    again = await served.client.get(url, headers=headers)
    assert (again.headers["etag"], again.content) == (first.headers["etag"], first.content)


@pytest.mark.parametrize("name", STANDS)
async def test_by_the_commands(served, name, tmp_path):
    """And what the commands export has the same things in it that the API tells."""
    found = reach(served, name)
    first = tmp_path / "first.yaml"
    await command(served, "export", "--tenant", found["tenant"], "--output", str(first))
    assert json.loads(await command(served, "apply", str(first), "--json"))["differences"] == []
    own = found["own_api"]
    told = (await served.client.get(f"{own['base_url']}/catalog", headers=own["headers"])).json()
    exported = json.loads(json.dumps(yaml.load(first.read_text(), yaml.BaseLoader)))
    assert {kind: [each["slug"] for each in exported[kind]] for kind in ("branches", "resources", "services")} == {
        kind: [each["slug"] for each in told[kind]] for kind in ("branches", "resources", "services")
    }
