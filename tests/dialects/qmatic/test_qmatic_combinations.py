"""Several services in one appointment: statements D4.47 and D4.48."""

from dataclasses import replace
from uuid import UUID, uuid4  # noqa: TID251 - tests make identities too

import pytest
import pytest_asyncio

from appointed.core.catalog import Role
from appointed.core.ids import ServiceId
from appointed.core.language import Translation
from qmatic_client import MINUTE, Qmatic, accepted, at, customer, refused

COMBINED = "/serviceCombination/reservations"


@pytest_asyncio.fixture(loop_scope="session")
async def combining(qmatic) -> Qmatic:
    """Papers may be booked with photos, not with stamps; a visa needs somebody as well. Added photos take ten."""
    town = qmatic.town

    def like_papers(name, **changes):
        return replace(town.papers, id=ServiceId(uuid4()), name=name, names=(), questions=(), **changes)

    photos = like_papers("Photos", added_duration=10 * MINUTE, duration=20 * MINUTE)
    photos = replace(photos, names=(Translation("nl-NL", "Foto's"),))
    stamps = like_papers("Stamps")
    visa = like_papers("Visa", roles=(Role((town.windows.id,)), Role((town.els.id,))))
    hall = replace(town.hall, combinations=(frozenset({town.papers.id, photos.id}),))
    options = replace(town.options, combinations=True)
    return await qmatic.open(replace(town, hall=hall, options=options, more=(photos, stamps, visa)))


def wish(qmatic: Qmatic, *services: tuple[object, int], end: str, start: str = at(9)) -> dict[str, object]:
    """A body that wants services together."""
    return {
        "branchId": str(qmatic.town.hall.id),
        "services": [{"serviceId": str(each.family), "numberOfReservations": n} for each, n in services],
        "timeSlot": {"startTime": start, "endTime": end},
    }


def path(qmatic: Qmatic, *services: object, number: object = None) -> str:
    """Where the times of services are listed."""
    listed = ",".join(str(each.family) for each in services)
    query = f"branchId={qmatic.town.hall.id}&startDate=2022-03-01&endDate=2022-03-01"
    more = "" if number is None else f"&numberofReservations={number}"
    return f"/serviceCombination/branch/{listed}/timeslots?{query}{more}"


def names(listed: list[dict[str, str]]) -> list[str]:
    return [each["name"] for each in listed]


@pytest.mark.statement("D4.47")
async def test_branches_tell_what_goes_together(qmatic, combining):
    rows = accepted(await combining.get("/serviceCombination/branch"))
    town = combining.town
    assert [row["branchId"] for row in rows] == [str(town.annex.id), str(town.hall.id)]
    together = rows[1]["serviceCombinations"]
    assert [list(each) for each in together] == [
        ["resourceTypeId", "combinableServices", "unCombinableServices", "combinedServices"]
    ] * len(together)
    (windows,) = [each for each in together if each["combinedServices"]]
    assert str(UUID(windows["resourceTypeId"])) == windows["resourceTypeId"]
    assert names(windows["combinedServices"]) == ["Papers", "Photos"]
    assert names(windows["combinableServices"]) == ["Stamps"]
    assert names(windows["unCombinableServices"]) == ["Visa"]
    assert windows["combinedServices"][0]["id"] == str(town.papers.family)
    assert {name for each in together if each is not windows for name in names(each["unCombinableServices"])} == {
        "Visa",
        "Wedding",
    }
    one = await combining.get(f"/serviceCombination/branch/{town.hall.id}", Accept_Language="nl")
    (dutch,) = [each for each in accepted(one)["serviceCombinations"] if each["combinedServices"]]
    assert names(dutch["combinedServices"]) == ["Papieren", "Foto's"]
    refused(await combining.get(f"/serviceCombination/branch/{uuid4()}"), 404, "branch_not_found")
    off = await combining.open(replace(town, options=replace(town.options, combinations=False)))
    for each in ("/serviceCombination/branch", f"/serviceCombination/branch/{town.hall.id}"):
        refused(await off.get(each), 400, "combinations_off")
    for added, end in ((town.more[:1], at(10, 10)), ((), at(10))):
        refused(await off.get(path(off, town.papers, *added)), 400, "combinations_off")
        body = wish(off, *((each, 1) for each in (town.papers, *added)), end=end)
        refused(await off.send("POST", COMBINED, body), 400, "combinations_off")


@pytest.mark.statement("D4.48")
async def test_what_is_combined_is_one_appointment(qmatic, combining):
    town = combining.town
    papers, (photos, stamps, visa) = town.papers, town.more
    slots = accepted(await combining.get(path(combining, papers, photos, number=3)))
    assert slots[0] == {"startTime": at(8), "endTime": at(9, 20)}
    assert accepted(await combining.get(path(combining, papers, photos)))[0]["endTime"] == at(9, 10)
    assert accepted(await combining.get(path(combining, papers, photos, number="1,2"))) == slots
    for wrong in (1, 0, "1,1,1", "two", "2,"):
        refused(await combining.get(path(combining, papers, photos, number=wrong)), 400, "field_invalid")
    refused(await combining.get(path(combining, papers, photos, number=9)), 400, "party_too_large")
    for other in (stamps, visa, town.wedding, papers):
        refused(await combining.get(path(combining, papers, other)), 400, "not_combined")
        answer = await combining.send("POST", COMBINED, wish(combining, (papers, 1), (other, 1), end=at(11)))
        refused(answer, 400, "not_combined")
    assert await combining.rows("visit") == 0
    wanted = wish(combining, (papers, 1), (photos, 2), end=at(10, 20))
    made = accepted(await combining.send("POST", COMBINED, wanted), 201)
    assert made["services"] == wanted["services"]
    assert (made["numberOfReservations"], made["timeSlot"]) == (3, wanted["timeSlot"])
    refused(await combining.send("POST", COMBINED, wish(combining, (papers, 1), (photos, 2), end=at(11))), 409)
    await combining.reserved(9)
    refused(await combining.send("POST", COMBINED, wanted), 409, "slot_taken")
    assert at(10) in await combining.starts()
    confirmed = await combining.send("PUT", f"{COMBINED}/{made['reservationId']}", customer())
    appointment = accepted(confirmed, 201)
    assert [(each["name"], each["numberOfReservations"]) for each in appointment["services"]] == [
        ("Papers", 1),
        ("Photos", 2),
    ]
    assert appointment["service"]["name"] == "Papers"
    assert await combining.found() == [appointment]
    search = "/serviceCombination/appointments/search"
    found = await combining.send("GET", search, {"customer": {"personalIdentifier": "ada0000001"}})
    assert accepted(found) == [appointment]
    accepted(await combining.send("DELETE", f"/appointments/{appointment['appointmentId']}"), 204)


async def test_a_combined_appointment_takes_the_time_of_a_combined_reservation(combining):
    town = combining.town
    papers, photos = town.papers, town.more[0]
    body = wish(combining, (papers, 1), (photos, 1), end=at(10, 10))
    first = accepted(await combining.send("POST", COMBINED, body), 201)["reservationId"]
    appointment = accepted(await combining.confirm(first), 201)["appointmentId"]
    for start, services, code in ((11, [(papers, 1)], "service_differs"), (12, [(papers, 1), (photos, 1)], None)):
        end = at(start + 1, 10 if len(services) > 1 else 0)
        wanted = wish(combining, *services, start=at(start), end=end)
        other = accepted(await combining.send("POST", COMBINED, wanted), 201)["reservationId"]
        where = f"/serviceCombination/appointments/{appointment}"
        answer = await combining.send("PUT", where, {"reservationId": other})
        if code:
            refused(answer, 409, code)
        else:
            accepted(answer, 204)
    moved = await combining.appointment(appointment)
    assert moved["timeSlot"] == {"startTime": at(12), "endTime": at(13, 10)}
    assert [each["name"] for each in moved["services"]] == ["Papers", "Photos"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"services": ...}, "services"),
        ({"services": []}, "services"),
        ({"services": [{}]}, "services[0].serviceId"),
        ({"services": [{"serviceId": "papers"}]}, "serviceId"),
        ({"branchId": ...}, "branchId"),
        ({"timeSlot": ...}, "timeSlot.startTime"),
    ],
    ids=str,
)
async def test_what_is_no_combination_is_refused(combining, change, field):
    body = wish(combining, (combining.town.papers, 1), end=at(10)) | change
    sent = {key: value for key, value in body.items() if value is not ...}
    refused(await combining.send("POST", COMBINED, sent), 400, None, field)


async def test_reservations_of_one_service_stay_as_they_are(combining):
    made = accepted(await combining.reserve(), 201)
    assert "services" not in made
    assert "services" not in accepted(await combining.confirm(made["reservationId"]), 201)
