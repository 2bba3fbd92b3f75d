"""Values of rows as the core has them. Each raises ValueError where a value is not what it should be."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from email_validator import EmailNotValidError, validate_email

from appointed.core.localtime import edge, to_instant, zone
from appointed.core.visit import Contact
from appointed.importers.sql_dump import Row

_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::\d{2}(?:\.\d+)?)?")
_BETWEEN_DIGITS = re.compile(r"[\s()./-]+")
_PHONE = re.compile(r"\+[1-9][0-9]{1,14}")


def text(row: Row, column: str) -> str:
    """What stands in a column, without blanks around it; nothing for NULL or a column that is not there."""
    return (row.get(column) or "").replace("\0", "").strip()


def key(row: Row, column: str = "id") -> str:
    """An id of the source's own."""
    found = text(row, column)
    if not found:
        raise ValueError(f"{column} is missing")
    return found


def whole(row: Row, column: str, default: int | None = None) -> int:
    """A whole number. Of one that is written with a fraction, the fraction has to be nothing."""
    found = text(row, column)
    if not found and default is not None:
        return default
    number = float(found)
    if not number.is_integer():
        raise ValueError(f"{column} is no whole number: {found}")
    return int(number)


def yes(row: Row, column: str) -> bool:
    """Whether a column says yes, in any of the ways in which databases write it."""
    return text(row, column).lower() in ("1", "t", "true", "y", "yes", "on")


def named_zone(name: str) -> ZoneInfo | None:
    """The time zone of an IANA name, None where there is none."""
    try:
        return zone(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def clock(shown: str) -> int:
    """Minutes past midnight of a time as clocks show it; seconds are dropped."""
    match = _CLOCK.fullmatch(shown.strip())
    if match is None or int(match[1]) > 24 or int(match[2]) > 59:
        raise ValueError(f"no time: {shown}")
    return int(match[1]) * 60 + int(match[2])


def wall_time(shown: str) -> tuple[date, int]:
    """A date and the minutes past midnight."""
    day, _, time = shown.strip().replace("T", " ").partition(" ")
    return date.fromisoformat(day), clock(time or "00:00")


def start_there(where: ZoneInfo, shown: str) -> datetime | None:
    """The instant of a local time, None for one that the clock leaves out."""
    return to_instant(where, *wall_time(shown))


def edge_there(where: ZoneInfo, shown: str) -> datetime:
    """The instant at which the clock there shows a local time, or has gone past it."""
    return edge(where, *wall_time(shown))


def utc_instant(shown: str) -> datetime:
    """An instant that is written without an offset and meant in UTC; seconds are dropped."""
    found = datetime.fromisoformat(shown.strip())
    found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    return found.replace(second=0, microsecond=0)


def object_of(written: str) -> Mapping[str, Any]:
    """A JSON object; an empty one for no text, and for the empty list that PHP makes of one."""
    found: Any = json.loads(written) if written else {}
    if found is None or found == []:
        return {}
    if not isinstance(found, dict):
        raise ValueError("no JSON object")  # noqa: TRY004 - it is the text that is wrong
    return cast(Mapping[str, Any], found)


def list_of(written: str) -> list[Any]:
    """A JSON list; an empty one for no text."""
    found: Any = json.loads(written) if written else []
    if found is None:
        return []
    if not isinstance(found, list):
        raise ValueError("no JSON list")  # noqa: TRY004 - it is the text that is wrong
    return cast(list[Any], found)


def phone_of(written: str) -> str | None:
    """A telephone number in E.164, None for one that does not say its country."""
    plain = _BETWEEN_DIGITS.sub("", written)
    if plain.startswith("00"):
        plain = f"+{plain[2:]}"
    return plain if _PHONE.fullmatch(plain) else None


def contact_of(email: str, phone: str) -> Contact | None:
    """How somebody is reached: by e-mail where that is known, else by telephone; the other one is kept beside it."""
    number = phone_of(phone)
    if email and _is_email(email):
        return Contact("email", email, number)
    return None if number is None else Contact("phone", number)


def _is_email(written: str) -> bool:
    try:
        validate_email(written, check_deliverability=False)
    except EmailNotValidError:
        return False
    return True


def kept(facts: Mapping[str, str]) -> str:
    """What is known of a visit beside what the core has, as a JSON object; what is empty is left out."""
    return json.dumps({name: value for name, value in facts.items() if value}, ensure_ascii=False)


def elements(written: str) -> Iterator[str]:
    """The elements of an array of numbers as PostgreSQL writes it."""
    inside = written.strip().removeprefix("{").removesuffix("}")
    return (element.strip() for element in inside.split(",") if element.strip())
