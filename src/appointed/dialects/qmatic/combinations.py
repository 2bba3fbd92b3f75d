"""Several services in one appointment: which go together, and when they can be had."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from uuid import UUID

import msgspec

from appointed.core.acceptance import check_party
from appointed.core.caller import Scope
from appointed.core.catalog import Branch, Catalog
from appointed.core.choice import asked_for
from appointed.core.combining import check_combination, combinations_at
from appointed.core.errors import BranchNotFound, CombinationsOff, FieldInvalid, NotCombined
from appointed.core.ids import BranchId, ResourceId, ServiceId
from appointed.core.language import said
from appointed.core.listing import listed_branches
from appointed.core.plan import PARTS_AT_MOST
from appointed.core.visit import Details
from appointed.dialects.qmatic.asking import UUID_SCHEMA, branch_of, in_language, resource_of, service_of
from appointed.dialects.qmatic.bodies import CombinationBody
from appointed.dialects.qmatic.languages import ACCEPT_LANGUAGE, language_of, told_language
from appointed.dialects.qmatic.reservations import CLAIMING, LIFETIME, TO_RESERVATION, Reservation, reserved
from appointed.dialects.qmatic.timeslots import (
    ASKING,
    BRANCH_ID,
    DATES,
    RESOURCE_ID,
    Timeslot,
    query_span,
    timeslots,
    whole_number,
)
from appointed.usecases import entries
from appointed.usecases.holds import Wish
from appointed.usecases.inquiring import Want, Wanted
from appointed.usecases.slots import find_slots
from appointed.wire.request import Request
from appointed.wire.route import Answer, Credential, Parameter, Route, Where


class ServiceName(msgspec.Struct):
    """A service."""

    id: UUID
    name: str


class ServiceCombination(msgspec.Struct, rename="camel"):
    """The services that ask for the same: those that may be booked together, those that could be if somebody said so,
    and those that cannot."""

    resource_type_id: UUID
    combinable_services: list[ServiceName]
    un_combinable_services: list[ServiceName]
    combined_services: list[ServiceName]


class BranchCombinations(msgspec.Struct, rename="camel"):
    """What a branch lets be booked together."""

    branch_id: UUID
    service_combinations: list[ServiceCombination]


@dataclass(frozen=True, slots=True)
class CombinationWant:
    """Services of a branch in order, each for so many, given in one go; and who is asked for."""

    services: tuple[tuple[ServiceId, int], ...]
    branch_id: BranchId
    resource_id: ResourceId | None

    @property
    def people(self) -> int:
        """How many all of it is for."""
        return sum(people for _, people in self.services)

    def __call__(self, catalog: Catalog) -> Want:
        """What it means by a catalogue. Raises what `parts` does, and PartyTooLarge."""
        wanted = self.parts(catalog)
        for part, (_, people) in zip(wanted, self.services, strict=True):
            check_party(catalog.service(part.service_id), people)
        return Want(wanted, self.people)

    def parts(self, catalog: Catalog) -> tuple[Wanted, ...]:
        """The same without the people.

        Raises ServiceNotFound, BranchNotFound, ResourceNotFound, CombinationsOff, NotCombined.
        """
        found = [(catalog.of_family(each, self.branch_id), people) for each, people in self.services]
        check_combination(catalog, catalog.branches[self.branch_id], [service.id for service, _ in found])
        (first, people), *added = found
        preferences = asked_for(catalog, first, self.resource_id)
        return (
            Wanted(first.id, preferences=preferences, party_size=people),
            *(Wanted(service.id, continues=True, party_size=people) for service, people in added),
        )


async def list_combinations(request: Request) -> Answer:
    """What goes together, branch by branch."""
    catalog = await entries.current(request.context, request.known_caller)
    language = language_of(request, catalog.options, lenient=True)
    return in_language([_combinations(catalog, each, language) for each in listed_branches(catalog)], language)


async def list_branch_combinations(request: Request) -> Answer:
    """What goes together at one branch."""
    caller, branch_id = request.known_caller, branch_of(request.path["branchId"])
    catalog = await entries.current(request.context, caller)
    language = language_of(request, catalog.options, lenient=True)
    branch = next((each for each in listed_branches(catalog) if each.id == branch_id), None)
    if branch is None:
        raise BranchNotFound
    return in_language(_combinations(catalog, branch, language), language)


async def list_combination_timeslots(request: Request) -> Answer:
    """The times at which several services can be had together."""
    caller = request.known_caller
    named = request.path["serviceIds"].split(",", PARTS_AT_MOST)
    if len(named) > PARTS_AT_MOST:
        raise FieldInvalid(field="serviceIds", expected="shorter")
    services = [service_of(each.strip()) for each in named]
    want = CombinationWant(
        tuple(zip(services, _query_counts(request, len(services)), strict=True)),
        branch_of(request.required_query_value("branchId")),
        resource_of(request.query_value("requestedResourceId")),
    )
    return timeslots(await find_slots(request.context, caller, want, request.query.made(query_span), full=False))


async def create_combined_reservation(request: Request) -> Answer:
    """Hold a time for several services for a quarter of an hour."""
    caller, body = request.known_caller, request.body_as(CombinationBody)
    start, end = body.times()
    want = CombinationWant(
        tuple((service_of(each.service_id), each.number_of_reservations) for each in body.services),
        branch_of(body.branch_id),
        resource_of(body.requested_resource_id),
    )
    details = Details(told_language(request), want.people, notes=body.notes)
    return await reserved(request, caller, Wish(want.parts, start, (details,), end, LIFETIME, introduced_later=True))


def _combinations(catalog: Catalog, branch: Branch, language: str | None) -> BranchCombinations:
    def names(service_ids: Sequence[ServiceId]) -> list[ServiceName]:
        services = (catalog.service(each) for each in service_ids)
        return [ServiceName(each.family, said(each.name, each.names, language)) for each in services]

    return BranchCombinations(
        branch.id,
        [
            ServiceCombination(each.id, names(each.combinable), names(each.not_combinable), names(each.combined))
            for each in combinations_at(catalog, branch)
        ],
    )


def _query_counts(request: Request, services: int) -> tuple[int, ...]:
    """How many each service is for, told one by one or in all: then the last one is for whoever is left.

    Raises FieldInvalid.
    """
    name = "numberOfReservations"
    texts = (request.query_value(name) or str(services)).split(",", services)
    counts = [whole_number(text.strip(), name) for text in texts]
    if len(counts) == services:
        return tuple(counts)
    if len(counts) > 1:
        raise FieldInvalid(field=name, expected="positive_integer")
    if counts[0] < services:
        raise FieldInvalid(field=name, expected="larger")
    return (*(1,) * (services - 1), counts[0] - services + 1)


_COMBINING = (CombinationsOff, NotCombined)
_ALL = Parameter(
    "numberOfReservations",
    Where.QUERY,
    "How many it is for in all, or for each service, with commas between; one for each without it.",
)

ROUTES = (
    Route(
        method="GET",
        path="/serviceCombination/branch",
        name="listCombinations",
        summary="List the services that go together, branch by branch",
        handler=list_combinations,
        responses={HTTPStatus.OK: list[BranchCombinations]},
        credential=Credential.REQUIRED,
        scope=Scope.READ,
        parameters=(ACCEPT_LANGUAGE,),
        refusals=(CombinationsOff,),
    ),
    Route(
        method="GET",
        path="/serviceCombination/branch/{branchId}",
        name="listBranchCombinations",
        summary="List the services that go together at a branch",
        handler=list_branch_combinations,
        responses={HTTPStatus.OK: BranchCombinations},
        credential=Credential.REQUIRED,
        scope=Scope.READ,
        parameters=(Parameter("branchId", Where.PATH, "The branch.", UUID_SCHEMA), ACCEPT_LANGUAGE),
        refusals=(CombinationsOff, BranchNotFound),
    ),
    Route(
        method="GET",
        path="/serviceCombination/branch/{serviceIds}/timeslots",
        name="listCombinationTimeslots",
        summary="List the times of several services in one go",
        description="As long as the first service, and as much longer as each occurrence of the others takes.",
        handler=list_combination_timeslots,
        responses={HTTPStatus.OK: list[Timeslot]},
        credential=Credential.REQUIRED,
        scope=Scope.READ,
        parameters=(
            Parameter("serviceIds", Where.PATH, "The services in their order, with commas between."),
            BRANCH_ID,
            _ALL,
            RESOURCE_ID,
            *DATES,
        ),
        refusals=(*ASKING, *_COMBINING),
    ),
    Route(
        method="POST",
        path="/serviceCombination/reservations",
        name="createCombinedReservation",
        summary="Reserve a time for several services",
        description="It is kept for 15 minutes and is free again then, unless it is confirmed.",
        handler=create_combined_reservation,
        request_type=CombinationBody,
        responses={HTTPStatus.CREATED: Reservation},
        credential=Credential.REQUIRED,
        scope=Scope.BOOK,
        idempotent=True,
        parameters=(ACCEPT_LANGUAGE,),
        refusals=(*CLAIMING, *_COMBINING),
        links=TO_RESERVATION,
    ),
)
