"""The refusals that are about the request itself: how it is written, where it is sent, and by whom."""

from dataclasses import dataclass

from appointed.core.refusal import Refusal


@dataclass(eq=False)
class MalformedBody(Refusal):
    """The body is not the JSON object it has to be. `problem` says how."""

    code = "malformed_body"
    problem: str


@dataclass(eq=False)
class BodyTooLarge(Refusal):
    """The body is longer than the server reads."""

    code = "body_too_large"
    limit_bytes: int


@dataclass(eq=False)
class FieldMissing(Refusal):
    """A field without which the request means nothing is absent."""

    code = "field_missing"
    field: str


@dataclass(eq=False)
class FieldInvalid(Refusal):
    """A field holds what it cannot hold. `expected` is the code of what it could."""

    code = "field_invalid"
    field: str
    expected: str


@dataclass(eq=False)
class CredentialMissing(Refusal):
    """The route asks for a credential and the request carries none."""

    code = "credential_missing"


@dataclass(eq=False)
class CredentialUnknown(Refusal):
    """No live credential is the one presented."""

    code = "credential_unknown"


@dataclass(eq=False)
class ScopeMissing(Refusal):
    """The credential is good, but not for this."""

    code = "scope_missing"
    scope: str


@dataclass(eq=False)
class PathUnknown(Refusal):
    """Nothing stands at this path."""

    code = "path_unknown"


@dataclass(eq=False)
class MethodUnknown(Refusal):
    """The path stands, but not for this method. `allowed` lists the methods, separated by commas."""

    code = "method_unknown"
    allowed: str
