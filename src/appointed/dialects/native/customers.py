"""Customers: what is known of them, whose visit a visit is, and how all of it is given out and forgotten."""

import json
from dataclasses import replace
from datetime import date, datetime
from http import HTTPStatus
from types import NoneType
from typing import Annotated, Any

import msgspec

from appointed.core.caller import Scope
from appointed.core.customer import FIRST_ENTRY, Customer, Entry, Relation, Tie
from appointed.core.errors import BirthDateAhead, CustomerNotFound, ReferenceInUse, VersionStale, VisitNotFound
from appointed.core.ids import CustomerId
from appointed.dialects.native.holds import CustomData, Locale, contact_of, text_of
from appointed.dialects.native.paging import PAGING, cursor_text, query_cursor, query_limit
from appointed.dialects.native.shapes import ContactShape, VisitShape, visit_shape
from appointed.dialects.native.visit_list import EventShape
from appointed.dialects.native.visits import VISIT, visit_id_of
from appointed.dialects.native.wants import query_contact
from appointed.usecases import customers
from appointed.wire.etags import IF_MATCH, IF_NONE_MATCH, expected_versions, tagged, unless_known, version_tag
from appointed.wire.identifiers import parse_id
from appointed.wire.request import Request
from appointed.wire.route import Answer, Credential, Link, Parameter, Route, Where

NamePart = Annotated[str, msgspec.Meta(max_length=255)]
Reference = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]


class RelationBody(msgspec.Struct, forbid_unknown_fields=True):
    """What the customer is `to` another one: a parent of theirs, a child, ..."""

    kind: Tie
    to: CustomerId


class CustomerBody(msgspec.Struct, forbid_unknown_fields=True):
    """What is to be known of a customer. In a change what is absent stays as it is; lists are replaced as a whole.

    `reference` is the caller's own key for the customer, and nobody else's.
    """

    reference: Reference | msgspec.UnsetType | None = msgspec.UNSET
    birth_date: date | msgspec.UnsetType | None = msgspec.UNSET
    title: NamePart | msgspec.UnsetType = msgspec.UNSET
    given_name: NamePart | msgspec.UnsetType = msgspec.UNSET
    middle_name: NamePart | msgspec.UnsetType = msgspec.UNSET
    family_name: NamePart | msgspec.UnsetType = msgspec.UNSET
    contacts: Annotated[list[ContactShape], msgspec.Meta(max_length=20)] | msgspec.UnsetType = msgspec.UNSET
    locale: Locale | msgspec.UnsetType | None = msgspec.UNSET
    custom_data: CustomData | msgspec.UnsetType | None = msgspec.UNSET
    relations: Annotated[list[RelationBody], msgspec.Meta(max_length=50)] | msgspec.UnsetType = msgspec.UNSET

    def change(self, before: Customer) -> Customer:
        """The customer as this body wants them. Raises FieldInvalid."""
        parts = {"title": self.title, "given": self.given_name, "middle": self.middle_name, "family": self.family_name}
        told: dict[str, Any] = {
            "name": replace(before.name, **{part: text for part, text in parts.items() if text is not msgspec.UNSET})
        }
        if self.reference is not msgspec.UNSET:
            told["reference"] = self.reference
        if self.birth_date is not msgspec.UNSET:
            told["birth_date"] = self.birth_date
        if self.contacts is not msgspec.UNSET:
            told["contacts"] = tuple(contact_of(each, f"contacts[{n}]") for n, each in enumerate(self.contacts))
        if self.locale is not msgspec.UNSET:
            told["locale"] = self.locale
        if self.custom_data is not msgspec.UNSET:
            told["custom_data"] = None if self.custom_data is None else text_of(self.custom_data, "custom_data")
        if self.relations is not msgspec.UNSET:
            told["relations"] = tuple(Relation(before.id, each.kind, each.to) for each in self.relations)
        return replace(before, **told)


class NamedBody(msgspec.Struct, forbid_unknown_fields=True):
    """Whose visit it is; nobody's where it is null."""

    customer_id: CustomerId | None


class RelationShape(msgspec.Struct):
    """What the customer is to another one."""

    kind: Tie
    to: CustomerId


class RelatedShape(msgspec.Struct, rename={"origin": "from"}):
    """What another one is to the customer."""

    kind: Tie
    origin: CustomerId


class CustomerShape(msgspec.Struct):
    """A customer. `relations` start from the customer, `related` are those of others. `version` is also the ETag."""

    id: CustomerId
    version: int
    reference: str | None
    birth_date: date | None
    title: str
    given_name: str
    middle_name: str
    family_name: str
    contacts: list[ContactShape]
    locale: str | None
    custom_data: dict[str, Any] | None
    relations: list[RelationShape]
    related: list[RelatedShape]
    created_at: datetime


class CustomersShape(msgspec.Struct):
    """A page of customers, the oldest first. `next` is the cursor of the page after, null where this is the last."""

    customers: list[CustomerShape]
    next: str | None


class DossierVisit(msgspec.Struct):
    """A visit and all that happened to it."""

    visit: VisitShape
    events: list[EventShape]


class DossierShape(msgspec.Struct):
    """Everything that is known of a customer."""

    customer: CustomerShape
    visits: list[DossierVisit]


class ErasedShape(msgspec.Struct):
    """How many visits were the customer's."""

    visits: int


def _shape(customer: Customer) -> CustomerShape:
    return CustomerShape(
        id=customer.id,
        version=customer.version,
        reference=customer.reference,
        birth_date=customer.birth_date,
        title=customer.name.title,
        given_name=customer.name.given,
        middle_name=customer.name.middle,
        family_name=customer.name.family,
        contacts=[ContactShape(each.channel, each.address) for each in customer.contacts],
        locale=customer.locale,
        custom_data=None if customer.custom_data is None else json.loads(customer.custom_data),
        relations=[RelationShape(each.kind, each.to_id) for each in customer.relations if each.from_id == customer.id],
        related=[RelatedShape(each.kind, each.from_id) for each in customer.relations if each.from_id != customer.id],
        created_at=customer.created_at,
    )


def _event(event: customers.Event) -> EventShape:
    data = None if event.data is None else msgspec.Raw(event.data.encode())
    return EventShape(event.kind, event.at, event.actor, data)


def _id(request: Request) -> CustomerId:
    return CustomerId(parse_id(request.path["customer"], CustomerNotFound()))


async def create_customer(request: Request) -> Answer:
    """A new customer."""
    body = request.body_as(CustomerBody)
    made = await customers.create(request.context, request.known_caller, body.change, request.once)
    headers = ((b"location", f"/v1/customers/{made.id}".encode()), tagged(version_tag(made.version)))
    return Answer(HTTPStatus.CREATED, _shape(made), headers)


async def read_customer(request: Request) -> Answer:
    """One customer."""
    found = await customers.find(request.context, request.known_caller, _id(request))
    return unless_known(request, version_tag(found.version), Answer(HTTPStatus.OK, _shape(found)))


async def list_customers(request: Request) -> Answer:
    """A page of customers."""
    limit = query_limit(request)
    cursor, contact = query_cursor(request), query_contact(request)
    after = FIRST_ENTRY if cursor is None else Entry(cursor[0], CustomerId(cursor[1]))
    caller, reference = request.known_caller, request.query_value("reference")
    found = await customers.list_all(request.context, caller, contact, after, limit + 1, reference)
    page = found[:limit]
    following = cursor_text(page[-1].created_at, page[-1].id) if len(found) > limit else None
    return Answer(HTTPStatus.OK, CustomersShape([_shape(each) for each in page], following))


async def change_customer(request: Request) -> Answer:
    """A customer of whom something else is known."""
    body, expected = request.body_as(CustomerBody), expected_versions(request)
    changed = await customers.change(request.context, request.known_caller, _id(request), body.change, expected)
    return Answer(HTTPStatus.OK, _shape(changed), (tagged(version_tag(changed.version)),))


async def export_customer(request: Request) -> Answer:
    """Everything that is known of a customer."""
    dossier = await customers.export(request.context, request.known_caller, _id(request))
    told = [DossierVisit(visit_shape(visit), [_event(event) for event in events]) for visit, events in dossier.visits]
    return Answer(HTTPStatus.OK, DossierShape(_shape(dossier.customer), told))


async def erase_customer(request: Request) -> Answer:
    """A customer of whom nothing is known any more."""
    visits = await customers.erase(request.context, request.known_caller, _id(request))
    return Answer(HTTPStatus.OK, ErasedShape(visits))


async def name_customer(request: Request) -> Answer:
    """A visit that says whose it is."""
    caller, expected = request.known_caller, expected_versions(request)
    visit_id = visit_id_of(request)
    version = await customers.name(request.context, caller, visit_id, request.body_as(NamedBody).customer_id, expected)
    return Answer(HTTPStatus.NO_CONTENT, None, (tagged(version_tag(version)),))


CUSTOMER = Parameter("customer", Where.PATH, "The id of the customer.", {"type": "string", "format": "uuid"})

ROUTES = (
    Route(
        method="GET",
        path="/v1/customers",
        name="list_customers",
        summary="Customers",
        description="Page by page, the oldest first; with `contact` those who are reached at that address, "
        "whatever its case.",
        handler=list_customers,
        parameters=(
            Parameter("contact", Where.QUERY, "A telephone number or an email address."),
            Parameter("reference", Where.QUERY, "The reference by which the customer is known."),
            *PAGING,
        ),
        responses={HTTPStatus.OK: CustomersShape},
        credential=Credential.REQUIRED,
        scope=Scope.BOOK,
        tags=("customers",),
    ),
    Route(
        method="POST",
        path="/v1/customers",
        name="create_customer",
        summary="A new customer",
        handler=create_customer,
        request_type=CustomerBody,
        responses={HTTPStatus.CREATED: CustomerShape},
        refusals=(CustomerNotFound, ReferenceInUse, BirthDateAhead),
        credential=Credential.REQUIRED,
        scope=Scope.BOOK,
        idempotent=True,
        links=tuple(
            Link(name, "customer", "/id")
            for name in ("read_customer", "change_customer", "export_customer", "erase_customer")
        ),
        tags=("customers",),
    ),
    Route(
        method="GET",
        path="/v1/customers/{customer}",
        name="read_customer",
        summary="One customer",
        handler=read_customer,
        parameters=(CUSTOMER, IF_NONE_MATCH),
        responses={HTTPStatus.OK: CustomerShape, HTTPStatus.NOT_MODIFIED: NoneType},
        refusals=(CustomerNotFound,),
        credential=Credential.REQUIRED,
        scope=Scope.BOOK,
        tags=("customers",),
    ),
    Route(
        method="PATCH",
        path="/v1/customers/{customer}",
        name="change_customer",
        summary="Change what is known of a customer",
        description="What the body does not name stays as it is; lists are replaced as a whole.",
        handler=change_customer,
        request_type=CustomerBody,
        parameters=(CUSTOMER, IF_MATCH),
        responses={HTTPStatus.OK: CustomerShape},
        refusals=(CustomerNotFound, ReferenceInUse, BirthDateAhead, VersionStale),
        credential=Credential.REQUIRED,
        scope=Scope.BOOK,
        tags=("customers",),
    ),
    Route(
        method="GET",
        path="/v1/customers/{customer}/export",
        name="export_customer",
        summary="Everything that is known of a customer",
        description="The record with its relations, the visits that name the customer or have a contact of theirs and "
        "name nobody, and what happened to each. That it was asked for stands in the audit.",
        handler=export_customer,
        parameters=(CUSTOMER,),
        responses={HTTPStatus.OK: DossierShape},
        refusals=(CustomerNotFound,),
        credential=Credential.REQUIRED,
        scope=Scope.ADMINISTER,
        tags=("customers",),
    ),
    Route(
        method="POST",
        path="/v1/customers/{customer}/erase",
        name="erase_customer",
        summary="Forget a customer",
        description="What is known of the customer is gone for good, from the record, the visits and their events. "
        "Times and places stay taken, and the audit stays whole. It cannot be taken back.",
        handler=erase_customer,
        parameters=(CUSTOMER,),
        responses={HTTPStatus.OK: ErasedShape},
        refusals=(CustomerNotFound,),
        credential=Credential.REQUIRED,
        scope=Scope.ADMINISTER,
        tags=("customers",),
    ),
    Route(
        method="PUT",
        path="/v1/visits/{visit}/customer",
        name="name_customer",
        summary="Say whose visit it is",
        description="Answered with the ETag that the visit has afterwards.",
        handler=name_customer,
        request_type=NamedBody,
        parameters=(VISIT, IF_MATCH),
        responses={HTTPStatus.NO_CONTENT: NoneType},
        refusals=(VisitNotFound, CustomerNotFound, VersionStale),
        credential=Credential.REQUIRED,
        scope=Scope.BOOK,
        tags=("customers", "visits"),
    ),
)
