"""The worker's loop: it goes on while there is work, pauses where there is none, survives a job, and stops."""

import asyncio

import pytest
import structlog

from appointed.core.errors import StoreUnavailable
from appointed.worker.loop import work, work_once

LONG = 3600.0


class Pieces:
    """A job with so many pieces of work; it sets `idle` once it is asked in vain."""

    def __init__(self, pieces: int, idle: asyncio.Event | None = None) -> None:
        self.left = pieces
        self.idle = idle

    async def __call__(self) -> bool:
        if not self.left and self.idle is not None:
            self.idle.set()
        had_work = self.left > 0
        self.left -= had_work
        return had_work


async def test_it_goes_on_while_there_is_work() -> None:
    """And only then: with nothing left it would pause for an hour, but for the stop."""
    stopping, idle = asyncio.Event(), asyncio.Event()
    job = Pieces(3, idle)
    working = asyncio.create_task(work({"one": job, "never": Pieces(0)}, stopping, LONG))
    async with asyncio.timeout(20):
        await idle.wait()
        assert (job.left, working.done()) == (0, False)
        stopping.set()
        await working


@pytest.mark.parametrize("error", [StoreUnavailable(), RuntimeError("secret-in-message")])
async def test_a_job_that_fails_does_not_end_the_others(error: Exception) -> None:
    stopping = asyncio.Event()

    async def fail() -> bool:
        raise error

    with structlog.testing.capture_logs() as logs:
        async with asyncio.timeout(20):
            await work({"bad": fail, "good": Pieces(0, stopping)}, stopping, LONG)
    (entry,) = logs
    assert entry["job"] == "bad"
    assert entry["log_level"] == ("warning" if isinstance(error, StoreUnavailable) else "error")
    assert "secret" not in str(logs)


async def test_what_has_begun_is_ended_before_it_stops() -> None:
    stopping, begun, may_end, done = asyncio.Event(), asyncio.Event(), asyncio.Event(), []

    async def slow() -> bool:
        begun.set()
        await may_end.wait()
        done.append("ended")
        return True

    working = asyncio.create_task(work({"slow": slow}, stopping, LONG))
    await begun.wait()
    stopping.set()
    assert not working.done()
    may_end.set()
    async with asyncio.timeout(20):
        await working
    assert done == ["ended"]


async def test_once_does_all_there_is_and_hides_no_failure() -> None:
    assert await work_once({"one": Pieces(3), "two": Pieces(0)}) == 3

    async def fail() -> bool:
        raise StoreUnavailable

    with pytest.raises(StoreUnavailable):
        await work_once({"bad": fail})
