"""From a credential to the caller. Every edge starts here."""

from datetime import timedelta

from appointed.core.caller import Caller
from appointed.core.errors import CredentialUnknown
from appointed.store import tenants
from appointed.usecases.context import Context, Known

# A revoked credential is refused everywhere within this time.
BELIEVED = timedelta(seconds=10)
CALLERS = 10_000


async def identify(context: Context, secret: str) -> Caller:
    """Who presents this key. Raises CredentialUnknown. Strangers are not remembered, and neither is the key."""
    now = context.clock()
    key_hash = tenants.hash_key(secret)
    known = context.callers.get(key_hash)
    if known is not None and now < known.until:
        return known.caller
    context.callers.pop(key_hash, None)
    caller = await tenants.identify(context.pool, secret)
    if caller is None:
        raise CredentialUnknown
    context.callers[key_hash] = Known(caller, now + BELIEVED)
    if len(context.callers) > CALLERS:
        context.callers.popitem(last=False)
    return caller
