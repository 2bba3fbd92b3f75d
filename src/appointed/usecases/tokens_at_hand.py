"""What a process keeps to judge access tokens without the database."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from appointed.core.caller import Caller
from appointed.store.signing import Known

TOKENS = 10_000


@dataclass(frozen=True, slots=True)
class Verified:
    """A token whose signature was found good: for whom, signed by which key, bound to what, and until when."""

    caller: Caller
    key: UUID
    grant: bytes
    ends_at: datetime


class TokensAtHand:
    """What was read of keys and changed credentials, and at `most` so many tokens verified last, by their digest."""

    __slots__ = ("_most", "_turn", "failed_at", "known", "verified")

    def __init__(self, most: int = TOKENS) -> None:
        self._most = most
        self.known: Known | None = None
        self.failed_at: datetime | None = None
        self.verified: OrderedDict[bytes, Verified] = OrderedDict()
        self._turn = 0

    def __len__(self) -> int:
        """How many tokens are remembered."""
        return len(self.verified)

    @property
    def turn(self) -> int:
        """Counts the changes that were made here; what was asked before the last of them is not kept."""
        return self._turn

    def moved(self) -> None:
        """Believe nothing that was read so far: a credential or a key was just changed here."""
        self._turn += 1
        self.known = None

    def keep(self, known: Known, turn: int) -> None:
        """Keep what was read, unless something was changed here since it was asked for."""
        self.failed_at = None
        if turn == self._turn:
            self.known = known

    def young(self, now: datetime, most: timedelta) -> Known | None:
        """What was read less than `most` ago, if it was. After the clock was set back nothing is."""
        if self.known is None or not timedelta() <= now - self.known.read_at < most:
            return None
        return self.known

    def remember(self, digest: bytes, verified: Verified) -> None:
        """Remember a token, and let go of the one remembered longest."""
        self.verified[digest] = verified
        if len(self.verified) > self._most:
            self.verified.popitem(last=False)
