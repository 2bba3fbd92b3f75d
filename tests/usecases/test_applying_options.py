"""Options, families and combinations are applied with the rest of a catalogue, or refused with all of it."""

from dataclasses import replace

import pytest

from appointed.catalog_file.text import read
from appointed.core.catalog import Catalog
from appointed.core.errors import FieldInvalid
from appointed.core.options import Options
from appointed.core.visit import Details
from appointed.usecases import entries
from appointed.usecases.audit import events
from appointed.usecases.catalog import Applied, apply, load
from appointed.usecases.context import Context
from appointed.usecases.holds import Wish, book
from appointed.usecases.importing import take_in
from people import MORNING, Person

TEN = MORNING.replace(hour=9)
TOWN = """
options: {languages: [en, nl], combinations: true}
branches:
  - slug: centre
    name: Centre
    time_zone: Europe/Warsaw
    opening_hours: {week: {mon: [09:00-17:00]}}
    combinations: [[card, pass]]
  - {slug: north, name: North, time_zone: Europe/Warsaw}
resources: [{slug: windows, branch: centre, name: Windows, capacity: 2}]
services:
  - {slug: card, branch: centre, name: Card, duration_minutes: 30, roles: [{resources: [windows]}]}
  - {slug: pass, branch: centre, name: Pass, duration_minutes: 30, roles: [{resources: [windows]}]}
  - {slug: card-north, branch: north, name: Card, duration_minutes: 30, family: card}
"""


async def put(context: Context, person: Person, text: str, **how) -> Applied:
    return await apply(context, person.caller, read(text).catalog(person.tenant), **how)


def by_slug(catalog: Catalog, slug: str):
    things = (*catalog.branches.values(), *catalog.services.values())
    return next(each for each in things if each.slug == slug)


async def test_options_alone_are_a_change(context: Context, alice: Person) -> None:
    first = await put(context, alice, TOWN)
    assert [each.field for each in first.options] == ["languages", "combinations"]
    again = await put(context, alice, TOWN)
    assert (again.differs, again.version) == (False, first.version)
    other = TOWN.replace("[en, nl]", "[nl]")
    shown = await put(context, alice, other, dry_run=True)
    assert (shown.differences, [each.field for each in shown.options]) == ((), ["languages"])
    assert (await load(context, alice.caller)).options.languages == ("en", "nl")
    done = await put(context, alice, other)
    assert (done.version, done.options) == (first.version + 1, shown.options)
    assert (await load(context, alice.caller)).options == Options(("nl",), combinations=True)
    usual = await put(context, alice, TOWN.partition("branches:")[1] + TOWN.partition("branches:")[2])
    assert [each.field for each in usual.options] == ["languages", "combinations"]
    assert (await load(context, alice.caller)).options == Options()


async def test_a_change_of_one_thing_leaves_the_options(context: Context, alice: Person) -> None:
    await put(context, alice, TOWN)
    whole = await load(context, alice.caller)
    renamed = replace(by_slug(whole, "centre"), name="Old centre")
    await entries.edit(context, alice.caller, lambda before: entries.with_thing(before, renamed))
    read_again = await load(context, alice.caller)
    assert (read_again.options, read_again.branches[renamed.id].name) == (whole.options, "Old centre")


@pytest.mark.parametrize(
    ("change", "field", "expected"),
    [
        (lambda town: replace(by_slug(town, "pass"), family_id=by_slug(town, "card").id),
         "services[pass].family", "family_of_its_own"),
        (lambda town: replace(by_slug(town, "card"), family_id=by_slug(town, "pass").id),
         "services[card].family", "family_of_its_own"),
        (lambda town: replace(by_slug(town, "card-north"), branch_id=by_slug(town, "centre").id),
         "services[card-north].family", "family_of_its_own"),
        (lambda town: replace(by_slug(town, "pass"), family_id=by_slug(town, "card-north").id),
         "services[pass].family", "first_of_family"),
        (lambda town: replace(by_slug(town, "pass"), branch_id=by_slug(town, "north").id),
         "branches[centre].combinations[0]", "service_of_branch"),
    ],
)  # fmt: skip
async def test_what_does_not_agree_is_refused(context: Context, alice: Person, change, field, expected) -> None:
    await put(context, alice, TOWN)
    before = await load(context, alice.caller)
    with pytest.raises(FieldInvalid) as refused:
        await entries.edit(context, alice.caller, lambda town: entries.with_thing(town, change(town)), force=True)
    assert (refused.value.field, refused.value.expected) == (field, expected)
    assert await load(context, alice.caller) == before


async def test_a_branch_that_has_to_stay_forgets_what_it_combined(context: Context, alice: Person) -> None:
    """It is retired for the visit that it had; one of the services is gone, and nothing is combined with it."""
    await put(context, alice, TOWN)
    town = await load(context, alice.caller)
    await book(context, alice.caller, Wish.single(by_slug(town, "card").id, TEN, None, Details("en")))
    await apply(context, alice.caller, Catalog(0), force=True)
    left = await load(context, alice.caller)
    assert [(each.slug, each.retired) for each in left.services.values()] == [("card", True)]
    assert [(each.slug, each.combinations) for each in left.branches.values()] == [("centre", ())]
    await put(context, alice, TOWN)
    assert by_slug(await load(context, alice.caller), "centre").combinations != ()


async def test_what_is_retired_stays_in_its_combinations(context: Context, alice: Person) -> None:
    await put(context, alice, TOWN)
    town = await load(context, alice.caller)
    retired = replace(by_slug(town, "pass"), retired=True)
    await entries.edit(context, alice.caller, lambda before: entries.with_thing(before, retired))
    left = await load(context, alice.caller)
    assert by_slug(left, "centre").combinations == by_slug(town, "centre").combinations


async def test_what_is_imported_leaves_the_options(context: Context, alice: Person) -> None:
    await put(context, alice, TOWN)
    before = await load(context, alice.caller)
    centre = replace(by_slug(before, "centre"), name="Imported")
    await take_in(context, alice.caller, Catalog(0, {centre.id: centre}), ())
    after = await load(context, alice.caller)
    assert (after.options, after.branches[centre.id].name) == (before.options, "Imported")


async def test_the_audit_says_which_options_changed(context: Context, alice: Person) -> None:
    await put(context, alice, TOWN)
    await put(context, alice, TOWN.replace("[en, nl]", "[nl]"))
    told = [each.data for each in await events(context, alice.caller, -1, 9) if each.kind == "catalog_applied"]
    assert [each.get("options") for each in told] == [["languages", "combinations"], ["languages"]]
    await put(context, alice, TOWN.replace("[en, nl]", "[nl]").replace("name: Pass", "name: Passport"))
    assert "options" not in (await events(context, alice.caller, -1, 9))[-1].data
