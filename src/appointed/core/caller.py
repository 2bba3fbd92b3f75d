"""Who is asking. Every edge makes one of these from its credential; nothing below an edge sees a header."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from appointed.core.errors import ScopeMissing, TenantForeign
from appointed.core.ids import CredentialId, TenantId


class Scope(StrEnum):
    """What a credential may do: look; take places and give back what was only held; give a promise another time; cancel
    it; take places beyond what there is; change the catalogue; and decide on keys, on a sandbox's clock and on what is
    known of a customer."""

    READ = "read"
    BOOK = "book"
    RESCHEDULE = "reschedule"
    CANCEL = "cancel"
    OVERBOOK = "overbook"
    CONFIGURE = "configure"
    ADMINISTER = "administer"


class KeyRole(StrEnum):
    """A name for scopes that go together: who looks; a website; those who work there; those who say what is on offer;
    and those who decide on everything."""

    READER = "reader"
    BOOKING = "booking"
    STAFF = "staff"
    MANAGER = "manager"
    OWNER = "owner"


_STEPS = (
    (KeyRole.READER, (Scope.READ,)),
    (KeyRole.BOOKING, (Scope.BOOK, Scope.RESCHEDULE, Scope.CANCEL)),
    (KeyRole.STAFF, (Scope.OVERBOOK,)),
    (KeyRole.MANAGER, (Scope.CONFIGURE,)),
    (KeyRole.OWNER, (Scope.ADMINISTER,)),
)

ROLES: Mapping[KeyRole, frozenset[Scope]] = MappingProxyType(
    {
        role: frozenset(scope for _, more in _STEPS[: number + 1] for scope in more)
        for number, (role, _) in enumerate(_STEPS)
    }
)
"""The scopes of each role; every role may do what those before it may."""


def role_of(scopes: frozenset[Scope]) -> KeyRole | None:
    """The role that has just these scopes."""
    return next((role for role, its in ROLES.items() if its == scopes), None)


@dataclass(frozen=True, slots=True)
class Caller:
    """`credential` is None for a public request, whose tenant was named in the address.

    `sandbox` tells that the tenant's time is the sandbox clock's and not the server's.
    """

    tenant: TenantId
    credential: CredentialId | None
    actor: str
    scopes: frozenset[Scope]
    sandbox: bool = False
    language: str | None = None

    def require(self, scope: Scope, *others: Scope) -> None:
        """Raise ScopeMissing unless the credential was given `scope`, or one of `others`."""
        if scope not in self.scopes and self.scopes.isdisjoint(others):
            raise ScopeMissing(scope=scope.value)

    def require_tenant(self, tenant: TenantId) -> None:
        """Raise TenantForeign unless the credential belongs to `tenant`."""
        if tenant != self.tenant:
            raise TenantForeign
