"""Hours that overlap in the source come over as the minutes that they are."""

from datetime import date

from appointed.core.catalog import Hours, Schedule, SpecialDay, WeeklyHours
from appointed.importers.cal_com_schedules import widened
from appointed.importers.working_plan import Day, WorkingPlan

DAY = date(2026, 12, 24)


def test_hours_that_grow_into_each_other_become_one() -> None:
    schedule = Schedule(
        week=(WeeklyHours(0, 540, 720), WeeklyHours(0, 750, 1020), WeeklyHours(1, 0, 60)),
        special_days=(SpecialDay(DAY, (Hours(540, 720), Hours(740, 800))),),
    )
    assert widened(schedule, 15, 30) == Schedule(
        week=(WeeklyHours(0, 525, 1050), WeeklyHours(1, 0, 90)),
        special_days=(SpecialDay(DAY, (Hours(525, 830),)),),
    )


def test_breaks_that_overlap_become_one() -> None:
    plan = WorkingPlan({0: Day(540, 1020, ((720, 780), (750, 800), (800, 810), (600, 610)))})
    assert plan.schedule().breaks == (WeeklyHours(0, 600, 610), WeeklyHours(0, 720, 800), WeeklyHours(0, 800, 810))
