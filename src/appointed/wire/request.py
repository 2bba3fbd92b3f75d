"""One request as a handler sees it, and the headers it came with."""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, TypeVar
from urllib.parse import parse_qsl
from uuid import UUID

import msgspec

from appointed.core.caller import Caller
from appointed.core.errors import CredentialMissing, FieldInvalid, FieldMissing, TooManyRequests
from appointed.core.once import Once
from appointed.usecases.context import Context
from appointed.wire.identifiers import canonical
from appointed.wire.limits import Limiter, Standing

Body = TypeVar("Body", bound=msgspec.Struct)
Made = TypeVar("Made")

QUERY_LIMIT_PARAMETERS = 200
FIELD_NAME_LIMIT_CHARACTERS = 100
_QUERIES = 256

_KEY = re.compile(rb"[\x21-\x7e]{1,255}")


class Headers:
    """The header fields of a request, found whatever the case of their names."""

    __slots__ = ("_fields", "_pairs")

    def __init__(self, pairs: Iterable[tuple[bytes, bytes]]) -> None:
        self._pairs = pairs
        self._fields = dict(pairs)

    def get(self, name: str) -> str | None:
        """The value of the field, the last where it was sent several times."""
        value = self._fields.get(name.lower().encode("latin-1"))
        return None if value is None else value.decode("latin-1")

    def raw(self, name: bytes) -> bytes | None:
        """The value of the field whose name, given in lower case, is `name`."""
        return self._fields.get(name)

    def count(self, name: bytes) -> int:
        """How often the field whose name, given in lower case, is `name` was sent."""
        return sum(pair[0] == name for pair in self._pairs)


class Query:
    """The parameters of a query, found whatever the case of their names. Equal queries are one object for as long as
    they are asked again and again, so that what is made of it can be kept with it."""

    __slots__ = ("_made", "_values")

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self._made: dict[Callable[[Query], Any], Any] = {}

    def query_value(self, name: str) -> str | None:
        """The parameter `name`, whatever its case; None where it is absent or empty."""
        return self._values.get(name.lower()) or None

    def required_query_value(self, name: str) -> str:
        """The parameter `name`. Raises FieldMissing where it is absent or empty."""
        value = self.query_value(name)
        if value is None:
            raise FieldMissing(field=name)
        return value

    def made(self, make: "Callable[[Query], Made]") -> Made:
        """What a function of a module makes of it and of nothing else, made once for all who ask alike. What it raises
        is raised each time."""
        made = self._made.get(make)
        if made is None:
            made = self._made[make] = make(self)
        return made


class Request:
    """What was asked, by whom; `context` is what use cases work with.

    `local_path` is the path beneath the dialect's mount as it was sent, `path` the decoded parameters of the
    template; `operation` names the dialect and the route that answer, however the path was spelt. `body` is the
    decoded body, and `raw_body` its bytes where the route reads them; `unread` says that
    nobody has taken the body from the connection. `limiter` is what binds the route, if anything, and `standing` what
    it said when the request was counted.
    """

    __slots__ = (
        "_query",
        "body",
        "caller",
        "context",
        "headers",
        "idempotency_key",
        "limiter",
        "local_path",
        "method",
        "operation",
        "path",
        "query_string",
        "raw_body",
        "request_id",
        "standing",
        "unread",
    )

    def __init__(
        self, context: Context, method: str, local_path: str, query_string: bytes, headers: Headers, request_id: str
    ) -> None:
        self.context = context
        self.method = method
        self.local_path = local_path
        self.query_string = query_string
        self.headers = headers
        self.request_id = request_id
        self.path: dict[str, str] = {}
        self.operation = ""
        self.caller: Caller | None = None
        self.idempotency_key: str | None = None
        self.raw_body = b""
        self.body: msgspec.Struct | None = None
        self.unread = True
        self.limiter: Limiter | None = None
        self.standing: Standing | None = None
        self._query: Query | None = None

    @property
    def known_caller(self) -> Caller:
        """The caller. Raises CredentialMissing on a route where the credential is optional and none came."""
        if self.caller is None:
            raise CredentialMissing
        return self.caller

    def known_as(self, caller: Caller) -> None:
        """Note whose request it is and count it for their credential. Raises TooManyRequests where it is one too many.

        It is done for whoever presents the credential that the route asks for; where a handler learns by itself who is
        asking, as one that gives out tokens does, it calls this.
        """
        self.caller = caller
        if self.limiter is None or caller.credential is None:
            return
        self.standing = self.limiter.count(caller.credential, self.context.clock())
        if self.standing.refused:
            raise TooManyRequests(retry_after_seconds=self.standing.seconds)

    def body_as(self, kind: type[Body]) -> Body:
        """The decoded body, which the route declared to be a `kind`."""
        if not isinstance(self.body, kind):
            raise TypeError(f"the route's body is no {kind.__name__}")
        return self.body

    def optional_body(self, kind: type[Body]) -> Body | None:
        """The same where the route lets it be absent."""
        return None if self.body is None else self.body_as(kind)

    @property
    def once(self) -> Once | None:
        """What makes a repetition of this request recognisable: who asked what under which key, and with which body.

        What was asked is the same however its path was spelt.
        None when no key was sent, and for the public, whose members could not be told apart by their keys.
        """
        if self.idempotency_key is None or self.caller is None:
            return None
        who = (str(self.caller.tenant), str(self.caller.credential))
        about = (f"{name}={canonical(value)}" for name, value in sorted(self.path.items()))
        asked = "\0".join((*who, self.operation, *about, self.idempotency_key))
        return Once(request=_digest(asked.encode()), fingerprint=_digest(self.raw_body))

    @property
    def query(self) -> Query:
        """The parameters of the query.

        Raises FieldInvalid for one that was given two values, or that is no text.
        """
        if self._query is None:
            self._query = _query(self.query_string)
        return self._query

    def query_value(self, name: str) -> str | None:
        """The query's parameter `name`, whatever its case; None where it is absent or empty."""
        return self.query.query_value(name)

    def required_query_value(self, name: str) -> str:
        """The query's parameter `name`. Raises FieldMissing where it is absent or empty."""
        return self.query.required_query_value(name)

    def read_idempotency_key(self) -> None:
        """Take the key from its header. Raises FieldInvalid for one that is no key, or two."""
        key = self.headers.raw(b"idempotency-key")
        if key is None:
            return
        if not _KEY.fullmatch(key) or self.headers.count(b"idempotency-key") > 1:
            raise FieldInvalid(field="Idempotency-Key", expected="idempotency_key")
        self.idempotency_key = key.decode("ascii")


def _digest(data: bytes) -> UUID:
    return UUID(bytes=hashlib.sha256(data).digest()[:16])


# The same is asked again and again; to take it apart costs as much as to find its route.
@lru_cache(maxsize=_QUERIES)
def _query(query_string: bytes) -> Query:
    values: dict[str, str] = {}
    try:
        pairs = parse_qsl(
            query_string.decode(), keep_blank_values=True, errors="strict", max_num_fields=QUERY_LIMIT_PARAMETERS
        )
    except ValueError:
        raise FieldInvalid(field="query", expected="text") from None
    for name, value in pairs:
        if "\0" in name:
            raise FieldInvalid(field="query", expected="text")
        if "\0" in value:
            raise FieldInvalid(field=name[:FIELD_NAME_LIMIT_CHARACTERS], expected="text")
        if values.setdefault(name.lower(), value) != value:
            raise FieldInvalid(field=name[:FIELD_NAME_LIMIT_CHARACTERS], expected="one_value")
    return Query(values)
