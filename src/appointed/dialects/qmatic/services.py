"""What can be reserved: services, their groups, the branches that have them."""

from http import HTTPStatus

from appointed.core.caller import Scope
from appointed.core.errors import FieldInvalid, ServiceNotFound
from appointed.core.listing import by_index, listed_services, overview
from appointed.dialects.qmatic.asking import UUID_SCHEMA, in_language, service_of
from appointed.dialects.qmatic.languages import ACCEPT_LANGUAGE, language_of
from appointed.dialects.qmatic.shapes import (
    BranchOfService,
    Groups,
    ServiceAtBranch,
    branch_of_service,
    listed_group,
    listed_service,
    service_at_branch,
)
from appointed.usecases import entries
from appointed.wire.request import Request
from appointed.wire.route import Answer, Credential, Parameter, Route, Where

SERVICE_ID = Parameter("serviceId", Where.PATH, "The service.", UUID_SCHEMA)


async def list_services(request: Request) -> Answer:
    """Every service of every branch."""
    catalog = await entries.current(request.context, request.known_caller)
    language = language_of(request, catalog.options)
    return in_language([service_at_branch(catalog, each, language) for each in listed_services(catalog)], language)


async def list_service_groups(request: Request) -> Answer:
    """The services by their groups."""
    catalog = await entries.current(request.context, request.known_caller)
    language = language_of(request, catalog.options)
    seen = overview(catalog)
    groups = Groups(
        [listed_service(family, language) for family in seen.alone],
        [listed_group(group, families, language) for group, families in seen.groups],
    )
    return in_language(groups, language)


async def list_branches(request: Request) -> Answer:
    """The branches that have a service."""
    caller, service_id = request.known_caller, service_of(request.path["serviceId"])
    catalog = await entries.current(request.context, caller)
    language = language_of(request, catalog.options)
    found = by_index(catalog, catalog.family(service_id))
    return in_language([branch_of_service(catalog, each, language) for each in found], language)


ROUTES = (
    Route(
        method="GET",
        path="/services",
        name="listServices",
        summary="List services",
        description="A row for each service of each branch.",
        handler=list_services,
        responses={HTTPStatus.OK: list[ServiceAtBranch]},
        credential=Credential.REQUIRED,
        scope=Scope.READ,
        parameters=(ACCEPT_LANGUAGE,),
    ),
    Route(
        method="GET",
        path="/services/groups",
        name="listServiceGroups",
        summary="List services by their groups",
        handler=list_service_groups,
        responses={HTTPStatus.OK: Groups},
        credential=Credential.REQUIRED,
        scope=Scope.READ,
        parameters=(ACCEPT_LANGUAGE,),
    ),
    Route(
        method="GET",
        path="/services/{serviceId}",
        name="listBranchesOfService",
        summary="List the branches that have a service",
        handler=list_branches,
        responses={HTTPStatus.OK: list[BranchOfService]},
        credential=Credential.REQUIRED,
        scope=Scope.READ,
        parameters=(SERVICE_ID, ACCEPT_LANGUAGE),
        refusals=(ServiceNotFound, FieldInvalid),
    ),
)
