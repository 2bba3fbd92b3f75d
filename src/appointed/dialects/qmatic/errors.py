"""How Qmatic's dialect says no: problem details (RFC 9457), the vendor having documented no body of its own."""

from collections.abc import Mapping
from http import HTTPStatus

import msgspec

from appointed.core import errors
from appointed.core.errors import Fact, FieldInvalid, FieldMissing, Refusal
from appointed.wire.error_shape import ErrorRow, Problem

MEDIA_TYPE = "application/problem+json"
PAGES = "/v1/problems"
BEARER = (b"www-authenticate", b"Bearer")


class ProblemBody(msgspec.Struct, rename="camel", omit_defaults=True):
    """Problem details (RFC 9457). `code` is stable, `detail` is for people, `field` is the one at fault where one is;
    `facts` are what the code says, by name."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    field: str = ""
    facts: dict[str, Fact] = {}


def error_body(problem: Problem) -> ProblemBody:
    """A problem in this dialect's shape."""
    refusal = problem.refusal
    return ProblemBody(
        type=f"{PAGES}/{problem.code}",
        title=HTTPStatus(problem.status).phrase,
        status=problem.status,
        detail=problem.message,
        code=str(problem.code),
        request_id=problem.request_id,
        field=refusal.field if isinstance(refusal, FieldInvalid | FieldMissing) else "",
        facts={} if refusal is None else refusal.facts(),
    )


def _rows(
    status: int, *kinds: type[Refusal], headers: tuple[tuple[bytes, bytes], ...] = ()
) -> Mapping[type[Refusal], ErrorRow]:
    return {kind: ErrorRow(status=status, code=kind.code, headers=headers) for kind in kinds}


ERRORS: Mapping[type[Refusal], ErrorRow] = {
    **_rows(
        400,
        errors.MalformedBody,
        errors.FieldMissing,
        errors.FieldInvalid,
        errors.ContactMissing,
        errors.AnswerMissing,
        errors.QuestionUnknown,
        errors.CustomerFactMissing,
        errors.BirthDateAhead,
        errors.PartyTooLarge,
        errors.RemoteNotOffered,
        errors.ResourceChoiceMissing,
        errors.BranchesDiffer,
        errors.CombinationsOff,
        errors.NotCombined,
        errors.ChoiceMissing,
        errors.ServiceTooLong,
        errors.TimeZoneUnknown,
    ),
    **_rows(401, errors.CredentialMissing, errors.CredentialUnknown, headers=(BEARER,)),
    **_rows(403, errors.ScopeMissing, errors.TenantForeign),
    **_rows(
        404,
        errors.PathUnknown,
        errors.ServiceNotFound,
        errors.BranchNotFound,
        errors.ResourceNotFound,
        errors.ServiceGroupNotFound,
        errors.ClosureNotFound,
        errors.VisitNotFound,
        errors.CustomerNotFound,
        errors.CredentialNotFound,
    ),
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
        errors.KeyReused,
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
    **_rows(429, errors.TooManyRequests),
    **_rows(503, errors.StoreUnavailable, headers=((b"retry-after", b"1"),)),
}
