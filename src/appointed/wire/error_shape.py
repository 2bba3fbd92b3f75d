"""How refusals are said on the wire: a table of rows, and the body that says one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

import msgspec

from appointed.core.errors import MethodUnknown, Refusal, TooManyRequests
from appointed.i18n import catalog
from appointed.wire.answer import Answer
from appointed.wire.decode import encode

JSON = "application/json"

Fields = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """How a dialect says one refusal: its HTTP status, its own code, and headers that belong to it."""

    status: int
    code: str | int
    headers: Fields = ()


@dataclass(frozen=True, slots=True)
class Problem:
    """All there is to say about a request that was not done; `refusal` is None where the server failed."""

    status: int
    code: str | int
    message: str
    request_id: str
    refusal: Refusal | None


FAILURE = ErrorRow(status=HTTPStatus.INTERNAL_SERVER_ERROR, code="internal_error")


@dataclass(frozen=True, slots=True)
class ErrorShape:
    """`body` turns a problem into what is sent, of `body_type` and as `media_type`. `rows` has every refusal there is,
    and `failure` is for what is none."""

    rows: Mapping[type[Refusal], ErrorRow]
    body_type: type[msgspec.Struct]
    body: Callable[[Problem], msgspec.Struct]
    failure: ErrorRow = field(default=FAILURE)
    media_type: str = JSON

    def render_refusal(self, refusal: Refusal, language: str | None, request_id: str) -> Answer:
        """The answer to a request that is refused, its body encoded."""
        row = self.rows[type(refusal)]
        return self._render(
            row, (*row.headers, *_fields(refusal)), catalog.sentence(refusal, language), request_id, refusal
        )

    def render_failure(self, language: str | None, request_id: str) -> Answer:
        """The answer to a request that the server failed to serve, its body encoded."""
        return self._render(self.failure, self.failure.headers, catalog.failure(language), request_id, None)

    def _render(self, row: ErrorRow, headers: Fields, message: str, request_id: str, refusal: Refusal | None) -> Answer:
        problem = Problem(row.status, row.code, message, request_id, refusal)
        if self.media_type != JSON:
            headers = (*headers, (b"content-type", self.media_type.encode()))
        return Answer(row.status, encode(self.body(problem)), headers)


def _fields(refusal: Refusal) -> Fields:
    """The header fields that go with a refusal in every dialect."""
    if isinstance(refusal, MethodUnknown):
        return ((b"allow", refusal.allowed.encode()),)
    if isinstance(refusal, TooManyRequests):
        return ((b"retry-after", str(refusal.retry_after_seconds).encode()),)
    return ()
