"""Who is asking. Every edge makes one of these from its credential; nothing below an edge sees a header."""

from dataclasses import dataclass
from enum import StrEnum

from appointed.core.errors import ScopeMissing
from appointed.core.ids import CredentialId, TenantId


class Scope(StrEnum):
    """What a credential may do."""

    READ = "read"
    BOOK = "book"
    OVERBOOK = "overbook"


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

    def require(self, scope: Scope) -> None:
        """Raise ScopeMissing unless the credential was given `scope`."""
        if scope not in self.scopes:
            raise ScopeMissing(scope=scope.value)
