"""How often a credential may ask: so many requests within any stretch of time of one length, and none beyond."""

from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

CREDENTIALS = 10_000
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `count` requests within any `seconds`. Raises ValueError for less than one of either."""

    count: int
    seconds: int

    def __post_init__(self) -> None:
        if self.count < 1 or self.seconds < 1:
            raise ValueError("a rate is at least one request within at least one second")

    def share(self, processes: int) -> "Rate":
        """What each of so many processes lets through: at least one request, and what cannot be shared is nobody's."""
        return Rate(max(1, self.count // processes), self.seconds)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a credential stands after a request that was counted, or `refused` and not counted.

    `left` more may follow at once. After `seconds`, rounded up, one more than that.
    """

    rate: Rate
    left: int
    seconds: int
    refused: bool


class Limiter:
    """Keeps a rate for each credential. Exact, since it remembers when each request came that still counts.

    So what it holds is what was let through within the last `rate.seconds`. Of more than `most` credentials the least
    recently heard of are forgotten, and begin again.
    """

    def __init__(self, rate: Rate, most: int = CREDENTIALS) -> None:
        self.rate = rate
        self._span = timedelta(seconds=rate.seconds)
        self._most = most
        self._times: OrderedDict[Hashable, deque[datetime]] = OrderedDict()

    def __len__(self) -> int:
        """How many credentials are remembered."""
        return len(self._times)

    def count(self, who: Hashable, now: datetime) -> Standing:
        """Count a request that `who` makes now, unless it is one too many. A span holds its first instant and not its
        last, so a request made just a span after another is beyond it."""
        since = now - self._span
        self._forget(since)
        times = self._of(who, now)
        while times and times[0] <= since:
            times.popleft()
        refused = len(times) >= self.rate.count
        if not refused:
            times.append(now)
        return Standing(self.rate, self.rate.count - len(times), -((since - times[0]) // _SECOND), refused)

    def _of(self, who: Hashable, now: datetime) -> deque[datetime]:
        """When the requests of `who` came that are remembered, which makes it the one last heard of."""
        times = self._times.get(who)
        if times is None:
            times = self._times[who] = deque()
            if len(self._times) > self._most:
                self._times.popitem(last=False)
            return times
        self._times.move_to_end(who)
        if now < times[-1]:
            # The clock was set back. How much time went by is not known, and taken as none.
            ahead = times[-1] - now
            times = self._times[who] = deque(each - ahead for each in times)
        return times

    def _forget(self, since: datetime) -> None:
        """Those of whom nothing counts any more, as far as they come before one of whom something does."""
        while self._times:
            who, times = next(iter(self._times.items()))
            if times[-1] > since:
                return
            del self._times[who]


Fields = tuple[tuple[bytes, bytes], ...]


def ratelimit_fields(standing: Standing) -> Fields:
    """RateLimit-Policy and RateLimit, as in draft-ietf-httpapi-ratelimit-headers-10."""
    rate = standing.rate
    return (
        (b"ratelimit-policy", b'"default";q=%d;w=%d' % (rate.count, rate.seconds)),
        (b"ratelimit", b'"default";r=%d;t=%d' % (standing.left, standing.seconds)),
    )


def no_fields(standing: Standing) -> Fields:
    """For a vendor who tells only those who are refused, by Retry-After."""
    del standing
    return ()


@dataclass(frozen=True, slots=True)
class Limit:
    """A dialect's own rate for each credential, if it has one, and the header fields that tell how far it is used."""

    rate: Rate | None = None
    fields: Callable[[Standing], Fields] = ratelimit_fields


class Limits:
    """What binds the routes of one dialect: a limiter for all of them, and one for each that has its own."""

    def __init__(self, common: Limiter | None, own: Mapping[str, Limiter] | None = None) -> None:
        self._common = common
        self._own = dict(own or {})

    def of(self, route: str) -> Limiter | None:
        """The limiter of the route of this name; None where nothing binds it."""
        return self._own.get(route, self._common)
