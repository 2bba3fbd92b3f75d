"""Visits and claims as the database is told them."""

from collections.abc import Container, Iterable, Sequence
from datetime import datetime
from typing import Any

from appointed.core.customer import Introduction
from appointed.core.ids import CustomerId, ItemId
from appointed.core.questions import CustomerFact
from appointed.core.visit import Answer, Claim, Contact, DailyLimit, Details, Item, Reassigned, State, Visit


def hold_arguments(visit: Visit, claims: Iterable[Claim], catalog_version: int) -> dict[str, Any]:
    """What the database is told to add one visit in its state with all its claims."""
    return {"catalog_version": catalog_version, "choice": False, **new_visit(visit), "claims": claims_told(claims)}


def new_visit(visit: Visit, facts: Sequence[CustomerFact] = ()) -> dict[str, Any]:
    """A visit to be added. `facts` have to be known of its customer."""
    told = {
        "visit_id": visit.id,
        "branch_id": visit.branch_id,
        "group_id": visit.group_id,
        "state": visit.state,
        "origin": visit.origin,
        "expires_at": visit.expires_at,
        "reminder_at": visit.reminder_at,
        "items": items_told(visit.items),
        **details_told(visit.details),
    }
    return {**told, "facts": list(facts)} if facts else told


def confirmation(
    visit: Visit, allowed: Iterable[State], reminder_at: datetime | None, facts: Sequence[CustomerFact] = ()
) -> dict[str, Any]:
    """A visit to be promised, from a state that is allowed. `facts` have to be known of its customer."""
    told = {
        "visit_id": visit.id,
        "allowed": list(allowed),
        "repeats": [State.CONFIRMED],
        "reminder_at": reminder_at,
    }
    return {**told, "facts": list(facts)} if facts else told


def introduction_told(introduction: Introduction, contact: Contact | None, customer_id: CustomerId) -> dict[str, Any]:
    """A customer to be made, with this id, or written anew, and what their visit has of them."""
    name = introduction.name
    return {
        "reference": introduction.reference,
        "customer_id": customer_id,
        "title": name.title,
        "given_name": name.given,
        "middle_name": name.middle,
        "family_name": name.family,
        "birth_date": introduction.birth_date,
        "contacts": [
            {"position": position, "channel": each.channel, "address": each.address}
            for position, each in enumerate(introduction.contacts)
        ],
        **_contact(contact),
        "answers": _answers(introduction.answers),
    }


def conditions(
    visits: Sequence[Visit], moves: Sequence[Reassigned], limits: Sequence[DailyLimit]
) -> dict[str, list[dict[str, Any]]]:
    """What else a call has to do and to heed. Of a customer without an address nothing can be counted."""
    found: dict[str, list[dict[str, Any]]] = {}
    if moves:
        found["moves"] = [
            {
                "visit_id": move.visit_id,
                "claim_id": move.claim_id,
                "from_resource": move.from_resource,
                "to_resource": move.to_resource,
            }
            for move in moves
        ]
    contacts = {visit.id: visit.details.contact for visit in visits} if limits else {}
    counted = [
        {
            "visit_id": limit.visit_id,
            "customer": contact.address,
            "service_id": limit.service_id,
            "starts_at": limit.starts_at,
            "ends_at": limit.ends_at,
            "most": limit.limit,
        }
        for limit in limits
        if (contact := contacts[limit.visit_id]) is not None
    ]
    return {**found, "limits": counted} if counted else found


def details_told(details: Details) -> dict[str, Any]:
    """What is known of a visit beside its times."""
    return {
        "locale": details.locale,
        "party_size": details.party_size,
        **_contact(details.contact),
        "customer_info": details.customer_info,
        "custom_data": details.custom_data,
        "remote": details.remote,
        "customer_id": details.customer_id,
        "notes": details.notes,
        "answers": _answers(details.answers),
    }


def _contact(contact: Contact | None) -> dict[str, Any]:
    return {
        "contact_channel": contact and contact.channel,
        "contact_address": contact and contact.address,
        "contact_alternate": contact and contact.alternate,
    }


def _answers(answers: Iterable[Answer]) -> list[tuple[str, tuple[str, ...]]] | None:
    return [(answer.question, answer.texts) for answer in answers] or None


def items_told(items: Iterable[Item]) -> list[dict[str, Any]]:
    """The items of a visit."""
    return [
        {
            "item_id": item.id,
            "service_id": item.service_id,
            "sequence": item.sequence,
            "starts_at": item.starts_at,
            "ends_at": item.ends_at,
            "wishes": [(each.role, each.resource_id, sorted(each.traits)) for each in item.preferences] or None,
            "party_size": item.party_size,
            "continues": item.continues,
        }
        for item in items
    ]


def claims_told(claims: Iterable[Claim], of_items: Container[ItemId] | None = None) -> list[dict[str, Any]]:
    """Claims, all of them or those of some items."""
    return [
        {
            "claim_id": claim.id,
            "item_id": claim.item_id,
            "resource_id": claim.resource_id,
            "starts_at": claim.starts_at,
            "ends_at": claim.ends_at,
            "units": claim.units,
            "role": claim.role,
            "named": claim.named,
            "capacity": claim.capacity,
        }
        for claim in claims
        if of_items is None or claim.item_id in of_items
    ]
