"""What a refusal is: a code, the facts, and nothing of how it is said."""

from dataclasses import fields
from typing import ClassVar

Fact = str | int | None


class Refusal(Exception):
    """The request is understood and is not done.

    One that is `passing` says nothing of the request: tried again, it may well be done.
    """

    code: ClassVar[str]
    passing: ClassVar[bool] = False

    def facts(self) -> dict[str, Fact]:
        """The data of this refusal by name, each a plain value."""
        return {field.name: getattr(self, field.name) for field in fields(self)}  # pyright: ignore[reportArgumentType]
