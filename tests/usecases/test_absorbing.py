"""A promise goes over to a place that was held for it, in one step or not at all."""

import asyncio
import json
from dataclasses import replace
from datetime import date
from uuid import uuid4  # noqa: TID251 - tests make identities too

import pytest

from appointed.core.caller import Scope
from appointed.core.catalog import PartyCount
from appointed.core.customer import Introduction, PersonName
from appointed.core.errors import (
    AnswerMissing,
    ContactMissing,
    CustomerFactMissing,
    CustomerLimitReached,
    HoldLapsed,
    Refusal,
    ScopeMissing,
    ServiceDiffers,
    SlotTaken,
    StateForbids,
    VisitNotFound,
)
from appointed.core.ids import ServiceId
from appointed.core.language import Text
from appointed.core.once import Once
from appointed.core.questions import CustomerFact, Question
from appointed.core.visit import Answer, State, Visit
from appointed.usecases import customers, visits
from appointed.usecases.groups import confirm_group
from appointed.usecases.inquiring import Wanted
from appointed.usecases.visit_list import list_events
from people import MORNING, Person, exclusive_resource, new_branch, new_service, pool_resource, set_clock
from salon import Salon, at, items, minutes

ADA = Introduction("ada0000001", PersonName("Ada"), "ada@example.com", None)
LIFETIME = minutes(15)
SPANS = "SELECT starts_at, ends_at, mode::text FROM claim WHERE live AND resource_id = $1 ORDER BY starts_at"


async def put(salon: Salon, count: int = 2, **changes):
    clerks = salon.clerks(count)
    service = salon.service(10, clerks, **changes)
    await salon.put(*clerks, service)
    return service


async def promise(salon: Salon, service, **asked) -> Visit:
    held = await hold(salon, service, **asked)
    return await visits.confirm(salon.context, salon.person.caller, None, held.id, introduced=ADA)


async def hold(salon: Salon, service, **asked) -> Visit:
    return await salon.hold(service, **{"introduced_later": True, "lifetime": LIFETIME, **asked})


async def absorb(salon: Salon, visit: Visit, held: Visit, once: Once | None = None, **changes) -> Visit:
    return await visits.absorb(salon.context, salon.person.caller, visit.id, held.id, once, **changes)


async def state(salon: Salon, visit: Visit) -> State:
    return (await visits.find_visit(salon.context, salon.person.caller, None, visit.id)).state


async def code(made) -> str:
    """The state of the visit that was made, or the code of the refusal."""
    try:
        return (await made).state.value
    except Refusal as refused:
        return refused.code


async def test_the_visit_has_the_place_of_the_hold(salon: Salon) -> None:
    service = await put(salon, 1, reminder=minutes(30))
    visit = await promise(salon, service, start=60)
    visit = await salon.change(visit, notes="by the window", answers=())
    held = await hold(salon, service, start=90)
    claims = await salon.claims(held)
    assert set(await salon.offered(service, first=60)) == {70, 75, 80, 100, 105, 110, 115}
    moved = await absorb(salon, visit, held)
    assert (moved.id, moved.state, moved.version) == (visit.id, State.CONFIRMED, visit.version + 1)
    assert moved.details == visit.details
    assert ([item.id for item in moved.items], items(moved)) == ([item.id for item in visit.items], [(90, 100)])
    assert moved.reminder_at == at(60)
    assert await salon.claims(moved) == claims
    assert await salon.claims(held) == []
    assert await state(salon, held) is State.ABSORBED
    assert set(await salon.offered(service, first=60)) == {60, 65, 70, 75, 80, 100, 105, 110, 115}
    assert await salon.problems() == []
    await set_clock(salon.context, salon.person, MORNING + LIFETIME)
    assert set(await salon.offered(service, first=60)) == {60, 65, 70, 75, 80, 100, 105, 110, 115}
    assert await salon.problems(MORNING + LIFETIME) == []


async def test_both_tell_what_happened(salon: Salon) -> None:
    service = await put(salon)
    visit, held = await promise(salon, service, start=60), await hold(salon, service, start=90)
    await absorb(salon, visit, held)
    caller = salon.person.caller
    told = (await list_events(salon.context, caller, visit.id))[-1]
    assert (told.kind, told.data) == ("moved", '{"from" : "2020-11-30T10:00:00Z", "to" : "2020-11-30T10:30:00Z"}')
    of_hold = (await list_events(salon.context, caller, held.id))[-1]
    assert (of_hold.kind, json.loads(of_hold.data or "")) == ("absorbed", {"visit": str(visit.id)})
    await salon.change(visit, 30, 40)
    told = (await list_events(salon.context, caller, visit.id))[-1]
    assert json.loads(told.data or "") == {"from": "2020-11-30T10:30:00Z", "to": "2020-11-30T09:30:00Z"}


async def test_other_services_are_refused_and_nothing_changes(salon: Salon) -> None:
    clerks = salon.clerks(2)
    service, other = salon.service(10, clerks), salon.service(10, clerks)
    await salon.put(*clerks, service, other)
    visit, held = await promise(salon, service), await hold(salon, other, start=30)
    two = await salon.hold(service, service, start=60)
    for wrong in (held, two):
        with pytest.raises(ServiceDiffers):
            await absorb(salon, visit, wrong)
        assert await state(salon, wrong) is State.HELD
    assert await salon.times(visit) == [(0, 10)]


async def test_the_same_service_at_another_branch_takes_the_visit_there(salon: Salon) -> None:
    clerks, elsewhere = salon.clerks(1), new_branch(time_zone="UTC")
    there = exclusive_resource(elsewhere.id)
    family = ServiceId(uuid4())
    here = salon.service(10, clerks, family_id=family)
    other = new_service(elsewhere, there, duration=minutes(10), family_id=family)
    await salon.put(*clerks, elsewhere, there, here, other)
    visit, held = await promise(salon, here), await hold(salon, other)
    moved = await absorb(salon, visit, held)
    assert (moved.branch_id, [item.service_id for item in moved.items]) == (elsewhere.id, [other.id])
    assert await salon.held_by(moved) == [there.id]
    assert 0 in await salon.offered(here)
    await salon.put(replace(other, required_contact="phone"))
    back = await absorb(salon, moved, await hold(salon, here, start=30))
    with pytest.raises(ContactMissing):
        await absorb(salon, back, await hold(salon, other, start=30))
    assert await salon.problems() == []


async def test_what_the_services_at_another_branch_ask_has_to_be_told(salon: Salon) -> None:
    clerks, elsewhere = salon.clerks(1), new_branch(time_zone="UTC")
    there = exclusive_resource(elsewhere.id)
    family = ServiceId(uuid4())
    car, why = Question(Text("Which car?"), required=True), Question(Text("Why?"), required=True)
    here = salon.service(10, clerks, family_id=family, questions=(car,))
    other = new_service(elsewhere, there, duration=minutes(10), family_id=family, questions=(why,))
    await salon.put(*clerks, elsewhere, there, here, other)
    ada = replace(ADA, answers=(Answer("Which car?", ("a van",)),))
    held = await hold(salon, here)
    visit = await visits.confirm(salon.context, salon.person.caller, None, held.id, introduced=ada)
    with pytest.raises(AnswerMissing) as refused:
        await absorb(salon, visit, await hold(salon, other))
    assert refused.value.question == "Why?"
    born = frozenset({CustomerFact.BIRTH_DATE})
    await salon.put(replace(other, questions=(), required_facts=born), replace(here, required_facts=born))
    with pytest.raises(CustomerFactMissing):
        await absorb(salon, visit, await hold(salon, other, start=30))
    assert (await salon.times(visit), await salon.problems()) == ([(0, 10)], [])
    at_home = await absorb(salon, visit, await hold(salon, here, start=30))
    told = replace(ada, birth_date=date(1990, 12, 10), answers=())
    await visits.introduce(salon.context, salon.person.caller, visit.id, told)
    moved = await absorb(salon, at_home, await hold(salon, other, start=60))
    assert (moved.branch_id, moved.details.answers) == (elsewhere.id, ada.answers)


async def test_one_of_a_group_is_not_absorbed(salon: Salon) -> None:
    service = await put(salon, 3)
    visit = await promise(salon, service)
    both = await salon.hold_all(Wanted(service.id), Wanted(service.id, guest=1), start=30, lifetime=LIFETIME)
    with pytest.raises(StateForbids) as refused:
        await absorb(salon, visit, both[0])
    assert refused.value.facts() == {"state": "held", "step": "absorbed"}
    assert both[0].group_id is not None
    confirmed = await confirm_group(salon.context, salon.person.caller, both[0].group_id)
    assert {each.state for each in confirmed} == {State.CONFIRMED}


async def test_the_party_is_that_of_the_hold(salon: Salon) -> None:
    pool = pool_resource(salon.branch.id, 4)
    service = salon.service(10, (pool,), party_count=PartyCount.HEADS)
    await salon.put(pool, service)
    visit, held = await promise(salon, service), await hold(salon, service, people=3)
    moved = await absorb(salon, visit, held)
    assert moved.details.party_size == 3
    assert [row["units"] for row in await salon.claims(moved)] == [3]
    assert (await salon.offered(service))[0] == 1
    assert await salon.problems() == []


async def test_what_is_no_hold_any_more_gives_nothing(salon: Salon) -> None:
    service = await put(salon, 3)
    visit, lapsing = await promise(salon, service), await hold(salon, service, start=30)
    others = await promise(salon, service, start=60)
    released = await hold(salon, service, start=90)
    await salon.cancel(released)
    for wrong in (others, released, visit):
        with pytest.raises(StateForbids):
            await absorb(salon, visit, wrong)
    await set_clock(salon.context, salon.person, MORNING + LIFETIME)
    for _ in range(2):
        with pytest.raises(HoldLapsed):
            await absorb(salon, visit, lapsing)
        await salon.rows("SELECT lapse($1, $2, 100)", salon.person.tenant, MORNING + LIFETIME)
    assert await salon.times(visit) == [(0, 10)]
    assert await salon.problems(MORNING + LIFETIME) == []


async def test_a_hold_is_absorbed_up_to_the_last_instant(salon: Salon) -> None:
    service = await put(salon)
    visit, held = await promise(salon, service), await hold(salon, service, start=30)
    await set_clock(salon.context, salon.person, MORNING + LIFETIME - minutes(1) / 60)
    assert items(await absorb(salon, visit, held)) == [(30, 40)]


async def test_only_a_promise_takes_the_place_of_a_hold(salon: Salon, charlie: Person) -> None:
    service = await put(salon, 3)
    held, other, visit = [await hold(salon, service, start=start) for start in (0, 30, 60)]
    with pytest.raises(StateForbids):
        await absorb(salon, other, held)
    with pytest.raises(VisitNotFound):
        await absorb(salon, other, held, among=frozenset({State.CONFIRMED}))
    with pytest.raises(VisitNotFound):
        await absorb(salon, replace(visit, id=service.id), held)
    await salon.confirm(visit)
    with pytest.raises(VisitNotFound):
        await absorb(salon, visit, replace(held, id=service.id))
    with pytest.raises(VisitNotFound):
        await visits.absorb(salon.context, charlie.caller, visit.id, held.id)
    unable = replace(salon.person.caller, scopes=frozenset(Scope) - {Scope.RESCHEDULE})
    with pytest.raises(ScopeMissing):
        await visits.absorb(salon.context, unable, visit.id, held.id)
    await salon.cancel(visit)
    with pytest.raises(StateForbids):
        await absorb(salon, visit, held)
    assert await state(salon, held) is State.HELD


async def test_a_hold_that_lost_a_claim_is_not_absorbed(salon: Salon) -> None:
    service = await put(salon)
    visit, held = await promise(salon, service), await hold(salon, service, start=30)
    await salon.rows("UPDATE claim SET live = false WHERE visit_id = $1", held.id)
    with pytest.raises(HoldLapsed):
        await absorb(salon, visit, held)
    assert (await state(salon, held), await salon.times(visit)) == (State.HELD, [(0, 10)])


async def test_one_request_has_one_outcome(salon: Salon) -> None:
    service = await put(salon)
    visit, held = await promise(salon, service), await hold(salon, service, start=30)
    once = Once(uuid4(), uuid4())
    moved = await absorb(salon, visit, held, once)
    assert await absorb(salon, visit, held, once) == moved
    with pytest.raises(StateForbids):
        await absorb(salon, visit, held)


async def test_the_customers_own_limit_counts_on_the_new_day(salon: Salon) -> None:
    service = await put(salon, customer_daily_limit=1)
    tomorrow = 24 * 60
    visit, there = await promise(salon, service), await promise(salon, service, start=tomorrow)
    with pytest.raises(CustomerLimitReached):
        await absorb(salon, visit, await hold(salon, service, start=tomorrow + 30))
    moved = await absorb(salon, visit, await hold(salon, service, start=30))
    assert items(moved) == [(30, 40)]
    await salon.cancel(there)
    moved = await absorb(salon, moved, await hold(salon, service, start=tomorrow + 60))
    with pytest.raises(CustomerLimitReached):
        await promise(salon, service, start=tomorrow + 90)
    assert items(moved) == [(tomorrow + 60, tomorrow + 70)]


async def test_whoever_was_overbooked_beside_the_old_place_has_it_then(salon: Salon) -> None:
    """Also the hold itself, where it was taken over the visit's own time."""
    clerks = salon.clerks(1)
    service = salon.service(10, clerks)
    await salon.put(*clerks, service)
    visit = await promise(salon, service)
    beside = await salon.hold(service, overbook=True)
    over = await hold(salon, service, start=5, overbook=True)
    assert [row["mode"] for row in await salon.rows(SPANS, clerks[0].id)] == ["exclusive", "overbooked", "overbooked"]
    moved = await absorb(salon, visit, over)
    spans = [(row["starts_at"], row["mode"]) for row in await salon.rows(SPANS, clerks[0].id)]
    assert spans == [(at(0), "exclusive"), (at(5), "overbooked")]
    await salon.cancel(beside)
    spans = [(row["starts_at"], row["mode"]) for row in await salon.rows(SPANS, clerks[0].id)]
    assert (spans, items(moved)) == ([(at(5), "exclusive")], [(5, 15)])
    assert await salon.problems() == []


async def test_two_that_want_one_hold_and_two_holds_for_one(salon: Salon) -> None:
    service = await put(salon, 6)
    for _ in range(6):
        first, second = await promise(salon, service), await promise(salon, service)
        held = await hold(salon, service, start=30)
        answers = await asyncio.gather(*(code(absorb(salon, visit, held)) for visit in (first, second)))
        assert sorted(answers) == ["confirmed", "state_forbids"]
        holds = [await hold(salon, service, start=start) for start in (60, 90)]
        answers = await asyncio.gather(*(code(absorb(salon, first, each)) for each in holds))
        assert answers == ["confirmed"] * 2
        assert await salon.problems() == []
        assert len(await salon.claims(first)) == 1
        for visit in (first, second):
            await salon.cancel(visit)


async def test_between_two_times_somebody_else_never_finds_both_taken_or_both_free(salon: Salon) -> None:
    """Who wants the place of the hold never gets it; who wants the old one gets it after, and before not."""
    service = await put(salon, 1)
    for _ in range(8):
        visit, held = await promise(salon, service), await hold(salon, service, start=30)
        moved, new, old = await asyncio.gather(
            code(absorb(salon, visit, held)),
            code(salon.elsewhere().hold(service, start=30)),
            code(salon.elsewhere().hold(service)),
        )
        assert (moved, new) == ("confirmed", "slot_taken")
        assert old in ("held", "slot_taken")
        assert await salon.problems() == []
        await salon.cancel(visit)
        await salon.rows("UPDATE claim SET live = false WHERE live")
        await salon.rows("UPDATE visit SET state = 'released' WHERE state = 'held'")


async def test_absorbing_both_ways_at_once_breaks_nothing_off(salon: Salon) -> None:
    """Visits and holds are locked in one order, whichever is which."""
    service = await put(salon, 4)
    for _ in range(8):
        first, second = await promise(salon, service), await promise(salon, service, start=30)
        holds = [await hold(salon, service, start=start) for start in (30, 0)]
        answers = await asyncio.gather(
            code(absorb(salon, first, holds[0])),
            code(absorb(salon, second, holds[1])),
            code(absorb(salon, first, holds[1])),
            code(absorb(salon, second, holds[0])),
        )
        assert set(answers) <= {"confirmed", "state_forbids"}
        assert await salon.problems() == []
        for visit in (first, second):
            await salon.cancel(visit)


async def test_an_erasure_finds_what_was_noted_about_the_hold(salon: Salon) -> None:
    service = await put(salon)
    visit, held = await promise(salon, service), await hold(salon, service, start=30)
    await salon.change(held, notes="a cough")
    await absorb(salon, visit, held)
    assert visit.details.customer_id is not None
    caller, ada = salon.person.caller, visit.details.customer_id
    await customers.change(salon.context, caller, ada, lambda known: replace(known, contacts=()), None)
    assert await customers.erase(salon.context, caller, ada) == 2
    rows = await salon.rows("SELECT notes, contact_address FROM visit WHERE visit_id = $1", held.id)
    assert [tuple(row) for row in rows] == [(None, None)]


async def test_a_place_that_was_given_to_somebody_else_is_not_absorbed_twice(salon: Salon) -> None:
    service = await put(salon, 1)
    visit, held = await promise(salon, service), await hold(salon, service, start=30)
    with pytest.raises(SlotTaken):
        await salon.hold(service, start=25)
    await absorb(salon, visit, held)
    with pytest.raises(SlotTaken):
        await salon.hold(service, start=25)
    assert (await salon.hold(service)).state is State.HELD
