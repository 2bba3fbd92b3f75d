"""Chains of events and the seals on them: what each hash is made of, and what breaks them.

Every hash is SHA-256. All numbers in what is hashed are big-endian, instants are microseconds since 2000 in UTC, and
what is absent counts as zeros. `store/migrations/0022_audit.sql` writes the same.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from appointed.core.ids import TenantId, VisitId

ERASED = "erased"
"""The kind of the event that says that the data of those before it is gone."""

_NO_HASH = bytes(32)
_NO_VISIT = bytes(16)

Place = tuple[int, int, int]
"""Where an event stands among all: epoch, number of the transaction, place in it."""


class Trouble(StrEnum):
    """What is wrong with an event or a seal.

    CONTENT: it is not what was hashed. PREVIOUS: it follows another one than stands before it. MISSING: there were
    others before it. DATA: its data is not what its digest says. ERASED: its data is gone, and no event says so. COUNT:
    a seal stands for more or fewer events than there are. SEALED: the events of a seal are not those that it was put
    on. NO_EVENTS: a visit is there that nothing tells of. KEPT: the seal is not the one that was kept elsewhere.
    """

    CONTENT = "content"
    PREVIOUS = "previous"
    MISSING = "missing"
    DATA = "data"
    ERASED = "erased"
    COUNT = "count"
    SEALED = "sealed"
    NO_EVENTS = "no_events"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class Break:
    """What breaks a chain or the seals of a tenant, and where: an event has a `place`, a seal a number."""

    tenant: TenantId
    trouble: Trouble
    place: Place | None = None
    visit: VisitId | None = None
    position: int | None = None
    seal: int | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """An event as its chain holds it: that of its visit, or without one that of the tenant.

    `at` is in microseconds since 2000. `digest` is that of `data`, and stays when the data is erased.
    """

    tenant: TenantId
    visit: VisitId | None
    position: int
    place: Place
    kind: str
    at: int
    actor: str
    data: str | None
    digest: bytes | None
    previous: bytes | None
    hash: bytes

    def reckon(self) -> bytes:
        """The hash that it has to have."""
        kind = self.kind.encode()
        epoch, xid, ordinal = self.place
        return _sha256(
            self.previous or _NO_HASH,
            self.tenant.bytes,
            _NO_VISIT if self.visit is None else self.visit.bytes,
            _number(self.position, 4),
            _number(epoch, 4),
            _number(xid, 8),
            _number(ordinal, 4),
            _number(self.at, 8),
            self.digest or _NO_HASH,
            _number(len(kind), 4),
            kind,
            self.actor.encode(),
        )


@dataclass(frozen=True, slots=True)
class Seal:
    """The hash over the hashes of `events` events, those after the last seal's up to the one at `place`."""

    tenant: TenantId
    number: int
    at: int
    events: int
    place: Place
    previous: bytes | None
    hash: bytes


class Chains:
    """Follows the events of one tenant, each chain by its positions."""

    def __init__(self) -> None:
        self._last: Link | None = None
        self._before: set[bytes | None] = {None}
        self._without_data: Link | None = None

    def follow(self, link: Link) -> Iterator[Break]:
        """What is wrong with the next event, at most one thing, and with a chain that it shows to be over."""
        if self._last is None or self._last.visit != link.visit:
            yield from self.end()
        expected = 0 if self._last is None else self._last.position + 1
        reckoned = link.reckon()
        trouble = self._trouble(link, expected, reckoned)
        if trouble is not None:
            yield _break(link, trouble)
        if link.kind == ERASED:
            self._without_data = None
        elif self._without_data is None and link.data is None and link.digest is not None:
            self._without_data = link
        # Whoever is wrong is named; the next one is not blamed for it, whichever of the two hashes it goes by.
        self._before = {link.hash, reckoned}
        self._last = link

    def end(self) -> Iterator[Break]:
        """What is wrong with a chain as a whole, once it is over."""
        if self._without_data is not None:
            yield _break(self._without_data, Trouble.ERASED)
        self._last, self._before, self._without_data = None, {None}, None

    def _trouble(self, link: Link, expected: int, reckoned: bytes) -> Trouble | None:
        if link.hash != reckoned:
            return Trouble.CONTENT
        if link.position != expected:
            return Trouble.MISSING
        if link.previous not in self._before:
            return Trouble.PREVIOUS
        if link.data is not None and _sha256(link.data.encode()) != link.digest:
            return Trouble.DATA
        return None


class Seals:
    """Follows the seals of one tenant, each with the hashes of the events up to its place."""

    def __init__(self) -> None:
        self._last: Seal | None = None
        self._before: set[bytes | None] = {None}

    def follow(self, seal: Seal, events: int, hashes: bytes) -> Iterator[Break]:
        """What is wrong with the next seal; `hashes` are those of the `events` that stand where its own did."""
        expected = 0 if self._last is None else self._last.number + 1
        epoch, xid, ordinal = seal.place
        reckoned = _sha256(
            seal.previous or _NO_HASH,
            seal.tenant.bytes,
            _number(seal.number, 4),
            _number(seal.at, 8),
            _number(seal.events, 4),
            _number(epoch, 4),
            _number(xid, 8),
            _number(ordinal, 4),
            hashes,
        )
        trouble = None
        if seal.number != expected:
            trouble = Trouble.MISSING
        elif seal.previous not in self._before:
            trouble = Trouble.PREVIOUS
        elif events != seal.events:
            trouble = Trouble.COUNT
        elif seal.hash != reckoned:
            trouble = Trouble.SEALED
        if trouble is not None:
            yield Break(seal.tenant, trouble, seal.place, seal=seal.number)
        self._before = {seal.hash, reckoned}
        self._last = seal


def _break(link: Link, trouble: Trouble) -> Break:
    return Break(link.tenant, trouble, link.place, link.visit, link.position)


def _sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def _number(value: int, size: int) -> bytes:
    """The number in so many bytes. One that does not fit is a text: nobody could ever have hashed it."""
    try:
        return value.to_bytes(size, "big", signed=True)
    except OverflowError:
        return str(value).encode()
