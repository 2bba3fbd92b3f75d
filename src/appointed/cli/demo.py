"""`appointed demo`: how to reach the demo that `appointed serve --demo` loads."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from appointed.cli.console import NOT_READY, out, settings, stop
from appointed.dialects import DIALECTS
from appointed.usecases.context import Context
from appointed.usecases.demo import DEMO, load_demo
from appointed.wire.dialect import Client


def demo(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print demo.json: base_url, headers and ids by dialect.")
    ] = False,
) -> None:
    """Show how to reach the demo.

    Each dialect has a customer of its own, with a key of its own, on a clock that stands still. The keys are written
    to demo.json in the data directory when the server starts.
    """
    path = demo_file(settings().data_dir)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        stop(f"there is no {path}: start the server with `appointed serve --demo` first", NOT_READY)
    if as_json:
        out.print(text.rstrip(), markup=False)
        return
    for dialect, reach in json.loads(text).items():
        out.print(f"{dialect}: {reach['base_url']}", style="bold")
        for name, value in {**reach["headers"], **reach["ids"]}.items():
            out.print(f"  {name}: {value}", markup=False)


def demo_file(data_dir: Path) -> Path:
    """Where the demo's keys are."""
    return data_dir / "demo.json"


async def prepare_demo(context: Context, data_dir: Path, public_url: str) -> Mapping[str, Client]:
    """Load the demo as new, write demo.json for nobody else's eyes, and answer how to reach each dialect.

    Keys that the file has already stay as they are.
    """
    path = demo_file(data_dir)
    keys = await load_demo(context, _keys(path))
    clients = {
        dialect.name: dialect.client(public_url, DEMO[dialect.name].tenant.id, key, DEMO[dialect.name].ids)
        for dialect in DIALECTS
        if (key := keys.get(dialect.name))
    }
    _write(path, {name: _reach(client, DEMO[name].ids, keys[name]) for name, client in clients.items()})
    return clients


def _reach(client: Client, ids: Mapping[str, UUID], key: str) -> dict[str, object]:
    return {
        "base_url": client.base_url,
        "headers": dict(client.headers),
        "ids": {word: str(value) for word, value in ids.items()},
        "key": key,
    }


def _write(path: Path, content: Mapping[str, object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    new.touch(mode=0o600)
    new.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    new.replace(path)


def _keys(path: Path) -> dict[str, str]:
    try:
        known: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return {name: reach["key"] for name, reach in known.items()}
    except (FileNotFoundError, json.JSONDecodeError, KeyError, TypeError, AttributeError):
        return {}
