"""A made-up dialect of a lending shelf: enough of everything that the plumbing does, and no vendor."""

import asyncio
from datetime import datetime
from typing import Annotated
from uuid import UUID

import httpx
import msgspec

from appointed.core.caller import Caller, Scope
from appointed.core.errors import REFUSALS, CredentialUnknown, SlotTaken
from appointed.core.ids import CredentialId, TenantId
from appointed.wire.asgi import DialectApp
from appointed.wire.dialect import Client, Dialect, ErrorRow, Problem
from appointed.wire.route import Answer, Credential, Parameter, Route, Where
from appointed.wire.server import Server

STATUSES = {
    "malformed_body": 400,
    "body_too_large": 413,
    "field_missing": 400,
    "field_invalid": 400,
    "credential_missing": 401,
    "credential_unknown": 401,
    "scope_missing": 403,
    "path_unknown": 404,
    "method_unknown": 405,
    "store_unavailable": 503,
    "too_many_requests": 429,
}
SECRETS = {"reader-key": {Scope.READ}, "booker-key": {Scope.READ, Scope.BOOK}, "other-key": {Scope.READ, Scope.BOOK}}
CONTEXT = "the context"


class Remote(msgspec.Struct, rename="camel"):
    is_enabled: bool = False


class Span(msgspec.Struct):
    start: datetime
    end: datetime
    remote: bool | Remote | None = None


class Loan(msgspec.Struct, rename="camel"):
    """What somebody wants to borrow, and when."""

    booking: Span
    title: str | None = None
    copies: Annotated[int, msgspec.Meta(ge=1, le=99)] = 1
    weight: float = 0.0
    readers: list[str] | str | None = None
    boxes: list[Remote] = []
    counts: dict[str, int] = {}
    note: str | msgspec.UnsetType | None = msgspec.UNSET
    custom_data: dict[str, object] | None = None
    shelf_code: int | str = 0


class LoanMade(msgspec.Struct, rename="camel", omit_defaults=False):
    zeta: str
    alpha: int
    custom_data: dict[str, object] | None = None
    key: str | None = None
    once: list[UUID] | None = None


class Fault(msgspec.Struct):
    code: str | int
    message: str
    field: str | None
    request: str


class Complaint(msgspec.Struct):
    error: Fault


def complaint(problem: Problem) -> Complaint:
    field = getattr(problem.refusal, "field", None)
    return Complaint(Fault(problem.code, problem.message, field, problem.request_id))


def once(request):
    return [request.once.request, request.once.fingerprint] if request.once else None


class Shelf:
    """Handlers that remember what they got, so that a test can ask."""

    def __init__(self):
        self.requests = []
        self.waiting = asyncio.Event()

    async def make(self, request):
        self.requests.append(request)
        loan = request.body_as(Loan)
        return Answer(201, LoanMade("z", loan.copies, loan.custom_data, request.idempotency_key, once(request)))

    async def confirm(self, request):
        self.requests.append(request)
        return Answer(200, LoanMade("z", 1, None, request.idempotency_key, once(request)))

    async def show(self, request):
        self.requests.append(request)
        assert request.context is CONTEXT
        return Answer(200, {"id": request.path["loan"], "known": request.caller is not None})

    async def search(self, request):
        self.requests.append(request)
        return Answer(200, {"from": request.query_value("from"), "limit": request.required_query_value("limit")})

    async def drop(self, request):
        self.requests.append(request)
        return Answer(204)

    async def refuse(self, request):
        raise SlotTaken

    async def fail(self, request):
        raise RuntimeError("secret-in-message") from ValueError("secret-in-cause")

    async def wait(self, request):
        self.waiting.set()
        await asyncio.Event().wait()

    async def public(self, request):
        return Answer(200, b'{"ready": "made"}')


def path_parameter(name):
    return Parameter(name=name, where=Where.PATH, description=f"The {name}.")


SHARED = {"credential": Credential.REQUIRED, "responses": {200: dict[str, object]}}


def loan_routes(shelf):
    loan = (path_parameter("loan"),)
    return (
        Route(
            method="POST",
            path="/loans",
            name="make_loan",
            summary="Borrow",
            handler=shelf.make,
            request_type=Loan,
            responses={201: LoanMade},
            credential=Credential.REQUIRED,
            scope=Scope.BOOK,
            idempotent=True,
            refusals=(SlotTaken,),
            tags=("loans",),
        ),
        Route(
            method="GET",
            path="/loans/{loan}",
            name="show_loan",
            summary="Look",
            handler=shelf.show,
            parameters=loan,
            scope=Scope.READ,
            **SHARED,
        ),
        Route(
            method="PUT",
            path="/loans/{loan}/confirm",
            name="confirm_loan",
            summary="Confirm",
            handler=shelf.confirm,
            parameters=loan,
            scope=Scope.BOOK,
            idempotent=True,
            **SHARED,
        ),
        Route(
            method="GET",
            path="/loans/search",
            name="search_loans",
            summary="Search",
            handler=shelf.search,
            responses={200: dict[str, object]},
            credential=Credential.OPTIONAL,
            parameters=(
                Parameter(name="from", where=Where.QUERY, description="The first."),
                Parameter(name="limit", where=Where.QUERY, description="How many.", required=True),
            ),
        ),
    )


def other_routes(shelf):
    return (
        Route(
            method="DELETE",
            path="/loans/{loan}",
            name="drop_loan",
            summary="Give back",
            handler=shelf.drop,
            parameters=(path_parameter("loan"),),
            scope=Scope.BOOK,
            credential=Credential.REQUIRED,
            responses={204: type(None)},
        ),
        Route(method="GET", path="/refuse", name="refuse", summary="No", handler=shelf.refuse, **SHARED),
        Route(method="GET", path="/fail", name="fail", summary="Fail", handler=shelf.fail, **SHARED),
        Route(method="GET", path="/wait", name="wait", summary="Wait", handler=shelf.wait, **SHARED),
        Route(
            method="GET",
            path="/public",
            name="public",
            summary="Open",
            handler=shelf.public,
            responses={200: dict[str, object]},
            credential=Credential.NONE,
        ),
    )


def error_table():
    return {kind: ErrorRow(STATUSES.get(code, 409), code.upper()) for code, kind in REFUSALS.items()}


def toy_dialect(shelf, mount="/toy", **changes):
    values = {
        "name": "toy",
        "mount": mount,
        "title": "Toy",
        "description": "A lending shelf.",
        "version": "1",
        "routes": (*loan_routes(shelf), *other_routes(shelf)),
        "errors": error_table(),
        "error_type": Complaint,
        "error_body": complaint,
        "read_credential": lambda headers: headers.get("Shelf-Key"),
        "client": lambda url, tenant, key, ids: Client(url + mount, {"Shelf-Key": key}, "curl"),
        "identify": identify,
        "security": {"ShelfKey": {"type": "apiKey", "in": "header", "name": "Shelf-Key"}},
    }
    return Dialect(**(values | changes))


async def identify(context, secret):
    assert context is CONTEXT
    if secret not in SECRETS:
        raise CredentialUnknown
    credential = CredentialId(UUID(int=len(secret)))
    return Caller(TenantId(UUID(int=1)), credential, secret, frozenset(SECRETS[secret]))


async def well():
    return []


def toy_server(shelf, live=well, ready=well, lifespan=None):
    return Server([DialectApp(toy_dialect(shelf), CONTEXT)], live, ready, lifespan)


def client(app, key="booker-key"):
    headers = {"Shelf-Key": key} if key else {}
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app, raise_app_exceptions=True), base_url="http://here/toy", headers=headers
    )
