"""Visits: one call changes one, or several that belong together, and the database decides whether it may."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec

from appointed.core.customer import Introduction
from appointed.core.errors import REFUSALS, Fact, Refusal
from appointed.core.ids import CustomerId, GroupId, TenantId, VisitId
from appointed.core.once import Once
from appointed.core.questions import CustomerFact
from appointed.core.transitions import sources
from appointed.core.visit import Claim, DailyLimit, Reassigned, State, Visit
from appointed.store.pool import Pool
from appointed.store.visit_arguments import (
    claims_told,
    conditions,
    confirmation,
    details_told,
    introduction_told,
    items_told,
    new_visit,
)
from appointed.store.visit_rows import VisitRow

_NO_FACTS: Mapping[VisitId, Sequence[CustomerFact]] = {}


class _RefusalRow(msgspec.Struct):
    code: str
    facts: dict[str, Fact]


class _Outcome(msgspec.Struct):
    visit: VisitRow | None = None
    visits: list[VisitRow] | None = None
    refusal: _RefusalRow | None = None
    now: datetime | None = None
    repeated: bool = False


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
        facts: Mapping[VisitId, Sequence[CustomerFact]] = _NO_FACTS,
    ) -> tuple[Visit, ...]:
        """Add visits in their states with all their claims, and move claims of others for it, or do nothing.

        Several are tied by a new group, `group_id` or one that is made. With a `choice` of resources, SlotTaken is not
        the outcome of the request: another may be tried. With `overbook`, a claim without room is taken beside the
        others. `facts` have to be known of the customer of a visit. Raises SlotTaken, CustomerLimitReached,
        CustomerFactMissing, CatalogMoved, KeyReused.
        """
        arguments: dict[str, Any] = {
            "catalog_version": catalog_version,
            "choice": choice,
            **conditions(visits, moves, limits),
        }
        if overbook:
            arguments["overbook"] = True
        if len(visits) == 1 and group_id is None:
            return await self._perform(
                "hold",
                {**arguments, **new_visit(visits[0], facts.get(visits[0].id, ())), "claims": claims_told(claims)},
            )
        arguments |= {
            "group_id": group_id,
            "visits": [new_visit(visit, facts.get(visit.id, ())) for visit in visits],
            "claims": [
                {**claim, "visit_id": visit.id, "expires_at": visit.expires_at}
                for visit in visits
                for claim in claims_told(claims, {item.id for item in visit.items})
            ],
        }
        return await self._perform("hold", arguments)

    async def confirm(
        self,
        visit: Visit,
        allowed: Iterable[State],
        reminder_at: datetime | None,
        version: int | None = None,
        facts: Sequence[CustomerFact] = (),
    ) -> Visit:
        """Make a promise of a visit in a state that is allowed; one that is confirmed already stays as it is.

        Raises CustomerFactMissing where one of `facts` is not known of its customer, HoldLapsed, StateForbids,
        VisitNotFound, KeyReused, and VisitMoved where it is not of the `version`.
        """
        arguments = {**confirmation(visit, allowed, reminder_at, facts), "version": version}
        (confirmed,) = await self._perform("confirm", arguments)
        return confirmed

    async def confirm_introduced(
        self,
        visit: Visit,
        allowed: Iterable[State],
        introduction: Introduction,
        customer_id: CustomerId | None,
        limits: Sequence[DailyLimit] = (),
        version: int | None = None,
    ) -> Visit:
        """Make a promise of a visit and write who comes: a customer with this id, where nobody has the reference.

        The contact and the reminder are those that `visit` has. Without `customer_id` it has to be confirmed for the
        customer already. Raises CustomerDiffers, CustomerLimitReached and what `confirm` raises.
        """
        introduced: dict[str, Any] = {"reference": introduction.reference}
        if customer_id is not None:
            introduced = introduction_told(introduction, visit.details.contact, customer_id)
        arguments = {
            **confirmation(visit, allowed, visit.reminder_at),
            **conditions([visit], (), limits),
            "version": version,
            "introduced": introduced,
        }
        (confirmed,) = await self._perform("confirm", arguments)
        return confirmed

    async def introduce(
        self,
        visit: Visit,
        allowed: Iterable[State],
        introduction: Introduction,
        customer_id: CustomerId,
        limits: Sequence[DailyLimit] = (),
    ) -> Visit:
        """Write who comes into a visit in a state that is allowed, as `confirm_introduced` does.

        Raises CustomerLimitReached, StateForbids, HoldLapsed, VisitNotFound, KeyReused.
        """
        arguments: dict[str, Any] = {
            "visit_id": visit.id,
            "allowed": list(allowed),
            **conditions([visit], (), limits),
            "introduced": introduction_told(introduction, visit.details.contact, customer_id),
        }
        (introduced,) = await self._perform("introduce", arguments)
        return introduced

    async def absorb(
        self,
        visit: Visit,
        hold: Visit,
        allowed: Iterable[State],
        reminder_at: datetime | None,
        catalog_version: int,
        limits: Sequence[DailyLimit] = (),
        facts: Sequence[CustomerFact] = (),
    ) -> Visit:
        """Give a visit the place of a hold, item by item, and end the hold: all of it or nothing.

        Raises CustomerFactMissing where one of `facts` is not known of its customer, HoldLapsed, StateForbids,
        VisitNotFound, CustomerLimitReached, CatalogMoved, KeyReused, and VisitMoved where one of them is not of the
        version that was read.
        """
        pairs = zip(items_told(hold.items), visit.items, hold.items, strict=True)
        arguments: dict[str, Any] = {
            "visit_id": visit.id,
            "version": visit.version,
            "allowed": list(allowed),
            "hold": {"visit_id": hold.id, "version": hold.version, "allowed": sorted(sources(State.ABSORBED))},
            "items": [{**told, "item_id": item.id, "from_item": held.id} for told, item, held in pairs],
            "reminder_at": reminder_at,
            "catalog_version": catalog_version,
            **conditions([visit], (), limits),
        }
        if facts:
            arguments["facts"] = list(facts)
        (moved,) = await self._perform("absorb", arguments)
        return moved

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
        self,
        visits: Sequence[Visit],
        allowed: Sequence[State],
        reminders: Sequence[datetime | None],
        facts: Mapping[VisitId, Sequence[CustomerFact]] = _NO_FACTS,
    ) -> tuple[Visit, ...]:
        """Make promises of all these visits or of none, each with its reminder; otherwise as `confirm`."""
        pairs = zip(visits, reminders, strict=True)
        arguments = {
            "visits": [
                confirmation(visit, allowed, reminder_at, facts.get(visit.id, ())) for visit, reminder_at in pairs
            ]
        }
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
            **details_told(visit.details),
            **conditions([visit], moves, limits),
        }
        if claims is not None:
            arguments |= {
                "catalog_version": catalog_version,
                "items": items_told(visit.items),
                "claims": claims_told(claims),
            }
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
        return (replace(visit.value(outcome.now or visit.created_at), repeated=outcome.repeated),)
    if outcome.visits is not None:
        return tuple(visit.value(outcome.now or visit.created_at) for visit in outcome.visits)
    if outcome.refusal is None:
        raise TypeError(answer)
    raise REFUSALS[outcome.refusal.code](**outcome.refusal.facts)
