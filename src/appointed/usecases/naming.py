"""What people call things: a slug or an id, looked up in the catalogue at hand, or in a fresh one."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from uuid import UUID

from appointed.core.caller import Caller
from appointed.core.catalog import Branch, Catalog, Resource, Service
from appointed.core.errors import FieldInvalid, ServiceNotFound
from appointed.usecases.context import Context
from appointed.usecases.reading import read

Found = TypeVar("Found")


async def named(context: Context, caller: Caller, find: Callable[[Catalog], Found]) -> Found:
    """What `find` makes of the catalogue as it is now: a name may mean another thing by now. Raises what it raises."""
    return find((await read(context, caller)).catalog)


def service_named(catalog: Catalog, text: str) -> Service:
    """The service with this slug or id. Raises ServiceNotFound."""
    service = thing_called(catalog.services, text)
    if service is None:
        raise ServiceNotFound
    return service


def branch_named(catalog: Catalog, text: str, field: str) -> Branch:
    """The branch with this slug or id. Raises FieldInvalid."""
    branch = thing_called(catalog.branches, text)
    if branch is None:
        raise FieldInvalid(field=field, expected="known_branch")
    return branch


def resource_named(catalog: Catalog, text: str, field: str) -> Resource:
    """The resource with this slug or id. Raises FieldInvalid."""
    resource = thing_called(catalog.resources, text)
    if resource is None:
        raise FieldInvalid(field=field, expected="known_resource")
    return resource


def thing_called(things: Mapping[Any, Any], text: str) -> Any:
    """The thing with this id in its usual spelling, or with this slug; nothing has the empty one."""
    try:
        known = UUID(text)
    except ValueError:
        return next((each for each in things.values() if each.slug == text), None) if text else None
    return things.get(known) if str(known) == text.lower() else None
