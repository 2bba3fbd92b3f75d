"""Ombori's dialect as one value."""

from appointed.dialects.ombori.client import client
from appointed.dialects.ombori.errors import ERRORS, ErrorBody, error_body
from appointed.dialects.ombori.routes import ROUTES
from appointed.wire.ability import Ability
from appointed.wire.dialect import Dialect
from appointed.wire.request import Headers


def read_credential(headers: Headers) -> str | None:
    """The organization's key."""
    return headers.get("ApiKey")


OMBORI = Dialect(
    name="ombori",
    mount="/ombori",
    title="Queues API",
    description="The reservation flow of Ombori Grid's Queues API, served by Appointed.",
    version="v1",
    routes=ROUTES,
    errors=ERRORS,
    error_type=ErrorBody,
    error_body=error_body,
    read_credential=read_credential,
    security={"ApiKey": {"type": "apiKey", "in": "header", "name": "ApiKey"}},
    client=client,
    abilities=frozenset(Ability),
)
