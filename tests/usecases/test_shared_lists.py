"""Equal lists of visits that are asked for at once are one page; nobody else's, and none from before."""

import asyncio

from appointed.core.caller import Scope
from appointed.core.errors import ScopeMissing
from appointed.core.visit import Details, State
from appointed.core.visit_filter import VisitFilter
from appointed.usecases.context import Context
from appointed.usecases.holds import Wish, hold
from appointed.usecases.inquiring import Wanted
from appointed.usecases.visit_list import Page, list_visits
from people import MORNING, Person, new_colleague, new_queue

TEN = MORNING.replace(hour=10)
HELD = VisitFilter(states=(State.HELD,))


async def ask(context: Context, person: Person, times: int = 3, wanted: VisitFilter = HELD) -> list[Page]:
    return await asyncio.gather(*(list_visits(context, person.caller, wanted, None, 10) for _ in range(times)))


async def test_equal_lists_asked_for_at_once_are_one_page(context: Context, alice: Person) -> None:
    first, *others = await ask(context, alice)
    assert all(page is first for page in others)


async def test_lists_of_others_and_other_lists_are_not(context: Context, alice: Person, charlie: Person) -> None:
    service = await new_queue(context, alice)
    held = await hold(context, alice.caller, Wish((Wanted(service.id),), TEN, (Details("en"),)))
    done = VisitFilter(states=(State.DONE,))
    hers, his, over = await asyncio.gather(
        ask(context, alice, 1), ask(context, charlie, 1), ask(context, alice, 1, done)
    )
    assert [[visit.id for visit in page.visits] for (page,) in (hers, his, over)] == [[held.id], [], []]


async def test_a_list_has_what_was_held_before_it_was_asked_for(context: Context, alice: Person) -> None:
    service = await new_queue(context, alice)
    asking = asyncio.ensure_future(ask(context, alice, 1))
    await asyncio.sleep(0)
    held = await hold(context, alice.caller, Wish((Wanted(service.id),), TEN, (Details("en"),)))
    (page,) = await ask(context, alice, 1)
    assert [visit.id for visit in page.visits] == [held.id]
    await asking


async def test_who_may_not_read_gets_no_share(context: Context, alice: Person) -> None:
    stranger = await new_colleague(context, alice.tenant, scopes=frozenset({Scope.BOOK}))
    answers = await asyncio.gather(
        *(list_visits(context, each.caller, HELD, None, 10) for each in (alice, stranger)), return_exceptions=True
    )
    assert isinstance(answers[0], Page)
    assert isinstance(answers[1], ScopeMissing)
