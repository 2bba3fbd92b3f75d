"""A sandbox's clock over our own API."""

from native_client import at, done, refused
from people import new_owner


async def test_the_clock_stands_goes_forward_and_not_back(native):
    standing = {"instant": at(-60), "running": False}
    assert done(await native.get("/sandbox/clock")) == standing
    answer = await native.send("PUT", "/sandbox/clock", {"instant": at(0).replace("Z", "+00:00"), "running": False})
    assert done(answer) == {"instant": at(0), "running": False}
    refused(
        await native.send("PUT", "/sandbox/clock", {"instant": at(-1), "running": False}), 409, "clock_goes_forward"
    )
    assert done(await native.send("PUT", "/sandbox/clock", {"running": True})) == {"instant": at(0), "running": True}
    assert done(await native.get("/sandbox/clock"))["running"] is True


async def test_a_hold_lapses_by_the_clock(native):
    visit = await native.hold("cut", start=60)
    done(await native.send("PUT", "/sandbox/clock", {"instant": at(-40), "running": False}))
    assert (await native.visit(visit))["state"] == "expired"
    refused(await native.post(f"/visits/{visit['id']}/confirm"), 410, "hold_lapsed")


async def test_a_reset_takes_visits_and_customers_and_leaves_the_catalogue(native):
    query = f"service=colour&from={at(0)}&to={at(120)}"
    before = await native.slots(query)
    visit = await native.book("colour", start=60)
    customer = done(await native.post("/customers", {"given_name": "Ada"}), 201)
    assert await native.slots(query) != before
    done(await native.send("PUT", "/sandbox/clock", {"instant": at(600), "running": False}))
    assert done(await native.post("/sandbox/reset", {"instant": at(-60)})) == {"instant": at(-60), "running": False}
    assert await native.slots(query) == before
    refused(await native.get(f"/visits/{visit['id']}"), 404, "visit_not_found")
    refused(await native.get(f"/customers/{customer['id']}"), 404, "customer_not_found")
    assert (await native.book("colour", start=60))["starts_at"] == at(60)
    assert done(await native.post("/sandbox/reset", {})) == {"instant": at(-60), "running": False}


async def test_an_instant_has_an_offset_and_lies_in_a_calendar(native):
    for body, field in (
        ({"instant": "2030-01-01T00:00:00", "running": False}, "instant"),
        ({"instant": "0001-01-01T00:00:00+14:00", "running": False}, "instant"),
        ({"instant": "9999-01-01T00:00:00Z", "running": False}, "instant"),
        ({"instant": "soon", "running": False}, "instant"),
        ({"running": "yes"}, "running"),
        ({"running": True, "now": True}, "now"),
    ):
        refused(await native.send("PUT", "/sandbox/clock", body), 422, "field_invalid", field=field)
    refused(await native.send("PUT", "/sandbox/clock", {}), 422, "field_missing", field="running")


async def test_a_real_tenant_has_none(native):
    real = native.by(await new_owner(native.context, sandbox_at=None))
    refused(await real.get("/sandbox/clock"), 409, "not_a_sandbox")
    refused(await real.send("PUT", "/sandbox/clock", {"running": True}), 409, "not_a_sandbox")
    refused(await real.post("/sandbox/reset", {}), 409, "not_a_sandbox")
