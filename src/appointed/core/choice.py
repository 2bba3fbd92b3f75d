"""Who may be asked for: the resources that a service lets its customers choose from."""

from collections.abc import Sequence
from dataclasses import dataclass

from appointed.core.catalog import Catalog, Resource, ResourceKind, Service
from appointed.core.errors import ResourceChoiceMissing, ResourceNotFound
from appointed.core.ids import ResourceId
from appointed.core.preference import Preference
from appointed.core.questions import ResourceChoice


@dataclass(frozen=True, slots=True)
class Choice:
    """Those who are listed to be chosen from, and whether one of them has to be chosen."""

    required: bool = False
    resources: tuple[Resource, ...] = ()


NO_CHOICE = Choice()


def choice_of(catalog: Catalog, service: Service) -> Choice:
    """What a service lets its customers choose: nobody of a pool has a name, so that one is never listed."""
    if service.resource_choice is ResourceChoice.OPEN:
        return NO_CHOICE
    found: dict[ResourceId, Resource] = {}
    for role in service.roles:
        for resource_id in role.resource_ids:
            resource = catalog.resources.get(resource_id)
            if (
                resource is not None
                and not resource.retired
                and resource.kind is ResourceKind.EXCLUSIVE
                and role.skills <= resource.skills
            ):
                found[resource_id] = resource
    if not found:
        return NO_CHOICE
    return Choice(service.resource_choice is ResourceChoice.REQUIRED, tuple(found.values()))


def check_choice(catalog: Catalog, service: Service, preferences: Sequence[Preference]) -> None:
    """Raise ResourceChoiceMissing where the service wants somebody to be asked for, and nobody is."""
    asked = any(preference.resource_id is not None for preference in preferences)
    if not asked and choice_of(catalog, service).required:
        raise ResourceChoiceMissing


def asked_for(catalog: Catalog, service: Service, resource_id: ResourceId | None) -> tuple[Preference, ...]:
    """The preference of a customer who asks for a resource, in each role that has it; none without one.

    Raises ResourceNotFound for one that does not serve here.
    """
    if resource_id is None:
        return ()
    resource = catalog.resources.get(resource_id)
    found = tuple(
        Preference(place, resource_id) for place, role in enumerate(service.roles) if resource_id in role.resource_ids
    )
    if resource is None or resource.retired or not found:
        raise ResourceNotFound
    return found
