"""Whom a customer asked for, a visit knows as long as it lives: a move asks for the same again."""

from dataclasses import replace

import pytest

from appointed.core.catalog import Resource, Role, Service
from appointed.core.errors import SlotTaken
from appointed.core.preference import Preference
from appointed.usecases.inquiring import Wanted
from proofs.raw import MINUTE
from salon import Salon

QUIET = frozenset({"quiet"})


async def pair(salon: Salon) -> tuple[Service, tuple[Resource, ...]]:
    """A service of two people, and five of them; the last three are quiet."""
    clerks = tuple(
        replace(clerk, traits=QUIET if number > 1 else frozenset()) for number, clerk in enumerate(salon.clerks(5))
    )
    role = Role(tuple(each.id for each in clerks), count=2, interchangeable=True)
    service = salon.service(10, role)
    await salon.put(service, *clerks)
    return service, clerks


async def test_a_name_and_the_traits_beside_it(salon: Salon) -> None:
    """The one who was named stays, and so does what was asked of the other."""
    service, (_, _, c, _, e) = await pair(salon)
    visit = await salon.hold(Wanted(service.id, preferences=(Preference(0, e.id, QUIET),)))
    assert set(await salon.held_by(visit)) == {c.id, e.id}
    for start in (20, 5, 40):
        await salon.change(visit, start)
        assert set(await salon.held_by(visit)) == {c.id, e.id}
    assert await salon.problems() == []


async def test_traits_are_asked_of_both_again(salon: Salon) -> None:
    """And neither makes room for somebody else."""
    service, (_, _, c, d, e) = await pair(salon)
    only_c = salon.service(10, [c])
    await salon.put(only_c)
    visit = await salon.hold(Wanted(service.id, preferences=(Preference(0, traits=QUIET),)))
    assert set(await salon.held_by(visit)) == {c.id, d.id}
    await salon.change(visit, 20)
    assert set(await salon.held_by(visit)) == {c.id, d.id}
    assert [claim["named"] for claim in await salon.claims(visit)] == [True, True]
    with pytest.raises(SlotTaken):
        await salon.hold(only_c, start=20)
    # Where one of them is taken, the third of the quiet comes, and nobody else.
    await salon.hold(only_c, start=50)
    await salon.change(visit, 50)
    assert set(await salon.held_by(visit)) == {d.id, e.id}
    assert await salon.problems() == []


async def test_a_larger_party_asks_for_the_same(salon: Salon) -> None:
    """Each guest of a group for their own, and each service of a visit."""
    one, other = salon.clerks(2)
    service = salon.service(10, [one, other], per_extra_person=MINUTE, party_limit=3)
    await salon.put(service, one, other)
    asked = Preference(0, other.id)
    first, second = await salon.hold_all(
        Wanted(service.id, preferences=(asked,)), Wanted(service.id, guest=1, gap=20 * MINUTE)
    )
    row = await salon.hold(service, Wanted(service.id, preferences=(asked,)), start=60)
    assert [item.preferences for visit in (first, second, row) for item in visit.items] == [(asked,), (), (), (asked,)]
    for visit in (first, second, row):
        before = await salon.held_by(visit)
        changed = await salon.change(visit, party_size=2)
        assert changed.items[-1].preferences == visit.items[-1].preferences
        assert await salon.held_by(visit) == before


async def test_who_asks_for_nothing_can_be_moved(salon: Salon) -> None:
    one, other = salon.clerks(2)
    common = salon.service(10, Role((one.id, other.id), interchangeable=True))
    special = salon.service(10, [one])
    await salon.put(common, special, one, other)
    visit = await salon.hold(Wanted(common.id, preferences=(Preference(0),)))
    assert [claim["named"] for claim in await salon.claims(visit)] == [False]
    assert visit.items[0].preferences == ()
    await salon.hold(special)
    assert await salon.held_by(visit) == [other.id]
