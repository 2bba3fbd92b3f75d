"""What makes two copies of one request recognisable."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Once:
    """`request` is a digest of tenant, credential, method, path and key; `fingerprint` one of the body."""

    request: UUID
    fingerprint: UUID
