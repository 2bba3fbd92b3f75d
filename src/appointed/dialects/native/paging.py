"""Lists that are read page by page: how much of one is asked for, and where to go on.

A cursor is a place in a list that is in the order of instants and then of ids, as text that only we read.
"""

import base64
import struct
from datetime import datetime, timedelta
from uuid import UUID

from appointed.core.errors import FieldInvalid
from appointed.core.localtime import EPOCH
from appointed.dialects.native.wants import Asked, query_number
from appointed.wire.route import Parameter, Where

PAGE, PAGE_AT_MOST = 50, 200
PAGING = (
    Parameter("cursor", Where.QUERY, "`next` of the page before."),
    Parameter(
        "limit",
        Where.QUERY,
        "How many at most.",
        {"type": "integer", "minimum": 1, "maximum": PAGE_AT_MOST, "default": PAGE},
    ),
)

_MICROSECOND = timedelta(microseconds=1)
_CURSOR = struct.Struct(">q16s")


def query_limit(asked: Asked) -> int:
    """How many the query asks for. Raises FieldInvalid."""
    return query_number(asked, "limit", PAGE, PAGE_AT_MOST)


def cursor_text(instant: datetime, thing: UUID) -> str:
    """The cursor of the place behind this thing."""
    packed = _CURSOR.pack((instant - EPOCH) // _MICROSECOND, thing.bytes)
    return base64.urlsafe_b64encode(packed).decode()


def query_cursor(asked: Asked) -> tuple[datetime, UUID] | None:
    """The place that the query goes on from. Raises FieldInvalid for a cursor that is none of ours."""
    text = asked.query_value("cursor")
    if text is None:
        return None
    try:
        microseconds, thing = _CURSOR.unpack(base64.b64decode(text.encode("ascii"), b"-_", validate=True))
        return EPOCH + microseconds * _MICROSECOND, UUID(bytes=thing)
    except (ValueError, OverflowError, struct.error):
        raise FieldInvalid(field="cursor", expected="cursor") from None
