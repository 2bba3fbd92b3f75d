"""Customers, what they have to do with visits, and how all of it is forgotten."""

import json
from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from appointed.core.customer import Customer, Entry, PersonName, Relation, Tie
from appointed.core.errors import CustomerNotFound, FieldInvalid, ReferenceInUse
from appointed.core.ids import CustomerId, TenantId, VisitId
from appointed.core.once import Once
from appointed.core.versions import Expected
from appointed.core.visit import Contact, Visit
from appointed.store.pool import Connection, Pool
from appointed.store.visit_rows import VisitRow

_ONE = """
SELECT customer_as_json(c)::text FROM customer c
 WHERE c.tenant_id = $1 AND c.customer_id = $2 AND c.erased_at IS NULL
"""
_LOCK = """
SELECT 1 FROM customer c WHERE c.tenant_id = $1 AND c.customer_id = $2 AND c.erased_at IS NULL FOR NO KEY UPDATE
"""
_PAGE = """
SELECT customer_as_json(c)::text AS customer FROM customer c
 WHERE c.tenant_id = $1 AND c.erased_at IS NULL AND (c.created_at, c.customer_id) > ($2, $3)
 ORDER BY c.created_at, c.customer_id LIMIT $4
"""
_PAGE_OF_CONTACT = """
SELECT customer_as_json(c)::text AS customer FROM customer c
 WHERE c.tenant_id = $1 AND c.erased_at IS NULL AND (c.created_at, c.customer_id) > ($2, $3)
   AND c.customer_id IN (SELECT x.customer_id FROM customer_contact x
                          WHERE x.tenant_id = $1 AND x.address_key = lower($5))
 ORDER BY c.created_at, c.customer_id LIMIT $4
"""
_PAGE_OF_REFERENCE = """
SELECT customer_as_json(c)::text AS customer FROM customer c
 WHERE c.tenant_id = $1 AND c.erased_at IS NULL AND (c.created_at, c.customer_id) > ($2, $3) AND c.reference = $5
   AND ($6::text IS NULL OR c.customer_id IN (SELECT x.customer_id FROM customer_contact x
                                               WHERE x.tenant_id = $1 AND x.address_key = lower($6)))
 ORDER BY c.created_at, c.customer_id LIMIT $4
"""
_VISITS = """
SELECT visit_as_json($1, u.id)::text AS visit FROM unnest(customer_visits($1, $2)) AS u (id)
"""


class _ContactRow(msgspec.Struct):
    channel: str
    address: str


class _RelationRow(msgspec.Struct):
    from_id: UUID
    to_id: UUID
    kind: Tie


class _CustomerRow(msgspec.Struct):
    id: UUID
    reference: str | None
    birth_date: date | None
    title: str
    given_name: str
    middle_name: str
    family_name: str
    locale: str | None
    custom_data: str | None
    version: int
    created_at: datetime
    contacts: list[_ContactRow]
    relations: list[_RelationRow]

    def value(self) -> Customer:
        """The same as the core has it."""
        return Customer(
            id=CustomerId(self.id),
            name=PersonName(self.given_name, self.family_name, self.middle_name, self.title),
            created_at=self.created_at,
            contacts=tuple(Contact(each.channel, each.address) for each in self.contacts),
            locale=self.locale,
            custom_data=self.custom_data,
            relations=tuple(
                Relation(CustomerId(each.from_id), each.kind, CustomerId(each.to_id)) for each in self.relations
            ),
            version=self.version,
            reference=self.reference,
            birth_date=self.birth_date,
        )


_DECODER = msgspec.json.Decoder(_CustomerRow)
_VISIT_DECODER = msgspec.json.Decoder(VisitRow)


async def read_customer(tx: Connection, tenant: TenantId, customer: CustomerId, *, to_change: bool = False) -> Customer:
    """The customer as they are known; `to_change` waits for whoever changes them now. Raises CustomerNotFound."""
    if to_change:
        # A statement of its own: one that waits sees the row anew, but contacts and ties as they were before it waited.
        await tx.execute(_LOCK, tenant, customer)
    text: str | None = await tx.fetchval(_ONE, tenant, customer)
    if text is None:
        raise CustomerNotFound
    return _DECODER.decode(text).value()


async def list_customers(
    pool: Pool, tenant: TenantId, contact: str | None, after: Entry, limit: int, reference: str | None = None
) -> list[Customer]:
    """Customers after another one, the oldest first; with `contact` those reached there, whatever its case, and with
    `reference` whom the tenant knows by it."""
    async with pool.transaction(tenant) as tx:
        if reference is not None:
            place = after.created_at, after.customer_id
            rows = await tx.fetch(_PAGE_OF_REFERENCE, tenant, *place, limit, reference, contact)
        elif contact is None:
            rows = await tx.fetch(_PAGE, tenant, after.created_at, after.customer_id, limit)
        else:
            rows = await tx.fetch(_PAGE_OF_CONTACT, tenant, after.created_at, after.customer_id, limit, contact)
    return [_DECODER.decode(row["customer"]).value() for row in rows]


async def put_customer(tx: Connection, tenant: TenantId, customer: Customer) -> None:
    """Write the customer in place of what there was, with the relations that start from them, as version `version`.

    Raises FieldInvalid for a relation to nobody, and ReferenceInUse where another customer has the reference.
    """
    row: dict[str, Any] = {
        "tenant_id": tenant,
        "customer_id": customer.id,
        "reference": customer.reference,
        "birth_date": customer.birth_date,
        "title": customer.name.title,
        "given_name": customer.name.given,
        "middle_name": customer.name.middle,
        "family_name": customer.name.family,
        "locale": customer.locale,
        "custom_data": customer.custom_data,
        "version": customer.version,
        "created_at": customer.created_at,
    }
    names = list(row)
    statement = (
        f"INSERT INTO customer ({', '.join(names)}) VALUES ({', '.join(f'${n}' for n in range(1, len(names) + 1))})"
        f" ON CONFLICT (tenant_id, customer_id) DO UPDATE SET {', '.join(f'{n} = excluded.{n}' for n in names[2:])}"
    )
    try:
        await tx.execute(statement, *row.values())
    except asyncpg.UniqueViolationError:
        # Nothing else of a customer is unique.
        raise ReferenceInUse(reference=customer.reference or "") from None
    await tx.execute("DELETE FROM customer_contact WHERE tenant_id = $1 AND customer_id = $2", tenant, customer.id)
    await tx.executemany(
        "INSERT INTO customer_contact (tenant_id, customer_id, position, channel, address) VALUES ($1, $2, $3, $4, $5)",
        [(tenant, customer.id, n, each.channel, each.address) for n, each in enumerate(customer.contacts)],
    )
    await tx.execute("DELETE FROM customer_relation WHERE tenant_id = $1 AND from_id = $2", tenant, customer.id)
    for relation in sorted(customer.ties, key=lambda each: (each.to_id, each.kind)):
        added = await tx.execute(
            "INSERT INTO customer_relation (tenant_id, from_id, to_id, kind) SELECT $1, $2, c.customer_id, $4"
            " FROM customer c WHERE c.tenant_id = $1 AND c.customer_id = $3 AND c.customer_id <> $2"
            " AND c.erased_at IS NULL FOR KEY SHARE",
            tenant,
            customer.id,
            relation.to_id,
            relation.kind,
        )
        if added.endswith(" 0"):
            raise FieldInvalid(field="relations.to", expected="known_customer")


async def recall_customer(tx: Connection, tenant: TenantId, now: datetime, once: Once) -> CustomerId | None:
    """Whom the same request made before, if it did. Raises KeyReused."""
    text: str | None = await tx.fetchval(
        "SELECT outcome_recall($1, $2, $3, $4)::text", tenant, now, once.request, once.fingerprint
    )
    return None if text is None else CustomerId(UUID(json.loads(text)["customer"]))


async def keep_customer(tx: Connection, tenant: TenantId, now: datetime, once: Once, customer: CustomerId) -> None:
    """Keep whom the request made."""
    outcome = json.dumps({"customer": str(customer)})
    await tx.execute("SELECT outcome_keep($1, $2, $3, $4, $5)", tenant, now, once.request, once.fingerprint, outcome)


async def visits_of_customer(tx: Connection, tenant: TenantId, customer: CustomerId) -> list[Visit]:
    """The visits that name the customer, and those of nobody else that have a contact of theirs."""
    rows = await tx.fetch(_VISITS, tenant, customer)
    visits = [_VISIT_DECODER.decode(row["visit"]).value() for row in rows]
    return sorted(visits, key=lambda visit: (visit.created_at, visit.id))


async def erase_customer(
    tx: Connection, tenant: TenantId, customer: CustomerId, now: datetime, actor: str
) -> list[VisitId]:
    """Replace by nothing what is known of the customer, there and in their visits. Raises CustomerNotFound."""
    found: list[UUID] = await tx.fetchval("SELECT customer_erase($1, $2, $3, $4)", tenant, now, actor, customer)
    return [VisitId(each) for each in found]


async def name_customer(
    pool: Pool,
    tenant: TenantId,
    visit: VisitId,
    customer: CustomerId | None,
    now: datetime,
    actor: str,
    expected: Expected,
) -> int:
    """Say whose visit it is, None for nobody's; answers the version of the visit afterwards.

    Raises VisitNotFound, VersionStale, CustomerNotFound.
    """
    versions = None if expected is None else list(expected)
    return await pool.call(
        "SELECT visit_belongs($1, $2, $3, $4, $5, $6)", tenant, now, actor, visit, customer, versions
    )
