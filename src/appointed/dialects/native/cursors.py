"""Cursors: a place in a list that is in the order of instants and then of ids, as text that only we read."""

import base64
import struct
from datetime import datetime, timedelta
from uuid import UUID

from appointed.core.errors import FieldInvalid
from appointed.core.localtime import EPOCH
from appointed.wire.request import Request

_MICROSECOND = timedelta(microseconds=1)
_CURSOR = struct.Struct(">q16s")


def cursor_text(instant: datetime, thing: UUID) -> str:
    """The cursor of the place behind this thing."""
    packed = _CURSOR.pack((instant - EPOCH) // _MICROSECOND, thing.bytes)
    return base64.urlsafe_b64encode(packed).decode()


def query_cursor(request: Request) -> tuple[datetime, UUID] | None:
    """The place that the query goes on from. Raises FieldInvalid for a cursor that is none of ours."""
    text = request.query_value("cursor")
    if text is None:
        return None
    try:
        microseconds, thing = _CURSOR.unpack(base64.b64decode(text.encode("ascii"), b"-_", validate=True))
        return EPOCH + microseconds * _MICROSECOND, UUID(bytes=thing)
    except (ValueError, OverflowError, struct.error):
        raise FieldInvalid(field="cursor", expected="cursor") from None
