"""A scope for each thing that may be done to a visit: for what is only held another than for what was promised."""

from collections.abc import Awaitable
from dataclasses import replace
from uuid import uuid4  # noqa: TID251 - tests make identities too

import pytest

from appointed.core.caller import ROLES, KeyRole, Scope
from appointed.core.catalog import Service
from appointed.core.errors import ScopeMissing, StateForbids
from appointed.core.ids import ResourceId
from appointed.core.once import Once
from appointed.core.preference import Preference
from appointed.core.visit import State, Visit
from appointed.usecases import visits
from appointed.usecases.context import Context
from appointed.usecases.holds import book
from appointed.usecases.identify import identify
from appointed.usecases.keys import create_key
from appointed.usecases.visits import Change
from salon import Salon, at, items, wish

Stand = tuple[Salon, Service]


@pytest.fixture
async def stand(salon: Salon) -> Stand:
    """Two clerks, one of whom serves for ten minutes."""
    clerks = salon.clerks(2)
    service = salon.service(10, clerks)
    await salon.put(service, *clerks)
    return salon, service


def may(salon: Salon, *scopes: Scope) -> Salon:
    caller = replace(salon.person.caller, scopes=frozenset(scopes))
    return replace(salon, person=replace(salon.person, caller=caller))


async def taken(salon: Salon, service: Service, *, promised: bool) -> Visit:
    visit = await salon.hold(service)
    return await salon.confirm(visit) if promised else visit


async def assert_missing(scope: Scope, attempt: Awaitable[object]) -> None:
    with pytest.raises(ScopeMissing) as refused:
        await attempt
    assert refused.value.scope == scope


@pytest.mark.parametrize(
    ("promised", "scope", "end"), [(False, Scope.BOOK, State.RELEASED), (True, Scope.CANCEL, State.CANCELLED)]
)
async def test_to_give_a_place_back_needs_one_scope(stand: Stand, promised: bool, scope: Scope, end: State) -> None:
    """And it is enough: once, and again when the place is gone."""
    salon, service = stand
    visit = await taken(salon, service, promised=promised)
    others = may(salon, *set(Scope) - {scope})
    await assert_missing(scope, others.cancel(visit))
    await assert_missing(scope, visits.end(salon.context, others.person.caller, visit.id, end))
    assert len(await salon.claims(visit)) == 1
    for _ in range(2):
        assert (await may(salon, scope).cancel(visit)).state is end
    assert (await visits.end(salon.context, may(salon, scope).person.caller, visit.id, end)).state is end
    await assert_missing(scope, others.cancel(visit))


@pytest.mark.parametrize(("promised", "scope"), [(False, Scope.BOOK), (True, Scope.RESCHEDULE)])
async def test_another_time_needs_one_scope(stand: Stand, promised: bool, scope: Scope) -> None:
    salon, service = stand
    visit = await taken(salon, service, promised=promised)
    await assert_missing(scope, may(salon, *set(Scope) - {scope}).change(visit, 20))
    assert await salon.times(visit) == [(0, 10)]
    for _ in range(2):
        assert items(await may(salon, scope).change(visit, 20)) == [(20, 30)]


@pytest.mark.parametrize("promised", [False, True])
async def test_everything_else_needs_book(stand: Stand, promised: bool) -> None:
    """Also together with another time, and another clerk at the same time."""
    salon, service = stand
    visit = await taken(salon, service, promised=promised)
    others, mine = may(salon, *set(Scope) - {Scope.BOOK}), may(salon, Scope.BOOK, Scope.RESCHEDULE)
    first, second = service.roles[0].resource_ids

    def asking(whom: ResourceId) -> Change:
        preference = Preference(0, whom)
        return Change(lambda before: before, preferences=lambda _catalog, _visit: {0: (preference,)})

    whom = second if (await salon.held_by(visit)) == [first] else first
    await assert_missing(Scope.BOOK, others.change(visit, locale="pl"))
    await assert_missing(Scope.BOOK, others.change(visit, 20, locale="pl"))
    await assert_missing(Scope.BOOK, visits.change(salon.context, others.person.caller, None, visit.id, asking(whom)))
    assert await salon.times(visit) == [(0, 10)]
    await visits.change(salon.context, may(salon, Scope.BOOK).person.caller, None, visit.id, asking(whom))
    assert await salon.held_by(visit) == [whom]
    assert (await may(salon, Scope.BOOK).change(visit, locale="pl")).details.locale == "pl"
    assert items(await mine.change(visit, 20, locale="de")) == [(20, 30)]
    if not promised:
        await assert_missing(Scope.BOOK, others.confirm(visit))


async def test_who_may_do_none_of_it_is_refused_before_anything_is_read(stand: Stand) -> None:
    salon, service = stand
    visit = await taken(salon, service, promised=True)
    reader = may(salon, Scope.READ, Scope.OVERBOOK, Scope.CONFIGURE, Scope.ADMINISTER)
    nowhere = replace(reader, context=Context(None, salon.context.clock))  # pyright: ignore[reportArgumentType]
    for attempt in (nowhere.change(visit, 20), nowhere.cancel(visit), nowhere.confirm(visit)):
        with pytest.raises(ScopeMissing):
            await attempt


async def test_a_hold_that_is_confirmed_meanwhile_is_not_cancelled_by_who_may_only_release(stand: Stand) -> None:
    """What is asked of the database is no more than the caller may do, whatever was read before."""
    salon, service = stand
    visit = await taken(salon, service, promised=False)
    calls: list[str] = []

    class Confirming:
        """A pool through which somebody else confirms the visit just before it is ended."""

        def __getattr__(self, name: str) -> object:
            return getattr(salon.context.pool, name)

        async def call(self, sql: str, *arguments: object) -> str:
            if "visit_perform" in sql:
                calls.append(str(arguments[3]))
                await salon.confirm(visit)
            return await salon.context.pool.call(sql, *arguments)

    between = replace(
        may(salon, Scope.BOOK),
        context=Context(Confirming(), salon.context.clock),  # pyright: ignore[reportArgumentType]
    )
    with pytest.raises(StateForbids):
        await between.cancel(visit)
    assert calls == ["end"]
    assert len(await salon.claims(visit)) == 1


async def test_a_repeated_request_is_answered_as_it_was(stand: Stand) -> None:
    """Though by now it would need another scope."""
    salon, service = stand
    visit = await taken(salon, service, promised=False)
    caller = may(salon, Scope.BOOK).person.caller
    once = Once(uuid4(), uuid4())

    async def move(start: int, once: Once | None) -> Visit:
        change = Change(lambda before: before, times=lambda _: (at(start), None))
        return await visits.change(salon.context, caller, None, visit.id, change, once)

    moved = await move(20, once)
    await salon.confirm(visit)
    await salon.change(visit, 40)
    assert await move(20, once) == moved
    with pytest.raises(ScopeMissing):
        await move(20, None)


async def test_a_key_that_books_has_all_three(stand: Stand, context: Context) -> None:
    salon, service = stand
    made = await create_key(context, salon.person.caller, "website", ROLES[KeyRole.BOOKING])
    website = replace(salon, person=replace(salon.person, caller=await identify(context, made.secret)))
    visit = await book(context, website.person.caller, wish(service))
    assert items(await website.change(visit, 20)) == [(20, 30)]
    assert (await website.cancel(visit)).state is State.CANCELLED
