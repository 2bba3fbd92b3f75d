"""Lists of visits: filters, and pages that stay true while visits come."""

from datetime import timedelta
from typing import Any

import pytest

from native_client import Native, at, done, refused
from people import new_queue


async def ids(native: Native, query: str = "") -> list[str]:
    return [visit["id"] for visit in done(await native.get(f"/visits?{query}"))["visits"]]


async def pages(native: Native, query: str) -> list[list[Any]]:
    """Every page there is."""
    found, cursor = [], ""
    while cursor is not None:
        page = done(await native.get(f"/visits?{query}{cursor and f'&cursor={cursor}'}"))
        found.append([visit["id"] for visit in page["visits"]])
        cursor = page["next"]
    return found


async def test_visits_are_in_the_order_of_their_starts(native):
    late, early = await native.book("seat", start=60), await native.book("seat")
    assert await ids(native) == [early["id"], late["id"]]
    assert done(await native.get("/visits"))["visits"] == [await native.visit(early), await native.visit(late)]
    moved = f"/visits/{early['id']}/move"
    done(await native.post(moved, {"starts_at": at(90)}))
    assert await ids(native) == [late["id"], early["id"]]


async def test_a_list_shows_a_visit_as_reading_it_does(native):
    guest = {"names": ["Ada"], "contact": {"channel": "phone", "address": "+4812345"}, "custom_data": {"a": [1.5]}}
    visits = [await native.hold("cut", "colour", guests=[guest]), await native.book("cut", start=120)]
    await native.later(timedelta(seconds=17))
    listed = done(await native.get("/visits"))["visits"]
    assert listed == [await native.visit(visit) for visit in visits]
    assert listed[0]["seconds_left"] == 583


async def test_filters_leave_what_they_say(native):
    seat = await native.book("seat", guests=[{"contact": {"channel": "email", "address": "a@example.org"}}])
    cut = await native.book("cut", start=30, parts=[{"service": "cut", "preferences": [{"resource": "ben"}]}])
    both = await native.hold("cut", "colour", start=60)
    gone = await native.book("colour", start=180)
    done(await native.post(f"/visits/{gone['id']}/cancel"))
    salon = native.salon
    expected = {
        "branch=main": [seat, cut, both, gone],
        f"branch={salon.branch.id}": [seat, cut, both, gone],
        "service=cut": [cut, both],
        f"service={salon.colour.id}": [both, gone],
        "resource=anna": [both, gone],
        f"resource={salon.ben.id}": [cut],
        "state=held": [both],
        "state=cancelled,held": [both, gone],
        "state=confirmed&service=cut": [cut],
        f"from={at(30)}": [cut, both, gone],
        f"from={at(30)}&to={at(60)}": [cut],
        f"to={at(30)}": [seat],
        "contact=a@example.org": [seat],
        "contact=a@example.org&state=held": [],
        "contact=A@example.org": [seat],
        "contact=b@example.org": [],
        f"group={seat['id']}": [],
        "cursor=&limit=&branch=": [seat, cut, both, gone],
    }
    for query, visits in expected.items():
        assert await ids(native, query) == [visit["id"] for visit in visits], query


async def test_a_hold_that_lapsed_counts_as_expired(native):
    visit = await native.hold("cut", lifetime_seconds=60)
    assert await ids(native, "state=held") == [visit["id"]]
    await native.later(timedelta(seconds=60))
    assert (await ids(native, "state=held"), await ids(native, "state=expired")) == ([], [visit["id"]])


async def test_pages_tell_every_visit_once(native):
    """Visits that start together are told apart by their ids."""
    visits = [await native.book("seat", start=30 * (number % 3)) for number in range(11)]
    whole = await ids(native)
    assert sorted(whole) == sorted(visit["id"] for visit in visits)
    for limit in (1, 2, 3, 5, 10, 11, 12):
        found = await pages(native, f"limit={limit}")
        assert [visit for page in found for visit in page] == whole
        assert {len(page) for page in found[:-1]} <= {limit}


async def test_a_page_stays_where_it_is_while_visits_come_and_go(native):
    before = [await native.book("seat", start=30 * number) for number in range(6)]
    first = done(await native.get("/visits?limit=3"))
    await native.book("seat", start=0)
    late = await native.book("seat", start=180)
    done(await native.post(f"/visits/{before[0]['id']}/cancel"))
    rest = await ids(native, f"limit=10&cursor={first['next']}")
    assert rest == [visit["id"] for visit in (*before[3:], late)]


async def test_pages_of_a_contact_and_of_a_group_go_on_alike(native):
    guest = {"contact": {"channel": "email", "address": "a@example.org"}}
    mine = [(await native.book("seat", start=30 * number, guests=[guest]))["id"] for number in range(5)]
    await native.book("seat")
    assert await pages(native, "contact=a@example.org&limit=2") == [mine[:2], mine[2:4], mine[4:]]
    parts = [{"service": "seat", "guest": number} for number in range(3)]
    body = {"parts": parts, "starts_at": at(0), "guests": [{}] * 3}
    held = done(await native.post("/holds", body), 201)
    found = await pages(native, f"group={held['group_id']}&limit=2")
    assert [len(page) for page in found] == [2, 1]
    assert {visit for page in found for visit in page} == {visit["id"] for visit in held["visits"]}


async def test_a_page_has_fifty_visits_unless_told(native, context, alice):
    await new_queue(context, alice, capacity=60, slug="many")
    for _ in range(3):
        parts = [{"service": "many", "guest": number} for number in range(18)]
        body = {"parts": parts, "starts_at": at(0), "guests": [{}] * 18}
        done(await native.post("/visits", body), 201)
    page = done(await native.get("/visits"))
    assert len(page["visits"]) == 50
    assert len(await ids(native, f"cursor={page['next']}")) == 4
    assert len(await ids(native, "limit=200")) == 54


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=x", "limit"),
        ("cursor=x", "cursor"),
        ("cursor=%C3%A9", "cursor"),
        ("cursor=f_________________________________", "cursor"),
        ("state=gone", "state"),
        ("state=held,", "state"),
        ("branch=nowhere", "branch"),
        ("resource=nobody", "resource"),
        ("resource=00000000-0000-0000-0000-000000000000", "resource"),
        ("group=x", "group"),
        ("from=monday", "from"),
        ("to=2020-11-30", "to"),
        ("from=2020-11-30T09:00:00Z&from=2020-11-30T10:00:00Z", "from"),
    ],
)
async def test_what_a_query_cannot_mean_is_refused(native, query, field):
    await native.book("seat")
    refused(await native.get(f"/visits?{query}"), 422, "field_invalid", field=field)


async def test_an_unknown_service_is_refused(native):
    refused(await native.get("/visits?service=shave"), 404, "service_not_found")


async def test_nobody_sees_the_visits_of_others(native, charlie):
    await native.book("seat")
    assert await ids(native.by(charlie)) == []
    refused(await native.by(charlie).get(f"/visits?branch={native.salon.branch.id}"), 422, "field_invalid")
