"""The worker's loop: every job in turn, and again: soon where one did something, else after a pause."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping

import structlog

from appointed.core.errors import Refusal
from appointed.usecases.failures import causes_of

PAUSE_SECONDS = 10.0
BREATH_SECONDS = 0.02

Job = Callable[[], Awaitable[bool]]
"""Does one piece of work and tells whether there was any."""

_log = structlog.get_logger("appointed.worker")


async def work(jobs: Mapping[str, Job], stopping: asyncio.Event, pause_seconds: float = PAUSE_SECONDS) -> None:
    """Work until `stopping` is set; a piece of work that has begun is ended first.

    A job that fails is logged by its name, and tried again after the pause like all others.
    """
    while not stopping.is_set():
        busy = False
        for name, job in jobs.items():
            if not stopping.is_set():
                busy |= await _attempt(name, job)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), BREATH_SECONDS if busy else pause_seconds)


async def work_once(jobs: Mapping[str, Job]) -> int:
    """Work until nothing is left to do; how many pieces there were. What a job raises is raised."""
    pieces = 0
    for job in jobs.values():
        while await job():
            pieces += 1
    return pieces


async def _attempt(name: str, job: Job) -> bool:
    try:
        return await job()
    except Refusal as refusal:
        _log.warning("job_refused", job=name, code=refusal.code)
    except Exception as error:  # noqa: BLE001 - one job that fails must not end the others
        _log.error("job_failed", job=name, causes=causes_of(error))
    return False
