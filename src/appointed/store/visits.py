"""Visits: one call changes one, and the database decides whether it may."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from appointed.core.errors import REFUSALS, Fact, Refusal
from appointed.core.ids import BranchId, GroupId, ItemId, ServiceId, TenantId, VisitId
from appointed.core.once import Once
from appointed.core.visit import Claim, Contact, Details, Item, Origin, State, Visit
from appointed.store.pool import Pool


class _ItemRow(msgspec.Struct):
    item_id: ItemId
    service_id: ServiceId
    sequence: int
    starts_at: datetime
    ends_at: datetime

    def value(self) -> Item:
        return Item(self.item_id, self.service_id, self.sequence, self.starts_at, self.ends_at)


class VisitRow(msgspec.Struct):
    """A visit as `visit_as_json` writes it."""

    id: VisitId
    branch_id: BranchId
    state: State
    origin: Origin
    version: int
    created_at: datetime
    expires_at: datetime | None
    group_id: GroupId | None
    reminder_at: datetime | None
    locale: str
    party_size: int
    contact_channel: str | None
    contact_address: str | None
    contact_alternate: str | None
    customer_info: tuple[str, ...] | None
    custom_data: str | None
    remote: bool | None
    items: list[_ItemRow]

    def value(self) -> Visit:
        """The same as the core has it."""
        contact = None
        if self.contact_channel is not None and self.contact_address is not None:
            contact = Contact(self.contact_channel, self.contact_address, self.contact_alternate)
        return Visit(
            id=self.id,
            branch_id=self.branch_id,
            state=self.state,
            origin=self.origin,
            details=Details(
                locale=self.locale,
                party_size=self.party_size,
                contact=contact,
                customer_info=self.customer_info,
                custom_data=self.custom_data,
                remote=self.remote,
            ),
            created_at=self.created_at,
            version=self.version,
            items=tuple(item.value() for item in self.items),
            expires_at=self.expires_at,
            group_id=self.group_id,
            reminder_at=self.reminder_at,
        )


class _RefusalRow(msgspec.Struct):
    code: str
    facts: dict[str, Fact]


class _Outcome(msgspec.Struct):
    visit: VisitRow | None = None
    refusal: _RefusalRow | None = None


_DECODER = msgspec.json.Decoder(_Outcome)
_ENCODER = msgspec.json.Encoder()


class Changes:
    """What changes a visit of one tenant: at which instant, by whom, and in answer to which request."""

    def __init__(self, pool: Pool, tenant: TenantId, actor: str, now: datetime, once: Once | None) -> None:
        self._pool = pool
        self._tenant = tenant
        self._actor = actor
        self._now = now
        self._once = once

    async def hold(self, visit: Visit, claims: Sequence[Claim], catalog_version: int, choice: bool) -> Visit:
        """Add a visit in its state with all its claims, or none. Raises SlotTaken, CatalogMoved, KeyReused.

        With a `choice` of resources, SlotTaken is not the outcome of the request: another may be tried.
        """
        return await self._perform(
            "hold",
            {
                "visit_id": visit.id,
                "catalog_version": catalog_version,
                "choice": choice,
                "branch_id": visit.branch_id,
                "group_id": visit.group_id,
                "state": visit.state,
                "origin": visit.origin,
                "expires_at": visit.expires_at,
                "reminder_at": visit.reminder_at,
                "items": _items(visit.items),
                "claims": _claims(claims),
                **_details(visit.details),
            },
        )

    async def confirm(self, visit: Visit, allowed: Iterable[State], reminder_at: datetime | None) -> Visit:
        """Make a promise of a visit in a state that is allowed; one that is confirmed already stays as it is.

        Raises HoldLapsed, StateForbids, VisitNotFound, KeyReused.
        """
        return await self._perform(
            "confirm",
            {
                "visit_id": visit.id,
                "allowed": list(allowed),
                "repeats": [State.CONFIRMED],
                "reminder_at": reminder_at,
            },
        )

    async def end(self, visit_id: VisitId, steps: Mapping[State, State]) -> Visit:
        """Take the step that belongs to the visit's state and free its claims; one that has taken it stays as it is.

        Raises StateForbids, HoldLapsed, VisitNotFound, KeyReused.
        """
        return await self._perform(
            "end",
            {
                "visit_id": visit_id,
                "step": State.CANCELLED,
                "allowed": list(steps),
                "repeats": sorted(set(steps.values())),
                "steps": steps,
            },
        )

    async def change(
        self,
        visit: Visit,
        allowed: Iterable[State],
        claims: Sequence[Claim] | None,
        catalog_version: int,
        choice: bool,
    ) -> Visit:
        """Write the details of a visit that was read, and with claims also its new time: all of it or nothing.

        Raises SlotTaken, CatalogMoved, VisitMoved where it is not the version that was read, StateForbids, HoldLapsed,
        VisitNotFound, KeyReused.
        """
        arguments: dict[str, Any] = {
            "visit_id": visit.id,
            "version": visit.version,
            "choice": choice,
            "allowed": list(allowed),
            "reminder_at": visit.reminder_at,
            **_details(visit.details),
        }
        if claims is not None:
            arguments |= {"catalog_version": catalog_version, "items": _items(visit.items), "claims": _claims(claims)}
        return await self._perform("move", arguments)

    async def refuse(self, refusal: Refusal) -> Visit:
        """Raise `refusal`, unless the request has an outcome already; then that outcome counts."""
        if self._once is None:
            raise refusal
        answer = await self._pool.call(
            "SELECT outcome_settle($1, $2, $3, $4, $5)",
            self._tenant,
            self._now,
            self._once.request,
            self._once.fingerprint,
            _ENCODER.encode({"refusal": {"code": refusal.code, "facts": refusal.facts()}}).decode(),
        )
        return _visit(answer)

    async def _perform(self, verb: str, arguments: dict[str, Any]) -> Visit:
        answer = await self._pool.call(
            "SELECT visit_perform($1, $2, $3, $4, $5, $6, $7)",
            self._tenant,
            self._now,
            self._actor,
            verb,
            _ENCODER.encode(arguments).decode(),
            self._once and self._once.request,
            self._once and self._once.fingerprint,
        )
        return _visit(answer)


def _visit(answer: str) -> Visit:
    outcome = _DECODER.decode(answer)
    if outcome.visit is None:
        if outcome.refusal is None:
            raise TypeError(answer)
        raise REFUSALS[outcome.refusal.code](**outcome.refusal.facts)
    return outcome.visit.value()


def _details(details: Details) -> dict[str, Any]:
    contact = details.contact
    return {
        "locale": details.locale,
        "party_size": details.party_size,
        "contact_channel": contact and contact.channel,
        "contact_address": contact and contact.address,
        "contact_alternate": contact and contact.alternate,
        "customer_info": details.customer_info,
        "custom_data": details.custom_data,
        "remote": details.remote,
    }


def _items(items: Iterable[Item]) -> list[dict[str, Any]]:
    return [
        {
            "item_id": item.id,
            "service_id": item.service_id,
            "sequence": item.sequence,
            "starts_at": item.starts_at,
            "ends_at": item.ends_at,
        }
        for item in items
    ]


def _claims(claims: Iterable[Claim]) -> list[dict[str, Any]]:
    return [
        {
            "claim_id": claim.id,
            "item_id": claim.item_id,
            "resource_id": claim.resource_id,
            "starts_at": claim.starts_at,
            "ends_at": claim.ends_at,
            "units": claim.units,
        }
        for claim in claims
    ]
