"""Keys over our own API, and what the audit tells of them."""

from uuid import uuid4  # noqa: TID251 - tests make identities too

import pytest

from appointed.core.caller import Scope
from native_client import done, refused
from people import Person, new_colleague


def holding(native, secret):
    return native.by(Person(secret, native.person.caller))


async def test_a_key_is_made_listed_used_and_revoked(native):
    made = done(await native.post("/keys", {"name": "website", "role": "booking"}), 201)
    key, secret = made["key"], made["secret"]
    assert (key["name"], key["role"], key["scopes"], key["revoked_at"]) == (
        "website",
        "booking",
        ["read", "book", "reschedule", "cancel"],
        None,
    )
    assert secret.startswith(key["prefix"])
    theirs = holding(native, secret)
    me = done(await theirs.get("/me"))
    assert (me["actor"], me["scopes"]) == ("website", ["book", "cancel", "read", "reschedule"])
    refused(await theirs.get("/keys"), 403, "scope_missing", scope="administer")
    listed = await native.get("/keys")
    assert key in done(listed)["keys"]
    assert secret not in listed.text
    for _ in range(2):
        answer = await native.send("DELETE", f"/keys/{key['id']}")
        assert (answer.status_code, answer.content) == (204, b"")
    refused(await theirs.get("/me"), 401, "credential_unknown")
    (gone,) = [each for each in done(await native.get("/keys"))["keys"] if each["id"] == key["id"]]
    assert gone["revoked_at"] > gone["created_at"]
    assert gone == key | {"revoked_at": gone["revoked_at"]}


async def test_scopes_that_are_no_role_have_none(native):
    made = done(await native.post("/keys", {"name": "odd", "scopes": ["administer", "book", "book"]}), 201)
    assert (made["key"]["role"], made["key"]["scopes"]) == (None, ["book", "administer"])


async def test_nobody_gives_what_they_lack(native):
    colleague = await new_colleague(
        native.context, native.person.tenant, scopes=frozenset({Scope.ADMINISTER, Scope.READ})
    )
    theirs = native.by(colleague)
    refused(await theirs.post("/keys", {"name": "x", "role": "booking"}), 403, "scope_missing", scope="book")
    done(await theirs.post("/keys", {"name": "x", "role": "reader"}), 201)


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"role": "reader"}, "field_missing", "name"),
        ({"name": "", "role": "reader"}, "field_invalid", "name"),
        ({"name": "x"}, "field_missing", "role"),
        ({"name": "x", "role": "king"}, "field_invalid", "role"),
        ({"name": "x", "scopes": []}, "field_invalid", "scopes"),
        ({"name": "x", "scopes": ["fly"]}, "field_invalid", "scopes[0]"),
        ({"name": "x", "role": "reader", "scopes": ["read"]}, "field_invalid", "scopes"),
        ({"name": "x", "role": "reader", "secret": "mine"}, "field_invalid", "secret"),
    ],
)
async def test_a_wrong_field_is_named(native, body, code, field):
    refused(await native.post("/keys", body), 422, code, field=field)
    assert await native.rows("credential") == 1


@pytest.mark.parametrize("key", [str(uuid4()), "x"], ids=["unknown", "no id"])
async def test_a_key_that_is_none_is_not_revoked(native, key):
    refused(await native.send("DELETE", f"/keys/{key}"), 404, "credential_not_found")


async def test_the_audit_is_read_page_by_page_and_only_ones_own(native, charlie):
    for number in range(3):
        done(await native.post("/keys", {"name": f"key {number}", "role": "reader"}), 201)
    first = done(await native.get("/audit/events?limit=2"))
    rest = done(await native.get(f"/audit/events?limit=2&cursor={first['next']}"))
    events = first["events"] + rest["events"]
    assert [(each["position"], each["data"]["name"]) for each in events] == [(n, f"key {n}") for n in range(3)]
    assert rest["next"] is None
    assert len({each["hash"] for each in events}) == 3
    assert done(await native.by(charlie).get("/audit/events")) == {"events": [], "next": None}
    for query, field in (("cursor=x", "cursor"), ("cursor=-1", "cursor"), ("limit=0", "limit"), ("limit=201", "limit")):
        refused(await native.get(f"/audit/events?{query}"), 422, "field_invalid", field=field)


async def test_visits_are_not_in_the_tenants_own_chain(native):
    await native.book()
    assert done(await native.get("/audit/events"))["events"] == []


@pytest.mark.parametrize(
    ("sent", "code", "challenge"),
    [
        (None, "credential_missing", "Bearer"),
        ("apt_x", "credential_missing", "Bearer"),
        ("Basic YTpi", "credential_missing", "Bearer"),
        ("Bearer apt_x", "credential_unknown", 'Bearer error="invalid_token"'),
    ],
)
async def test_whoever_is_not_known_is_told_how_a_key_is_sent(client, sent, code, challenge):
    """As RFC 9110 wants it of every 401, and RFC 6750 of one about a token."""
    answer = await client.get("/v1/me", headers={} if sent is None else {"Authorization": sent})
    refused(answer, 401, code)
    assert answer.headers["www-authenticate"] == challenge
