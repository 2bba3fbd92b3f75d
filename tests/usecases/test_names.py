"""What is at hand may be old: a name is taken as the catalogue has it that the claim is made by."""

from dataclasses import replace

import pytest

from appointed.core.catalog import Catalog
from appointed.core.errors import ServiceNotFound
from appointed.core.visit import Details
from appointed.usecases.context import Context
from appointed.usecases.holds import Wish, book
from appointed.usecases.inquiring import Wanted
from appointed.usecases.naming import service_named
from people import new_branch, new_owner, new_service, offer, pool_resource
from proofs.raw import slot


def by_name(name: str, place: int) -> Wish:
    def parts(catalog: Catalog) -> tuple[Wanted, ...]:
        return (Wanted(service_named(catalog, name).id),)

    return Wish(parts, slot(place)[0], (Details(""),))


async def test_a_name_at_hand_that_means_another_one_by_now(context: Context) -> None:
    """The first claim is decided without a read; where the catalogue is another, the name is, too."""
    person = await new_owner(context, sandbox_at=None)
    branch = new_branch()
    places = pool_resource(branch.id, 5)
    one, other = (new_service(branch, places, past_slots_allowed=True, slug=slug) for slug in ("one", "other"))
    for service in (one, other):
        await offer(context, person, branch, service, places)
    visit = await book(context, person.caller, by_name("one", 0))
    assert visit.items[0].service_id == one.id
    await offer(context, person, branch, replace(one, slug="first"), places)
    await offer(context, person, branch, replace(other, slug="one"), places)
    visit = await book(context, person.caller, by_name("one", 1))
    assert visit.items[0].service_id == other.id
    await offer(context, person, branch, replace(other, slug="none"), places)
    with pytest.raises(ServiceNotFound):
        await book(context, person.caller, by_name("one", 2))
    await offer(context, person, branch, replace(one, slug="one"), places)
    # Nothing at hand is called so any more, and a refusal rests on a read.
    assert (await book(context, person.caller, by_name("one", 2))).items[0].service_id == one.id
