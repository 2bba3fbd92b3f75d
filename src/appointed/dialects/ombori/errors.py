"""How Ombori's dialect says no. The vendor documents no error body; this shape is ours, and the same for all."""

from collections.abc import Mapping

import msgspec

from appointed.core import errors
from appointed.core.errors import Fact, Refusal
from appointed.wire.dialect import ErrorRow, Problem


class Error(msgspec.Struct):
    """`code` is stable, `message` is for people, `details` holds the facts by name, such as the field."""

    code: str
    message: str
    details: dict[str, Fact]


class ErrorBody(msgspec.Struct):
    """The body of every answer that is not a success."""

    error: Error


def error_body(problem: Problem) -> ErrorBody:
    """A problem in this dialect's shape."""
    facts = {} if problem.refusal is None else problem.refusal.facts()
    return ErrorBody(Error(str(problem.code), problem.message, facts))


def _row(kind: type[Refusal], status: int, *headers: tuple[bytes, bytes]) -> tuple[type[Refusal], ErrorRow]:
    return kind, ErrorRow(status=status, code=kind.code, headers=headers)


ERRORS: Mapping[type[Refusal], ErrorRow] = dict(
    [
        _row(errors.MalformedBody, 400),
        _row(errors.FieldMissing, 400),
        _row(errors.FieldInvalid, 400),
        _row(errors.ContactMissing, 400),
        _row(errors.AnswerMissing, 400),
        _row(errors.QuestionUnknown, 400),
        _row(errors.CustomerFactMissing, 400),
        _row(errors.BirthDateAhead, 400),
        _row(errors.PartyTooLarge, 400),
        _row(errors.RemoteNotOffered, 400),
        _row(errors.CredentialMissing, 401),
        _row(errors.CredentialUnknown, 401),
        _row(errors.ScopeMissing, 403),
        _row(errors.TenantForeign, 403),
        _row(errors.PathUnknown, 404),
        _row(errors.ServiceNotFound, 404),
        _row(errors.BranchNotFound, 404),
        _row(errors.ResourceNotFound, 404),
        _row(errors.ServiceGroupNotFound, 404),
        _row(errors.ClosureNotFound, 404),
        _row(errors.VisitNotFound, 404),
        _row(errors.CustomerNotFound, 404),
        _row(errors.CredentialNotFound, 404),
        _row(errors.MethodUnknown, 405),
        _row(errors.SlotTaken, 409),
        _row(errors.CustomerDiffers, 409),
        _row(errors.ServiceDiffers, 409),
        _row(errors.ReferenceInUse, 409),
        _row(errors.SlotNotOffered, 409),
        _row(errors.CustomerLimitReached, 409),
        _row(errors.HoldLapsed, 409),
        _row(errors.StateForbids, 409),
        _row(errors.KeyReused, 409),
        _row(errors.ResourceInUse, 409),
        _row(errors.SlugInUse, 409),
        _row(errors.VisitsInTheWay, 409),
        _row(errors.ImpactMoved, 409),
        _row(errors.ChoiceMissing, 400),
        _row(errors.ResourceChoiceMissing, 400),
        _row(errors.ServiceTooLong, 400),
        _row(errors.TimeZoneUnknown, 400),
        _row(errors.BranchesDiffer, 400),
        _row(errors.CombinationsOff, 400),
        _row(errors.NotCombined, 400),
        _row(errors.NotASandbox, 409),
        _row(errors.ClockGoesForward, 409),
        _row(errors.CatalogMoved, 409),
        _row(errors.VisitMoved, 409),
        _row(errors.VersionStale, 412),
        _row(errors.BodyTooLarge, 413),
        _row(errors.TooManyRequests, 429),
        _row(errors.StoreUnavailable, 503, (b"retry-after", b"1")),
    ]
)
