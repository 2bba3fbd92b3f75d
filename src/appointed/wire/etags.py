"""Versions in the headers of a request and of its answer (RFC 9110, section 13).

The tag of something with a version is that version between quotation marks. An answer that has no version may carry a
digest of its bytes.
"""

import hashlib
import re
from http import HTTPStatus

from appointed.core.errors import FieldInvalid
from appointed.wire.request import Request
from appointed.wire.route import Answer, Parameter, Where

Header = tuple[bytes, bytes]

_TAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e]*"')
_LIST = re.compile(rf"[\s,]*+({_TAG.pattern})\s*+(?:,|$)")
_VERSION = re.compile(r'"(0|[1-9][0-9]{0,17})"', re.ASCII)
_TAGS_AT_MOST = 100

IF_MATCH = Parameter(
    name="If-Match",
    where=Where.HEADER,
    description='The ETag that the caller knows, such as `"7"`: with any other version than that nothing is done.',
)
IF_NONE_MATCH = Parameter(
    name="If-None-Match",
    where=Where.HEADER,
    description="The ETag of the answer at hand: where it would be the same again, 304 without a body.",
)


def version_tag(version: int) -> str:
    """The tag of a version."""
    return f'"{version}"'


def digest_tag(body: bytes) -> str:
    """A tag for these bytes."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def tagged(tag: str) -> Header:
    """The header that carries a tag."""
    return b"etag", tag.encode()


def expected_versions(request: Request) -> frozenset[int] | None:
    """The versions that If-Match allows; None where it allows any. A tag that is no version of ours allows none.

    Raises FieldInvalid.
    """
    tags = _tags(request, "If-Match")
    if tags is None or "*" in tags:
        return None
    return frozenset(int(found[1]) for tag in tags if (found := _VERSION.fullmatch(tag)))


def unless_known(request: Request, tag: str, answer: Answer) -> Answer:
    """The answer with its tag; 304 without a body where the caller has just this one. Raises FieldInvalid."""
    if is_known(request, tag):
        return not_modified(tag)
    return Answer(answer.status, answer.body, (*answer.headers, tagged(tag)))


def is_known(request: Request, tag: str) -> bool:
    """Whether the caller has just what has this tag. Raises FieldInvalid."""
    tags = _tags(request, "If-None-Match")
    return tags is not None and ("*" in tags or tag in {each.removeprefix("W/") for each in tags})


def not_modified(tag: str) -> Answer:
    """What such a caller is answered."""
    return Answer(HTTPStatus.NOT_MODIFIED, None, (tagged(tag),))


def _tags(request: Request, name: str) -> frozenset[str] | None:
    """The entity tags of a header, or `*`; None where it was not sent. Raises FieldInvalid for anything else."""
    text = request.headers.get(name)
    if text is None:
        return None
    if text.strip() == "*":
        return frozenset("*")
    tags: list[str] = []
    position = 0
    while found := _LIST.match(text, position):
        tags.append(found[1])
        position = found.end()
    if not tags or text[position:].strip(", \t") or len(tags) > _TAGS_AT_MOST:
        raise FieldInvalid(field=name, expected="entity_tag")
    return frozenset(tags)
