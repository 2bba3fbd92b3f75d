"""Whose visit it is: told when it is taken or afterwards, found by a contact, and shown wherever a visit is."""

import asyncio
from uuid import uuid4  # noqa: TID251 - tests make identities too

import pytest

from appointed.store.customers import put_customer, read_customer
from appointed.store.spent import SPENT, Spent
from appointed.usecases import customers
from native_client import done, refused, wanted
from proofs.raw import connect

PHONE = "+48123456789"
ADA = {"contacts": [{"channel": "email", "address": "Ada@Example.org"}, {"channel": "phone", "address": PHONE}]}
LOCKED = "SELECT count(*) FROM pg_locks WHERE locktype = 'transactionid' AND NOT granted"


async def made(native, body=ADA):
    return done(await native.post("/customers", body), 201)


def guest(address, channel="email"):
    return [{"contact": {"channel": channel, "address": address}}]


async def ids(native, query):
    return [visit["id"] for visit in done(await native.get(f"/visits?{query}"))["visits"]]


async def test_a_change_that_waited_keeps_what_the_other_one_changed(native, dsn):
    """The other one gave the customer a contact; a version that was read before it would take it away again."""
    customer = await made(native, {})
    tenant, path = native.person.tenant, f"/customers/{customer['id']}"
    owner = await connect(dsn, role=None)
    try:
        async with native.context.pool.transaction(tenant) as tx:
            before = await read_customer(tx, tenant, customer["id"], to_change=True)
            waiting = asyncio.create_task(native.send("PATCH", path, {"title": "Dr"}))
            async with asyncio.timeout(20):
                while not await owner.fetchval(LOCKED):
                    pass
            added = (await made(native))["id"]
            known = await read_customer(tx, tenant, added)
            changed = type(before)(before.id, before.name, before.created_at, contacts=known.contacts, version=2)
            await put_customer(tx, tenant, changed)
        answer = done(await waiting)
    finally:
        await owner.close()
    assert (answer["title"], answer["version"]) == ("Dr", 3)
    assert [each["address"] for each in answer["contacts"]] == ["Ada@Example.org", PHONE]


async def test_changes_at_once_lose_nothing(native):
    customer = await made(native, {})
    path = f"/customers/{customer['id']}"
    for number in range(5):
        contacts = {"contacts": [{"channel": "phone", "address": f"+4812345678{number}"}]}
        bodies = [{"title": "a"}, contacts, {"title": "b"}, {"family_name": "c"}]
        answers = await asyncio.gather(*(native.send("PATCH", path, body) for body in bodies))
        assert [answer.status_code for answer in answers] == [200] * 4
        assert done(await native.get(path))["contacts"] == contacts["contacts"]


@pytest.mark.parametrize("spelling", ["Ada@Example.org", "ada@example.org", "ADA@EXAMPLE.ORG"])
async def test_an_address_is_the_same_whatever_its_case(native, spelling):
    ada = await made(native)
    other = await native.book("seat", guests=guest("adam@example.org"))
    visit = await native.book("seat", guests=guest(spelling))
    for query in ("aDa@example.org", spelling):
        assert await ids(native, f"contact={query}") == [visit["id"]]
        assert done(await native.get(f"/customers?contact={query}"))["customers"] == [ada]
    exported = done(await native.get(f"/customers/{ada['id']}/export"))
    assert [each["visit"]["id"] for each in exported["visits"]] == [visit["id"]]
    assert done(await native.post(f"/customers/{ada['id']}/erase")) == {"visits": 1}
    assert (await native.visit(visit))["contact"] is None
    assert (await native.visit(other))["contact"] is not None


async def test_a_second_address_is_erased_whatever_its_case(native):
    ada, visit = await made(native), await native.book("seat")
    async with native.context.pool.transaction(native.person.tenant) as tx:
        await tx.execute("UPDATE visit SET contact_alternate = 'ADA@example.org' WHERE visit_id = $1", visit["id"])
    assert done(await native.post(f"/customers/{ada['id']}/erase")) == {"visits": 1}


async def test_a_plus_sign_may_arrive_as_a_space(native):
    ada, visit = await made(native), await native.book("seat", guests=guest(PHONE, "phone"))
    for spelling in (PHONE, PHONE.replace("+", "%2B"), PHONE.replace("+", "%20")):
        assert await ids(native, f"contact={spelling}") == [visit["id"]]
        assert done(await native.get(f"/customers?contact={spelling}"))["customers"] == [ada]


@pytest.mark.parametrize("path", ["/holds", "/visits"])
async def test_a_guest_says_whose_visit_it_is(native, path):
    ada, visits = await made(native), []
    for key in ({}, {"Idempotency_Key": "once"}, {"Idempotency_Key": "once"}):
        parts = [{"service": "seat"}, {"service": "seat", "guest": 1}]
        body = wanted("seat", parts=parts, guests=[{"customer": ada["id"]}, {}])
        visits = done(await native.post(path, body, **key), 201)["visits"]
        assert [visit["customer_id"] for visit in visits] == [ada["id"], None]
    listed = done(await native.get("/visits"))["visits"]
    assert [each["customer_id"] for each in listed if each["id"] == visits[0]["id"]] == [ada["id"]]
    assert (await native.visit(visits[0]))["customer_id"] == ada["id"]
    moved = done(await native.send("PATCH", f"/visits/{visits[0]['id']}", {"names": ["Ada"]}))
    assert moved["customer_id"] == ada["id"]
    assert done(await native.post(f"/customers/{ada['id']}/erase")) == {"visits": 2}


@pytest.mark.parametrize("who", ["nobody", "a stranger's", "somebody erased"])
async def test_a_visit_of_an_unknown_customer_is_not_taken(native, charlie, who):
    theirs = native.by(charlie) if who == "a stranger's" else native
    customer = {"id": str(uuid4())} if who == "nobody" else await made(theirs)
    if who == "somebody erased":
        done(await native.post(f"/customers/{customer['id']}/erase"))
    body = wanted("seat", guests=[{"customer": customer["id"]}])
    for path in ("/holds", "/visits"):
        refused(await native.post(path, body), 404, "customer_not_found")
    assert await native.rows("visit") == 0
    body = wanted("seat", guests=[{"customer": "ada"}])
    refused(await native.post("/holds", body), 422, "field_invalid", field="guests[0].customer")


async def test_to_say_whose_visit_it_is_heeds_its_version(native):
    ada, visit = await made(native), await native.book("seat")
    path = f"/visits/{visit['id']}/customer"
    for stale in ('"7"', 'W/"1"'):
        answer = await native.send("PUT", path, {"customer_id": ada["id"]}, If_Match=stale)
        refused(answer, 412, "version_stale", current=1)
    assert (await native.visit(visit))["customer_id"] is None
    answer = await native.send("PUT", path, {"customer_id": ada["id"]}, If_Match='"1"')
    assert (answer.status_code, answer.headers["etag"]) == (204, '"2"')
    read = await native.get(f"/visits/{visit['id']}")
    assert (read.headers["etag"], done(read)["customer_id"]) == ('"2"', ada["id"])
    again = await native.send("PUT", path, {"customer_id": ada["id"]}, If_Match='"2", "3"')
    assert (again.status_code, again.headers["etag"]) == (204, '"2"')


async def test_an_export_makes_as_many_calls_for_many_visits_as_for_one(native):
    ada, calls = await made(native), []
    for start in (0, 30, 60):
        visit = await native.book("seat", start=start, guests=[{"customer": ada["id"]}])
        counted = Spent()
        SPENT.set(counted)
        dossier = await customers.export(native.context, native.person.caller, ada["id"])
        calls.append(counted.calls)
        told = {each.id: [event.kind for event in events] for each, events in dossier.visits}
        assert told[type(dossier.visits[0][0].id)(visit["id"])] == ["confirmed"]
    assert len(set(calls)) == 1
    assert len(told) == 3
