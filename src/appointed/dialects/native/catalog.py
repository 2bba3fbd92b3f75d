"""The catalogue as a whole, in the words of the file."""

from collections.abc import Iterable
from datetime import UTC, datetime
from http import HTTPStatus
from types import NoneType
from typing import Annotated
from uuid import UUID

import msgspec

from appointed.catalog_file.shape import CatalogFile
from appointed.catalog_file.values import to_catalog
from appointed.catalog_file.written import to_file
from appointed.core.caller import Scope
from appointed.core.difference import Change, Difference, Kind
from appointed.core.errors import FieldInvalid, ServiceTooLong, SlugInUse, TimeZoneUnknown
from appointed.core.ids import BranchId, ResourceId, ServiceId, VisitId
from appointed.core.impact import Reason
from appointed.core.visit import State, Visit
from appointed.dialects.native.entries import FORCE, WRITTEN, meant
from appointed.dialects.native.shapes import InstantText
from appointed.dialects.native.wants import query_flag
from appointed.usecases import catalog as usecases
from appointed.usecases import entries
from appointed.wire.etags import IF_MATCH, IF_NONE_MATCH, expected_versions, tagged, unless_known, version_tag
from appointed.wire.request import Request
from appointed.wire.route import Answer, Credential, Parameter, Route, Where

DRY_RUN = Parameter("dry_run", Where.QUERY, "With `true` nothing is written.", {"type": "boolean"})


class StandingShape(msgspec.Struct):
    """A visit that is not over: when it is, and nothing of the customer."""

    id: VisitId
    version: int
    state: State
    branch_id: BranchId
    starts_at: InstantText
    ends_at: InstantText
    party_size: int


class ReasonShape(msgspec.Struct):
    """What is in the way: the code of a rule, or `retired` or `role` where the resource serves no more."""

    rule: str
    service_id: ServiceId
    resource_id: ResourceId | None


class AffectedShape(msgspec.Struct):
    """A visit that could not take place as the catalogue is to be, and why."""

    visit: StandingShape
    reasons: list[ReasonShape]


class DifferenceShape(msgspec.Struct):
    """One thing that differs, and the fields in which it does."""

    kind: Kind
    id: UUID
    slug: str
    name: str
    change: Change
    fields: list[str]


class AppliedShape(msgspec.Struct):
    """What differs, the visits that it hits, and the version of the catalogue. A dry run leaves that as it was.

    `options` are the fields of the options that differ.
    """

    version: Annotated[int, msgspec.Meta(ge=0)]
    differences: list[DifferenceShape]
    affected: list[AffectedShape]
    options: list[str]


def reason_shapes(reasons: Iterable[Reason]) -> list[ReasonShape]:
    """Why a change hits a visit."""
    return [ReasonShape(reason.rule, reason.service_id, reason.resource_id) for reason in reasons]


def standing_shape(visit: Visit) -> StandingShape:
    """A visit, as those see it who may not look at what is known of customers."""
    return StandingShape(
        visit.id,
        visit.version,
        visit.state,
        visit.branch_id,
        instant_text(visit.starts_at),
        instant_text(visit.ends_at),
        visit.details.party_size,
    )


def instant_text(instant: datetime) -> str:
    """An instant in UTC."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _difference(each: Difference) -> DifferenceShape:
    changed = [field.field for field in each.fields]
    return DifferenceShape(each.kind, each.id, each.slug, each.name, each.change, changed)


async def read_catalog(request: Request) -> Answer:
    """The whole catalogue."""
    caller = request.known_caller
    catalog = await entries.current(request.context, caller)
    return unless_known(request, version_tag(catalog.version), Answer(HTTPStatus.OK, to_file(catalog, caller.tenant)))


async def apply_catalog(request: Request) -> Answer:
    """The catalogue as the body has it."""
    caller, body = request.known_caller, request.body_as(CatalogFile)
    if body.tenant is not msgspec.UNSET:
        raise FieldInvalid(field="tenant", expected="absent")
    applied = await usecases.apply(
        request.context,
        caller,
        lambda loaded: meant(lambda: to_catalog(body, caller.tenant, loaded)),
        dry_run=query_flag(request, "dry_run"),
        force=query_flag(request, "force"),
        expected=expected_versions(request),
    )
    answer = AppliedShape(
        applied.version,
        [_difference(each) for each in applied.differences],
        [AffectedShape(standing_shape(hit.visit), reason_shapes(hit.reasons)) for hit in applied.affected],
        [field.field for field in applied.options],
    )
    return Answer(HTTPStatus.OK, answer, (tagged(version_tag(applied.version)),))


ROUTES = (
    Route(
        method="GET",
        path="/v1/catalog",
        name="read_catalog",
        summary="The whole catalogue",
        description="In the words of the catalogue file, with what is retired. Put back, it changes nothing.",
        handler=read_catalog,
        responses={HTTPStatus.OK: CatalogFile, HTTPStatus.NOT_MODIFIED: NoneType},
        credential=Credential.REQUIRED,
        scope=Scope.READ,
        parameters=(IF_NONE_MATCH,),
        tags=("catalogue",),
    ),
    Route(
        method="PUT",
        path="/v1/catalog",
        name="apply_catalog",
        summary="Make the catalogue so",
        description="What the body does not name is removed, or retired where a visit ever used it; without `options` "
        "they are as usual. Nothing is written where nothing differs, nor in a dry run, which tells what would be and "
        "whom it would hit.",
        handler=apply_catalog,
        request_type=CatalogFile,
        responses={HTTPStatus.OK: AppliedShape},
        credential=Credential.REQUIRED,
        scope=Scope.CONFIGURE,
        parameters=(DRY_RUN, FORCE, IF_MATCH),
        refusals=(SlugInUse, ServiceTooLong, TimeZoneUnknown, *WRITTEN),
        tags=("catalogue",),
    ),
)
