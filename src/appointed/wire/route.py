"""A route is data. The application, the OpenAPI document and the authorisation test are all made from one table."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import msgspec

from appointed.core.caller import Scope
from appointed.core.errors import Refusal
from appointed.wire.answer import Answer
from appointed.wire.decode import prepare
from appointed.wire.error_shape import ErrorShape
from appointed.wire.limits import Rate
from appointed.wire.request import Request

BODY_LIMIT_BYTES = 2_000_000

PARAMETER_IN_PATH = re.compile(r"\{([^{}/]+)\}")


class Credential(StrEnum):
    """Whether a route asks who is calling: REQUIRED refuses without, OPTIONAL refuses only a wrong one."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    NONE = "none"


class Where(StrEnum):
    """The part of a request that a parameter stands in."""

    PATH = "path"
    QUERY = "query"
    HEADER = "header"


@dataclass(frozen=True, slots=True)
class Parameter:
    """`schema` is a JSON schema. A parameter of the path is always required."""

    name: str
    where: Where
    description: str
    schema: Mapping[str, object] = field(default_factory=lambda: {"type": "string"})
    required: bool = False


Handler = Callable[[Request], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Link:
    """Where an answer leads: the path parameter of another operation takes what stands at `pointer` in the body.

    Like an operation's name, it only describes; `pointer` is a JSON pointer (RFC 6901).
    """

    operation: str
    parameter: str
    pointer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One operation of a dialect.

    `path` is a template beneath the dialect's mount, `also` has others at which the same is served. `responses` gives
    the body's type for each status of success, NoneType for none. `refusals` lists what the operation itself may
    answer; what any route with its credential, scope, body and key may answer is known from those. `links` say what can
    be asked next about what a success told. A GET may have a body too; one that is `body_optional` may be left out on
    any method. `rate` is the vendor's own number for this route where the dialect has another, and is counted apart.
    The body of a `form` is a form of HTML (application/x-www-form-urlencoded), else it is JSON. `error_shape` is how
    this route says what was wrong where that is not as its dialect does.
    A caller needs the `scope`; where what is asked about decides, that or one of `other_scopes`, and the use case says
    which. An `idempotent` route honours Idempotency-Key; any other POST refuses it, unless it `changes` nothing and may
    well be repeated. The names of path parameters are those of the template, and each has to be described. Raises
    ValueError for a route that contradicts itself.
    """

    method: str
    path: str
    name: str
    summary: str
    handler: Handler
    responses: Mapping[int, object]
    credential: Credential
    description: str = ""
    also: tuple[str, ...] = ()
    request_type: type[msgspec.Struct] | None = None
    scope: Scope | None = None
    other_scopes: tuple[Scope, ...] = ()
    body_optional: bool = False
    idempotent: bool = False
    changes: bool = True
    parameters: tuple[Parameter, ...] = ()
    refusals: tuple[type[Refusal], ...] = ()
    tags: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    rate: Rate | None = None
    form: bool = False
    body_limit_bytes: int = BODY_LIMIT_BYTES
    error_shape: ErrorShape | None = None

    def __post_init__(self) -> None:
        described = [parameter.name for parameter in self.parameters if parameter.where is Where.PATH]
        problems = {
            "its path must start with a slash": not all(path.startswith("/") for path in (self.path, *self.also)),
            "its paths have different parameters": any(
                sorted(PARAMETER_IN_PATH.findall(path)) != sorted(self.path_parameters) for path in self.also
            ),
            "its path parameters and their descriptions differ": sorted(described) != sorted(self.path_parameters),
            "HEAD and OPTIONS are answered for every path": self.method in ("HEAD", "OPTIONS"),
            "a scope needs a credential": self.scope is not None and self.credential is Credential.NONE,
            "other scopes than none": bool(self.other_scopes) and self.scope is None,
            "a key belongs to a credential": self.idempotent and self.credential is Credential.NONE,
            "a form has a type": self.form and self.request_type is None,
            "an optional body has a type": self.body_optional and self.request_type is None,
            "it has no response": not self.responses,
        }
        for problem, present in problems.items():
            if present:
                raise ValueError(f"route {self.name}: {problem}")
        if self.request_type is not None:
            prepare(self.request_type)

    @property
    def path_parameters(self) -> list[str]:
        """The names in the template, from left to right."""
        return PARAMETER_IN_PATH.findall(self.path)

    @property
    def reads_body(self) -> bool:
        """Whether the body matters: it is decoded, or it is part of what a key stands for."""
        return self.request_type is not None or self.idempotent
