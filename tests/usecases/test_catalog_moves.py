"""The catalogue changes between the decision and the claim."""

from dataclasses import dataclass, replace

import pytest

from appointed.core.catalog import NEVER, Service
from appointed.core.errors import CatalogMoved, SlotNotOffered
from appointed.core.once import Once
from appointed.core.visit import Details, State, Visit
from appointed.usecases import holds, visits
from appointed.usecases.clock import new_id
from appointed.usecases.context import Context
from appointed.usecases.deciding import READS
from appointed.usecases.holds import Wish
from appointed.usecases.inquiring import at_hand, start_window
from appointed.usecases.slots import single
from appointed.usecases.visits import Change
from people import Person, new_branch, new_owner, new_service, offer, pool_resource
from proofs.raw import slot


@dataclass
class Shop:
    """A catalogue that is put again a number of times, each right after somebody has read it."""

    context: Context
    person: Person
    service: Service
    again: list
    moves: int = 0
    reads: int = 0

    async def call(self, sql: str, *arguments: object) -> object:
        """What the pool does; after a read, the catalogue moves."""
        answer = await self.context.pool.call(sql, *arguments)
        if "facts(" in sql:
            self.reads += 1
            if self.moves > 0:
                self.moves -= 1
                await offer(self.context, self.person, *self.again)
        return answer

    def moving(self, times: int) -> Context:
        """The context in which the catalogue moves that often."""
        self.moves, self.reads = times, 0
        return replace(self.context, pool=self)

    async def act(self, verb: str, held: Visit, once: Once | None = None, *, times: int) -> Visit:
        wish = Wish.single(self.service.id, *slot(0), Details(""))
        context, caller = self.moving(times), self.person.caller
        if verb == "hold":
            return await holds.hold(context, caller, wish, once)
        change = Change(details=lambda before: before, times=lambda _: slot(0))
        return await visits.change(context, caller, self.service.id, held.id, change, once)


async def shop(context: Context, person: Person) -> tuple[Shop, Visit]:
    """A queue of one place, and somebody who has it later."""
    branch = new_branch()
    places = pool_resource(branch.id)
    service = new_service(branch, places)
    await offer(context, person, branch, service, places)
    held = await holds.hold(context, person.caller, Wish.single(service.id, *slot(1), Details("")))
    return Shop(context, person, service, [branch, service, places]), held


async def taken(context: Context, person: Person) -> int:
    async with context.pool.transaction(person.tenant) as tx:
        return await tx.fetchval("SELECT count(*) FROM claim WHERE live AND starts_at = $1", slot(0)[0])


@pytest.mark.parametrize("verb", ["hold", "change"])
async def test_a_move_is_read_once_more(context: Context, alice: Person, verb: str) -> None:
    place, held = await shop(context, alice)
    visit = await place.act(verb, held, times=1)
    assert visit.items[0].starts_at == slot(0)[0]
    assert place.reads == 2


@pytest.mark.parametrize("key", [False, True])
@pytest.mark.parametrize("verb", ["hold", "change"])
async def test_a_catalogue_that_never_rests_is_refused(context: Context, alice: Person, verb: str, key: bool) -> None:
    """Nothing is taken, and under the same key it may be tried again."""
    place, held = await shop(context, alice)
    once = Once(new_id(), new_id()) if key else None
    with pytest.raises(CatalogMoved):
        await place.act(verb, held, once, times=1000)
    assert place.reads == READS
    assert await taken(context, alice) == 0
    assert (await place.act(verb, held, once, times=0)).items[0].starts_at == slot(0)[0]


async def test_a_catalogue_at_hand_that_is_old_costs_no_read(context: Context) -> None:
    """A tenant with a real clock decides on what it used last; that this moved leaves both reads."""
    person = await new_owner(context, sandbox_at=None)
    branch = new_branch()
    places = pool_resource(branch.id)
    service = new_service(branch, places, past_slots_allowed=True)
    await offer(context, person, branch, service, places)
    place = Shop(context, person, service, [branch, service, places])
    later = await holds.hold(context, person.caller, Wish.single(service.id, *slot(1), Details("")))
    assert later.state is State.HELD
    assert at_hand(context, person.caller, single(service.id), start_window(slot(0)[0])) is not None
    await offer(context, person, branch, service, places)
    assert (await place.act("hold", later, times=1)).state is State.HELD
    assert place.reads == 2


async def test_a_refusal_rests_on_a_read(context: Context) -> None:
    """What an old catalogue does not offer may be on offer by now."""
    person = await new_owner(context, sandbox_at=None)
    branch = new_branch(opening_hours=NEVER)
    places = pool_resource(branch.id)
    service = new_service(branch, places, past_slots_allowed=True)
    await offer(context, person, branch, service, places)
    wish = Wish.single(service.id, *slot(0), Details(""))
    with pytest.raises(SlotNotOffered):
        await holds.hold(context, person.caller, wish)
    await offer(context, person, new_branch(id=branch.id), service, places)
    assert (await holds.hold(context, person.caller, wish)).state is State.HELD
