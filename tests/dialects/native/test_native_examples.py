"""Each body that the document shows is one that its operation takes, and does what it says in the spa of the demo."""

import json
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

import httpx
import jsonschema
import pytest

from answers import closed
from appointed.catalog_file.text import read
from appointed.dialects.native.dialect import NATIVE
from appointed.dialects.native.examples import EXAMPLES
from appointed.store import catalog as store
from appointed.usecases.context import Context
from appointed.wire.decode import decode
from native_client import Native, done, new_salon
from people import new_owner

ROUTES = {route.name: route for route in NATIVE.routes if route.request_type is not None}
MONDAY = datetime(2020, 6, 15, 13, tzinfo=UTC)
# What has to be said of ids that there are only then.
OF_IDS = {"name_customer", "apply_impact"}


@pytest.fixture
async def spa(client: httpx.AsyncClient, context: Context) -> Native:
    """The demo's spa, at the time that it is there."""
    owner = await new_owner(context, sandbox_at=MONDAY)
    text = files("appointed").joinpath("demo/zenoti.yaml").read_text()
    async with context.pool.transaction(owner.tenant) as tx:
        await store.put(tx, owner.tenant, read(text).catalog(owner.tenant), MONDAY)
    return Native(client, context, owner, new_salon())


def test_every_operation_that_takes_a_body_shows_one() -> None:
    assert set(EXAMPLES) == set(ROUTES)


@pytest.mark.parametrize("name", ROUTES)
async def test_what_is_shown_is_what_is_taken(name: str, client: httpx.AsyncClient) -> None:
    """By the type that decodes it, and by the schema that stands beside it in the document."""
    route = ROUTES[name]
    document = (await client.get("/openapi.json")).json()
    (shown,) = document["paths"][route.path][route.method.lower()]["requestBody"]["content"].values()
    assert shown["example"] == json.loads(json.dumps(EXAMPLES[name]))
    assert route.request_type is not None
    decode(json.dumps(shown["example"]).encode(), route.request_type)
    whole = {**shown["schema"], "components": closed(document["components"])}
    jsonschema.Draft202012Validator(whole).validate(shown["example"])


async def things(spa: Native) -> dict[str, str]:
    """What the paths of operations name."""
    held = done(await spa.post("/holds", EXAMPLES["create_hold"]), 201)["visits"][0]["id"]
    customer = done(await spa.post("/customers", EXAMPLES["create_customer"]), 201)["id"]
    group = done(await spa.post("/service-groups", {"slug": "all", "name": "All"}), 201)["slug"]
    names = {"branch": "harbour", "resource": "amelia", "service": "massage", "service_group": group}
    return {**names, "visit": held, "customer": customer}


@pytest.mark.parametrize("name", sorted(ROUTES.keys() - OF_IDS))
async def test_what_is_shown_is_done(name: str, spa: Native) -> None:
    route = ROUTES[name]
    named = await things(spa) if route.path_parameters else {}
    query = "?dry_run=true" if name == "apply_catalog" else "?force=true" if name.startswith("change_") else ""
    path = route.path.removeprefix("/v1").format(**named) + query
    answer = await spa.send(route.method, path, dict[str, Any](EXAMPLES[name]))
    assert answer.status_code in route.responses, answer.text
