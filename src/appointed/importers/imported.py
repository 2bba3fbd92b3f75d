"""What an importer makes of a text: a catalogue and visits of the core's, and a list of all that does not come over."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from appointed.core.catalog import Catalog
from appointed.core.ids import TenantId
from appointed.core.visit import Claim, Visit


class Reason(StrEnum):
    """Why something does not come over."""

    CANCELLED = "cancelled"
    PENDING = "pending"
    FREE = "free"
    OVER = "over"
    LATER = "later"
    TOO_LONG = "too_long"
    TOO_MANY = "too_many"
    NO_SERVICE = "no_service"
    NO_RESOURCE = "no_resource"
    NO_BRANCH = "no_branch"
    NO_CUSTOMER = "no_customer"
    NO_SUCH_TIME = "no_such_time"
    TIME_ZONE = "time_zone"
    TEMPLATE = "template"
    UNREADABLE = "unreadable"
    UNSUPPORTED = "unsupported"
    NEARLY = "nearly"


SENTENCES: Mapping[Reason, str] = {
    Reason.CANCELLED: "it was cancelled or declined",
    Reason.PENDING: "nobody has accepted it yet",
    Reason.FREE: "it is marked as taking no time",
    Reason.OVER: "it is over, and what is over closes nothing",
    Reason.LATER: "it lies after the last day that was asked for",
    Reason.TOO_LONG: "it takes more than a day",
    Reason.TOO_MANY: "it repeats too often to be written out",
    Reason.NO_SERVICE: "its service does not come over or is not in the source",
    Reason.NO_RESOURCE: "the resource it belongs to is not in the source",
    Reason.NO_BRANCH: "its branch is not known",
    Reason.NO_CUSTOMER: "its customer is not in the source; the visit comes without a name",
    Reason.NO_SUCH_TIME: "the clock of its time zone leaves that time out",
    Reason.TIME_ZONE: "its time zone is not one that is known",
    Reason.TEMPLATE: "it is a pattern for others, which come over themselves",
    Reason.UNREADABLE: "it does not have the form that it should have",
    Reason.UNSUPPORTED: "there is nothing here that does the same",
    Reason.NEARLY: "there is something much like it here, not just the same",
}


@dataclass(frozen=True, slots=True)
class Left:
    """Something that does not come over. `source_id` is its id in the source.

    With a `part`, the thing comes over but for this part of it. `detail` is what else helps to find it.
    """

    kind: str
    source_id: str
    reason: Reason
    part: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ImportedVisit:
    """A visit with its claims, as confirmed; `source_id` is its id in the source."""

    source_id: str
    visit: Visit
    claims: tuple[Claim, ...]


@dataclass(frozen=True, slots=True)
class Imported:
    """All that comes over. Things of the catalogue that are there already have the ids they have there."""

    catalog: Catalog
    visits: tuple[ImportedVisit, ...] = ()
    left: tuple[Left, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """A text by its name, in chunks of any size that are read once, as they are needed."""

    name: str
    chunks: Iterable[str]


@dataclass(frozen=True, slots=True)
class Asked:
    """For whom something is imported: a tenant, what it offers already, and its time.

    The rest is for calendars: visits of a `service`, taken by a `resource`, each a slug or an id, or with `closures`
    time off of the resource; and events that repeat are written out as far as `until`. `prefix` is what the names of
    the tables begin with, where several could be meant.
    """

    tenant: TenantId
    catalog: Catalog
    now: datetime
    service: str | None = None
    resource: str | None = None
    closures: bool = False
    until: datetime | None = None
    prefix: str | None = None


Importer: TypeAlias = Callable[[Sequence[Source], Asked], Imported]


class SourceInvalid(ValueError):
    """A text that is not what it should be, or a question about it that has no answer; the message says why."""
