"""Branches, resources, services and service groups: listed, read, made, changed and retired one by one.

What is said of them is said in the words of the catalogue file.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from types import NoneType
from typing import Any, TypeVar, cast

import msgspec
from msgspec import NODEFAULT, UNSET, UnsetType
from msgspec.structs import FieldInfo, fields, replace

from appointed.catalog_file.findings import CatalogInvalid
from appointed.catalog_file.shape import BranchShape, GroupShape, ResourceShape, ServiceShape
from appointed.catalog_file.values import ThingShape, to_branch, to_group, to_resource, to_service
from appointed.catalog_file.written import branch_shape, group_shape, resource_shape, service_shape
from appointed.core.caller import Scope
from appointed.core.catalog import Catalog
from appointed.core.difference import Kind, Thing, things
from appointed.core.errors import (
    CatalogMoved,
    FieldInvalid,
    ResourceInUse,
    ServiceTooLong,
    SlugInUse,
    TimeZoneUnknown,
    VersionStale,
    VisitsInTheWay,
)
from appointed.core.ids import TenantId
from appointed.dialects.native.wants import query_flag
from appointed.usecases import entries
from appointed.usecases.entries import NOT_FOUND, thing_named, with_thing
from appointed.wire.etags import IF_MATCH, IF_NONE_MATCH, expected_versions, tagged, unless_known, version_tag
from appointed.wire.request import Request
from appointed.wire.route import Answer, Credential, Link, Parameter, Route, Where

Made = TypeVar("Made")

NAMED = "The slug or the id of the {word}."
FORCE = Parameter(
    "force",
    Where.QUERY,
    "With `true` the change is made though visits could not take place after it; they stay as they are.",
    {"type": "boolean"},
)
RETIRED = Parameter("retired", Where.QUERY, "With `true` also what is retired.", {"type": "boolean"})
OF_BRANCH = Parameter("branch", Where.QUERY, "Only those of this branch: its slug or its id.")
WRITTEN = (VersionStale, VisitsInTheWay, ResourceInUse, CatalogMoved)


class BranchList(msgspec.Struct):
    """The branches, by slug."""

    branches: list[BranchShape]


class ResourceList(msgspec.Struct):
    """The resources, by slug; pools are among them."""

    resources: list[ResourceShape]


class ServiceList(msgspec.Struct):
    """The services, by slug."""

    services: list[ServiceShape]


class GroupList(msgspec.Struct):
    """The service groups, by slug."""

    groups: list[GroupShape]


def _changed_field(field: FieldInfo) -> tuple[str, Any, Any]:
    """The same field where it may be absent; null brings back what it is when nothing is said, if that is anything."""
    known: Any = field.type
    kinds = known | UnsetType if field.required else known | UnsetType | None
    return field.name, kinds, msgspec.field(default=UNSET, name=field.encode_name)


def change_of(shape: type[msgspec.Struct]) -> type[msgspec.Struct]:
    """The body of a change: every field but the id may be absent, and then stays as it is."""
    return msgspec.defstruct(
        shape.__name__.replace("Shape", "Change"),
        [_changed_field(field) for field in fields(shape) if field.name != "id"],
        namespace={"__doc__": "What is to change; a field that is named is replaced whole, and null takes it back."},
        forbid_unknown_fields=True,
        kw_only=True,
    )


BranchChange = change_of(BranchShape)
ResourceChange = change_of(ResourceShape)
ServiceChange = change_of(ServiceShape)
GroupChange = change_of(GroupShape)


@dataclass(frozen=True, slots=True)
class Section:
    """One kind of thing: what it is called, where it stands, and how it is read and shown."""

    kind: Kind
    word: str
    words: str
    parameter: str
    path: str
    shape: type[msgspec.Struct]
    change: type[msgspec.Struct]
    listed: type[BranchList] | type[ResourceList] | type[ServiceList] | type[GroupList]
    read: Callable[[Any, TenantId, Catalog], Thing]
    show: Callable[[Any, Catalog], ThingShape]

    @property
    def named(self) -> Parameter:
        """The parameter of the path."""
        return Parameter(self.parameter, Where.PATH, NAMED.format(word=self.word))

    @property
    def one(self) -> str:
        """The path of one of them."""
        return self.path + "/{" + self.parameter + "}"

    def value(self, shape: Any, tenant: TenantId, catalog: Catalog) -> Thing:
        """What a shape means beside this catalogue. Raises FieldInvalid."""
        return meant(lambda: self.read(shape, tenant, catalog))

    def changed(self, name: str, change: msgspec.Struct, tenant: TenantId, catalog: Catalog) -> Catalog:
        """The catalogue in which one thing is changed.

        Raises FieldInvalid, SlugInUse, and where there is none its refusal.
        """
        thing = thing_named(catalog, self.kind, name)
        shape = merged(self.show(thing, catalog), change)
        if any(each.slug == shape.slug and each.id != thing.id for each in things(catalog, self.kind).values()):
            raise SlugInUse(self.kind, shape.slug)
        return with_thing(catalog, self.value(shape, tenant, catalog))


SECTIONS: Mapping[Kind, Section] = {
    Kind.BRANCH: Section(
        Kind.BRANCH,
        "branch",
        "branches",
        "branch",
        "/v1/branches",
        BranchShape,
        BranchChange,
        BranchList,
        to_branch,
        lambda branch, catalog: branch_shape(branch, catalog.services),
    ),
    Kind.RESOURCE: Section(
        Kind.RESOURCE,
        "resource",
        "resources",
        "resource",
        "/v1/resources",
        ResourceShape,
        ResourceChange,
        ResourceList,
        to_resource,
        resource_shape,
    ),
    Kind.SERVICE: Section(
        Kind.SERVICE,
        "service",
        "services",
        "service",
        "/v1/services",
        ServiceShape,
        ServiceChange,
        ServiceList,
        to_service,
        service_shape,
    ),
    Kind.GROUP: Section(
        Kind.GROUP,
        "service group",
        "service groups",
        "service_group",
        "/v1/service-groups",
        GroupShape,
        GroupChange,
        GroupList,
        to_group,
        group_shape,
    ),
}


def meant(made: Callable[[], Made]) -> Made:
    """What is made of a shape. Raises FieldInvalid for the first thing in it that cannot be."""
    try:
        return made()
    except CatalogInvalid as invalid:
        first = invalid.findings[0]
        # Only what has neither has no place of its own.
        raise FieldInvalid(field=first.field or "slug", expected=first.expected) from None


def merged(shape: msgspec.Struct, change: msgspec.Struct) -> Any:
    """The shape with the fields that the change names."""
    defaults = {field.name: field for field in fields(shape)}
    told = {field.name: getattr(change, field.name) for field in fields(change)}
    return replace(
        shape,
        **{
            name: _default(defaults[name]) if value is None else value
            for name, value in told.items()
            if value is not UNSET
        },
    )


def _default(field: FieldInfo) -> object:
    return field.default if field.default is not NODEFAULT else cast(Callable[[], object], field.default_factory)()


def show(section: Section, catalog: Catalog, thing: Thing, status: HTTPStatus = HTTPStatus.OK) -> Answer:
    """One thing, with the version of the catalogue."""
    return Answer(status, section.show(thing, catalog), (tagged(version_tag(catalog.version)),))


async def _list(section: Section, request: Request) -> Answer:
    catalog = await entries.current(request.context, request.known_caller)
    with_retired = query_flag(request, "retired")
    branch = request.query_value("branch") if section.kind in (Kind.RESOURCE, Kind.SERVICE) else None
    only = None if branch is None else thing_named(catalog, Kind.BRANCH, branch).id
    found = [
        thing
        for thing in things(catalog, section.kind).values()
        if (with_retired or not thing.retired) and (only is None or cast(Any, thing).branch_id == only)
    ]
    found.sort(key=lambda thing: (thing.slug == "", thing.slug, str(thing.id)))
    answer = Answer(HTTPStatus.OK, cast(Any, section.listed)([section.show(thing, catalog) for thing in found]))
    return unless_known(request, version_tag(catalog.version), answer)


async def _read(section: Section, request: Request) -> Answer:
    catalog = await entries.current(request.context, request.known_caller)
    thing = thing_named(catalog, section.kind, request.path[section.parameter])
    return unless_known(request, version_tag(catalog.version), Answer(HTTPStatus.OK, section.show(thing, catalog)))


async def _create(section: Section, request: Request) -> Answer:
    caller, shape = request.known_caller, cast(ThingShape, request.body_as(section.shape))
    made: list[Thing] = []

    def create(before: Catalog) -> Catalog:
        thing = section.value(shape, caller.tenant, before)
        known = things(before, section.kind).get(thing.id)
        if known is not None and not known.retired:
            raise SlugInUse(section.kind, shape.slug or str(thing.id))
        made.append(thing)
        return with_thing(before, thing)

    # What was retired comes back by this, and other hours may come with it.
    catalog = await entries.edit(
        request.context, caller, create, force=query_flag(request, "force"), expected=expected_versions(request)
    )
    answer = show(section, catalog, made[-1], HTTPStatus.CREATED)
    location = f"{section.path}/{made[-1].slug or made[-1].id}"
    return Answer(answer.status, answer.body, (*answer.headers, (b"location", location.encode())))


async def _change(section: Section, request: Request) -> Answer:
    caller, change = request.known_caller, request.body_as(section.change)
    name = request.path[section.parameter]
    found: list[Thing] = []

    def edit(before: Catalog) -> Catalog:
        found.append(thing_named(before, section.kind, name))
        return section.changed(name, change, caller.tenant, before)

    catalog = await entries.edit(
        request.context, caller, edit, force=query_flag(request, "force"), expected=expected_versions(request)
    )
    return show(section, catalog, things(catalog, section.kind)[found[-1].id])


async def _retire(section: Section, request: Request) -> Answer:
    name = request.path[section.parameter]
    catalog = await entries.edit(
        request.context,
        request.known_caller,
        lambda before: entries.retired(before, section.kind, name),
        force=query_flag(request, "force"),
        expected=expected_versions(request),
    )
    return Answer(HTTPStatus.NO_CONTENT, None, (tagged(version_tag(catalog.version)),))


def _reading(section: Section) -> tuple[Route, ...]:
    of_branch = (OF_BRANCH,) if section.kind in (Kind.RESOURCE, Kind.SERVICE) else ()
    return (
        Route(
            method="GET",
            path=section.path,
            name=f"list_{section.words.replace(' ', '_')}",
            summary=f"All {section.words}",
            description="The whole list, by slug. The ETag is the version of the catalogue.",
            handler=partial(_list, section),
            responses={HTTPStatus.OK: section.listed, HTTPStatus.NOT_MODIFIED: NoneType},
            credential=Credential.REQUIRED,
            scope=Scope.READ,
            parameters=(RETIRED, *of_branch, IF_NONE_MATCH),
            refusals=(NOT_FOUND[Kind.BRANCH],) if of_branch else (),
            tags=("catalogue",),
        ),
        Route(
            method="GET",
            path=section.one,
            name=f"read_{section.parameter}",
            summary=f"One {section.word}",
            description="One that is retired is shown, too.",
            handler=partial(_read, section),
            responses={HTTPStatus.OK: section.shape, HTTPStatus.NOT_MODIFIED: NoneType},
            credential=Credential.REQUIRED,
            scope=Scope.READ,
            parameters=(section.named, IF_NONE_MATCH),
            refusals=(NOT_FOUND[section.kind],),
            tags=("catalogue",),
        ),
    )


# What can be done with one that was just made.
_ONE = ("read", "change", "retire")


def _writing(section: Section) -> tuple[Route, ...]:
    word, unknown = section.word, NOT_FOUND[section.kind]
    invalid = (FieldInvalid, SlugInUse, ServiceTooLong, TimeZoneUnknown)
    return (
        Route(
            method="POST",
            path=section.path,
            name=f"create_{section.parameter}",
            summary=f"A new {word}",
            description="It needs a slug or an id, by which a repetition is refused. One that was retired comes back, "
            "as it is described now.",
            handler=partial(_create, section),
            request_type=section.shape,
            responses={HTTPStatus.CREATED: section.shape},
            credential=Credential.REQUIRED,
            scope=Scope.CONFIGURE,
            parameters=(FORCE, IF_MATCH),
            refusals=(*invalid, *WRITTEN),
            links=tuple(Link(f"{verb}_{section.parameter}", section.parameter, "/id") for verb in _ONE),
            tags=("catalogue",),
        ),
        Route(
            method="PATCH",
            path=section.one,
            name=f"change_{section.parameter}",
            summary=f"Change a {word}",
            description="A field that is named is replaced whole, null takes it back, and all others stay. A change "
            "after which visits could not take place is refused unless forced; `/v1/impact` shows them.",
            handler=partial(_change, section),
            request_type=section.change,
            responses={HTTPStatus.OK: section.shape},
            credential=Credential.REQUIRED,
            scope=Scope.CONFIGURE,
            parameters=(section.named, FORCE, IF_MATCH),
            refusals=(unknown, *invalid, *WRITTEN),
            tags=("catalogue",),
        ),
        Route(
            method="DELETE",
            path=section.one,
            name=f"retire_{section.parameter}",
            summary=f"Retire a {word}",
            description="It is kept for what it was, and neither offered nor listed any more.",
            handler=partial(_retire, section),
            responses={HTTPStatus.NO_CONTENT: NoneType},
            credential=Credential.REQUIRED,
            scope=Scope.CONFIGURE,
            parameters=(section.named, FORCE, IF_MATCH),
            refusals=(unknown, *WRITTEN),
            tags=("catalogue",),
        ),
    )


ROUTES = tuple(route for section in SECTIONS.values() for route in (*_reading(section), *_writing(section)))
