"""A customer who is erased is in no column of the database any more, and the audit is whole."""

import json

from appointed.usecases.audit import open_ledger, seal, verify
from native_client import done, refused, wanted
from proofs.raw import connect

PERSONAL = ("Jane-4711", "Middle-4712", "Doe-4713", "Dr-4714", "jane4715@example.com", "+484716000", "Likes-4717",
            "Called-4718", "Child-4719", "Alternate-4720", "Told-4721", "Reference-4722", "1947-02-23", "Notes-4724",
            "Answer-4725")  # fmt: skip
GIVEN, MIDDLE, FAMILY, TITLE, EMAIL, PHONE, LIKES, CALLED, CHILD, ALTERNATE, TOLD, REFERENCE, BIRTH, NOTES, ANSWER = (
    PERSONAL
)
JANE = {
    "reference": REFERENCE,
    "birth_date": BIRTH,
    "title": TITLE,
    "given_name": GIVEN,
    "middle_name": MIDDLE,
    "family_name": FAMILY,
    "contacts": [{"channel": "email", "address": EMAIL}, {"channel": "phone", "address": PHONE}],
    "custom_data": {"likes": LIKES},
}


async def kept(dsn, *texts):
    """Which of these texts stand anywhere in the database, with the table they stand in."""
    owner = await connect(dsn, role=None)
    try:
        tables = await owner.fetch(
            "SELECT oid::regclass::text AS name FROM pg_class"
            " WHERE relnamespace = 'appointed'::regnamespace AND relkind = 'r'"
        )
        found = set()
        for table in tables:
            for text in texts:
                sql = f"SELECT EXISTS (SELECT FROM {table['name']} t WHERE position($1 IN t::text) > 0)"
                if await owner.fetchval(sql, text):
                    found.add((text, table["name"]))
        return found
    finally:
        await owner.close()


async def whole(native, dsn):
    async with open_ledger(dsn) as ledger:
        return [found async for found in verify(ledger, native.person.tenant, lambda: None)] == []


async def test_nothing_of_an_erased_customer_is_kept(native, dsn):
    """Neither in the record nor in visits, their events, or what is kept for requests that come again."""
    child = done(await native.post("/customers", {"given_name": CHILD}), 201)
    jane = done(
        await native.post(
            "/customers", {**JANE, "relations": [{"kind": "parent", "to": child["id"]}]}, Idempotency_Key="j"
        ),
        201,
    )
    await native.ask_why()
    guest = {
        "contact": {"channel": "email", "address": EMAIL},
        "names": [CALLED],
        "custom_data": {"told": TOLD},
        "notes": NOTES,
    }
    guest_of_cut = guest | {"answers": [{"question": "Why?", "texts": [ANSWER]}]}
    body = wanted("cut", guests=[guest_of_cut])
    by_contact = done(await native.post("/visits", body, Idempotency_Key="v"), 201)["visits"][0]
    group = wanted("seat", guests=[guest, {"names": ["Neighbour"]}], parts=[
        {"service": "seat"}, {"service": "seat", "guest": 1},
    ])  # fmt: skip
    together = done(await native.post("/holds", group, Idempotency_Key="g"), 201)
    named = await native.book("seat", start=60, guests=[{"names": [CALLED]}])
    await native.send("PUT", f"/visits/{named['id']}/customer", {"customer_id": jane["id"]})
    async with native.context.pool.transaction(native.person.tenant) as tx:
        add = "SELECT event_add($1, $2, 'noted', now(), 'tester', $3)"
        await tx.execute(add, native.person.tenant, named["id"], json.dumps({"said": TOLD}))
        await tx.execute("UPDATE visit SET contact_alternate = $1 WHERE visit_id = $2", ALTERNATE, named["id"])
    await seal(native.context, native.person.tenant)
    before = await native.visit(by_contact)
    assert {text for text, _ in await kept(dsn, *PERSONAL)} == set(PERSONAL)

    assert done(await native.post(f"/customers/{jane['id']}/erase")) == {"visits": 3}

    assert await kept(dsn, *(text for text in PERSONAL if text != CHILD)) == set()
    assert {table for _, table in await kept(dsn, "Neighbour")} == {"visit", "idempotency"}
    after = await native.visit(by_contact)
    gone = {"contact": None, "names": None, "custom_data": None, "notes": None, "answers": []}
    assert after == before | gone | {"version": before["version"] + 1}
    assert done(await native.get(f"/customers/{child['id']}"))["related"] == []
    assert await whole(native, dsn)
    await seal(native.context, native.person.tenant)
    assert await whole(native, dsn)
    again = done(await native.post("/visits", body, Idempotency_Key="v"), 201)["visits"][0]
    assert again == by_contact | gone
    again = done(await native.post("/holds", group, Idempotency_Key="g"), 201)
    assert [visit["names"] for visit in again["visits"]] == [None, ["Neighbour"]]
    assert again["group_id"] == together["group_id"]


async def test_an_erased_customer_is_not_there_and_is_not_erased_twice(native):
    jane = done(await native.post("/customers", JANE), 201)
    path = f"/customers/{jane['id']}"
    done(await native.post(f"{path}/erase"))
    for answer in (
        await native.get(path),
        await native.send("PATCH", path, {"given_name": "Jo"}),
        await native.get(f"{path}/export"),
        await native.post(f"{path}/erase"),
    ):
        refused(answer, 404, "customer_not_found")
    assert done(await native.get("/customers"))["customers"] == []
    visit = await native.book()
    answer = await native.send("PUT", f"/visits/{visit['id']}/customer", {"customer_id": jane["id"]})
    refused(answer, 404, "customer_not_found")


async def test_what_the_erasure_left_stays_taken_and_is_told_without_names(native):
    jane = done(await native.post("/customers", JANE), 201)
    visit = await native.book("colour", guests=[{"contact": {"channel": "phone", "address": PHONE}}])
    free = await native.slots("service=colour&date=2020-11-30")
    done(await native.post(f"/customers/{jane['id']}/erase"))
    assert await native.slots("service=colour&date=2020-11-30") == free
    assert (await native.visit(visit))["state"] == "confirmed"
    assert await native.kinds(visit) == ["confirmed", "erased"]
    (event,) = done(await native.get("/audit/events"))["events"]
    assert (event["kind"], event["data"]) == ("customer_erased", {"customer": jane["id"], "visits": 1})


async def test_a_contact_that_is_shared_takes_nothing_from_whoever_is_named(native, dsn):
    """A mother's address on the visit of her child, who is a customer too."""
    jane = done(await native.post("/customers", JANE), 201)
    child = done(await native.post("/customers", {"given_name": CHILD}), 201)
    visit = await native.book("seat", guests=[{"contact": {"channel": "phone", "address": PHONE}}])
    await native.send("PUT", f"/visits/{visit['id']}/customer", {"customer_id": child["id"]})
    assert done(await native.post(f"/customers/{jane['id']}/erase")) == {"visits": 0}
    assert (await native.visit(visit))["contact"]["address"] == PHONE
    assert done(await native.post(f"/customers/{child['id']}/erase")) == {"visits": 1}
    assert await kept(dsn, PHONE) == set()
