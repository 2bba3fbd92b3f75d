"""A form of HTML (application/x-www-form-urlencoded) to its typed value, as strictly as JSON is read."""

from typing import TypeVar
from urllib.parse import parse_qsl

import msgspec

from appointed.core.errors import FieldInvalid, MalformedBody
from appointed.wire.decode import decode_object
from appointed.wire.json_text import FIELD_NAME_LIMIT_CHARACTERS

FORM = "application/x-www-form-urlencoded"
FIELDS_LIMIT = 100

Body = TypeVar("Body", bound=msgspec.Struct)


def decode_form(body: bytes, into: type[Body]) -> Body:
    """The value of `into` that `body` describes, whose fields are text. A field without a value counts as absent.

    Names are found whatever their case, and those that are no field are passed over. Raises MalformedBody for what is
    no form, or one of more than a hundred fields; FieldMissing; FieldInvalid, for a field of two values too.
    """
    try:
        pairs = parse_qsl(
            body.decode("utf-8-sig").strip(), keep_blank_values=True, errors="strict", max_num_fields=FIELDS_LIMIT
        )
    except ValueError as error:
        not_text = isinstance(error, UnicodeDecodeError)
        raise MalformedBody(problem="not_utf8" if not_text else "not_form") from None
    given: dict[str, object] = {}
    for name, value in pairs:
        field = name[:FIELD_NAME_LIMIT_CHARACTERS]
        if "\0" in name or "\0" in value:
            raise FieldInvalid(field=field.replace("\0", ""), expected="text")
        if value and given.setdefault(name, value) != value:
            raise FieldInvalid(field=field, expected="one_value")
    return decode_object(given, into)
