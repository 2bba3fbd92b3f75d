"""Access tokens: got for a credential's secret, good for an hour, judged without asking the database for each.

All times are the server's, a sandbox's too. A key signs for a week; its successor is told a day before it begins, and
it is accepted until the last token that it signed is over. What a process has read of keys and of changed credentials
it believes for five seconds, and for ten where the database does not answer; so a credential that is revoked, or whose
secret or scopes are replaced, takes its tokens with it within ten seconds everywhere, and here at once.
"""

import asyncio
import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from appointed.core.caller import Caller, Scope
from appointed.core.errors import CredentialUnknown, ScopeMissing, StoreUnavailable
from appointed.core.ids import CredentialId, TenantId
from appointed.store import signing as store
from appointed.store.signing import Known, SigningKey
from appointed.usecases.clock import new_id
from appointed.usecases.context import Context
from appointed.usecases.signing import Claims, KeyUnknownError, TokenUnreadableError, sign, verify
from appointed.usecases.tokens_at_hand import Verified

LIFETIME = timedelta(hours=1)
SIGNS_FOR = timedelta(days=7)
TOLD_BEFORE = timedelta(days=1)
# Longer than a token lives by what two machines' clocks may differ, and some.
ACCEPTED_AFTER = LIFETIME + timedelta(minutes=5)
# Changes are looked at for longer than any token lives.
CHANGED_WITHIN = timedelta(hours=2)

BELIEVED = timedelta(seconds=5)
BELIEVED_ALONE = timedelta(seconds=10)
# However many tokens name keys that nobody knows, they lead to one question in this time.
ASKED_AGAIN = timedelta(seconds=2)
TRIED_AGAIN = timedelta(seconds=1)
ANSWER_SECONDS = 3
# A key made by hand begins when every process has had the time to hear of it.
HEARD_OF = timedelta(seconds=15)
CLOCKS_APART = timedelta(seconds=5)
SECRET_BYTES = 32

_SCOPES = frozenset(scope.value for scope in Scope)


@dataclass(frozen=True, slots=True)
class Token:
    """An access token, for how many seconds it is good, and what it lets whom do."""

    access_token: str
    expires_in: int
    caller: Caller

    @property
    def scopes(self) -> frozenset[Scope]:
        """What it is good for."""
        return self.caller.scopes


async def issue(
    context: Context,
    *,
    audience: str,
    credential: str,
    secret: str,
    wanted: frozenset[Scope] | None = None,
    at_most: frozenset[Scope] = frozenset(Scope),
    tenant_named: str | None = None,
    admit: Callable[[Caller], object] | None = None,
) -> Token:
    """A token of the dialect `audience` for the credential with this id and secret.

    It may do what is `wanted`, or where nothing is named all that the credential may, but nothing beyond `at_most`.
    `tenant_named` has to be the tenant's slug or name, whatever its case and without regard to spaces. `admit`
    is told who asks as soon as that is known, and what it raises ends it there. Raises CredentialUnknown, whichever of
    these does not fit; ScopeMissing where the credential may not do what is wanted; StoreUnavailable.
    """
    now = context.clock()
    try:
        identity = CredentialId(UUID(credential))
    except ValueError:
        raise CredentialUnknown from None
    grant = await store.grant(context.pool, identity, secret)
    if grant is None or (tenant_named is not None and not _fits(tenant_named, grant.names)):
        raise CredentialUnknown
    if admit is not None:
        admit(grant.caller)
    for scope in sorted(wanted or ()):
        grant.caller.require(scope)
        if scope not in at_most:
            raise ScopeMissing(scope=scope.value)
    scopes = grant.caller.scopes & at_most if wanted is None else wanted
    claims = Claims(
        aud=audience,
        sub=identity,
        tenant=grant.caller.tenant,
        actor=grant.caller.actor,
        scope=" ".join(sorted(scopes)),
        sandbox=grant.caller.sandbox,
        grant=grant.digest,
        iat=now.timestamp(),
        exp=(now + LIFETIME).timestamp(),
    )
    text = sign(claims, await _signing_key(context, now))
    return Token(text, int(LIFETIME.total_seconds()), _caller(claims))


async def identify_by_token(context: Context, audience: str, token: str) -> Caller:
    """Who presents this token, which has to be one of the dialect `audience`.

    Raises CredentialUnknown, and StoreUnavailable where what is at hand is too old to say yes by.
    """
    hand, now = context.tokens, context.clock()
    known = hand.young(now, BELIEVED) or await _known(context, now)
    digest = hashlib.sha256(f"{audience}\0{token}".encode(errors="surrogatepass")).digest()
    verified = hand.verified.get(digest)
    if verified is None:
        verified, known = await _verify(context, audience, token, known, now)
        hand.remember(digest, verified)
    if now >= verified.ends_at:
        hand.verified.pop(digest, None)
        raise CredentialUnknown
    key, credential = known.keys.get(verified.key), verified.caller.credential
    if credential is None or known.changed.get(credential, verified.grant) != verified.grant:
        raise CredentialUnknown
    if key is None or now >= key.ends_at:
        raise CredentialUnknown
    return verified.caller


@dataclass(frozen=True, slots=True)
class Rotation:
    """The key that signs from now on, how many others stay accepted, and how many are gone."""

    key: SigningKey
    accepted: int
    ended: int


async def rotate_signing_key(context: Context, *, end_others: bool = False) -> Rotation:
    """Let a new key sign from now on, as soon as every process has heard of it; for operators.

    The others stay accepted until the tokens they signed are over, or with `end_others` their tokens end: here at once,
    elsewhere within ten seconds.
    """
    now = context.clock()
    begins = now if end_others else now + HEARD_OF
    until = begins + SIGNS_FOR
    key = SigningKey(new_id(), secrets.token_bytes(SECRET_BYTES), now, begins, until, until + ACCEPTED_AFTER)
    accepted, ended = await store.replace_keys(context.pool, now, key, ACCEPTED_AFTER, at_once=end_others)
    context.tokens.moved()
    return Rotation(key, accepted, ended)


async def signing_keys(context: Context) -> list[SigningKey]:
    """The keys that are accepted, or will be, in the order in which they sign."""
    known = await _ask(context)
    return list(known.keys.values())


async def end_signing_keys(context: Context) -> int:
    """Forget the keys of which no token is good any more; how many there were."""
    return await store.end_keys(context.pool, context.clock())


async def _signing_key(context: Context, now: datetime) -> SigningKey:
    """The key that signs now. One is made where there is none, and the next one a day before this one ends."""
    known = await _ask(context)
    key = _signing_now(known, now)
    if key is None or max(each.signs_until for each in known.keys.values()) <= now + TOLD_BEFORE:
        made = secrets.token_bytes(SECRET_BYTES)
        await store.add_key(context.pool, now, new_id(), made, SIGNS_FOR, TOLD_BEFORE, ACCEPTED_AFTER)
        context.tokens.moved()
        key = _signing_now(await _ask(context), now)
    if key is None:
        raise StoreUnavailable
    return key


def _signing_now(known: Known, now: datetime) -> SigningKey | None:
    """The one that began last, of those that sign now."""
    return max(
        (key for key in known.keys.values() if key.signs_from <= now < key.signs_until),
        key=lambda key: (key.signs_from, key.id),
        default=None,
    )


async def _verify(context: Context, audience: str, token: str, known: Known, now: datetime) -> tuple[Verified, Known]:
    """What an unknown token says, and what is known by then: where its key is not, the database is asked, though not
    for each."""
    try:
        claims, key = verify(token, known.keys)
    except TokenUnreadableError:
        raise CredentialUnknown from None
    except KeyUnknownError:
        claims, key, known = await _verify_anew(context, token, known, now)
    if claims.aud != audience or claims.iat > (now + CLOCKS_APART).timestamp():
        raise CredentialUnknown
    return Verified(_caller(claims), key, claims.grant, datetime.fromtimestamp(claims.exp, UTC)), known


async def _verify_anew(context: Context, token: str, known: Known, now: datetime) -> tuple[Claims, UUID, Known]:
    """The same for a token whose key is not among the `known` ones, unless those were read just now."""
    if now - known.read_at < ASKED_AGAIN:
        raise CredentialUnknown
    anew = await _known(context, now)
    if anew is known:
        raise StoreUnavailable
    try:
        return *verify(token, anew.keys), anew
    except (TokenUnreadableError, KeyUnknownError):
        raise CredentialUnknown from None


async def _known(context: Context, now: datetime) -> Known:
    """What the database says now, or where it does not answer what it said a moment ago. Raises StoreUnavailable."""
    hand = context.tokens
    failed = hand.failed_at
    if failed is None or abs(now - failed) >= TRIED_AGAIN:
        try:
            return await _ask(context)
        except StoreUnavailable:
            hand.failed_at = now
    known = hand.young(context.clock(), BELIEVED_ALONE)
    if known is None:
        raise StoreUnavailable
    return known


async def _ask(context: Context) -> Known:
    """What the database says, in one question for all who ask at once. Raises StoreUnavailable."""

    async def read() -> Known:
        now, turn = context.clock(), context.tokens.turn
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                known = await store.known(context.pool, now, now - CHANGED_WITHIN)
        except TimeoutError:
            raise StoreUnavailable from None
        context.tokens.keep(known, turn)
        return known

    return await context.sharing.ask(identify_by_token, read)


def _caller(claims: Claims) -> Caller:
    """Whom a token is for. A scope that this release does not know is none."""
    scopes = frozenset(Scope(scope) for scope in claims.scope.split() if scope in _SCOPES)
    return Caller(TenantId(claims.tenant), CredentialId(claims.sub), claims.actor, scopes, sandbox=claims.sandbox)


def _fits(named: str, names: tuple[str, ...]) -> bool:
    wanted = _folded(named)
    return wanted != "" and wanted in map(_folded, names)


def _folded(name: str) -> str:
    return "".join(name.split()).casefold()
