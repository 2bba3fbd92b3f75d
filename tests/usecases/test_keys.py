"""Keys: made by those who may, for no more than they may, and gone when they are revoked."""

import hashlib
import re
from dataclasses import replace
from datetime import timedelta

import pytest

from appointed.core.caller import ROLES, Caller, KeyRole, Scope, role_of
from appointed.core.errors import CredentialNotFound, CredentialUnknown, ScopeMissing
from appointed.store.audit import own_events
from appointed.usecases.context import Context
from appointed.usecases.identify import BELIEVED, identify
from appointed.usecases.keys import create_key, list_keys, revoke_key_of
from people import Person


def may(person: Person, *scopes: Scope) -> Caller:
    return replace(person.caller, scopes=frozenset(scopes))


def test_each_role_may_do_what_those_before_it_may() -> None:
    assert [role_of(scopes) for scopes in ROLES.values()] == list(KeyRole)
    assert ROLES[KeyRole.READER] == {Scope.READ}
    assert ROLES[KeyRole.BOOKING] == {Scope.READ, Scope.BOOK, Scope.RESCHEDULE, Scope.CANCEL}
    assert ROLES[KeyRole.STAFF] == ROLES[KeyRole.BOOKING] | {Scope.OVERBOOK}
    assert ROLES[KeyRole.OWNER] == set(Scope)
    assert ROLES[KeyRole.MANAGER] == set(Scope) - {Scope.ADMINISTER}
    assert role_of(frozenset({Scope.BOOK})) is None


async def test_a_new_key_acts_for_the_tenant_as_far_as_it_may(context: Context, alice: Person) -> None:
    made = await create_key(context, alice.caller, "website", ROLES[KeyRole.BOOKING])
    caller = await identify(context, made.secret)
    assert (caller.tenant, caller.actor, caller.scopes) == (alice.tenant, "website", ROLES[KeyRole.BOOKING])
    assert caller.credential == made.key.id
    assert re.fullmatch(r"apt_[A-Za-z0-9_-]{43}", made.secret)


async def test_of_a_secret_only_the_hash_is_kept(context: Context, alice: Person) -> None:
    made = await create_key(context, alice.caller, "website", ROLES[KeyRole.READER])
    async with context.pool.transaction(alice.tenant) as tx:
        kept = await tx.fetchval("SELECT key_hash FROM credential WHERE credential_id = $1", made.key.id)
        rows = await tx.fetch("SELECT c::text AS row FROM credential c UNION ALL SELECT e::text FROM event e")
    assert kept == hashlib.sha256(made.secret.encode()).digest()
    assert [row["row"] for row in rows if made.secret in row["row"]] == []
    assert made.secret.startswith(made.key.prefix)
    assert len(made.key.prefix) == 10


async def test_nobody_makes_a_key_that_may_more_than_they(context: Context, alice: Person) -> None:
    caller = may(alice, Scope.ADMINISTER, Scope.READ)
    with pytest.raises(ScopeMissing) as refused:
        await create_key(context, caller, "more", {Scope.READ, Scope.BOOK})
    assert refused.value.scope == "book"
    assert (await create_key(context, caller, "as much", {Scope.READ})).key.scopes == {Scope.READ}
    assert "more" not in {key.name for key in await list_keys(context, alice.caller)}


async def test_only_who_may_administer_sees_or_changes_keys(context: Context, alice: Person) -> None:
    caller = may(alice, *set(Scope) - {Scope.ADMINISTER})
    assert alice.caller.credential is not None
    for attempt in (
        list_keys(context, caller),
        create_key(context, caller, "one", {Scope.READ}),
        revoke_key_of(context, caller, alice.caller.credential),
    ):
        with pytest.raises(ScopeMissing):
            await attempt
    assert [key.revoked_at for key in await list_keys(context, alice.caller)] == [None]


async def test_a_revoked_key_is_refused_here_at_once(context: Context, alice: Person) -> None:
    made = await create_key(context, alice.caller, "website", {Scope.READ})
    await identify(context, made.secret)
    await revoke_key_of(context, alice.caller, made.key.id)
    with pytest.raises(CredentialUnknown):
        await identify(context, made.secret)


async def test_a_revoked_key_is_refused_elsewhere_within_ten_seconds(context: Context, alice: Person) -> None:
    """Another process has its own callers at hand, and believes them for so long."""
    made = await create_key(context, alice.caller, "website", {Scope.READ})
    now = context.clock()
    other = Context(context.pool, lambda: now)
    await identify(other, made.secret)
    await revoke_key_of(context, alice.caller, made.key.id)
    assert (await identify(other, made.secret)).credential == made.key.id
    with pytest.raises(CredentialUnknown):
        await identify(replace(other, clock=lambda: now + timedelta(seconds=10)), made.secret)
    assert timedelta(seconds=10) >= BELIEVED


async def test_the_audit_names_the_key_and_whoever_did_it(context: Context, alice: Person) -> None:
    """Once for each: what is revoked already is not revoked again. The time is the server's."""
    now = context.clock()
    at_once = replace(context, clock=lambda: now)
    made = await create_key(at_once, alice.caller, "website", {Scope.READ})
    for _ in range(2):
        await revoke_key_of(at_once, alice.caller, made.key.id)
    found = await own_events(context.pool, alice.tenant, -1, 10)
    assert [(event.kind, event.actor, event.at) for event in found] == [
        ("key_created", "tester", now),
        ("key_revoked", "tester", now),
    ]
    assert found[0].data == {"key": str(made.key.id), "name": "website", "scopes": ["read"]}


async def test_a_strangers_key_is_nobodys(context: Context, alice: Person, charlie: Person) -> None:
    made = await create_key(context, alice.caller, "website", {Scope.READ})
    with pytest.raises(CredentialNotFound):
        await revoke_key_of(context, charlie.caller, made.key.id)
    await identify(context, made.secret)
    assert made.key.id not in {key.id for key in await list_keys(context, charlie.caller)}
