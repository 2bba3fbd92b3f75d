"""Who comes is told after the place was held: one call makes the customer, tells the visit and confirms it."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4  # noqa: TID251 - tests make identities too

import pytest

from appointed.core.customer import FIRST_ENTRY, Customer, Introduction, PersonName
from appointed.core.errors import (
    AnswerMissing,
    ContactMissing,
    CustomerDiffers,
    CustomerFactMissing,
    CustomerLimitReached,
    HoldLapsed,
    QuestionUnknown,
    Refusal,
    StateForbids,
    VisitNotFound,
)
from appointed.core.language import Text, Translation
from appointed.core.once import Once
from appointed.core.questions import CustomerFact, Question
from appointed.core.visit import Answer, Contact, Details, State, Visit
from appointed.usecases import customers, visits
from appointed.usecases.groups import confirm_group
from appointed.usecases.holds import book
from appointed.usecases.inquiring import Wanted
from appointed.usecases.visit_list import visits_of_reference
from people import MORNING, Person, set_clock
from salon import Salon, minutes, wish

ADA = Introduction("ada0000001", PersonName("Ada", "Lovelace"), "ada@example.com", "+44123", date(1990, 12, 10))
BOB = Introduction("bob0000001", PersonName("Bob", "Roe"), "bob@example.com", None, date(2000, 1, 1))
WHY = Question(Text("Why do you come?", (Translation("nl", "Waarom komt u?"),)), required=True)
CAR = Question(Text("Which car?"))
BORN = frozenset({CustomerFact.BIRTH_DATE})
LIFETIME = minutes(15)


def told(who: Introduction, *answers: tuple[str, str]) -> Introduction:
    return replace(who, answers=tuple(Answer(question, (text,)) for question, text in answers))


async def put(salon: Salon, **changes):
    """A service of two clerks."""
    clerks = salon.clerks(2)
    service = salon.service(10, clerks, **changes)
    await salon.put(*clerks, service)
    return service


async def hold(salon: Salon, service, **asked) -> Visit:
    return await salon.hold(service, **{"introduced_later": True, "lifetime": LIFETIME, **asked})


async def confirm(salon: Salon, visit: Visit, who: Introduction | None, once: Once | None = None) -> Visit:
    return await visits.confirm(salon.context, salon.person.caller, None, visit.id, once, introduced=who)


async def known(salon: Salon, reference: str) -> list[Customer]:
    return await customers.list_all(salon.context, salon.person.caller, None, FIRST_ENTRY, 10, reference=reference)


async def code(made) -> str:
    """The state of the visit that was made, or the code of the refusal."""
    try:
        return (await made).state.value
    except Refusal as refused:
        return refused.code


async def test_the_customer_is_made_and_the_visit_confirmed_for_them(salon: Salon) -> None:
    held = await hold(salon, await put(salon, required_contact="email", questions=(WHY, CAR), required_facts=BORN))
    assert (held.details.contact, held.details.customer_id) == (None, None)
    ada = told(ADA, ("Waarom komt u? ", "a cough"))
    visit = await confirm(salon, held, ada)
    (customer,) = await known(salon, ada.reference)
    assert (customer.name, customer.birth_date, customer.version) == (ada.name, ada.birth_date, 1)
    assert customer.contacts == (Contact("email", "ada@example.com"), Contact("phone", "+44123"))
    assert customer.created_at == MORNING
    assert (visit.state, visit.expires_at, visit.version) == (State.CONFIRMED, None, 2)
    assert visit.details.contact == Contact("email", "ada@example.com", "+44123")
    assert (visit.details.customer_id, visit.details.answers) == (customer.id, ada.answers)
    found = await visits.find_visit(salon.context, salon.person.caller, None, held.id)
    assert replace(found, as_of=None) == replace(visit, as_of=None)
    assert await salon.events(visit) == ["held", "confirmed"]
    await set_clock(salon.context, salon.person, MORNING + timedelta(days=1))
    assert (await visits.find_visit(salon.context, salon.person.caller, None, held.id)).state is State.CONFIRMED
    assert await salon.problems() == []


async def test_a_customer_who_is_known_is_written_anew(salon: Salon) -> None:
    """But for the birth date and the ways to be reached of which nothing is told now."""
    service = await put(salon)
    first = await confirm(salon, await hold(salon, service), ADA)
    again = replace(ADA, name=PersonName("A.", "King"), email="king@example.com", phone=None, birth_date=None)
    second = await confirm(salon, await hold(salon, service, start=20), again)
    (customer,) = await known(salon, ADA.reference)
    mail, phone = Contact("email", "king@example.com"), Contact("phone", "+44123")
    assert (customer.name, customer.birth_date, customer.contacts) == (again.name, ADA.birth_date, (mail, phone))
    assert second.details.contact == mail
    third = replace(ADA, email=None, phone="+44999", birth_date=date(1990, 12, 11))
    await confirm(salon, await hold(salon, service, start=40), third)
    (customer,) = await known(salon, ADA.reference)
    assert (customer.birth_date, customer.contacts) == (third.birth_date, (Contact("phone", "+44999"), mail))
    assert first.details.customer_id == second.details.customer_id == customer.id
    assert await visits_of_reference(salon.context, salon.person.caller, ADA.reference, ()) == ()
    found = await visits_of_reference(salon.context, salon.person.caller, ADA.reference, (State.CONFIRMED,))
    assert [visit.id for visit in found][:2] == [first.id, second.id]
    assert await visits_of_reference(salon.context, salon.person.caller, "nobody", (State.CONFIRMED,)) == ()


async def test_the_same_customer_again_is_the_same_visit_and_another_is_refused(salon: Salon) -> None:
    service = await put(salon)
    visit = await confirm(salon, await hold(salon, service), ADA)
    repeated = await confirm(salon, visit, replace(ADA, name=PersonName("Somebody", "Else")))
    assert replace(repeated, as_of=None) == replace(visit, as_of=None)
    assert (await known(salon, ADA.reference))[0].name == ADA.name
    with pytest.raises(CustomerDiffers):
        await confirm(salon, visit, BOB)
    assert await known(salon, BOB.reference) == []
    assert replace(await confirm(salon, visit, None), as_of=None) == replace(visit, as_of=None)
    nobodys = await confirm(salon, await hold(salon, service, start=20), None)
    with pytest.raises(CustomerDiffers):
        await confirm(salon, nobodys, ADA)


async def test_one_request_has_one_outcome(salon: Salon) -> None:
    held = await hold(salon, await put(salon))
    once = Once(uuid4(), uuid4())
    first = await confirm(salon, held, ADA, once)
    await salon.cancel(first)
    assert await confirm(salon, held, ADA, once) == first
    again = Once(uuid4(), uuid4())
    for _ in range(2):
        with pytest.raises(StateForbids):
            await confirm(salon, held, BOB, again)
    assert await known(salon, BOB.reference) == []


async def test_what_the_service_asks_has_to_be_told(salon: Salon) -> None:
    held = await hold(salon, await put(salon, required_contact="phone", questions=(WHY, CAR), required_facts=BORN))
    why = (WHY.text.text, "a cough")
    for who, refusal in (
        (None, ContactMissing("phone")),
        (told(BOB, why), ContactMissing("phone")),
        (ADA, AnswerMissing(WHY.text.text)),
        (told(ADA, (WHY.text.text, "  ")), AnswerMissing(WHY.text.text)),
        (told(ADA, why, ("Which horse?", "Bess")), QuestionUnknown("Which horse?")),
        (replace(told(ADA, why), birth_date=None), CustomerFactMissing("birth_date")),
    ):
        with pytest.raises(type(refusal)) as refused:
            await confirm(salon, held, who)
        assert refused.value.facts() == refusal.facts()
    assert await known(salon, ADA.reference) == []
    visit = await confirm(salon, held, told(ADA, why))
    assert visit.details.contact == Contact("phone", "+44123", "ada@example.com")


async def test_a_hold_is_not_excused_what_nobody_tells_later(salon: Salon) -> None:
    service = await put(salon, required_contact="phone", questions=(WHY,))
    with pytest.raises(ContactMissing):
        await salon.hold(service)
    with pytest.raises(AnswerMissing):
        await salon.hold(service, customer="+48000")
    with pytest.raises(ContactMissing):
        await book(salon.context, salon.person.caller, wish(service, introduced_later=True))


async def test_a_fact_is_looked_for_in_the_record_when_a_promise_is_made(salon: Salon) -> None:
    service = await put(salon, required_facts=BORN)
    caller = salon.person.caller
    held = await salon.hold(service)
    with pytest.raises(CustomerFactMissing):
        await confirm(salon, held, None)
    with pytest.raises(CustomerFactMissing):
        await book(salon.context, caller, wish(service, start=20))
    ada = await customers.create(salon.context, caller, lambda nobody: replace(nobody, reference=ADA.reference))
    await customers.name(salon.context, caller, held.id, ada.id)
    with pytest.raises(CustomerFactMissing):
        await confirm(salon, held, None)
    await customers.change(salon.context, caller, ada.id, lambda known: replace(known, birth_date=ADA.birth_date), None)
    assert (await confirm(salon, held, None)).state is State.CONFIRMED
    asked = wish(service, start=20)
    named = replace(asked, guests=(replace(asked.guests[0], customer_id=ada.id),))
    assert (await book(salon.context, caller, named)).state is State.CONFIRMED


async def test_a_group_is_asked_as_one_visit_is(salon: Salon) -> None:
    service = await put(salon, required_contact="phone", required_facts=BORN)
    caller = salon.person.caller
    parts = Wanted(service.id), Wanted(service.id, guest=1)
    held = await salon.hold_all(*parts, introduced_later=True)
    assert held[0].group_id is not None
    with pytest.raises(ContactMissing):
        await confirm_group(salon.context, caller, held[0].group_id)
    for visit in held:
        await salon.change(visit, contact=Contact("phone", "+48000"))
    with pytest.raises(CustomerFactMissing):
        await confirm_group(salon.context, caller, held[0].group_id)
    ada = await customers.create(salon.context, caller, lambda nobody: replace(nobody, birth_date=ADA.birth_date))
    for visit in held:
        await customers.name(salon.context, caller, visit.id, ada.id)
    assert {each.state for each in await confirm_group(salon.context, caller, held[0].group_id)} == {State.CONFIRMED}


async def test_a_hold_whose_customer_is_yet_to_come_may_be_changed(salon: Salon) -> None:
    service = await put(salon, required_contact="phone", questions=(WHY,))
    held = await hold(salon, service)
    changed = await salon.change(held, notes="by the window", party_size=1)
    assert changed.details.notes == "by the window"
    with pytest.raises(QuestionUnknown):
        await salon.change(held, answers=(Answer("Which horse?", ("Bess",)),))
    answers = (Answer(WHY.text.text, ("a cough", "and a cold")),)
    await salon.change(held, answers=answers, contact=Contact("phone", "+48000"))
    with pytest.raises(ContactMissing):
        await salon.change(held, contact=None)
    with pytest.raises(AnswerMissing):
        await salon.change(held, answers=())
    visit = await confirm(salon, held, None)
    assert (visit.details.answers, visit.details.notes) == (answers, "by the window")


async def test_the_customers_own_limit_counts_at_the_confirmation(salon: Salon) -> None:
    service = await put(salon, customer_daily_limit=1)
    first, second = [await hold(salon, service, start=start) for start in (0, 20)]
    await confirm(salon, first, ADA)
    with pytest.raises(CustomerLimitReached):
        await confirm(salon, second, ADA)
    assert (await confirm(salon, second, BOB)).state is State.CONFIRMED
    third = await hold(salon, service, start=40)
    await salon.cancel(first)
    assert (await confirm(salon, third, ADA)).state is State.CONFIRMED


async def test_what_lapsed_is_confirmed_for_nobody(salon: Salon) -> None:
    held = await hold(salon, await put(salon))
    await set_clock(salon.context, salon.person, MORNING + LIFETIME)
    with pytest.raises(HoldLapsed):
        await confirm(salon, held, ADA)
    assert await known(salon, ADA.reference) == []


async def test_the_customer_of_a_promise_is_told_anew(salon: Salon) -> None:
    service = await put(salon, required_contact="email", questions=(CAR,), customer_daily_limit=1)
    visit = await confirm(salon, await hold(salon, service, people=1), told(ADA, (CAR.text.text, "a van")))
    caller = salon.person.caller
    moved = replace(ADA, email="countess@example.com", phone=None)
    changed = await visits.introduce(salon.context, caller, visit.id, moved)
    assert changed.details == replace(visit.details, contact=Contact("email", "countess@example.com"))
    assert (changed.version, await salon.events(visit)) == (visit.version + 1, ["held", "confirmed", "changed"])
    assert (await known(salon, ADA.reference))[0].contacts == (*moved.contacts, Contact("phone", "+44123"))
    others = await confirm(salon, await hold(salon, service, start=20), BOB)
    with pytest.raises(CustomerLimitReached):
        await visits.introduce(salon.context, caller, visit.id, BOB)
    with pytest.raises(ContactMissing):
        await visits.introduce(salon.context, caller, visit.id, replace(ADA, email=None))
    await salon.cancel(others)
    bobs = await visits.introduce(salon.context, caller, visit.id, BOB)
    assert bobs.details.customer_id == others.details.customer_id
    assert await visits_of_reference(salon.context, caller, ADA.reference, (State.CONFIRMED,)) == ()
    await salon.cancel(visit)
    with pytest.raises(StateForbids):
        await visits.introduce(salon.context, caller, visit.id, ADA)


async def test_the_answers_of_one_customer_are_never_anothers(salon: Salon) -> None:
    service = await put(salon, questions=(CAR,))
    caller, once = salon.person.caller, Once(uuid4(), uuid4())
    visit = await confirm(salon, await hold(salon, service), told(ADA, (CAR.text.text, "a van")), once)
    adas = await visits.introduce(salon.context, caller, visit.id, ADA)
    assert adas.details.answers == visit.details.answers
    bobs = await visits.introduce(salon.context, caller, visit.id, BOB)
    assert (bobs.details.customer_id != adas.details.customer_id, bobs.details.answers) == (True, ())
    await visits.introduce(salon.context, caller, visit.id, told(BOB, (CAR.text.text, "a bus")))
    ada = adas.details.customer_id
    assert ada is not None
    assert await customers.erase(salon.context, caller, ada) == 0
    kept = await confirm(salon, visit, told(ADA, (CAR.text.text, "a van")), once)
    assert (kept.id, kept.details.contact, kept.details.answers) == (visit.id, None, ())
    stands = await visits.find_visit(salon.context, caller, None, visit.id)
    assert stands.details.answers == (Answer(CAR.text.text, ("a bus",)),)


async def test_what_was_answered_when_it_was_held_is_the_customers(salon: Salon) -> None:
    answers = (Answer(CAR.text.text, ("a van",)),)
    held = await salon.change(await hold(salon, await put(salon, questions=(CAR,))), answers=answers)
    visit = await confirm(salon, held, ADA)
    assert visit.details.answers == answers


async def test_what_is_held_for_one_customer_is_not_confirmed_for_another(salon: Salon) -> None:
    service = await put(salon)
    await confirm(salon, await hold(salon, service), ADA)
    (ada,) = await known(salon, ADA.reference)
    held = await hold(salon, service, start=20, guests=(Details("en", customer_id=ada.id),))
    with pytest.raises(CustomerDiffers):
        await confirm(salon, held, BOB)
    assert await known(salon, BOB.reference) == []
    visit = await confirm(salon, held, ADA)
    assert (visit.state, visit.details.customer_id) == (State.CONFIRMED, ada.id)


async def test_a_confirmation_tells_whether_it_was_one_already(salon: Salon) -> None:
    held, first, second = await hold(salon, await put(salon)), Once(uuid4(), uuid4()), Once(uuid4(), uuid4())
    told_so = [(await confirm(salon, held, ADA, once)).repeated for once in (first, first, second, second, None)]
    assert told_so == [False, False, True, True, True]


async def test_a_hold_is_no_promise_to_those_who_say_so(salon: Salon) -> None:
    held = await hold(salon, await put(salon))
    caller, among = salon.person.caller, frozenset({State.CONFIRMED})
    with pytest.raises(VisitNotFound):
        await visits.find_visit(salon.context, caller, None, held.id, among)
    with pytest.raises(VisitNotFound):
        await visits.cancel(salon.context, caller, None, held.id, among=among)
    with pytest.raises(VisitNotFound):
        await visits.introduce(salon.context, caller, held.id, ADA, among=among)
    with pytest.raises(StateForbids):
        await visits.introduce(salon.context, caller, held.id, ADA)
    holding = frozenset({State.HELD})
    assert (await visits.find_visit(salon.context, caller, None, held.id, holding)).id == held.id
    await set_clock(salon.context, salon.person, MORNING + LIFETIME)
    with pytest.raises(VisitNotFound):
        await visits.find_visit(salon.context, caller, None, held.id, holding)
    with pytest.raises(VisitNotFound):
        await visits.cancel(salon.context, caller, None, held.id, among=holding)


async def test_nobody_confirms_or_introduces_for_another_tenant(salon: Salon, charlie: Person) -> None:
    held = await hold(salon, await put(salon))
    with pytest.raises(VisitNotFound):
        await visits.confirm(salon.context, charlie.caller, None, held.id, introduced=ADA)
    await confirm(salon, held, ADA)
    with pytest.raises(VisitNotFound):
        await visits.introduce(salon.context, charlie.caller, held.id, ADA)
    assert await visits_of_reference(salon.context, charlie.caller, ADA.reference, tuple(State)) == ()
    theirs = await customers.create(
        salon.context, charlie.caller, lambda nobody: replace(nobody, reference=ADA.reference)
    )
    assert theirs.reference == ADA.reference


async def test_of_two_customers_at_once_one_gets_the_visit(salon: Salon) -> None:
    service = await put(salon)
    for round_ in range(8):
        held = await hold(salon, service, start=round_ * 10)
        who = replace(ADA, reference=f"ada{uuid4().hex}"), replace(BOB, reference=f"bob{uuid4().hex}")
        answers = await asyncio.gather(*(code(confirm(salon, held, each)) for each in who))
        assert sorted(answers) == ["confirmed", "customer_differs"]
        winner, loser = who if answers[0] == "confirmed" else who[::-1]
        ((customer,), nobody) = [await known(salon, each.reference) for each in (winner, loser)]
        assert nobody == []
        visit = await visits.find_visit(salon.context, salon.person.caller, None, held.id)
        assert visit.details.customer_id == customer.id


async def test_one_new_reference_at_once_is_one_customer(salon: Salon) -> None:
    service = await put(salon)
    for _ in range(5):
        who = replace(ADA, reference=f"ada{uuid4().hex}")
        held = [await hold(salon, service, start=start * 10) for start in range(6)]
        answers = await asyncio.gather(*(code(confirm(salon, each, who)) for each in held))
        assert answers == ["confirmed"] * 6
        (customer,) = await known(salon, who.reference)
        assert customer.version == 6
        for each in held:
            visit = await visits.find_visit(salon.context, salon.person.caller, None, each.id)
            assert visit.details.customer_id == customer.id
            await salon.cancel(visit)
