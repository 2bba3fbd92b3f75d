"""Equal questions that are asked at once are answered together."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar

Answer = TypeVar("Answer")


@dataclass(slots=True, eq=False)
class _Turn:
    """`running` is held while an answer is being found; `following` is the answer that begins after that."""

    running: asyncio.Lock = field(default_factory=asyncio.Lock)
    following: asyncio.Future[Any] | None = None


class Sharing:
    """Whoever asks while an answer is being found waits for the next one, together with all who come until it begins.

    Nobody gets an answer that was begun before the question: what a caller has done before asking is always seen.
    """

    def __init__(self) -> None:
        self._turns: dict[Hashable, _Turn] = {}

    def __len__(self) -> int:
        """How many questions are being answered; the others are forgotten."""
        return len(self._turns)

    async def ask(self, question: Hashable, answer: Callable[[], Awaitable[Answer]]) -> Answer:
        """The answer, found by one of those who ask. What is raised is raised for all of them."""
        turn = self._turns.get(question)
        if turn is None:
            turn = self._turns[question] = _Turn()
        if turn.following is None:
            turn.following = asyncio.ensure_future(self._find(question, turn, answer))
        # One who goes away takes the answer from nobody else.
        found: Answer = await asyncio.shield(turn.following)
        return found

    async def _find(self, question: Hashable, turn: _Turn, answer: Callable[[], Awaitable[Answer]]) -> Answer:
        async with turn.running:
            turn.following = None
            try:
                return await answer()
            finally:
                if turn.following is None:
                    self._turns.pop(question, None)
