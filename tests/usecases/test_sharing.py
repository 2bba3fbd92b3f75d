"""Equal questions asked at once, and what nobody may be told."""

import asyncio

import pytest

from appointed.usecases.sharing import Sharing


class Desk:
    """Answers with how often it was asked; each answer waits until it is let go."""

    def __init__(self) -> None:
        self.asked = 0
        self.gates: list[asyncio.Event] = []

    async def answer(self) -> int:
        self.asked += 1
        number = self.asked
        gate = asyncio.Event()
        self.gates.append(gate)
        await gate.wait()
        return number


async def settle() -> None:
    """Let everything run that can."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_who_asks_at_once_is_answered_together() -> None:
    sharing, desk = Sharing(), Desk()
    asking = [asyncio.ensure_future(sharing.ask("when", desk.answer)) for _ in range(5)]
    await settle()
    desk.gates[0].set()
    assert await asyncio.gather(*asking) == [1] * 5


async def test_nobody_gets_an_answer_that_was_begun_before_the_question() -> None:
    """Those who come while the first is being found share the second, which begins after it."""
    sharing, desk = Sharing(), Desk()
    first = asyncio.ensure_future(sharing.ask("when", desk.answer))
    await settle()
    later = [asyncio.ensure_future(sharing.ask("when", desk.answer)) for _ in range(3)]
    await settle()
    assert desk.asked == 1
    desk.gates[0].set()
    assert await first == 1
    await settle()
    desk.gates[1].set()
    assert await asyncio.gather(*later) == [2] * 3
    assert len(sharing) == 0


async def test_other_questions_do_not_wait() -> None:
    sharing, desk = Sharing(), Desk()
    asking = [asyncio.ensure_future(sharing.ask(question, desk.answer)) for question in ("when", "where")]
    await settle()
    assert desk.asked == 2
    for gate in desk.gates:
        gate.set()
    assert await asyncio.gather(*asking) == [1, 2]


async def test_who_goes_away_takes_the_answer_from_nobody() -> None:
    sharing, desk = Sharing(), Desk()
    leaving, staying = (asyncio.ensure_future(sharing.ask("when", desk.answer)) for _ in range(2))
    await settle()
    leaving.cancel()
    await settle()
    desk.gates[0].set()
    assert await staying == 1
    with pytest.raises(asyncio.CancelledError):
        await leaving


async def test_what_is_raised_is_raised_for_all_and_then_forgotten() -> None:
    sharing, desk = Sharing(), Desk()

    async def fail() -> int:
        raise LookupError

    failed = await asyncio.gather(*(sharing.ask("when", fail) for _ in range(2)), return_exceptions=True)
    assert [type(each) for each in failed] == [LookupError] * 2
    asking = asyncio.ensure_future(sharing.ask("when", desk.answer))
    await settle()
    desk.gates[0].set()
    assert await asking == 1
