"""What the worker does, by name. A new job is a use case and a line here."""

from collections.abc import Mapping

import structlog

from appointed.usecases.audit import instant, seal_due
from appointed.usecases.context import Context
from appointed.usecases.tidy import Finder, tidy
from appointed.usecases.tokens import end_signing_keys
from appointed.worker.loop import Job

_log = structlog.get_logger("appointed.worker")


def jobs(context: Context, finder: Finder) -> Mapping[str, Job]:
    """Every job over this context; `finder` serves as the worker's role."""

    async def tidy_once() -> bool:
        done = await tidy(context, finder)
        if done.tenants:
            _log.info("tidied", tenants=done.tenants, holds=done.holds)
        return done.tenants > 0

    async def seal_once() -> bool:
        made = await seal_due(context, finder)
        for seal in made:
            # The log is elsewhere: whoever keeps these lines can tell later that no seal was made up anew.
            told = {"tenant": str(seal.tenant), "seal": seal.number, "at": instant(seal.at).isoformat()}
            _log.info("sealed", **told, events=seal.events, hash=seal.hash.hex())
        return bool(made)

    async def end_keys_once() -> bool:
        ended = await end_signing_keys(context)
        if ended:
            _log.info("signing_keys_ended", keys=ended)
        return ended > 0

    return {"tidy": tidy_once, "seal": seal_once, "signing_keys": end_keys_once}
