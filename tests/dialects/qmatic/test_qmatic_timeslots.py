"""The times that are listed: statements D4.16 to D4.21."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4  # noqa: TID251 - tests make identities too

import pytest

from appointed.core.catalog import PartyCount
from qmatic_client import MINUTE, accepted, at, refused

HOURS = [at(hour) for hour in range(8, 16)]


@pytest.mark.statement("D4.16")
async def test_a_day_from_eight_to_four_has_eight_hours(qmatic):
    slots = accepted(await qmatic.timeslots())
    assert slots == [{"startTime": at(hour), "endTime": at(hour + 1)} for hour in range(8, 16)]


async def test_without_dates_there_is_a_month_from_today_on(qmatic):
    slots = accepted(await qmatic.timeslots(startDate=None, endDate=None))
    assert slots[0]["startTime"] == at(8)
    assert slots[-1]["startTime"] == at(15, day=31).replace("+01:00", "+02:00")
    working_days = len({slot["startTime"][:10] for slot in slots})
    assert (working_days, len(slots)) == (23, 23 * 8)


@pytest.mark.parametrize(
    ("query", "days"),
    [
        ({"startDate": "2022-03-03", "endDate": "2022-03-04"}, ["2022-03-03", "2022-03-04"]),
        ({"startDate": "2022-03-04", "endDate": "2022-03-07"}, ["2022-03-04", "2022-03-07"]),
        ({"startDate": "2021-03-04", "endDate": "2021-03-04"}, []),
    ],
)
async def test_the_dates_are_those_that_are_asked_for(qmatic, query, days):
    assert sorted({start[:10] for start in await qmatic.starts(**query)}) == days


@pytest.mark.parametrize(
    ("query", "code", "field"),
    [
        ({"startDate": None}, "field_missing", "startDate"),
        ({"startDate": "1 March"}, "field_invalid", "startDate"),
        ({"endDate": "2022-02-28"}, "field_invalid", "endDate"),
        ({"endDate": "2022-06-01"}, "field_invalid", "endDate"),
        ({"requestedResourceId": "els"}, "resource_not_found", None),
    ],
)
async def test_what_cannot_be_asked_is_refused(qmatic, query, code, field):
    refused(await qmatic.timeslots(**query), None, code, field)


@pytest.mark.statement("D4.17")
async def test_the_branch_is_one_that_has_the_service(qmatic):
    town = qmatic.town
    refused(await qmatic.timeslots(branchId=None), 400, "field_missing", "branchId")
    for branch in (uuid4(), "town-hall"):
        refused(await qmatic.timeslots(branchId=branch), 404, "branch_not_found")
    refused(await qmatic.timeslots(town.wedding, branchId=town.annex.id), 404, "branch_not_found")
    unknown = replace(town.papers, id=uuid4())
    refused(await qmatic.timeslots(unknown), 404, "service_not_found")


@pytest.mark.statement("D4.18")
async def test_who_is_asked_for_limits_the_times(qmatic):
    town = qmatic.town
    await qmatic.reserved(10, town.wedding, requestedResourceId=str(town.els.id))
    assert await qmatic.starts(town.wedding) == HOURS
    assert await qmatic.starts(town.wedding, requestedResourceId=town.marc.id) == HOURS
    assert at(10) not in await qmatic.starts(town.wedding, requestedResourceId=town.els.id)
    for nobody in (uuid4(), town.windows.id):
        refused(await qmatic.timeslots(town.wedding, requestedResourceId=nobody), 404, "resource_not_found")


@pytest.mark.statement("D4.19")
async def test_how_many_come_is_at_least_one_and_no_more_than_may(qmatic):
    assert await qmatic.starts(numberOfReservations=None) == await qmatic.starts(numberOfReservations=1) == HOURS
    for wrong in (0, -1, "two", 1.5, "%C2%B2"):
        refused(await qmatic.timeslots(numberOfReservations=wrong), 400, "field_invalid", "numberOfReservations")
    assert await qmatic.starts(numberOfReservations=3) == HOURS
    refused(await qmatic.timeslots(numberOfReservations=4), 400, "party_too_large")
    longer = await qmatic.open(qmatic.town.with_papers(per_extra_person=30 * MINUTE))
    slots = accepted(await longer.timeslots(numberOfReservations=2))
    assert slots[0] == {"startTime": at(8), "endTime": at(9, 30)}
    assert len(slots) == 7
    heads = await qmatic.open(qmatic.town.with_papers(party_count=PartyCount.HEADS))
    assert await heads.starts(numberOfReservations=2) == HOURS
    assert await heads.starts(numberOfReservations=3) == []


@pytest.mark.statement("D4.20")
async def test_a_pool_of_two_is_taken_twice_at_once(qmatic):
    first = await qmatic.reserved(9)
    assert at(9) in await qmatic.starts()
    await qmatic.appointed(9)
    assert await qmatic.starts() == [each for each in HOURS if each != at(9)]
    accepted(await qmatic.send("DELETE", f"/reservations/{first}"), 204)
    assert await qmatic.starts() == HOURS


@pytest.mark.statement("D4.21")
async def test_times_have_the_offset_of_their_branch_on_their_date(qmatic):
    always = replace(qmatic.town.hall, opening_hours=replace(qmatic.town.hall.opening_hours, week=None))
    qmatic = await qmatic.open(replace(qmatic.town, hall=always))
    change = accepted(await qmatic.timeslots(startDate="2022-03-26", endDate="2022-03-28"))
    assert {slot["startTime"][-6:] for slot in change} == {"+01:00", "+02:00"}
    ends = [slot["endTime"] for slot in change if slot["startTime"] == "2022-03-27T01:00:00+01:00"]
    assert ends == ["2022-03-27T03:00:00+02:00"]
    lengths = {datetime.fromisoformat(s["endTime"]) - datetime.fromisoformat(s["startTime"]) for s in change}
    assert lengths == {timedelta(hours=1)}
    annex = await qmatic.starts(qmatic.town.annex_papers)
    assert annex[0] == "2022-03-01T08:00:00+00:00"
