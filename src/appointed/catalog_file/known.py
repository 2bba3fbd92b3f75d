"""What the things of a catalogue may refer to, and the ids that follow from slugs."""

from dataclasses import dataclass, field
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from appointed.core.catalog import Role
from appointed.core.difference import Kind
from appointed.core.ids import TenantId


@dataclass(frozen=True, slots=True)
class Known:
    """What may be referred to: ids by slug, those that are retired, which are pools, and the time zone of each branch.

    `roles` are those that services have already: whoever is retired leaves a role that asks for more than it lists.
    """

    tenant: TenantId
    by_slug: dict[Kind, dict[str, UUID]] = field(default_factory=lambda: {kind: {} for kind in Kind})
    ids: dict[Kind, set[UUID]] = field(default_factory=lambda: {kind: set() for kind in Kind})
    retired: set[UUID] = field(default_factory=set[UUID])
    pools: set[UUID] = field(default_factory=set[UUID])
    roles: dict[UUID, tuple[Role, ...]] = field(default_factory=dict[UUID, tuple[Role, ...]])
    zones: dict[UUID, ZoneInfo] = field(default_factory=dict[UUID, ZoneInfo])

    def add(self, kind: Kind, slug: str | None, thing_id: UUID, *, retired: bool) -> None:
        """Let it be referred to."""
        self.ids[kind].add(thing_id)
        if slug:
            self.by_slug[kind][slug] = thing_id
        if retired:
            self.retired.add(thing_id)


def derived_id(tenant: TenantId, kind: Kind, slug: str) -> UUID:
    """The id of what was given none: the same everywhere for the same tenant, kind and slug."""
    return uuid5(tenant, f"{kind}:{slug}")
