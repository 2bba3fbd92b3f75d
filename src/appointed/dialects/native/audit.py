"""What happened beside visits."""

from datetime import datetime
from http import HTTPStatus
from typing import Any

import msgspec

from appointed.core.caller import Scope
from appointed.core.errors import FieldInvalid
from appointed.dialects.native.paging import PAGING, query_limit
from appointed.usecases import audit
from appointed.wire.request import Request
from appointed.wire.route import Answer, Credential, Route

_LAST_POSITION = 2**31 - 1


class AuditEvent(msgspec.Struct):
    """One event of the tenant's own chain. `hash` is in hexadecimal; docs/audit.md says what it is made of."""

    position: int
    kind: str
    at: datetime
    actor: str
    data: dict[str, Any]
    hash: str


class AuditEvents(msgspec.Struct):
    """Events from the oldest on. `next` is the cursor of those after them, null where there are none yet."""

    events: list[AuditEvent]
    next: str | None


def _position(request: Request) -> int:
    text = request.query_value("cursor") or "0"
    if not (text.isascii() and text.isdecimal()) or len(text) > 10 or int(text) > _LAST_POSITION:
        raise FieldInvalid(field="cursor", expected="cursor")
    return int(text)


async def list_audit_events(request: Request) -> Answer:
    """A page of events."""
    limit = query_limit(request)
    after = _position(request) - 1
    found = await audit.events(request.context, request.known_caller, after, limit + 1)
    page = [
        AuditEvent(each.position, each.kind, each.at, each.actor, dict(each.data), each.hash.hex())
        for each in found[:limit]
    ]
    cursor = str(page[-1].position + 1) if len(found) > limit else None
    return Answer(HTTPStatus.OK, AuditEvents(page, cursor))


ROUTES = (
    Route(
        method="GET",
        path="/v1/audit/events",
        name="list_audit_events",
        summary="What happened beside visits",
        description="Keys that were made and revoked, exports and erasures, changes of the catalogue: the tenant's own "
        "chain of events, the oldest first. What happened to a visit stands in the visit's history.",
        handler=list_audit_events,
        parameters=PAGING,
        responses={HTTPStatus.OK: AuditEvents},
        credential=Credential.REQUIRED,
        scope=Scope.ADMINISTER,
        tags=("audit",),
    ),
)
