"""A name means what it means when it is used, and a key what it meant when it was used first."""

from dataclasses import replace

from appointed.core.catalog import Catalog
from appointed.store import catalog as store
from native_client import NINE, at, done, refused, wanted
from people import MORNING

KEY = {"Idempotency_Key": "a"}


async def put_beside(native, *services) -> None:
    """Another server changes services, and the one that is asked has not read it yet."""
    async with native.context.pool.transaction(native.person.tenant) as tx:
        await store.put(tx, native.person.tenant, Catalog(0, {}, {each.id: each for each in services}), MORNING)


async def swap(native) -> None:
    """What was called a cut is a trim from now on, and the seat is called a cut."""
    salon = native.salon
    await put_beside(native, replace(salon.cut, slug="trim"))
    await put_beside(native, replace(salon.seat, slug="cut"))


async def test_a_slug_is_that_of_the_catalogue_which_the_claim_is_made_by(native):
    await native.slots(f"service=cut&from={at(0)}&to={at(60)}")
    await swap(native)
    for start, path in ((0, "/holds"), (30, "/visits")):
        (visit,) = done(await native.post(path, wanted("cut", start=start)), 201)["visits"]
        assert [item["service_id"] for item in visit["items"]] == [str(native.salon.seat.id)]


async def test_questions_are_answered_by_the_catalogue_that_is(native):
    """A list, one of several wants, the next free, a reason, and the visits of a service."""
    span, seat = f"from={at(0)}&to={at(30)}", str(native.salon.seat.id)
    booked = await native.book("seat")
    search = {"wants": [{"parts": [{"service": "cut"}]}], "from": at(0), "to": at(30)}
    await native.get(f"/slots?service=cut&{span}")
    await swap(native)
    listed = done(await native.get(f"/slots?service=cut&{span}"))
    assert listed["slots"] == done(await native.get(f"/slots?service={seat}&{span}"))["slots"]
    assert listed["slots"] != []
    await put_beside(native, replace(native.salon.seat, slug="seat"))
    await put_beside(native, native.salon.cut)
    await native.get(f"/slots?service=cut&{span}")
    for path in ("search", "next", "explain", "visits"):
        await swap(native)
        if path == "search":
            assert done(await native.post("/slots/search", search))["answers"][0]["slots"] == listed["slots"]
        elif path == "next":
            found = done(await native.get(f"/slots/next?service=cut&from={at(0)}"))["next"]
            assert [each["services"] for each in found] == [[seat]]
        elif path == "explain":
            assert done(await native.get(f"/explain?service=cut&starts_at={at(0)}"))["offered"] is True
        else:
            shown = done(await native.get("/visits?service=cut"))["visits"]
            assert [visit["id"] for visit in shown] == [booked["id"]]
        await put_beside(native, replace(native.salon.seat, slug="seat"))
        await put_beside(native, native.salon.cut)
        await native.get(f"/slots?service=cut&{span}")


async def test_a_key_is_answered_before_its_names_are_looked_up(native):
    """The service was renamed since, and then means something else: the first outcome stands."""
    first = done(await native.post("/holds", wanted("cut"), **KEY), 201)
    absent = wanted("perm")
    refused(await native.post("/visits", absent, **KEY), 404, "service_not_found")
    await put_beside(native, replace(native.salon.cut, slug="trim"))
    again = await native.post("/holds", wanted("cut"), **KEY)
    assert done(again, 201)["visits"][0]["id"] == first["visits"][0]["id"]
    await put_beside(native, replace(native.salon.seat, slug="cut"))
    await put_beside(native, replace(native.salon.colour, slug="perm"))
    assert done(await native.post("/holds", wanted("cut"), **KEY), 201)["visits"][0]["id"] == first["visits"][0]["id"]
    refused(await native.post("/visits", absent, **KEY), 404, "service_not_found")
    assert await native.rows("visit") == 1


async def test_whom_one_asks_for_may_be_renamed_too(native):
    body = wanted()
    body["parts"][0]["preferences"] = [{"resource": "ben"}]
    first = done(await native.post("/holds", body, **KEY), 201)
    done(await native.send("PATCH", "/resources/ben", {"slug": "benjamin"}))
    assert done(await native.post("/holds", body, **KEY), 201) == first
    body["starts_at"] = (NINE.replace(hour=11)).isoformat()
    refused(await native.post("/holds", body), 422, "field_invalid", field="parts[0].preferences[0].resource")
