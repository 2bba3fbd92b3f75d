"""Whether the things of a catalogue agree with each other, where each by itself is as it should be."""

from collections.abc import Iterator
from typing import NamedTuple
from uuid import UUID

from appointed.core.catalog import Catalog
from appointed.core.difference import Kind
from appointed.core.ids import BranchId, ServiceId

Path = tuple[str | int, ...]

FAMILY_OF_ITS_OWN = "family_of_its_own"
FIRST_OF_FAMILY = "first_of_family"
SERVICE_OF_BRANCH = "service_of_branch"


class Misfit(NamedTuple):
    """A field of a thing that does not agree with another thing. `expected` is the code of what could stand there."""

    kind: Kind
    id: UUID
    path: Path
    expected: str
    other: UUID


def misfits(catalog: Catalog) -> Iterator[Misfit]:
    """What does not agree.

    Of the services of one branch that are not retired, each is of a family of its own. A family goes by the id of a
    service of no other family, or by an id that no service has. What a branch combines are its own services.
    """
    yield from _of_families(catalog)
    for branch in catalog.branches.values():
        for number, together in enumerate(branch.combinations):
            for service_id in sorted(together):
                service = catalog.services.get(service_id)
                if service is None or service.branch_id != branch.id:
                    path: Path = ("combinations", number)
                    yield Misfit(Kind.BRANCH, branch.id, path, SERVICE_OF_BRANCH, service_id)


def _of_families(catalog: Catalog) -> Iterator[Misfit]:
    """Told of the services that name a family, so that somebody who named none is not told of others who did."""
    known: dict[tuple[BranchId, ServiceId], list[ServiceId]] = {}
    for service in catalog.services.values():
        if not service.retired:
            known.setdefault((service.branch_id, service.family), []).append(service.id)
    path: Path = ("family",)
    naming = [each for each in catalog.services.values() if each.family_id is not None and not each.retired]
    for service in naming:
        others = [each for each in known[service.branch_id, service.family] if each != service.id]
        if others:
            yield Misfit(Kind.SERVICE, service.id, path, FAMILY_OF_ITS_OWN, others[0])
    for service in naming:
        first = catalog.services.get(service.family)
        if first is not None and first.family != service.family:
            yield Misfit(Kind.SERVICE, service.id, path, FIRST_OF_FAMILY, first.id)
