"""`appointed demo`: how to reach the demo that `appointed serve --demo` loads."""

import fcntl
import json
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Annotated, Any

import typer

from appointed.cli.console import NOT_READY, out, settings, stop
from appointed.dialects import DIALECTS
from appointed.usecases.context import Context
from appointed.usecases.demo import STANDS, DemoTenant, demo_tenant, load_demo
from appointed.wire.dialect import Client

FILES = Path(__file__).parents[1] / "demo"
OWN = "native"

# Whoever serves the demo keeps this open; the lock on it goes with the process.
_served: list[IO[str]] = []


def demo(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print demo.json: base_url, headers, ids and own_api by customer.")
    ] = False,
) -> None:
    """Show how to reach the demo.

    It has four customers: a bank branch, a public office, a spa and a town hall. Each has a key of its own and a clock
    that stands still, and is reached over our own API, and over the vendor's where that is spoken. The keys are written
    to demo.json in the data directory when the server starts.

    Example: appointed serve --demo, and in another window: appointed demo
    """
    path = demo_file(settings().data_dir)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        stop(f"there is no {path}: start the server with `appointed serve --demo` first", NOT_READY)
    if as_json:
        out.print(text.rstrip(), markup=False)
        return
    for name, reach in json.loads(text).items():
        out.print(f"{name}: {reach['about']}", style="bold")
        out.print(f"  base URL: {reach['base_url']}", markup=False)
        for word, value in {**reach["headers"], **reach["ids"]}.items():
            out.print(f"  {word}: {value}", markup=False)
        if reach["own_api"]["base_url"] != reach["base_url"]:
            out.print(f"  our own API: {reach['own_api']['base_url']}", markup=False)
            for word, value in reach["own_api"]["headers"].items():
                out.print(f"  {word}: {value}", markup=False)


def demo_file(data_dir: Path) -> Path:
    """Where the demo's keys are."""
    return data_dir / "demo.json"


async def prepare_demo(context: Context, data_dir: Path, public_url: str) -> Mapping[str, Client]:
    """Load the demo as new, write demo.json for nobody else's eyes, and answer how to reach each dialect.

    Keys that the file has already stay as they are. Ends the process where another one serves this demo: it would lose
    its visits under its feet.
    """
    path = demo_file(data_dir)
    _serve_alone(path.with_suffix(".lock"))
    demos = [demo_tenant(name, (FILES / f"{name}.yaml").read_text(encoding="utf-8")) for name in STANDS]
    keys = await load_demo(context, demos, _keys(path))
    dialects = {dialect.name: dialect for dialect in DIALECTS}
    clients: dict[str, Client] = {}
    told: dict[str, object] = {}
    for each in demos:
        reach = {
            name: dialects[name].client(public_url, each.tenant.id, keys[each.name], each.ids)
            for name in (each.name, OWN)
            if name in dialects
        }
        if each.name in reach:
            clients[each.name] = reach[each.name]
        clients[f"{each.name}, over our own API"] = reach[OWN]
        told[each.name] = _reach(each, reach.get(each.name, reach[OWN]), reach[OWN], keys[each.name])
    _write(path, told)
    return clients


def _serve_alone(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("w", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        stop(
            "another process serves this demo, and to load it again would take its visits away; end it first", NOT_READY
        )
    _served.append(file)


def _reach(demo: DemoTenant, client: Client, own: Client, key: str) -> dict[str, object]:
    return {
        "about": demo.tenant.name,
        "tenant": demo.tenant.slug,
        "base_url": client.base_url,
        "headers": dict(client.headers),
        "ids": {word: str(value) for word, value in demo.ids.items()},
        "key": key,
        "own_api": {"base_url": own.base_url, "headers": dict(own.headers)},
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
