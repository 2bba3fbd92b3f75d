"""A catalogue is applied as a whole: what comes, what changes, what goes, and what cannot."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4  # noqa: TID251 - tests make identities too

import pytest

from appointed.catalog_file.text import read, write
from appointed.catalog_file.values import derived_id
from appointed.catalog_file.written import to_file
from appointed.core.caller import Caller, Scope
from appointed.core.catalog import Catalog, Role
from appointed.core.difference import Change, Kind
from appointed.core.errors import FieldInvalid, ScopeMissing, SlotNotOffered, SlugInUse, VersionStale, VisitsInTheWay
from appointed.core.ids import ServiceId, TenantId
from appointed.core.visit import Details, Visit
from appointed.store.tenants import Tenant, find_tenant
from appointed.usecases import visits
from appointed.usecases.catalog import Applied, apply, load
from appointed.usecases.context import Context
from appointed.usecases.holds import Wish, book
from appointed.usecases.inquiring import Wanted
from people import MORNING, Person, new_colleague

TEN = MORNING.replace(hour=9)

CLINIC = """
branches:
  - slug: main
    name: Main street
    time_zone: Europe/Warsaw
    opening_hours:
      week: {mon: [09:00-17:00], tue: [09:00-17:00], wed: [09:00-17:00]}
resources:
  - {slug: anna, name: Anna}
  - {slug: ben, name: Ben}
  - {slug: room, name: Room, capacity: 2}
services:
  - slug: visit
    name: Visit
    duration_minutes: 30
    roles:
      - resources: [anna, ben]
      - resources: [room]
  - slug: call
    name: Call
    duration_minutes: 10
    roles: [{resources: [ben]}]
groups:
  - {slug: all, name: All, services: [visit, call]}
"""


def catalog_of(person: Person, text: str, loaded: Catalog | None = None) -> Catalog:
    return read(text).catalog(person.tenant, loaded)


async def put(context: Context, person: Person, text: str, **how) -> Applied:
    return await apply(context, person.caller, catalog_of(person, text), **how)


NEW = Tenant(TenantId(UUID(int=7)), "New", slug="new-one")


def its_caller(tenant: Tenant) -> Caller:
    return Caller(tenant.id, None, "tester", frozenset(Scope))


async def test_a_new_tenant_is_there_with_its_catalogue_or_not_at_all(context: Context) -> None:
    """Two at once: the second is told that there is a catalogue by now."""
    new = replace(NEW, id=TenantId(uuid4()), slug=f"new-{uuid4()}")
    caller, desired = its_caller(new), read(CLINIC).catalog(new.id)
    many = Role(next(iter(desired.services.values())).roles[0].resource_ids, count=101)
    too_much = replace(desired, services={key: replace(each, roles=(many,)) for key, each in desired.services.items()})
    with pytest.raises(FieldInvalid):
        await apply(context, caller, too_much, expected=(0,), new=new)
    assert await find_tenant(context.pool, new.slug) is None
    both = (apply(context, caller, desired, expected=(0,), new=new) for _ in range(2))
    done = await asyncio.gather(*both, return_exceptions=True)
    assert sorted(type(each).__name__ for each in done) == ["Applied", "VersionStale"]
    assert await find_tenant(context.pool, new.slug) == new


async def test_a_new_tenant_has_an_id_and_a_slug_of_its_own(context: Context) -> None:
    first = replace(NEW, id=TenantId(uuid4()), slug=f"new-{uuid4()}")
    await apply(context, its_caller(first), Catalog(0), new=first)
    for its, refused in (
        (replace(first, slug="other"), FieldInvalid),
        (replace(first, id=TenantId(uuid4())), SlugInUse),
    ):
        with pytest.raises(refused):
            await apply(context, its_caller(its), read(CLINIC).catalog(its.id), new=its)
    assert (await load(context, its_caller(first))).branches == {}


def told(applied: Applied) -> list[tuple[str, str, str]]:
    return [(each.kind.value, each.slug, each.change.value) for each in applied.differences]


def changed(text: str, **parts: tuple[str, str]) -> str:
    for before, after in parts.values():
        assert before in text
        text = text.replace(before, after)
    return text


WITHOUT_BEN = (
    CLINIC.replace("  - {slug: ben, name: Ben}\n", "")
    .replace("[anna, ben]", "[anna]")
    .replace("    roles: [{resources: [ben]}]\n", "")
)
WITHOUT_CALL = CLINIC.replace(
    "  - slug: call\n    name: Call\n    duration_minutes: 10\n    roles: [{resources: [ben]}]\n", ""
).replace("[visit, call]", "[visit]")


async def take(context: Context, person: Person, slug: str, at: datetime = TEN) -> Visit:
    service = ServiceId(derived_id(person.tenant, Kind.SERVICE, slug))
    return await book(context, person.caller, Wish((Wanted(service),), at, (Details("en", 1),)))


async def test_a_new_catalogue_is_all_added_and_offered(context: Context, alice: Person) -> None:
    dry = await put(context, alice, CLINIC, dry_run=True)
    assert (await load(context, alice.caller)).branches == {}
    done = await put(context, alice, CLINIC)
    assert done.differences == dry.differences
    assert done.version == dry.version + 1
    assert {each.change for each in done.differences} == {Change.ADDED}
    assert [each.slug for each in done.differences] == ["main", "anna", "ben", "room", "visit", "call", "all"]
    assert (await take(context, alice, "visit")).starts_at == TEN


async def test_the_same_again_changes_nothing_and_keeps_the_version(context: Context, alice: Person) -> None:
    first = await put(context, alice, CLINIC)
    again = await put(context, alice, CLINIC)
    assert (again.differences, again.version) == ((), first.version)
    loaded = await load(context, alice.caller)
    exported = read(write(to_file(loaded, alice.tenant))).catalog(alice.tenant, loaded)
    assert (await apply(context, alice.caller, exported)).differences == ()


async def test_what_changed_is_told_by_field(context: Context, alice: Person) -> None:
    await put(context, alice, CLINIC)
    done = await put(
        context, alice, changed(CLINIC, one=("name: Anna", "name: Anne"), two=("capacity: 2", "capacity: 3"))
    )
    assert told(done) == [("resource", "anna", "changed"), ("resource", "room", "changed")]
    assert [(field.field, field.before, field.after) for field in done.differences[0].fields] == [
        ("name", "Anna", "Anne")
    ]
    assert [field.field for field in done.differences[1].fields] == ["capacity"]


async def test_what_no_visit_used_is_removed(context: Context, alice: Person) -> None:
    await put(context, alice, CLINIC)
    done = await put(context, alice, WITHOUT_CALL)
    assert told(done) == [("service", "call", "removed"), ("group", "all", "changed")]
    assert len((await load(context, alice.caller)).services) == 1
    assert (await put(context, alice, WITHOUT_CALL)).differences == ()


async def test_what_a_visit_used_is_retired_and_comes_back(context: Context, alice: Person) -> None:
    await put(context, alice, CLINIC)
    visit = await take(context, alice, "call")
    await visits.cancel(context, alice.caller, visit.items[0].service_id, visit.id)
    done = await put(context, alice, WITHOUT_CALL)
    assert told(done) == [("service", "call", "retired"), ("group", "all", "changed")]
    assert (await put(context, alice, WITHOUT_CALL)).differences == ()
    with pytest.raises(SlotNotOffered):
        await take(context, alice, "call")
    back = await put(context, alice, CLINIC)
    assert told(back) == [("service", "call", "returned"), ("group", "all", "changed")]
    assert (await take(context, alice, "call")).items[0].service_id == visit.items[0].service_id


async def test_everything_can_go_at_once(context: Context, alice: Person) -> None:
    """What was used stays, and what that belongs to; the rest is gone. A retired service needs nobody who is gone."""
    await put(context, alice, CLINIC)
    await take(context, alice, "visit")
    with pytest.raises(VisitsInTheWay):
        await put(context, alice, "branches: []")
    done = await put(context, alice, "branches: []", force=True)
    assert set(told(done)) == {
        ("branch", "main", "retired"),
        ("resource", "anna", "retired"),
        ("resource", "room", "retired"),
        ("service", "visit", "retired"),
        ("resource", "ben", "removed"),
        ("service", "call", "removed"),
        ("group", "all", "removed"),
    }
    assert (await put(context, alice, "branches: []")).differences == ()


async def test_closing_time_with_visits_is_refused_unless_forced(context: Context, alice: Person) -> None:
    await put(context, alice, CLINIC)
    visit = await take(context, alice, "visit")
    closed = changed(CLINIC, one=("mon: [09:00-17:00]", "mon: [12:00-17:00]"))
    dry = await put(context, alice, closed, dry_run=True)
    assert [each.visit.id for each in dry.affected] == [visit.id]
    with pytest.raises(VisitsInTheWay) as refused:
        await put(context, alice, closed)
    assert (refused.value.count, refused.value.visits) == (1, str(visit.id))
    assert (await put(context, alice, CLINIC, dry_run=True)).differences == ()
    done = await put(context, alice, closed, force=True)
    assert [each.visit.id for each in done.affected] == [visit.id]
    with pytest.raises(SlotNotOffered):
        await take(context, alice, "visit")


async def test_a_hold_after_a_change_obeys_it(context: Context, alice: Person) -> None:
    """The process knows the catalogue as it was before."""
    await put(context, alice, CLINIC)
    await take(context, alice, "visit")
    await put(context, alice, changed(CLINIC, one=("duration_minutes: 30", "duration_minutes: 45")))
    with pytest.raises(SlotNotOffered):
        await take(context, alice, "visit")
    second = MORNING.replace(minute=45)
    assert (await take(context, alice, "visit", second)).ends_at == second + timedelta(minutes=45)


async def test_it_is_meant_for_a_version(context: Context, alice: Person) -> None:
    first = await put(context, alice, CLINIC)
    with pytest.raises(VersionStale) as refused:
        await put(context, alice, WITHOUT_CALL, expected=[first.version - 1])
    assert refused.value.current == first.version
    assert (await put(context, alice, WITHOUT_CALL, expected=[first.version])).version == first.version + 1


async def test_a_slug_keeps_its_id(context: Context, alice: Person) -> None:
    given = "branches: [{slug: main, id: 2f1c2c57-6d0e-4b52-8a37-6f5e0f1b7a02, name: Main, time_zone: UTC}]"
    await put(context, alice, given)
    with pytest.raises(SlugInUse) as refused:
        await put(context, alice, given.replace("2f1c", "3f1c"))
    assert (refused.value.kind, refused.value.slug) == ("branch", "main")
    loaded = await load(context, alice.caller)
    nameless = "branches: [{slug: main, name: Main, time_zone: UTC}]"
    assert (await apply(context, alice.caller, catalog_of(alice, nameless, loaded))).differences == ()


async def test_a_slug_can_be_given_up_for_another(context: Context, alice: Person) -> None:
    given = "branches: [{slug: main, id: 2f1c2c57-6d0e-4b52-8a37-6f5e0f1b7a02, name: Main, time_zone: UTC}]"
    await put(context, alice, given)
    done = await put(context, alice, given.replace("slug: main", "slug: other"))
    assert [(each.change, [field.field for field in each.fields]) for each in done.differences] == [
        (Change.CHANGED, ["slug"])
    ]


async def test_of_two_at_once_the_second_sees_the_first(context: Context, alice: Person) -> None:
    await put(context, alice, CLINIC)
    texts = [CLINIC.replace("name: Anna", f"name: Anna {number}") for number in range(6)]
    done = await asyncio.gather(*(put(context, alice, text) for text in texts))
    assert len({each.version for each in done}) == len(texts)
    names = [
        (field.before, field.after)
        for each in sorted(done, key=lambda each: each.version)
        for field in each.differences[0].fields
    ]
    assert [before for before, _ in names] == ["Anna", *(after for _, after in names[:-1])]


async def test_a_branch_stays_while_something_of_it_does(context: Context, alice: Person) -> None:
    """Its own visits are none: its resource went to the service of another branch."""
    lent = CLINIC.replace("resources:\n", "  - {slug: depot, name: Depot, time_zone: UTC}\nresources:\n", 1)
    lent = lent.replace("name: Anna", "name: Anna, branch: depot").replace("name: Ben}", "name: Ben, branch: main}")
    lent = lent.replace("capacity: 2}", "capacity: 2, branch: main}").replace(
        "name: Visit\n", "name: Visit\n    branch: main\n"
    )
    lent = lent.replace("name: Call\n", "name: Call\n    branch: main\n").replace("[anna, ben]", "[anna]")
    await put(context, alice, lent)
    await take(context, alice, "visit")
    done = await put(context, alice, "branches: []", force=True)
    assert ("branch", "depot", "retired") in told(done)
    assert ("resource", "anna", "retired") in told(done)


async def test_what_was_retired_by_hand_stays_so_unnamed(context: Context, alice: Person) -> None:
    retired = CLINIC.replace("name: Call\n", "name: Call\n    retired: true\n").replace("[visit, call]", "[visit]")
    await put(context, alice, retired)
    assert (await put(context, alice, WITHOUT_CALL)).differences == ()
    assert len((await load(context, alice.caller)).services) == 2


async def test_each_thing_written_is_counted(context: Context, alice: Person) -> None:
    counted: list[None] = []
    await put(context, alice, CLINIC, written=lambda: counted.append(None))
    assert len(counted) == 7


async def test_it_needs_the_scope(context: Context, alice: Person) -> None:
    reader = await new_colleague(context, alice.tenant, scopes=frozenset({Scope.READ}))
    with pytest.raises(ScopeMissing):
        await put(context, reader, CLINIC, dry_run=True)
    assert (await load(context, reader.caller)).branches == {}


async def test_others_see_and_touch_nothing_of_it(context: Context, alice: Person, charlie: Person) -> None:
    await put(context, alice, CLINIC)
    assert (await load(context, charlie.caller)).branches == {}
    await put(context, charlie, "branches: []")
    assert len((await load(context, alice.caller)).branches) == 1


async def test_the_audit_tells_what_was_applied(context: Context, alice: Person) -> None:
    done = await put(context, alice, CLINIC)
    async with context.pool.transaction(alice.tenant) as tx:
        rows = await tx.fetch("SELECT kind, actor, data FROM event WHERE visit_id IS NULL")
    assert [(row["kind"], row["actor"]) for row in rows] == [("catalog_applied", "tester")]
    assert f'"version": {done.version}' in rows[0]["data"]
