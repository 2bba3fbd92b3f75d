"""The tenant's options: what holds for all of its catalogue, read and changed."""

from dataclasses import replace
from http import HTTPStatus
from types import NoneType

from appointed.catalog_file.parts import options_shape
from appointed.catalog_file.shape import OptionsShape
from appointed.catalog_file.values import to_options
from appointed.core.caller import Scope
from appointed.core.catalog import Catalog
from appointed.core.errors import CatalogMoved, FieldInvalid, VersionStale
from appointed.dialects.native.entries import change_of, meant, merged
from appointed.usecases import entries
from appointed.wire.etags import IF_MATCH, IF_NONE_MATCH, expected_versions, tagged, unless_known, version_tag
from appointed.wire.request import Request
from appointed.wire.route import Answer, Credential, Route

OptionsChange = change_of(OptionsShape)


async def read_options(request: Request) -> Answer:
    """The options as they are."""
    catalog = await entries.current(request.context, request.known_caller)
    return unless_known(request, version_tag(catalog.version), Answer(HTTPStatus.OK, options_shape(catalog.options)))


async def change_options(request: Request) -> Answer:
    """The options, with the fields that the body names."""
    change = request.body_as(OptionsChange)

    def edit(before: Catalog) -> Catalog:
        shape = merged(options_shape(before.options), change)
        return replace(before, options=meant(lambda: to_options(shape)))

    catalog = await entries.edit(request.context, request.known_caller, edit, expected=expected_versions(request))
    return Answer(HTTPStatus.OK, options_shape(catalog.options), (tagged(version_tag(catalog.version)),))


ROUTES = (
    Route(
        method="GET",
        path="/v1/options",
        name="read_options",
        summary="The tenant's options",
        description="What holds for all of the catalogue. The ETag is the version of the catalogue.",
        handler=read_options,
        responses={HTTPStatus.OK: OptionsShape, HTTPStatus.NOT_MODIFIED: NoneType},
        credential=Credential.REQUIRED,
        scope=Scope.READ,
        parameters=(IF_NONE_MATCH,),
        tags=("catalogue",),
    ),
    Route(
        method="PATCH",
        path="/v1/options",
        name="change_options",
        summary="Change the tenant's options",
        description="A field that is named is replaced whole, null takes it back, and all others stay.",
        handler=change_options,
        request_type=OptionsChange,
        responses={HTTPStatus.OK: OptionsShape},
        credential=Credential.REQUIRED,
        scope=Scope.CONFIGURE,
        parameters=(IF_MATCH,),
        refusals=(FieldInvalid, VersionStale, CatalogMoved),
        tags=("catalogue",),
    ),
)
