"""Who is asked for, who comes, and the days that are asked about."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from appointed.core.caller import Scope
from appointed.core.customer import Introduction, PersonName
from appointed.core.errors import BirthDateAhead, ResourceChoiceMissing, ScopeMissing
from appointed.core.preference import Preference
from appointed.core.questions import ResourceChoice
from appointed.usecases import customers, visits
from appointed.usecases.holds import book, hold
from appointed.usecases.inquiring import Wanted
from appointed.usecases.slots import CalendarDay, find_slots, single
from people import new_colleague
from salon import Salon, wish

ADA = Introduction("ada0000001", PersonName("Ada", "Lovelace"), "ada@example.com", None)
BOB = Introduction("bob0000001", PersonName("Bob", "Roe"), "bob@example.com", None)


async def test_where_somebody_has_to_be_chosen_nobody_is_no_choice(salon: Salon) -> None:
    """Whoever asks, and in whatever step."""
    clerks = salon.clerks(2)
    service = salon.service(10, clerks, resource_choice=ResourceChoice.REQUIRED)
    await salon.put(*clerks, service)
    first, second = (Wanted(service.id, preferences=(Preference(0, clerk.id),)) for clerk in clerks)
    for take, asked in ((hold, first), (book, second)):
        with pytest.raises(ResourceChoiceMissing):
            await take(salon.context, salon.person.caller, wish(service))
        await take(salon.context, salon.person.caller, wish(asked))


async def test_those_who_come_are_told_but_for_the_erased(salon: Salon) -> None:
    clerks = salon.clerks(2)
    service = salon.service(10, clerks)
    await salon.put(*clerks, service)
    caller, context = salon.person.caller, salon.context
    taken = []
    for who in (ADA, BOB):
        held = await salon.hold(service, introduced_later=True)
        taken.append(await visits.confirm(context, caller, None, held.id, introduced=who))
    ada, bob = (visit.details.customer_id for visit in taken)
    found = await customers.who_come(context, caller, taken)
    assert {each: customer.name for each, customer in found.items()} == {ada: ADA.name, bob: BOB.name}
    assert bob is not None
    await customers.erase(context, caller, bob)
    assert set(await customers.who_come(context, caller, taken)) == {ada}
    for scope in (Scope.READ, Scope.BOOK):
        colleague = await new_colleague(context, salon.person.tenant, scopes=frozenset({scope}))
        assert set(await customers.who_come(context, colleague.caller, taken)) == {ada}
    cancels = await new_colleague(context, salon.person.tenant, scopes=frozenset({Scope.CANCEL}))
    with pytest.raises(ScopeMissing):
        await customers.who_come(context, cancels.caller, taken)


async def test_nobody_is_born_tomorrow_by_the_clock_of_the_branch(salon: Salon) -> None:
    """The sandbox is in 2020."""
    clerks = salon.clerks(1)
    service = salon.service(10, clerks)
    await salon.put(*clerks, service)
    caller, context = salon.person.caller, salon.context
    held = await salon.hold(service, introduced_later=True)
    today = date(2020, 11, 30)
    ahead = replace(ADA, birth_date=today + timedelta(days=1))
    with pytest.raises(BirthDateAhead):
        await visits.confirm(context, caller, None, held.id, introduced=ahead)
    await visits.confirm(context, caller, None, held.id, introduced=replace(ADA, birth_date=today))
    with pytest.raises(BirthDateAhead):
        await visits.introduce(context, caller, held.id, ahead)


@pytest.mark.parametrize(("first", "count", "days"), [(None, 1, 1), (None, 3, 3), (date(2020, 12, 4), 2, 2)])
async def test_days_are_those_of_the_branchs_calendar(salon: Salon, first: date | None, count: int, days: int) -> None:
    clerks = salon.clerks(1)
    service = salon.service(60, clerks)
    await salon.put(*clerks, service)
    offer = await find_slots(salon.context, salon.person.caller, single(service.id), CalendarDay(first, count))
    found = sorted({slot.starts_at.date() for slot in offer.slots})
    start = first or date(2020, 11, 30)
    assert found == [start + timedelta(days=number) for number in range(days)]
