"""The clock of a sandbox, and its beginning again."""

from datetime import datetime
from http import HTTPStatus

import msgspec

from appointed.core.caller import Scope
from appointed.core.errors import ClockGoesForward, FieldInvalid, NotASandbox
from appointed.core.localtime import FIRST_INSTANT, LAST_INSTANT
from appointed.dialects.native.catalog import instant_text
from appointed.dialects.native.shapes import InstantText
from appointed.dialects.native.wants import instant_of
from appointed.usecases import sandbox
from appointed.usecases.sandbox import SandboxClock
from appointed.wire.request import Request
from appointed.wire.route import Answer, Credential, Route


class ClockShape(msgspec.Struct):
    """What the clock shows, in UTC, and whether it runs."""

    instant: InstantText
    running: bool


class ClockBody(msgspec.Struct, forbid_unknown_fields=True):
    """Where the clock is put, or left without an instant, and whether it runs on from there."""

    running: bool
    instant: datetime | None = None


class ResetBody(msgspec.Struct, forbid_unknown_fields=True):
    """Where the clock stands afterwards; without it, where it is."""

    instant: datetime | None = None


def _shape(clock: SandboxClock) -> ClockShape:
    return ClockShape(instant_text(clock.instant), clock.running)


def _instant(given: datetime | None) -> datetime | None:
    if given is None:
        return None
    instant = instant_of(given, "instant")
    if not FIRST_INSTANT <= instant < LAST_INSTANT:
        raise FieldInvalid(field="instant", expected="instant")
    return instant


async def read_clock(request: Request) -> Answer:
    """What the clock shows."""
    return Answer(HTTPStatus.OK, _shape(await sandbox.read_clock(request.context, request.known_caller)))


async def set_clock(request: Request) -> Answer:
    """The clock put forward."""
    body = request.body_as(ClockBody)
    clock = await sandbox.set_clock(request.context, request.known_caller, _instant(body.instant), running=body.running)
    return Answer(HTTPStatus.OK, _shape(clock))


async def reset_sandbox(request: Request) -> Answer:
    """The sandbox as new."""
    clock = await sandbox.reset(request.context, request.known_caller, _instant(request.body_as(ResetBody).instant))
    return Answer(HTTPStatus.OK, _shape(clock))


ROUTES = (
    Route(
        method="GET",
        path="/v1/sandbox/clock",
        name="read_sandbox_clock",
        summary="What a sandbox's clock shows",
        handler=read_clock,
        responses={HTTPStatus.OK: ClockShape},
        credential=Credential.REQUIRED,
        scope=Scope.ADMINISTER,
        refusals=(NotASandbox,),
        tags=("sandbox",),
    ),
    Route(
        method="PUT",
        path="/v1/sandbox/clock",
        name="set_sandbox_clock",
        summary="Put a sandbox's clock forward",
        description="It stands there, or runs on from there. It does not go back; a reset begins again.",
        handler=set_clock,
        request_type=ClockBody,
        responses={HTTPStatus.OK: ClockShape},
        credential=Credential.REQUIRED,
        scope=Scope.ADMINISTER,
        refusals=(NotASandbox, ClockGoesForward),
        tags=("sandbox",),
    ),
    Route(
        method="POST",
        path="/v1/sandbox/reset",
        name="reset_sandbox",
        summary="Begin a sandbox again",
        description="Every visit goes, with its history, and every customer. The catalogue and the keys stay, and the "
        "clock stands where the body says.",
        handler=reset_sandbox,
        request_type=ResetBody,
        responses={HTTPStatus.OK: ClockShape},
        credential=Credential.REQUIRED,
        scope=Scope.ADMINISTER,
        refusals=(NotASandbox,),
        tags=("sandbox",),
    ),
)
