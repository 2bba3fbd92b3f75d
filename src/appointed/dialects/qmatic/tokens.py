"""Where Qmatic's clients get their tokens, and what the vendor's scopes let them do."""

from collections.abc import Mapping

import msgspec

from appointed.core.caller import Scope
from appointed.wire.limits import Rate
from appointed.wire.oauth import TokenForm, token_route
from appointed.wire.request import Request
from appointed.wire.route import Parameter, Where

AUDIENCE = "qmatic"
PATH = "/oauth2/token"
ACCOUNT = "X-ACCOUNT"

_SCOPE = "com.qmatic.saas.appointments/external.appointment"
SCOPES: Mapping[str, frozenset[Scope]] = {
    f"{_SCOPE}.book": frozenset({Scope.READ, Scope.BOOK}),
    f"{_SCOPE}.reschedule": frozenset({Scope.RESCHEDULE}),
    f"{_SCOPE}.cancel": frozenset({Scope.CANCEL}),
}


class AccountForm(TokenForm, kw_only=True):
    """Asks for an access token. The client's id and secret stand here, or in the header Authorization as Basic; the
    account's name may stand here, or in the header X-ACCOUNT."""

    account: str | None = msgspec.field(name="x-account", default=None)


def _account(request: Request) -> str | None:
    return (request.headers.get(ACCOUNT) or "").strip() or request.body_as(AccountForm).account


TOKEN = token_route(
    path=PATH,
    audience=AUDIENCE,
    scopes=SCOPES,
    form_type=AccountForm,
    names_tenant=_account,
    name="getToken",
    parameters=(
        Parameter(ACCOUNT, Where.HEADER, "The name of the account; where it is sent, it has to be that of the client."),
    ),
    rate=Rate(1, 1),
)
