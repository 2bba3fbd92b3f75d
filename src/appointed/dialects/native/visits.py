"""What becomes of a visit: its steps, its details, its history, and lists of many."""

from dataclasses import replace
from datetime import datetime, timedelta
from http import HTTPStatus
from types import NoneType
from typing import Annotated, Any

import msgspec

from appointed.core.caller import Scope
from appointed.core.catalog import Catalog
from appointed.core.errors import (
    AnswerMissing,
    BranchesDiffer,
    CatalogMoved,
    ContactMissing,
    CustomerLimitReached,
    FieldInvalid,
    HoldLapsed,
    NotCombined,
    PartyTooLarge,
    QuestionUnknown,
    Refusal,
    RemoteNotOffered,
    ServiceNotFound,
    SlotNotOffered,
    SlotTaken,
    StateForbids,
    VersionStale,
    VisitMoved,
    VisitNotFound,
)
from appointed.core.ids import VisitId
from appointed.core.plan import Preference
from appointed.core.visit import State, Visit
from appointed.dialects.native.holds import (
    LIFETIME_SECONDS,
    UNTOLD,
    Answers,
    CustomData,
    Lifetime,
    Locale,
    Names,
    Notes,
    contact_of,
    instant_of,
    text_of,
)
from appointed.dialects.native.shapes import ContactShape, VisitShape, answers_of, visit_shape, with_resources
from appointed.dialects.native.wants import PartySize, PreferenceShape, query_flag
from appointed.usecases import visits
from appointed.usecases.serving import find_servers
from appointed.usecases.visits import Change
from appointed.wire.etags import IF_MATCH, IF_NONE_MATCH, expected_versions, tagged, unless_known, version_tag
from appointed.wire.identifiers import parse_id
from appointed.wire.request import Request
from appointed.wire.route import Answer, Credential, Handler, Parameter, Route, Where

VISIT = Parameter("visit", Where.PATH, "The visit's id.", {"type": "string", "format": "uuid"})

WITH_RESOURCES = Parameter(
    "with_resources", Where.QUERY, "With `true` each item tells which resources serve it.", {"type": "boolean"}
)


class ExtendBody(msgspec.Struct, forbid_unknown_fields=True):
    """For how long the hold lasts from now on; without end where it is null."""

    lifetime_seconds: Lifetime | None = LIFETIME_SECONDS


class MovedPreference(PreferenceShape, forbid_unknown_fields=True):
    """Whom the customer asks for; `item` counts the services of the visit from 0."""

    item: Annotated[int, msgspec.Meta(ge=0, le=99)] = 0


class MoveBody(msgspec.Struct, forbid_unknown_fields=True):
    """The new start. With `preferences` these are asked for and nobody else; without, whoever was asked for."""

    starts_at: datetime
    preferences: Annotated[list[MovedPreference], msgspec.Meta(max_length=20)] | None = None

    def change(self) -> Change:
        """The change this body asks for. Raises FieldInvalid."""
        starts_at = instant_of(self.starts_at, "starts_at")
        return Change(
            details=lambda before: before,
            times=lambda _: (starts_at, None),
            preferences=None if self.preferences is None else self._preferences,
        )

    def _preferences(self, catalog: Catalog, visit: Visit) -> dict[int, tuple[Preference, ...]]:
        """Who is asked for, by the place of the item. Raises FieldInvalid."""
        found: dict[int, tuple[Preference, ...]] = {}
        for place, shape in enumerate(self.preferences or ()):
            path = f"preferences[{place}]"
            if shape.item >= len(visit.items):
                raise FieldInvalid(field=f"{path}.item", expected="smaller")
            preference = shape.preference(catalog, catalog.service(visit.items[shape.item].service_id), path)
            asked = found.get(shape.item, ())
            if any(preference.role == each.role for each in asked):
                raise FieldInvalid(field=f"{path}.role", expected="one_value")
            found[shape.item] = (*asked, preference)
        return found


class DetailsPatch(msgspec.Struct, forbid_unknown_fields=True):
    """What is to change of what is known, and nothing else. Null takes away; the service's locale comes back."""

    names: Names | msgspec.UnsetType | None = msgspec.UNSET
    contact: ContactShape | msgspec.UnsetType | None = msgspec.UNSET
    locale: Locale | msgspec.UnsetType | None = msgspec.UNSET
    party_size: PartySize | msgspec.UnsetType = msgspec.UNSET
    custom_data: CustomData | msgspec.UnsetType | None = msgspec.UNSET
    remote: bool | msgspec.UnsetType | None = msgspec.UNSET
    notes: Notes | msgspec.UnsetType | None = msgspec.UNSET
    answers: Answers | msgspec.UnsetType = msgspec.UNSET

    def change(self) -> Change:
        """The change this body asks for. Raises FieldInvalid."""
        told: dict[str, Any] = {}
        if self.names is not msgspec.UNSET:
            told["customer_info"] = None if self.names is None else tuple(self.names)
        if self.contact is not msgspec.UNSET:
            told["contact"] = None if self.contact is None else contact_of(self.contact, "contact")
        if self.locale is not msgspec.UNSET:
            told["locale"] = self.locale or ""
        if self.party_size is not msgspec.UNSET:
            told["party_size"] = self.party_size
        if self.custom_data is not msgspec.UNSET:
            told["custom_data"] = None if self.custom_data is None else text_of(self.custom_data, "custom_data")
        if self.remote is not msgspec.UNSET:
            told["remote"] = self.remote
        if self.notes is not msgspec.UNSET:
            told["notes"] = self.notes
        if self.answers is not msgspec.UNSET:
            told["answers"] = answers_of(self.answers)
        return Change(details=lambda before: replace(before, **told))


async def read_visit(request: Request) -> Answer:
    """A visit. What a clock changes, such as the seconds that are left, has no tag to be known by; nor have those who
    serve, who may change without it."""
    caller, with_servers = request.known_caller, query_flag(request, WITH_RESOURCES.name)
    visit = await visits.find_visit(request.context, caller, None, visit_id_of(request))
    shape = visit_shape(visit)
    if with_servers:
        with_resources(shape, await find_servers(request.context, caller, [visit]))
    answer = Answer(HTTPStatus.OK, shape)
    tag = version_tag(visit.version)
    if with_servers or (visit.state is State.HELD and visit.expires_at is not None):
        return Answer(answer.status, answer.body, (tagged(tag),))
    return unless_known(request, tag, answer)


async def confirm_visit(request: Request) -> Answer:
    """Make a promise of a hold, once or again."""
    caller, expected = request.known_caller, expected_versions(request)
    visit = await visits.confirm(request.context, caller, None, visit_id_of(request), request.once, expected)
    return _told(visit)


async def extend_visit(request: Request) -> Answer:
    """Let a hold last from now on for as long as the body says."""
    seconds, expected = request.body_as(ExtendBody).lifetime_seconds, expected_versions(request)
    lifetime = None if seconds is None else timedelta(seconds=seconds)
    visit_id = visit_id_of(request)
    visit = await visits.extend(request.context, request.known_caller, visit_id, lifetime, request.once, expected)
    return _told(visit)


async def release_visit(request: Request) -> Answer:
    """Give a hold back."""
    return await _ended(request, State.RELEASED)


async def cancel_visit(request: Request) -> Answer:
    """Give a promised place back."""
    return await _ended(request, State.CANCELLED)


async def move_visit(request: Request) -> Answer:
    """Take another start, or keep the old one where that cannot be had."""
    return await _changed(request, request.body_as(MoveBody).change())


async def change_visit(request: Request) -> Answer:
    """Change what is known of a visit."""
    return await _changed(request, request.body_as(DetailsPatch).change())


def visit_id_of(request: Request) -> VisitId:
    """The visit in the path. Raises VisitNotFound."""
    return VisitId(parse_id(request.path["visit"], VisitNotFound()))


async def _ended(request: Request, to: State) -> Answer:
    caller, expected = request.known_caller, expected_versions(request)
    return _told(await visits.end(request.context, caller, visit_id_of(request), to, request.once, expected))


async def _changed(request: Request, change: Change) -> Answer:
    caller, visit_id, expected = request.known_caller, visit_id_of(request), expected_versions(request)
    return _told(await visits.change(request.context, caller, None, visit_id, change, request.once, expected))


def _told(visit: Visit) -> Answer:
    return Answer(HTTPStatus.OK, visit_shape(visit), (tagged(version_tag(visit.version)),))


_STEPPING = (VisitNotFound, StateForbids, HoldLapsed, VersionStale, VisitMoved, FieldInvalid)
_CHANGING = (
    *_STEPPING,
    ServiceNotFound,
    BranchesDiffer,
    NotCombined,
    SlotTaken,
    SlotNotOffered,
    ContactMissing,
    AnswerMissing,
    QuestionUnknown,
    PartyTooLarge,
    RemoteNotOffered,
    CustomerLimitReached,
    CatalogMoved,
)


def _step(
    name: str,
    handler: Handler,
    summary: str,
    description: str,
    request_type: type[msgspec.Struct] | None = None,
    refusals: tuple[type[Refusal], ...] = _STEPPING,
    scopes: tuple[Scope, ...] = (Scope.BOOK,),
) -> Route:
    """A route that changes one visit, as a verb behind its id."""
    return Route(
        method="POST",
        path=f"/v1/visits/{{visit}}/{name}",
        name=f"{name}_visit",
        summary=summary,
        description=description,
        handler=handler,
        request_type=request_type,
        responses={HTTPStatus.OK: VisitShape},
        credential=Credential.REQUIRED,
        scope=scopes[0],
        other_scopes=scopes[1:],
        idempotent=True,
        parameters=(VISIT, IF_MATCH),
        refusals=refusals,
        tags=("visits",),
    )


ROUTES = (
    Route(
        method="GET",
        path="/v1/visits/{visit}",
        name="read_visit",
        summary="Read a visit",
        handler=read_visit,
        responses={HTTPStatus.OK: VisitShape, HTTPStatus.NOT_MODIFIED: NoneType},
        credential=Credential.REQUIRED,
        scope=Scope.READ,
        parameters=(VISIT, WITH_RESOURCES, IF_NONE_MATCH),
        refusals=(VisitNotFound, FieldInvalid),
        tags=("visits",),
    ),
    Route(
        method="PATCH",
        path="/v1/visits/{visit}",
        name="change_visit",
        summary="Change what is known of a visit",
        description="Fields that are absent stay as they are; null takes one away. Its time is changed by a move.",
        handler=change_visit,
        request_type=DetailsPatch,
        responses={HTTPStatus.OK: VisitShape},
        credential=Credential.REQUIRED,
        scope=Scope.BOOK,
        parameters=(VISIT, IF_MATCH),
        refusals=_CHANGING,
        tags=("visits",),
    ),
    _step(
        "confirm",
        confirm_visit,
        "Make a promise of a hold",
        "A visit that is confirmed already is answered as it is.",
        refusals=(*_STEPPING, ServiceNotFound, *UNTOLD),
    ),
    _step("extend", extend_visit, "Give a hold more time", "Counted from now on.", ExtendBody),
    _step("release", release_visit, "Give a hold back", "For visits that are held; its place is free at once."),
    _step(
        "cancel",
        cancel_visit,
        "Cancel a visit",
        "For visits that were promised; its place is free at once.",
        scopes=(Scope.CANCEL,),
    ),
    _step(
        "move",
        move_visit,
        "Move a visit to another start",
        "The new time is taken and the old one freed in one step, or nothing changes. A hold is moved with the scope "
        "`book`, a promise with `reschedule`.",
        MoveBody,
        _CHANGING,
        (Scope.RESCHEDULE, Scope.BOOK),
    ),
)
