"""A role that one of several resources can fill, wanted by more people than there are resources."""

import asyncio
from dataclasses import replace
from uuid import uuid4  # noqa: TID251 - tests make identities too

import pytest

from appointed.core.catalog import Role, Service
from appointed.core.errors import Refusal, SlotTaken
from appointed.core.intervals import Interval
from appointed.core.once import Once
from appointed.core.visit import Details, State, Visit
from appointed.usecases import holds, visits
from appointed.usecases.context import Context
from appointed.usecases.holds import Wish
from appointed.usecases.slots import find_slots, single
from people import Person, exclusive_resource, new_branch, new_service, offer
from proofs.raw import problems, slot

PLACES, PEOPLE = 3, 8
START, END = slot(0)


async def one_of(context: Context, person: Person, count: int = PLACES) -> Service:
    """A service that any one of some people does."""
    branch = new_branch()
    people = [exclusive_resource(branch.id) for _ in range(count)]
    role = Role(tuple(each.id for each in people))
    return await offer(context, person, branch, replace(new_service(branch), roles=(role,)), *people)


async def all_at_once(
    context: Context, person: Person, service: Service, onces: list[Once | None]
) -> tuple[list[Visit], list[Refusal]]:
    wish = Wish.single(service.id, START, END, Details(""))
    taking = (holds.hold(context, person.caller, wish, once) for once in onces)
    outcomes = await asyncio.gather(*taking, return_exceptions=True)
    won = [outcome for outcome in outcomes if isinstance(outcome, Visit)]
    return won, [outcome for outcome in outcomes if not isinstance(outcome, Visit)]


async def left(context: Context, person: Person, service: Service) -> int:
    (found,) = (await find_slots(context, person.caller, single(service.id), Interval(START, END))).slots
    return found.available


@pytest.fixture(params=[False, True], ids=["without a key", "each with a key"])
def onces(request) -> list[Once | None]:
    return [Once(uuid4(), uuid4()) if request.param else None for _ in range(PEOPLE)]


async def test_as_many_win_as_there_are_resources(
    context: Context, dsn: str, alice: Person, onces: list[Once | None]
) -> None:
    """Nobody is sent away while one is free, and what a loser is told stays so under the same key."""
    service = await one_of(context, alice)
    won, lost = await all_at_once(context, alice, service, onces)
    assert len(won) == PLACES
    assert [type(refusal) for refusal in lost] == [SlotTaken] * (PEOPLE - PLACES)
    assert await left(context, alice, service) == 0
    if onces[0] is not None:
        again, refused = await all_at_once(context, alice, service, onces)
        assert {visit.id for visit in again} == {visit.id for visit in won}
        assert len(refused) == len(lost)
    assert await problems(dsn, START, alice.tenant) == []


async def test_what_was_given_back_is_taken_again(
    context: Context, dsn: str, alice: Person, onces: list[Once | None]
) -> None:
    """Three again, whichever of them were freed."""
    service = await one_of(context, alice)
    won, _ = await all_at_once(context, alice, service, onces)
    for visit in won[1:]:
        ended = await visits.cancel(context, alice.caller, service.id, visit.id)
        assert ended.state is State.RELEASED
    assert await left(context, alice, service) == PLACES - 1
    fresh = [once and Once(uuid4(), uuid4()) for once in onces]
    again, lost = await all_at_once(context, alice, service, fresh)
    assert len(again) == PLACES - 1
    assert {type(refusal) for refusal in lost} == {SlotTaken}
    assert await left(context, alice, service) == 0
    assert await problems(dsn, START, alice.tenant) == []


async def test_giving_back_while_others_come(context: Context, dsn: str, alice: Person) -> None:
    """Whoever leaves meanwhile, three have a place in the end, and the slot says how many are left."""
    service = await one_of(context, alice)
    won, _ = await all_at_once(context, alice, service, [None] * PLACES)
    (again, _), *_ = await asyncio.gather(
        all_at_once(context, alice, service, [None] * PEOPLE),
        *(visits.cancel(context, alice.caller, service.id, visit.id) for visit in won),
    )
    assert len(again) <= PLACES
    assert await left(context, alice, service) == PLACES - len(again)
    more, _ = await all_at_once(context, alice, service, [None] * PEOPLE)
    assert len(again) + len(more) == PLACES
    assert await problems(dsn, START, alice.tenant) == []


async def test_one_moves_to_a_time_that_another_left(context: Context, dsn: str, alice: Person) -> None:
    """A change chooses too: five people move to a slot where three can be served."""
    service = await one_of(context, alice, 5)
    taking = [holds.hold(context, alice.caller, Wish.single(service.id, *slot(1), Details(""))) for _ in range(5)]
    held = await asyncio.gather(*taking)
    for _ in range(2):
        await holds.hold(context, alice.caller, Wish.single(service.id, START, END, Details("")))
    change = visits.Change(details=lambda before: before, times=lambda _: (START, END))
    outcomes = await asyncio.gather(
        *(visits.change(context, alice.caller, service.id, visit.id, change) for visit in held), return_exceptions=True
    )
    assert sum(isinstance(outcome, Visit) for outcome in outcomes) == 3
    assert {type(outcome) for outcome in outcomes} == {Visit, SlotTaken}
    assert await problems(dsn, START, alice.tenant) == []
