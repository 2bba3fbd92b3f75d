"""How our own API says no: problem details (RFC 9457) with a code that stays."""

from collections.abc import Mapping

import msgspec

from appointed.core import errors
from appointed.core.errors import Fact, Refusal
from appointed.wire.dialect import ErrorRow
from appointed.wire.dialect import Problem as Said

MEDIA_TYPE = "application/problem+json"
PAGES = "/v1/problems"


class Problem(msgspec.Struct, omit_defaults=True):
    """Problem details (RFC 9457). `code` is stable and is what a program looks at; `facts` are what the code says, by
    name, such as the field; `type` leads to a page about the code."""

    type: str
    title: str
    status: int
    code: str
    request_id: str
    facts: dict[str, Fact] = {}


def error_body(said: Said) -> Problem:
    """A problem in this dialect's shape."""
    return Problem(
        type=f"{PAGES}/{said.code}",
        title=said.message,
        status=said.status,
        code=str(said.code),
        request_id=said.request_id,
        facts={} if said.refusal is None else said.refusal.facts(),
    )


def _rows(
    status: int, *kinds: type[Refusal], headers: tuple[tuple[bytes, bytes], ...] = ()
) -> Mapping[type[Refusal], ErrorRow]:
    return {kind: ErrorRow(status=status, code=kind.code, headers=headers) for kind in kinds}


ERRORS: Mapping[type[Refusal], ErrorRow] = {
    **_rows(400, errors.MalformedBody),
    # RFC 6750: a challenge says what is wrong with a token, and nothing where there was none.
    **_rows(401, errors.CredentialMissing, headers=((b"www-authenticate", b"Bearer"),)),
    **_rows(401, errors.CredentialUnknown, headers=((b"www-authenticate", b'Bearer error="invalid_token"'),)),
    **_rows(403, errors.ScopeMissing, errors.TenantForeign),
    **_rows(404, errors.PathUnknown, errors.ServiceNotFound, errors.VisitNotFound),
    **_rows(404, errors.CustomerNotFound, errors.CredentialNotFound),
    **_rows(404, errors.BranchNotFound, errors.ResourceNotFound, errors.ServiceGroupNotFound, errors.ClosureNotFound),
    **_rows(405, errors.MethodUnknown),
    **_rows(
        409,
        errors.SlotTaken,
        errors.SlotNotOffered,
        errors.CustomerDiffers,
        errors.ServiceDiffers,
        errors.ReferenceInUse,
        errors.CustomerLimitReached,
        errors.StateForbids,
        errors.ResourceInUse,
        errors.SlugInUse,
        errors.VisitsInTheWay,
        errors.ImpactMoved,
        errors.NotASandbox,
        errors.ClockGoesForward,
        errors.CatalogMoved,
        errors.VisitMoved,
    ),
    **_rows(410, errors.HoldLapsed),
    **_rows(412, errors.VersionStale),
    **_rows(413, errors.BodyTooLarge),
    **_rows(
        422,
        errors.FieldMissing,
        errors.FieldInvalid,
        errors.ContactMissing,
        errors.AnswerMissing,
        errors.QuestionUnknown,
        errors.CustomerFactMissing,
        errors.BirthDateAhead,
        errors.PartyTooLarge,
        errors.RemoteNotOffered,
        errors.BranchesDiffer,
        errors.CombinationsOff,
        errors.NotCombined,
        errors.ChoiceMissing,
        errors.ResourceChoiceMissing,
        errors.ServiceTooLong,
        errors.TimeZoneUnknown,
        errors.KeyReused,
    ),
    **_rows(429, errors.TooManyRequests),
    **_rows(503, errors.StoreUnavailable, headers=((b"retry-after", b"1"),)),
}
