"""Visits that stand, as the store would read them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from appointed.core.catalog import Resource, Service
from appointed.core.ids import ClaimId, ItemId, VisitId
from appointed.core.impact import Standing
from appointed.core.localtime import EPOCH
from appointed.core.visit import Claim, Details, Item, Origin, State, Visit


def standing(
    number: int,
    service: Service,
    starts_at: datetime,
    *resources: Resource,
    units: int = 1,
    made: int | None = None,
) -> Standing:
    """Visit `number` of a service, which takes these resources, one for each role; made as the `made`th."""
    return visit_of(number, [(service, starts_at, resources)], units=units, made=made)


def visit_of(
    number: int,
    items: Sequence[tuple[Service, datetime, Sequence[Resource]]],
    *,
    units: int = 1,
    made: int | None = None,
) -> Standing:
    made_items: list[Item] = []
    claims: list[Claim] = []
    for sequence, (service, starts_at, resources) in enumerate(items, start=1):
        item = Item(
            ItemId(UUID(int=number * 1000 + sequence)), service.id, sequence, starts_at, starts_at + service.duration
        )
        made_items.append(item)
        claims += [
            Claim(
                ClaimId(UUID(int=number * 1000 + sequence * 100 + role)),
                item.id,
                resource.id,
                item.starts_at - service.buffer_before,
                item.ends_at + service.buffer_after,
                units,
                role,
            )
            for role, resource in enumerate(resources)
        ]
    visit = Visit(
        id=VisitId(UUID(int=number)),
        branch_id=items[0][0].branch_id,
        state=State.CONFIRMED,
        origin=Origin.BOOKING,
        details=Details("en"),
        created_at=EPOCH + timedelta(minutes=number if made is None else made),
        version=1,
        items=tuple(made_items),
    )
    return Standing(visit, tuple(claims))
