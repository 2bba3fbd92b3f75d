"""What a handler gives back."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Answer:
    """What a handler gives back. The body is a value for the JSON encoder, bytes that are JSON, or None for no body."""

    status: int
    body: object = None
    headers: tuple[tuple[bytes, bytes], ...] = ()
