"""Families, combinations, questions and options over our own API: what is said is answered, word for word."""

import pytest

from appointed.usecases.catalog import load
from native_client import done, refused

ADDRESS = {"street": "Rynek 1", "postal_code": "31-042", "city": "Kraków", "country": "Poland"}
SAID = {"text": "Which colour?", "translations": {"pl": "Jaki kolor?", "nl-BE": "Welke kleur?"}}
OPTIONS = {"languages": ["en-GB", "pl"], "combinations": True, "hyphens_in_references": True, "languages_strict": True}


async def version(native) -> str:
    return (await native.get("/catalog")).headers["etag"]


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/branches/main", {"address": ADDRESS}),
        ("/branches/main", {"address": "Rynek 1"}),
        ("/branches/main", {"geo": {"longitude": 19.9373, "latitude": 50.0617}}),
        ("/branches/main", {"geo": {"longitude": -0.00001, "latitude": -90.0}}),
        ("/branches/main", {"combinations": [["colour", "cut"], ["cut", "seat"]]}),
        ("/services/cut", {"description": "Wash and cut."}),
        ("/services/cut", {"description": SAID}),
        ("/services/cut", {"questions": [{"text": SAID, "clarification": "Of your hair.", "required": True},
                                         {"text": "Allergies?"}]}),
        ("/services/cut", {"screening": [{"text": SAID, "clarification": SAID, "denial": SAID, "yes_required": False},
                                         {"text": "Is it dry?"}]}),
        ("/services/cut", {"resource_choice": "listed"}),
        ("/services/cut", {"resource_choice": "required"}),
        ("/services/cut", {"required_facts": ["birth_date"]}),
        ("/services/cut", {"added_duration_minutes": 20}),
        ("/services/cut", {"index": -3}),
        ("/services/cut", {"family": "0f8fad5b-d9cb-469f-a165-70867728950e"}),
    ],
)  # fmt: skip
async def test_each_field_is_kept_as_it_was_said_and_taken_back(native, path, fields) -> None:
    before = done(await native.get(path))
    changed = done(await native.send("PATCH", path, fields))
    assert changed == before | fields
    assert done(await native.get(path)) == changed
    whole = done(await native.get("/catalog"))
    assert done(await native.send("PUT", "/catalog", whole))["differences"] == []
    assert done(await native.send("PATCH", path, dict.fromkeys(fields))) == before


async def test_a_second_branch_has_the_same_service(native) -> None:
    done(await native.post("/branches", {"slug": "north", "name": "North", "time_zone": "Europe/Oslo"}), 201)
    new = {"slug": "cut-north", "name": "Cut", "branch": "north", "duration_minutes": 30, "family": "cut"}
    made = done(await native.post("/services", new), 201)
    assert made["family"] == "cut"
    whole = await load(native.context, native.person.caller)
    assert [each.slug for each in whole.family(native.salon.cut.id)] in (["cut", "cut-north"], ["cut-north", "cut"])
    assert str(whole.of_family(native.salon.cut.id, native.salon.branch.id).id) != made["id"]
    group = {"slug": "hair", "name": "Hair", "index": 4, "services": ["cut-north"]}
    assert done(await native.post("/service-groups", group), 201)["index"] == 4


@pytest.mark.parametrize(
    ("path", "fields", "field", "expected"),
    [
        ("/services/cut", {"family": "colour"}, "family", "family_of_its_own"),
        ("/services/cut", {"family": "Not a slug"}, "family", "slug"),
        ("/services/cut", {"description": {"text": " "}}, "description.text", "text"),
        ("/services/cut", {"questions": [{"text": ""}]}, "questions[0].text", "text"),
        ("/services/cut", {"questions": [{}]}, "questions[0].text", None),
        ("/services/cut", {"screening": [{"text": SAID, "denial": {"text": "a", "translations": {"pl": ""}}}]},
         "screening[0].denial.translations.pl", "text"),
        ("/services/cut", {"added_duration_minutes": 0}, "added_duration_minutes", "positive_integer"),
        ("/services/cut", {"required_facts": ["shoe_size"]}, "required_facts[0]", "listed_value"),
        ("/services/cut", {"resource_choice": "maybe"}, "resource_choice", "listed_value"),
        ("/branches/main", {"geo": {"longitude": 181, "latitude": 0}}, "geo.longitude", "smaller"),
        ("/branches/main", {"geo": {"longitude": 0, "latitude": -90.5}}, "geo.latitude", "larger"),
        ("/branches/main", {"combinations": [["cut"]]}, "combinations[0]", "longer"),
        ("/branches/main", {"combinations": [["cut", "cut"]]}, "combinations[0][1]", "other_value"),
        ("/branches/main", {"combinations": [["cut", "nobody"]]}, "combinations[0][1]", "known_service"),
        ("/branches/main", {"address": {"city": "Kraków"}}, "address.street", None),
        ("/options", {"languages": ["en", "EN"]}, "languages[1]", "other_value"),
        ("/options", {"languages": ["en_GB"]}, "languages[0]", "of_its_pattern"),
        ("/options", {"languages": ["nl-NL\n"]}, "languages[0]", "of_its_pattern"),
        ("/options", {"languages": [], "languages_strict": True}, "languages", "some_language"),
        ("/options", {"colour": True}, "colour", "known_field"),
    ],
)  # fmt: skip
async def test_what_cannot_be_is_refused_by_its_place(native, path, fields, field, expected) -> None:
    before = await version(native)
    answer = await native.send("PATCH", path, fields)
    if expected is None:
        refused(answer, 422, "field_missing", field=field)
    else:
        refused(answer, 422, "field_invalid", field=field, expected=expected)
    assert await version(native) == before


async def test_a_combination_is_of_one_branch(native) -> None:
    done(await native.post("/branches", {"slug": "north", "name": "North", "time_zone": "Europe/Oslo"}), 201)
    answer = await native.send("PATCH", "/branches/north", {"combinations": [["cut", "colour"]]})
    refused(answer, 422, "field_invalid", field="combinations[0]", expected="service_of_branch")
    done(await native.send("PATCH", "/branches/main", {"combinations": [["cut", "colour"]]}))
    answer = await native.send("PATCH", "/services/cut?force=true", {"branch": "north"})
    refused(answer, 422, "field_invalid", field="branches[main].combinations[0]", expected="service_of_branch")


async def test_options_are_read_and_changed(native) -> None:
    first = await native.get("/options")
    assert (done(first), first.headers["etag"]) == ({}, await version(native))
    changed = await native.send("PATCH", "/options", OPTIONS)
    assert done(changed) == OPTIONS
    assert changed.headers["etag"] == await version(native) != first.headers["etag"]
    assert done(await native.send("PATCH", "/options", {})) == OPTIONS
    assert await version(native) == changed.headers["etag"]
    assert done(await native.get("/catalog"))["options"] == OPTIONS
    less = done(await native.send("PATCH", "/options", {"languages_strict": None, "languages": ["pl"]}))
    assert less == {"languages": ["pl"], "combinations": True, "hyphens_in_references": True}
    stale = await native.send("PATCH", "/options", {"languages": []}, If_Match=first.headers["etag"])
    refused(stale, 412, "version_stale")
    known = await native.get("/options", If_None_Match=await version(native))
    assert known.status_code == 304


async def test_a_change_of_the_options_alone_is_told(native) -> None:
    whole = done(await native.get("/catalog"))
    shown = done(await native.send("PUT", "/catalog?dry_run=true", whole | {"options": OPTIONS}))
    assert (shown["differences"], sorted(shown["options"])) == ([], sorted(OPTIONS))
    assert done(await native.get("/options")) == {}
    assert done(await native.send("PUT", "/catalog", whole | {"options": OPTIONS}))["version"] == shown["version"] + 1
    assert done(await native.get("/options")) == OPTIONS
