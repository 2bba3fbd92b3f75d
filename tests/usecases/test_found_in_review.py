"""What a reader of the engine found, so that it stays away."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from appointed.core.availability import Slot
from appointed.core.catalog import Role, Schedule, WeeklyHours
from appointed.core.errors import CatalogMoved, Refusal, SlotTaken, StoreUnavailable
from appointed.core.localtime import FIRST_INSTANT
from appointed.core.once import Once
from appointed.usecases import holds
from appointed.usecases.clock import new_id
from appointed.usecases.context import Context
from appointed.usecases.inquiring import Wanted
from appointed.usecases.offers import SLOTS, Offer, Offers
from people import exclusive_resource, new_branch
from salon import Salon, minutes, wish


@dataclass
class Faulty:
    """A pool that refuses to read once."""

    context: Context
    fault: Callable[[], Refusal] | None

    async def call(self, sql: str, *arguments: object) -> object:
        if "facts(" in sql and self.fault is not None:
            fault, self.fault = self.fault, None
            raise fault()
        return await self.context.pool.call(sql, *arguments)


@pytest.mark.parametrize("fault", [StoreUnavailable, CatalogMoved])
async def test_a_fault_of_the_moment_is_no_outcome_of_a_key(salon: Salon, fault: type[Refusal]) -> None:
    """The same request with the same key is done once the database answers again."""
    (clerk,) = salon.clerks(1)
    service = salon.service(10, [clerk])
    await salon.put(service, clerk)
    context = replace(salon.context, pool=Faulty(salon.context, fault))
    once = Once(new_id(), new_id())
    with pytest.raises(fault):
        await holds.hold(context, salon.person.caller, wish(service), once)
    assert (await holds.hold(context, salon.person.caller, wish(service), once)).items[0].service_id == service.id


async def test_a_party_of_a_million_is_as_dear_as_one_that_is_too_large(salon: Salon) -> None:
    """The axis, and with it all that is read and worked out, ends where the largest party that may come does."""
    clerks = salon.clerks(2)
    service = salon.service(30, clerks, per_extra_person=minutes(30), party_limit=4)
    await salon.put(service, *clerks)
    assert service.length(1_000_000) == service.length(4) == timedelta(hours=2)
    assert await salon.why(service, people=1_000_000) == {"party_size"}


async def test_a_claim_moves_only_within_the_role_that_still_lists_its_resource(salon: Salon) -> None:
    """Roles go by their places, and the places of a catalogue change."""
    room, *staff = salon.clerks(4)
    rooms, people = Role((room.id,)), Role(tuple(each.id for each in staff), interchangeable=True)
    service = salon.service(10, rooms, people)
    await salon.put(service, room, *staff)
    early = await salon.hold(service)
    await salon.put(replace(service, roles=(people, rooms)))
    other = salon.service(10, people, rooms)
    await salon.put(other)
    with pytest.raises(SlotTaken):
        await salon.hold(other)
    assert room.id in await salon.held_by(early)


async def test_who_works_elsewhere_keeps_the_hours_of_that_place(salon: Salon) -> None:
    """Nine to ten in Tokyo is midnight to one in UTC."""
    tokyo = new_branch(time_zone="Asia/Tokyo")
    nine = Schedule(tuple(WeeklyHours(weekday, 540, 600) for weekday in range(7)))
    clerk = replace(exclusive_resource(tokyo.id), schedule=nine)
    service = salon.service(30, [clerk], grid=minutes(30))
    await salon.put(tokyo, service, clerk)
    # The salon counts from nine in UTC of the same day.
    assert set(await salon.offered(service, first=0, minutes=24 * 60)) == {15 * 60, 15 * 60 + 30}


async def test_several_guests_are_not_held_as_one(salon: Salon) -> None:
    """Nothing is taken before that is seen."""
    clerks = salon.clerks(2)
    service = salon.service(10, clerks)
    await salon.put(service, *clerks)
    for use in (holds.hold, holds.book):
        with pytest.raises(ValueError, match="together"):
            await use(salon.context, salon.person.caller, wish(Wanted(service.id), Wanted(service.id, guest=1)))
    assert (await salon.offered(service))[0] == 2


@pytest.mark.parametrize(("length", "kept"), [(SLOTS, True), (SLOTS + 1, False)])
def test_long_answers_are_not_kept(length: int, kept: bool) -> None:
    class Asked:
        branch, catalog, rosters, now = None, object(), {}, FIRST_INSTANT

    slots = (Slot(0, 1, 1, 1),) * length
    offers = Offers()
    first: Offer = offers.get("a", Asked, lambda _: slots)
    assert (offers.get("a", Asked, lambda _: slots) is first) is kept
