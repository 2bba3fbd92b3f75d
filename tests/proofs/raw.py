"""Calls of the database's own functions with plain JSON: no code of the product stands between a test and the SQL."""

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4  # noqa: TID251 - tests make identities too

import asyncpg

from appointed.core.catalog import CapacityStep, PoolScope
from appointed.core.ids import ResourceId
from appointed.usecases.context import Context
from people import (
    ALWAYS,
    LONG_AGO,
    MORNING,
    exclusive_resource,
    new_branch,
    new_owner,
    new_service,
    offer,
    pool_resource,
)

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
FIVE = 5 * MINUTE
BOOK = ("held", "confirmed")
ENDS = {"held": "released", "confirmed": "cancelled"}
INVARIANTS = Path(__file__).with_name("invariants.sql").read_text()


@dataclass(frozen=True)
class Ask:
    """A claim that is asked for."""

    resource: UUID
    starts_at: datetime
    ends_at: datetime
    units: int = 1


@dataclass(frozen=True)
class World:
    """A tenant with a service, and some resources of each kind."""

    person: Any
    service: Any
    version: int
    exclusive: tuple[ResourceId, ...]
    pools: tuple[ResourceId, ...]
    slotted: tuple[ResourceId, ...]

    @property
    def tenant(self) -> UUID:
        return self.person.tenant

    def hold(self, *asks: Ask, state: str = "held", **changes: Any) -> dict[str, Any]:
        """The arguments of a hold of these claims; `custom_data` tells the invariants how many there are."""
        item = uuid4()
        first = min((ask.starts_at for ask in asks), default=LONG_AGO)
        last = max((ask.ends_at for ask in asks), default=LONG_AGO + MINUTE)
        return {
            "visit_id": uuid4(),
            "catalog_version": self.version,
            "branch_id": self.service.branch_id,
            "state": state,
            "origin": "booking",
            "locale": "en",
            "party_size": 1,
            "custom_data": json.dumps({"claims": len(asks)}),
            "items": [self._item(item, first, last)],
            "claims": [_claim(item, ask) for ask in asks],
            **changes,
        }

    def move(self, held: dict[str, Any], *asks: Ask, **changes: Any) -> dict[str, Any]:
        """The arguments of a move of what was held to other claims."""
        item = held["items"][0]["item_id"]
        first, last = min(ask.starts_at for ask in asks), max(ask.ends_at for ask in asks)
        return {
            **{name: held[name] for name in ("visit_id", "catalog_version", "locale", "party_size")},
            "allowed": BOOK,
            "custom_data": json.dumps({"claims": len(asks)}),
            "items": [self._item(item, first, last)],
            "claims": [_claim(item, ask) for ask in asks],
            **changes,
        }

    def _item(self, item: UUID, starts_at: datetime, ends_at: datetime) -> dict[str, Any]:
        return {
            "item_id": item,
            "service_id": self.service.id,
            "sequence": 1,
            "starts_at": starts_at,
            "ends_at": ends_at,
        }


def slot(number: int) -> tuple[datetime, datetime]:
    """The bounds of one of many slots that do not touch."""
    start = MORNING + HOUR + number * 2 * FIVE
    return start, start + FIVE


def confirm(held: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a confirmation of what was held."""
    return {"visit_id": held["visit_id"], "allowed": ["held"], "repeats": ["confirmed"]}


def end(held: dict[str, Any]) -> dict[str, Any]:
    """The arguments of giving back what was held."""
    return {
        "visit_id": held["visit_id"],
        "step": "cancelled",
        "allowed": list(ENDS),
        "repeats": list(ENDS.values()),
        "steps": ENDS,
    }


def _claim(item: UUID, ask: Ask) -> dict[str, Any]:
    return {
        "claim_id": uuid4(),
        "item_id": item,
        "resource_id": ask.resource,
        "starts_at": ask.starts_at,
        "ends_at": ask.ends_at,
        "units": ask.units,
    }


async def new_world(
    context: Context,
    *,
    exclusive: int = 1,
    pools: int = 1,
    slotted: int = 1,
    steps: tuple[CapacityStep, ...] = (CapacityStep(LONG_AGO, 2),),
) -> World:
    """A new sandbox tenant. `steps` are the capacity of every pool; the service asks for the first resource."""
    person = await new_owner(context)
    branch = new_branch(opening_hours=ALWAYS)
    alone = [exclusive_resource(branch.id) for _ in range(exclusive)]
    shared = [replace(pool_resource(branch.id), scope=PoolScope.OVERLAP, capacity=steps) for _ in range(pools)]
    by_slot = [replace(pool_resource(branch.id), capacity=steps) for _ in range(slotted)]
    service = new_service(branch, (alone + shared + by_slot)[0])
    await offer(context, person, branch, service, *alone, *shared, *by_slot)
    async with context.pool.transaction(person.tenant) as tx:
        version = await tx.fetchval("SELECT catalog_version FROM tenant")
    return World(
        person, service, version, *(tuple(sorted(each.id for each in some)) for some in (alone, shared, by_slot))
    )


async def connect(dsn: str, *, role: str | None = "appointed_app", **settings: str) -> asyncpg.Connection:
    """A connection as the application has it, or with `role` None as the owner."""
    connection = await asyncpg.connect(
        dsn, server_settings={"search_path": "appointed", "timezone": "UTC", "jit": "off", **settings}
    )
    if role is not None:
        await connection.execute(f"SET ROLE {role}")
    return connection


async def perform(
    connection: asyncpg.Connection,
    tenant: UUID,
    now: datetime,
    verb: str,
    args: dict[str, Any],
    request: UUID | None = None,
    fingerprint: UUID | None = None,
) -> dict[str, Any]:
    """The answer of `visit_perform`; a refusal that was raised looks like one that was kept."""
    try:
        answer = await connection.fetchval(
            "SELECT visit_perform($1, $2, 'tester', $3, $4, $5, $6)",
            tenant,
            now,
            verb,
            dumps(args),
            request,
            fingerprint,
        )
    except asyncpg.PostgresError as error:
        if error.sqlstate != "AP001":
            raise
        return {"refusal": {"code": error.message, "facts": json.loads(error.detail)}}
    return json.loads(answer)


def outcome(answer: dict[str, Any]) -> str:
    """The state a call led to, or the code of its refusal."""
    return answer["visit"]["state"] if "visit" in answer else answer["refusal"]["code"]


def dumps(value: Any) -> str:
    """JSON with instants and identities as text."""
    return json.dumps(value, default=_text)


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


async def problems(dsn: str, now: datetime, *tenants: UUID) -> list[tuple[Any, ...]]:
    """What the invariants find wrong with these tenants by the clock `now`."""
    owner = await connect(dsn, role=None)
    try:
        return [tuple(row) for row in await owner.fetch(INVARIANTS, now, tenants)]
    finally:
        await owner.close()
