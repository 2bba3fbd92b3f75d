"""The document that a dialect serves says what the dialect does: each operation is there, and real answers fit it."""

import json
from typing import Any

import httpx
import jsonschema
import pytest

from answers import closed
from appointed.dialects import DIALECTS
from ombori_client import (
    DOCUMENTED_REQUEST,
    DOCUMENTED_RESPONSE,
    accepted,
    changed,
    refused,
    without_trailing_commas,
)

BY_NAME = {dialect.name: dialect for dialect in DIALECTS}
QUEUE = "/regions/{region}/queues/v1/organizations/{organizationId}/queues/{queueId}"


@pytest.fixture(params=BY_NAME)
async def served(request: pytest.FixtureRequest, client: httpx.AsyncClient) -> tuple[Any, Any]:
    """A dialect and its document."""
    dialect = BY_NAME[request.param]
    return dialect, accepted(await client.get(f"{dialect.mount}/openapi.json"))


@pytest.fixture
async def document(client: httpx.AsyncClient) -> Any:
    """Ombori's document."""
    return accepted(await client.get("/ombori/openapi.json"))


def fit(document: Any, schema: Any, value: Any) -> None:
    """Raise jsonschema's error unless the value is what the schema of this document says, and has no key beyond it."""
    jsonschema.Draft202012Validator({**schema, "components": closed(document["components"])}).validate(value)


def body_of(part: Any) -> Any:
    return part["content"]["application/json"]["schema"]


async def test_every_route_is_an_operation_and_every_operation_a_route(served):
    dialect, document = served
    operations = {
        (method.upper(), path, operation["operationId"])
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    assert operations == {(route.method, route.path, route.name) for route in dialect.routes}
    assert document["servers"] == [{"url": dialect.mount or "/"}]


async def test_every_operation_says_what_it_takes_and_gives(served):
    dialect, document = served
    for route in dialect.routes:
        operation = document["paths"][route.path][route.method.lower()]
        described = {parameter["name"] for parameter in operation.get("parameters", []) if parameter["in"] == "path"}
        assert described == set(route.path_parameters)
        assert ("requestBody" in operation) == (route.request_type is not None)
        assert {str(int(status)) for status in route.responses} <= set(operation["responses"])
        rows = (route.error_shape or dialect.error_shape).rows
        assert {str(rows[kind].status) for kind in route.refusals} <= set(operation["responses"])


async def test_the_documented_exchange_fits(document):
    operation = document["paths"][QUEUE + "/reservations"]["post"]
    fit(document, body_of(operation["requestBody"]), without_trailing_commas(DOCUMENTED_REQUEST))
    fit(document, body_of(operation["responses"]["201"]), without_trailing_commas(DOCUMENTED_RESPONSE))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("locale", 7),
        ("booking", ...),
        ("booking.start", ...),
        ("numberOfPeople", 0),
        ("customData", []),
        ("notification", {}),
    ],
)
async def test_what_is_refused_does_not_fit(document, ombori, path, value):
    schema = body_of(document["paths"][QUEUE + "/reservations"]["post"]["requestBody"])
    with pytest.raises(jsonschema.ValidationError):
        fit(document, schema, changed(path, value))
    refused(await ombori.reserve(changed(path, value)), 400)


async def test_every_operation_answers_what_its_schema_says(document, ombori, open_queue):
    """Each in turn, on one reservation; then each as a refusal."""
    body = json.dumps({"numberOfPeople": 2}).encode()
    made = accepted(await ombori.reserve(), 201)["id"]
    reservation, position = f"/reservations/{made}", f"/positions/{made}"
    calls = [
        ("GET", "/timeslots", "/timeslots", None, 200),
        ("GET", "/time-slots", "/time-slots", None, 200),
        ("GET", "/bookings/timeslots", "/bookings/timeslots", None, 200),
        ("PATCH", "/reservations/{reservationId}", reservation, body, 200),
        ("POST", "/reservations/{reservationId}/confirm", reservation + "/confirm", None, 200),
        ("GET", "/positions/{positionId}", position, None, 200),
        ("PUT", "/positions/{positionId}/cancel-position", position + "/cancel-position", None, 200),
        ("POST", "/reservations", "/reservations", DOCUMENTED_REQUEST, 201),
        ("POST", "/bookings", "/bookings", json.dumps(changed("notification")).encode(), 409),
    ]
    for method, template, path, sent, status in calls:
        responses = document["paths"][QUEUE + template][method.lower()]["responses"]
        answer = await ombori.send(method, path, sent)
        assert answer.status_code == status
        fit(document, body_of(responses[str(status)]), answer.json())
        unknown = await ombori.with_key("nobody's").send(method, path, sent)
        fit(document, body_of(responses["401"]), unknown.json())
    assert {(QUEUE + template, method.lower()) for method, template, *_ in calls} == {
        (path, method) for path, methods in document["paths"].items() for method in methods
    }
    booked = accepted(await (await open_queue()).with_key("").book(changed("customData")), 201)
    fit(document, body_of(document["paths"][QUEUE + "/bookings"]["post"]["responses"]["201"]), booked)
