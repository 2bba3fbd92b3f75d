"""A credential that is revoked, and given again."""

import secrets
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from appointed.core.caller import Scope
from appointed.core.errors import CredentialUnknown
from appointed.store import tenants
from appointed.usecases.context import Context
from appointed.usecases.identify import BELIEVED, identify
from people import Person


async def revoke(context: Context, person: Person) -> None:
    async with context.pool.transaction(person.tenant) as tx:
        revoke = "UPDATE credential SET revoked_at = $2 WHERE credential_id = $1"
        assert await tx.execute(revoke, person.caller.credential, context.clock()) == "UPDATE 1"


async def give(context: Context, person: Person, key: str) -> None:
    caller = person.caller
    async with context.pool.transaction(person.tenant) as tx:
        await tenants.add_credential(
            tx, caller.tenant, caller.credential, key, "again", frozenset({Scope.READ}), context.clock()
        )


@pytest.mark.parametrize("same_key", [True, False])
async def test_a_revoked_credential_that_is_given_again_lives(context: Context, alice: Person, same_key: bool) -> None:
    """With what it is given for now, and under the new key alone."""
    await revoke(context, alice)
    with pytest.raises(CredentialUnknown):
        await identify(context, alice.key)
    key = alice.key if same_key else secrets.token_urlsafe(32)
    await give(context, alice, key)
    caller = await identify(context, key)
    assert caller == replace(alice.caller, actor="again", scopes=frozenset({Scope.READ}))
    if not same_key:
        with pytest.raises(CredentialUnknown):
            await identify(context, alice.key)


async def test_a_revoked_credential_is_refused_in_time(context: Context, alice: Person) -> None:
    """Ten seconds after, by the server's clock, wherever it was used before."""
    now = context.clock()

    def at(instant: datetime) -> Context:
        return replace(context, clock=lambda: instant)

    assert await identify(at(now), alice.key) == alice.caller
    await revoke(context, alice)
    assert await identify(at(now + BELIEVED - timedelta(seconds=1)), alice.key) == alice.caller
    with pytest.raises(CredentialUnknown):
        await identify(at(now + BELIEVED), alice.key)
    assert timedelta(seconds=10) >= BELIEVED
