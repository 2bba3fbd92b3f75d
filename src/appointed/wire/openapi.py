"""The OpenAPI 3.1 document of one dialect, made from the route table that also serves it."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from types import NoneType
from typing import Any

import msgspec

from appointed.core.errors import (
    BodyTooLarge,
    CredentialMissing,
    CredentialUnknown,
    FieldInvalid,
    FieldMissing,
    KeyReused,
    MalformedBody,
    MethodUnknown,
    PathUnknown,
    Refusal,
    ScopeMissing,
    StoreUnavailable,
    TooManyRequests,
)
from appointed.wire.decode import encode
from appointed.wire.dialect import Dialect
from appointed.wire.error_shape import JSON
from appointed.wire.forms import FORM
from appointed.wire.request import Request
from appointed.wire.route import Answer, Credential, Parameter, Route, Where

SCHEMA_REFERENCE = "#/components/schemas/{name}"

IDEMPOTENCY_KEY = Parameter(
    name="Idempotency-Key",
    where=Where.HEADER,
    description="Makes a repeated request safe: for 24 hours the same key with the same request has one effect and "
    "one answer, and with another request is refused.",
    schema={"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
)


def document_route(dialect: Dialect) -> Route:
    """The route that serves the dialect's document, which is made now."""
    text = encode(document(dialect))

    async def read_document(request: Request) -> Answer:
        del request
        return Answer(HTTPStatus.OK, text)

    return Route(
        method="GET",
        path="/openapi.json",
        name="openapi_document",
        summary="This document",
        handler=read_document,
        responses={HTTPStatus.OK: dict[str, object]},
        credential=Credential.NONE,
    )


def document(dialect: Dialect) -> dict[str, Any]:
    """The document as plain values."""
    paths: dict[str, dict[str, Any]] = {}
    schemas, components = _schemas(dialect)
    for route in dialect.routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(dialect, route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": dialect.title, "version": dialect.version, "description": dialect.description},
        "servers": [{"url": dialect.mount or "/"}],
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": dict(dialect.security)},
    }


def refusals_of(route: Route) -> set[type[Refusal]]:
    """Every refusal that the route may answer: its own, and those that follow from how it is declared."""
    kinds: set[type[Refusal]] = {PathUnknown, MethodUnknown, *route.refusals}
    if route.request_type is not None:
        kinds |= {MalformedBody, FieldMissing, FieldInvalid}
    if route.reads_body:
        kinds.add(BodyTooLarge)
    if any(parameter.where is not Where.PATH for parameter in route.parameters):
        kinds |= {FieldInvalid} | ({FieldMissing} if any(p.required for p in route.parameters) else set())
    if route.credential is not Credential.NONE:
        kinds |= {CredentialUnknown, StoreUnavailable, TooManyRequests}
    if route.credential is Credential.REQUIRED:
        kinds.add(CredentialMissing)
    if route.scope is not None:
        kinds.add(ScopeMissing)
    if route.idempotent:
        kinds |= {FieldInvalid, KeyReused}
    elif route.method == "POST" and route.changes:
        # A key that is not honoured is refused.
        kinds.add(FieldInvalid)
    return kinds


def _schemas(dialect: Dialect) -> tuple[dict[object, dict[str, Any]], dict[str, Any]]:
    """The schema of each body type, and the named schemas they refer to."""
    shapes = [dialect.error_shape, *(route.error_shape for route in dialect.routes if route.error_shape)]
    types: dict[object, None] = {shape.body_type: None for shape in shapes}
    for route in dialect.routes:
        bodies = (route.request_type, *route.responses.values())
        types |= {body: None for body in bodies if body not in (None, NoneType)}
    schemas, components = msgspec.json.schema_components(types, schema_hook=_schema, ref_template=SCHEMA_REFERENCE)
    return dict(zip(types, schemas, strict=True)), components


def _schema(kind: type) -> dict[str, Any]:
    """The schema of a type that msgspec has none for: `object` is any JSON value."""
    if kind is object:
        return {"description": "Any JSON value."}
    raise NotImplementedError


def _operation(dialect: Dialect, route: Route, schemas: Mapping[object, dict[str, Any]]) -> dict[str, Any]:
    operation: dict[str, Any] = {"operationId": route.name, "summary": route.summary}
    description = " ".join((route.description, *(f"The same at `{path}`." for path in route.also))).strip()
    if description:
        operation["description"] = description
    if route.tags:
        operation["tags"] = list(route.tags)
    parameters = [*route.parameters, *([IDEMPOTENCY_KEY] if route.idempotent else [])]
    if parameters:
        operation["parameters"] = [_parameter(parameter) for parameter in parameters]
    if route.request_type is not None:
        example = {"example": dialect.examples[route.name]} if route.name in dialect.examples else {}
        content = {FORM if route.form else JSON: {"schema": schemas[route.request_type], **example}}
        operation["requestBody"] = {"required": not route.body_optional, "content": content}
    operation["responses"] = _successes(route, schemas) | _errors(dialect, route, schemas)
    operation["security"] = _security(dialect, route)
    return operation


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": parameter.where.value,
        "required": parameter.required or parameter.where is Where.PATH,
        "description": parameter.description,
        "schema": dict(parameter.schema),
    }


def _successes(route: Route, schemas: Mapping[object, dict[str, Any]]) -> dict[str, Any]:
    return {
        str(int(status)): {"description": HTTPStatus(status).phrase}
        | ({} if body in (None, NoneType) else {"content": {JSON: {"schema": schemas[body]}}, **_links(route)})
        for status, body in route.responses.items()
    }


def _links(route: Route) -> dict[str, Any]:
    links = {
        link.operation: {
            "operationId": link.operation,
            "parameters": {f"path.{link.parameter}": f"$response.body#{link.pointer}"},
        }
        for link in route.links
    }
    return {"links": links} if links else {}


def _errors(dialect: Dialect, route: Route, schemas: Mapping[object, dict[str, Any]]) -> dict[str, Any]:
    """One response for each status of refusal, described by the codes with what is true of the world.

    A path or a method that leads to no route is answered in the dialect's shape, whatever the route's own.
    """
    common, own = dialect.error_shape, route.error_shape or dialect.error_shape
    kinds = _ordered(refusals_of(route))
    said = [(common if kind in (PathUnknown, MethodUnknown) else own, kind) for kind in kinds]
    rows = [(shape, shape.rows[kind], _first_line(kind)) for shape, kind in said]
    rows.append((own, own.failure, "The server failed."))
    lines: dict[int, list[str]] = {}
    content: dict[int, dict[str, Any]] = {}
    for shape, row, meaning in rows:
        lines.setdefault(row.status, []).append(f"- `{row.code}`: {meaning}")
        content.setdefault(row.status, {})[shape.media_type] = {"schema": schemas[shape.body_type]}
    return {
        str(int(status)): {"description": "\n".join(lines[status]), "content": content[status]}
        for status in sorted(lines)
    }


def _ordered(kinds: Iterable[type[Refusal]]) -> list[type[Refusal]]:
    return sorted(kinds, key=lambda kind: kind.code)


def _first_line(kind: type[Refusal]) -> str:
    return (kind.__doc__ or "").strip().partition("\n")[0]


def _security(dialect: Dialect, route: Route) -> list[dict[str, list[str]]]:
    """Any one of the dialect's schemes; an empty one stands for asking without a credential."""
    if route.credential is Credential.NONE:
        return []
    schemes: list[dict[str, list[str]]] = [{name: []} for name in dialect.security]
    return [*([{}] if route.credential is Credential.OPTIONAL else []), *schemes]
