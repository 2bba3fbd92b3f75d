"""What a change of the catalogue would do to visits, and the change together with what becomes of them."""

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

import msgspec

from appointed.catalog_file.shape import ClosureShape, Reference
from appointed.core.availability import Slot
from appointed.core.caller import Scope
from appointed.core.catalog import Catalog
from appointed.core.difference import Kind
from appointed.core.errors import (
    ChoiceMissing,
    CustomerLimitReached,
    FieldInvalid,
    FieldMissing,
    HoldLapsed,
    ImpactMoved,
    PartyTooLarge,
    Refusal,
    ServiceTooLong,
    SlotNotOffered,
    SlotTaken,
    SlugInUse,
    StateForbids,
    TimeZoneUnknown,
)
from appointed.core.ids import TenantId, VisitId
from appointed.dialects.native.catalog import ReasonShape, StandingShape, instant_text, reason_shapes, standing_shape
from appointed.dialects.native.closures import closing
from appointed.dialects.native.entries import SECTIONS, WRITTEN, Section
from appointed.dialects.native.holds import instant_of
from appointed.dialects.native.shapes import InstantText
from appointed.usecases import entries, impact
from appointed.usecases.catalog import Edit
from appointed.usecases.entries import NOT_FOUND, thing_named
from appointed.usecases.impact import Choice, Fate, Hit, Impact
from appointed.wire.etags import tagged, version_tag
from appointed.wire.request import Request
from appointed.wire.route import Answer, Credential, Route

MOST = 100
EDITED = {"branches": Kind.BRANCH, "services": Kind.SERVICE, "resources": Kind.RESOURCE}


def _edit_of(section: Section) -> Any:
    """The body of a change of one thing."""
    return msgspec.defstruct(
        section.parameter.capitalize() + "Edit",
        [
            (section.parameter, Reference),
            ("change", section.change | None, None),
            ("closures", Annotated[list[ClosureShape], msgspec.Meta(max_length=MOST)], []),
            ("retire", bool, False),
        ],
        namespace={"__doc__": f"A {section.word} with what is to change, when it is to be closed, or its end."},
        forbid_unknown_fields=True,
        kw_only=True,
    )


_EDITS: list[tuple[str, Any, Any]] = [
    (words, Annotated[list[_edit_of(SECTIONS[kind])], msgspec.Meta(max_length=MOST)], [])
    for words, kind in EDITED.items()
]


class ChoiceShape(msgspec.Struct, forbid_unknown_fields=True):
    """What becomes of one visit: it stays as it is, is given up, or moves to another start."""

    visit: UUID
    fate: Fate
    starts_at: datetime | None = None


ImpactBody = msgspec.defstruct(
    "ImpactBody",
    _EDITS,
    namespace={"__doc__": "A change of the catalogue: things that are to be other than they are, or closed."},
    forbid_unknown_fields=True,
    kw_only=True,
)
ImpactApplyBody = msgspec.defstruct(
    "ImpactApplyBody",
    [("stamp", str), ("choices", Annotated[list[ChoiceShape], msgspec.Meta(max_length=10_000)], []), *_EDITS],
    namespace={"__doc__": "The change that was looked at, the stamp that it was answered with, and the choices."},
    forbid_unknown_fields=True,
    kw_only=True,
)


class ProposedShape(msgspec.Struct):
    """A time that is free under the new catalogue, and proposed to nobody else."""

    starts_at: InstantText
    ends_at: InstantText


class HitShape(msgspec.Struct):
    """A visit that the change hits, why, and the nearest times before its own and from there on; null for none."""

    visit: StandingShape
    reasons: list[ReasonShape]
    before: ProposedShape | None
    after: ProposedShape | None


class ImpactShape(msgspec.Struct):
    """What the change would hit. The stamp stands for just this, and goes with the change when it is carried out."""

    stamp: str
    version: int
    visits: list[HitShape]


class CarriedOutShape(msgspec.Struct):
    """The version of the catalogue after the change, and the visits that it hit as they are now."""

    version: int
    visits: list[StandingShape]


@dataclass(frozen=True, slots=True)
class _Editing:
    """Makes the catalogue that a body describes."""

    body: msgspec.Struct
    tenant: TenantId

    def edit(self, before: Catalog) -> Catalog:
        """The catalogue with all changes of the body. Raises FieldInvalid, SlugInUse."""
        after = before
        for words, kind in EDITED.items():
            for index, each in enumerate(getattr(self.body, words)):
                after = self._edited(after, SECTIONS[kind], each, f"{words}[{index}]")
        return after

    def _edited(self, catalog: Catalog, section: Section, each: Any, path: str) -> Catalog:
        kind = section.kind
        try:
            name = str(thing_named(catalog, kind, getattr(each, section.parameter)).id)
        except NOT_FOUND[kind]:
            field = f"{path}.{section.parameter}"
            raise FieldInvalid(field=field, expected=f"known_{section.parameter}") from None
        if each.change is not None:
            try:
                catalog = section.changed(name, each.change, self.tenant, catalog)
            except FieldInvalid as invalid:
                field = f"{path}.change.{invalid.field}"
                raise FieldInvalid(field=field, expected=invalid.expected) from None
        for number, closure in enumerate(each.closures):
            catalog = closing(kind, name, closure, f"{path}.closures[{number}].")(catalog)
        return entries.retired(catalog, kind, name) if each.retire else catalog


def _edit(request: Request, body: msgspec.Struct) -> Edit:
    return _Editing(body, request.known_caller.tenant).edit


def _choice(shape: ChoiceShape, path: str) -> Choice:
    """What was chosen. Raises FieldMissing, FieldInvalid."""
    if shape.fate is not Fate.MOVE:
        if shape.starts_at is not None:
            raise FieldInvalid(field=f"{path}.starts_at", expected="absent")
        return Choice(shape.fate)
    if shape.starts_at is None:
        raise FieldMissing(field=f"{path}.starts_at")
    return Choice(shape.fate, instant_of(shape.starts_at, f"{path}.starts_at"))


def _choices(listed: list[ChoiceShape]) -> dict[VisitId, Choice]:
    found: dict[VisitId, Choice] = {}
    for index, shape in enumerate(listed):
        path = f"choices[{index}]"
        if VisitId(shape.visit) in found:
            raise FieldInvalid(field=f"{path}.visit", expected="one_value")
        found[VisitId(shape.visit)] = _choice(shape, path)
    return found


def _proposed(slot: Slot | None) -> ProposedShape | None:
    return None if slot is None else ProposedShape(instant_text(slot.starts_at), instant_text(slot.ends_at))


def _hit(hit: Hit) -> HitShape:
    return HitShape(standing_shape(hit.visit), reason_shapes(hit.reasons), _proposed(hit.before), _proposed(hit.after))


def _shape(found: Impact) -> ImpactShape:
    return ImpactShape(found.stamp, found.version, [_hit(hit) for hit in found.visits])


async def preview_impact(request: Request) -> Answer:
    """Whom a change would hit, and where they could go."""
    edit = _edit(request, request.body_as(ImpactBody))
    return Answer(HTTPStatus.OK, _shape(await impact.preview(request.context, request.known_caller, edit)))


async def apply_impact(request: Request) -> Answer:
    """A change, with what becomes of those whom it hits."""
    body: Any = request.body_as(ImpactApplyBody)
    done = await impact.carry_out(
        request.context, request.known_caller, _edit(request, body), body.stamp, _choices(body.choices)
    )
    answer = CarriedOutShape(done.version, [standing_shape(visit) for visit in done.visits])
    return Answer(HTTPStatus.OK, answer, (tagged(version_tag(done.version)),))


_REFUSALS: tuple[type[Refusal], ...] = (SlugInUse, ServiceTooLong, TimeZoneUnknown, ImpactMoved)

ROUTES = (
    Route(
        method="POST",
        path="/v1/impact",
        name="preview_impact",
        summary="Whom a change would hit",
        description="The visits that could not take place after a change of the catalogue, why, and the nearest times "
        "that are free for them then. Nothing is written.",
        handler=preview_impact,
        request_type=ImpactBody,
        changes=False,
        responses={HTTPStatus.OK: ImpactShape},
        credential=Credential.REQUIRED,
        scope=Scope.CONFIGURE,
        refusals=_REFUSALS,
        tags=("catalogue",),
    ),
    Route(
        method="POST",
        path="/v1/impact/apply",
        name="apply_impact",
        summary="Make a change, and move those whom it hits",
        description="The change, and for each visit that it hits whether it moves, stays or is given up: all of it, or "
        "nothing. Refused where the catalogue or the visits are others than those the stamp was given for. To move "
        "visits or give them up needs the scope `book` as well.",
        handler=apply_impact,
        request_type=ImpactApplyBody,
        responses={HTTPStatus.OK: CarriedOutShape},
        credential=Credential.REQUIRED,
        scope=Scope.CONFIGURE,
        refusals=(
            *_REFUSALS,
            *WRITTEN,
            ChoiceMissing,
            CustomerLimitReached,
            HoldLapsed,
            PartyTooLarge,
            SlotNotOffered,
            SlotTaken,
            StateForbids,
        ),
        tags=("catalogue",),
    ),
)
