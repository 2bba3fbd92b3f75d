"""Somebody who moves in from elsewhere, and the questions that the tests ask then."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import asyncpg

from appointed.core.catalog import Service
from appointed.core.difference import Kind, things
from appointed.core.intervals import Interval
from appointed.core.soundness import flaws
from appointed.importers import IMPORTERS
from appointed.importers.imported import Asked, Imported, Source
from appointed.usecases.context import Context
from appointed.usecases.importing import Arrived, Arriving, take_in
from appointed.usecases.reading import read
from appointed.usecases.slots import find_slots, single
from people import Person

HERE = Path(__file__).parent
BERLIN = ZoneInfo("Europe/Berlin")
# Six o'clock on a Monday in Berlin.
NOW = datetime(2026, 11, 23, 5, tzinfo=UTC)


@dataclass(frozen=True)
class Mover:
    """Somebody who moves in: a tenant of their own, whose clock stands at NOW."""

    context: Context
    person: Person

    async def read(self, source: str, text: str, chunk: int = 1 << 16, **asked: object) -> Imported:
        """What an importer makes of a text."""
        known = await read(Context(self.context.pool, self.context.clock), self.person.caller)
        chunks = (text[at : at + chunk] for at in range(0, len(text), chunk))
        imported = IMPORTERS[source](
            [Source("a file", chunks)], Asked(self.person.tenant, known.catalog, known.now, **asked)
        )
        # What comes over can be exported, and applied again.
        kinds = [things(imported.catalog, kind).values() for kind in Kind]
        assert [flaw for several in kinds for thing in several for flaw in flaws(thing)] == []
        return imported

    async def take(self, imported: Imported, *, dry_run: bool = False) -> Arrived:
        """Bring it over."""
        visits = [Arriving(each.visit, each.claims) for each in imported.visits]
        return await take_in(self.context, self.person.caller, imported.catalog, visits, dry_run=dry_run)

    async def bring(self, source: str, text: str, **asked: object) -> tuple[Imported, Arrived]:
        """Read a text and bring it over."""
        imported = await self.read(source, text, **asked)
        return imported, await self.take(imported)

    async def slots(self, service: Service, day: int, month: int = 11, *, until: int = 24) -> dict[str, int]:
        """What is left of the free slots on a date of 2026, by the clock in Berlin."""
        midnight = datetime(2026, month, day, tzinfo=BERLIN).astimezone(UTC)
        span = Interval(midnight, midnight + timedelta(hours=until))
        fresh = Context(self.context.pool, self.context.clock)
        offer = await find_slots(fresh, self.person.caller, single(service.id), span, full=False)
        return {f"{slot.starts_at.astimezone(BERLIN):%H:%M}": slot.available for slot in offer.slots}

    async def rows(self, sql: str, *arguments: object) -> list[asyncpg.Record]:
        """Rows of the tenant's own."""
        async with self.context.pool.transaction(self.person.tenant) as tx:
            return await tx.fetch(sql, *arguments)
