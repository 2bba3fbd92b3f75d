"""Our own API refuses what cannot be about a thing as the file does, by its place."""

import pytest

from native_client import done, refused

LUNCHES = {"breaks": {"mon": ["12:00-13:00", "12:30-14:00"]}}
BACKWARDS = {"breaks": {"tue": ["13:00-12:00"]}}
COUNTED = {"week": {"wed": ["09:00-12:00", {"hours": "11:00-12:00", "capacity": 2}]}}


@pytest.mark.parametrize(
    ("path", "field", "schedule", "place", "expected"),
    [
        ("/branches/main", "opening_hours", LUNCHES, "breaks.mon[1]", "other_value"),
        ("/resources/anna", "schedule", BACKWARDS, "breaks.tue[0]", "within_hours"),
        ("/services/cut", "booking_hours", COUNTED, "week.wed[1]", "other_value"),
    ],
)
async def test_ranges_that_cannot_be_are_refused_by_their_place(native, path, field, schedule, place, expected):
    """A change, an impact that is looked at, and a catalogue as a whole."""
    before = done(await native.get(path))
    place, kind = f"{field}.{place}", path.split("/")[1]
    refused(await native.send("PATCH", path, {field: schedule}), 422, "field_invalid", field=place, expected=expected)
    one = {"branches": "branch", "resources": "resource", "services": "service"}[kind]
    change = {kind: [{one: path.split("/")[2], "change": {field: schedule}}]}
    refused(await native.post("/impact", change), 422, "field_invalid", field=f"{kind}[0].change.{place}")
    whole = done(await native.get("/catalog"))
    index = [each["slug"] for each in whole[kind]].index(path.split("/")[2])
    whole[kind][index][field] = schedule
    refused(
        await native.send("PUT", "/catalog?force=true", whole), 422, "field_invalid", field=f"{kind}[{index}].{place}"
    )
    assert done(await native.get(path)) == before


async def test_hours_in_which_a_service_can_be_booked_may_overlap(native):
    """Starts are counted from the beginning of each."""
    hours = {"booking_hours": {"week": {"mon": ["09:00-12:00", "09:10-12:00"]}}}
    done(await native.send("PATCH", "/services/cut", hours))
    whole = done(await native.get("/catalog"))
    assert done(await native.send("PUT", "/catalog", whole))["differences"] == []
