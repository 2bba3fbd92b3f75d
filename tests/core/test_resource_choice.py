"""Who may be asked for."""

from dataclasses import replace

import pytest

from appointed.core.catalog import Catalog, Role
from appointed.core.choice import asked_for, check_choice, choice_of
from appointed.core.errors import ResourceChoiceMissing, ResourceNotFound
from appointed.core.preference import Preference
from appointed.core.questions import ResourceChoice
from people import exclusive_resource, new_branch, new_service, pool_resource

BRANCH = new_branch()
ELS, MARC, GONE = (exclusive_resource(BRANCH.id) for _ in range(3))
GONE = replace(GONE, retired=True)
WINDOWS = pool_resource(BRANCH.id)
ALL = (ELS, MARC, GONE, WINDOWS)


ROLES = (Role((MARC.id, ELS.id, GONE.id)), Role((WINDOWS.id, MARC.id)))


def offering(choice=ResourceChoice.REQUIRED, roles=ROLES):
    service = new_service(BRANCH, resource_choice=choice, roles=roles)
    return Catalog(1, {BRANCH.id: BRANCH}, {service.id: service}, {each.id: each for each in ALL}), service


@pytest.mark.parametrize(
    ("choice", "required", "listed"),
    [
        (ResourceChoice.OPEN, False, ()),
        (ResourceChoice.LISTED, False, (MARC, ELS)),
        (ResourceChoice.REQUIRED, True, (MARC, ELS)),
    ],
)
def test_those_with_names_are_listed_once_in_the_order_of_the_roles(choice, required, listed):
    found = choice_of(*offering(choice))
    assert (found.required, found.resources) == (required, listed)


def test_of_pools_alone_nobody_has_to_be_chosen():
    catalog, service = offering(roles=(Role((WINDOWS.id,)),))
    assert choice_of(catalog, service).resources == ()
    check_choice(catalog, service, ())


def test_who_lacks_a_skill_is_not_listed():
    skilled = replace(ELS, skills=frozenset({"law"}))
    catalog, service = offering(roles=(Role((MARC.id, ELS.id), skills=frozenset({"law"})),))
    catalog = replace(catalog, resources={**catalog.resources, ELS.id: skilled})
    assert choice_of(catalog, service).resources == (skilled,)


def test_where_somebody_has_to_be_chosen_traits_will_not_do():
    catalog, service = offering()
    check_choice(catalog, service, asked_for(catalog, service, ELS.id))
    for preferences in ((), (Preference(0, traits=frozenset({"kind"})),)):
        with pytest.raises(ResourceChoiceMissing):
            check_choice(catalog, service, preferences)


def test_a_resource_is_asked_for_in_every_role_that_has_it():
    catalog, service = offering()
    assert asked_for(catalog, service, MARC.id) == (Preference(0, MARC.id), Preference(1, MARC.id))
    assert asked_for(catalog, service, WINDOWS.id) == (Preference(1, WINDOWS.id),)
    assert asked_for(catalog, service, None) == ()
    for nobody in (GONE.id, exclusive_resource(BRANCH.id).id):
        with pytest.raises(ResourceNotFound):
            asked_for(catalog, service, nobody)
