"""Ids and slugs for what is imported: the same ones each time."""

import re
import unicodedata
from uuid import UUID, uuid5

from appointed.core.difference import Kind, things
from appointed.importers.imported import Asked

_OTHER = re.compile(r"[^a-z0-9]+")
_LONGEST = 48


class Identities:
    """Ids are made of the tenant, the source's kind and the source's own id; nothing else may change them."""

    def __init__(self, source: str, asked: Asked) -> None:
        self._source = source
        self._tenant = asked.tenant
        self._loaded = {kind: things(asked.catalog, kind) for kind in Kind}
        self._taken: dict[Kind, dict[str, UUID]] = {
            kind: {thing.slug: thing_id for thing_id, thing in loaded.items() if thing.slug}
            for kind, loaded in self._loaded.items()
        }

    def id(self, kind: str, source_id: str) -> UUID:
        """The id of something of the source."""
        return uuid5(self._tenant, f"import:{self._source}:{kind}:{source_id}")

    def slug(self, kind: Kind, thing_id: UUID, name: str, source_id: str) -> str:
        """The slug that it has already, else one from its name that nothing else of its kind has."""
        loaded = self._loaded[kind].get(thing_id)
        if loaded is not None and loaded.slug:
            return loaded.slug
        plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
        base = _OTHER.sub("-", plain).strip("-")[:_LONGEST].strip("-") or kind.value
        for slug in (base, f"{base}-{_OTHER.sub('-', source_id.lower()).strip('-')}"[:63], thing_id.hex):
            if self._taken[kind].setdefault(slug, thing_id) == thing_id:
                return slug
        return ""
