"""What ought to be true of visits, as simply as it can be said: no SQL, no indexes, no locks."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Taken:
    """A claim of the model."""

    resource: str
    starts_at: datetime
    ends_at: datetime


@dataclass
class Booked:
    """A visit of the model; `state` is held, confirmed, released, cancelled or absorbed, and a lapse follows from the
    clock."""

    claims: tuple[Taken, ...]
    state: str
    expires_at: datetime | None

    def lapsed(self, now: datetime) -> bool:
        return self.state == "held" and self.expires_at is not None and self.expires_at <= now

    def live(self, now: datetime) -> bool:
        return self.state in ("held", "confirmed") and not self.lapsed(now)


@dataclass
class Model:
    """A small world: one somebody, a pool whose capacity changes at noon, and a pool counted by slot."""

    now: datetime
    noon: datetime
    visits: list[Booked] = field(default_factory=list)

    def left(self, claim: Taken, but: Booked | None = None) -> int:
        """How many more such claims there is room for; the claims of `but` are not in the way."""
        others = [
            other
            for visit in self.visits
            if visit is not but and visit.live(self.now)
            for other in visit.claims
            if other.resource == claim.resource
        ]
        if claim.resource == "slotted":
            same = [other for other in others if (other.starts_at, other.ends_at) == (claim.starts_at, claim.ends_at)]
            return 2 - len(same)
        instants = [claim.starts_at, self.noon, *(other.starts_at for other in others)]
        return min(
            self.capacity(claim.resource, at) - sum(other.starts_at <= at < other.ends_at for other in others)
            for at in instants
            if claim.starts_at <= at < claim.ends_at
        )

    def capacity(self, resource: str, at: datetime) -> int:
        return 1 if resource == "somebody" or at >= self.noon else 3

    def fits(self, claims: tuple[Taken, ...], but: Booked | None = None) -> bool:
        return all(self.left(claim, but) > 0 for claim in claims)

    def step(self, visit: Booked, kind: str, to: str, repeats: tuple[str, ...]) -> str:
        """Where a step leads, or the code of what refuses it."""
        if visit.state in repeats:
            return visit.state
        if visit.lapsed(self.now):
            return "hold_lapsed"
        if visit.state not in kind.split():
            return "state_forbids"
        visit.state = to
        return to

    def absorb(self, visit: Booked, hold: Booked) -> str:
        """Where it leads to give a visit the place of a hold, or the code of what refuses it."""
        for each, state in ((visit, "confirmed"), (hold, "held")):
            refused = self.step(each, state, each.state, ())
            if refused != each.state:
                return refused
        visit.claims, hold.state = hold.claims, "absorbed"
        return visit.state
