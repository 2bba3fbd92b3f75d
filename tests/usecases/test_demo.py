"""The demo: four customers that can be served at once, as new at each start."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

import appointed
from appointed.core.catalog import Catalog, Service
from appointed.core.intervals import Interval
from appointed.core.preference import Preference
from appointed.core.questions import ResourceChoice
from appointed.core.visit import Answer, Contact, Details
from appointed.store import tenants
from appointed.usecases.catalog import load
from appointed.usecases.context import Context
from appointed.usecases.demo import STANDS, DemoTenant, demo_tenant, load_demo
from appointed.usecases.holds import Wish, book, hold
from appointed.usecases.identify import identify
from appointed.usecases.inquiring import Want, Wanted
from appointed.usecases.slots import find_slots

FILES = Path(appointed.__path__[0]) / "demo"
DEMOS = [demo_tenant(name, (FILES / f"{name}.yaml").read_text()) for name in STANDS]
EACH = pytest.mark.parametrize("demo", DEMOS, ids=lambda demo: demo.name)
MONTH = timedelta(days=30)


def somebody(service: Service) -> Details:
    """A customer who can be reached as the service wants it."""
    phone = Contact("phone", "+48000")
    contact = Contact("email", "a@example.com") if service.required_contact == "email" else phone
    answers = tuple(Answer(each.text.text, ("1234",)) for each in service.questions if each.required)
    return Details("en", 1, contact, answers=answers)


def wanted(service: Service) -> Wanted:
    """The service, with whoever serves first where the customer has to choose."""
    required = service.resource_choice is ResourceChoice.REQUIRED
    preferences = (Preference(0, service.roles[0].resource_ids[0]),) if required else ()
    return Wanted(service.id, preferences=preferences)


def test_there_is_a_stand_for_each_file() -> None:
    assert {path.stem for path in FILES.glob("*.yaml")} == set(STANDS)


@EACH
async def test_every_service_is_on_offer_and_can_be_taken(context: Context, demo: DemoTenant) -> None:
    keys = await load_demo(context, [demo], {})
    caller = await identify(context, keys[demo.name])
    for service in demo.catalog.services.values():
        want = Want((wanted(service),), 1)
        offer = await find_slots(context, caller, want, Interval(demo.clock, demo.clock + MONTH), full=False)
        assert bool(offer.slots) is service.bookable, service.name
        if offer.slots:
            wish = Wish((wanted(service),), offer.slots[0].starts_at, (somebody(service),))
            take = hold if service.required_facts else book
            assert (await take(context, caller, wish)).items[0].service_id == service.id


@EACH
async def test_loaded_again_it_is_as_new_and_keeps_its_key(context: Context, demo: DemoTenant) -> None:
    keys = await load_demo(context, [demo], {})
    caller = await identify(context, keys[demo.name])
    version = (await load(context, caller)).version
    service = demo.catalog.services[next(iter(demo.catalog.services))]
    want = Want((Wanted(service.id),), 1)
    span = Interval(demo.clock, demo.clock + MONTH)
    before = (await find_slots(context, caller, want, span)).slots
    await book(context, caller, Wish((Wanted(service.id),), before[0].starts_at, (somebody(service),)))
    assert await load_demo(context, [demo], keys) == keys
    assert (await find_slots(context, caller, want, span)).slots == before
    assert (await load(context, caller)).version == version


@EACH
async def test_what_an_earlier_release_had_goes(context: Context, demo: DemoTenant) -> None:
    """The catalogue is applied, not added to."""
    keys = await load_demo(context, [demo], {})
    caller = await identify(context, keys[demo.name])
    bare = Catalog(0, {key: replace(each, combinations=()) for key, each in demo.catalog.branches.items()})
    await load_demo(context, [DemoTenant(demo.name, demo.tenant, demo.credential, bare, demo.clock, demo.ids)], keys)
    assert (await load(context, caller)).services == {}
    await load_demo(context, [demo], keys)
    assert (await load(context, caller)).services.keys() == demo.catalog.services.keys()


async def test_a_demo_goes_by_its_slug(context: Context) -> None:
    await load_demo(context, DEMOS, {})
    for demo in DEMOS:
        assert await tenants.find_tenant(context.pool, demo.tenant.slug) == demo.tenant
    assert await tenants.find_tenant(context.pool, "nobody") is None
    assert await tenants.find_tenant(context.pool, "") is None


def test_the_town_hall_speaks_seven_languages() -> None:
    (hall,) = (demo for demo in DEMOS if demo.name == "qmatic")
    languages = set(hall.catalog.options.languages)
    assert len(languages) == 7
    for kind in (hall.catalog.branches, hall.catalog.services, hall.catalog.groups):
        for thing in kind.values():
            assert {each.language for each in thing.names} == languages, thing.name
    for service in hall.catalog.services.values():
        told = [service.description, *(each.text for each in (*service.questions, *service.screening))]
        told += [each.clarification for each in (*service.questions, *service.screening)]
        for text in (*told, *(each.denial for each in service.screening)):
            assert text is None or {each.language for each in text.translations} == languages, service.name


def test_the_town_hall_has_one_of_everything() -> None:
    """What a client of its dialect may meet is there to be met."""
    (hall,) = (demo for demo in DEMOS if demo.name == "qmatic")
    services = hall.catalog.services.values()
    assert {each.resource_choice for each in services} == set(ResourceChoice)
    assert {each.bookable for each in services} == {True, False}
    assert [each.slug for each in services if each.required_facts] == ["wedding"]
    assert {each.required for service in services for each in service.questions} == {True, False}
    assert any(service.screening for service in services)
    for word in ("identity-card", "passport"):
        (first,) = (each for each in services if each.slug == word)
        assert len({each.branch_id for each in hall.catalog.family(first.id)}) == 2
        assert all(each.added_duration is not None for each in hall.catalog.family(first.id))
    assert hall.catalog.options.combinations
    for branch in hall.catalog.branches.values():
        assert branch.combinations
        assert branch.geo
        assert branch.address
        assert branch.address.city
