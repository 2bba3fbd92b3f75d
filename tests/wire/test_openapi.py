"""The document of a dialect says what the dialect does."""

import json

import jsonschema
import pytest

from appointed.core.errors import REFUSALS
from appointed.wire.openapi import document
from toy_dialect import Complaint, Shelf, client, toy_dialect, toy_server

# The parts of the OpenAPI 3.1 meta schema that our documents use, each closed to what it does not name.
TEXT = {"type": "string", "minLength": 1}
REFERENCE = {"type": "object", "required": ["schema"], "properties": {"schema": {"type": "object"}}}
CONTENT = {"type": "object", "minProperties": 1, "additionalProperties": REFERENCE}
RESPONSE = {
    "type": "object",
    "required": ["description"],
    "properties": {"description": TEXT, "content": CONTENT},
    "additionalProperties": False,
}
PARAMETER = {
    "type": "object",
    "required": ["name", "in", "schema"],
    "properties": {
        "name": TEXT,
        "in": {"enum": ["path", "query", "header", "cookie"]},
        "required": {"type": "boolean"},
        "description": TEXT,
        "schema": {"type": "object"},
    },
    "additionalProperties": False,
    "if": {"properties": {"in": {"const": "path"}}},
    "then": {"properties": {"required": {"const": True}}, "required": ["required"]},
}
OPERATION = {
    "type": "object",
    "required": ["operationId", "responses"],
    "properties": {
        "operationId": TEXT,
        "summary": TEXT,
        "description": TEXT,
        "tags": {"type": "array", "items": TEXT, "uniqueItems": True},
        "parameters": {"type": "array", "items": PARAMETER, "uniqueItems": True},
        "requestBody": {
            "type": "object",
            "required": ["content"],
            "properties": {"required": {"type": "boolean"}, "content": CONTENT},
            "additionalProperties": False,
        },
        "responses": {
            "type": "object",
            "minProperties": 1,
            "propertyNames": {"pattern": "^[1-5][0-9][0-9]$"},
            "additionalProperties": RESPONSE,
        },
        "security": {"type": "array", "items": {"type": "object", "additionalProperties": {"type": "array"}}},
    },
    "additionalProperties": False,
}
OPENAPI = {
    "type": "object",
    "required": ["openapi", "info", "paths", "components"],
    "properties": {
        "openapi": {"pattern": "^3\\.1\\.[0-9]+$"},
        "info": {
            "type": "object",
            "required": ["title", "version"],
            "properties": {"title": TEXT, "version": TEXT, "description": TEXT},
            "additionalProperties": False,
        },
        "servers": {"type": "array", "items": {"type": "object", "required": ["url"], "properties": {"url": TEXT}}},
        "paths": {
            "type": "object",
            "propertyNames": {"pattern": "^/"},
            "additionalProperties": {
                "type": "object",
                "propertyNames": {"enum": ["get", "put", "post", "delete", "patch"]},
                "additionalProperties": OPERATION,
            },
        },
        "components": {
            "type": "object",
            "properties": {
                "schemas": {"type": "object", "propertyNames": {"pattern": "^[a-zA-Z0-9._-]+$"}},
                "securitySchemes": {"type": "object", "additionalProperties": {"required": ["type"]}},
            },
            "additionalProperties": False,
        },
    },
    "additionalProperties": False,
}


@pytest.fixture(scope="module")
def toy():
    return toy_dialect(Shelf())


@pytest.fixture(scope="module")
def paths(toy):
    return document(toy)["paths"]


def references(value):
    match value:
        case {"$ref": reference}:
            yield reference
        case dict():
            for item in value.values():
                yield from references(item)
        case list():
            for item in value:
                yield from references(item)


async def test_it_is_served_to_anybody(toy):
    async with client(toy_server(Shelf()), key=None) as http:
        response = await http.get("/openapi.json")
    assert response.status_code == 200
    assert response.json() == json.loads(json.dumps(document(toy)))


def test_it_has_the_structure_of_openapi(toy):
    jsonschema.Draft202012Validator(OPENAPI).validate(json.loads(json.dumps(document(toy))))


def test_every_reference_resolves_and_every_schema_is_one(toy):
    text = json.loads(json.dumps(document(toy)))
    schemas = text["components"]["schemas"]
    found = set(references(text))
    assert found == {f"#/components/schemas/{name}" for name in schemas}
    for schema in schemas.values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_every_route_is_there_once(toy, paths):
    described = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    assert described == {(route.method, route.path) for route in toy.routes}


def test_the_refusals_of_a_route_follow_from_its_declaration(paths):
    assert set(paths["/loans"]["post"]["responses"]) == {
        "201", "400", "401", "403", "404", "405", "409", "413", "429", "500", "503",
    }  # fmt: skip
    assert set(paths["/loans/{loan}"]["get"]["responses"]) == {
        "200", "401", "403", "404", "405", "429", "500", "503",
    }  # fmt: skip
    assert set(paths["/loans/{loan}/confirm"]["put"]["responses"]) >= {"400", "409", "413"}
    assert set(paths["/loans/search"]["get"]["responses"]) == {
        "200", "400", "401", "404", "405", "429", "500", "503",
    }  # fmt: skip
    assert set(paths["/public"]["get"]["responses"]) == {"200", "404", "405", "500"}


def test_a_status_is_described_by_the_codes_behind_it(paths):
    conflict = paths["/loans"]["post"]["responses"]["409"]["description"]
    assert conflict.splitlines() == [
        f"- `{kind.code.upper()}`: {kind.__doc__}" for kind in (REFUSALS["key_reused"], REFUSALS["slot_taken"])
    ]


def test_bodies_have_their_schemas(paths):
    operation = paths["/loans"]["post"]
    body, made, refused = (
        part["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        for part in (operation["requestBody"], operation["responses"]["201"], operation["responses"]["403"])
    )
    assert (body, made, refused) == ("Loan", "LoanMade", Complaint.__name__)
    assert "requestBody" not in paths["/loans/{loan}"]["get"]
    assert "content" not in paths["/loans/{loan}"]["delete"]["responses"]["204"]


def test_the_key_stands_where_it_is_honoured(toy, paths):
    for route in toy.routes:
        names = [parameter["name"] for parameter in paths[route.path][route.method.lower()].get("parameters", [])]
        assert ("Idempotency-Key" in names) == route.idempotent


def test_security_says_who_must_be_known(paths):
    assert paths["/loans"]["post"]["security"] == [{"ShelfKey": []}]
    assert paths["/loans/search"]["get"]["security"] == [{}, {"ShelfKey": []}]
    assert paths["/public"]["get"]["security"] == []
