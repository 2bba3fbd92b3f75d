"""Which services of a branch are booked as one."""

from collections.abc import Iterable
from http import HTTPStatus
from types import NoneType
from uuid import UUID

import msgspec

from appointed.core.caller import Scope
from appointed.core.catalog import Branch, Catalog
from appointed.core.combining import Combining, combinations_at
from appointed.core.difference import Kind
from appointed.core.errors import BranchNotFound, CombinationsOff
from appointed.core.ids import ResourceId, ServiceId
from appointed.usecases import entries
from appointed.wire.etags import IF_NONE_MATCH, unless_known, version_tag
from appointed.wire.request import Request
from appointed.wire.route import Answer, Credential, Parameter, Route, Where


class CombinedName(msgspec.Struct):
    """A service by all its names."""

    id: ServiceId
    slug: str
    name: str


class CombiningShape(msgspec.Struct):
    """The services of a branch that ask for the same resources.

    `combined` are those that are booked as one with another of them, `combinable` those that could be if the branch had
    them together, and `not_combinable` those that ask for other resources as well, or are alone.
    """

    id: UUID
    resources: list[ResourceId]
    combined: list[CombinedName]
    combinable: list[CombinedName]
    not_combinable: list[CombinedName]


class CombinationsShape(msgspec.Struct):
    """All that services of the branch ask for."""

    combinations: list[CombiningShape]


async def list_combinations(request: Request) -> Answer:
    """What goes together at a branch."""
    catalog = await entries.current(request.context, request.known_caller)
    branch = entries.thing_named(catalog, Kind.BRANCH, request.path["branch"])
    if not isinstance(branch, Branch):
        raise BranchNotFound
    shape = CombinationsShape([_shape(catalog, each) for each in combinations_at(catalog, branch)])
    return unless_known(request, version_tag(catalog.version), Answer(HTTPStatus.OK, shape))


def _shape(catalog: Catalog, combining: Combining) -> CombiningShape:
    def names(service_ids: Iterable[ServiceId]) -> list[CombinedName]:
        services = (catalog.service(each) for each in service_ids)
        return [CombinedName(each.id, each.slug, each.name) for each in services]

    return CombiningShape(
        combining.id,
        sorted(combining.resource_ids),
        names(combining.combined),
        names(combining.combinable),
        names(combining.not_combinable),
    )


ROUTES = (
    Route(
        method="GET",
        path="/v1/branches/{branch}/combinations",
        name="list_combinations",
        summary="Services that are booked as one",
        description="For all that services of a branch ask for: which of them whoever gives the first goes on with, "
        "and which could be booked so. The ETag is the version of the catalogue.",
        handler=list_combinations,
        responses={HTTPStatus.OK: CombinationsShape, HTTPStatus.NOT_MODIFIED: NoneType},
        credential=Credential.REQUIRED,
        scope=Scope.READ,
        parameters=(Parameter("branch", Where.PATH, "The branch's id or slug."), IF_NONE_MATCH),
        refusals=(BranchNotFound, CombinationsOff),
        tags=("catalogue",),
    ),
)
