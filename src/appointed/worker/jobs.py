"""What the worker does, by name. A new job is a use case and a line here."""

from collections.abc import Mapping

import structlog

from appointed.usecases.context import Context
from appointed.usecases.tidy import Finder, tidy
from appointed.worker.loop import Job

_log = structlog.get_logger("appointed.worker")


def jobs(context: Context, finder: Finder) -> Mapping[str, Job]:
    """Every job over this context; `finder` serves as the worker's role."""

    async def tidy_once() -> bool:
        done = await tidy(context, finder)
        if done.tenants:
            _log.info("tidied", tenants=done.tenants, holds=done.holds)
        return done.tenants > 0

    return {"tidy": tidy_once}
