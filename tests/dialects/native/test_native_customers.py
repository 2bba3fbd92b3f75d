"""Customers over our own API: kept, found, changed, given out."""

from uuid import uuid4  # noqa: TID251 - tests make identities too

import pytest

from appointed.core.caller import Scope
from native_client import done, refused
from people import MORNING, new_colleague

JANE = {
    "title": "Dr",
    "given_name": "Jane",
    "middle_name": "Q",
    "family_name": "Doe",
    "contacts": [{"channel": "email", "address": "jane@example.com"}, {"channel": "phone", "address": "+48123456789"}],
    "locale": "pl",
    "custom_data": {"number": 7, "Likes": ["quiet"]},
}


async def made(native, body):
    return done(await native.post("/customers", body), 201)


async def test_a_customer_is_kept_as_told(native):
    answer = await native.post("/customers", JANE)
    customer = done(answer, 201)
    assert {name: customer[name] for name in JANE} == JANE
    assert (customer["version"], customer["relations"], customer["related"]) == (1, [], [])
    assert customer["created_at"] == MORNING.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert answer.headers["location"] == f"/v1/customers/{customer['id']}"
    assert done(await native.get(f"/customers/{customer['id']}")) == customer


async def test_of_somebody_nothing_need_be_known(native):
    customer = await made(native, {})
    assert (customer["given_name"], customer["contacts"], customer["custom_data"]) == ("", [], None)


async def test_a_change_leaves_alone_what_it_does_not_name(native):
    customer = await made(native, JANE)
    path = f"/customers/{customer['id']}"
    changed = done(await native.send("PATCH", path, {"family_name": "Roe", "locale": None, "contacts": []}))
    assert changed == customer | {"family_name": "Roe", "locale": None, "contacts": [], "version": 2}
    assert done(await native.get(path)) == changed


async def test_a_stale_version_changes_nothing(native):
    customer = await made(native, JANE)
    path = f"/customers/{customer['id']}"
    answer = await native.get(path)
    tag = answer.headers["etag"]
    assert (await native.get(path, If_None_Match=tag)).status_code == 304
    done(await native.send("PATCH", path, {"family_name": "Roe"}, If_Match=tag))
    refused(await native.send("PATCH", path, {"family_name": "Poe"}, If_Match=tag), 412, "version_stale", current=2)
    assert done(await native.get(path))["family_name"] == "Roe"


async def test_ties_are_seen_from_both_sides(native):
    mother, child = await made(native, JANE), await made(native, {"given_name": "Jo"})
    path = f"/customers/{mother['id']}"
    ties = [{"kind": "guardian", "to": child["id"]}, {"kind": "parent", "to": child["id"]}]
    changed = done(await native.send("PATCH", path, {"relations": ties}))
    assert sorted(changed["relations"], key=str) == ties
    seen = done(await native.get(f"/customers/{child['id']}"))
    assert sorted(tie["kind"] for tie in seen["related"]) == ["guardian", "parent"]
    assert {tie["from"] for tie in seen["related"]} == {mother["id"]}
    done(await native.send("PATCH", f"/customers/{child['id']}", {"given_name": "Joe"}))
    assert len(done(await native.get(path))["relations"]) == 2
    assert done(await native.send("PATCH", path, {"relations": []}))["relations"] == []


@pytest.mark.parametrize("who", ["nobody", "a stranger's", "oneself", "somebody erased"])
async def test_a_tie_leads_to_another_customer_of_ones_own(native, charlie, who):
    customer = await made(native, JANE)
    ids = {"nobody": str(uuid4()), "oneself": customer["id"]}
    if who == "somebody erased":
        ids[who] = (await made(native, {}))["id"]
        done(await native.post(f"/customers/{ids[who]}/erase"))
    to = ids.get(who) or (await made(native.by(charlie), JANE))["id"]
    body = {"family_name": "Roe", "relations": [{"kind": "partner", "to": to}]}
    answer = await native.send("PATCH", f"/customers/{customer['id']}", body)
    refused(answer, 422, "field_invalid", field="relations.to", expected="known_customer")
    assert done(await native.get(f"/customers/{customer['id']}")) == customer


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"contacts": [{"channel": "email", "address": "nowhere"}]}, "contacts[0].address"),
        ({"contacts": [{"channel": "pigeon", "address": "x"}]}, "contacts[0].channel"),
        ({"given_name": 7}, "given_name"),
        ({"given_name": "x" * 256}, "given_name"),
        ({"reference": ""}, "reference"),
        ({"birth_date": "2001-02-29"}, "birth_date"),
        ({"contacts": [{"channel": "email", "address": "x" * 501}]}, "contacts[0].address"),
        ({"custom_data": {"x": "é" * 32_765}}, "custom_data"),
        ({"relations": [{"kind": "cousin", "to": str(uuid4())}]}, "relations[0].kind"),
        ({"nickname": "Jo"}, "nickname"),
        ({"custom_data": "text"}, "custom_data"),
    ],
)
async def test_a_wrong_field_is_named(native, body, field):
    refused(await native.post("/customers", body), 422, "field_invalid", field=field)
    assert await native.rows("customer") == 0


async def test_a_date_of_birth_has_been_somewhere(native):
    """The clock of the sandbox shows the thirtieth of November 2020, everywhere where the tenant is."""
    refused(await native.post("/customers", {"birth_date": "2020-12-01"}), 422, "birth_date_ahead")
    assert await native.rows("customer") == 0
    jane = await made(native, {"birth_date": "2020-11-30"})
    path = f"/customers/{jane['id']}"
    refused(await native.send("PATCH", path, {"birth_date": "2999-01-01"}), 422, "birth_date_ahead")
    assert done(await native.get(path))["birth_date"] == "2020-11-30"
    answer = await native.send("PATCH", path, {"birth_date": "0000-01-01"})
    refused(answer, 422, "field_invalid", field="birth_date", expected="date")


async def test_data_of_the_callers_own_may_be_64_kib(native):
    data = {"x": "é" * 32_764}
    customer = await made(native, {"custom_data": data})
    assert customer["custom_data"] == data
    path = f"/customers/{customer['id']}"
    longer = {"custom_data": {"x": "x" * 65_529}}
    refused(await native.send("PATCH", path, longer), 422, "field_invalid", field="custom_data", expected="shorter")


async def test_the_list_has_all_page_by_page(native):
    ids = [(await made(native, {"given_name": str(number)}))["id"] for number in range(5)]
    found, cursor = [], ""
    while cursor is not None:
        page = done(await native.get(f"/customers?limit=2{cursor and f'&cursor={cursor}'}"))
        assert len(page["customers"]) <= 2
        found += [each["id"] for each in page["customers"]]
        cursor = page["next"]
    assert sorted(found) == sorted(ids)
    for cursor in ("x", ids[0], "f_________________________________"):
        refused(await native.get(f"/customers?cursor={cursor}"), 422, "field_invalid", field="cursor")
    refused(await native.get("/customers?limit=201"), 422, "field_invalid", field="limit")


async def test_a_customer_is_found_by_a_contact(native, charlie):
    jane = await made(native, JANE)
    await made(native, {"contacts": [{"channel": "email", "address": "jo@example.com"}]})
    for contact in ("jane@example.com", "%2B48123456789", "Jane@Example.com"):
        assert done(await native.get(f"/customers?contact={contact}"))["customers"] == [jane]
    assert done(await native.get("/customers?contact=jane"))["customers"] == []
    assert done(await native.by(charlie).get("/customers?contact=jane@example.com"))["customers"] == []


async def test_one_key_makes_one_customer(native):
    key = {"Idempotency_Key": "once"}
    first, again = [await native.post("/customers", JANE, **key) for _ in range(2)]
    assert done(first, 201) == done(again, 201)
    refused(await native.post("/customers", {}, **key), 422, "key_reused")
    assert await native.rows("customer") == 1


async def test_a_visit_says_whose_it_is(native, charlie):
    jane, visit = await made(native, JANE), await native.book()
    path = f"/visits/{visit['id']}/customer"
    for _ in range(2):
        answer = await native.send("PUT", path, {"customer_id": jane["id"]})
        assert (answer.status_code, answer.content) == (204, b"")
    assert (await native.visit(visit))["version"] == visit["version"] + 1
    assert await native.kinds(visit) == ["confirmed", "changed"]
    theirs = await made(native.by(charlie), JANE)
    for nobody in (str(uuid4()), theirs["id"]):
        refused(await native.send("PUT", path, {"customer_id": nobody}), 404, "customer_not_found")
    exported = done(await native.get(f"/customers/{jane['id']}/export"))
    assert [each["visit"]["id"] for each in exported["visits"]] == [visit["id"]]
    assert (await native.send("PUT", path, {"customer_id": None})).status_code == 204
    assert done(await native.get(f"/customers/{jane['id']}/export"))["visits"] == []


async def test_an_export_has_all_that_is_known(native, charlie):
    """Visits that name the customer, and those with a contact of theirs that name nobody else."""
    jane, other = await made(native, JANE), await made(native, {})
    contact = {"channel": "email", "address": "jane@example.com"}
    by_contact = await native.book("seat", guests=[{"contact": contact, "names": ["Jane"], "custom_data": {"a": 1}}])
    named = await native.book("seat", start=30)
    await native.send("PUT", f"/visits/{named['id']}/customer", {"customer_id": jane["id"]})
    shared = await native.book("seat", start=60, guests=[{"contact": contact}])
    await native.send("PUT", f"/visits/{shared['id']}/customer", {"customer_id": other["id"]})
    exported = done(await native.get(f"/customers/{jane['id']}/export"))
    assert exported["customer"] == jane
    found = {each["visit"]["id"]: each for each in exported["visits"]}
    assert set(found) == {by_contact["id"], named["id"]}
    assert found[by_contact["id"]]["visit"] == by_contact
    assert [event["kind"] for event in found[named["id"]]["events"]] == ["confirmed", "changed"]
    events = done(await native.get("/audit/events"))["events"]
    assert [(each["kind"], each["actor"], each["data"]) for each in events] == [
        ("customer_exported", "tester", {"customer": jane["id"]})
    ]


async def test_only_who_may_administer_exports_and_erases(native):
    jane = await made(native, JANE)
    colleague = await new_colleague(native.context, native.person.tenant, scopes=frozenset({Scope.READ, Scope.BOOK}))
    theirs = native.by(colleague)
    assert done(await theirs.get(f"/customers/{jane['id']}")) == jane
    refused(await theirs.get(f"/customers/{jane['id']}/export"), 403, "scope_missing", scope="administer")
    refused(await theirs.post(f"/customers/{jane['id']}/erase"), 403, "scope_missing", scope="administer")
    assert done(await native.get(f"/customers/{jane['id']}")) == jane
