"""The demo: four customers that can be served at once, as new at each start."""

from datetime import timedelta
from pathlib import Path

import pytest

import appointed
from appointed.core.catalog import Catalog, Service
from appointed.core.intervals import Interval
from appointed.core.visit import Contact, Details
from appointed.store import tenants
from appointed.usecases.catalog import load
from appointed.usecases.context import Context
from appointed.usecases.demo import STANDS, DemoTenant, demo_tenant, load_demo
from appointed.usecases.holds import Wish, book
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
    return Details("en", 1, Contact("email", "a@example.com") if service.required_contact == "email" else phone)


def test_there_is_a_stand_for_each_file() -> None:
    assert {path.stem for path in FILES.glob("*.yaml")} == set(STANDS)


@EACH
async def test_every_service_is_on_offer_and_can_be_taken(context: Context, demo: DemoTenant) -> None:
    keys = await load_demo(context, [demo], {})
    caller = await identify(context, keys[demo.name])
    for service in demo.catalog.services.values():
        want = Want((Wanted(service.id),), 1)
        offer = await find_slots(context, caller, want, Interval(demo.clock, demo.clock + MONTH), full=False)
        assert offer.slots, service.name
        wish = Wish((Wanted(service.id),), offer.slots[0].starts_at, (somebody(service),))
        assert (await book(context, caller, wish)).items[0].service_id == service.id


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
    bare = Catalog(0, demo.catalog.branches)
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
    for kind in (hall.catalog.branches, hall.catalog.services, hall.catalog.groups):
        for thing in kind.values():
            assert len(thing.names) == 7, thing.name
