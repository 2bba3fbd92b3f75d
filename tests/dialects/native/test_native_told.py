"""What is noted and answered about visits, and by what the tenant knows a customer, over our own API."""

from dataclasses import replace
from uuid import uuid4  # noqa: TID251 - tests make identities too

import pytest

from appointed.core.catalog import Catalog
from appointed.core.language import Text, Translation
from appointed.core.questions import CustomerFact, Question
from appointed.store import catalog as store
from native_client import at, done, refused, wanted
from people import MORNING

ANSWERS = [{"question": "waarom?", "texts": ["a cough", "a cold"]}]
TOLD = {"notes": "by the window\nplease", "answers": ANSWERS}
JANE = {"reference": "jane-4711", "birth_date": "2000-02-29", "given_name": "Jane"}


async def made(native, body):
    return done(await native.post("/customers", body), 201)


@pytest.mark.parametrize("take", ["hold", "book"])
async def test_notes_and_answers_are_kept_as_told(native, take):
    await native.ask_why()
    visit = await getattr(native, take)("cut", guests=[TOLD])
    assert {name: visit[name] for name in TOLD} == TOLD
    assert await native.visit(visit) == visit
    assert done(await native.get("/visits"))["visits"] == [visit]
    other = await native.book("seat", start=60)
    assert (other["notes"], other["answers"]) == (None, [])


async def test_notes_and_answers_are_changed(native):
    await native.ask_why()
    visit = await native.book("cut", guests=[TOLD])
    path, answers = f"/visits/{visit['id']}", [{"question": "Why?", "texts": ["no cough"]}]
    for number, body in enumerate(({"notes": None}, {"answers": answers}, {"notes": "x"}), start=2):
        changed = done(await native.send("PATCH", path, body))
        visit = visit | body | {"version": number}
        assert changed == visit == await native.visit(visit)
    done(await native.post(path + "/move", {"starts_at": at(60)}))
    assert (await native.visit(visit))["answers"] == answers
    refused(await native.send("PATCH", path, {"answers": []}), 422, "answer_missing", question="Why?")
    wrong = {"answers": [*answers, {"question": "When?", "texts": ["now"]}]}
    refused(await native.send("PATCH", path, wrong), 422, "question_unknown", question="When?")


async def test_what_the_service_asks_is_asked(native):
    await native.ask_why(required_facts=frozenset({CustomerFact.BIRTH_DATE}))
    refused(await native.post("/holds", wanted("cut")), 422, "answer_missing", question="Why?")
    empty = {"answers": [{"question": "Why?", "texts": [" "]}]}
    refused(await native.post("/visits", wanted("cut", guests=[empty])), 422, "answer_missing", question="Why?")
    refused(await native.post("/visits", wanted("cut", guests=[TOLD])), 422, "customer_fact_missing", fact="birth_date")
    held = await native.hold("cut", guests=[TOLD])
    path = f"/visits/{held['id']}"
    refused(await native.post(path + "/confirm"), 422, "customer_fact_missing", fact="birth_date")
    jane = await made(native, JANE)
    await native.send("PUT", path + "/customer", {"customer_id": jane["id"]})
    assert done(await native.post(path + "/confirm"))["state"] == "confirmed"
    booked = await native.book("cut", start=60, guests=[{**TOLD, "customer": jane["id"]}])
    assert booked["customer_id"] == jane["id"]


@pytest.mark.parametrize(
    ("guest", "field"),
    [
        ({"notes": "x" * 4097}, "guests[0].notes"),
        ({"answers": [{"question": "Why?"}]}, "guests[0].answers[0].texts"),
        ({"answers": [{"question": "Why?", "texts": ["x" * 4097]}]}, "guests[0].answers[0].texts[0]"),
        ({"answers": [{"question": "", "texts": []}]}, "guests[0].answers[0].question"),
        ({"answers": "cough"}, "guests[0].answers"),
    ],
)
async def test_a_wrong_field_is_named(native, guest, field):
    answer = await native.post("/holds", wanted("cut", guests=[guest]))
    assert (answer.status_code, answer.json()["facts"]["field"]) == (422, field)


async def test_whatever_a_service_may_ask_can_be_answered(native):
    """As many questions as there may be, each as long as it may be, in either language, of two services at once."""
    asked = {
        name: [
            {
                "text": {
                    "text": f"{name}{place:02}".ljust(2000, "x"),
                    "translations": {"nl": f"{place:02}{name}".ljust(2000, "y")},
                },
                "required": True,
            }
            for place in range(50)
        ]
        for name in ("cut", "colour")
    }
    for name, questions in asked.items():
        done(await native.send("PATCH", f"/services/{name}", {"questions": questions}))
    texts = [[each["text"]["text"], each["text"]["translations"]["nl"]] for each in asked["cut"] + asked["colour"]]
    answers = [{"question": both[place % 2], "texts": ["Yes"]} for place, both in enumerate(texts)]
    visit = await native.book("cut", guests=[{"answers": answers[:50]}])
    assert visit["answers"] == answers[:50]
    both = wanted("cut", "colour", start=60)
    refused(await native.post("/visits", {**both, "guests": [{"answers": answers[1:]}]}), 422, "answer_missing")
    (visit,) = done(await native.post("/visits", {**both, "guests": [{"answers": answers}]}), 201)["visits"]
    assert (await native.visit(visit))["answers"] == answers


@pytest.mark.parametrize(
    ("fields", "field", "expected"),
    [
        ({"questions": [{"text": str(place)} for place in range(51)]}, "questions", "shorter"),
        ({"questions": [{"text": "x" * 2001}]}, "questions[0].text", "shorter"),
        ({"questions": [{"text": {"text": "x" * 2001}}]}, "questions[0].text.text", "shorter"),
        ({"questions": [{"text": {"text": "x", "translations": {"nl": "x" * 2001}}}]},
         "questions[0].text.translations[...]", "shorter"),
        ({"questions": [{"text": "Why?"}, {"text": {"text": "Who?", "translations": {"nl": "WHY? "}}}]},
         "questions[1].text", "question_of_its_own"),
        ({"names": {"nl": "Knippen", "NL": "Knip"}}, "names.NL", "language_of_its_own"),
        ({"names": {"not a tag": "Knip"}}, "names", "of_its_pattern"),
        ({"description": {"text": "Short", "translations": {"nl": "Kort", "nL": "Kort"}}},
         "description.translations.nL", "language_of_its_own"),
    ],
)  # fmt: skip
async def test_what_nobody_could_answer_or_read_is_no_part_of_a_service(native, fields, field, expected):
    before = done(await native.get("/services/cut"))
    answer = await native.send("PATCH", "/services/cut", fields)
    refused(answer, 422, "field_invalid", field=field, expected=expected)
    assert done(await native.get("/services/cut")) == before


async def test_what_was_kept_before_is_still_told(native):
    """Languages by any name, and more questions than are taken today."""
    names = (Translation("not a tag", "Knip"), Translation("nl", "Knippen"))
    questions = tuple(Question(Text(f"{place}".ljust(2001))) for place in range(51))
    cut = replace(native.salon.cut, names=names, questions=questions)
    async with native.context.pool.transaction(native.person.tenant) as tx:
        await store.put(tx, native.person.tenant, Catalog(0, {}, {cut.id: cut}, {}), MORNING)
    told = done(await native.get("/services/cut"))
    assert told["names"] == {"not a tag": "Knip", "nl": "Knippen"}
    assert [each["text"] for each in told["questions"]] == [each.text.text for each in questions]
    assert told in done(await native.get("/catalog"))["services"]
    assert done(await native.send("PATCH", "/services/cut", {"index": 7})) == told | {"index": 7}


async def test_a_customer_is_found_by_the_reference(native, charlie):
    jane = await made(native, JANE)
    assert (jane["reference"], jane["birth_date"]) == ("jane-4711", "2000-02-29")
    await made(native, {"contacts": [{"channel": "email", "address": "jo@example.com"}]})
    assert done(await native.get("/customers?reference=jane-4711"))["customers"] == [jane]
    assert done(await native.get("/customers?reference=JANE-4711"))["customers"] == []
    assert done(await native.get("/customers?reference=jane-4711&contact=jo@example.com"))["customers"] == []
    assert done(await native.by(charlie).get("/customers?reference=jane-4711"))["customers"] == []
    path = f"/customers/{jane['id']}"
    changed = done(await native.send("PATCH", path, {"reference": "jane-1", "birth_date": None}))
    assert changed == jane | {"reference": "jane-1", "birth_date": None, "version": 2}
    assert done(await native.send("PATCH", path, {"reference": None}))["reference"] is None


async def test_a_reference_is_one_customers(native, charlie):
    jane, other = await made(native, JANE), await made(native, {})
    refused(await native.post("/customers", JANE), 409, "reference_in_use", reference="jane-4711")
    path = f"/customers/{other['id']}"
    answer = await native.send("PATCH", path, {"reference": "jane-4711"})
    refused(answer, 409, "reference_in_use", reference="jane-4711")
    assert done(await native.get(path)) == other
    assert (await made(native.by(charlie), JANE))["reference"] == "jane-4711"
    done(await native.post(f"/customers/{jane['id']}/erase"))
    assert (await made(native, JANE))["id"] != jane["id"]


async def test_the_visits_of_a_customer_are_listed(native, charlie):
    jane, other = await made(native, JANE), await made(native, {})
    late = await native.book("seat", start=60, guests=[{"customer": jane["id"]}])
    early = await native.hold("seat", guests=[{"customer": jane["id"]}])
    await native.book("seat", guests=[{"customer": other["id"]}])
    await native.book("seat")
    for query, found in {
        f"customer={jane['id']}": [early, late],
        "reference=jane-4711": [early, late],
        f"customer={jane['id']}&reference=jane-4711": [early, late],
        f"customer={other['id']}&reference=jane-4711": [],
        f"customer={jane['id']}&state=held": [early],
        f"customer={jane['id']}&service=cut": [],
        f"reference=jane-4711&from={at(60)}": [late],
        f"customer={jane['id']}&contact=a@example.com": [],
        f"customer={uuid4()}": [],
        "reference=nobody": [],
    }.items():
        assert done(await native.get(f"/visits?{query}"))["visits"] == found, query
    page = done(await native.get("/visits?reference=jane-4711&limit=1"))
    assert page["visits"] == [early]
    rest = done(await native.get(f"/visits?reference=jane-4711&cursor={page['next']}"))
    assert (rest["visits"], rest["next"]) == ([late], None)
    refused(await native.get("/visits?customer=jane"), 422, "field_invalid", field="customer", expected="uuid")
    theirs = native.by(charlie)
    for query in (f"customer={jane['id']}", "reference=jane-4711"):
        assert done(await theirs.get(f"/visits?{query}"))["visits"] == []


async def test_the_history_tells_from_where_to_where_a_visit_moved(native):
    visit = await native.book("cut", start=30)
    done(await native.post(f"/visits/{visit['id']}/move", {"starts_at": at(90)}))
    events = done(await native.get(f"/visits/{visit['id']}/events"))["events"]
    assert [(each["kind"], each["data"]) for each in events] == [
        ("confirmed", None),
        ("moved", {"from": at(30), "to": at(90)}),
    ]
