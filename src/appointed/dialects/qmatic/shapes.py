"""The catalogue as Qmatic's clients see it."""

from uuid import UUID

import msgspec

from appointed.core.catalog import Branch, Catalog, Service, ServiceGroup
from appointed.core.choice import choice_of
from appointed.core.language import Text, said, text_in
from appointed.core.listing import Family
from appointed.core.places import Address

MOST_PEOPLE = 10_000
"""So many may come where the service sets no limit."""


class AddressShape(msgspec.Struct, rename="camel"):
    """A postal address; what is not known is empty."""

    street_name: str
    zip_code: str
    city: str
    country: str


class LocationShape(msgspec.Struct):
    """A point on the map, in degrees."""

    longitude: float
    latitude: float


class BranchShape(msgspec.Struct):
    """A branch; `location` is null where nobody has said where it is."""

    id: UUID
    name: str
    address: AddressShape
    location: LocationShape | None


class ServiceConfig(msgspec.Struct, rename="camel"):
    """How many one reservation may be for, and whether customers may make one."""

    max_number_of_reservations: int
    online_bookable: bool


class ServiceShape(msgspec.Struct):
    """A service; its id is the same at all branches."""

    id: UUID
    name: str
    config: ServiceConfig


class ResourceShape(msgspec.Struct):
    """Somebody or something that may be asked for."""

    id: UUID
    name: str


class ResourceSelection(msgspec.Struct, rename="camel"):
    """Who may be asked for, and whether somebody has to be. Pools without names are not listed."""

    required: bool
    available_resources: list[ResourceShape]


class InformationQuestion(msgspec.Struct, rename="camel"):
    """What the customer is asked; the answers come with the confirmation."""

    required: bool
    question_text: str
    clarification_text: str


class ScreeningShape(msgspec.Struct, rename="camel"):
    """What customers are to ask themselves before; nothing of it is sent."""

    yes_required_answer: bool
    question_text: str
    clarification_text: str
    answer_denied_message: str


class ServiceAtBranch(msgspec.Struct, rename="camel"):
    """A service as one branch has it."""

    branch: BranchShape
    service: ServiceShape
    resource_selection: ResourceSelection
    information_questions: list[InformationQuestion]
    screening_questions: list[ScreeningShape]


class BranchOfService(msgspec.Struct, rename="camel"):
    """A branch that has a service."""

    branch: BranchShape
    resource_selection: ResourceSelection


class ListedService(msgspec.Struct, rename="camel"):
    """A service whatever the branch. Lists are in the order of `index`."""

    id: UUID
    name: str
    index: int
    external_description: str
    online_bookable: bool


class ListedGroup(msgspec.Struct):
    """Services that are shown together."""

    id: UUID
    name: str
    index: int
    services: list[ListedService]


class Groups(msgspec.Struct, rename="camel"):
    """The groups, and beside them the services that are in none."""

    services: list[ListedService]
    service_groups: list[ListedGroup]


def branch_shape(branch: Branch, language: str | None) -> BranchShape:
    """A branch in a language."""
    address, geo = branch.address or Address(""), branch.geo
    return BranchShape(
        branch.id,
        said(branch.name, branch.names, language),
        AddressShape(address.street, address.postal_code, address.city, address.country),
        None if geo is None else LocationShape(geo.longitude, geo.latitude),
    )


def service_shape(service: Service, language: str | None) -> ServiceShape:
    """A service in a language."""
    people = MOST_PEOPLE if service.party_limit is None else service.party_limit
    return ServiceShape(
        service.family, said(service.name, service.names, language), ServiceConfig(people, service.bookable)
    )


def resource_selection(catalog: Catalog, service: Service) -> ResourceSelection:
    """Who may be asked for."""
    choice = choice_of(catalog, service)
    return ResourceSelection(choice.required, [ResourceShape(each.id, each.name) for each in choice.resources])


def service_at_branch(catalog: Catalog, service: Service, language: str | None) -> ServiceAtBranch:
    """A service as its branch has it, in a language."""
    return ServiceAtBranch(
        branch_shape(catalog.branches[service.branch_id], language),
        service_shape(service, language),
        resource_selection(catalog, service),
        [
            InformationQuestion(each.required, text_in(each.text, language), _text(each.clarification, language))
            for each in service.questions
        ],
        [
            ScreeningShape(
                each.yes_required,
                text_in(each.text, language),
                _text(each.clarification, language),
                _text(each.denial, language),
            )
            for each in service.screening
        ],
    )


def branch_of_service(catalog: Catalog, service: Service, language: str | None) -> BranchOfService:
    """The branch of a service, in a language."""
    branch = branch_shape(catalog.branches[service.branch_id], language)
    return BranchOfService(branch, resource_selection(catalog, service))


def listed_service(family: Family, language: str | None) -> ListedService:
    """A service whatever the branch, in a language."""
    service = family.service
    return ListedService(
        service.family,
        said(service.name, service.names, language),
        service.index,
        _text(service.description, language),
        family.bookable,
    )


def listed_group(group: ServiceGroup, families: tuple[Family, ...], language: str | None) -> ListedGroup:
    """A group with its services, in a language."""
    services = [listed_service(family, language) for family in families]
    return ListedGroup(group.id, said(group.name, group.names, language), group.index, services)


def _text(text: Text | None, language: str | None) -> str:
    return "" if text is None else text_in(text, language)
