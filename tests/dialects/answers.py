"""An answer of a dialect against what holds of every answer, and against the document of that dialect."""

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import httpx
import jsonschema

from appointed.core.errors import MethodUnknown, PathUnknown
from appointed.dialects import DIALECTS
from appointed.wire.dialect import Dialect
from appointed.wire.error_shape import JSON, ErrorShape
from appointed.wire.lookup import Lookup
from appointed.wire.openapi import document, document_route
from appointed.wire.route import Route

LOOKUPS = {
    dialect.name: Lookup((*dialect.routes, document_route(dialect)), fold_case=dialect.fold_case)
    for dialect in DIALECTS
}

_CODE = re.compile("^- `([^`]*)`", re.MULTILINE)


def closed(value: Any) -> Any:
    """The same schemas, where an object has no members but those that are named."""
    match value:
        case {"type": "object", "properties": _}:
            return {"additionalProperties": False} | {key: closed(member) for key, member in value.items()}
        case dict():
            return {key: closed(member) for key, member in value.items()}
        case list():
            return [closed(member) for member in value]
        case _:
            return value


@cache
def document_of(name: str) -> Mapping[str, Any]:
    """The document of a dialect."""
    return document(next(dialect for dialect in DIALECTS if dialect.name == name))


@cache
def _validator(name: str, schema: str) -> Any:
    components = closed(document_of(name)["components"])
    return jsonschema.Draft202012Validator({**json.loads(schema), "components": components})


def check_fits(dialect: Dialect, schema: Mapping[str, Any], value: object) -> None:
    """Raise jsonschema's error unless a value is what the schema says, and has no key beyond it."""
    _validator(dialect.name, json.dumps(schema)).validate(value)


def check_answer(dialect: Dialect, method: str, path: str, answer: httpx.Response) -> None:
    """Whatever was asked: no failure, an id, JSON or nothing, and a status, a body and a code that the document has."""
    asked = f"{method} {path}: {answer.status_code} {answer.text[:500]}"
    assert answer.status_code < 500 or answer.status_code == 503, asked
    assert answer.headers["x-request-id"], asked
    if not answer.content:
        assert method in ("HEAD", "OPTIONS") or answer.status_code in (204, 304), asked
        assert method == "HEAD" or "content-type" not in answer.headers, asked
        return
    route = _route(dialect, method, path.partition("?")[0])
    shape = (route and route.error_shape) or dialect.error_shape
    media_type = JSON if answer.is_success else shape.media_type
    assert answer.headers["content-type"] == media_type, asked
    body = answer.json()
    if not answer.is_success:
        check_fits(dialect, schema_of(shape), body)
    operation = route and document_of(dialect.name)["paths"].get(route.path, {}).get(route.method.lower())
    if operation:
        responses = operation["responses"]
        assert str(answer.status_code) in responses, f"{asked}: the document has only {list(responses)}"
        response = responses[str(answer.status_code)]
        check_fits(dialect, response["content"][media_type]["schema"], body)
        codes = _CODE.findall(response["description"])
        told = answer.is_success or not {str(text) for text in texts_in(body)}.isdisjoint(codes)
        assert told, f"{asked}: the document has only {codes}"


def texts_in(value: object) -> list[object]:
    """Every value in a body that is no list and no object."""
    if isinstance(value, dict):
        return [found for member in value.values() for found in texts_in(member)]
    if isinstance(value, list):
        return [found for member in value for found in texts_in(member)]
    return [value]


def schema_of(shape: ErrorShape) -> Mapping[str, Any]:
    """The schema of refusals of this shape."""
    return {"$ref": f"#/components/schemas/{shape.body_type.__name__}"}


def _route(dialect: Dialect, method: str, path: str) -> Route | None:
    """The route that answers."""
    try:
        return LOOKUPS[dialect.name].find(method, path)[0]
    except (PathUnknown, MethodUnknown):
        return None
