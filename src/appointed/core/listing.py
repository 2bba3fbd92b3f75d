"""What a catalogue shows to those who look for something to book, and in which order."""

from collections.abc import Iterable
from dataclasses import dataclass

from appointed.core.catalog import Branch, Catalog, Service, ServiceGroup
from appointed.core.ids import ServiceId


@dataclass(frozen=True, slots=True)
class Family:
    """A service whatever its branch: the first of its services in a list stands for all of them.

    It is `bookable` where any of them is.
    """

    service: Service
    bookable: bool


@dataclass(frozen=True, slots=True)
class Overview:
    """The families of each group, and those that are in none."""

    alone: tuple[Family, ...]
    groups: tuple[tuple[ServiceGroup, tuple[Family, ...]], ...]


def listed_branches(catalog: Catalog) -> tuple[Branch, ...]:
    """Every branch that is not retired, by name."""
    offered = (branch for branch in catalog.branches.values() if not branch.retired)
    return tuple(sorted(offered, key=lambda branch: (branch.name, branch.id)))


def listed_services(catalog: Catalog) -> tuple[Service, ...]:
    """Every service that is not retired, of branches that are not, in the order of lists."""
    offered = (
        service
        for service in catalog.services.values()
        if not service.retired
        and (branch := catalog.branches.get(service.branch_id)) is not None
        and not branch.retired
    )
    return by_index(catalog, offered)


def by_index(catalog: Catalog, services: Iterable[Service]) -> tuple[Service, ...]:
    """Services by their index, then by name, those of one name by their branches."""
    return tuple(
        sorted(services, key=lambda each: (each.index, each.name, catalog.branches[each.branch_id].name, each.id))
    )


def overview(catalog: Catalog) -> Overview:
    """The families that are on offer, in their groups. A group keeps its own order among those of one index."""
    families: dict[ServiceId, Family] = {}
    for service in listed_services(catalog):
        known = families.setdefault(service.family, Family(service, service.bookable))
        if service.bookable and not known.bookable:
            families[service.family] = Family(known.service, bookable=True)
    groups: list[tuple[ServiceGroup, tuple[Family, ...]]] = []
    grouped: set[ServiceId] = set()
    for group in sorted(catalog.groups.values(), key=lambda each: (each.index, each.name, each.id)):
        if group.retired:
            continue
        named = (catalog.services[each].family for each in group.service_ids if each in catalog.services)
        members = [families[family] for family in dict.fromkeys(named) if family in families]
        grouped |= {member.service.family for member in members}
        groups.append((group, tuple(sorted(members, key=lambda member: member.service.index))))
    return Overview(tuple(each for key, each in families.items() if key not in grouped), tuple(groups))
