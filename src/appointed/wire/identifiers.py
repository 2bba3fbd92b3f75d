"""Identities as text in a path."""

import re
from uuid import UUID

from appointed.core.errors import Refusal

_CANONICAL = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)


def canonical(text: str) -> str:
    """An identity in lower case, and any other text as it is."""
    return text.lower() if _CANONICAL.fullmatch(text) else text


def parse_id(text: str, unknown: Refusal) -> UUID:
    """The identity written as 8-4-4-4-12 digits in either case. Raises `unknown` for anything else: nothing has it."""
    if not _CANONICAL.fullmatch(text):
        raise unknown
    return UUID(text)
