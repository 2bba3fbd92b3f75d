"""Customers: keep what is known of them, give it out to them, and forget it."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date

from appointed.core.acceptance import check_birth_date
from appointed.core.caller import Caller, Scope
from appointed.core.customer import Customer, CustomerChange, Entry, PersonName
from appointed.core.errors import CustomerNotFound
from appointed.core.ids import CustomerId, VisitId
from appointed.core.localtime import to_local, zone
from appointed.core.once import Once
from appointed.core.versions import Expected, check_version
from appointed.core.visit import Visit
from appointed.store import audit
from appointed.store import customers as store
from appointed.store.events import Event, events_of_visits
from appointed.usecases.clock import new_id
from appointed.usecases.context import Context
from appointed.usecases.reading import Reading, read


@dataclass(frozen=True, slots=True)
class Dossier:
    """Everything that is known of a customer, with what happened to each of their visits."""

    customer: Customer
    visits: tuple[tuple[Visit, tuple[Event, ...]], ...]


async def create(context: Context, caller: Caller, change: CustomerChange, once: Once | None = None) -> Customer:
    """A new customer, made by `change` of one of whom nothing is known; asked again, the same as they are known now.

    Raises FieldInvalid, BirthDateAhead, ReferenceInUse, KeyReused, CustomerNotFound where they were erased in between,
    ScopeMissing.
    """
    caller.require(Scope.BOOK)
    reading = await read(context, caller)
    now = reading.now
    customer = change(Customer(CustomerId(new_id()), PersonName(), now))
    check_birth_date(customer.birth_date, _latest_date(reading))
    async with context.pool.transaction(caller.tenant) as tx:
        made = None if once is None else await store.recall_customer(tx, caller.tenant, now, once)
        if made is None:
            await store.put_customer(tx, caller.tenant, customer)
            if once is not None:
                await store.keep_customer(tx, caller.tenant, now, once, customer.id)
        return await store.read_customer(tx, caller.tenant, made or customer.id)


async def find(context: Context, caller: Caller, customer: CustomerId) -> Customer:
    """One customer. Raises CustomerNotFound, ScopeMissing."""
    caller.require(Scope.BOOK)
    async with context.pool.transaction(caller.tenant) as tx:
        return await store.read_customer(tx, caller.tenant, customer)


async def who_come(context: Context, caller: Caller, visits: Iterable[Visit]) -> Mapping[CustomerId, Customer]:
    """The customers of visits that the caller was shown, but for those who were erased. Raises ScopeMissing."""
    caller.require(Scope.READ, Scope.BOOK)
    found: dict[CustomerId, Customer] = {}
    asked = {visit.details.customer_id for visit in visits if visit.details.customer_id is not None}
    if not asked:
        return found
    async with context.pool.transaction(caller.tenant) as tx:
        for customer in asked:
            with suppress(CustomerNotFound):
                found[customer] = await store.read_customer(tx, caller.tenant, customer)
    return found


async def list_all(
    context: Context, caller: Caller, contact: str | None, after: Entry, limit: int, reference: str | None = None
) -> list[Customer]:
    """Customers after another one, the oldest first; with `contact` those reached there, whatever its case, and with
    `reference` whom the tenant knows by it. Raises ScopeMissing."""
    caller.require(Scope.BOOK)
    return await store.list_customers(context.pool, caller.tenant, contact, after, limit, reference)


async def change(
    context: Context, caller: Caller, customer: CustomerId, change: CustomerChange, expected: Expected
) -> Customer:
    """Change what is known of a customer. Raises CustomerNotFound, VersionStale, FieldInvalid, BirthDateAhead,
    ReferenceInUse, ScopeMissing."""
    caller.require(Scope.BOOK)
    today = _latest_date(await read(context, caller))
    async with context.pool.transaction(caller.tenant) as tx:
        before = await store.read_customer(tx, caller.tenant, customer, to_change=True)
        check_version(expected, before.version)
        after = replace(change(before), version=before.version + 1)
        if after.birth_date != before.birth_date:
            check_birth_date(after.birth_date, today)
        await store.put_customer(tx, caller.tenant, after)
        return await store.read_customer(tx, caller.tenant, customer)


def _latest_date(reading: Reading) -> date:
    """Today where the tenant's day began first."""
    zones = {branch.time_zone for branch in reading.catalog.branches.values()} or {"UTC"}
    return max(to_local(zone(name), reading.now).day for name in zones)


async def name(
    context: Context, caller: Caller, visit: VisitId, customer: CustomerId | None, expected: Expected = None
) -> int:
    """Say whose visit it is, None for nobody's; answers the version of the visit afterwards.

    Raises VisitNotFound, VersionStale, CustomerNotFound, ScopeMissing.
    """
    caller.require(Scope.BOOK)
    now = (await read(context, caller)).now
    return await store.name_customer(context.pool, caller.tenant, visit, customer, now, caller.actor, expected)


async def export(context: Context, caller: Caller, customer: CustomerId) -> Dossier:
    """Everything that is known of a customer; that it was asked for is an event.

    Raises CustomerNotFound, ScopeMissing.
    """
    caller.require(Scope.ADMINISTER)
    now = (await read(context, caller)).now
    async with context.pool.transaction(caller.tenant) as tx:
        known = await store.read_customer(tx, caller.tenant, customer)
        visits = await store.visits_of_customer(tx, caller.tenant, customer)
        told = await events_of_visits(tx, caller.tenant, [visit.id for visit in visits])
        await audit.note(tx, caller.tenant, "customer_exported", now, caller.actor, {"customer": customer})
    return Dossier(known, tuple((visit, told[visit.id]) for visit in visits))


async def erase(context: Context, caller: Caller, customer: CustomerId) -> int:
    """Forget a customer: what they told is gone, from the record and from their visits; times stay.

    Answers how many visits that were. Raises CustomerNotFound, also where it was done before, and ScopeMissing.
    """
    caller.require(Scope.ADMINISTER)
    now = (await read(context, caller)).now
    async with context.pool.transaction(caller.tenant) as tx:
        return len(await store.erase_customer(tx, caller.tenant, customer, now, caller.actor))
