"""What can be reserved: statements D4.5 to D4.15."""

from dataclasses import replace
from uuid import UUID, uuid4  # noqa: TID251 - tests make identities too

import pytest

from appointed.core.ids import ServiceId
from appointed.core.language import Text
from appointed.core.questions import Question, ResourceChoice
from qmatic_client import KEYS_OF_A_ROW, accepted, new_group, refused


def names(rows: object) -> list[str]:
    return [row["name"] for row in rows]


@pytest.mark.statement("D4.5")
async def test_services_come_as_a_row_for_each_branch(qmatic):
    rows = accepted(await qmatic.get("/services"))
    town = qmatic.town
    assert [(row["service"]["name"], row["branch"]["name"]) for row in rows] == [
        ("Papers", "Annex"),
        ("Papers", "Town hall"),
        ("Wedding", "Town hall"),
    ]
    assert [list(row) for row in rows] == [KEYS_OF_A_ROW] * 3
    assert {row["service"]["id"] for row in rows} == {str(town.papers.id), str(town.wedding.id)}


@pytest.mark.statement("D4.6")
async def test_a_row_has_its_branch_with_address_and_location(qmatic):
    branch = (await qmatic.papers())["branch"]
    assert str(UUID(branch["id"])) == branch["id"] == str(qmatic.town.hall.id)
    assert branch["name"] == "Town hall"
    assert branch["address"] == {
        "streetName": "Grand-Place 1",
        "zipCode": "1000",
        "city": "Brussels",
        "country": "Belgium",
    }
    assert branch["location"] == {"longitude": 4.3517, "latitude": 50.8467}


async def test_a_branch_of_which_little_is_known_has_the_same_keys(qmatic):
    row = (await qmatic.services())[str(qmatic.town.annex.id), str(qmatic.town.papers.id)]
    assert row["branch"]["address"] == {"streetName": "", "zipCode": "", "city": "", "country": ""}
    assert row["branch"]["location"] is None


@pytest.mark.statement("D4.7")
async def test_a_row_has_its_service_with_what_limits_it(qmatic):
    service = (await qmatic.papers())["service"]
    assert service == {
        "id": str(qmatic.town.papers.id),
        "name": "Papers",
        "config": {"maxNumberOfReservations": 3, "onlineBookable": True},
    }


@pytest.mark.statement("D4.8")
async def test_a_service_of_pools_lists_nobody(qmatic):
    listed = {"required": False, "availableResources": []}
    assert (await qmatic.papers())["resourceSelection"] == listed
    for choice in ResourceChoice:
        town = await qmatic.open(qmatic.town.with_papers(resource_choice=choice))
        assert (await town.papers())["resourceSelection"] == listed


@pytest.mark.statement("D4.9")
@pytest.mark.parametrize(
    ("choice", "required", "listed"),
    [
        (ResourceChoice.OPEN, False, []),
        (ResourceChoice.LISTED, False, ["Els", "Marc"]),
        (ResourceChoice.REQUIRED, True, ["Els", "Marc"]),
    ],
)
async def test_resources_are_listed_where_they_may_be_chosen(qmatic, choice, required, listed):
    town = qmatic.town
    qmatic = await qmatic.open(replace(town, wedding=replace(town.wedding, resource_choice=choice)))
    selection = (await qmatic.services())[str(town.hall.id), str(town.wedding.id)]["resourceSelection"]
    assert selection["required"] is required
    assert [each["name"] for each in selection["availableResources"]] == listed
    ids = {each["id"] for each in selection["availableResources"]}
    assert ids == ({str(town.els.id), str(town.marc.id)} if listed else set())


@pytest.mark.statement("D4.10")
async def test_questions_are_told_with_what_explains_them(qmatic):
    optional = {
        "required": False,
        "questionText": "Which document?",
        "clarificationText": "The one that is to be renewed",
    }
    assert (await qmatic.papers())["informationQuestions"] == [optional]
    more = Question(Text("How many?"), required=True)
    town = qmatic.town.with_papers(questions=(*qmatic.town.papers.questions, more))
    qmatic = await qmatic.open(town)
    assert (await qmatic.papers(Accept_Language="nl"))["informationQuestions"] == [
        {"required": False, "questionText": "Welk document?", "clarificationText": "Dat vernieuwd moet worden"},
        {"required": True, "questionText": "How many?", "clarificationText": ""},
    ]


@pytest.mark.statement("D4.11")
async def test_screening_questions_are_told_with_what_to_say_then(qmatic):
    told = {
        "yesRequiredAnswer": True,
        "questionText": "Do you live here?",
        "clarificationText": "In the register",
        "answerDeniedMessage": "Ask where you live",
    }
    assert (await qmatic.papers())["screeningQuestions"] == [told]
    (dutch,) = (await qmatic.papers(Accept_Language="nl_NL"))["screeningQuestions"]
    assert (dutch["questionText"], dutch["answerDeniedMessage"]) == ("Woont u hier?", "Vraag het waar u woont")


@pytest.mark.statement("D4.12")
async def test_what_is_retired_is_not_listed_and_what_is_not_bookable_is(qmatic):
    town = qmatic.town
    internal = replace(town.papers, id=ServiceId(uuid4()), name="Internal", bookable=False)
    qmatic = await qmatic.open(
        replace(
            town, wedding=replace(town.wedding, retired=True), annex=replace(town.annex, retired=True), more=(internal,)
        )
    )
    rows = await qmatic.services()
    assert set(rows) == {(str(town.hall.id), str(each.id)) for each in (town.papers, internal)}
    assert rows[str(town.hall.id), str(internal.id)]["service"]["config"]["onlineBookable"] is False
    groups = accepted(await qmatic.get("/services/groups"))
    assert [(each["name"], each["onlineBookable"]) for each in groups["services"]] == [
        ("Internal", False),
        ("Papers", True),
    ]


@pytest.mark.statement("D4.13")
async def test_groups_hold_their_services_and_leave_the_others_beside_them(qmatic):
    town = qmatic.town
    late, early = (replace(town.papers, id=ServiceId(uuid4()), name=name) for name in ("Archive", "Births"))
    late, early = replace(late, index=2), replace(early, index=1)
    everything = new_group("Everything", late, town.papers, town.annex_papers, early, index=7, nl_NL="Alles")
    qmatic = await qmatic.open(replace(town, more=(late, early), groups=(everything, new_group("Nothing", index=3))))
    answer = accepted(await qmatic.get("/services/groups", Accept_Language="nl_NL"))
    assert list(answer) == ["services", "serviceGroups"]
    assert names(answer["services"]) == ["Wedding"]
    assert [(group["name"], group["index"]) for group in answer["serviceGroups"]] == [("Nothing", 3), ("Alles", 7)]
    group = answer["serviceGroups"][1]
    assert list(group) == ["id", "name", "index", "services"]
    assert group["id"] == str(everything.id)
    assert [each["index"] for each in group["services"]] == [0, 1, 2]
    assert group["services"][0] == {
        "id": str(town.papers.id),
        "name": "Papieren",
        "index": 0,
        "externalDescription": "Voor wie hier woont",
        "onlineBookable": True,
    }


@pytest.mark.statement("D4.14")
async def test_without_groups_all_services_stand_alone(qmatic):
    answer = accepted(await qmatic.get("/services/groups"))
    assert answer["serviceGroups"] == []
    assert names(answer["services"]) == ["Papers", "Wedding"]


@pytest.mark.statement("D4.15")
async def test_a_service_lists_its_branches(qmatic):
    town = qmatic.town
    rows = accepted(await qmatic.get(f"/services/{town.papers.id}"))
    assert [row["branch"]["id"] for row in rows] == [str(town.annex.id), str(town.hall.id)]
    assert [list(row) for row in rows] == [["branch", "resourceSelection"]] * 2
    refused(await qmatic.get(f"/services/{uuid4()}"), 404, "service_not_found")
    refused(await qmatic.get("/services/papers"), 400, "field_invalid", "serviceId")
