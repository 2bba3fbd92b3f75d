"""Visits: one call changes one, or several that belong together, and the database decides whether it may."""

from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from appointed.core.errors import REFUSALS, Fact, Refusal
from appointed.core.ids import GroupId, ItemId, TenantId, VisitId
from appointed.core.once import Once
from appointed.core.transitions import sources
from appointed.core.visit import Claim, DailyLimit, Details, Item, Reassigned, State, Visit
from appointed.store.pool import Pool
from appointed.store.visit_rows import VisitRow


class _RefusalRow(msgspec.Struct):
    code: str
    facts: dict[str, Fact]


class _Outcome(msgspec.Struct):
    visit: VisitRow | None = None
    visits: list[VisitRow] | None = None
    refusal: _RefusalRow | None = None
    now: datetime | None = None


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

    async def hold(
        self,
        visits: Sequence[Visit],
        claims: Sequence[Claim],
        catalog_version: int,
        choice: bool,
        *,
        moves: Sequence[Reassigned] = (),
        limits: Sequence[DailyLimit] = (),
        overbook: bool = False,
        group_id: GroupId | None = None,
    ) -> tuple[Visit, ...]:
        """Add visits in their states with all their claims, and move claims of others for it, or do nothing.

        Several are tied by a new group, `group_id` or one that is made. With a `choice` of resources, SlotTaken is not
        the outcome of the request: another may be tried. With `overbook`, a claim without room is taken beside the
        others. Raises SlotTaken, CustomerLimitReached, CatalogMoved, KeyReused.
        """
        arguments: dict[str, Any] = {
            "catalog_version": catalog_version,
            "choice": choice,
            **_conditions(visits, moves, limits),
        }
        if overbook:
            arguments["overbook"] = True
        if len(visits) == 1 and group_id is None:
            return await self._perform("hold", {**arguments, **_new(visits[0]), "claims": _claims(claims)})
        arguments |= {
            "group_id": group_id,
            "visits": [_new(visit) for visit in visits],
            "claims": [
                {**claim, "visit_id": visit.id, "expires_at": visit.expires_at}
                for visit in visits
                for claim in _claims(claims, {item.id for item in visit.items})
            ],
        }
        return await self._perform("hold", arguments)

    async def confirm(
        self, visit: Visit, allowed: Iterable[State], reminder_at: datetime | None, version: int | None = None
    ) -> Visit:
        """Make a promise of a visit in a state that is allowed; one that is confirmed already stays as it is.

        Raises HoldLapsed, StateForbids, VisitNotFound, KeyReused, and VisitMoved where it is not of the `version`.
        """
        arguments = {**_confirmation(visit, allowed, reminder_at), "version": version}
        (confirmed,) = await self._perform("confirm", arguments)
        return confirmed

    async def extend(self, visit_id: VisitId, expires_at: datetime | None, version: int | None = None) -> Visit:
        """Let a hold lapse at another instant, or never. Raises what `confirm` raises."""
        arguments = {
            "visit_id": visit_id,
            "expires_at": expires_at,
            "allowed": sorted(sources(State.EXPIRED)),
            "version": version,
        }
        (extended,) = await self._perform("extend", arguments)
        return extended

    async def confirm_group(
        self, visits: Sequence[Visit], allowed: Sequence[State], reminders: Sequence[datetime | None]
    ) -> tuple[Visit, ...]:
        """Make promises of all these visits or of none, each with its reminder; otherwise as `confirm`."""
        pairs = zip(visits, reminders, strict=True)
        arguments = {"visits": [_confirmation(visit, allowed, reminder_at) for visit, reminder_at in pairs]}
        return await self._perform("confirm", arguments)

    async def end(
        self,
        visit_id: VisitId,
        steps: Mapping[State, State],
        step: State = State.CANCELLED,
        version: int | None = None,
    ) -> Visit:
        """Take the step that belongs to the visit's state and free its claims; one that has taken it stays as it is.

        A refusal names `step`. Raises StateForbids, HoldLapsed, VisitNotFound, KeyReused, and VisitMoved where it is
        not of the `version`.
        """
        arguments: dict[str, Any] = {
            "visit_id": visit_id,
            "version": version,
            "step": step,
            "allowed": list(steps),
            "repeats": sorted(set(steps.values())),
            "steps": steps,
        }
        (ended,) = await self._perform("end", arguments)
        return ended

    async def change(
        self,
        visit: Visit,
        allowed: Iterable[State],
        claims: Sequence[Claim] | None,
        catalog_version: int,
        choice: bool,
        *,
        moves: Sequence[Reassigned] = (),
        limits: Sequence[DailyLimit] = (),
    ) -> Visit:
        """Write the details of a visit that was read, and with claims also its new time: all of it or nothing.

        Claims of others move only with claims of its own. Raises SlotTaken, CustomerLimitReached, CatalogMoved,
        VisitMoved where it is not the version that was read, StateForbids, HoldLapsed, VisitNotFound, KeyReused.
        """
        arguments: dict[str, Any] = {
            "visit_id": visit.id,
            "version": visit.version,
            "choice": choice,
            "allowed": list(allowed),
            "reminder_at": visit.reminder_at,
            **_details(visit.details),
            **_conditions([visit], moves, limits),
        }
        if claims is not None:
            arguments |= {"catalog_version": catalog_version, "items": _items(visit.items), "claims": _claims(claims)}
        (changed,) = await self._perform("move", arguments)
        return changed

    async def refuse(self, refusal: Refusal) -> tuple[Visit, ...]:
        """Raise `refusal`, unless the request has an outcome already; then that outcome counts.

        One that is passing is no outcome, and is not kept.
        """
        if self._once is None or refusal.passing:
            raise refusal
        answer = await self._pool.call(
            "SELECT outcome_settle($1, $2, $3, $4, $5)",
            self._tenant,
            self._now,
            self._once.request,
            self._once.fingerprint,
            _ENCODER.encode({"refusal": {"code": refusal.code, "facts": refusal.facts()}}).decode(),
        )
        return _visits(answer)

    async def _perform(self, verb: str, arguments: Mapping[str, Any]) -> tuple[Visit, ...]:
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
        return _visits(answer)


def _visits(answer: str) -> tuple[Visit, ...]:
    outcome = _DECODER.decode(answer)
    if outcome.visit is not None:
        visit = outcome.visit
        return (visit.value(outcome.now or visit.created_at),)
    if outcome.visits is not None:
        return tuple(visit.value(outcome.now or visit.created_at) for visit in outcome.visits)
    if outcome.refusal is None:
        raise TypeError(answer)
    raise REFUSALS[outcome.refusal.code](**outcome.refusal.facts)


def hold_arguments(visit: Visit, claims: Iterable[Claim], catalog_version: int) -> dict[str, Any]:
    """What the database is told to add one visit in its state with all its claims."""
    return {"catalog_version": catalog_version, "choice": False, **_new(visit), "claims": _claims(claims)}


def _new(visit: Visit) -> dict[str, Any]:
    return {
        "visit_id": visit.id,
        "branch_id": visit.branch_id,
        "group_id": visit.group_id,
        "state": visit.state,
        "origin": visit.origin,
        "expires_at": visit.expires_at,
        "reminder_at": visit.reminder_at,
        "items": _items(visit.items),
        **_details(visit.details),
    }


def _confirmation(visit: Visit, allowed: Iterable[State], reminder_at: datetime | None) -> dict[str, Any]:
    return {
        "visit_id": visit.id,
        "allowed": list(allowed),
        "repeats": [State.CONFIRMED],
        "reminder_at": reminder_at,
    }


def _conditions(
    visits: Sequence[Visit], moves: Sequence[Reassigned], limits: Sequence[DailyLimit]
) -> dict[str, list[dict[str, Any]]]:
    """What else a call has to do and to heed. Of a customer without an address nothing can be counted."""
    found: dict[str, list[dict[str, Any]]] = {}
    if moves:
        found["moves"] = [
            {
                "visit_id": move.visit_id,
                "claim_id": move.claim_id,
                "from_resource": move.from_resource,
                "to_resource": move.to_resource,
            }
            for move in moves
        ]
    contacts = {visit.id: visit.details.contact for visit in visits} if limits else {}
    counted = [
        {
            "visit_id": limit.visit_id,
            "customer": contact.address,
            "service_id": limit.service_id,
            "starts_at": limit.starts_at,
            "ends_at": limit.ends_at,
            "most": limit.limit,
        }
        for limit in limits
        if (contact := contacts[limit.visit_id]) is not None
    ]
    return {**found, "limits": counted} if counted else found


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
        "customer_id": details.customer_id,
    }


def _items(items: Iterable[Item]) -> list[dict[str, Any]]:
    return [
        {
            "item_id": item.id,
            "service_id": item.service_id,
            "sequence": item.sequence,
            "starts_at": item.starts_at,
            "ends_at": item.ends_at,
            "wishes": [(each.role, each.resource_id, sorted(each.traits)) for each in item.preferences] or None,
        }
        for item in items
    ]


def _claims(claims: Iterable[Claim], of_items: Container[ItemId] | None = None) -> list[dict[str, Any]]:
    return [
        {
            "claim_id": claim.id,
            "item_id": claim.item_id,
            "resource_id": claim.resource_id,
            "starts_at": claim.starts_at,
            "ends_at": claim.ends_at,
            "units": claim.units,
            "role": claim.role,
            "named": claim.named,
            "capacity": claim.capacity,
        }
        for claim in claims
        if of_items is None or claim.item_id in of_items
    ]
