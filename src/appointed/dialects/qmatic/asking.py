"""What every call of Qmatic's has in common: whose it is, ids and times as they are written."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from appointed.core.catalog import Branch
from appointed.core.errors import BranchNotFound, FieldInvalid, FieldMissing, ResourceNotFound, TenantForeign
from appointed.core.ids import BranchId, ResourceId, ServiceId, TenantId
from appointed.core.localtime import zone
from appointed.wire.identifiers import parse_id
from appointed.wire.request import Request
from appointed.wire.route import Answer, Parameter, Route, Where

BASE = "/external/v1"
TENANT = "X-TENANT-ID"

UUID_SCHEMA = {"type": "string", "format": "uuid"}
TENANT_ID = Parameter(TENANT, Where.HEADER, "The id of the system that is asked.", UUID_SCHEMA, required=True)


def spoken(routes: Iterable[Route]) -> tuple[Route, ...]:
    """The routes with what all of them have: both spellings of the path, and the header that names the tenant."""
    return tuple(
        replace(
            route,
            path=BASE + route.path,
            also=(route.path, *(spelt for path in route.also for spelt in (BASE + path, path))),
            parameters=(TENANT_ID, *route.parameters),
            refusals=(TenantForeign, *route.refusals),
        )
        for route in routes
    )


def admit(request: Request) -> None:
    """Raise FieldMissing, FieldInvalid or TenantForeign for the tenant that the header names."""
    named = (request.headers.get(TENANT) or "").strip()
    if not named:
        raise FieldMissing(field=TENANT)
    request.known_caller.require_tenant(TenantId(id_of(named, TENANT)))


def id_of(text: str, field: str) -> UUID:
    """An id as a field has it. Raises FieldInvalid for what is none."""
    return parse_id(text, FieldInvalid(field=field, expected="uuid"))


def service_of(text: str) -> ServiceId:
    """The id of a service. Raises FieldInvalid for what is none."""
    return ServiceId(id_of(text, "serviceId"))


def branch_of(text: str) -> BranchId:
    """The id of a branch, of which the document says that it is any text. Raises BranchNotFound for what is none."""
    return BranchId(parse_id(text, BranchNotFound()))


def resource_of(text: str | None) -> ResourceId | None:
    """The id of a resource, likewise. Raises ResourceNotFound for what is none."""
    return None if not text else ResourceId(parse_id(text, ResourceNotFound()))


def on_clock(branch: Branch, instant: datetime) -> str:
    """An instant as the clock of the branch shows it, with the offset that holds then."""
    return instant.astimezone(zone(branch.time_zone)).isoformat()


def in_language(body: object, language: str | None) -> Answer:
    """An answer whose names are in a language."""
    headers = () if language is None else ((b"content-language", language.encode()),)
    return Answer(HTTPStatus.OK, body, headers)
