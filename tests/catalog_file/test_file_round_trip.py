"""What is written is read as the same catalogue, whatever is in it."""

from dataclasses import replace
from uuid import UUID

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from appointed.catalog_file.shape import CatalogFile, GroupShape
from appointed.catalog_file.text import read, write, write_json
from appointed.catalog_file.values import derived_id, to_branch, to_catalog, to_group, to_resource, to_service
from appointed.catalog_file.written import branch_shape, group_shape, resource_shape, service_shape, to_file
from appointed.core.catalog import Catalog
from appointed.core.difference import Kind, difference, settled, things
from appointed.core.ids import TenantId
from store.drawn_catalogs import catalogs

TENANT = TenantId(UUID("5f7c0c1e-8a55-4f9c-9a3f-0c6f5d1c2b01"))
# To make a whole catalogue smaller takes minutes, and says little more.
DRAWN = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)


def named(catalog: Catalog) -> Catalog:
    """The same with slugs that do not look like ids."""
    kinds = (catalog.branches, catalog.services, catalog.resources, catalog.groups)
    return Catalog(
        0,
        *(
            {each.id: settled(replace(each, slug=each.slug and f"the-{each.slug}")) for each in kind.values()}
            for kind in kinds
        ),
        catalog.options,
    )


@given(catalog=catalogs().map(named))
@DRAWN
def test_what_is_written_is_read(catalog: Catalog) -> None:
    file = to_file(catalog, TENANT)
    for text in (write(file), write_json(file)):
        document = read(text)
        assert document.file == file
        assert document.catalog(TENANT) == catalog
        assert difference(catalog, document.catalog(TENANT, catalog)) == ()


@given(catalog=catalogs().map(named))
@DRAWN
def test_each_thing_alone_is_read_as_it_is_shown(catalog: Catalog) -> None:
    """As our own API has it: through JSON, and one at a time."""
    for branch in catalog.branches.values():
        assert to_branch(again(branch_shape(branch, catalog.services)), TENANT, catalog) == branch
    for resource in catalog.resources.values():
        assert to_resource(again(resource_shape(resource, catalog)), TENANT, catalog) == resource
    for service in catalog.services.values():
        assert to_service(again(service_shape(service, catalog)), TENANT, catalog) == service
    for group in catalog.groups.values():
        assert to_group(again(group_shape(group, catalog)), TENANT, catalog) == group


def again(shape):
    return msgspec.json.decode(msgspec.json.encode(shape), type=type(shape))


@given(catalog=catalogs().map(named))
@DRAWN
def test_an_id_stands_only_where_the_slug_does_not_give_it(catalog: Catalog) -> None:
    file = to_file(catalog, TENANT)
    assert all(shape.id for shape in [*file.branches, *file.resources, *file.services, *file.groups])
    for section in (file.branches, file.resources, file.services, file.groups):
        for shape in section:
            shape.id = None if shape.slug else shape.id
    derived = to_catalog(by_slug(file), TENANT)
    for kind in Kind:
        for thing in things(derived, kind).values():
            assert not thing.slug or thing.id == derived_id(TENANT, kind, thing.slug)
    assert all(shape.id is None for shape in to_file(derived, TENANT).branches if shape.slug)


def by_slug(file: CatalogFile) -> CatalogFile:
    return read(write(file)).file


@pytest.mark.parametrize("kind", Kind)
def test_ids_of_one_slug_differ_between_kinds_and_tenants(kind: Kind) -> None:
    other = TenantId(UUID(int=1))
    assert len({derived_id(tenant, each, "a") for tenant in (TENANT, other) for each in Kind}) == 8
    assert derived_id(TENANT, kind, "a") != derived_id(TENANT, kind, "b")


@pytest.mark.parametrize(
    "odd", ["\x85", "\u2028", "\u2029", "\ufeff", "\x07", "\x7f", "\uffff", "a\nb", " a ", "\U0001f600", "no", "~"]
)
def test_an_odd_name_is_written_and_read(odd: str) -> None:
    file = CatalogFile(groups=[GroupShape(slug="a", name=odd, names={"nl": odd})])
    assert read(write(file)).file == file
    assert read(write_json(file)).file == file
