"""Which services of a branch one resource can give in one go, and which of them may be booked so.

Services ask for the same where each has one role, and these have the same resources, units, count and skills.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID, uuid5

from appointed.core.catalog import Branch, Catalog, Role, Service
from appointed.core.errors import CombinationsOff, NotCombined
from appointed.core.ids import ResourceId, ServiceId

_Asked: TypeAlias = tuple[frozenset[ResourceId], int, int, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Combining:
    """The services of a branch that ask for these resources, in the order of lists.

    `combined` are those that are booked together with another of them, `combinable` those that could be, and
    `not_combinable` those that cannot: a service that is alone in this, or asks for other resources as well. The id is
    the same as long as what is asked for stays the same.
    """

    id: UUID
    resource_ids: frozenset[ResourceId]
    combined: tuple[ServiceId, ...]
    combinable: tuple[ServiceId, ...]
    not_combinable: tuple[ServiceId, ...]


def combinations_at(catalog: Catalog, branch: Branch) -> tuple[Combining, ...]:
    """All that services of a branch ask for, and which of them go together. Raises CombinationsOff."""
    if not catalog.options.combinations:
        raise CombinationsOff
    services = [each for each in catalog.services.values() if each.branch_id == branch.id and not each.retired]
    asking: dict[_Asked, list[Service]] = {}
    for service in sorted(services, key=lambda each: (each.index, each.name, each.id)):
        for asked in dict.fromkeys(map(_asked, service.roles)):
            asking.setdefault(asked, []).append(service)
    return tuple(_combining(branch, asked, together) for asked, together in asking.items())


def check_combination(catalog: Catalog, branch: Branch, service_ids: Sequence[ServiceId]) -> None:
    """Raise CombinationsOff, or NotCombined, where services may not be booked together. Raises ServiceNotFound.

    None goes with itself: each is for as many people as come for it.
    """
    if not catalog.options.combinations:
        raise CombinationsOff
    check_combinable(catalog, service_ids)
    for reached in range(2, len(service_ids) + 1):
        again = service_ids[reached - 1] in service_ids[: reached - 1]
        if again or not any(together.issuperset(service_ids[:reached]) for together in branch.combinations):
            raise NotCombined(service=str(catalog.service(service_ids[reached - 1]).family))


def check_combinable(catalog: Catalog, service_ids: Sequence[ServiceId]) -> None:
    """Raise NotCombined where whoever gives the first of these services cannot give all. Raises ServiceNotFound."""
    first, *others = (catalog.service(each) for each in service_ids)
    for service in (first, *others):
        if len(service.roles) != 1 or _asked(service.roles[0]) != _asked(first.roles[0]):
            raise NotCombined(service=str(service.family))


def _asked(role: Role) -> _Asked:
    return frozenset(role.resource_ids), role.units, role.count, role.skills


def _combining(branch: Branch, asked: _Asked, services: Sequence[Service]) -> Combining:
    fitting = {each.id for each in services if len(each.roles) == 1}
    combined = {
        service_id
        for together in branch.combinations
        for service_id in together & fitting
        if len(together & fitting) > 1
    }
    combinable = fitting - combined if len(fitting) > 1 else set[ServiceId]()
    listed = [each.id for each in services]
    return Combining(
        id=_id(branch, asked),
        resource_ids=asked[0],
        combined=tuple(each for each in listed if each in combined),
        combinable=tuple(each for each in listed if each in combinable),
        not_combinable=tuple(each for each in listed if each not in combined | combinable),
    )


def _id(branch: Branch, asked: _Asked) -> UUID:
    """An id made of what is asked for at a branch, as ids are made of slugs."""
    resource_ids, units, count, skills = asked
    listed = ",".join(sorted(map(str, resource_ids)))
    return uuid5(branch.id, f"resources:{listed};{units};{count};{','.join(sorted(skills))}")
