"""What others have taken of a resource. All times are minutes of UTC since 1970."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from appointed.core.ids import ClaimId, ServiceId, VisitId


class Taken(NamedTuple):
    """A live claim that is not overbooked; it starts with a minute rounded down, and ends with one rounded up.

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


class Plain(NamedTuple):
    """Claims of one unit that do not lapse and of which nobody asked whose they are, in any order.

    That is most of them, and two tuples of numbers cost a tenth of as many rows. Claim n lasts from `starts[n]` to
    `ends[n]`.
    """

    starts: tuple[int, ...] = ()
    ends: tuple[int, ...] = ()

    def claims(self) -> Iterator[Taken]:
        """The same, one by one."""
        return map(Taken, self.starts, self.ends)


NO_CLAIMS = Plain()


@dataclass(frozen=True, slots=True)
class Occupancy:
    """All claims of one resource that overlap the minutes from `starts` to `ends`, as they were at one version.

    Those about which there is more to say than their minutes are `listed` one by one.
    """

    version: int
    starts: int
    ends: int
    listed: tuple[Taken, ...]
    plain: Plain = NO_CLAIMS
