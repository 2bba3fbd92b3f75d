"""Routes that call a use case with what it asks for and answer an empty body: what our own API is compared with."""

from datetime import timedelta
from http import HTTPStatus
from types import NoneType

import msgspec

from appointed.core.caller import Scope
from appointed.core.localtime import instant_of
from appointed.core.visit import Contact, Details
from appointed.core.visit_filter import VisitFilter
from appointed.usecases.clock import system_clock
from appointed.usecases.holds import Wish, hold_together
from appointed.usecases.inquiring import Wanted
from appointed.usecases.slots import CalendarDay, find_slots, single
from appointed.usecases.visit_list import list_visits
from appointed.wire.request import Request
from appointed.wire.route import Answer, Credential, Handler, Route
from bench import offered
from bench.world import QUEUE

LIFETIME = timedelta(minutes=10)
LISTED = 100
"""Visits on a page."""

_NOTHING = Answer(HTTPStatus.OK, b"")
_GUEST = Details("en", 1, Contact("phone", "+48000000000"), ("Firstname Lastname",))
_WANT = single(offered.HALF_HOURS.id)
_TOMORROW = CalendarDay((system_clock() + timedelta(days=1)).date())
_ALL = VisitFilter()


class Minute(msgspec.Struct):
    """When a hold starts, in minutes of UTC since 1970."""

    number: int


async def slots(request: Request) -> Answer:
    """The free slots of a day of half hours."""
    await find_slots(request.context, request.known_caller, _WANT, _TOMORROW, full=False)
    return _NOTHING


async def hold(request: Request) -> Answer:
    """Hold a slot of the queue that never closes."""
    starts_at = instant_of(request.body_as(Minute).number)
    wish = Wish((Wanted(QUEUE),), starts_at, (_GUEST,), lifetime=LIFETIME)
    await hold_together(request.context, request.known_caller, wish)
    return _NOTHING


async def visits(request: Request) -> Answer:
    """The first page of all visits."""
    await list_visits(request.context, request.known_caller, _ALL, None, LISTED)
    return _NOTHING


def _route(path: str, handler: Handler, scope: Scope, body: type[msgspec.Struct] | None = None) -> Route:
    return Route(
        method="GET" if body is None else "POST",
        path=path,
        name=f"bare_{path[1:]}",
        summary="A use case alone",
        handler=handler,
        request_type=body,
        responses={HTTPStatus.OK: NoneType},
        credential=Credential.REQUIRED,
        scope=scope,
    )


ROUTES = (
    _route("/slots", slots, Scope.READ),
    _route("/hold", hold, Scope.BOOK, Minute),
    _route("/visits", visits, Scope.READ),
)
