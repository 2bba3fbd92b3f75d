"""Who serves a visit is told to those who ask for it."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4  # noqa: TID251 - tests make identities too

from appointed.core.ids import VisitId
from appointed.dialects.native.shapes import ResourceName, visit_shape, with_resources
from appointed.usecases.serving import Serving, find_servers
from appointed.usecases.visits import find_visit
from native_client import Native, done, wanted
from people import Person

ASKED = "with_resources=true"


def names(visit: dict) -> list[list[str]]:
    """Who serves each item, by their slugs."""
    return [[each["slug"] for each in item["resources"]] for item in visit["items"]]


async def served(native: Native, visit: dict) -> list[list[str]]:
    return names(done(await native.get(f"/visits/{visit['id']}?{ASKED}")))


async def test_who_serves_is_told_where_it_is_asked_for(native: Native) -> None:
    """By all names, in a visit and in a list; whoever does not ask is not told."""
    visit = await native.book("colour")
    both = await native.book("cut", "seat", start=60)
    anna = native.salon.anna
    expected = [{"id": str(anna.id), "slug": "anna", "name": "Anna"}]
    assert done(await native.get(f"/visits/{visit['id']}?{ASKED}"))["items"][0]["resources"] == expected
    assert (await served(native, both))[1] == ["seats"]
    page = done(await native.get(f"/visits?{ASKED}&limit=1"))
    assert page["visits"][0]["items"][0]["resources"] == expected
    (last,) = done(await native.get(f"/visits?{ASKED}&cursor={page['next']}"))["visits"]
    assert names(last) == await served(native, both)
    plain = [visit, await native.visit(visit), *done(await native.get("/visits"))["visits"]]
    assert [item for each in plain for item in each["items"] if "resources" in item] == []


async def test_nobody_serves_what_is_over(native: Native) -> None:
    cancelled, lapsed = await native.book("colour"), await native.hold("cut", start=120, lifetime_seconds=60)
    assert await served(native, lapsed) in ([["anna"]], [["ben"]])
    done(await native.post(f"/visits/{cancelled['id']}/cancel"))
    await native.later(timedelta(seconds=60))
    for visit in (cancelled, lapsed):
        assert await served(native, visit) == [[]]
    assert [names(each) for each in done(await native.get(f"/visits?{ASKED}"))["visits"]] == [[[]], [[]]]


async def test_a_tag_says_nothing_of_who_serves(native: Native) -> None:
    """Who made room for somebody is served by another one, and the visit is what it was."""
    cut = native.salon.cut
    either = replace(cut.roles[0], interchangeable=True)
    native = replace(native, salon=replace(native.salon, cut=replace(cut, roles=(either,))))
    await native.open()
    visit = await native.book("cut")
    (who,) = await served(native, visit)
    other = {"anna": "ben", "ben": "anna"}[who[0]]
    path, tag = f"/visits/{visit['id']}", {"If-None-Match": '"1"'}
    assert (await native.get(path, **tag)).status_code == 304
    answer = await native.get(f"{path}?{ASKED}", **tag)
    assert (answer.headers["etag"], names(done(answer))) == ('"1"', [who])
    taken = [{"service": "cut", "preferences": [{"resource": who[0]}]}]
    done(await native.post("/visits", wanted(parts=taken)), 201)
    answer = await native.get(f"{path}?{ASKED}", **tag)
    assert (answer.headers["etag"], names(done(answer))) == ('"1"', [[other]])


async def test_of_a_visit_that_changed_meanwhile_nothing_is_told(native: Native, charlie: Person) -> None:
    """Nor to a stranger of one that is somebody else's."""
    made = await native.book("colour")
    caller, visit_id = native.person.caller, VisitId(made["id"])
    visit = await find_visit(native.context, caller, None, visit_id)
    assert list(await find_servers(native.context, caller, [visit])) == [visit.id]
    older = replace(visit, version=visit.version - 1)
    assert await find_servers(native.context, caller, [older]) == {}
    assert await find_servers(native.context, charlie.caller, [visit]) == {}
    shape = visit_shape(visit)
    assert with_resources(shape, {}) == visit_shape(visit)


async def test_what_continues_is_served_by_whoever_serves_what_it_continues(native: Native) -> None:
    made = await native.book("colour")
    visit = await find_visit(native.context, native.person.caller, None, VisitId(made["id"]))
    first, other = visit.items[0], replace(visit.items[0], id=uuid4(), sequence=2, continues=True)
    own = replace(other, id=uuid4(), sequence=3, continues=False)
    three = replace(visit, items=(first, other, own))
    anna, ben = (Serving(each.id, each.slug, each.name) for each in (native.salon.anna, native.salon.ben))
    shape = with_resources(visit_shape(three), {visit.id: {first.id: [anna], own.id: [ben]}})
    told = [ResourceName(each.resource_id, each.slug, each.name) for each in (anna, anna, ben)]
    assert [item.resources for item in shape.items] == [[each] for each in told]


async def test_what_is_neither_yes_nor_no_is_refused(native: Native) -> None:
    for path in (f"/visits/{(await native.book('colour'))['id']}", "/visits"):
        answer = await native.get(f"{path}?with_resources=perhaps")
        assert (answer.status_code, answer.json()["facts"]) == (422, {"field": "with_resources", "expected": "boolean"})
