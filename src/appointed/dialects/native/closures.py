"""Closures of a branch, a service or a resource, one by one."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from http import HTTPStatus
from types import NoneType
from zoneinfo import ZoneInfo

from appointed.catalog_file.hours import moment_text, parse_moment
from appointed.catalog_file.shape import ClosureShape
from appointed.core.caller import Scope
from appointed.core.catalog import Branch, Catalog, Closure, Resource, Service
from appointed.core.difference import Kind
from appointed.core.errors import ClosureNotFound, FieldInvalid, Refusal
from appointed.core.localtime import zone
from appointed.dialects.native.entries import FORCE, SECTIONS, WRITTEN, Section
from appointed.dialects.native.wants import query_flag
from appointed.usecases import entries
from appointed.usecases.catalog import Edit
from appointed.usecases.entries import NOT_FOUND, thing_named
from appointed.wire.etags import IF_MATCH, expected_versions, tagged, version_tag
from appointed.wire.request import Request
from appointed.wire.route import Answer, Credential, Parameter, Route, Where

CLOSED = (Kind.BRANCH, Kind.SERVICE, Kind.RESOURCE)
STARTS_AT = Parameter("starts_at", Where.PATH, "When it starts: an instant, or a moment on the branch's clock.")


def closing(kind: Kind, name: str, shape: ClosureShape, path: str = "") -> Edit:
    """What closes a thing; `path` is where the closure stands in the body. The edit raises FieldInvalid."""

    def edit(before: Catalog) -> Catalog:
        return entries.closed(before, kind, name, closure_of(shape, clock_of(before, kind, name), path))

    return edit


def closure_of(shape: ClosureShape, where: ZoneInfo, path: str = "") -> Closure:
    """What a closure means on a branch's clock. Raises FieldInvalid."""
    starts_at = moment(lambda: parse_moment(shape.from_, where), f"{path}from")
    if shape.to is None:
        return Closure(starts_at)
    to = shape.to
    ends_at = moment(lambda: parse_moment(to, where, ends=True), f"{path}to")
    if ends_at <= starts_at:
        raise FieldInvalid(field=f"{path}to", expected="after_start")
    return Closure(starts_at, ends_at)


def moment(parsed: Callable[[], datetime], field: str) -> datetime:
    """The instant that a text means. Raises FieldInvalid."""
    try:
        return parsed()
    except (ValueError, OverflowError):
        raise FieldInvalid(field=field, expected="moment") from None


def clock_of(catalog: Catalog, kind: Kind, name: str) -> ZoneInfo:
    """The time zone in which a thing's closures are meant. Raises as `thing_named`."""
    thing = thing_named(catalog, kind, name)
    match thing:
        case Branch():
            return zone(thing.time_zone)
        case Service() | Resource():
            return zone(catalog.branches[thing.branch_id].time_zone)
        case _:
            raise TypeError("a service group has no clock")


def closure_shape(closure: Closure, where: ZoneInfo) -> ClosureShape:
    """A closure as the clock of its branch shows it."""
    ends_at = closure.ends_at
    return ClosureShape(
        from_=moment_text(closure.starts_at, where), to=None if ends_at is None else moment_text(ends_at, where)
    )


async def _close(section: Section, request: Request) -> Answer:
    name, shape = request.path[section.parameter], request.body_as(ClosureShape)
    catalog = await entries.edit(
        request.context,
        request.known_caller,
        closing(section.kind, name, shape),
        force=query_flag(request, "force"),
        expected=expected_versions(request),
    )
    where = clock_of(catalog, section.kind, name)
    made = closure_shape(closure_of(shape, where), where)
    return Answer(HTTPStatus.CREATED, made, (tagged(version_tag(catalog.version)),))


async def _open(section: Section, request: Request) -> Answer:
    name, text = request.path[section.parameter], request.path["starts_at"]

    def edit(before: Catalog) -> Catalog:
        where = clock_of(before, section.kind, name)
        try:
            starts_at = parse_moment(text, where)
        except (ValueError, OverflowError):
            raise ClosureNotFound from None
        return entries.opened(before, section.kind, name, starts_at)

    catalog = await entries.edit(request.context, request.known_caller, edit, expected=expected_versions(request))
    return Answer(HTTPStatus.NO_CONTENT, None, (tagged(version_tag(catalog.version)),))


def _routes_of(section: Section) -> tuple[Route, ...]:
    path = section.one + "/closures"
    refusals: tuple[type[Refusal], ...] = (NOT_FOUND[section.kind], *WRITTEN)
    return (
        Route(
            method="POST",
            path=path,
            name=f"close_{section.parameter}",
            summary=f"Close a {section.word} for a time",
            description="One that starts at the same instant is replaced. A moment without an offset is meant on the "
            "branch's clock, a date alone is the whole of it, and without `to` it lasts until further notice.",
            handler=partial(_close, section),
            request_type=ClosureShape,
            responses={HTTPStatus.CREATED: ClosureShape},
            credential=Credential.REQUIRED,
            scope=Scope.CONFIGURE,
            parameters=(section.named, FORCE, IF_MATCH),
            refusals=refusals,
            tags=("catalogue",),
        ),
        Route(
            method="DELETE",
            path=path + "/{starts_at}",
            name=f"open_{section.parameter}",
            summary="Take a closure back",
            handler=partial(_open, section),
            responses={HTTPStatus.NO_CONTENT: NoneType},
            credential=Credential.REQUIRED,
            scope=Scope.CONFIGURE,
            parameters=(section.named, STARTS_AT, IF_MATCH),
            refusals=(*refusals, ClosureNotFound),
            tags=("catalogue",),
        ),
    )


ROUTES = tuple(route for kind in CLOSED for route in _routes_of(SECTIONS[kind]))
