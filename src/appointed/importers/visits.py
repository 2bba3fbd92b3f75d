"""Visits of the core's made of what a source tells about them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from appointed.core.catalog import Resource, ResourceKind, Service
from appointed.core.ids import ClaimId, ItemId, VisitId
from appointed.core.preference import Preference
from appointed.core.visit import Claim, Details, Item, Origin, State, Visit
from appointed.importers.identities import Identities
from appointed.importers.imported import ImportedVisit

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Booking:
    """One visit as a source tells it, instants in UTC. `taken` are the resources with their roles of the service."""

    source_id: str
    service: Service
    starts_at: datetime
    ends_at: datetime
    created_at: datetime
    details: Details
    taken: tuple[tuple[int, Resource], ...]
    named: bool = False

    @property
    def fits_a_day(self) -> bool:
        """Whether its claims are as short as claims have to be."""
        return self.ends_at - self.starts_at + self.service.buffer_before + self.service.buffer_after <= _DAY

    def visit(self, identities: Identities) -> ImportedVisit:
        """The same as the core has it: confirmed, with the buffers of its service."""
        item = Item(
            id=ItemId(identities.id("item", self.source_id)),
            service_id=self.service.id,
            sequence=1,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            preferences=self._asked_for(),
        )
        visit = Visit(
            id=VisitId(identities.id("visit", self.source_id)),
            branch_id=self.service.branch_id,
            state=State.CONFIRMED,
            origin=Origin.BOOKING,
            details=self.details,
            created_at=self.created_at,
            version=1,
            items=(item,),
        )
        return ImportedVisit(self.source_id, visit, tuple(self._claims(identities, item)))

    def _asked_for(self) -> tuple[Preference, ...]:
        """Whom the customer wanted, the first of each role."""
        first = dict(reversed(self.taken)) if self.named else {}
        return tuple(Preference(role, resource.id) for role, resource in first.items())

    def _claims(self, identities: Identities, item: Item) -> Iterable[Claim]:
        for role, resource in self.taken:
            yield Claim(
                id=ClaimId(identities.id("claim", f"{self.source_id}:{role}:{resource.id}")),
                item_id=item.id,
                resource_id=resource.id,
                starts_at=item.starts_at - self.service.buffer_before,
                ends_at=item.ends_at + self.service.buffer_after,
                units=self._units(role, resource),
                role=role,
                named=self.named,
            )

    def _units(self, role: int, resource: Resource) -> int:
        if resource.kind is ResourceKind.EXCLUSIVE or role >= len(self.service.roles):
            return 1
        return self.service.roles[role].units
