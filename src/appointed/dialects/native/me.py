"""Who is asking."""

from http import HTTPStatus

import msgspec

from appointed.core.ids import TenantId
from appointed.wire.request import Request
from appointed.wire.route import Answer, Credential, Route


class Me(msgspec.Struct):
    """The caller. `scopes` are what the key may do; `sandbox` tells that the tenant has a clock of its own."""

    tenant_id: TenantId
    actor: str
    scopes: list[str]
    sandbox: bool


async def read_me(request: Request) -> Answer:
    """What the key stands for."""
    caller = request.known_caller
    return Answer(HTTPStatus.OK, Me(caller.tenant, caller.actor, sorted(caller.scopes), caller.sandbox))


ROUTES = (
    Route(
        method="GET",
        path="/v1/me",
        name="read_me",
        summary="Who is asking",
        description="What the key stands for: its tenant, its name and its scopes.",
        handler=read_me,
        responses={HTTPStatus.OK: Me},
        credential=Credential.REQUIRED,
        tags=("keys",),
    ),
)
