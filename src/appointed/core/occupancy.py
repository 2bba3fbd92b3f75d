"""What others have taken of a resource."""

from dataclasses import dataclass
from typing import NamedTuple

from appointed.core.ids import ClaimId, ServiceId, VisitId


class Taken(NamedTuple):
    """A live claim that is not overbooked, in minutes of UTC since 1970, the first rounded down and the last up.

    `expires` is in microseconds since 1970, None for a claim that does not lapse. Whose claim it is, is known only
    where it was asked for; `named` tells that the customer wanted this resource and no other.
    """

    starts: int
    ends: int
    units: int = 1
    expires: int | None = None
    visit_id: VisitId | None = None
    claim_id: ClaimId | None = None
    service_id: ServiceId | None = None
    role: int = 0
    named: bool = True


@dataclass(frozen=True, slots=True)
class Occupancy:
    """All claims of one resource that overlap the minutes from `starts` to `ends`, as they were at one version."""

    version: int
    starts: int
    ends: int
    claims: tuple[Taken, ...]
