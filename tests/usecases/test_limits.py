"""What may be bypassed and what may not: overbooking, visits of one customer a day, places of a booking range."""

import asyncio
from collections import Counter
from dataclasses import replace

import pytest

from appointed.core.caller import Scope
from appointed.core.catalog import Closure, Days, PoolScope, Role, Schedule, WeeklyHours
from appointed.core.errors import (
    ContactMissing,
    CustomerLimitReached,
    PartyTooLarge,
    Refusal,
    ScopeMissing,
    SlotNotOffered,
    SlotTaken,
)
from appointed.core.visit import Contact, Details, Visit
from appointed.usecases.holds import hold_together
from appointed.usecases.inquiring import Wanted
from people import MORNING, new_branch, new_colleague, pool_resource, set_clock
from salon import NINE, Salon, at, minutes, wish


def outcomes_of(outcomes: list[object]) -> Counter[str]:
    return Counter(type(outcome).__name__ for outcome in outcomes)


@pytest.mark.parametrize("choice", [1, 2])
async def test_who_may_overbook_takes_what_is_taken(salon: Salon, choice: int) -> None:
    """What is free is taken as by anybody; the first place that is given back becomes the overbooked one's."""
    clerks = salon.clerks(choice)
    service = salon.service(10, clerks)
    await salon.put(service, *clerks)
    first, *others = [await salon.hold(service, overbook=True) for _ in clerks]
    assert {claim["mode"] for visit in (first, *others) for claim in await salon.claims(visit)} == {"exclusive"}
    extra = await salon.hold(service, overbook=True)
    assert [claim["mode"] for claim in await salon.claims(extra)] == ["overbooked"]
    assert (await salon.explained(service)).blocks[0].bypassable
    with pytest.raises(SlotTaken):
        await salon.hold(service)
    by_place = {(await salon.held_by(visit))[0]: visit for visit in (first, *others)}
    await salon.cancel(by_place[(await salon.held_by(extra))[0]])
    assert [claim["mode"] for claim in await salon.claims(extra)] == ["exclusive"]
    assert await salon.problems() == []


async def test_nobody_is_overbooked_while_somebody_is_free(salon: Salon) -> None:
    """However many ask at once, in two processes: only those beyond the free ones are."""
    clerks = salon.clerks(3)
    service = salon.service(10, clerks)
    await salon.put(service, *clerks)
    processes = (salon, salon.elsewhere())
    for start in range(0, 100, 10):
        taking = (processes[number % 2].hold(service, start=start, overbook=True) for number in range(4))
        visits = await asyncio.gather(*taking)
        modes = Counter([claim["mode"] for visit in visits for claim in await salon.claims(visit)])
        assert modes == {"exclusive": 3, "overbooked": 1}
    assert await salon.problems() == []


async def test_overbooking_needs_a_scope_of_its_own(salon: Salon) -> None:
    (clerk,) = salon.clerks(1)
    service = salon.service(10, [clerk])
    await salon.put(service, clerk)
    colleague = await new_colleague(salon.context, salon.person.tenant, scopes=frozenset({Scope.READ, Scope.BOOK}))
    theirs = replace(salon, person=colleague)
    with pytest.raises(ScopeMissing) as refused:
        await theirs.hold(service, overbook=True)
    assert refused.value.scope == "overbook"
    await theirs.hold(service)
    with pytest.raises(ScopeMissing):
        await theirs.hold(service, overbook=True)


async def test_nothing_but_claims_can_be_overbooked(salon: Salon) -> None:
    """Every other rule holds: those about the start, the resource, the customer and the party."""
    clerk, pool = *salon.clerks(1), pool_resource(salon.branch.id, 2, scope=PoolScope.OVERLAP)
    away = replace(clerk, schedule=Schedule(breaks=(WeeklyHours(0, 600, 620),)))
    plain = salon.service(10, [clerk])
    cases = {
        "closures": replace(plain, booking_hours=Schedule(closures=(Closure(at(0), at(30)),))),
        "booking_hours": replace(plain, booking_hours=Schedule(week=())),
        "slot_grid": replace(plain, grid=minutes(7)),
        "lead_time": replace(plain, lead_days=Days(1)),
        "horizon": replace(plain, horizon=Days(0)),
        "skills": replace(plain, roles=(Role((clerk.id,), skills=frozenset({"colour"})),)),
        "breaks": plain,
    }
    known = {rule: replace(service, id=salon.service(1).id) for rule, service in cases.items()}
    limited = replace(plain, id=salon.service(1).id, party_limit=2, required_contact="phone", customer_daily_limit=1)
    crowded = salon.service(10, Role((pool.id,), units=3))
    await salon.put(limited, crowded, *known.values(), away, pool)
    starts = {"horizon": 24 * 60, "breaks": 65}
    for rule, service in known.items():
        with pytest.raises(SlotNotOffered) as refused:
            await salon.hold(service, start=starts.get(rule, 5), overbook=True)
        assert refused.value.reason == rule
    with pytest.raises(SlotNotOffered):
        await salon.hold(crowded, overbook=True)
    assert {(block.rule, block.bypassable) for block in (await salon.explained(crowded)).blocks} == {
        ("capacity", False)
    }
    with pytest.raises(PartyTooLarge):
        await salon.hold(limited, people=3, customer="+481", overbook=True)
    with pytest.raises(ContactMissing):
        await salon.hold(limited, overbook=True)
    await salon.hold(limited, customer="+481", overbook=True)
    with pytest.raises(CustomerLimitReached):
        await salon.hold(limited, customer="+481", overbook=True)
    await salon.hold(limited, customer="+482", overbook=True)


async def test_a_customer_comes_so_often_a_day(salon: Salon) -> None:
    """The day is that of the branch's clock; what was given back or lapsed counts no more."""
    salon = replace(salon, branch=new_branch(time_zone="America/New_York"))
    pool = pool_resource(salon.branch.id, 9)
    service, other = (salon.service(10, [pool], customer_daily_limit=2) for _ in range(2))
    await salon.put(service, other, pool)
    # Nine in UTC is four in the morning there.
    midnight = -4 * 60
    starts = (0, midnight + 24 * 60 - 10)
    held = [await salon.hold(service, start=start, customer="+481") for start in starts]
    for start, spelt in zip(starts, ("a@X.example", "a@x.example"), strict=True):
        await salon.hold(service, start=start, customer=spelt)
    for start in (20, midnight + 24 * 60 - 5):
        with pytest.raises(CustomerLimitReached) as refused:
            await salon.hold(service, start=start, customer="+481")
        assert refused.value.limit == 2
        assert start not in await salon.offered(service, first=start, minutes=5, customer="+481")
        assert start not in await salon.offered(service, first=start, minutes=5, customer="A@x.example")
        assert start in await salon.offered(service, first=start, minutes=5, customer="+482")
        assert start in await salon.offered(service, first=start, minutes=5)
    await salon.hold(service, start=20)
    await salon.hold(other, start=20, customer="+481")
    assert 24 * 60 + midnight in await salon.offered(service, first=24 * 60 + midnight, minutes=5, customer="+481")
    await salon.hold(service, start=midnight + 24 * 60, customer="+481", lifetime=minutes(5))
    await salon.cancel(held[0])
    await salon.hold(service, start=20, customer="+481", lifetime=minutes(5))
    with pytest.raises(CustomerLimitReached):
        await salon.hold(service, start=30, customer="+481")
    await set_clock(salon.context, salon.person, MORNING + minutes(5))
    await salon.hold(service, start=30, customer="+481")


async def test_requests_at_once_count_each_other(salon: Salon) -> None:
    """Eight of one customer for one visit a day, at different times, in two processes; and those of others beside."""
    pool = pool_resource(salon.branch.id, 20)
    service = salon.service(10, [pool], customer_daily_limit=1)
    await salon.put(service, pool)
    processes = (salon, salon.elsewhere())
    for customer in range(10):
        taking = [
            processes[number % 2].hold(service, start=5 * number, customer=f"+{name}")
            for number in range(8)
            for name in (f"48{customer}", f"49{customer}{number}")
        ]
        outcomes = await asyncio.gather(*taking, return_exceptions=True)
        assert outcomes_of(outcomes) == {"Visit": 9, "CustomerLimitReached": 7}
    assert await salon.problems() == []


async def test_guests_that_are_one_customer_count_each_other(salon: Salon) -> None:
    pool = pool_resource(salon.branch.id, 9)
    service = salon.service(10, [pool], customer_daily_limit=1)
    await salon.put(service, pool)
    couple = wish(service, Wanted(service.id, guest=1), customer="+481")
    with pytest.raises(CustomerLimitReached):
        await hold_together(salon.context, salon.person.caller, couple)
    assert (await salon.rows("SELECT count(*) AS visits FROM visit"))[0]["visits"] == 0
    one, other = (Details("en", contact=Contact("phone", number)) for number in ("+481", "+482"))
    made = await hold_together(salon.context, salon.person.caller, replace(couple, guests=(one, other)))
    assert [visit.details.contact and visit.details.contact.address for visit in made] == ["+481", "+482"]
    # The second guest's own day is full too.
    with pytest.raises(CustomerLimitReached):
        await salon.hold(service, start=30, customer="+482")
    third = Details("en", contact=Contact("phone", "+483"))
    with pytest.raises(CustomerLimitReached):
        await hold_together(
            salon.context, salon.person.caller, replace(couple, guests=(third, other), starts_at=NINE + minutes(30))
        )


@pytest.mark.parametrize("scope", PoolScope)
async def test_a_booking_range_has_places_of_its_own(salon: Salon, scope: PoolScope) -> None:
    """More or fewer than the pool; the database refuses the one that is too many, however many come at once."""
    pool = pool_resource(salon.branch.id, 4, scope=scope)
    # From nine to ten there are three places, then six, then those of the pool.
    hours = Schedule((WeeklyHours(0, 540, 600, 3), WeeklyHours(0, 600, 660, 6), WeeklyHours(0, 660, 720)))
    service, other = salon.service(10, [pool], booking_hours=hours, grid=minutes(10)), salon.service(10, [pool])
    await salon.put(service, other, pool)
    for start, places in ((0, 3), (60, 6), (120, 4)):
        assert (await salon.offered(service, minutes=180))[start] == places
        for _ in range(places - 1):
            await salon.hold(service, start=start)
        processes = [salon if number % 2 else salon.elsewhere() for number in range(20)]
        outcomes: list[Visit | Refusal] = await asyncio.gather(
            *(process.hold(service, start=start) for process in processes), return_exceptions=True
        )
        assert outcomes_of(outcomes) == {"Visit": 1, "SlotTaken": 19}
        assert start not in await salon.offered(service, minutes=180)
        # Another service that has no such range has the pool's own places.
        assert (await salon.offered(other, first=start)).get(start, 0) == max(0, 4 - places)
        (row,) = await salon.rows("SELECT count(*) AS claims FROM claim WHERE live AND starts_at = $1", at(start))
        assert row["claims"] == places
