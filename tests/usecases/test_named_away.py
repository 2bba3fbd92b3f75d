"""Whoever asks for somebody who is not there is told about just that one, and not about the others."""

from dataclasses import replace

import pytest

from appointed.core.catalog import Closure, Resource, Schedule, Service, WeeklyHours
from appointed.core.errors import SlotNotOffered
from appointed.core.preference import Preference
from appointed.i18n.catalog import sentence
from appointed.usecases.inquiring import Wanted
from people import ALWAYS
from salon import Salon, at

ELSEWHEN = Schedule((WeeklyHours(0, 12 * 60, 18 * 60),))
LUNCH = replace(ALWAYS, breaks=(WeeklyHours(0, 9 * 60, 10 * 60),))
ILL = replace(ALWAYS, closures=(Closure(at(-60), at(600)),))


def asking(service: Service, whom: Resource, **more: object) -> Wanted:
    return Wanted(service.id, preferences=(Preference(0, whom.id, **more),))  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("place", [0, 1], ids=["the first of the role", "the second"])
@pytest.mark.parametrize(
    ("schedule", "rule"), [(ELSEWHEN, "working_hours"), (LUNCH, "breaks"), (ILL, "time_off")], ids=str
)
async def test_the_reason_is_the_schedule_of_the_one_who_was_asked_for(
    salon: Salon, schedule: Schedule, rule: str, place: int
) -> None:
    """Wherever they stand in the role, the same as `explain` says, and in words that blame nobody else."""
    clerks = list(salon.clerks(2))
    clerks[place] = away = replace(clerks[place], schedule=schedule)
    service = salon.service(10, clerks)
    await salon.put(service, *clerks)
    with pytest.raises(SlotNotOffered) as refused:
        await salon.hold(asking(service, away))
    assert refused.value.facts() == {"reason": rule, "resource": str(away.id)}
    assert "nobody" not in sentence(refused.value, "en")
    blocks = (await salon.explained(asking(service, away))).blocks
    assert rule in {block.rule for block in blocks if block.resource_id == away.id}
    # Without the wish the other one does it.
    await salon.hold(service)


async def test_where_nobody_is_there_no_name_is_told(salon: Salon) -> None:
    """And of who cannot do it at all nothing is told as long as there is somebody who could."""
    unable, away = salon.clerks(2)
    unable, away = replace(unable, schedule=LUNCH), replace(away, schedule=ELSEWHEN, skills=frozenset({"cuts"}))
    role = replace(salon.service(10, (unable, away)).roles[0], skills=frozenset({"cuts"}))
    service = salon.service(10, role)
    await salon.put(service, unable, away)
    with pytest.raises(SlotNotOffered) as refused:
        await salon.hold(service)
    assert refused.value.facts() == {"reason": "working_hours"}


async def test_where_the_one_who_was_asked_for_does_not_do_it_the_wish_is_the_reason(salon: Salon) -> None:
    clerk, stranger = salon.clerks(2)
    service = salon.service(10, [clerk])
    await salon.put(service, clerk, stranger)
    with pytest.raises(SlotNotOffered) as refused:
        await salon.hold(asking(service, stranger))
    assert refused.value.facts() == {"reason": "preference"}
